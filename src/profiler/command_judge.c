/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps judged by a profile that does not change. */
#include <math.h>
#include <string.h>

#include "profiler/command_internal.h"

void command_judge_init(struct command_judge *judge, const struct channel *channel)
{
    memset(judge, 0, sizeof(*judge));
    judge->channel = channel;
    anomaly_init(&judge->anomaly, channel->settings->window);
    judge->expected = channel_expected(channel);
    judge->trained = channel_is_trained(channel);
}

void command_judge_break(struct command_judge *judge)
{
    judge->sum = 0;
    judge->filled = 0;
    judge->context.length = 0;
    anomaly_break(&judge->anomaly);
}

/* How often the state was left when the profile was learned. */
static uint64_t judge_row_total(const struct channel *channel, unsigned state)
{
    struct context context = {.states = {(uint8_t)state}, .length = 1};
    struct matrix_row row;

    return matrix_find(channel->matrix, &context, &row) ? row.total : 0;
}

void command_judge_step(struct command_judge *judge, double average, struct command_judged *ret)
{
    const struct channel *channel = judge->channel;
    unsigned states = channel->settings->states;
    struct command_judged judged = {
        .value = average, .state = scale_state(&channel->scale, average), .surprisal = NAN};
    double p[SCALE_STATES_MAX];

    if (judge->context.length) {
        unsigned from = judge->context.states[judge->context.length - 1];

        matrix_smoothed(channel->matrix, &judge->context, p);
        judged.surprisal = anomaly_surprisal(p[judged.state]);
        /* Else to stay where it never was would be no evidence: anything could follow. */
        anomaly_tell_row(&judge->anomaly, judge_row_total(channel, from));
        (void)anomaly_take(&judge->anomaly, from, judged.state, p, states, judge->expected,
                           judge->trained);
    }
    judged.z = judge->anomaly.z;
    judged.anomaly = judge->anomaly.active;
    context_push(&judge->context, channel->settings->history, judged.state);
    *ret = judged;
}

bool command_judge_take(struct command_judge *judge, double value, struct command_judged *ret)
{
    double average;

    if (!isfinite(value)) {
        command_judge_break(judge);
        return false;
    }
    judge->sum += value;
    if (++judge->filled < judge->channel->settings->buffer)
        return false;
    average = judge->sum / judge->filled;
    judge->sum = 0;
    judge->filled = 0;
    command_judge_step(judge, average, ret);
    return true;
}
