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

#include "connect/image_stat.h"
#include "model/raw.h"

struct images;

/* Paths are looked up as the VM's process sees them (proc_fd, PID/root), and
 * where that is not allowed as we do, unless procfs is a foreign one
 * (procfs_given). Sizes of block devices come from sysfs (sys_fd; -1 = there
 * are none). Both descriptors stay the caller's and outlive the threads. NULL,
 * which is logged: no thread can be started. */
struct images *images_new(int proc_fd, int sys_fd, bool procfs_given);

/* Ends the threads, waiting a second at most. False: one hangs in the kernel,
 * nothing was freed: leave by _exit() (or call again later). NULL is allowed. */
bool images_free(struct images *images);

struct image {
    enum image_kind kind;
    dev_t device;    /* as vm_disk.image_device */
    struct raw size; /* bytes: of the file (st_size), or of the block device */
};

/* What is known of the image with this absolute path of the process. False,
 * *ret untouched, while nothing is: the first question starts looking. Never
 * waits. A file that is not there, or not ours to see, is known with device 0
 * and without a size. images NULL: nothing is ever known. */
bool images_find(struct images *images, pid_t pid, const char *path, struct image *ret);

#endif
