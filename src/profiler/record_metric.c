/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a record tells of one metric beyond what older readers know. */
#include <math.h>

#include "profile/capacity.h"
#include "profile/chain.h"
#include "profiler/record_internal.h"

#define METRIC_P_DIGITS 4
/* Probabilities are told up to so many steps ahead. */
#define METRIC_HOT_STEPS 10

struct metric_rows {
    struct buf *out;
    unsigned states;
    bool first;
};

static void metric_put_p_row(void *argument, const struct matrix_row *row)
{
    struct metric_rows *rows = argument;
    char key[MATRIX_KEY_SIZE];

    buf_puts(rows->out, rows->first ? "\"" : ",\"");
    rows->first = false;
    buf_add(rows->out, key, context_format(&row->context, key));
    buf_puts(rows->out, "\":[");
    for (unsigned j = 0; j < rows->states; j++)
        record_put_share(rows->out, j ? "," : "", (double)row->counts[j] / row->total,
                         METRIC_P_DIGITS);
    buf_putc(rows->out, ']');
}

static void metric_put_matrix(struct buf *out, const struct channel *channel)
{
    struct metric_rows rows = {.out = out, .states = channel->settings->states, .first = true};

    buf_puts(out, ",\"counts\":");
    record_put_counts(out, channel->matrix, rows.states);
    buf_puts(out, ",\"p\":{");
    matrix_each(channel->matrix, metric_put_p_row, &rows);
    buf_putc(out, '}');
}

static void metric_put_head(struct buf *out, const struct channel *channel)
{
    static const char *const scales[] = {[SCALE_LINEAR] = "linear", [SCALE_LOG] = "log"};
    static const char *const binnings[] = {[SCALE_NEAREST] = "nearest", [SCALE_EQUAL] = "equal"};
    char context[MATRIX_KEY_SIZE];

    record_put_member(out, "{\"lo\":", channel->scale.lo);
    record_put_member(out, ",\"hi\":", channel->scale.hi);
    record_put_text(out, ",\"scale\":", scales[channel->scale.kind]);
    record_put_text(out, ",\"binning\":", binnings[channel->scale.binning]);
    record_put_text(out, ",\"unit\":", channel->spec.unit ? channel->spec.unit : "");
    record_put_count(out, ",\"samples\":", channel->samples);
    record_put_count(out, ",\"steps\":", channel->steps);
    record_put_count(out, ",\"gaps\":", channel->gaps);
    record_put_count(out, ",\"filtered\":", channel->filtered);
    record_put_count(out, ",\"below\":", channel->below);
    record_put_count(out, ",\"above\":", channel->above);
    record_put_member(out, ",\"state\":", channel->state < 0 ? NAN : channel->state);
    context_format(&channel->context, context);
    record_put_text(out, ",\"context\":", context);
}

static void metric_put_stats(struct buf *out, const struct channel *channel)
{
    struct capacity_stats stats;

    capacity_stats(channel, &stats);
    record_put_member(out, ",\"stats\":{\"mean\":", stats.mean);
    record_put_member(out, ",\"stddev\":", stats.deviation);
    record_put_member(out, ",\"min\":", stats.min);
    record_put_member(out, ",\"max\":", stats.max);
    record_put_member(out, ",\"p50\":", stats.p50);
    record_put_member(out, ",\"p90\":", stats.p90);
    record_put_member(out, ",\"p95\":", stats.p95);
    record_put_member(out, ",\"p99\":", stats.p99);
    record_put_share(out, ",\"busy_share\":", stats.busy_share, 6);
    record_put_share(out, ",\"top_share\":", stats.top_share, 6);
    buf_putc(out, '}');
}

/* What stands for each state, and how often it was there. */
static void metric_put_values(struct buf *out, const struct channel *channel)
{
    unsigned states = channel->settings->states;

    buf_puts(out, ",\"values\":[");
    for (unsigned i = 0; i < states; i++)
        record_put_member(out, i ? "," : "",
                          channel->values[i].count ? channel->values[i].mean : NAN);
    buf_puts(out, "],\"visits\":[");
    for (unsigned i = 0; i < states; i++)
        record_put_count(out, i ? "," : "", channel->values[i].count);
    buf_putc(out, ']');
}

/* `p`: the smoothed matrix of order 1. */
static void metric_put_predict(struct buf *out, const struct channel *channel, const double *p)
{
    unsigned states = channel->settings->states, next;
    double now[SCALE_STATES_MAX], value = 0;

    if (!channel_predict(channel, now)) {
        buf_puts(out, ",\"predict\":null");
        return;
    }
    next = chain_likeliest(now, states);
    for (unsigned j = 0; j < states; j++)
        value += now[j] * channel_state_value(channel, j);
    record_put_count(out, ",\"predict\":{\"next\":", next);
    record_put_share(out, ",\"p\":", now[next], METRIC_P_DIGITS);
    record_put_member(out, ",\"value\":", value);
    buf_puts(out, ",\"hot\":[");
    for (unsigned k = 1; k <= METRIC_HOT_STEPS; k++)
        record_put_share(out, k > 1 ? "," : "",
                         chain_hot(p, states, (unsigned)channel->state, states - 1, k),
                         METRIC_P_DIGITS);
    buf_puts(out, "]}");
}

