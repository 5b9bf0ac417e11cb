/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last 4096 values of a metric, a byte each, and whether they repeat. A byte holds the value's
 * logarithm: its error is a few percent whatever its size, and thousands of VMs fit into memory.
 */
#ifndef PROXTOP_PROFILE_SERIES_H
#define PROXTOP_PROFILE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_LENGTH 4096

struct series {
    double unit, top; /* values below unit/2 (NAN too) are 0; those above top are top */
    uint8_t *codes;   /* a ring; grows as it fills */
    size_t capacity;
    size_t count, next; /* values in it; where the next one goes */
    uint64_t since;     /* values added since its period was looked for */
    unsigned period;    /* in steps, as last found; 0 = none */
};

void series_init(struct series *series, double unit, double top);
void series_done(struct series *series);
void series_add(struct series *series, double value);
/* Value number i, the oldest first. */
double series_at(const struct series *series, size_t i);
/* Drops all values: what comes does not follow what was. The period stays until it is looked for
 * again. */
void series_clear(struct series *series);

/* Whether enough values came (a quarter more, and at least 16) to look for the period again. */
bool series_is_due(const struct series *series);

/* Room to work in, shared by all series of a thread. */
struct series_scratch;
struct series_scratch *series_scratch_new(void);
void series_scratch_free(struct series_scratch *scratch); /* NULL is allowed */

/* Looks for the period of the series and keeps it in it. */
void series_find_period(struct series *series, struct series_scratch *scratch);

/* Autocorrelation r(k) = sum (x_t - mean)(x_{t+k} - mean) / sum (x_t - mean)^2 of n <=
 * SERIES_LENGTH values for k = 0..lags-1; all 0 if the values do not vary. By a Fourier transform
 * (Wiener-Khinchin), n log n. */
void series_autocorrelation(const double *values, size_t n, struct series_scratch *scratch,
                            double *ret, size_t lags);
/* The period of n values: the smallest k of 2..n/3 that is a local maximum of r with r >= 0.5 (on
 * a plateau its first lag); 0 = none. A local maximum is one that noise does not make: r rises to
 * it and falls behind it by at least 0.05, in short series 2/sqrt(n). */
unsigned series_period(const double *values, size_t n, struct series_scratch *scratch);

#endif
