/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The block devices of the host: /proc/diskstats once per cycle, and what
 * /sys/block tells of each when it is new. One thread owns it.
 */
#ifndef PROXTOP_COLLECT_BLOCKDEVS_H
#define PROXTOP_COLLECT_BLOCKDEVS_H

#include "model/sample.h"

struct clock_source;
struct blockdevs;

/* `considered`: names that make up the host's row, separated by commas; NULL =
 * all whole disks. Borrowed, as the descriptors and the clock are. */
struct blockdevs *blockdevs_new(int proc_fd, int sys_fd, const struct clock_source *clock,
                                const char *considered);
void blockdevs_free(struct blockdevs *blockdevs);

/* Reads all devices and hands the list over in host->blockdevs,
 * blockdev_count and blockdev_slot_count. In a steady state one file is read
 * through a kept descriptor, nothing is opened, walked or allocated. Without
 * the file the list is empty. */
void blockdevs_collect(struct blockdevs *blockdevs, struct host_sample *host);

/* Grows by one whenever a device came, went or changed its name. */
uint64_t blockdevs_listing(const struct blockdevs *blockdevs);

/* The device that an image on `device` (see vm_disk.image_device) loads: from
 * a partition to its disk, from a device-mapper or LVM device to what is below
 * it, as long as all of that ends in one device; else the lowest device that
 * is unambiguous (multipath, RAID). NULL = none that diskstats lists. May read
 * sysfs: for cycles in which something changed. */
const struct blockdev_sample *blockdevs_find(struct blockdevs *blockdevs, dev_t device);

/* Whether all of `names` (as for blockdevs_new) exist. -ENOENT with one line
 * in error[size] that names the one that does not, and those that do. */
int blockdevs_check(int proc_fd, int sys_fd, const char *names, char *error, size_t size);

#endif