static void metric_put_tally(struct buf *out, const struct forecast *forecast,
                             const struct forecast_tally *tally)
{
    record_put_share(out, "\"hit_rate\":", forecast_hit_rate(forecast, tally), 6);
    record_put_member(out, ",\"state_error\":", forecast_state_error(forecast, tally));
    record_put_member(out, ",\"brier\":", forecast_brier(forecast, tally));
}

static void metric_put_forecast(struct buf *out, const struct forecast *forecast)
{
    record_put_count(out, ",\"forecast\":{\"steps\":", forecast->steps);
    buf_putc(out, ',');
    metric_put_tally(out, forecast, &forecast->model);
    record_put_count(out, ",\"over\":", forecast->over);
    record_put_count(out, ",\"under\":", forecast->under);
    record_put_bool(out, ",\"useful\":", forecast_is_useful(forecast));
    buf_puts(out, ",\"baseline\":{");
    metric_put_tally(out, forecast, &forecast->baseline);
    buf_puts(out, "}}");
}

static void metric_put_anomaly(struct buf *out, const struct channel *channel)
{
    const struct anomaly *anomaly = &channel->anomaly;
    bool any = anomaly->count > 0;

    record_put_member(out, ",\"anomaly\":{\"score\":", any ? anomaly_score01(anomaly->z) : NAN);
    record_put_member(out, ",\"z\":", any ? anomaly->z : NAN);
    record_put_member(out, ",\"A\":", any ? anomaly->mean : NAN);
    record_put_member(out, ",\"mu\":", any ? anomaly->expected.mean : NAN);
    record_put_member(out, ",\"sigma\":", any ? anomaly->expected.deviation : NAN);
    record_put_member(out, ",\"evidence\":", anomaly_evidence(anomaly));
    record_put_count(out, ",\"held\":", anomaly->held);
    record_put_bool(out, ",\"active\":", anomaly->active);
    record_put_count(out, "},\"drift\":{\"alarms\":", channel->drift.alarms);
    record_put_member(out, ",\"level\":", drift_level(&channel->drift));
    buf_putc(out, '}');
}

/* `p`: the smoothed matrix of order 1, `dense`: room for another one. */
static void metric_put_long_run(struct buf *out, const struct channel *channel, const double *p,
                                double *dense)
{
    double shares[SCALE_STATES_MAX], stationary[SCALE_STATES_MAX], rate;
    unsigned states = channel->settings->states;
    bool any = matrix_rows(channel->matrix) > 0;

    matrix_dense(channel->matrix, 0, dense);
    buf_puts(out, ",\"dwell\":[");
    for (unsigned i = 0; i < states; i++)
        record_put_member(out, i ? "," : "", chain_dwell(dense, states, i));
    buf_puts(out, "],\"stationary\":[");
    if (any) {
        matrix_shares(channel->matrix, shares);
        chain_stationary(p, states, shares, stationary);
    }
    for (unsigned i = 0; any && i < states; i++)
        record_put_share(out, i ? "," : "", stationary[i], 6);
    rate = any ? chain_entropy_rate(p, stationary, states) : NAN;
    record_put_member(out, "],\"entropy_rate\":", rate);
    record_put_member(out, ",\"predictability\":", any ? chain_predictability(rate, states) : NAN);
    record_put_member(out, ",\"period\":", channel->series.period ? channel->series.period : NAN);
}

static void metric_put_calendar(struct buf *out, const struct channel *channel)
{
    bool first = true;

    if (!channel->calendar)
        return;
    buf_puts(out, ",\"calendar\":{");
    for (size_t i = 0; i < slots_count(channel->calendar); i++) {
        const struct slot *slot = slots_at(channel->calendar, i);

        if (!slot)
            continue;
        record_put_count(out, first ? "\"" : ",\"", i);
        first = false;
        record_put_count(out, "\":{\"count\":", slot->count);
        record_put_member(out, ",\"mean\":", slot->count ? slot->mean : NAN);
        record_put_member(out, ",\"max\":", slot->count ? slot->max : NAN);
        buf_puts(out, ",\"counts\":");
        record_put_counts(out, slot->matrix, channel->settings->states);
        buf_putc(out, '}');
    }
    buf_putc(out, '}');
}

void record_put_metric(struct buf *out, const struct channel *channel)
{
    double p[SCALE_STATES_MAX * SCALE_STATES_MAX], dense[SCALE_STATES_MAX * SCALE_STATES_MAX];

    matrix_dense(channel->matrix, 0.5, p);
    metric_put_head(out, channel);
    metric_put_matrix(out, channel);
    metric_put_stats(out, channel);
    metric_put_values(out, channel);
    metric_put_predict(out, channel, p);
    metric_put_forecast(out, &channel->forecast);
    metric_put_anomaly(out, channel);
    metric_put_long_run(out, channel, p, dense);
    metric_put_calendar(out, channel);
    buf_putc(out, '}');
}
