/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hand-made sample (made.h) whose host has devices and whose VM has disks and
 * NICs. Everything stands at the time that it is at its creation; what is to
 * be read anew is told so.
 */
#ifndef PROXTOP_TESTS_UNIT_MADE_DEVICES_H
#define PROXTOP_TESTS_UNIT_MADE_DEVICES_H

#include "made.h"

#define MADE_DEVICES_MAX 8

struct made_devices {
    struct made m;
    uint64_t births;
    struct blockdev_sample blockdevs[MADE_DEVICES_MAX]; /* by slot */
    struct blockdev_sample *blockdev_list[MADE_DEVICES_MAX];
    struct netdev_sample netdevs[MADE_DEVICES_MAX]; /* by slot */
    struct netdev_sample *netdev_list[MADE_DEVICES_MAX];
    const struct blockdev_sample *disk_devices[MADE_DEVICES_MAX];
    const struct netdev_sample *nic_devices[MADE_DEVICES_MAX];
};

/* Its address must not change. */
void made_devices_init(struct made_devices *d);
void made_devices_done(struct made_devices *d);

/* A new device in the slot, at the end of the host's: read now, all counters 0,
 * shown and considered. The name is borrowed. */
struct blockdev_sample *made_blockdev(struct made_devices *d, unsigned slot, const char *name);
struct netdev_sample *made_netdev(struct made_devices *d, unsigned slot, const char *name);
/* The device is no more listed. */
void made_blockdev_leaves(struct made_devices *d, const struct blockdev_sample *device);
void made_netdev_leaves(struct made_devices *d, const struct netdev_sample *device);

/* Reads the device now: its counters grew by these. */
void made_blockdev_read(struct made_devices *d, struct blockdev_sample *device,
                        const uint64_t growth[DISKSTAT__COUNT]);
void made_netdev_read(struct made_devices *d, struct netdev_sample *device,
                      const uint64_t growth[NET_DEV__COUNT]);

/* A new disk at the end of the VM's: part of the totals, on the device (NULL =
 * none); nothing is read. Earlier pointers become invalid. */
struct vm_disk *made_disk(struct made_devices *d, const char *name,
                          const struct blockdev_sample *device);
struct vm_nic *made_nic(struct made_devices *d, const char *name, enum nic_kind kind,
                        const struct netdev_sample *device);
void made_disk_leaves(struct made_devices *d, size_t i);
void made_nic_leaves(struct made_devices *d, size_t i);
/* Two disks, two NICs change places, with their devices. */
void made_disks_swap(struct made_devices *d, size_t i, size_t j);
void made_nics_swap(struct made_devices *d, size_t i, size_t j);

/* Counters of a disk. */
struct made_disk_counters {
    uint64_t reads, writes, flushes;
    uint64_t read_bytes, written_bytes;
    uint64_t read_ns, write_ns, flush_ns;
};

/* Reads the disk now: its counters grew by these (errors are not told). */
void made_disk_read(struct made_devices *d, struct vm_disk *disk, struct made_disk_counters growth);

#define blockdev_value(d, row, column)   made_value(&(d)->m, SCOPE_BLOCKDEV, row, column)
#define blockdev_has(d, row, column)     made_has(&(d)->m, SCOPE_BLOCKDEV, row, column)
#define blockdev_counter(d, row, column) made_counter(&(d)->m, SCOPE_BLOCKDEV, row, column)
#define netdev_value(d, row, column)     made_value(&(d)->m, SCOPE_NETDEV, row, column)
#define netdev_has(d, row, column)       made_has(&(d)->m, SCOPE_NETDEV, row, column)
#define netdev_counter(d, row, column)   made_counter(&(d)->m, SCOPE_NETDEV, row, column)
#define vmdisk_value(d, row, column)     made_value(&(d)->m, SCOPE_VMDISK, row, column)
#define vmdisk_has(d, row, column)       made_has(&(d)->m, SCOPE_VMDISK, row, column)
#define vmdisk_counter(d, row, column)   made_counter(&(d)->m, SCOPE_VMDISK, row, column)
#define vmnic_value(d, row, column)      made_value(&(d)->m, SCOPE_VMNIC, row, column)
#define vmnic_has(d, row, column)        made_has(&(d)->m, SCOPE_VMNIC, row, column)
#define vmnic_counter(d, row, column)    made_counter(&(d)->m, SCOPE_VMNIC, row, column)
#define host_counter(m, column)          made_counter(m, SCOPE_HOST, 0, column)
#define host_has_counter(m, column)      made_has_counter(m, SCOPE_HOST, 0, column)

size_t made_rows(const struct made_devices *d, enum scope scope);
/* Whether the VM's row bears the note. */
bool made_note(const struct made_devices *d, enum row_note note);

#endif
