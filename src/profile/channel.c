/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/channel.h"

#include <math.h>
#include <stdlib.h>

#include "base/util.h"

/* Outliers in a row after which the next value is taken: the level has shifted. */
#define CHANNEL_REJECTED_MAX 10
/* Values from here on are no measurements; their squares would leave the range of a double. */
#define CHANNEL_VALUE_MAX 1e100
/* Share of the range from which on a value counts as busy. */
#define CHANNEL_BUSY 0.8
/* Half a count for each transition: what was never seen is unlikely, not impossible. */
#define CHANNEL_ALPHA 0.5
/* What the series of averages tells apart: percentages from a hundredth to ten times the range;
 * other metrics from their histogram's first bucket to the range, or nine decades without one. */
#define CHANNEL_PERCENT_UNIT 0.01
#define CHANNEL_PERCENT_TOP  1000.0
#define CHANNEL_DECADES      1e9

static void channel_init_series(struct channel *channel)
{
    const struct channel_spec *spec = &channel->spec;
    double unit = spec->first > 0 ? spec->first : 1;

    if (spec->percent)
        series_init(&channel->series, CHANNEL_PERCENT_UNIT, CHANNEL_PERCENT_TOP);
    else if (channel->settings->dynamic || !(spec->hi > unit))
        series_init(&channel->series, unit, unit * CHANNEL_DECADES);
    else
        series_init(&channel->series, unit, spec->hi);
}

static void channel_init_scale(struct channel *channel)
{
    const struct profile_settings *settings = channel->settings;
    struct scale *scale = &channel->scale;

    if (settings->dynamic)
        *scale = (struct scale){.kind = SCALE_LINEAR, .binning = SCALE_EQUAL, .hi = 1};
    else
        *scale = (struct scale){.kind = channel->spec.scale,
                                .binning = settings->binning,
                                .lo = channel->spec.lo,
                                .hi = channel->spec.hi};
    scale->states = settings->states;
}

struct channel *channel_new(const struct channel_spec *spec,
                            const struct profile_settings *settings)
{
    struct channel *channel = xcalloc(1, sizeof(*channel));
    struct matrix_settings matrix = profile_matrix_settings(settings);
    unsigned slots = profile_calendar_slots(settings->calendar);
    size_t nodes = period_tree_nodes(&settings->periods);

    channel->spec = *spec;
    channel->settings = settings;
    channel->state = -1;
    channel_init_scale(channel);
    channel_init_series(channel);
    if (settings->phantom_start)
        channel->context.length = (uint8_t)settings->history;
    histogram_init(&channel->histogram, spec->percent ? HISTOGRAM_PERCENT : HISTOGRAM_GROWING,
                   spec->first > 0 ? spec->first : 1, settings->half_life);
    channel->matrix = matrix_new(&matrix);
    channel->values = xcalloc(settings->states, sizeof(*channel->values));
    channel->rows = xcalloc(settings->states, sizeof(*channel->rows));
    anomaly_init(&channel->anomaly, settings->window);
    if (slots)
        channel->calendar = slots_new(slots, &matrix);
    if (nodes && nodes <= PERIOD_NODES_MAX)
        channel->periods = slots_new(nodes, &matrix);
    channel_refresh(channel);
    return channel;
}

void channel_free(struct channel *channel)
{
    if (!channel)
        return;
    histogram_done(&channel->histogram);
    series_done(&channel->series);
    matrix_free(channel->matrix);
    slots_free(channel->calendar);
    slots_free(channel->periods);
    free(channel->values);
    free(channel->rows);
    free(channel);
}

/* The chain alone: what was seen stays in order of time, without the value that is missing. */
static void channel_break_chain(struct channel *channel)
{
    channel->sum = 0;
    channel->filled = 0;
    channel->broken = true;
    channel->context.length = 0;
    anomaly_break(&channel->anomaly);
}

void channel_break(struct channel *channel)
{
    channel_break_chain(channel);
    series_clear(&channel->series);
}

static struct context channel_context_of(unsigned state)
{
    return (struct context){.states = {(uint8_t)state}, .length = 1};
}

static void channel_refresh_row(struct channel *channel, unsigned state)
{
    struct context context = channel_context_of(state);
    unsigned states = channel->settings->states;
    double mean = 0, square = 0, all;
    struct matrix_row row;

    channel->rows[state] = (struct channel_row){0};
    if (!matrix_find(channel->matrix, &context, &row))
        return;
    all = row.total + CHANNEL_ALPHA * states;
    for (unsigned j = 0; j < states; j++) {
        double p = (row.counts[j] + CHANNEL_ALPHA) / all;
        double surprisal = -log(p);

        mean += p * surprisal;
        square += p * surprisal * surprisal;
    }
    channel->rows[state] = (struct channel_row){.mean = mean, .square = square, .total = row.total};
}

