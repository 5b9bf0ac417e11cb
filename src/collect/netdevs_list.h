/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside collect/netdevs*: what is kept of each network device and namespace
 * between cycles, and the way that is taken when a list is not the one it was.
 */
#ifndef PROXTOP_COLLECT_NETDEVS_LIST_H
#define PROXTOP_COLLECT_NETDEVS_LIST_H

#include <uthash.h>

#include "base/buf.h"
#include "collect/netdevs.h"

struct netdev {
    struct netdev_sample sample; /* the first: netdevs_own() is given a pointer to it */
    UT_hash_handle hh;           /* by name, in its namespace */
    UT_hash_handle hh_index;     /* by ifindex, while it is looked for under another name */
    size_t name_len;
    uint64_t ifindex; /* 0 = not told */
    size_t position;  /* in net_space.devices, as relisting began */
    bool host;        /* it is in the host's namespace */
    bool physical;    /* it has a bus device */
    bool named;       /* it is one of netdevs.considered */
    bool owned;       /* by a VM */
    bool fresh;       /* made by the relisting that is under way: no slot yet */
    bool listed;      /* the text has it */
    bool suspect;     /* its name may have gone over to another device */
};

struct net_space {
    dev_t device; /* identity: that of its net/dev */
    ino_t inode;
    unsigned holds;
    pid_t pid; /* who was in it when last asked */
    bool host;
    bool retry; /* sysfs did not know all devices yet */
    int fd;     /* of net/dev; -1 = not open */
    struct netdev *by_name;
    struct netdev **devices; /* in the kernel's order */
    size_t count, capacity;
};

struct netdevs {
    int proc_fd, sys_fd;
    const struct clock_source *clock;
    char *considered; /* owned: a copy with NULs instead of commas; NULL = physical devices */
    size_t considered_size;
    struct net_space **spaces; /* the host's first */
    size_t space_count, space_capacity;
    struct netdev_sample **list; /* what is handed over */
    size_t list_count, list_capacity;
    bool list_stale;
    unsigned *free_slots;
    size_t free_count, free_capacity;
    size_t slot_count;
    uint64_t births, listing;
    struct buf text;
    struct netdev **order; /* scratch of relisting */
    size_t order_capacity;
};

static inline struct netdev *netdev_by_name(const struct net_space *space, const char *name,
                                            size_t len)
{
    struct netdev *found;

    HASH_FIND(hh, space->by_name, name, len, found);
    return found;
}

/* Takes a reading over. A counter that fell may be another device's. */
void netdev_take(struct netdev *device, const uint64_t counters[NET_DEV__COUNT], struct mono at);

/* Whether the device has a row and is part of the host's one. */
void netdev_classify(const struct netdevs *netdevs, struct netdev *device);

/* Gives the slot back and frees; it must be in no hash any more. */
void netdev_drop(struct netdevs *netdevs, struct netdev *device);

/* Makes space->devices what netdevs->text, read at `at`, says. */
void netdevs_relist(struct netdevs *netdevs, struct net_space *space, struct mono at);

#endif
