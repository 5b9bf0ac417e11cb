/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A metric's recent values, and their period. */
#include "profile/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define SERIES_CAPACITY_MIN 64
#define SERIES_CODES        256
#define SERIES_DUE_MIN      16
/* Room for the series and as many zeros, so that its end does not meet its beginning. */
#define SERIES_TRANSFORM (2 * SERIES_LENGTH)
/* Values that differ by less, as a share of the largest, are equal but for rounding. */
#define SERIES_GRAIN 1e-12
#define SERIES_PEAK  0.5
/* What noise does to r: see series_peak(). */
#define SERIES_NOISE_MIN 0.05

struct series_scratch {
    double re[SERIES_TRANSFORM], im[SERIES_TRANSFORM];
    double cosines[SERIES_TRANSFORM / 2], sines[SERIES_TRANSFORM / 2]; /* of 2 pi k/TRANSFORM */
    double values[SERIES_LENGTH];
    double r[SERIES_LENGTH];
};

void series_init(struct series *series, double unit, double top)
{
    *series = (struct series){.unit = isfinite(unit) && unit > 0 ? unit : 1};
    series->top = isfinite(top) && top > series->unit ? top : series->unit;
}

void series_done(struct series *series)
{
    free(series->codes);
    series->codes = NULL;
    series->capacity = 0;
    series_clear(series);
}

/* Code 0 is 0; 1..255 go from unit/2 to top in equal steps of the logarithm. */
static double series_step(const struct series *series)
{
    return (log(series->top) - log(series->unit / 2)) / (SERIES_CODES - 2);
}

static uint8_t series_encode(const struct series *series, double value)
{
    if (!(value >= series->unit / 2))
        return 0;
    if (value >= series->top)
        return SERIES_CODES - 1;
    return (uint8_t)(1 + lround((log(value) - log(series->unit / 2)) / series_step(series)));
}

static double series_decode(const struct series *series, uint8_t code)
{
    if (code == 0)
        return 0;
    if (code == SERIES_CODES - 1)
        return series->top;
    return exp(log(series->unit / 2) + (code - 1) * series_step(series));
}

void series_add(struct series *series, double value)
{
    if (series->count == series->capacity && series->capacity < SERIES_LENGTH) {
        size_t grown = series->capacity ? 2 * series->capacity : SERIES_CAPACITY_MIN;

        /* It has not come round yet: the oldest one stands first. */
        series->codes = xreallocarray(series->codes, grown, 1);
        series->capacity = grown;
        series->next = series->count;
    }
    series->codes[series->next] = series_encode(series, value);
    series->next = (series->next + 1) % series->capacity;
    if (series->count < series->capacity)
        series->count++;
    series->since++;
}

static size_t series_index(const struct series *series, size_t i)
{
    return (series->next + series->capacity - series->count + i) % series->capacity;
}

double series_at(const struct series *series, size_t i)
{
    return series_decode(series, series->codes[series_index(series, i)]);
}

void series_clear(struct series *series)
{
    series->count = series->next = 0;
    series->since = 0;
}

bool series_is_due(const struct series *series)
{
    uint64_t seen = SERIES_LENGTH;

    if (series->count < SERIES_LENGTH)
        seen = series->count > series->since ? series->count - series->since : 0;
    return series->since >= SERIES_DUE_MIN && series->since >= seen / 4;
}

struct series_scratch *series_scratch_new(void)
{
    struct series_scratch *scratch = xcalloc(1, sizeof(*scratch));

    for (size_t k = 0; k < SERIES_TRANSFORM / 2; k++) {
        double angle = 2 * M_PI * (double)k / SERIES_TRANSFORM;

        scratch->cosines[k] = cos(angle);
        scratch->sines[k] = sin(angle);
    }
    return scratch;
}

void series_scratch_free(struct series_scratch *scratch)
{
    free(scratch);
}

static void series_swap(double *a, double *b)
{
    double t = *a;

    *a = *b;
    *b = t;
}

/* Element i and the one whose number has i's bits in reverse change places. */
static void series_reverse(struct series_scratch *s, size_t size)
{
    for (size_t i = 1, j = 0; i < size; i++) {
        size_t bit = size >> 1;

        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            series_swap(&s->re[i], &s->re[j]);
            series_swap(&s->im[i], &s->im[j]);
        }
    }
}

