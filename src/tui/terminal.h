/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal: paints canvases and reads keys. The only part that knows curses.
 * Curses writes into memory (it waits for a slow terminal otherwise); whoever owns
 * the terminal takes the bytes from there and writes them when it can.
 */
#ifndef PROXTOP_TUI_TERMINAL_H
#define PROXTOP_TUI_TERMINAL_H

#include "tui/canvas.h"

struct terminal;

struct terminal_input {
    int key; /* enum key or a character; 0 = a mouse event */
    unsigned row, col;
    int button, wheel;
};

/* Whether $TERM is a type that is known and can place its cursor. Else false, and why, with
 * what to do, for people in reason[size]. */
bool terminal_type_is_good(char *reason, size_t size);

/* How many colours a terminal of the type $TERM has; 0 = none, or it is not known. */
int terminal_colours(void);

/* The size that the terminal on `fd` tells, 24 x 80 if it tells none. */
void terminal_size_of(int fd, unsigned *ret_rows, unsigned *ret_cols);

/* Takes over the terminal on `fd` (both ways) of the type $TERM: no echo, no lines.
 * Signals of keys (Ctrl-C, Ctrl-Z) stay signals. 0; -ENOTTY; -EINVAL for a TERM that
 * is not known or cannot place its cursor. error[size] gets a line for people. The
 * locale must be set. */
int terminal_open(int fd, bool mouse, struct terminal **ret, char *error, size_t size);
/* Gives the terminal back as it was; writes what that takes, waiting 0.2 s at most. */
void terminal_close(struct terminal *terminal); /* NULL is allowed */

bool terminal_is_utf8(const struct terminal *terminal);

/* The size now, as the terminal tells it; at least 1 x 1, at most 500 x 200, 24 x 80 if
 * it tells none. */
void terminal_size(struct terminal *terminal, unsigned *ret_rows, unsigned *ret_cols);

/* The next key or mouse event that is there; false = none. Never waits longer than
 * 25 ms (behind an Esc). */
bool terminal_read(struct terminal *terminal, struct terminal_input *ret);
/* Whether anybody can still type, and see: false when the terminal is gone. To be asked when
 * the descriptor is readable, before terminal_read(), and when not all could be written. */
bool terminal_is_there(const struct terminal *terminal);

/* Makes the terminal show the canvas. `all`: whatever it shows now. The cursor is
 * hidden, or at (row, col). The bytes for it are queued. */
void terminal_paint(struct terminal *terminal, const struct canvas *canvas, bool all,
                    const unsigned *cursor_row_col);
/* Writes queued bytes without waiting. True = all are out; false = the rest when
 * the descriptor terminal_write_fd() is writable, or nothing more can be written. */
bool terminal_flush(struct terminal *terminal);
int terminal_write_fd(const struct terminal *terminal);
uint64_t terminal_bytes(const struct terminal *terminal); /* queued so far, in all */

/* Before and after the program is stopped: as it was; taken over again. */
void terminal_suspend(struct terminal *terminal);
void terminal_resume(struct terminal *terminal);

#endif
