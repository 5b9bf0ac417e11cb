/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures as text. With human units no number takes more than 8 columns, with a
 * mark 9, whatever it is; a moment of time (start_time) takes 12.
 */
#include "tui/figure.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "print/human.h"

#define FIGURE_MOST       9.99e20 /* larger ones have no suffix, and no meaning */
#define FIGURE_PLAIN      1e7     /* from here on a suffix is shorter */
#define FIGURE_PLAIN_RATE 1e4
#define MBITS_PER_BYTE    8e-6
#define FIGURE_YEAR_10000 253402300800.0

/* How a number is written, by its size. */
struct figure_form {
    const char *unit;
    double two, one; /* two decimals below this, one below that, else none */
    double plain;    /* a suffix from here on */
    bool amount;     /* of bytes: always a suffix, by 1024; the rest means nothing */
    bool zero;       /* 0 has no decimals: nothing happens at all */
};

static const struct figure_form figure_forms[] = {
    {"%", 0, 1e5, FIGURE_PLAIN, false, false},
    {"CPUs", 1e4, 0, FIGURE_PLAIN, false, false},
    {"ms", 100, 1000, FIGURE_PLAIN, false, false},
    {"ms/s", 100, 1000, FIGURE_PLAIN, false, false},
    {"MB/s", 0, 1000, FIGURE_PLAIN, false, false},
    {"1/s", 0, 10, FIGURE_PLAIN_RATE, false, true},
    {"KB", 0, 0, 0, true, true},
    {"KB/s", 0, 0, 0, true, true},
    {"bytes", 0, 0, 0, true, true},
    {"B/s", 0, 0, 0, true, true},
};
static const struct figure_form figure_integer = {"", 0, 0, FIGURE_PLAIN, false, false};
static const struct figure_form figure_mean = {"", 100, 1000, FIGURE_PLAIN, false, false};
static const struct figure_form figure_iops = {"", 0, 0, FIGURE_PLAIN_RATE, false, false};
static const struct figure_form figure_mbits = {"", 0, 1000, FIGURE_PLAIN, false, false};
/* What names something is not rounded: a VMID has up to nine figures. */
static const struct figure_form figure_name = {"", 0, 0, 1e9, false, false};

const char *units_word(enum units units)
{
    static const char *const words[UNITS__COUNT] = {
        [UNITS_HUMAN] = "human", [UNITS_BYTES] = "bytes", [UNITS_RAW] = "raw"};

    return words[units];
}

const char *figure_traffic_unit(enum units units)
{
    return units == UNITS_HUMAN ? "Mb/s" : "B/s";
}

/* False for what is no number, which shows as none. */
static bool figure_is_number(struct buf *out, double *number)
{
    if (!isfinite(*number)) {
        buf_putc(out, '-');
        return false;
    }
    *number = fmin(fmax(*number, -FIGURE_MOST), FIGURE_MOST);
    return true;
}

/* The form of a unit; NULL = it has none of its own. */
static const struct figure_form *figure_form_of(const char *unit)
{
    for (size_t i = 0; i < ARRAY_SIZE(figure_forms); i++) {
        if (strcmp(figure_forms[i].unit, unit) == 0)
            return &figure_forms[i];
    }
    return NULL;
}

/* Limits hold for the number as it is rounded: 99.996 is 100.0, not 100.00. */
static void figure_put_form(struct buf *out, const struct figure_form *form, double number)
{
    double size = fabs(number);

    if (form->zero && (number == 0 || (form->amount && size < 0.5)))
        buf_putc(out, '0');
    else if (form->amount)
        human_put(out, form->unit, HUMAN_FIGURES3, number);
    else if (size < form->two - 0.005)
        buf_put_fixed(out, number, 2);
    else if (size < form->one - 0.05)
        buf_put_fixed(out, number, 1);
    else if (size < form->plain - 0.5)
        buf_put_fixed(out, number, 0);
    else
        human_put(out, "1/s", HUMAN_FIGURES3, number);
}

static void figure_put_unit(struct buf *out, const char *unit, double number)
{
    if (figure_is_number(out, &number))
        figure_put_form(out, figure_form_of(unit), number);
}

void figure_put_kb(struct buf *out, double kb)
{
    figure_put_unit(out, "KB", kb);
}

void figure_put_bytes(struct buf *out, double bytes)
{
    figure_put_unit(out, "bytes", bytes);
}

