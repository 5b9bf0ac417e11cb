/* SPDX-License-Identifier: GPL-2.0-or-later */
/* simulate: a run that is drawn from what was learned. */
#include "base/log.h"
#include "profile/diff.h"
#include "profiler/command_internal.h"

#define SIMULATE_STEPS 100

/* The run of one metric. */
struct simulation {
    const struct channel *channel;
    struct context context;
    struct random_source source;
};

/* A metric's numbers are its own: it does the same alone and among others. */
static void simulation_init(struct simulation *simulation, const struct channel *channel,
                            uint64_t seed)
{
    *simulation = (struct simulation){
        .channel = channel,
        .context = channel->context,
        .source = {.state = seed ^ hash_text(channel->spec.name)},
    };
    if (!simulation->context.length)
        context_push(&simulation->context, 1, channel->state < 0 ? 0 : (unsigned)channel->state);
}

static int simulate_rows(struct simulation *list, size_t count, uint64_t steps, struct buf *out)
{
    int r = 0;

    buf_puts(out, "step");
    for (size_t i = 0; i < count; i++) {
        struct buf name = {0};

        buf_printf(&name, "%s.state", list[i].channel->spec.name);
        buf_putc(out, ',');
        command_put_csv(out, buf_text(&name));
        buf_putc(out, ',');
        command_put_csv(out, list[i].channel->spec.name);
        buf_done(&name);
    }
    buf_puts(out, "\r\n");
    for (uint64_t step = 1; r == 0 && step <= steps; step++) {
        buf_put_u64(out, step);
        for (size_t i = 0; i < count; i++) {
            const struct channel *channel = list[i].channel;
            unsigned state = simulate_step(channel->matrix, &list[i].context, &list[i].source);

            context_push(&list[i].context, channel->settings->history, state);
            buf_printf(out, ",%u,", state);
            command_put_csv_number(out, channel_state_value(channel, state));
        }
        buf_puts(out, "\r\n");
        r = command_write_some(out);
    }
    return r == 0 ? command_write(out) : r;
}

int command_simulate(const struct command_options *options, char *const *files, size_t count UNUSED)
{
    const struct channel *channels[PROFILE_CHANNELS_MAX];
    struct simulation list[PROFILE_CHANNELS_MAX];
    struct command_saved *saved;
    struct buf out = {0};
    int status = COMMAND_WRONG;
    size_t n, kept = 0;

    if (command_load(files[0], options->vms[0], &saved) < 0)
        return COMMAND_WRONG;
    if (command_channels(saved, options->metric, channels, &n)) {
        for (size_t i = 0; i < n; i++) {
            if (matrix_total(channels[i]->matrix, 1))
                simulation_init(&list[kept++], channels[i], options->seed);
        }
        if (kept)
            status = command_status(
                simulate_rows(list, kept, options->steps ? options->steps : SIMULATE_STEPS, &out));
        else
            log_error("simulate: no transition was learned yet: there is nothing to draw from");
    }
    buf_done(&out);
    command_saved_free(saved);
    return status;
}
