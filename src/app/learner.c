/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What learns from frames, in front of the sinks. */
#include "app/learner.h"

int learner_open(struct learner *learner, const struct options *options)
{
    const struct program_learner *ops = options->program->learner;
    int status = ops ? ops->open(options, &learner->profiler) : 0;

    if (!status)
        learner->ops = ops;
    return status;
}

void learner_take(struct learner *learner, struct frame *frame)
{
    if (!learner->ops)
        return;
    learner->ops->take(learner->profiler, frame);
    frame_unref(learner->newest);
    learner->newest = frame_ref(frame);
}

void learner_finish(struct learner *learner, struct sinks *sinks)
{
    if (!learner->newest) /* nothing was learned */
        return;
    learner->ops->finish(learner->profiler);
    sinks_take(sinks, learner->newest);
    frame_unref(learner->newest);
    learner->newest = NULL;
}

bool learner_close(struct learner *learner, bool *ret_hanging)
{
    bool saved;

    if (!learner->ops)
        return true;
    frame_unref(learner->newest);
    saved = learner->ops->close(learner->profiler, ret_hanging);
    *learner = (struct learner){.ops = NULL};
    return saved;
}
