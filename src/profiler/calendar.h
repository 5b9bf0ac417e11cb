/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hours of the day or of the week by the local clock, and what a metric does in them. */
#ifndef PROXTOP_PROFILER_CALENDAR_H
#define PROXTOP_PROFILER_CALENDAR_H

#include "base/buf.h"
#include "profile/channel.h"

/* The slot that a time (seconds since the epoch) belongs to; weeks begin on Monday. -1 = there is
 * no calendar, or no such time. */
int calendar_slot(enum profile_calendar calendar, double seconds);
/* "07", "Mon 07" */
void calendar_put_slot(struct buf *out, const struct slots *slots, size_t slot);

/* The slots with the largest and the smallest mean; false = fewer than two have data. */
bool calendar_extremes(const struct slots *slots, size_t *ret_most, size_t *ret_least);
/* Means as a table of 24 columns, a line per day, in percent: of the metric if it is one, else of
 * its busiest hour. Lines fit 80 columns. Nothing without data. */
void calendar_put_table(struct buf *out, const struct channel *channel);

#endif
