/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside collect/: what is kept of each block device between cycles, shared by
 * blockdevs.c (which devices there are) and blockdev_find.c (which one is meant).
 */
#ifndef PROXTOP_COLLECT_BLOCKDEV_SLOT_H
#define PROXTOP_COLLECT_BLOCKDEV_SLOT_H

#include <uthash.h>

#include "base/file.h"
#include "collect/blockdev_facts.h"
#include "collect/blockdevs.h"

struct blockdev {
    struct blockdev_sample sample;
    char name[BLOCKDEV_NAME_SIZE]; /* the kernel's */
    size_t name_len;
    char sysfs_name[BLOCKDEV_NAME_SIZE];
    uint64_t number; /* major << 32 | minor; 0 = hidden, has none */
    struct blockdev_facts facts;
    bool seen;               /* in the listing that is being taken over */
    uint64_t lowest_listing; /* for which `lowest` was found */
    struct blockdev *lowest;
    UT_hash_handle hh;        /* by sysfs_name */
    UT_hash_handle hh_number; /* by number */
};

struct blockdevs {
    int proc_fd, sys_fd;
    const struct clock_source *clock;
    const char *considered;
    int fd; /* of diskstats, -1 = not open */
    struct buf text;
    struct blockdev *by_name, *by_number; /* hashes; the first one owns */
    struct blockdev **devices;            /* in the file's order, as `samples` */
    struct blockdev_sample **samples;
    size_t count, capacity;
    struct blockdev **by_slot;
    size_t slot_count, slot_capacity;
    size_t slot_hint; /* all below are taken */
    uint64_t births, listing;
    struct mono refreshed_at;
};

static inline uint64_t blockdev_number(unsigned major, unsigned minor)
{
    return (uint64_t)major << 32 | minor;
}

/* Steps through names with commas between: the next one, not ended by NUL.
 * *list is NULL behind the last one, and that is the end. */
bool blockdevs_next_name(const char **list, const char **ret, size_t *ret_len);

/* Whether the name, in any of the forms of blockdevs_new(), is the device's. */
bool blockdev_is_named(const struct blockdev *dev, const char *name, size_t len);

#endif
