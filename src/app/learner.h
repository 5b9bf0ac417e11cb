/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What learns from frames, in front of the sinks; of a program without one it does nothing. */
#ifndef PROXTOP_APP_LEARNER_H
#define PROXTOP_APP_LEARNER_H

#include "app/program.h"
#include "app/sink.h"

struct learner {
    const struct program_learner *ops; /* NULL = none */
    struct profiler *profiler;
    struct frame *newest; /* NULL = none yet */
};

/* 0, or the exit status after the reason was logged. */
int learner_open(struct learner *learner, const struct options *options);
void learner_take(struct learner *learner, struct frame *frame);
/* No more frames come: what is left goes through the sinks, by the newest frame. */
void learner_finish(struct learner *learner, struct sinks *sinks);
/* Ends and frees. False = something was not saved, which was logged; *ret_hanging becomes true if
 * a thread hangs in it. */
bool learner_close(struct learner *learner, bool *ret_hanging);

#endif
