/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line that is made of parts: those for which there is no room are left out whole, the
 * least important first, so that no figure is ever cut.
 */
#ifndef PROXTOP_TUI_LINE_H
#define PROXTOP_TUI_LINE_H

#include "tui/canvas.h"
#include "tui/thresholds.h"

#define LINE_PARTS_MAX 32
#define LINE_RUNS_MAX  96
#define LINE_TEXT_MAX  2048

struct line {
    const struct canvas *canvas; /* whose columns count; borrowed */
    struct line_part {
        const char *gap; /* in front of it, unless it is the first one; static */
        enum style gap_style;
        unsigned rank, width;
        size_t first, runs;
        bool left_out;
    } parts[LINE_PARTS_MAX];
    struct line_run {
        size_t text; /* where it stands in `text` */
        unsigned width;
        enum style style;
    } runs[LINE_RUNS_MAX];
    size_t part_count, run_count, len;
    char text[LINE_TEXT_MAX];
};

void line_begin(struct line *line, const struct canvas *canvas);

/* A new part, with a gap to the one before it. Of parts for which there is no room the
 * one of the largest rank goes first, of equals the last. What is put belongs to it. */
void line_part(struct line *line, unsigned rank, const char *gap, enum style gap_style);
void line_printf(struct line *line, enum style style, const char *format, ...) ATTR_PRINTF(3, 4);
/* Text that may be hostile, in at most that many columns. */
void line_put(struct line *line, enum style style, const char *text, unsigned columns);

/* Columns that all its parts take. */
unsigned line_width(const struct line *line);
/* Leaves parts out until the rest needs at most that many columns; returns how many. */
unsigned line_fit(struct line *line, unsigned columns);
/* Fits it in and draws it from `col` on; returns the columns that it took. */
unsigned line_draw(struct line *line, struct canvas *canvas, unsigned row, unsigned col,
                   unsigned columns);

/* The style of what is that bad; `usual` where it is not. */
enum style style_of_severity(enum severity severity, enum style usual);

/* Like canvas_put(), but text that is too long ends with a mark that says so. */
unsigned line_put_cut(struct canvas *canvas, unsigned row, unsigned col, unsigned width,
                      const char *text, enum style style);

#endif
