/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the images of virtual disks lie, and how large they are. It takes a
 * stat(2), which never returns on a dead NFS: threads of its own ask, each
 * image once a minute, and connectors take what is known. Safe from every
 * thread.
 */
#ifndef PROXTOP_CONNECT_IMAGES_H
#define PROXTOP_CONNECT_IMAGES_H

#include <stdbool.h>
#include <sys/types.h>

#include "model/raw.h"

struct images;

/* Paths are looked up as the VM's process sees them (proc_fd, PID/root), and
 * where that is not allowed as we do, unless procfs is a foreign one
 * (procfs_given). proc_fd stays the caller's and outlives the threads. */
struct images *images_new(int proc_fd, int sys_fd, bool procfs_given);

/* Ends the threads. False: one hangs in the kernel, nothing was freed: leave
 * by _exit(). NULL is allowed. */
bool images_free(struct images *images);

struct image {
    dev_t device;    /* as vm_disk.image_device */
    struct raw size; /* bytes: of the file (st_size), or of the block device */
};

/* What is known of the image with this absolute path of the process. False,
 * *ret untouched, while nothing is: the first question starts looking. Never
 * waits. images NULL: nothing is ever known. */
bool images_find(struct images *images, pid_t pid, const char *path, struct image *ret);

#endif
