/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures of metrics for people: values, ranges of states, durations. */
#ifndef PROXTOP_PROFILER_WORDS_H
#define PROXTOP_PROFILER_WORDS_H

#include "base/buf.h"
#include "profile/channel.h"

/* A value of a metric: with the suffix that suits it for bytes, else up to two decimals; "-" if it
 * is not finite. With the unit behind it if asked. */
void words_put_value(struct buf *out, const struct channel_spec *spec, double value, bool unit);
/* "12.5 to 37.5": what a state stands for, without the unit; "below 12.5", "from 62.5" at the
 * ends. */
void words_put_range(struct buf *out, const struct scale *scale, const struct channel_spec *spec,
                     unsigned state);
/* "3.5 h", "20 s"; "-" if it is not finite. */
void words_put_duration(struct buf *out, double seconds);
/* The lower edge of a state: see scale.h. */
double words_edge(const struct scale *scale, unsigned state);

#endif
