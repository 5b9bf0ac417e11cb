/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device of a terminal: its modes, its size, and a queue of bytes that are
 * written to it without waiting. A part of terminal.c that needs no curses.
 */
#ifndef PROXTOP_TUI_TTY_H
#define PROXTOP_TUI_TTY_H

#include <termios.h>

#include "base/buf.h"

#define TTY_ROWS_MAX 200
#define TTY_COLS_MAX 500

struct tty {
    int fd;                /* borrowed; read from */
    int write_fd;          /* owned */
    bool shared;           /* write_fd waits: others use the same open file */
    bool taken;            /* the modes are ours */
    bool dead;             /* nothing can be written any more */
    struct termios before; /* the modes to go back to */
    struct buf queue;
    size_t sent;    /* of the queue */
    uint64_t bytes; /* queued so far, in all */
};

/* 0 or -errno, -ENOTTY if it is no terminal. Nothing is changed yet. */
int tty_open(int fd, struct tty *ret);
void tty_done(struct tty *tty);

/* Keys come one by one, are not echoed, and Ctrl-S stops nothing; those that make signals
 * still do. Bytes are not changed on their way out. */
void tty_take(struct tty *tty);
/* The modes as they were at tty_take(). */
void tty_give_back(struct tty *tty);
/* Whether others have it now: this process is in the background. */
bool tty_is_elsewhere(const struct tty *tty);

/* As the terminal tells it, 24 x 80 if it tells none, cut to TTY_..._MAX. */
void tty_size(const struct tty *tty, unsigned *ret_rows, unsigned *ret_cols);
/* False: it hung up, or takes nothing any more. */
bool tty_is_there(const struct tty *tty);

void tty_queue(struct tty *tty, const void *data, size_t len);
/* Bytes that are not written yet. */
static inline size_t tty_unsent(const struct tty *tty)
{
    return tty->queue.len - tty->sent;
}
/* Writes what it takes now. True = all is out. */
bool tty_flush(struct tty *tty);
/* The same, waiting so long at most. */
bool tty_flush_within(struct tty *tty, double seconds);
/* Writes these bytes now or never; needs no memory. */
void tty_write_now(const struct tty *tty, const void *data, size_t len);

#endif
