/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main thread's event loop: frames from the sampler go through the sinks;
 * signals end, reopen, or sample at once.
 */
#ifndef PROXTOP_APP_LOOP_H
#define PROXTOP_APP_LOOP_H

#include "app/learner.h"
#include "app/notify.h"
#include "app/sampler.h"
#include "app/screen.h"
#include "app/sink.h"

struct event_base;
struct loop;

enum loop_end {
    LOOP_DONE,    /* all cycles that were asked for */
    LOOP_STOPPED, /* a signal, or nobody reads any more */
    LOOP_FAILED,  /* could not run at all; logged */
};

/* Keeps SIGHUP and SIGUSR1 until loop_run(); unhandled they would end the program. */
void loop_hold_signals(void);

/* NULL if it cannot be made, which was logged. */
struct loop *loop_new(void);
void loop_free(struct loop *loop); /* NULL is allowed */

/* For those who watch something on it. */
struct event_base *loop_base(struct loop *loop);

/* What sinks_open() is to be told. */
struct sinks_events loop_events(struct loop *loop);

/* Ends loop_run(): for a screen that is left. `loop` is a struct loop. */
void loop_quit(void *loop);
/* A person has chosen another interval, in seconds. */
void loop_interval(void *loop, double interval);

/* Brings frames to the learner, the sinks and the screen (NULL = none) until the end, and tells the
 * service manager of each (`notify` NULL = there is none). All are borrowed. */
enum loop_end loop_run(struct loop *loop, struct sampler *sampler, struct learner *learner,
                       struct sinks *sinks, struct screen *screen, struct notify *notify);

/* Runs on until the sinks have delivered what they hold, for `seconds` at most;
 * a signal to end ends it too. */
void loop_drain(struct loop *loop, struct sinks *sinks, double seconds);

#endif
