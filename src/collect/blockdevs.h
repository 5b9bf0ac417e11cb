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
 * all whole disks. A name is the kernel's or that of /dev/mapper, with or
 * without /dev/ or /dev/mapper/ before it. Without sysfs (sys_fd -1) no disk is
 * known to be a whole one. Borrowed, as the descriptors and the clock are. */
struct blockdevs *blockdevs_new(int proc_fd, int sys_fd, const struct clock_source *clock,
                                const char *considered);
void blockdevs_free(struct blockdevs *blockdevs); /* NULL is allowed */

/* Reads all devices and hands the list over in host->blockdevs,
 * blockdev_count and blockdev_slot_count. The list and what it points to hold
 * until the next call in which the listing grows; a device that is gone is
 * freed in it. In a steady state one file is read through a kept descriptor,
 * nothing is opened, walked or allocated, but for the names and UUIDs of
 * device-mapper devices, which are read again every 60 s. Before the file could
 * be read the list is empty; while it cannot, the devices stay without a time. */
void blockdevs_collect(struct blockdevs *blockdevs, struct host_sample *host);

/* Grows by one whenever a device came, went or changed its name or class: also
 * when a name stands for another disk than before, as far as diskseq (Linux
 * 5.15) or the UUID of a device-mapper device tells. */
uint64_t blockdevs_listing(const struct blockdevs *blockdevs);

/* The device that an image on `device` (see vm_disk.image_device) loads: from
 * a partition to its disk, from a device-mapper or md device to what is below
 * it, as long as all of that ends in one device; else the lowest device that
 * is unambiguous (multipath, RAID). NULL = none that diskstats lists, or one
 * that is left out (loop). May read sysfs: for cycles in which something
 * changed. The answer is kept until the listing grows: a volume that is
 * extended to another disk meanwhile is not seen. */
const struct blockdev_sample *blockdevs_find(struct blockdevs *blockdevs, dev_t device);

/* Whether all of `names` (as for blockdevs_new) exist. -ENOENT with one line
 * in error[size] that names the one that does not (it may be empty), and those
 * that do, as many as there is room for. */
int blockdevs_check(int proc_fd, int sys_fd, const char *names, char *error, size_t size);

#endif