/* The discrete Fourier transform of re + i*im, in place; size is a power of 2. Cooley and Tukey,
 * radix 2, decimation in time. */
static void series_transform(struct series_scratch *s, size_t size)
{
    series_reverse(s, size);
    for (size_t half = 1; half < size; half *= 2) {
        size_t stride = SERIES_TRANSFORM / (2 * half);

        for (size_t start = 0; start < size; start += 2 * half) {
            for (size_t k = 0; k < half; k++) {
                size_t a = start + k, b = a + half;
                double c = s->cosines[k * stride], d = -s->sines[k * stride];
                double re = s->re[b] * c - s->im[b] * d, im = s->re[b] * d + s->im[b] * c;

                s->re[b] = s->re[a] - re;
                s->im[b] = s->im[a] - im;
                s->re[a] += re;
                s->im[a] += im;
            }
        }
    }
}

/* Values less their mean, as shares of the largest, go to re[size], the rest of which is 0. False:
 * they do not vary. */
static bool series_center(const double *values, size_t n, struct series_scratch *s, size_t size)
{
    double largest = 0, mean = 0, spread = 0;

    memset(s->re, 0, size * sizeof(*s->re));
    memset(s->im, 0, size * sizeof(*s->im));
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]))
            return false;
        largest = fmax(largest, fabs(values[i]));
    }
    if (!(largest > 0))
        return false;
    for (size_t i = 0; i < n; i++) {
        s->re[i] = values[i] / largest;
        mean += s->re[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        s->re[i] -= mean;
        spread = fmax(spread, fabs(s->re[i]));
    }
    return spread > SERIES_GRAIN;
}

void series_autocorrelation(const double *values, size_t n, struct series_scratch *scratch,
                            double *ret, size_t lags)
{
    size_t size = 2;
    double whole;

    n = min_size(n, SERIES_LENGTH);
    memset(ret, 0, lags * sizeof(*ret));
    while (size < 2 * n)
        size *= 2;
    if (!series_center(values, n, scratch, size))
        return;
    series_transform(scratch, size);
    for (size_t i = 0; i < size; i++) {
        scratch->re[i] = scratch->re[i] * scratch->re[i] + scratch->im[i] * scratch->im[i];
        scratch->im[i] = 0;
    }
    /* The power is real and even, for which the transform is its own inverse, but for a factor
     * that r does not contain. */
    series_transform(scratch, size);
    whole = scratch->re[0];
    for (size_t k = 0; k < min_size(lags, n); k++)
        ret[k] = whole > 0 ? scratch->re[k] / whole : 0;
}

/*
 * The first peak of r[n]: it stands `rise` above the lowest r before it, and r falls as much again
 * behind it before it is exceeded. Of noise alone, r goes up and down by about 1/sqrt(n): without
 * this a slow oscillation would have its first peak at one of the first lags, where r hardly falls.
 */
static size_t series_peak(const double *r, size_t n, double rise)
{
    double lowest = r[0];
    size_t peak = 0; /* 0 = r has not risen yet */

    for (size_t k = 1; k < n; k++) {
        if (peak && r[k] <= r[peak] - rise)
            return peak;
        if (!peak && r[k] < lowest)
            lowest = r[k];
        else if (peak ? r[k] > r[peak] : r[k] >= SERIES_PEAK && r[k] >= lowest + rise)
            peak = k;
    }
    return 0;
}

unsigned series_period(const double *values, size_t n, struct series_scratch *scratch)
{
    double rise;
    size_t peak;

    n = min_size(n, SERIES_LENGTH);
    if (n / 3 < 2)
        return 0;
    series_autocorrelation(values, n, scratch, scratch->r, n);
    rise = fmax(SERIES_NOISE_MIN, 2 / sqrt((double)n));
    peak = series_peak(scratch->r, n, rise);
    return peak <= n / 3 ? (unsigned)peak : 0;
}

void series_find_period(struct series *series, struct series_scratch *scratch)
{
    double decoded[SERIES_CODES];

    for (unsigned code = 0; code < SERIES_CODES; code++)
        decoded[code] = series_decode(series, (uint8_t)code);
    for (size_t i = 0; i < series->count; i++)
        scratch->values[i] = decoded[series->codes[series_index(series, i)]];
    series->period = series_period(scratch->values, series->count, scratch);
    series->since = 0;
}
