/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a picture; lengths are in pixels of a picture that is not scaled. */
#ifndef PROXTOP_PROFILER_PLOT_INTERNAL_H
#define PROXTOP_PROFILER_PLOT_INTERNAL_H

#include "profiler/plot.h"

#define PLOT_WIDTH 960.0
#define PLOT_EDGE  28.0 /* room around everything */

/* " name=\"12.5\"" with a decimal. */
void plot_put_number(struct buf *out, const char *name, double value);
/* <text> of a class at a place; the content is to follow, and plot_end_text(). `anchor`: "start",
 * "middle", "end". */
void plot_begin_text(struct buf *out, const char *class, double x, double y, const char *anchor);
void plot_end_text(struct buf *out);
void plot_put_line(struct buf *out, const char *class, double x1, double y1, double x2, double y2);
void plot_put_rect(struct buf *out, const char *class, double x, double y, double width,
                   double height);

/* The matrix with what goes with its rows, from y downwards. Returns its height, which
 * plot_heat_height() tells before. */
double plot_heat_height(const struct channel *channel);
double plot_heat(struct buf *out, const struct channel *channel, double y);

/* Values and scores over time, likewise. */
double plot_time_height(void);
void plot_time(struct buf *out, const struct channel *channel, const struct plot_track *track,
               double step_seconds, double y);

#endif
