/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What help tells beside keys and columns: for the screen, and for the manual. */
#ifndef PROXTOP_TUI_HELP_H
#define PROXTOP_TUI_HELP_H

#include "tui/canvas.h"
#include "tui/facts.h"

struct help_note {
    const char *term;
    const char *text;
    enum style style; /* of the term */
};

struct help_part {
    const char *heading;
    const struct help_note *notes; /* NULL = the words of WHY: help_why() */
    size_t count;
};

extern const struct help_part help_parts[];
extern const size_t help_parts_count;

/* What a VM suffers from that has this word. why is none but WHY_STUCK..WHY__COUNT - 1. */
const char *help_why(enum why why);

#endif
