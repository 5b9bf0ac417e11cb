/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sampler: the thread that keeps the beat. At each tick it collects and
 * derives, and queues the frame for the main thread. Nothing but /proc and
 * /sys can hold it up.
 */
#ifndef PROXTOP_APP_SAMPLER_H
#define PROXTOP_APP_SAMPLER_H

#include <stdint.h>

#include "app/source.h"
#include "collect/collect.h"
#include "derive/derive.h"

struct sampler;

struct sampler_config {
    struct collect *collect; /* all borrowed */
    struct derive *derive;
    struct source *source;
    double interval;     /* seconds */
    int64_t runs;        /* frames to deliver; -1 = without end */
    struct mono started; /* of the program: the first cycle waits 3 s for the VMs from then on */
};

/* Starts the thread. 0 or -errno. */
int sampler_start(const struct sampler_config *config, struct sampler **ret);

/* Readable when there is a frame, or the end. */
int sampler_event_fd(const struct sampler *sampler);

/* The oldest frame that was not fetched yet (the caller gets the reference),
 * or NULL. A main thread that falls 64 frames behind loses the oldest ones. */
struct frame *sampler_next(struct sampler *sampler);

/* Whether all the frames asked for were made and fetched. */
bool sampler_is_done(struct sampler *sampler);

/* Frames that were lost because nobody fetched them, and ticks that came too
 * late to be kept. */
uint64_t sampler_lost(struct sampler *sampler);

/* Makes a frame now, off the beat. */
void sampler_kick(struct sampler *sampler);

/* From the next cycle on another selection (copied), another interval (seconds; the new
 * beat begins now). */
void sampler_select(struct sampler *sampler, const struct selection *selection);
void sampler_set_interval(struct sampler *sampler, double interval);

/* Ends the thread (after the cycle that is under way) and frees. */
void sampler_stop(struct sampler *sampler);

#endif
