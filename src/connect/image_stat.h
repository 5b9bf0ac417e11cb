/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat(2) of a disk image, as the process sees it that has it open. */
#ifndef PROXTOP_CONNECT_IMAGE_STAT_H
#define PROXTOP_CONNECT_IMAGE_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct image_roots {
    int proc_fd;
    int sys_fd;        /* -1 = sizes of block devices stay unknown */
    bool procfs_given; /* it may show another host: its paths are not looked up here */
};

enum image_kind {
    IMAGE_KIND_UNKNOWN, /* not there, not ours to see, or something else */
    IMAGE_KIND_FILE,
    IMAGE_KIND_BLOCK,
};

/* "file", "block", as vm_disk.backend; NULL for IMAGE_KIND_UNKNOWN. */
const char *image_kind_word(enum image_kind kind);

/* All zero: there is no such file, or it is not ours to see. */
struct image_answer {
    enum image_kind kind;
    dev_t st_dev; /* of the file system that holds the path, anonymous ones too */
    dev_t device; /* as vm_disk.image_device */
    bool has_size;
    uint64_t size; /* bytes: st_size of a file, or the block device's from sysfs */
};

/* Looks the absolute path up below proc_fd/PID/root, symbolic links included
 * (an absolute one starts at that root again), and where PID/root cannot be
 * entered as this process sees it, unless procfs_given. Opens nothing but the
 * path itself (O_PATH): no device or fifo notices. May never return. */
void image_stat(const struct image_roots *roots, pid_t pid, const char *path,
                struct image_answer *ret);

#endif
