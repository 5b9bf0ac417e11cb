/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values over time, the states they were in, and how unusual the steps were. */
#include <math.h>
#include <string.h>

#include "profile/anomaly.h"
#include "profiler/plot_internal.h"
#include "profiler/words.h"

#define TIME_LEFT    92.0
#define TIME_RIGHT   (PLOT_WIDTH - PLOT_EDGE)
#define TIME_ABOVE   22.0
#define TIME_VALUE   130.0 /* height of the values */
#define TIME_STRIP   12.0  /* of the states */
#define TIME_BETWEEN 26.0
#define TIME_SCORE   80.0
#define TIME_BELOW   24.0
#define TIME_LABEL   14.0 /* two labels are at least so far apart */
#define TIME_LINE    6.0  /* likewise two lines */
#define TIME_SCORES  20.0 /* larger scores are cut */
#define TIME_TICKS   8

struct time_plot {
    const struct channel *channel;
    const struct plot_track *track;
    double y;      /* of the values' upper edge */
    double lo, hi; /* of the values */
    double z_lo, z_hi;
};

double plot_time_height(void)
{
    return TIME_ABOVE + TIME_VALUE + 4 + TIME_STRIP + TIME_BETWEEN + TIME_SCORE + TIME_BELOW;
}

static double time_x(const struct time_plot *plot, double point)
{
    return TIME_LEFT + (TIME_RIGHT - TIME_LEFT) * point / (double)plot->track->count;
}

/* On a logarithmic scale as the states lie. */
static double time_y(const struct time_plot *plot, double value)
{
    double of = value - plot->lo, range = plot->hi - plot->lo;

    if (plot->channel->scale.kind == SCALE_LOG) {
        of = log1p(fmax(of, 0));
        range = log1p(range);
    }
    return plot->y + TIME_VALUE * (1 - fmin(fmax(of / range, 0), 1));
}

static double time_score_top(const struct time_plot *plot)
{
    return plot->y + TIME_VALUE + 4 + TIME_STRIP + TIME_BETWEEN;
}

static double time_score_y(const struct time_plot *plot, double z)
{
    double share = (z - plot->z_lo) / (plot->z_hi - plot->z_lo);

    return time_score_top(plot) + TIME_SCORE * (1 - fmin(fmax(share, 0), 1));
}

/* What is to be seen: all values, and at least the lowest edge between states. */
static void time_init(struct time_plot *plot)
{
    const struct scale *scale = &plot->channel->scale;
    const struct plot_track *track = plot->track;

    plot->lo = scale->lo;
    plot->hi = words_edge(scale, 1);
    plot->z_lo = -2;
    plot->z_hi = ANOMALY_Z + 1;
    for (size_t i = 0; i < track->count; i++) {
        plot->lo = fmin(plot->lo, track->points[i].low);
        plot->hi = fmax(plot->hi, track->points[i].high);
        plot->z_lo = fmax(fmin(plot->z_lo, track->points[i].z), -10);
        plot->z_hi = fmin(fmax(plot->z_hi, track->points[i].z), TIME_SCORES);
    }
    if (!(plot->hi > plot->lo))
        plot->hi = plot->lo + 1;
}

/* Where there was an anomaly, over both. */
static void time_put_alarms(struct buf *out, const struct time_plot *plot)
{
    double bottom = time_score_top(plot) + TIME_SCORE;

    for (size_t i = 0; i < plot->track->count;) {
        size_t begin = i;

        while (i < plot->track->count && plot->track->points[i].anomaly)
            i++;
        if (i > begin)
            plot_put_rect(out, "alarm", time_x(plot, (double)begin), plot->y,
                          time_x(plot, (double)i) - time_x(plot, (double)begin), bottom - plot->y);
        else
            i++;
    }
}

