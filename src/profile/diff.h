/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far apart two learned metrics are; and runs of a chain that is simulated. Pure. */
#ifndef PROXTOP_PROFILE_DIFF_H
#define PROXTOP_PROFILE_DIFF_H

#include <stddef.h>
#include <stdint.h>

#include "profile/channel.h"

struct diff {
    double distance;   /* D = sum_i weight_i * JSD(P_i, Q_i): 0 same .. 1 */
    double similarity; /* 1 - D */
    double occupancy;  /* JSD of the shares of the states, in bits */
    double mean, p95;  /* b's less a's; NAN where one has none */
    /* As readers of percentages know it, which is not symmetric: c = sum over a's rows of all of
     * a's and, where b has the row, b's percentages; d = sum of |a - b|, of a where b has no row;
     * 1 - d/c, rounded to 3 decimals; NAN if a is empty. */
    double compat_similarity;
};

/* Raw rows of order 1; a row that one side lacks is 1 apart; weights are both sides' totals. 0, or
 * -EINVAL with why, a static text, in *ret_why: states or bounds differ, or the order is not 1. */
int diff_channels(const struct channel *a, const struct channel *b, struct diff *ret,
                  const char **ret_why);

/* A sequence of random numbers that a seed fixes for all times and machines: splitmix64. */
struct random_source {
    uint64_t state;
};
uint64_t random_next(struct random_source *source);
double random_unit(struct random_source *source); /* 0 <= r < 1 */

/* The next state of a run from the context, by raw counts of the row that speaks for it; a state
 * without any row stays. */
unsigned simulate_step(const struct matrix *matrix, const struct context *context,
                       struct random_source *source);

#endif
