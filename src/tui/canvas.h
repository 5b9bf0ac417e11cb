/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A canvas: what the screen shall look like, as characters with styles. All that
 * is shown is drawn on one first, without a terminal; one file (terminal.c)
 * brings it there. Whatever is put on it stays inside it, and no text can do
 * more than fill its own columns: control characters and bytes that are no UTF-8
 * show as '?', wide characters are never cut in half.
 */
#ifndef PROXTOP_TUI_CANVAS_H
#define PROXTOP_TUI_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum style {
    STYLE_NORMAL,
    STYLE_STATUS,     /* the bar on top */
    STYLE_TITLE,      /* column titles */
    STYLE_SORTED,     /* the title of the column that is sorted by */
    STYLE_FOOTER,     /* the line at the bottom */
    STYLE_KEY,        /* a key's name in help and footer */
    STYLE_HEADING,    /* of a part: HOST METRICS */
    STYLE_DIM,        /* of less importance: VMs that do not run */
    STYLE_WARN,       /* a threshold is crossed */
    STYLE_CRIT,       /* the second one is, too; a state that is bad */
    STYLE_NEW,        /* a VM that was not there before */
    STYLE_GONE,       /* one that is not there any more */
    STYLE_BAR,        /* the filled part of a bar, its colour tells nothing */
    STYLE_MESSAGE,    /* a message to the person */
    STYLE_INPUT,      /* what is being typed */
    STYLE_GRAPH_USED, /* the curves of a graph */
    STYLE_GRAPH_READY,
    STYLE_GRAPH_LATENCY,
    STYLE__COUNT,
};

#define CANVAS_MARKS 2 /* combining characters that a cell keeps */

struct canvas_cell {
    uint32_t text[1 + CANVAS_MARKS]; /* a character and its combining ones; 0 = none */
    uint8_t width;                   /* 1 or 2; 0 = the right half of a wide character */
    uint8_t style;                   /* enum style */
    bool selected;                   /* part of the row that the cursor is on */
};

struct canvas {
    unsigned rows, cols;
    struct canvas_cell *cells; /* rows * cols */
    size_t capacity;
    bool utf8; /* what is no ASCII can be shown */
};

/* Zero-initialised is a canvas of 0 x 0. Memory is kept until canvas_done(). */
void canvas_done(struct canvas *canvas);

/* Sets the size and empties it. */
void canvas_resize(struct canvas *canvas, unsigned rows, unsigned cols);
void canvas_clear(struct canvas *canvas);

/* Columns that the text takes: wcwidth(3) of the locale for characters, 1 for
 * what shows as '?', 0 for combining characters. */
unsigned canvas_text_width(const struct canvas *canvas, const char *text);

/* Puts text at (row, col) into at most `width` columns; returns how many it took.
 * What does not fit is left out; what is outside the canvas is, too. */
unsigned canvas_put(struct canvas *canvas, unsigned row, unsigned col, unsigned width,
                    const char *text, enum style style);
/* The same, ending at col + width - 1. */
void canvas_put_right(struct canvas *canvas, unsigned row, unsigned col, unsigned width,
                      const char *text, enum style style);
/* Like printf, of at most 500 bytes. */
unsigned canvas_printf(struct canvas *canvas, unsigned row, unsigned col, unsigned width,
                       enum style style, const char *format, ...) ATTR_PRINTF(6, 7);

/* Fills with a character of one column. */
void canvas_fill(struct canvas *canvas, unsigned row, unsigned col, unsigned width, uint32_t c,
                 enum style style);
/* Marks cells as part of the selected row; keeps their text and style. */
void canvas_select(struct canvas *canvas, unsigned row, unsigned col, unsigned width);

/* Appends the row's text without blanks at its end, and without a newline. */
void canvas_row_text(const struct canvas *canvas, unsigned row, struct buf *out);

#endif
