/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values over time in a bounded number of points. */
#include <math.h>
#include <string.h>

#include "profiler/plot.h"

void plot_track_init(struct plot_track *track)
{
    memset(track, 0, sizeof(*track));
    track->each = 1;
}

static void plot_point_join(struct plot_point *point, const struct plot_point *other)
{
    /* fmin() and fmax() prefer numbers to NAN. */
    point->low = fmin(point->low, other->low);
    point->high = fmax(point->high, other->high);
    point->z = fmax(point->z, other->z);
    point->anomaly |= other->anomaly;
}

/* Two neighbours become one. */
static void plot_track_halve(struct plot_track *track)
{
    for (size_t i = 0; i < PLOT_POINTS_MAX / 2; i++) {
        struct plot_point point = track->points[2 * i];

        plot_point_join(&point, &track->points[2 * i + 1]);
        track->points[i] = point;
    }
    track->count = PLOT_POINTS_MAX / 2;
    track->each *= 2;
    track->taken = track->each;
}

void plot_track_take(struct plot_track *track, double value, double z, bool anomaly)
{
    struct plot_point point = {.low = value, .high = value, .z = z, .anomaly = anomaly};

    track->steps++;
    if (track->count && track->taken < track->each) {
        plot_point_join(&track->points[track->count - 1], &point);
        track->taken++;
        return;
    }
    if (track->count == PLOT_POINTS_MAX)
        plot_track_halve(track);
    track->points[track->count++] = point;
    track->taken = 1;
}
