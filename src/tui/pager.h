/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text in a box of the screen that may be longer than it: help, details of a VM.
 * Whoever makes the text goes through all of it each time; the lines in sight
 * are drawn, the others are counted.
 */
#ifndef PROXTOP_TUI_PAGER_H
#define PROXTOP_TUI_PAGER_H

#include "tui/internal.h"

struct pager {
    struct canvas *canvas;
    struct box box;
    size_t top;   /* the line in the box's first row */
    size_t line;  /* the present one */
    unsigned col; /* where it goes on, from the box's left edge */
};

/* What makes the text; to be the same each time it is called for one picture. */
typedef void pager_make(struct pager *pager, void *argument);

/* Draws a title and the text below it between status bar and footer: from line
 * tui->overlay_top on, which is kept within the text. Sets tui->overlay_lines and
 * tui->overlay_rows. */
void pager_show(struct tui *tui, struct canvas *canvas, const char *title, pager_make *make,
                void *argument);

/* Goes to a column of the present line, never back. */
void pager_to(struct pager *pager, unsigned col);
/* Goes on in the line with the text; what does not fit is left out. */
void pager_put(struct pager *pager, enum style style, const char *text);
void pager_printf(struct pager *pager, enum style style, const char *format, ...) ATTR_PRINTF(3, 4);
/* The same, but goes on in the next lines from column `indent`: between words where that can be. */
void pager_wrap(struct pager *pager, unsigned indent, enum style style, const char *text);
/* "name value" and some space to what stands before it; in the next line from `indent`
 * where this one is too short. */
void pager_field(struct pager *pager, unsigned indent, const char *name, enum style style,
                 const char *value);
/* Ends the line. */
void pager_next(struct pager *pager);
/* An empty line and a heading. */
void pager_heading(struct pager *pager, const char *text);

/* Columns from the present one to the box's right edge. */
unsigned pager_left(const struct pager *pager);

/* Empties a part of the canvas, for what lies over the table. */
void overlay_clear(struct canvas *canvas, const struct box *box);
/* How many bytes of the text fit into `width` columns (at least a character), up to the
 * end of a word where that can be. */
size_t overlay_break(const struct canvas *canvas, const char *text, unsigned width);

#endif
