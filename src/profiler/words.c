/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures of metrics for people. */
#include "profiler/words.h"

#include <math.h>
#include <string.h>

#include "print/human.h"

static bool words_is_bytes(const struct channel_spec *spec)
{
    return spec->unit && strcmp(spec->unit, "B/s") == 0;
}

/* With as many of two decimals as it needs. */
static void words_put_short(struct buf *out, double value)
{
    double hundredths = round(value * 100);
    unsigned digits = fmod(hundredths, 10) != 0 ? 2 : fmod(hundredths, 100) != 0 ? 1 : 0;

    buf_put_fixed(out, hundredths / 100 + 0.0, digits); /* no "-0" */
}

void words_put_value(struct buf *out, const struct channel_spec *spec, double value, bool unit)
{
    if (!isfinite(value)) {
        buf_putc(out, '-');
        return;
    }
    if (words_is_bytes(spec) && fabs(value) < 0.05) { /* "0.0B" says no more */
        buf_puts(out, unit ? "0 B/s" : "0");
        return;
    }
    if (words_is_bytes(spec)) {
        human_put(out, "B/s", HUMAN_DECIMAL, value);
        if (unit)
            buf_puts(out, fabs(value) < 999.95 ? "/s" : "B/s");
        return;
    }
    if (fabs(value) >= 1e7)
        buf_printf(out, "%.4g", value);
    else
        words_put_short(out, value);
    if (unit && spec->unit && spec->unit[0])
        buf_printf(out, " %s", spec->unit);
}

double words_edge(const struct scale *scale, unsigned state)
{
    double width = (scale->hi - scale->lo) / scale->states;

    if (scale->kind == SCALE_LOG)
        return scale->lo + expm1(log1p(scale->hi - scale->lo) * state / scale->states);
    return scale->lo + width * (scale->binning == SCALE_NEAREST ? state - 0.5 : state);
}

void words_put_range(struct buf *out, const struct scale *scale, const struct channel_spec *spec,
                     unsigned state)
{
    if (state == 0) {
        buf_puts(out, "below ");
        words_put_value(out, spec, words_edge(scale, 1), false);
    } else if (state + 1 == scale->states) {
        buf_puts(out, "from ");
        words_put_value(out, spec, words_edge(scale, state), false);
    } else {
        words_put_value(out, spec, words_edge(scale, state), false);
        buf_puts(out, " to ");
        words_put_value(out, spec, words_edge(scale, state + 1), false);
    }
}

void words_put_duration(struct buf *out, double seconds)
{
    static const struct {
        double seconds;
        const char *unit;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}};

    if (!isfinite(seconds)) {
        buf_putc(out, '-');
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        if (seconds >= 2 * units[i].seconds) {
            buf_printf(out, "%.3g %s", seconds / units[i].seconds, units[i].unit);
            return;
        }
    }
    buf_printf(out, "%.3g s", seconds);
}
