/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mean, deviation and extremes of a stream of values (Welford), without keeping them. Pure. */
#ifndef PROXTOP_PROFILE_MOMENTS_H
#define PROXTOP_PROFILE_MOMENTS_H

#include <stdbool.h>
#include <stdint.h>

struct moments {
    uint64_t count;
    double mean;
    double squares; /* sum of squared distances from the mean */
    double min, max;
};

/* Beyond +-1e140 a value counts as that, so that nothing here ever overflows; NAN does not count.
 */
void moments_add(struct moments *moments, double value);
/* Of the population; 0 for none. */
double moments_deviation(const struct moments *moments);

/* Whether a value is an outlier: `deviations` >= 0, at least 30 values, a deviation above 0, and
 * |value - mean| > deviations * deviation. */
bool moments_rejects(const struct moments *moments, double value, double deviations);

#endif
