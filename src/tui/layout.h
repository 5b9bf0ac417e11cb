/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are on a screen of some size. Pure. */
#ifndef PROXTOP_TUI_LAYOUT_H
#define PROXTOP_TUI_LAYOUT_H

struct box {
    unsigned row, col, rows, cols; /* rows 0 = there is none */
};

struct layout {
    struct box status; /* one line on top */
    struct box panel;  /* the host; shrinks before the table does */
    struct box titles; /* of the columns: one line */
    struct box table;
    struct box footer; /* one line at the bottom */
};

/* From 1x1 on. The panel gets as many lines as it wants at most: all from 30 rows on, two
 * lines at 24, none below 14. Table and titles before panel; with few rows the footer goes first.
 */
void layout_compute(unsigned rows, unsigned cols, unsigned panel_lines, struct layout *ret);

/* A box in the middle for what lies over the table, at most that large; inside the
 * table's and titles' part of the screen where that is enough. */
struct box layout_overlay(const struct layout *layout, unsigned rows, unsigned cols);

#endif
