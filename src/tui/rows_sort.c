/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows are sorted by, looked up once per row; and a merge sort. */
#include "tui/rows_sort.h"

#include <math.h>
#include <string.h>

#include "tui/fold.h"
#include "tui/row_name.h"

/* A curve goes by its last value. */
static void sort_key_history(struct sort_key *key)
{
    const struct frame_table *table = &key->ref.shot->frame->tables[SCOPE_VM];

    if (key->ref.scope != SCOPE_VM || !frame_has_value(table, key->ref.vm, VM_CPU_TOTAL))
        return;
    key->kind = SORT_NUMBER;
    key->number = frame_value(table, key->ref.vm, VM_CPU_TOTAL).number;
}

static void sort_key_figure(struct sort_key *key, const struct rows_request *request)
{
    struct figure figure = column_figure(request->sort, &key->ref, request->thresholds);

    if (isnan(figure.number))
        return;
    key->number = figure.number;
    if (figure.kind == FIGURE_NUMBER) {
        key->kind = SORT_NUMBER;
    } else if (figure.kind == FIGURE_TEXT && figure.text && *figure.text) {
        key->kind = SORT_TEXT;
        key->text = figure.text;
    }
}

void sort_key_fill(struct sort_key *key, const struct rows_request *request)
{
    bool of_vm = key->ref.scope != SCOPE_NETDEV && key->ref.scope != SCOPE_BLOCKDEV;

    key->kind = SORT_NONE;
    key->name = of_vm ? row_text(&key->ref, SCOPE_VM, VM_NAME) : row_name(&key->ref);
    if (!request->sort)
        return;
    if (request->sort->kind == COLUMN_HISTORY)
        sort_key_history(key);
    else
        sort_key_figure(key, request);
}

static int sort_names(const struct sort_key *a, const struct sort_key *b)
{
    if (!a->name || !b->name)
        return !a->name - !b->name;
    return fold_compare(a->name, b->name);
}

static int sort_values(const struct sort_key *a, const struct sort_key *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->kind == SORT_TEXT ? fold_compare(a->text, b->text) : 0;
}

static int sort_compare(const struct sort_key *a, const struct sort_key *b, bool ascending)
{
    int order;

    if (a->kind == SORT_NONE || b->kind == SORT_NONE)
        order = (a->kind == SORT_NONE) - (b->kind == SORT_NONE);
    else
        order = ascending ? sort_values(a, b) : sort_values(b, a);
    return order ? order : sort_names(a, b);
}

/* Merges order[from..middle) and order[middle..to) by way of spare[]. */
static void sort_merge(const struct sort_key *keys, uint32_t *order, uint32_t *spare, size_t from,
                       size_t middle, size_t to, bool ascending)
{
    size_t left = 0, count = middle - from, right = middle, at = from;

    /* Much is in order already: many VMs idle, and frames have them by name. */
    if (sort_compare(&keys[order[middle - 1]], &keys[order[middle]], ascending) <= 0)
        return;
    memcpy(spare, order + from, count * sizeof(*order));
    while (left < count && right < to) {
        if (sort_compare(&keys[spare[left]], &keys[order[right]], ascending) <= 0)
            order[at++] = spare[left++];
        else
            order[at++] = order[right++];
    }
    memcpy(order + at, spare + left, (count - left) * sizeof(*order));
}

void sort_keys_order(const struct sort_key *keys, uint32_t *order, size_t count, bool ascending)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t from = 0; from + width < count; from += 2 * width)
            sort_merge(keys, order, order + count, from, from + width,
                       min_size(from + 2 * width, count), ascending);
    }
}