/* Edges between states, with their values where there is room. */
static void time_put_edges(struct buf *out, const struct time_plot *plot)
{
    const struct channel *channel = plot->channel;
    double last = plot->y + TIME_VALUE + TIME_LABEL, line = last;

    for (unsigned i = 0; i < channel->scale.states; i++) {
        double edge = i ? words_edge(&channel->scale, i) : plot->lo, y;

        if (edge > plot->hi)
            break;
        y = time_y(plot, edge);
        if (line - y < TIME_LINE)
            continue;
        line = y;
        plot_put_line(out, "grid", TIME_LEFT, y, TIME_RIGHT, y);
        if (last - y < TIME_LABEL)
            continue;
        last = y;
        plot_begin_text(out, "small", TIME_LEFT - 8, y + 4, "end");
        words_put_value(out, &channel->spec, edge, true);
        plot_end_text(out);
    }
}

static void time_put_place(struct buf *out, char command, double x, double y)
{
    buf_putc(out, command);
    buf_put_fixed(out, x, 1);
    buf_putc(out, ' ');
    buf_put_fixed(out, y, 1);
}

/* The largest value, where no edge is next to it. */
static void time_put_top(struct buf *out, const struct time_plot *plot)
{
    const struct scale *scale = &plot->channel->scale;

    for (unsigned i = 1; i < scale->states; i++) {
        if (fabs(time_y(plot, words_edge(scale, i)) - plot->y) < TIME_LABEL + 6 &&
            words_edge(scale, i) <= plot->hi)
            return;
    }
    plot_begin_text(out, "small", TIME_LEFT - 8, plot->y + 8, "end");
    words_put_value(out, &plot->channel->spec, plot->hi, true);
    plot_end_text(out);
}

/* The values: a line through the points, with strokes from lowest to highest where a point stands
 * for many steps. A point between two gaps is a dot. */
static void time_put_values(struct buf *out, const struct time_plot *plot)
{
    bool drawn = false;

    buf_puts(out, "<path class=\"value\" d=\"");
    for (size_t i = 0; i < plot->track->count; i++) {
        const struct plot_point *point = &plot->track->points[i];
        double x = time_x(plot, (double)i + 0.5);

        if (!isfinite(point->low)) {
            drawn = false;
            continue;
        }
        if (!drawn)
            time_put_place(out, 'M', x - 0.5, time_y(plot, point->high));
        time_put_place(out, 'L', x, time_y(plot, point->high));
        if (point->high > point->low)
            time_put_place(out, 'L', x, time_y(plot, point->low));
        drawn = true;
    }
    buf_puts(out, "\"/>\n");
}

static void time_put_scores(struct buf *out, const struct time_plot *plot)
{
    bool drawn = false;

    buf_puts(out, "<path class=\"score\" d=\"");
    for (size_t i = 0; i < plot->track->count; i++) {
        const struct plot_point *point = &plot->track->points[i];

        if (isfinite(point->z))
            time_put_place(out, drawn ? 'L' : 'M', time_x(plot, (double)i + 0.5),
                           time_score_y(plot, point->z));
        drawn = isfinite(point->z);
    }
    buf_puts(out, "\"/>\n");
}

/* A strip whose colour is the stronger the higher the state is: runs of equal ones are one. */
static void time_put_strip(struct buf *out, const struct time_plot *plot)
{
    const struct scale *scale = &plot->channel->scale;
    double y = plot->y + TIME_VALUE + 4;

    plot_put_rect(out, "empty", TIME_LEFT, y, TIME_RIGHT - TIME_LEFT, TIME_STRIP);
    for (size_t i = 0; i < plot->track->count;) {
        size_t begin = i;
        double value = plot->track->points[i++].high;
        unsigned state;

        if (!isfinite(value))
            continue;
        state = scale_state(scale, value);
        while (i < plot->track->count && isfinite(plot->track->points[i].high) &&
               scale_state(scale, plot->track->points[i].high) == state)
            i++;
        buf_printf(out, "<g><title>state %u</title><rect class=\"cell\" fill-opacity=\"", state);
        buf_put_fixed(out, 0.1 + 0.9 * state / (scale->states - 1), 3);
        buf_putc(out, '"');
        plot_put_number(out, "x", time_x(plot, (double)begin));
        plot_put_number(out, "y", y);
        plot_put_number(out, "width", time_x(plot, (double)i) - time_x(plot, (double)begin));
        plot_put_number(out, "height", TIME_STRIP);
        buf_puts(out, "/></g>\n");
    }
}

