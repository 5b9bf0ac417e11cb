/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sink: a printer and the output that its bytes go to, at a beat of its own.
 * A run has one or several; all print the same frames.
 */
#ifndef PROXTOP_APP_SINK_H
#define PROXTOP_APP_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "app/options.h"
#include "model/frame.h"
#include "model/selection.h"

struct event_base;
struct profiler;
struct sinks;
struct tui_settings;

/* Chooses printers and metrics for each sink of the options. All are borrowed; `profiler`: whose
 * profiles are printed, NULL = none. 0, or the exit status after the reason was logged. */
int sinks_new(const struct options *options, const struct tui_settings *settings,
              const struct profiler *profiler, struct sinks **ret);

/* What the sinks together want to be read; valid as long as they are. */
const struct selection *sinks_selection(const struct sinks *sinks);

size_t sinks_count(const struct sinks *sinks);

/* Whether one of them writes to standard output. */
bool sinks_use_stdout(const struct sinks *sinks);

/* Called on the loop: nobody will ever read what a sink writes; all that could
 * be delivered after sinks_finish() is. */
struct sinks_events {
    void (*broken)(void *argument);
    void (*finished)(void *argument);
    void *argument;
};

/* Opens the outputs. 0, or the exit status after the reason was logged. */
int sinks_open(struct sinks *sinks, struct event_base *base, const struct sinks_events *events);

/* Prints the frame to every sink whose turn it is. */
void sinks_take(struct sinks *sinks, struct frame *frame);

void sinks_reopen(struct sinks *sinks);

/* No more frames come: see sinks_events.finished, which is not called from within. */
void sinks_finish(struct sinks *sinks);

/* Ends and frees all (NULL is allowed). False if cycles were lost, which was
 * logged; *ret_hanging becomes true if a thread still hangs in an output. */
bool sinks_close(struct sinks *sinks, bool *ret_hanging);

#endif
