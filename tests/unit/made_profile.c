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

/* The number of states of a matrix is not to be asked for: a row says which are counted. */
static char *made_rows(const struct matrix *matrix, unsigned states, bool percent)
{
    struct made_rows rows = {.matrix = matrix, .states = states, .percent = percent};
    char *ret;

    matrix_each(matrix, made_print_row, &rows);
    ret = xstrdup(buf_text(&rows.text));
    buf_done(&rows.text);
    return ret;
}

