/* SPDX-License-Identifier: GPL-2.0-or-later */
/* predict: what comes next, by what was learned. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "print/column.h"
#include "print/json_write.h"
#include "profiler/command_internal.h"
#include "profiler/record.h"
#include "profiler/words.h"

#define PREDICT_STEPS     5
#define PREDICT_STEPS_MAX 10000
#define PREDICT_COLUMNS   8 /* states that have a column each; of more, the likeliest are told */
#define PREDICT_LIKELIEST 4

/* A forecast under way: the distribution now, and the one of a chain that does not leave hot
 * states, whose share in them is the probability of having been there. */
struct predict {
    const struct channel *channel;
    const struct command_metric_figures *figures;
    unsigned states, hot, step;
    double p[SCALE_STATES_MAX * SCALE_STATES_MAX];
    double stuck[SCALE_STATES_MAX * SCALE_STATES_MAX];
    double now[SCALE_STATES_MAX], caught[SCALE_STATES_MAX];
};

static bool predict_init(struct predict *predict, const struct channel *channel,
                         const struct command_metric_figures *figures, unsigned hot)
{
    unsigned states = channel->settings->states;

    *predict =
        (struct predict){.channel = channel, .figures = figures, .states = states, .hot = hot};
    if (channel->state < 0)
        return false;
    matrix_dense(channel->matrix, 0.5, predict->p);
    memcpy(predict->stuck, predict->p, sizeof(predict->p));
    for (unsigned i = hot; i < states; i++) {
        for (unsigned j = 0; j < states; j++)
            predict->stuck[i * states + j] = i == j;
    }
    return true;
}

/* One step further: the first one by the whole context, the others by the last state. */
static bool predict_next(struct predict *predict)
{
    double next[SCALE_STATES_MAX] = {0};

    if (predict->step++ == 0) {
        if (!channel_predict(predict->channel, predict->now))
            return false;
        memcpy(predict->caught, predict->now, sizeof(predict->now));
        if ((unsigned)predict->channel->state >= predict->hot) {
            memset(predict->caught, 0, sizeof(predict->caught));
            predict->caught[predict->channel->state] = 1;
        }
        return true;
    }
    chain_step(predict->p, predict->states, predict->now, next);
    memcpy(predict->now, next, sizeof(next));
    chain_step(predict->stuck, predict->states, predict->caught, next);
    memcpy(predict->caught, next, sizeof(next));
    return true;
}

static double predict_hot(const struct predict *predict)
{
    double sum = 0;

    for (unsigned i = predict->hot; i < predict->states; i++)
        sum += predict->caught[i];
    return fmin(sum, 1);
}

static double predict_value(const struct predict *predict)
{
    double sum = 0;

    for (unsigned i = 0; i < predict->states; i++)
        sum += predict->now[i] * channel_state_value(predict->channel, i);
    return sum;
}

/* The likeliest states of many: "12:31% 13:20%". */
static void predict_print_likeliest(const struct predict *predict, struct buf *out)
{
    double rest[SCALE_STATES_MAX];

    memcpy(rest, predict->now, sizeof(rest));
    for (unsigned n = 0; n < PREDICT_LIKELIEST; n++) {
        unsigned state = chain_likeliest(rest, predict->states);

        if (rest[state] < 0.005)
            break;
        buf_printf(out, " %2u:%3.0f%%", state, 100 * rest[state]);
        rest[state] = -1;
    }
}

static void predict_print_heading(const struct predict *predict, struct buf *out)
{
    const struct channel *channel = predict->channel;
    unsigned state = (unsigned)channel->state;

    print_clean(out, channel->spec.name);
    buf_printf(out, ": now in state %u (", state);
    words_put_range(out, &channel->scale, &channel->spec, state);
    buf_printf(out, "%s%s); hot from state %u\n", channel->spec.unit[0] ? " " : "",
               channel->spec.unit, predict->hot);
    buf_puts(out, "predictions of one step: ");
    command_put_worth(out, predict->figures);
    buf_putc(out, '\n');
    buf_puts(out, "  step     ahead       value    hot %");
    if (predict->states > PREDICT_COLUMNS)
        buf_puts(out, "  likeliest states");
    for (unsigned i = 0; predict->states <= PREDICT_COLUMNS && i < predict->states; i++)
        buf_printf(out, " %4u", i);
    buf_putc(out, '\n');
}

static void predict_print_step(const struct predict *predict, double step_seconds, struct buf *out)
{
    struct buf text = {0};

    buf_printf(out, "%6u", predict->step);
    words_put_duration(&text, predict->step * step_seconds);
    command_put_right(out, buf_text(&text), 10);
    buf_clear(&text);
    words_put_value(&text, &predict->channel->spec, predict_value(predict), true);
    command_put_right(out, buf_text(&text), 12);
    buf_printf(out, " %8.2f", 100 * predict_hot(predict));
    if (predict->states > PREDICT_COLUMNS)
        predict_print_likeliest(predict, out);
    for (unsigned i = 0; predict->states <= PREDICT_COLUMNS && i < predict->states; i++)
        buf_printf(out, " %4.1f", 100 * predict->now[i]);
    buf_putc(out, '\n');
    buf_done(&text);
}

