/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time. Differences are taken on CLOCK_MONOTONIC only, in a type of its own so
 * that it cannot be mixed with wall-clock time, which does nothing but stamp
 * output. Both come through a record, so that a test can hold them still.
 */
#ifndef PROXTOP_BASE_CLOCK_H
#define PROXTOP_BASE_CLOCK_H

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

#include "base/util.h"

struct mono {
    int64_t ns; /* CLOCK_MONOTONIC; 0 = never */
};

struct clock_source {
    struct mono (*mono)(void *self);
    struct timespec (*wall)(void *self); /* CLOCK_REALTIME */
    void *self;
};

extern const struct clock_source clock_system;

static inline struct mono clock_mono(const struct clock_source *clock)
{
    return clock->mono(clock->self);
}

static inline double mono_seconds_between(struct mono from, struct mono to)
{
    return (double)(to.ns - from.ns) / (double)NS_PER_S;
}

static inline struct mono mono_add_seconds(struct mono t, double seconds)
{
    return (struct mono){t.ns + (int64_t)(seconds * (double)NS_PER_S)};
}

static inline struct timespec mono_to_timespec(struct mono t)
{
    return (struct timespec){.tv_sec = t.ns / (int64_t)NS_PER_S,
                             .tv_nsec = t.ns % (int64_t)NS_PER_S};
}

/* For timers that count from now; seconds >= 0. */
static inline struct timeval clock_timeval(double seconds)
{
    time_t whole = (time_t)seconds;

    return (struct timeval){.tv_sec = whole,
                            .tv_usec = (suseconds_t)((seconds - (double)whole) * 1e6)};
}

/* RFC 3339 in UTC with milliseconds: "2026-01-31T23:59:59.123Z". */
#define CLOCK_STAMP_SIZE 32
void clock_format_stamp(struct timespec wall, char stamp[CLOCK_STAMP_SIZE]);

#endif
