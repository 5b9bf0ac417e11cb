/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show: what a saved profile knows, for people. Lines are made for 80 columns. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "print/column.h"
#include "profiler/calendar.h"
#include "profiler/command_internal.h"
#include "profiler/record.h"
#include "profiler/words.h"

/* States that have a column each; of more, the likeliest next ones are told. */
#define SHOW_COLUMNS   8
#define SHOW_LIKELIEST 4

static void show_value(struct buf *out, const char *label, const struct channel *channel,
                       double value)
{
    buf_printf(out, "%s ", label);
    words_put_value(out, &channel->spec, value, false);
}

static void show_figures(const struct channel *channel, const struct capacity_stats *stats,
                         struct buf *out)
{
    buf_printf(out, "  values     %llu, steps %llu, gaps %llu, outliers left out %llu\n",
               (unsigned long long)channel->samples, (unsigned long long)channel->steps,
               (unsigned long long)channel->gaps, (unsigned long long)channel->filtered);
    show_value(out, "             mean", channel, stats->mean);
    show_value(out, ", deviation", channel, stats->deviation);
    show_value(out, ", min", channel, stats->min);
    show_value(out, ", max", channel, stats->max);
    show_value(out, "\n             P50", channel, stats->p50);
    show_value(out, ", P90", channel, stats->p90);
    show_value(out, ", P95", channel, stats->p95);
    show_value(out, ", P99", channel, stats->p99);
    buf_puts(out, "\n  range      ");
    if (isfinite(stats->busy_share))
        buf_printf(out, "%.1f %% of the time at 80 %% of it or more, ", 100 * stats->busy_share);
    buf_printf(out, "%llu below, %llu above\n", (unsigned long long)channel->below,
               (unsigned long long)channel->above);
}

static void show_now(const struct channel *channel, const struct command_metric_figures *figures,
                     struct buf *out)
{
    double p[SCALE_STATES_MAX];

    buf_puts(out, "  now        ");
    if (channel->state < 0) {
        buf_puts(out, "-\n");
        return;
    }
    buf_printf(out, "state %d (", channel->state);
    words_put_range(out, &channel->scale, &channel->spec, (unsigned)channel->state);
    buf_putc(out, ')');
    if (channel_predict(channel, p)) {
        unsigned next = chain_likeliest(p, channel->settings->states);

        buf_printf(out, ", next most likely %u (%.0f %%)", next, 100 * p[next]);
    }
    if (isfinite(figures->z))
        buf_printf(out, ", z %.2f%s", figures->z, figures->anomaly ? ": anomaly" : "");
    buf_putc(out, '\n');
}

/* What the chain as a whole says. */
struct show_chain {
    double raw[SCALE_STATES_MAX * SCALE_STATES_MAX];
    double shares[SCALE_STATES_MAX], stationary[SCALE_STATES_MAX];
    double predictability; /* NAN = nothing learned */
};

static void show_chain_init(struct show_chain *chain, const struct channel *channel)
{
    unsigned states = channel->settings->states;
    double smoothed[SCALE_STATES_MAX * SCALE_STATES_MAX];

    matrix_dense(channel->matrix, 0, chain->raw);
    matrix_dense(channel->matrix, 0.5, smoothed);
    matrix_shares(channel->matrix, chain->shares);
    chain_stationary(smoothed, states, chain->shares, chain->stationary);
    chain->predictability = NAN;
    if (matrix_total(channel->matrix, 1))
        chain->predictability =
            chain_predictability(chain_entropy_rate(smoothed, chain->stationary, states), states);
}

static void show_forecast(const struct command_metric_figures *figures,
                          const struct show_chain *chain, double step_seconds, struct buf *out)
{
    buf_puts(out, "  forecasts  ");
    command_put_worth(out, figures);
    buf_puts(out, "\n  period     ");
    if (figures->period) {
        buf_printf(out, "%u steps (", figures->period);
        words_put_duration(out, figures->period * step_seconds);
        buf_putc(out, ')');
    } else {
        buf_puts(out, "none found");
    }
    if (isfinite(chain->predictability))
        buf_printf(out, "; predictability %.3f", chain->predictability);
    buf_putc(out, '\n');
}

static void show_cell(struct buf *out, double share)
{
    if (share <= 0)
        buf_puts(out, "    .");
    else if (share < 0.005)
        buf_puts(out, "   <1");
    else
        buf_printf(out, " %4.0f", 100 * share);
}

/* The next states of one, where there is no room for a column each. */
static void show_likeliest(const double *row, unsigned states, struct buf *out)
{
    double rest[SCALE_STATES_MAX];

    memcpy(rest, row, states * sizeof(*row));
    for (unsigned n = 0; n < SHOW_LIKELIEST; n++) {
        unsigned next = chain_likeliest(rest, states);

        if (rest[next] <= 0) {
            buf_puts(out, "       ");
            continue;
        }
        if (rest[next] < 0.005)
            buf_printf(out, " %2u: <1", next);
        else
            buf_printf(out, " %2u:%3.0f", next, 100 * rest[next]);
        rest[next] = 0;
    }
}

static void show_row(const struct channel *channel, const struct show_chain *chain, unsigned state,
                     struct buf *out)
{
    unsigned states = channel->settings->states;
    const double *row = &chain->raw[(size_t)state * states];
    double dwell = chain_dwell(chain->raw, states, state);
    struct buf range = {0};