void channel_refresh(struct channel *channel)
{
    for (unsigned i = 0; i < channel->settings->states; i++)
        channel_refresh_row(channel, i);
}

/* The same as chain_surprise() of the whole matrix, from the moments of its rows; and how many
 * transitions there are. */
static struct chain_surprise channel_expect(const struct channel *channel, uint64_t *ret_total)
{
    struct chain_surprise expected = {0};
    double mean = 0, square = 0;
    uint64_t total = 0;

    for (unsigned i = 0; i < channel->settings->states; i++) {
        const struct channel_row *row = &channel->rows[i];

        total += row->total;
        mean += row->total * row->mean;
        square += row->total * row->square;
    }
    if (total) {
        expected.mean = mean / (double)total;
        expected.deviation = sqrt(fmax(0, square / (double)total - expected.mean * expected.mean));
    }
    *ret_total = total;
    return expected;
}

struct chain_surprise channel_expected(const struct channel *channel)
{
    uint64_t total;

    return channel_expect(channel, &total);
}

bool channel_predict(const struct channel *channel, double *p)
{
    if (channel->broken || channel->state < 0 || !channel->context.length)
        return false;
    matrix_smoothed(channel->matrix, &channel->context, p);
    return true;
}

double channel_state_value(const struct channel *channel, unsigned state)
{
    if (state >= channel->settings->states)
        return NAN;
    if (channel->values[state].count)
        return channel->values[state].mean;
    return scale_centre(&channel->scale, state);
}

static void channel_fold_values(struct channel *channel)
{
    unsigned states = channel->settings->states;

    for (unsigned i = 0; i < states; i++) {
        struct channel_value from = channel->values[i], *to = &channel->values[i / 2];

        channel->values[i] = (struct channel_value){0};
        if (!from.count)
            continue;
        to->count += from.count;
        to->mean += (from.mean - to->mean) * ((double)from.count / (double)to->count);
    }
}

/* The range has doubled: two bins become one, whatever was counted in them. */
static void channel_fold(struct channel *channel)
{
    for (unsigned i = 0; i < channel->context.length; i++)
        channel->context.states[i] /= 2;
    if (channel->state > 0)
        channel->state /= 2;
    anomaly_fold(&channel->anomaly);
    matrix_fold(channel->matrix);
    channel_fold_values(channel);
    if (channel->calendar)
        slots_fold(channel->calendar);
    if (channel->periods)
        slots_fold(channel->periods);
    /* All that was, is now in the lower half. */
    channel->top = 0;
    channel->busy = 0;
}

/* Makes the range hold the average; returns how often states were halved. */
static unsigned channel_widen(struct channel *channel, double average)
{
    double hi = scale_ceiling(average);
    unsigned folds = 0;

    if (!channel->settings->dynamic || !(hi > channel->scale.hi))
        return 0;
    for (unsigned left = channel->settings->states; channel->scale.hi < hi;) {
        channel->scale.hi *= 2;
        /* Once all are state 0, they stay that. */
        if (left > 1) {
            channel_fold(channel);
            folds++;
            left = (left + 1) / 2;
        }
    }
    channel_refresh(channel);
    return folds;
}

/* Whether a row has to go for those that the next step makes. */
static bool channel_is_full(const struct channel *channel)
{
    const struct context *context = &channel->context;
    size_t rows = matrix_rows(channel->matrix), most = channel->settings->rows_max;

    if (rows + context->length <= most)
        return false;
    for (unsigned length = 1; length <= context->length; length++) {
        struct context tail = context_tail(context, length);
        struct matrix_row row;

        rows += !matrix_find(channel->matrix, &tail, &row);
    }
    return rows > most;
}

static void channel_learn(struct channel *channel, unsigned next)
{
    const struct context *context = &channel->context;
    bool full = channel_is_full(channel);

    matrix_learn(channel->matrix, context, next);
    if (full)
        channel_refresh(channel); /* whichever row it was */
    else
        channel_refresh_row(channel, context->states[context->length - 1]);
}

static bool channel_has_trained(uint64_t total, unsigned states)
{
    return total >= (uint64_t)CHANNEL_TRAINED * states * states;
}

bool channel_is_trained(const struct channel *channel)
{
    return channel_has_trained(matrix_total(channel->matrix, 1), channel->settings->states);
}

