/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Since when each VM is in its state. */
#include "tui/states.h"

#include <stdlib.h>

static int states_compare(const void *a, const void *b)
{
    const struct state_since *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

const struct state_since *states_find(const struct states *states, uint64_t id)
{
    for (size_t i = 0; i < states->now.count; i++) {
        if (states->now.list[i].id == id)
            return &states->now.list[i];
    }
    return NULL;
}

/* The VM in the cycle before: in the usual case at the same place, else by search, for
 * which the list is sorted once. */
static const struct state_since *states_before(struct state_list *before, size_t row, uint64_t id,
                                               bool *sorted)
{
    struct state_since key = {.id = id};

    if (!*sorted && row < before->count && before->list[row].id == id)
        return &before->list[row];
    if (!before->count)
        return NULL;
    if (!*sorted)
        qsort(before->list, before->count, sizeof(*before->list), states_compare);
    *sorted = true;
    return bsearch(&key, before->list, before->count, sizeof(*before->list), states_compare);
}

void states_look(struct states *states, const struct facts *facts, time_t wall)
{
    struct state_list list = states->before;
    bool sorted = false;

    states->before = states->now;
    if (facts->count)
        list.list = array_grow(list.list, &list.capacity, facts->count, sizeof(*list.list));
    list.count = facts->count;
    for (size_t i = 0; i < facts->count; i++) {
        const struct vm_facts *vm = &facts->list[i];
        const struct state_since *before = states_before(&states->before, i, vm->id, &sorted);

        if (before && before->state == vm->state)
            list.list[i] = *before;
        else
            list.list[i] = (struct state_since){
                .id = vm->id, .at = wall, .state = vm->state, .earlier = !before};
    }
    states->now = list;
}

void states_done(struct states *states)
{
    free(states->now.list);
    free(states->before.list);
    *states = (struct states){0};
}
