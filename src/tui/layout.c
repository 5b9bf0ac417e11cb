/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where things are on a screen of some size. */
#include "tui/layout.h"

#define LAYOUT_PANEL_FROM_ROWS 14 /* one line, */
#define LAYOUT_PANEL_TWO_ROWS  24 /* two, */
#define LAYOUT_PANEL_ALL_ROWS  30 /* and as many as it wants */
#define LAYOUT_PANEL_COLS      40 /* less says nothing */
#define LAYOUT_TABLE_LEAST     8  /* what the panel leaves to the table */

static unsigned layout_min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* `beside`: lines of all but panel and table. */
static unsigned layout_panel_rows(unsigned rows, unsigned cols, unsigned beside, unsigned wanted)
{
    if (rows < LAYOUT_PANEL_FROM_ROWS || cols < LAYOUT_PANEL_COLS)
        return 0;
    if (rows < LAYOUT_PANEL_TWO_ROWS)
        return layout_min(wanted, 1);
    if (rows < LAYOUT_PANEL_ALL_ROWS)
        return layout_min(wanted, 2);
    return layout_min(wanted, rows - beside - LAYOUT_TABLE_LEAST);
}

static struct box layout_take(unsigned *row, unsigned rows, unsigned cols)
{
    struct box box = {.row = *row, .rows = rows, .cols = rows ? cols : 0};

    *row += rows;
    return box;
}

void layout_compute(unsigned rows, unsigned cols, unsigned panel_lines, struct layout *ret)
{
    unsigned status = 1, titles, footer, panel, row = 0;

    if (!rows)
        rows = 1;
    if (!cols)
        cols = 1;
    titles = rows >= 3;
    footer = rows >= 4;
    panel = layout_panel_rows(rows, cols, status + titles + footer, panel_lines);
    ret->status = layout_take(&row, status, cols);
    ret->panel = layout_take(&row, panel, cols);
    ret->titles = layout_take(&row, titles, cols);
    ret->table = layout_take(&row, rows - row - footer, cols);
    ret->footer = layout_take(&row, footer, cols);
}

struct box layout_overlay(const struct layout *layout, unsigned rows, unsigned cols)
{
    unsigned screen_cols = layout->status.cols;
    unsigned first = layout->titles.row, area = layout->titles.rows + layout->table.rows;
    struct box box;

    if (!rows)
        rows = 1;
    if (!cols)
        cols = 1;
    if (rows > area) {
        first = 0;
        area = layout->footer.row + layout->footer.rows;
    }
    box.rows = layout_min(rows, area);
    box.cols = layout_min(cols, screen_cols);
    box.row = first + (area - box.rows) / 2;
    box.col = (screen_cols - box.cols) / 2;
    return box;
}
