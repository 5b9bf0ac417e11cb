/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the rows: what they are sorted by, and the sorting. */
#ifndef PROXTOP_TUI_ROWS_SORT_H
#define PROXTOP_TUI_ROWS_SORT_H

#include "tui/rows.h"

/* In this order when ascending, but for those without a value, which are always last. */
enum sort_kind { SORT_NUMBER, SORT_TEXT, SORT_NONE };

/* A thing of the table, and by what it is sorted. */
struct sort_key {
    struct row_ref ref;
    enum row_mark mark;
    enum sort_kind kind;
    double number; /* of a text: its rank, which goes first */
    const char *text;
    const char *name; /* NULL = none */
};

/* Looks up what key->ref is sorted by. */
void sort_key_fill(struct sort_key *key, const struct rows_request *request);

/* Puts into order[0..count) which of keys[count] comes when; order[2 * count] is its
 * memory. Stable; it allocates nothing, as qsort(3) may. */
void sort_keys_order(const struct sort_key *keys, uint32_t *order, size_t count, bool ascending);

#endif
