/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside column*.c: how the table of columns is kept, and what stands in it. */
#ifndef PROXTOP_TUI_COLUMN_INTERNAL_H
#define PROXTOP_TUI_COLUMN_INTERNAL_H

#include "tui/column.h"

struct column_table {
    struct column columns[FAMILY__COUNT][COLUMNS_MAX];
    size_t counts[FAMILY__COUNT];
    /* Numbers of columns; -1 = none. Those of metrics by the main scope's. */
    short by_metric[FAMILY__COUNT][METRIC_COLUMNS_MAX];
    short by_kind[FAMILY__COUNT][COLUMN_KIND__COUNT];
};

/* What the screen says of a metric otherwise than the metric table does: shorter, and for
 * those who watch rather than for those who calculate. */
struct column_text {
    enum scope scope; /* with the metric: as struct column has it */
    short metric;
    const char *title;   /* NULL = the metric's label */
    unsigned char width; /* 0 = by its unit */
    const char *help;    /* NULL = the metric's */
};
extern const struct column_text column_texts[];
extern const size_t column_texts_count;

/* Columns of the screen's own. */
struct column_own {
    enum column_kind kind;
    enum column_family family;
    /* The metric that it stands for, whose key it has; -1 = none. */
    enum scope scope;
    short metric;
    const char *key; /* NULL = the metric's */
    const char *title;
    unsigned char width;
    bool left;
    const char *help;
};
extern const struct column_own column_owns[];
extern const size_t column_owns_count;

#endif
