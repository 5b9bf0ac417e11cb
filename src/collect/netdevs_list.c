/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device is which after a list has changed. The name tells, unless sysfs
 * tells the ifindex, which a device keeps for its life and which is not given
 * out again before 2^31 others were. Sysfs is asked for new names, and for
 * known ones whose place in the text, or a neighbour's leaving, shows that
 * names may have changed hands: the kernel lists devices in an order that does
 * not depend on their names (by ifindex, or by a hash of it).
 */
#include "collect/netdevs_list.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static void netdev_path(const struct netdev *device, const char *file, char *path, size_t size)
{
    snprintf(path, size, "class/net/%s/%s", device->sample.name, file);
}

/* 0 = sysfs does not tell. */
static uint64_t netdev_read_ifindex(const struct netdevs *netdevs, const struct netdev *device)
{
    char path[64], text[32];
    uint64_t ifindex;

    if (!device->host || netdevs->sys_fd < 0)
        return 0;
    netdev_path(device, "ifindex", path, sizeof(path));
    file_read_line(netdevs->sys_fd, path, text, sizeof(text));
    return parse_u64(text, &ifindex) && ifindex <= INT32_MAX ? ifindex : 0;
}

static bool netdev_read_physical(const struct netdevs *netdevs, const struct netdev *device)
{
    char path[64];

    if (!device->host || netdevs->sys_fd < 0)
        return false;
    netdev_path(device, "device", path, sizeof(path));
    return faccessat(netdevs->sys_fd, path, F_OK, 0) == 0;
}

static bool netdev_is_named(const struct netdevs *netdevs, const struct netdev *device)
{
    const char *name = netdevs->considered;

    for (; name && name < netdevs->considered + netdevs->considered_size;
         name += strlen(name) + 1) {
        if (strcmp(name, device->sample.name) == 0)
            return device->host;
    }
    return false;
}

void netdev_classify(const struct netdevs *netdevs, struct netdev *device)
{
    struct netdev_sample *sample = &device->sample;

    sample->considered = netdevs->considered ? device->named : device->physical;
    /* A physical device is the host's whatever it is called, and whatever a
     * VM's command line, which anybody can write, says. */
    sample->shown = device->named || device->physical ||
                    (device->host && !device->owned && !net_dev_is_vm_name(sample->name));
}

void netdev_take(struct netdev *device, const uint64_t counters[NET_DEV__COUNT], struct mono at)
{
    static const enum net_dev_counter told[] = {NET_DEV_RX_BYTES, NET_DEV_RX_PACKETS,
                                                NET_DEV_TX_BYTES, NET_DEV_TX_PACKETS};
    struct netdev_sample *sample = &device->sample;

    for (size_t i = 0; device->ifindex && i < ARRAY_SIZE(told); i++)
        device->suspect |= counters[told[i]] < sample->counters[told[i]];
    memcpy(sample->counters, counters, sizeof(sample->counters));
    sample->at = at;
}

/* A device that has no slot yet and may turn out to be one under a new name. */
static struct netdev *netdev_new(struct net_space *space, const char *name, size_t len)
{
    struct netdev *device = xcalloc(1, sizeof(*device));

    device->host = space->host;
    device->fresh = true;
    device->name_len = min_size(len, sizeof(device->sample.name) - 1);
    memcpy(device->sample.name, name, device->name_len);
    HASH_ADD_KEYPTR(hh, space->by_name, device->sample.name, device->name_len, device);
    return device;
}

/* What sysfs says of a new name. */
static void netdev_inquire(const struct netdevs *netdevs, struct netdev *device)
{
    device->ifindex = netdev_read_ifindex(netdevs, device);
    device->physical = netdev_read_physical(netdevs, device);
}

void netdev_drop(struct netdevs *netdevs, struct netdev *device)
{
    netdevs->free_slots = array_grow(netdevs->free_slots, &netdevs->free_capacity,
                                     netdevs->free_count + 1, sizeof(*netdevs->free_slots));
    netdevs->free_slots[netdevs->free_count++] = device->sample.slot;
    free(device);
}

static void netdev_settle(struct netdevs *netdevs, struct netdev *device)
{
    if (netdevs->free_count)
        device->sample.slot = netdevs->free_slots[--netdevs->free_count];
    else
        device->sample.slot = (unsigned)netdevs->slot_count++;
    device->sample.birth = ++netdevs->births;
    device->fresh = false;
}

/* The devices of the text, each name once, go to netdevs->order: a list that
 * changes between two pages of the file can show a device twice. */
static size_t relist_read(struct netdevs *netdevs, struct net_space *space, struct mono at)
{
    struct cursor c = cursor_of(netdevs->text.data, netdevs->text.len), rest;
    uint64_t counters[NET_DEV__COUNT];
    size_t count = 0, len;
    const char *name;

    while (net_dev_next(&c, &name, &len, &rest)) {
        struct netdev *device;

        if (parse_net_dev_counters(rest, counters) < 0)
            continue;
        device = netdev_by_name(space, name, len);
        if (device && device->listed)
            continue;
        if (!device) {
            device = netdev_new(space, name, len);
            netdev_inquire(netdevs, device);
        }
        device->listed = true;
        netdev_take(device, counters, at);
        netdevs->order = array_grow(netdevs->order, &netdevs->order_capacity, count + 1,
                                    sizeof(struct netdev *));
        netdevs->order[count++] = device;
    }
    return count;
}

/* Known devices that stand behind one that they stood before: if names were
 * exchanged, one of these at least has another ifindex. */
