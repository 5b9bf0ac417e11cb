/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen as a part of the program: the terminal's events on the loop, frames
 * and messages to the tui, what it wants to the sampler. Draws at most once per
 * turn of the loop, only when something changed, and only when the terminal has
 * taken what was drawn before.
 */
#ifndef PROXTOP_APP_SCREEN_H
#define PROXTOP_APP_SCREEN_H

#include "app/options.h"
#include "app/sampler.h"

struct event_base;
struct screen;

struct screen_config {
    struct event_base *base;
    const struct options *options; /* borrowed */
    unsigned collectors;           /* that are on: set of 1 << enum collector */
    void (*quit)(void *argument);  /* called on the loop: a person wants to leave, or is gone */
    void *argument;
};

/* Whether this process can have a screen: a terminal on standard input and output whose
 * TERM can place its cursor. Else false, and why for people in reason[size]. */
bool screen_is_possible(char *reason, size_t size);

/* Takes the terminal over; messages of the log go to the footer from now on. 0, or
 * the exit status after the reason was logged. */
int screen_open(const struct screen_config *config, struct screen **ret);
/* What the screen needs to be collected at first, and while it runs. */
const struct selection *screen_needs(struct screen *screen);
/* Selections of others that stay wanted while the screen changes its own. */
void screen_start(struct screen *screen, struct sampler *sampler, const struct selection *others);
void screen_take(struct screen *screen, struct frame *frame);
/* The program is stopped (SIGTSTP), was continued (SIGCONT), has another size (SIGWINCH). */
void screen_suspend(struct screen *screen);
void screen_continue(struct screen *screen);
void screen_resize(struct screen *screen);
/* Gives the terminal back; messages go to standard error again. NULL is allowed. */
void screen_close(struct screen *screen);

#endif
