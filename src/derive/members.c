/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Following a changing set. */
#include "derive/members.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static void members_swap(char *a, char *b, size_t size)
{
    for (size_t i = 0; a != b && i < size; i++) {
        char c = a[i];

        a[i] = b[i];
        b[i] = c;
    }
}

static bool member_is(const char *state, uint64_t id)
{
    uint64_t its;

    memcpy(&its, state, sizeof(its));
    return its == id;
}

void *members_settle(struct members *members, size_t size, size_t i, uint64_t id, bool *ret_is_new)
{
    char *states = members->states;
    size_t at = i;

    while (at < members->count && !member_is(states + at * size, id))
        at++;
    *ret_is_new = at == members->count;
    if (*ret_is_new) {
        members->states = states = array_grow(states, &members->capacity, at + 1, size);
        members->count++;
        memset(states + at * size, 0, size);
        memcpy(states + at * size, &id, sizeof(id));
    }
    members_swap(states + i * size, states + at * size, size);
    return states + i * size;
}

void members_done(struct members *members)
{
    free(members->states);
    *members = (struct members){0};
}