static void relist_suspect_order(struct netdev **order, size_t count)
{
    size_t highest = 0;

    for (size_t i = 0; i < count; i++) {
        if (order[i]->fresh)
            continue;
        order[i]->suspect |= order[i]->position < highest;
        highest = order[i]->position > highest ? order[i]->position : highest;
    }
}

/* A name that seems gone may be that of a device that now bears the name of a
 * device that is: then the order is as before only if these were neighbours. */
static void relist_suspect_neighbours(const struct net_space *space)
{
    bool gone = false;

    for (size_t i = 0; i < space->count; i++) {
        space->devices[i]->suspect |= gone && space->devices[i]->listed;
        gone = !space->devices[i]->listed;
    }
    gone = false;
    for (size_t i = space->count; i-- > 0;) {
        space->devices[i]->suspect |= gone && space->devices[i]->listed;
        gone = !space->devices[i]->listed;
    }
}

/* Asks sysfs for suspects, or for all. A name that went over to another device
 * gets a new object; the old one looks for its new name. True if one did. */
static bool relist_verify(struct netdevs *netdevs, struct net_space *space, size_t count, bool all)
{
    bool moved = false;

    for (size_t i = 0; i < count; i++) {
        struct netdev *device = netdevs->order[i], *other;
        uint64_t ifindex;

        if (device->fresh || !(all || device->suspect || !device->ifindex))
            continue;
        ifindex = netdev_read_ifindex(netdevs, device);
        if (!device->ifindex && ifindex) {
            device->ifindex = ifindex;
            device->physical = netdev_read_physical(netdevs, device);
        }
        if (!ifindex || ifindex == device->ifindex)
            continue;
        HASH_DEL(space->by_name, device);
        device->listed = false;
        other = netdev_new(space, device->sample.name, device->name_len);
        other->ifindex = ifindex;
        other->physical = netdev_read_physical(netdevs, other);
        other->listed = true;
        netdev_take(other, device->sample.counters, device->sample.at);
        netdevs->order[i] = other;
        moved = true;
    }
    return moved;
}

/* The device that was known lives on under the name of the fresh one. */
static void netdev_rename(struct net_space *space, struct netdev *device, struct netdev *fresh)
{
    HASH_DEL(space->by_name, fresh);
    memcpy(device->sample.name, fresh->sample.name, sizeof(device->sample.name));
    device->name_len = fresh->name_len;
    HASH_ADD_KEYPTR(hh, space->by_name, device->sample.name, device->name_len, device);
    netdev_take(device, fresh->sample.counters, fresh->sample.at);
    device->physical = fresh->physical;
    device->listed = true;
    free(fresh);
}

/* Devices without a name find the one that has their ifindex now. True if any did. */
static bool relist_match(struct netdevs *netdevs, struct net_space *space, size_t count)
{
    struct netdev *nameless = NULL, *device;
    bool renamed = false;

    for (size_t i = 0; i < space->count; i++) {
        device = space->devices[i];
        if (!device->listed && device->ifindex)
            HASH_ADD(hh_index, nameless, ifindex, sizeof(device->ifindex), device);
    }
    for (size_t i = 0; nameless && i < count; i++) {
        struct netdev *fresh = netdevs->order[i];

        if (!fresh->fresh || !fresh->ifindex)
            continue;
        HASH_FIND(hh_index, nameless, &fresh->ifindex, sizeof(fresh->ifindex), device);
        if (!device)
            continue;
        HASH_DELETE(hh_index, nameless, device);
        netdev_rename(space, device, fresh);
        netdevs->order[i] = device;
        renamed = true;
    }
    HASH_CLEAR(hh_index, nameless);
    return renamed;
}

/* Drops what has no line, gives the fresh ones their place. True if there were any. */
static bool relist_settle(struct netdevs *netdevs, struct net_space *space, size_t count)
{
    struct netdev **old = space->devices;
    size_t old_capacity = space->capacity;
    bool changed = false;

    for (size_t i = 0; i < space->count; i++) {
        if (!old[i]->listed) {
            netdev_drop(netdevs, old[i]);
            changed = true;
        }
    }
    space->retry = false;
    for (size_t i = 0; i < count; i++) {
        struct netdev *device = netdevs->order[i];

        if (device->fresh) {
            netdev_settle(netdevs, device);
            /* Where a device is renamed right now, its directory is so a moment later. */
            space->retry |= space->host && netdevs->sys_fd >= 0 && !device->ifindex;
            changed = true;
        }
        device->suspect = false;
        device->named = netdev_is_named(netdevs, device);
        netdev_classify(netdevs, device);
    }
    space->devices = netdevs->order;
    space->capacity = netdevs->order_capacity;
    space->count = count;
    netdevs->order = old;
    netdevs->order_capacity = old_capacity;
    return changed;
}

void netdevs_relist(struct netdevs *netdevs, struct net_space *space, struct mono at)
{
    struct netdev *device, *next;
    bool changed = false;
    size_t count;

    for (size_t i = 0; i < space->count; i++) {
        space->devices[i]->position = i;
        space->devices[i]->listed = false;
    }
    count = relist_read(netdevs, space, at);
    HASH_ITER(hh, space->by_name, device, next)
    {
        if (!device->listed)
            HASH_DEL(space->by_name, device);
    }
    if (space->host && netdevs->sys_fd >= 0) {
        relist_suspect_order(netdevs->order, count);
        relist_suspect_neighbours(space);
        if (relist_verify(netdevs, space, count, false))
            relist_verify(netdevs, space, count, true);
        changed = relist_match(netdevs, space, count);
    }
    changed |= relist_settle(netdevs, space, count);
    netdevs->listing += changed;
    netdevs->list_stale = true;
}
