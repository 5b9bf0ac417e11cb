/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "made_profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "support.h"

struct profile_settings made_settings(unsigned states, unsigned buffer, unsigned history)
{
    struct profile_settings settings;

    profile_settings_defaults(&settings);
    settings.states = states;
    settings.buffer = buffer;
    settings.history = history;
    settings.sample_seconds = 1;
    return settings;
}

struct channel_spec made_spec(const char *name, double lo, double hi)
{
    struct channel_spec spec = {.scale = SCALE_LINEAR, .lo = lo, .hi = hi, .first = 1, .unit = ""};

    copy_text(spec.name, sizeof(spec.name), name);
    if (hi == 100) {
        spec.percent = true;
        spec.unit = "%";
    }
    return spec;
}

void made_feed(struct channel *channel, const double *values, size_t n, double from)
{
    for (size_t i = 0; i < n; i++)
        channel_take(channel, values[i], from + (double)i, -1);
}

char *made_feed_states(struct channel *channel, const double *values, size_t n)
{
    struct buf text = {0};
    char *ret;

    for (size_t i = 0; i < n; i++) {
        struct channel_event event = channel_take(channel, values[i], (double)i, -1);

        if (!event.step)
            continue;
        assert_int_equal(event.to, channel->state);
        buf_printf(&text, text.len ? " %u" : "%u", event.to);
    }
    ret = xstrdup(buf_text(&text));
    buf_done(&text);
    return ret;
}

struct made_rows {
    struct buf text;
    const struct matrix *matrix;
    unsigned states;
    bool percent;
};

static void made_print_row(void *argument, const struct matrix_row *row)
{
    struct made_rows *rows = argument;
    char key[MATRIX_KEY_SIZE];
    double all = (double)matrix_total(rows->matrix, row->context.length);

    context_format(&row->context, key);
    buf_printf(&rows->text, "%s%s:[", rows->text.len ? " " : "", key);
    for (unsigned j = 0; j < rows->states; j++) {
        double share = rows->percent ? round(100.0 * row->counts[j] / row->total) : row->counts[j];

        buf_printf(&rows->text, "%s%.0f", j ? "," : "", share);
    }
    buf_puts(&rows->text, "]");
    if (rows->percent)
        buf_printf(&rows->text, "p%.0f", round(100.0 * row->total / all));
}

static char *made_rows(const struct matrix *matrix, unsigned states, bool percent)
{
    struct made_rows rows = {.matrix = matrix, .states = states, .percent = percent};
    char *ret;

    matrix_each(matrix, made_print_row, &rows);
    ret = xstrdup(buf_text(&rows.text));
    buf_done(&rows.text);
    return ret;
}

char *made_counts(const struct matrix *matrix, unsigned states)
{
    return made_rows(matrix, states, false);
}

char *made_percents(const struct matrix *matrix, unsigned states)
{
    return made_rows(matrix, states, true);
}

void made_assert_text(char *actual, const char *expected, const char *file, int line)
{
    if (!text_equal(actual, expected)) {
        print_error("is \"%s\", not \"%s\"\n", actual, expected);
        free(actual);
        _fail(file, line);
    }
    free(actual);
}

static unsigned made_chain_rows(const struct made_chain *chain)
{
    unsigned rows = 1;

    for (unsigned i = 0; i < chain->order; i++)
        rows *= chain->states;
    return rows;
}

void made_chain_init(struct made_chain *chain, unsigned states, unsigned order, double sharp,
                     double sticky, struct random_source *source)
{
    unsigned rows;

    *chain = (struct made_chain){.states = states, .order = order};
    rows = made_chain_rows(chain);
    chain->p = xcalloc((size_t)rows * states, sizeof(*chain->p));
    for (unsigned i = 0; i < rows; i++) {
        double *p = chain->p + (size_t)i * states, sum = 0;

        for (unsigned j = 0; j < states; j++)
            sum += p[j] = pow(random_unit(source) + 0.01, sharp);
        for (unsigned j = 0; j < states; j++)
            p[j] = p[j] / sum * (1 - sticky) + (j == i % states ? sticky : 0);
    }
}

void made_chain_done(struct made_chain *chain)
{
    free(chain->p);
    chain->p = NULL;
}

unsigned made_chain_next(struct made_chain *chain, struct random_source *source)
{
    const double *p = chain->p + (size_t)chain->row * chain->states;
    double left = random_unit(source);
    unsigned next = 0;

    while (next + 1 < chain->states && left >= p[next])
        left -= p[next++];
    chain->row = (chain->row * chain->states + next) % made_chain_rows(chain);
    return next;
}

struct context made_chain_context(const struct made_chain *chain, unsigned row)
{
    struct context context = {.length = (uint8_t)chain->order};

    for (unsigned i = chain->order; i-- > 0;) {
        context.states[i] = (uint8_t)(row % chain->states);
        row /= chain->states;
    }
    return context;
}
