/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers of records and states, in the fewest digits that read back bit by bit. A decimal m/10^k
 * with m < 2^53 and k <= 22 is read as exactly the double that m / 10^k gives, both being exact and
 * the division rounding once (W. D. Clinger, "How to read floating point numbers accurately",
 * 1990): so most numbers are written, and checked, without printf.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print/json_write.h"
#include "profiler/record_internal.h"

#define NUMBER_POWER_MAX   24 /* number_scale() goes so far */
#define NUMBER_EXACT_POWER 22
#define NUMBER_WHOLE_MAX   1e15             /* integers below it are written as such */
#define NUMBER_EXACT_MAX   9007199254740992 /* 2^53 */
/* Below it, so many digits would take a higher power of ten. */
#define NUMBER_LOWEST 1e-7

static double number_power(unsigned k)
{
    static const double powers[NUMBER_POWER_MAX + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11, 1e12,
        1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24};

    return powers[k];
}

/* k, so that value*10^k has `digits` digits before the point; NUMBER_LOWEST <= value < 1e15. */
static unsigned number_scale(double value, unsigned digits)
{
    unsigned k = 0;

    while (k < NUMBER_POWER_MAX && value * number_power(k) < number_power(digits - 1))
        k++;
    return k;
}

/* m/10^k, k <= NUMBER_POWER_MAX. */
static void number_put_decimal(struct buf *out, uint64_t m, unsigned k)
{
    char text[24 + NUMBER_POWER_MAX]; /* more than the digits of m, a point and zeros */
    char *at = text + sizeof(text);

    while (k && m % 10 == 0) {
        m /= 10;
        k--;
    }
    for (unsigned i = 0; i < k; i++, m /= 10)
        *--at = (char)('0' + m % 10);
    if (k)
        *--at = '.';
    do {
        *--at = (char)('0' + m % 10);
        m /= 10;
    } while (m);
    buf_add(out, at, (size_t)(text + sizeof(text) - at));
}

/* The point is one whatever the locale says. */
static void number_put_libc(struct buf *out, double value, int digits)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "%.*g", digits, value);
    bool point = false;

    for (int i = 0; i < n; i++) {
        if (strchr("+-0123456789e", text[i])) {
            buf_putc(out, text[i]);
        } else if (!point) {
            point = true;
            buf_putc(out, '.');
        }
    }
}

/* 17 digits, which are always enough: value = m*2^e, so that value*10^k = m*5^k * 2^(e+k), of which
 * the first factor fits into 128 bits. False where that is not so, or there is no such type. */
static bool number_put_long(struct buf *out, double value)
{
#ifdef __SIZEOF_INT128__
    unsigned k = number_scale(value, 17);
    unsigned __int128 product;
    int exponent;

    product = (unsigned __int128)ldexp(frexp(value, &exponent), 53);
    exponent += (int)k - 53;
    if (exponent >= 0 || exponent <= -127)
        return false;
    for (unsigned i = 0; i < k; i++)
        product *= 5;
    product += (unsigned __int128)1 << (-exponent - 1);
    number_put_decimal(out, (uint64_t)(product >> -exponent), k);
    return true;
#else
    (void)out, (void)value;
    return false;
#endif
}

/* NUMBER_LOWEST <= value < NUMBER_WHOLE_MAX. False: it takes more than 16 digits (or 16
 * above 2^53, for which 17 do). */
static bool number_put_short(struct buf *out, double value)
{
    unsigned k = number_scale(value, 15);

    for (unsigned more = 0; more < 2 && k + more <= NUMBER_EXACT_POWER; more++) {
        double power = number_power(k + more), m = nearbyint(value * power);

        if (m < NUMBER_EXACT_MAX && m / power == value) {
            number_put_decimal(out, (uint64_t)m, k + more);
            return true;
        }
    }
    return false;
}

static bool number_put_quick(struct buf *out, double value)
{
    return value >= NUMBER_LOWEST && value < NUMBER_WHOLE_MAX &&
           (number_put_short(out, value) || number_put_long(out, value));
}

/* What printf wrote, strtod reads with the same point: the locale does not matter here. */
static void number_put_any(struct buf *out, double value)
{
    char text[64];
    int digits = 15;

    for (; digits < 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    number_put_libc(out, value, digits);
}

void record_put_number(struct buf *out, double value)
{
    double size = fabs(value);

    if (!isfinite(value)) {
        buf_puts(out, "null");
        return;
    }
    if (value == 0) {
        buf_puts(out, signbit(value) ? "-0.0" : "0");
        return;
    }
    if (value < 0)
        buf_putc(out, '-');
    if (size < NUMBER_WHOLE_MAX && size == trunc(size))
        buf_put_u64(out, (uint64_t)size);
    else if (!number_put_quick(out, size))
        number_put_any(out, size);
}

void record_put_float(struct buf *out, float value)
{
    double size = fabs((double)value);

    if (!isfinite(value) || size < NUMBER_LOWEST || size >= 1e9 || size == trunc(size)) {
        record_put_number(out, (double)value);
        return;
    }
    if (value < 0)
        buf_putc(out, '-');
    for (unsigned k = number_scale(size, 6), last = k + 3; k <= last; k++) {
        double m = nearbyint(size * number_power(k));

        if ((double)(float)(m / number_power(k)) == size) {
            number_put_decimal(out, (uint64_t)m, k);
            return;
        }
    }
    record_put_number(out, size);
}

void record_put_member(struct buf *out, const char *before, double value)
{
    buf_puts(out, before);
    record_put_number(out, value);
}

void record_put_count(struct buf *out, const char *before, uint64_t value)
{
    buf_puts(out, before);
    buf_put_u64(out, value);
}

void record_put_share(struct buf *out, const char *before, double share, unsigned digits)
{
    buf_puts(out, before);
    if (isfinite(share))
        buf_put_fixed(out, share, digits);
    else
        buf_puts(out, "null");
}

void record_put_bool(struct buf *out, const char *before, bool value)
{
    buf_puts(out, before);
    buf_puts(out, value ? "true" : "false");
}

void record_put_text(struct buf *out, const char *before, const char *text)
{
    buf_puts(out, before);
    if (text)
        json_put_string(out, text);
    else
        buf_puts(out, "null");
}

struct record_rows {
    struct buf *out;
    unsigned states;
    bool first;
};

static void record_put_counts_row(void *argument, const struct matrix_row *row)
{
    struct record_rows *rows = argument;
    char key[MATRIX_KEY_SIZE];

    buf_puts(rows->out, rows->first ? "\"" : ",\"");
    rows->first = false;
    buf_add(rows->out, key, context_format(&row->context, key));
    buf_puts(rows->out, "\":");
    for (unsigned j = 0; j < rows->states; j++) {
        buf_putc(rows->out, j ? ',' : '[');
        buf_put_u64(rows->out, row->counts[j]);
    }
    buf_putc(rows->out, ']');
}

void record_put_counts(struct buf *out, const struct matrix *matrix, unsigned states)
{
    struct record_rows rows = {.out = out, .states = states, .first = true};

    buf_putc(out, '{');
    if (matrix)
        matrix_each(matrix, record_put_counts_row, &rows);
    buf_putc(out, '}');
}