    words_put_range(&range, &channel->scale, &channel->spec, state);
    buf_printf(out, " %2u ", state);
    command_put_left(out, buf_text(&range), 16);
    buf_done(&range);
    show_cell(out, chain->shares[state]);
    buf_puts(out, " |");
    if (states > SHOW_COLUMNS)
        show_likeliest(row, states, out);
    for (unsigned j = 0; states <= SHOW_COLUMNS && j < states; j++)
        show_cell(out, row[j]);
    buf_puts(out, " |");
    if (isfinite(dwell))
        buf_printf(out, dwell < 1000 ? " %5.1f" : " %5.0f", dwell);
    else
        buf_puts(out, chain->shares[state] > 0 ? "  ever" : "     -");
    show_cell(out, chain->stationary[state]);
    buf_putc(out, '\n');
}

static void show_matrix(const struct channel *channel, const struct show_chain *chain,
                        struct buf *out)
{
    unsigned states = channel->settings->states, unseen = 0;

    buf_puts(out, " from state         share | to, %");
    if (states > SHOW_COLUMNS)
        command_put_left(out, "", SHOW_LIKELIEST * 7 - 6);
    else
        command_put_left(out, "", states * 5 - 6);
    buf_puts(out, " | stays long\n");
    command_put_left(out, "", 24);
    buf_puts(out, "% |");
    if (states > SHOW_COLUMNS)
        command_put_left(out, " the likeliest", SHOW_LIKELIEST * 7);
    for (unsigned j = 0; states <= SHOW_COLUMNS && j < states; j++)
        buf_printf(out, " %4u", j);
    buf_puts(out, " | steps run%\n");
    for (unsigned i = 0; i < states; i++) {
        if (states > SHOW_COLUMNS && chain->shares[i] <= 0)
            unseen++;
        else
            show_row(channel, chain, i, out);
    }
    if (unseen)
        buf_printf(out, "  (%u state%s never left)\n", unseen, unseen == 1 ? " was" : "s were");
    if (channel->settings->history > 1)
        buf_printf(out, "  %zu contexts of up to %u states\n", matrix_rows(channel->matrix),
                   channel->settings->history);
}

static void show_channel(const struct channel *channel,
                         const struct command_metric_figures *figures, double step_seconds,
                         struct buf *out)
{
    struct show_chain chain;

    buf_putc(out, '\n');
    print_clean(out, channel->spec.name);
    if (!channel->samples && !channel->steps) {
        buf_printf(out, "  no values (%llu gaps)\n", (unsigned long long)channel->gaps);
        return;
    }
    buf_puts(out, "  ");
    words_put_value(out, &channel->spec, channel->scale.lo, false);
    buf_puts(out, " to ");
    words_put_value(out, &channel->spec, channel->scale.hi, true);
    buf_puts(out, channel->scale.kind == SCALE_LOG ? ", logarithmic\n" : "\n");
    show_figures(channel, &figures->stats, out);
    show_now(channel, figures, out);
    show_chain_init(&chain, channel);
    show_forecast(figures, &chain, step_seconds, out);
    calendar_put_table(out, channel);
    if (matrix_total(channel->matrix, 1))
        show_matrix(channel, &chain, out);
    else
        buf_puts(out, "  no transition was learned yet\n");
}

static int show_text(const struct command_options *options, const struct command_saved *saved,
                     struct buf *out)
{
    const struct channel *list[PROFILE_CHANNELS_MAX];
    const struct profile *profile = saved->profile;
    struct command_figures figures;
    size_t count;

    if (!command_channels(saved, options->metric, list, &count))
        return -EINVAL;
    command_figures(saved, &figures);
    command_put_summary(saved, &figures, out);
    for (size_t i = 0; i < profile->count; i++) {
        if (!options->metric || strcmp(options->metric, profile->channels[i]->spec.name) == 0)
            show_channel(profile->channels[i], &figures.metrics[i],
                         saved->settings.sample_seconds * saved->settings.buffer, out);
    }
    return 0;
}

void command_put_record(const struct vm_identity *vm, const struct profile *profile,
                        bool fixed_bound, struct buf *out)
{
    struct profiler_settings settings = {.profile = *profile->settings, .fixed_bound = fixed_bound};
    struct record_context context = {.settings = &settings};

    for (unsigned i = 0; i < PROFILER_METRIC__COUNT; i++) {
        if (profile_channel(profile, profiler_metric_name((enum profiler_metric)i)))
            settings.metrics |= 1u << i;
    }
    /* When the profile knew this, not when it is printed: the same profile, the same text. */
    if (profile->last >= 0 && profile->last < CSV_TIME_MAX)
        context.time.tv_sec = (time_t)profile->last;
    record_print(&context, vm, profile, false, out);
}

int command_show(const struct command_options *options, char *const *files, size_t count UNUSED)
{
    struct command_saved *saved;
    struct buf out = {0};
    int status = COMMAND_WRONG;

    if (options->json && options->metric) {
        log_error("show: option --metric has no meaning for --json: a record is of all metrics");
        return COMMAND_WRONG;
    }
    if (command_load(files[0], options->vms[0], &saved) < 0)
        return COMMAND_WRONG;
    if (!options->json) {
        if (show_text(options, saved, &out) == 0)
            status = COMMAND_OK;
    } else {
        status = COMMAND_OK;
        if (saved->record.len)
            buf_add(&out, saved->record.data, saved->record.len);
        else
            command_put_record(&saved->vm, saved->profile, !saved->settings.dynamic, &out);
    }
    if (status == COMMAND_OK)
        status = command_status(command_write(&out));
    buf_done(&out);
    command_saved_free(saved);
    return status;
}
