/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A curve over time as some lines of characters. Pure. */
#ifndef PROXTOP_TUI_GRAPH_H
#define PROXTOP_TUI_GRAPH_H

#include "base/buf.h"

struct graph {
    const float *values; /* oldest first; NAN = nothing is known */
    size_t count;
    float full;          /* what reaches the top; more does, too */
    unsigned rows, cols; /* in characters */
};

/* Appends line `row` of the graph (0 is the top one): exactly `cols` characters of one
 * column each. A character stands for the largest of its values; a value of 0 still
 * shows at the bottom, a gap is blank. Block elements, or ASCII without UTF-8. */
void graph_put_line(struct buf *out, const struct graph *graph, unsigned row, bool utf8);

/* Where a scale ends that all values fit into: 1, 2, 5, 10, 20, ... */
float graph_scale(const float *values, size_t count);

#endif
