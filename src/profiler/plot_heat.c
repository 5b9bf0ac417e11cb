/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The matrix as a heat map, and beside each row how often and how long that state is. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profiler/plot_internal.h"
#include "profiler/words.h"

#define HEAT_LEFT      190.0 /* where the map begins; ranges of states stand before it */
#define HEAT_SIZE      400.0 /* that it has at most */
#define HEAT_CELL_MAX  64.0
#define HEAT_CELL_TEXT 24.0 /* cells from this size on say their percentage */
#define HEAT_ROW_TEXT  13.0 /* rows from this height on have a label each */
#define HEAT_ABOVE     26.0 /* names of the columns */
#define HEAT_BELOW     84.0 /* ranges of the columns, slanting; where they have no room: */
#define HEAT_BELOW_LOW 26.0
#define HEAT_SLANT_MAX 16 /* columns that have room for them */
#define HEAT_BAR_GAP   34.0
#define HEAT_BAR       150.0
/* From this opacity on a cell takes a text of the other kind. */
#define HEAT_ON 0.7

struct heat {
    const struct channel *channel;
    unsigned states, every; /* each so many states have a label */
    double cell, x, y;
    double raw[SCALE_STATES_MAX * SCALE_STATES_MAX];
    double shares[SCALE_STATES_MAX], stationary[SCALE_STATES_MAX];
};

static double heat_cell(unsigned states)
{
    return fmin(HEAT_CELL_MAX, HEAT_SIZE / states);
}

double plot_heat_height(const struct channel *channel)
{
    unsigned states = channel->settings->states;

    return HEAT_ABOVE + heat_cell(states) * states +
           (states <= HEAT_SLANT_MAX ? HEAT_BELOW : HEAT_BELOW_LOW);
}

static void heat_init(struct heat *heat, const struct channel *channel, double y)
{
    unsigned states = channel->settings->states;
    double smoothed[SCALE_STATES_MAX * SCALE_STATES_MAX];

    heat->channel = channel;
    heat->states = states;
    heat->cell = heat_cell(states);
    heat->every = (unsigned)ceil(HEAT_ROW_TEXT / heat->cell);
    heat->x = HEAT_LEFT;
    heat->y = y + HEAT_ABOVE;
    matrix_dense(channel->matrix, 0, heat->raw);
    matrix_dense(channel->matrix, 0.5, smoothed);
    matrix_shares(channel->matrix, heat->shares);
    chain_stationary(smoothed, states, heat->shares, heat->stationary);
}

/* "45", "<1": an integer percentage. */
static void heat_put_percent(struct buf *out, double share)
{
    if (share > 0 && share < 0.005)
        plot_put_text(out, "<1");
    else
        buf_printf(out, "%.0f", 100 * share);
}

static void heat_put_cell(struct buf *out, const struct heat *heat, unsigned from, unsigned to)
{
    double p = heat->raw[(size_t)from * heat->states + to];
    double x = heat->x + to * heat->cell, y = heat->y + from * heat->cell;
    double gap = heat->cell >= 12 ? 2 : heat->cell >= 8 ? 1 : 0;
    /* Rare ones are to be seen, too. */
    double opacity = 0.1 + 0.9 * pow(p, 0.7);

    if (!(p > 0))
        return;
    buf_puts(out, "<g><title>");
    buf_printf(out, "%u \xe2\x86\x92 %u: %.2f %%</title>", from, to, 100 * p);
    buf_puts(out, "<rect class=\"cell\" fill-opacity=\"");
    buf_put_fixed(out, opacity, 3);
    buf_putc(out, '"');
    plot_put_number(out, "x", x + gap / 2);
    plot_put_number(out, "y", y + gap / 2);
    plot_put_number(out, "width", heat->cell - gap);
    plot_put_number(out, "height", heat->cell - gap);
    buf_puts(out, "/>");
    if (heat->cell >= HEAT_CELL_TEXT) {
        plot_begin_text(out, opacity >= HEAT_ON ? "on" : "off", x + heat->cell / 2,
                        y + heat->cell / 2 + 4, "middle");
        heat_put_percent(out, p);
        buf_puts(out, "</text>");
    }
    buf_puts(out, "</g>\n");
}

