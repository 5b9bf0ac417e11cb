/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pseudo-terminal, and a terminal on it: one at a time. */
#ifndef PROXTOP_TESTS_UNIT_PTY_H
#define PROXTOP_TESTS_UNIT_PTY_H

#include <termios.h>

#include "tui/terminal.h"

#define PTY_PATIENCE_MS 120000 /* for what comes; never for what does not */

struct pty {
    int master, slave;
    struct terminal *terminal;
    struct termios before; /* modes of the slave when it was new */
    struct canvas canvas;  /* of the terminal's size */
    struct buf out;        /* what the master has read */
    uint64_t seen;         /* bytes that it has read in all */
};
extern struct pty pty;

/* For cmocka: before and after each test, one that failed included. */
int pty_setup(void **state);
int pty_teardown(void **state);

void pty_open(unsigned rows, unsigned cols);
/* A pty of 24 x 80 with a terminal of the type. */
void pty_start(const char *type, bool mouse);
void pty_stop(void);

/* Adds the next `count` bytes to pty.out. */
void pty_read(uint64_t count);
/* What the terminal has queued and was not seen yet. */
const char *pty_sent(void);
/* The same after painting pty.canvas. */
const char *pty_paint(void);
/* What comes up to this text. */
const char *pty_wait_for(const char *until);

void pty_type(const char *bytes);
bool pty_next_input(struct terminal_input *input);
int pty_next_key(void);
/* Types the bytes and a character; `key` must come before it, or nothing (0). */
void pty_check_key(const char *bytes, int key);

#endif
