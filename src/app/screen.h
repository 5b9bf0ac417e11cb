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
#include "tui/settings.h"

struct event_base;
struct screen;

struct screen_config {
    struct event_base *base; /* of at least two priorities */
    const struct options *options;
    const struct tui_settings *settings;
    /* Called on the loop: a person wants to leave, or is gone; wants another interval (seconds). */
    void (*quit)(void *argument);
    void (*interval)(void *argument, double interval);
    void *argument;
};

/* Whether this process can have a screen: a terminal on standard input and output, of a type
 * that is known and can place its cursor. Else false, and why for people in reason[size]. */
bool screen_is_possible(char *reason, size_t size);

/* Makes one, which shows nothing yet. Messages of the log wait for its footer from now on. The
 * config's pointers are borrowed. NULL if it cannot be made, which was logged. */
struct screen *screen_new(const struct screen_config *config);

/* What it needs to be collected at first. */
const struct selection *screen_needs(struct screen *screen);

/* Takes the terminal over. From now on it tells the sampler what it needs and when, beside
 * what `others` (copied) need. 0, or the exit status after the reason was logged. */
int screen_start(struct screen *screen, struct sampler *sampler, const struct selection *others);

void screen_take(struct screen *screen, struct frame *frame);

/* The program is about to be stopped, was continued; the terminal has another size. */
void screen_suspend(struct screen *screen);
void screen_continue(struct screen *screen);
void screen_resize(struct screen *screen);

/* Gives the terminal back and frees; messages go to standard error again. The event base
 * must still be there. NULL is allowed. */
void screen_close(struct screen *screen);

#endif
