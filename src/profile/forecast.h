/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether predictions come true: the forecast of each step, made before it, against what came, next
 * to the forecast "it stays as it is". Counts and sums of the whole past. Pure.
 */
#ifndef PROXTOP_PROFILE_FORECAST_H
#define PROXTOP_PROFILE_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

struct forecast_tally {
    uint64_t hits;      /* the likeliest state came */
    double state_error; /* sum of |predicted - actual|, in states */
    double brier;       /* sum over steps of sum_j (p_j - [j came])^2 */
};

struct forecast {
    uint64_t steps;
    struct forecast_tally model, baseline;
    uint64_t over, under; /* the model predicted a higher, a lower state than came */
};

/* p[states]: the distribution predicted; `last`: the state before; `came`: the state that came. */
void forecast_take(struct forecast *forecast, const double *p, unsigned states, unsigned last,
                   unsigned came);
/* Shares and means; NAN before the first step. */
double forecast_hit_rate(const struct forecast *forecast, const struct forecast_tally *tally);
double forecast_state_error(const struct forecast *forecast, const struct forecast_tally *tally);
double forecast_brier(const struct forecast *forecast, const struct forecast_tally *tally);
/* The model is right more often than the baseline. */
bool forecast_is_useful(const struct forecast *forecast);

#endif
