/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture of a profile as SVG: per metric the matrix as a heat map, how long and how often it is
 * in its states, its values over time and how unusual they were. Colours go by what the viewer
 * prefers, light or dark, on a ground of their own. Pure: from figures to text.
 */
#ifndef PROXTOP_PROFILER_PLOT_H
#define PROXTOP_PROFILER_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "profile/channel.h"

/* Points that a track has at most; then two neighbours become one. */
#define PLOT_POINTS_MAX 1024

/* Some steps that follow each other. */
struct plot_point {
    double low, high; /* values; NAN = none, a gap */
    double z;         /* the largest; NAN = not judged */
    bool anomaly;
};

/* Steps over time, of any number: points stand for ever more of them. */
struct plot_track {
    struct plot_point points[PLOT_POINTS_MAX];
    size_t count;
    uint64_t each;  /* steps per point, but for the last one */
    uint64_t taken; /* of the last point */
    uint64_t steps; /* in all */
};
void plot_track_init(struct plot_track *track);
/* A step; value NAN = a gap. */
void plot_track_take(struct plot_track *track, double value, double z, bool anomaly);

struct plot_metric {
    const struct channel *channel;
    const struct plot_track *track; /* NULL = nothing over time */
};

struct plot {
    const char *title;    /* may be any text */
    const char *subtitle; /* likewise */
    double step_seconds;
    const struct plot_metric *metrics;
    size_t count;
};

void plot_print(const struct plot *plot, struct buf *out);

/* Appends text as the content of an element or an attribute: escaped, without what XML does not
 * allow. */
void plot_put_text(struct buf *out, const char *text);

#endif
