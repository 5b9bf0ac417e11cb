/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the table: which, in which order. Pure. */
#ifndef PROXTOP_TUI_ROWS_H
#define PROXTOP_TUI_ROWS_H

#include "tui/column.h"
#include "tui/view.h"

enum row_mark { ROW_MARK_NONE, ROW_MARK_NEW, ROW_MARK_ENDED };

struct table_row {
    struct row_ref ref;
    uint64_t id; /* of the thing: stays over cycles */
    enum row_mark mark;
    bool child;      /* below the row of its VM */
    bool can_expand; /* has rows that could stand below it */
    bool expanded;
};

struct table_rows {
    struct table_row *list;
    size_t count, capacity;
    size_t things; /* VMs (or devices, in a list of devices) that pass the filter */
    size_t all;    /* with those that do not */
    /* Memory of table_rows_build(). */
    struct sort_key *keys;
    uint32_t *order;
    size_t keys_capacity, order_capacity;
};
void table_rows_done(struct table_rows *rows);

/* A set of ids: the VMs that are expanded or folded against the rule, the new ones. */
struct id_set {
    uint64_t *ids; /* sorted */
    size_t count, capacity;
};
bool id_set_has(const struct id_set *set, uint64_t id);
void id_set_toggle(struct id_set *set, uint64_t id);
void id_set_add(struct id_set *set, uint64_t id);
void id_set_clear(struct id_set *set);
void id_set_done(struct id_set *set);

/* A VM that left: the row of an earlier shot that knew it last. */
struct ended_row {
    const struct shot *shot;
    uint32_t row;
};

struct rows_request {
    const struct shot *shot;
    const struct ended_row *ended;
    size_t ended_count;
    const struct id_set *fresh; /* VMs that are marked new */
    enum view view;
    bool flat;          /* DISK and NET: a list of all disks, NICs */
    const char *filter; /* "" = all */
    const struct column *sort;
    bool ascending;
    bool expand_all;              /* the rule: every VM is expanded, or none */
    const struct id_set *toggled; /* VMs for which the rule is turned round */
    const struct thresholds *thresholds;
};

/* Fills rows->list; memory is kept. Sorting is stable: ties by name, then by the
 * frame's order; rows without a value come last, either way. Children stand below
 * their VM in the frame's order: those of the view, or vCPUs, disks, NICs in turn. */
void table_rows_build(struct table_rows *rows, const struct rows_request *request);

/* Whether the text contains one of the alternatives of the filter ("a|b"), whatever
 * the case. An empty alternative matches nothing; a filter of nothing else ("", "|")
 * matches all. */
bool filter_matches(const char *filter, const char *text);

#endif
