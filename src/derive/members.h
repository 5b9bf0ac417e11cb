/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of the members of a changing set (threads, cgroups,
 * disks, NICs), in the order in which the sample lists them now. The states of
 * one set are of one type, whose first member is the uint64_t identity.
 */
#ifndef PROXTOP_DERIVE_MEMBERS_H
#define PROXTOP_DERIVE_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct members {
    void *states;
    size_t count, capacity;
};

/* The state of the member `id`, which stands at place i now; call for i = 0,
 * 1, ... in order. A member that was not there gets a state of zeros but for
 * its identity, and *ret_is_new is true. Pointers into states may move. */
void *members_settle(struct members *members, size_t size, size_t i, uint64_t id, bool *ret_is_new);

/* Forgets all behind the first `count`. */
static inline void members_cut(struct members *members, size_t count)
{
    if (members->count > count)
        members->count = count;
}

void members_done(struct members *members);

#endif
