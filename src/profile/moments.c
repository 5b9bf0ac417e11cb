/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mean and deviation by Welford's method (Technometrics 4, 1962). */
#include "profile/moments.h"

#include <math.h>

/* With 2^64 values this far apart `squares` is still below 1e300. */
#define MOMENTS_VALUE_MAX  1e140
#define MOMENTS_VALUES_MIN 30

static double moments_hold(double value)
{
    return fmin(fmax(value, -MOMENTS_VALUE_MAX), MOMENTS_VALUE_MAX);
}

void moments_add(struct moments *moments, double value)
{
    double distance, product;

    if (isnan(value))
        return;
    value = moments_hold(value);
    if (moments->count == 0) {
        *moments = (struct moments){.count = 1, .mean = value, .min = value, .max = value};
        return;
    }
    moments->count++;
    distance = value - moments->mean;
    moments->mean += distance / (double)moments->count;
    /* Of one sign but for rounding, which must not make the sum shrink. */
    product = distance * (value - moments->mean);
    if (product > 0)
        moments->squares += product;
    moments->min = fmin(moments->min, value);
    moments->max = fmax(moments->max, value);
}

double moments_deviation(const struct moments *moments)
{
    if (moments->count == 0 || !(moments->squares > 0))
        return 0;
    return sqrt(moments->squares / (double)moments->count);
}

bool moments_rejects(const struct moments *moments, double value, double deviations)
{
    double deviation;

    if (!(deviations >= 0) || isnan(value) || moments->count < MOMENTS_VALUES_MIN)
        return false;
    deviation = moments_deviation(moments);
    return deviation > 0 && fabs(moments_hold(value) - moments->mean) > deviations * deviation;
}
