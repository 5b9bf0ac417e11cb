/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen without its terminal: takes frames, keys, sizes and messages, draws
 * itself on a canvas, and says what it wants of the program. Pure but for memory:
 * no file, no terminal, no clock of its own. One thread owns it.
 */
#ifndef PROXTOP_TUI_TUI_H
#define PROXTOP_TUI_TUI_H

#include "base/clock.h"
#include "base/log.h"
#include "tui/canvas.h"
#include "tui/settings.h"

struct tui;

struct tui_config {
    const struct tui_settings *settings; /* copied */
    double interval;                     /* seconds between cycles */
    unsigned collectors; /* set of 1 << enum collector that are on; others can be switched on */
    const char *started_with; /* the options that chose them, "--cpu --mem"; "" = nobody chose */
};

/* What the screen wants done, as a set of bits. */
enum tui_request {
    TUI_QUIT = 1 << 0,
    TUI_SAMPLE = 1 << 1,   /* a cycle now */
    TUI_INTERVAL = 1 << 2, /* another one: tui_interval() */
    TUI_SELECT = 1 << 3,   /* other metrics are needed: tui_needs() */
    TUI_REDRAW = 1 << 4,   /* all anew: something else wrote on the terminal */
    TUI_WRITE = 1 << 5,    /* the layout to the user's file: tui_layout() */
};

struct tui *tui_new(const struct tui_config *config);
void tui_free(struct tui *tui); /* NULL is allowed */

/* Takes a reference of its own. */
void tui_take_frame(struct tui *tui, struct frame *frame);
void tui_take_key(struct tui *tui, int key, struct mono now);
/* A mouse button pressed (button 1), or the wheel (up: -1, down: 1, with button 0). */
void tui_take_mouse(struct tui *tui, unsigned row, unsigned col, int button, int wheel,
                    struct mono now);
void tui_take_size(struct tui *tui, unsigned rows, unsigned cols);
/* Shown in the footer for some seconds: at once if it is worse than the one that is there, else
 * when that has stood for two; the newest of several that wait. */
void tui_take_message(struct tui *tui, enum log_level level, const char *text, struct mono now);

/* What was asked for since the last call. */
unsigned tui_take_requests(struct tui *tui);
double tui_interval(const struct tui *tui);
/* What must be collected for what is visible now. */
const struct selection *tui_needs(struct tui *tui);
/* View, units, fields and sort orders as they are now. */
void tui_layout(const struct tui *tui, struct tui_settings *ret);

/* Whether something changed since it was drawn, so that it must be drawn again. */
bool tui_is_dirty(const struct tui *tui, struct mono now);
/* When it will be dirty by itself (a message ends); ns 0 = not. */
struct mono tui_wakes_at(const struct tui *tui);
/* Draws everything on a canvas of its own size (tui_take_size()). */
void tui_draw(struct tui *tui, struct canvas *canvas, struct mono now);
/* Where the cursor stands while a text is typed; false = nowhere. */
bool tui_cursor(const struct tui *tui, unsigned *ret_row, unsigned *ret_col);

#endif