/* "12.5 to 37.5 %" */
static void heat_put_range(struct buf *out, const struct heat *heat, unsigned state)
{
    const struct channel_spec *spec = &heat->channel->spec;
    struct buf text = {0};

    words_put_range(&text, &heat->channel->scale, spec, state);
    if (spec->unit[0])
        buf_printf(&text, " %s", spec->unit);
    plot_put_text(out, buf_text(&text));
    buf_done(&text);
}

/* The ranges of the columns, below them. */
static void heat_put_columns(struct buf *out, const struct heat *heat)
{
    double y = heat->y + heat->cell * heat->states + 14;

    for (unsigned i = 0; heat->states <= HEAT_SLANT_MAX && i < heat->states; i++) {
        double x = heat->x + (i + 0.5) * heat->cell + 4;

        buf_puts(out, "<text class=\"small\" text-anchor=\"end\" transform=\"translate(");
        buf_put_fixed(out, x, 1);
        buf_putc(out, ' ');
        buf_put_fixed(out, y, 1);
        buf_puts(out, ") rotate(-35)\">");
        heat_put_range(out, heat, i);
        plot_end_text(out);
    }
}

/* What a row says beside the map: where it begins, its range, its bar. */
static void heat_put_row(struct buf *out, const struct heat *heat, unsigned state)
{
    double middle = heat->y + (state + 0.5) * heat->cell;
    double x = heat->x + heat->cell * heat->states + HEAT_BAR_GAP;
    double bar = fmin(heat->cell * 0.6, 18), at = x + HEAT_BAR * heat->stationary[state];
    double dwell = chain_dwell(heat->raw, heat->states, state);

    plot_put_rect(out, "empty", x, middle - bar / 2, HEAT_BAR, bar);
    plot_put_rect(out, "bar", x, middle - bar / 2, HEAT_BAR * heat->shares[state], bar);
    plot_put_line(out, "long", at, middle - bar / 2 - 1, at, middle + bar / 2 + 1);
    if (state % heat->every == 0) {
        plot_begin_text(out, "soft", heat->x - 30, middle + 4, "end");
        heat_put_range(out, heat, state);
        plot_end_text(out);
        plot_begin_text(out, "", heat->x - 8, middle + 4, "end");
        buf_printf(out, "%u", state);
        plot_end_text(out);
        plot_begin_text(out, "", x + HEAT_BAR + 8, middle + 4, "start");
        heat_put_percent(out, heat->shares[state]);
        buf_puts(out, " %");
        plot_end_text(out);
    }
    if (state % heat->every == 0 && isfinite(dwell)) {
        plot_begin_text(out, "soft", x + HEAT_BAR + 50, middle + 4, "start");
        buf_printf(out, "stays %.1f step%s", dwell, dwell < 1.05 ? "" : "s");
        plot_end_text(out);
    }
}

static void heat_put_heading(struct buf *out, const struct heat *heat)
{
    double size = heat->cell * heat->states, x = heat->x + size + HEAT_BAR_GAP;
    /* Numbers of two digits need more room than rows do. */
    unsigned every = (unsigned)ceil(23 / heat->cell);

    for (unsigned i = 0; i < heat->states; i += every) {
        plot_begin_text(out, "", heat->x + (i + 0.5) * heat->cell, heat->y - 8, "middle");
        buf_printf(out, "%u", i);
        plot_end_text(out);
    }
    plot_begin_text(out, "small", heat->x - 8, heat->y - 8, "end");
    buf_puts(out, "from state \xe2\x86\x93  to \xe2\x86\x92");
    plot_end_text(out);
    plot_begin_text(out, "small", x, heat->y - 8, "start");
    buf_puts(out, "share of the steps, <tspan class=\"longtext\">in the long run</tspan>");
    plot_end_text(out);
    plot_begin_text(out, "small", x, heat->y + size + 17, "start");
    buf_puts(out, "cells: % of the steps from a state that led to another");
    plot_end_text(out);
}

double plot_heat(struct buf *out, const struct channel *channel, double y)
{
    struct heat heat;
    double size;

    heat_init(&heat, channel, y);
    size = heat.cell * heat.states;
    heat_put_heading(out, &heat);
    heat_put_columns(out, &heat);
    plot_put_rect(out, "empty", heat.x, heat.y, size, size);
    for (unsigned i = 0; i < heat.states; i++) {
        heat_put_row(out, &heat, i);
        for (unsigned j = 0; j < heat.states; j++)
            heat_put_cell(out, &heat, i, j);
    }
    return plot_heat_height(channel);
}
