/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of ids: sorted, since it is asked more often than changed. */
#include <stdlib.h>
#include <string.h>

#include "tui/rows.h"

/* Where the id stands, or would. */
static size_t id_set_place(const struct id_set *set, uint64_t id)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (set->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool id_set_is_at(const struct id_set *set, size_t place, uint64_t id)
{
    return place < set->count && set->ids[place] == id;
}

static void id_set_insert(struct id_set *set, size_t place, uint64_t id)
{
    set->ids = array_grow(set->ids, &set->capacity, set->count + 1, sizeof(*set->ids));
    memmove(set->ids + place + 1, set->ids + place, (set->count - place) * sizeof(*set->ids));
    set->ids[place] = id;
    set->count++;
}

bool id_set_has(const struct id_set *set, uint64_t id)
{
    return id_set_is_at(set, id_set_place(set, id), id);
}

void id_set_toggle(struct id_set *set, uint64_t id)
{
    size_t place = id_set_place(set, id);

    if (!id_set_is_at(set, place, id)) {
        id_set_insert(set, place, id);
        return;
    }
    set->count--;
    memmove(set->ids + place, set->ids + place + 1, (set->count - place) * sizeof(*set->ids));
}

void id_set_add(struct id_set *set, uint64_t id)
{
    size_t place = id_set_place(set, id);

    if (!id_set_is_at(set, place, id))
        id_set_insert(set, place, id);
}

void id_set_clear(struct id_set *set)
{
    set->count = 0;
}

void id_set_done(struct id_set *set)
{
    free(set->ids);
    *set = (struct id_set){0};
}