void figure_put_traffic(struct buf *out, double bytes_per_s, enum units units)
{
    if (!figure_is_number(out, &bytes_per_s))
        return;
    if (units == UNITS_BYTES)
        figure_put_bytes(out, bytes_per_s);
    else if (units == UNITS_RAW)
        buf_put_fixed(out, bytes_per_s, 0);
    else
        figure_put_form(out, &figure_mbits, bytes_per_s * MBITS_PER_BYTE);
}

/* Seconds since 1970 as local time: "Jan 31 14:03". */
static void figure_put_moment(struct buf *out, double number)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm tm;
    time_t seconds;

    if (!(number >= 0 && number < FIGURE_YEAR_10000)) {
        buf_putc(out, '-');
        return;
    }
    seconds = (time_t)number;
    if (!localtime_r(&seconds, &tm)) {
        buf_putc(out, '-');
        return;
    }
    buf_add(out, months + 3 * (size_t)tm.tm_mon, 3);
    buf_printf(out, " %2d %02d:%02d", tm.tm_mday, tm.tm_hour, tm.tm_min);
}

static void figure_put_metric(struct buf *out, const struct metric *metric, double number,
                              enum units units)
{
    const struct figure_form *form = figure_form_of(metric->unit);

    if (units == UNITS_RAW) {
        buf_put_fixed(out, number, metric->type == METRIC_TYPE_DEC ? metric->digits : 0);
    } else if (metric->kind == METRIC_KIND_INFO) {
        figure_put_form(out, &figure_name, number);
    } else if (metric->scope == SCOPE_VM && metric->column == VM_START_TIME) {
        figure_put_moment(out, number);
    } else if (strcmp(metric->unit, "s") == 0) {
        figure_put_form(out, &figure_integer, number);
        buf_putc(out, 's');
    } else if (metric->collector == COLLECTOR_NET && strcmp(metric->unit, "B/s") == 0) {
        figure_put_traffic(out, number, units);
    } else if (form) {
        figure_put_form(out, form, number);
    } else {
        figure_put_form(out, metric->type == METRIC_TYPE_DEC ? &figure_mean : &figure_integer,
                        number);
    }
}

/* The screen's own columns. */
static void figure_put_own(struct buf *out, enum column_kind kind, double number, enum units units)
{
    if (kind == COLUMN_ID)
        figure_put_form(out, &figure_name, number);
    else if (units == UNITS_RAW)
        buf_put_fixed(out, number, 2);
    else if (kind == COLUMN_IOPS)
        figure_put_form(out, &figure_iops, number);
    else if (kind == COLUMN_THROUGHPUT || kind == COLUMN_IO_THROUGHPUT)
        figure_put_form(out, figure_form_of("MB/s"), number);
    else if (kind == COLUMN_TRAFFIC)
        figure_put_traffic(out, number, units);
    else
        figure_put_form(out, figure_form_of("ms"), number);
}

void figure_put(struct buf *out, const struct figure *figure, const struct column *column,
                enum units units)
{
    double number = figure->number;

    if (figure->kind == FIGURE_NONE || (figure->kind == FIGURE_NUMBER && !isfinite(number)) ||
        (figure->kind == FIGURE_TEXT && !figure->text)) {
        buf_putc(out, '-');
        return;
    }
    if (figure->mark)
        buf_putc(out, figure->mark);
    if (figure->kind == FIGURE_TEXT)
        buf_puts(out, figure->text);
    else if (figure_is_number(out, &number) && column->metric)
        figure_put_metric(out, column->metric, number, units);
    else
        figure_put_own(out, column->kind, number, units);
}

void figure_curve(struct buf *out, const float *values, size_t count, float full, bool utf8)
{
    static const char ascii[] = "_.:-=+*#";

    for (size_t i = 0; i < count; i++) {
        float part = full > 0 ? values[i] / full : 0;
        unsigned level;

        if (isnan(values[i])) {
            buf_putc(out, ' ');
            continue;
        }
        /* 0 to 7: U+2581 is the lowest block, U+2588 the full one. */
        level = part >= 1 ? 7 : part > 0 ? (unsigned)(part * 8) : 0;
        if (utf8)
            buf_add(out, (const char[]){'\xe2', '\x96', (char)(0x81 + level)}, 3);
        else
            buf_putc(out, ascii[level]);
    }
}
