/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hand-made devices, disks and NICs. */
#include "made_devices.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

void made_devices_init(struct made_devices *d)
{
    memset(d, 0, sizeof(*d));
    made_init(&d->m);
    d->m.vm.disk_devices = d->disk_devices;
    d->m.vm.nic_devices = d->nic_devices;
    d->m.sample.host.blockdevs = d->blockdev_list;
    d->m.sample.host.blockdev_slot_count = MADE_DEVICES_MAX;
    d->m.sample.host.netdevs = d->netdev_list;
    d->m.sample.host.netdev_slot_count = MADE_DEVICES_MAX;
}

void made_devices_done(struct made_devices *d)
{
    made_done(&d->m);
}

struct blockdev_sample *made_blockdev(struct made_devices *d, unsigned slot, const char *name)
{
    struct blockdev_sample *device = &d->blockdevs[slot];

    assert_true(d->m.sample.host.blockdev_count < MADE_DEVICES_MAX);
    *device = (struct blockdev_sample){
        .slot = slot,
        .birth = ++d->births,
        .class = "disk",
        .shown = true,
        .considered = true,
        .at = d->m.sample.at,
        .counted = DISKSTAT__COUNT,
    };
    copy_text(device->name, sizeof(device->name), name);
    d->blockdev_list[d->m.sample.host.blockdev_count++] = device;
    return device;
}

struct netdev_sample *made_netdev(struct made_devices *d, unsigned slot, const char *name)
{
    struct netdev_sample *device = &d->netdevs[slot];

    assert_true(d->m.sample.host.netdev_count < MADE_DEVICES_MAX);
    *device = (struct netdev_sample){
        .slot = slot,
        .birth = ++d->births,
        .shown = true,
        .considered = true,
        .at = d->m.sample.at,
    };
    copy_text(device->name, sizeof(device->name), name);
    d->netdev_list[d->m.sample.host.netdev_count++] = device;
    return device;
}

void made_blockdev_leaves(struct made_devices *d, const struct blockdev_sample *device)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->m.sample.host.blockdev_count; i++) {
        if (d->blockdev_list[i] != device)
            d->blockdev_list[kept++] = d->blockdev_list[i];
    }
    d->m.sample.host.blockdev_count = kept;
    for (size_t i = 0; i < MADE_DEVICES_MAX; i++) {
        if (d->disk_devices[i] == device)
            d->disk_devices[i] = NULL;
    }
}

void made_netdev_leaves(struct made_devices *d, const struct netdev_sample *device)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->m.sample.host.netdev_count; i++) {
        if (d->netdev_list[i] != device)
            d->netdev_list[kept++] = d->netdev_list[i];
    }
    d->m.sample.host.netdev_count = kept;
    for (size_t i = 0; i < MADE_DEVICES_MAX; i++) {
        if (d->nic_devices[i] == device)
            d->nic_devices[i] = NULL;
    }
}

void made_blockdev_read(struct made_devices *d, struct blockdev_sample *device,
                        const uint64_t growth[DISKSTAT__COUNT])
{
    for (unsigned s = 0; s < DISKSTAT__COUNT; s++) {
        if (s == DISKSTAT_IN_FLIGHT)
            device->counters[s] = growth[s];
        else
            device->counters[s] += growth[s];
    }
    device->at = d->m.sample.at;
}

void made_netdev_read(struct made_devices *d, struct netdev_sample *device,
                      const uint64_t growth[NET_DEV__COUNT])
{
    for (unsigned c = 0; c < NET_DEV__COUNT; c++)
        device->counters[c] += growth[c];
    device->at = d->m.sample.at;
}

struct vm_disk *made_disk(struct made_devices *d, const char *name,
                          const struct blockdev_sample *device)
{
    struct vm_disk *disk;

    assert_true(d->m.info->disk_count < MADE_DEVICES_MAX);
    d->disk_devices[d->m.info->disk_count] = device;
    disk = vm_info_append_disk(d->m.info);
    assert_non_null(disk);
    disk->name = xstrdup(name);
    disk->is_total = true;
    return disk;
}

struct vm_nic *made_nic(struct made_devices *d, const char *name, enum nic_kind kind,
                        const struct netdev_sample *device)
{
    struct vm_nic *nic;

    assert_true(d->m.info->nic_count < MADE_DEVICES_MAX);
    d->nic_devices[d->m.info->nic_count] = device;
    nic = vm_info_append_nic(d->m.info);
    assert_non_null(nic);
    nic->name = xstrdup(name);
    nic->kind = kind;
    return nic;
}

void made_disks_swap(struct made_devices *d, size_t i, size_t j)
{
    const struct blockdev_sample *device = d->disk_devices[i];
    struct vm_disk disk = d->m.info->disks[i];

    d->disk_devices[i] = d->disk_devices[j];
    d->disk_devices[j] = device;
    d->m.info->disks[i] = d->m.info->disks[j];
    d->m.info->disks[j] = disk;
}

void made_nics_swap(struct made_devices *d, size_t i, size_t j)
{
    const struct netdev_sample *device = d->nic_devices[i];
    struct vm_nic nic = d->m.info->nics[i];

    d->nic_devices[i] = d->nic_devices[j];
    d->nic_devices[j] = device;
    d->m.info->nics[i] = d->m.info->nics[j];
    d->m.info->nics[j] = nic;
}

void made_disk_leaves(struct made_devices *d, size_t i)
{
    for (; i + 1 < d->m.info->disk_count; i++)
        made_disks_swap(d, i, i + 1);
    free(d->m.info->disks[i].name);
    vm_disk_set_image(&d->m.info->disks[i], NULL, NULL);
    d->disk_devices[i] = NULL;
    d->m.info->disk_count--;
}

void made_nic_leaves(struct made_devices *d, size_t i)
{
    for (; i + 1 < d->m.info->nic_count; i++)
        made_nics_swap(d, i, i + 1);
    free(d->m.info->nics[i].name);
    free(d->m.info->nics[i].interface);
    d->nic_devices[i] = NULL;
    d->m.info->nic_count--;
}

void made_disk_read(struct made_devices *d, struct vm_disk *disk, struct made_disk_counters growth)
{
    const struct {
        enum vmdisk_column column;
        uint64_t growth;
    } counters[] = {
        {VMDISK_DISK_READS, growth.reads},
        {VMDISK_DISK_WRITES, growth.writes},
        {VMDISK_DISK_STATS_FLUSHREQ, growth.flushes},
        {VMDISK_DISK_MBREAD, growth.read_bytes},
        {VMDISK_DISK_MBWRITE, growth.written_bytes},
        {VMDISK_DISK_STATS_RDTOTALTIMES, growth.read_ns},
        {VMDISK_DISK_STATS_WRTOTALTIMES, growth.write_ns},
        {VMDISK_DISK_STATS_FLUSHTOTALTIMES, growth.flush_ns},
    };

    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        struct raw *reading = &disk->columns[counters[i].column];

        *reading = made_now(&d->m, reading->value + counters[i].growth);
    }
}

size_t made_rows(const struct made_devices *d, enum scope scope)
{
    return d->m.frame->tables[scope].rows;
}

bool made_note(const struct made_devices *d, enum row_note note)
{
    return d->m.frame->tables[SCOPE_VM].notes[0] & note;
}
