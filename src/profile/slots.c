/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots of a period, made as data comes. */
#include "profile/slots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

struct slots_entry {
    size_t number;
    struct slot slot;
};

struct slots {
    size_t count; /* that there could be */
    struct matrix_settings settings;
    struct slots_entry **entries; /* those that there are, by number */
    size_t used, capacity;
};

/* Sizes are bounded, so that no product of nodes and a leaf's steps overflows. */
size_t period_tree_nodes(const struct period_tree *tree)
{
    size_t nodes = 0, level = 1;

    if (tree->count > PERIOD_SIZES_MAX)
        return PERIOD_NODES_MAX + 1;
    for (unsigned i = 0; i < tree->count; i++) {
        if (tree->sizes[i] < 1 || tree->sizes[i] > PERIOD_SIZE_MAX)
            return PERIOD_NODES_MAX + 1;
        if (i + 1 == tree->count)
            break;
        level *= tree->sizes[i];
        nodes += level;
        if (nodes > PERIOD_NODES_MAX)
            return PERIOD_NODES_MAX + 1;
    }
    return nodes;
}

unsigned period_tree_levels(const struct period_tree *tree)
{
    return tree->count > 1 ? tree->count - 1 : 0;
}

size_t period_tree_node(const struct period_tree *tree, unsigned level, uint64_t step)
{
    size_t first = 0, nodes = 1;
    uint64_t steps = 1;

    if (level >= period_tree_levels(tree) || period_tree_nodes(tree) > PERIOD_NODES_MAX)
        return SIZE_MAX;
    for (unsigned i = 0; i <= level; i++) {
        nodes *= tree->sizes[i];
        if (i < level)
            first += nodes;
    }
    for (unsigned i = level + 1; i < tree->count; i++)
        steps *= tree->sizes[i];
    return first + (size_t)(step / steps % nodes);
}

struct slots *slots_new(size_t count, const struct matrix_settings *settings)
{
    struct slots *slots = xcalloc(1, sizeof(*slots));

    slots->count = count;
    slots->settings = *settings;
    return slots;
}

void slots_free(struct slots *slots)
{
    if (!slots)
        return;
    for (size_t i = 0; i < slots->used; i++) {
        matrix_free(slots->entries[i]->slot.matrix);
        free(slots->entries[i]);
    }
    free(slots->entries);
    free(slots);
}

/* The first entry whose number is not below this one. */
static size_t slots_search(const struct slots *slots, size_t number)
{
    size_t from = 0, to = slots->used;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (slots->entries[middle]->number < number)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const struct slot *slots_at(const struct slots *slots, size_t slot)
{
    size_t i = slots_search(slots, slot);

    return i < slots->used && slots->entries[i]->number == slot ? &slots->entries[i]->slot : NULL;
}

static struct slot *slots_reach(struct slots *slots, size_t slot)
{
    size_t i = slots_search(slots, slot);

    if (i == slots->used || slots->entries[i]->number != slot) {
        slots->entries = array_grow(slots->entries, &slots->capacity, slots->used + 1,
                                    sizeof(struct slots_entry *));
        memmove(slots->entries + i + 1, slots->entries + i,
                (slots->used - i) * sizeof(struct slots_entry *));
        slots->entries[i] = xcalloc(1, sizeof(struct slots_entry));
        slots->entries[i]->number = slot;
        slots->used++;
    }
    return &slots->entries[i]->slot;
}

struct slot *slots_make(struct slots *slots, size_t slot)
{
    struct slot *made;

    if (slot >= slots->count)
        return NULL;
    made = slots_reach(slots, slot);
    if (!made->matrix)
        made->matrix = matrix_new(&slots->settings);
    return made;
}

void slots_take(struct slots *slots, size_t slot, double value, const struct context *context,
                unsigned state)
{
    struct slot *taken;

    if (slot >= slots->count)
        return;
    taken = slots_reach(slots, slot);
    if (!isnan(value)) {
        taken->max = taken->count ? fmax(taken->max, value) : value;
        taken->count++;
        taken->mean += (value - taken->mean) / (double)taken->count;
    }
    if (context->length == 0)
        return;
    if (!taken->matrix)
        taken->matrix = matrix_new(&slots->settings);
    matrix_learn(taken->matrix, context, state);
}

size_t slots_count(const struct slots *slots)
{
    return slots->count;
}

void slots_fold(struct slots *slots)
{
    for (size_t i = 0; i < slots->used; i++)
        if (slots->entries[i]->slot.matrix)
            matrix_fold(slots->entries[i]->slot.matrix);
}

size_t slots_bytes(const struct slots *slots)
{
    size_t bytes = sizeof(*slots) + slots->capacity * sizeof(struct slots_entry *) +
                   slots->used * sizeof(struct slots_entry);

    for (size_t i = 0; i < slots->used; i++)
        if (slots->entries[i]->slot.matrix)
            bytes += matrix_bytes(slots->entries[i]->slot.matrix);
    return bytes;
}