static void predict_print_json_heading(const struct predict *predict, struct buf *out)
{
    const struct command_metric_figures *figures = predict->figures;

    json_put_string(out, predict->channel->spec.name);
    buf_printf(out, ":{\"state\":%d,\"hot_from\":%u,\"unit\":", predict->channel->state,
               predict->hot);
    json_put_string(out, predict->channel->spec.unit);
    command_put_member(out, "hit_rate", figures->hits);
    command_put_member(out, "baseline", figures->baseline);
    buf_printf(out, ",\"useful\":%s,\"steps\":[", figures->useful ? "true" : "false");
}

static void predict_print_json_step(const struct predict *predict, double step_seconds,
                                    struct buf *out)
{
    if (predict->step > 1)
        buf_putc(out, ',');
    buf_printf(out, "{\"step\":%u", predict->step);
    command_put_member(out, "seconds", predict->step * step_seconds);
    command_put_member(out, "value", predict_value(predict));
    command_put_member(out, "hot", predict_hot(predict));
    buf_puts(out, ",\"p\":[");
    for (unsigned i = 0; i < predict->states; i++) {
        if (i)
            buf_putc(out, ',');
        record_put_number(out, predict->now[i]);
    }
    buf_puts(out, "]}");
}

static int predict_channel(struct predict *predict, const struct command_options *options,
                           double step_seconds, struct buf *out)
{
    uint64_t steps = options->steps ? options->steps : PREDICT_STEPS;
    int r = 0;

    if (options->json)
        predict_print_json_heading(predict, out);
    else
        predict_print_heading(predict, out);
    while (r == 0 && predict->step < steps && predict_next(predict)) {
        if (options->json)
            predict_print_json_step(predict, step_seconds, out);
        else
            predict_print_step(predict, step_seconds, out);
        r = command_write_some(out);
    }
    buf_puts(out, options->json ? "]}" : "\n");
    return r;
}

static int predict_run(const struct command_options *options, const struct command_saved *saved)
{
    const struct channel *list[PROFILE_CHANNELS_MAX];
    const struct profile *profile = saved->profile;
    struct command_figures figures;
    double step_seconds = saved->settings.sample_seconds * saved->settings.buffer;
    struct buf out = {0};
    size_t count, told = 0;
    int r = 0;

    if (!command_channels(saved, options->metric, list, &count))
        return COMMAND_WRONG;
    command_figures(saved, &figures);
    if (options->json) {
        buf_puts(&out, "{\"vm\":");
        json_put_string(&out, command_vm_name(&saved->vm));
        command_put_member(&out, "step_seconds", step_seconds);
        buf_puts(&out, ",\"metrics\":{");
    }
    for (size_t i = 0; r == 0 && i < profile->count; i++) {
        const struct channel *channel = profile->channels[i];
        unsigned hot = options->hot < 0 ? saved->settings.states - 1 : (unsigned)options->hot;
        struct predict predict;

        if (options->metric && strcmp(options->metric, channel->spec.name) != 0)
            continue;
        if (!predict_init(&predict, channel, &figures.metrics[i], hot))
            continue;
        if (options->json && told)
            buf_putc(&out, ',');
        r = predict_channel(&predict, options, step_seconds, &out);
        told++;
    }
    if (options->json)
        buf_puts(&out, "}}\n");
    if (r == 0 && told)
        r = command_write(&out);
    buf_done(&out);
    if (told)
        return command_status(r);
    log_error("predict: no step was learned yet: there is no state to begin with");
    return COMMAND_WRONG;
}

int command_predict(const struct command_options *options, char *const *files, size_t count UNUSED)
{
    struct command_saved *saved;
    int status;

    if (options->steps > PREDICT_STEPS_MAX) {
        log_error("predict: option --steps: '%llu' is not allowed; allowed: 1 to %d",
                  (unsigned long long)options->steps, PREDICT_STEPS_MAX);
        return COMMAND_WRONG;
    }
    if (command_load(files[0], options->vms[0], &saved) < 0)
        return COMMAND_WRONG;
    if (options->hot >= (int64_t)saved->settings.states) {
        log_error("predict: option --hot: '%lld' is not allowed; allowed: 0 to %u",
                  (long long)options->hot, saved->settings.states - 1);
        status = COMMAND_WRONG;
    } else {
        status = predict_run(options, saved);
    }
    command_saved_free(saved);
    return status;
}