/* A step from one state to another: judged by what is known, then learned. Returns whether. */
static bool channel_transition(struct channel *channel, unsigned from, unsigned to)
{
    unsigned states = channel->settings->states;
    double p[SCALE_STATES_MAX];
    struct chain_surprise expected;
    uint64_t total;
    bool learn;

    matrix_smoothed(channel->matrix, &channel->context, p);
    forecast_take(&channel->forecast, p, states, from, to);
    expected = channel_expect(channel, &total);
    drift_take(&channel->drift, anomaly_surprisal(p[to]), DRIFT_DELTA, DRIFT_LAMBDA);
    anomaly_tell_row(&channel->anomaly, channel->rows[from].total);
    learn = anomaly_take(&channel->anomaly, from, to, p, states, expected,
                         channel_has_trained(total, states));
    if (learn)
        channel_learn(channel, to);
    return learn;
}

/* Number of the step in the time of the VM, whose rounds all count, those without a value and with
 * an outlier too: else a metric would be in other slots than what happened at the same time, for
 * ever after its first gap. */
static uint64_t channel_step_number(const struct channel *channel)
{
    uint64_t number = (channel->samples + channel->gaps + channel->filtered) /
                      channel->settings->buffer; /* of the step behind this one */

    return number ? number - 1 : 0;
}

/* Times of day and periods: the value always, the transition where it is learned. */
static void channel_take_slots(struct channel *channel, double average, bool learn, unsigned state,
                               int slot)
{
    const struct period_tree *tree = &channel->settings->periods;
    uint64_t number = channel_step_number(channel);
    struct context context = {0};

    if (learn)
        context = channel->context;
    if (channel->calendar && slot >= 0)
        slots_take(channel->calendar, (size_t)slot, average, &context, state);
    if (!channel->periods)
        return;
    for (unsigned level = 0; level < period_tree_levels(tree); level++)
        slots_take(channel->periods, period_tree_node(tree, level, number), average, &context,
                   state);
}

static void channel_count(struct channel *channel, double average, unsigned state)
{
    struct channel_value *value = &channel->values[state];

    if (average < channel->scale.lo)
        channel->below++;
    if (average > channel->scale.hi)
        channel->above++;
    if (state == channel->settings->states - 1)
        channel->top++;
    value->count++;
    value->mean += (average - value->mean) / (double)value->count;
    series_add(&channel->series, average);
}

static void channel_step(struct channel *channel, double average, int slot,
                         struct channel_event *event)
{
    bool learn = false;
    unsigned state;

    if (channel->broken)
        channel->context.length = 0;
    channel->broken = false;
    event->step = true;
    event->folds = channel_widen(channel, average);
    state = scale_state(&channel->scale, average);
    event->to = state;
    if (channel->context.length && channel->state >= 0) {
        event->transition = true;
        event->from = channel->context.states[channel->context.length - 1];
        learn = channel_transition(channel, event->from, state);
    } else if (channel->context.length) {
        /* The made-up start is counted; it was no step to be judged. */
        channel_learn(channel, state);
    }
    channel_take_slots(channel, average, learn, state, slot);
    channel_count(channel, average, state);
    context_push(&channel->context, channel->settings->history, state);
    channel->state = (int)state;
    channel->steps++;
}

/* Whether the value is an outlier that is left out. */
static bool channel_filter(struct channel *channel, double value)
{
    if (channel->rejected < CHANNEL_REJECTED_MAX &&
        moments_rejects(&channel->moments, value, channel->settings->filter_deviations)) {
        channel->rejected++;
        channel->filtered++;
        return true;
    }
    channel->rejected = 0;
    return false;
}

struct channel_event channel_take(struct channel *channel, double value, double seconds, int slot)
{
    const struct scale *scale = &channel->scale;
    struct channel_event event = {0};

    if (!(fabs(value) < CHANNEL_VALUE_MAX)) { /* neither is NAN */
        channel->gaps++;
        channel_break_chain(channel);
        return event;
    }
    if (channel_filter(channel, value))
        return event;
    channel->samples++;
    moments_add(&channel->moments, value);
    histogram_add(&channel->histogram, value, seconds);
    if (value >= scale->lo + CHANNEL_BUSY * (scale->hi - scale->lo))
        channel->busy++;
    channel->sum += value;
    if (++channel->filled >= channel->settings->buffer) {
        double average = channel->sum / channel->filled;

        channel->sum = 0;
        channel->filled = 0;
        channel_step(channel, average, slot, &event);
    }
    return event;
}

size_t channel_bytes(const struct channel *channel)
{
    size_t bytes = sizeof(*channel);

    bytes += channel->settings->states * (sizeof(*channel->values) + sizeof(*channel->rows));
    bytes += histogram_bytes(&channel->histogram) + matrix_bytes(channel->matrix);
    bytes += channel->series.capacity * sizeof(*channel->series.codes);
    if (channel->calendar)
        bytes += slots_bytes(channel->calendar);
    if (channel->periods)
        bytes += slots_bytes(channel->periods);
    return bytes;
}
