/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which devices of the host stand behind a VM's disks and NICs: looked up when
 * the inventory or a list of devices changed, not every cycle.
 */
#include <stdlib.h>

#include "base/util.h"
#include "collect/slot.h"

void devices_join(struct collect *collect)
{
    struct vm_slot *slot, *next;

    if (!collect->inventory_is_new || !collect->needs.nics)
        return;
    HASH_ITER(hh, collect->slots, slot, next)
    {
        const struct vm_info *info = slot->sample.info;

        /* A process can be seen, but not its namespace, for a moment at its start. */
        if (!slot->space && info->pid && info->nic_count)
            slot->space = netdevs_join(collect->netdevs, info->pid);
        else if (slot->space)
            netdevs_stay(slot->space, info->pid);
    }
}

static void devices_attach_nics(struct collect *collect, struct vm_slot *slot)
{
    const struct vm_info *info = slot->sample.info;

    slot->sample.nic_devices = array_grow(slot->sample.nic_devices, &slot->nic_capacity,
                                          info->nic_count, sizeof(*slot->sample.nic_devices));
    for (size_t i = 0; i < info->nic_count; i++) {
        const char *name = info->nics[i].interface;
        struct netdev_sample *device = NULL;

        if (name && slot->space)
            device = netdevs_find(collect->netdevs, slot->space, name);
        if (device)
            netdevs_own(collect->netdevs, device);
        slot->sample.nic_devices[i] = device;
    }
}

static void devices_attach_disks(struct collect *collect, struct vm_slot *slot)
{
    const struct vm_info *info = slot->sample.info;

    slot->sample.disk_devices = array_grow(slot->sample.disk_devices, &slot->disk_capacity,
                                           info->disk_count, sizeof(*slot->sample.disk_devices));
    for (size_t i = 0; i < info->disk_count; i++) {
        dev_t device = info->disks[i].image_device;

        slot->sample.disk_devices[i] =
            device && collect->needs.blockdevs ? blockdevs_find(collect->blockdevs, device) : NULL;
    }
}

static void devices_detach(struct vm_slot *slot)
{
    for (size_t i = 0; i < slot->disk_capacity; i++)
        slot->sample.disk_devices[i] = NULL;
    for (size_t i = 0; i < slot->nic_capacity; i++)
        slot->sample.nic_devices[i] = NULL;
}

void devices_attach(struct collect *collect)
{
    uint64_t blockdevs = blockdevs_listing(collect->blockdevs);
    uint64_t netdevs = netdevs_listing(collect->netdevs);
    struct vm_slot *slot, *next;

    if (!collect->inventory_is_new && collect->blockdevs_attached == blockdevs &&
        collect->netdevs_attached == netdevs)
        return;
    collect->inventory_is_new = false;
    collect->blockdevs_attached = blockdevs;
    collect->netdevs_attached = netdevs;
    netdevs_begin_owned(collect->netdevs);
    HASH_ITER(hh, collect->slots, slot, next)
    {
        devices_detach(slot);
        if (collect->needs.disks)
            devices_attach_disks(collect, slot);
        if (collect->needs.nics)
            devices_attach_nics(collect, slot);
    }
}

void devices_leave(struct collect *collect, struct vm_slot *slot)
{
    netdevs_leave(collect->netdevs, slot->space);
    slot->space = NULL;
}
