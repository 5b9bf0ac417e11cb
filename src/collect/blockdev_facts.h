/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sysfs tells of one block device (kernel Documentation/ABI/stable/sysfs-block,
 * testing/sysfs-block-dm). Names are those of sysfs, where a '/' of the
 * kernel's name is a '!'. Inside collect/.
 */
#ifndef PROXTOP_COLLECT_BLOCKDEV_FACTS_H
#define PROXTOP_COLLECT_BLOCKDEV_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Names with their NUL: 32 at most for the kernel's, 128 for device-mapper's,
 * whose UUIDs are one longer (DM_NAME_LEN, DM_UUID_LEN). */
#define BLOCKDEV_NAME_SIZE 128
#define BLOCKDEV_UUID_SIZE 130

struct blockdev_facts {
    bool known;        /* sysfs has the device; all else but the class is empty if not */
    const char *class; /* static; see blockdev_sample */
    bool considered;   /* a whole disk, whose I/O no other whole disk counts again */
    bool stacked;      /* device-mapper or md: what is below stands in slaves/ */
    bool mapped;       /* device-mapper */
    uint64_t diskseq;  /* of the whole disk: grows with each one that is attached; 0 = not told
                        * (before Linux 5.15) */
    char disk[BLOCKDEV_NAME_SIZE]; /* of a partition its disk; else "" */
    char name[BLOCKDEV_NAME_SIZE]; /* in /dev/mapper; else "" */
    char uuid[BLOCKDEV_UUID_SIZE]; /* device-mapper's; else "" */
};

/* Whether the device is none that proxtop shows: loop, ram, zram, sr and fd
 * with a number, and their partitions. */
bool blockdev_is_left_out(const char *name, size_t len);

/* Without sysfs (sys_fd -1, or it lacks the device) the class is what the name
 * alone tells for sure; nothing is considered. */
void blockdev_facts_read(int sys_fd, const char *name, struct blockdev_facts *ret);

/* The devices that a stacked one lies on, in no order. Their number; more than
 * `max`, or unreadable: 0. */
size_t blockdev_read_slaves(int sys_fd, const char *name, char (*ret)[BLOCKDEV_NAME_SIZE],
                            size_t max);

#endif