/* Seconds between two ticks: a round time that makes TIME_TICKS of them at most. */
static double time_tick(double all)
{
    static const double round_times[] = {
        0.1, 0.2, 0.5,  1,    2,    5,     10,    15,    30,    60,     120,    300,
        600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000,
    };
    double tick;

    for (size_t i = 0; i < ARRAY_SIZE(round_times); i++) {
        if (all / round_times[i] <= TIME_TICKS)
            return round_times[i];
    }
    tick = round_times[ARRAY_SIZE(round_times) - 1];
    while (all / tick > TIME_TICKS)
        tick *= 2;
    return tick;
}

static void time_put_tick(struct buf *out, double x, double y, const char *anchor)
{
    plot_put_line(out, "grid", x, y, x, y + 4);
    plot_begin_text(out, "small", x, y + 17, anchor);
}

/* How long ago, at a few places. */
static void time_put_ticks(struct buf *out, const struct time_plot *plot, double step_seconds)
{
    double y = time_score_top(plot) + TIME_SCORE, width = TIME_RIGHT - TIME_LEFT;
    double all = (double)plot->track->count * (double)plot->track->each * step_seconds;
    double tick = time_tick(all);

    for (unsigned i = 1; i <= TIME_TICKS && i * tick <= all * (1 + 1e-9); i++) {
        time_put_tick(out, TIME_RIGHT - width * fmin(i * tick / all, 1), y, "middle");
        buf_puts(out, "\xe2\x88\x92"); /* minus */
        words_put_duration(out, i * tick);
        plot_end_text(out);
    }
    time_put_tick(out, TIME_RIGHT, y, "end");
    buf_puts(out, "end");
    plot_end_text(out);
}

static void time_put_score_frame(struct buf *out, const struct time_plot *plot)
{
    double top = time_score_top(plot), limit = time_score_y(plot, ANOMALY_Z);
    double zero = time_score_y(plot, 0);

    plot_put_rect(out, "frame", TIME_LEFT, top, TIME_RIGHT - TIME_LEFT, TIME_SCORE);
    plot_put_line(out, "grid", TIME_LEFT, zero, TIME_RIGHT, zero);
    plot_put_line(out, "limit", TIME_LEFT, limit, TIME_RIGHT, limit);
    plot_begin_text(out, "small", TIME_LEFT - 8, zero + 4, "end");
    buf_puts(out, "0");
    plot_end_text(out);
    plot_begin_text(out, "small", TIME_LEFT - 8, limit + 4, "end");
    buf_puts(out, "3");
    plot_end_text(out);
    if (limit - top >= 2 * TIME_LABEL) {
        plot_begin_text(out, "small", TIME_LEFT - 8, top + 8, "end");
        buf_printf(out, plot->z_hi >= TIME_SCORES ? "%.0f+" : "%.0f", plot->z_hi);
        plot_end_text(out);
    }
    plot_begin_text(out, "small", TIME_LEFT, top - 6, "start");
    buf_puts(out, "how unusual (z); an anomaly can be from <tspan class=\"alarmtext\">3</tspan> "
                  "on");
    plot_end_text(out);
}

void plot_time(struct buf *out, const struct channel *channel, const struct plot_track *track,
               double step_seconds, double y)
{
    struct time_plot plot = {.channel = channel, .track = track, .y = y + TIME_ABOVE};

    plot_begin_text(out, "small", TIME_LEFT, y + 15, "start");
    if (!track->count) {
        buf_puts(out, "no values over time");
        plot_end_text(out);
        return;
    }
    buf_printf(out, "the last %llu steps; below: the stronger the colour, the higher the state",
               (unsigned long long)track->steps);
    plot_end_text(out);
    time_init(&plot);
    time_put_alarms(out, &plot);
    time_put_edges(out, &plot);
    time_put_top(out, &plot);
    time_put_values(out, &plot);
    plot_put_rect(out, "frame", TIME_LEFT, plot.y, TIME_RIGHT - TIME_LEFT, TIME_VALUE);
    time_put_strip(out, &plot);
    time_put_score_frame(out, &plot);
    time_put_scores(out, &plot);
    time_put_ticks(out, &plot, step_seconds);
}
