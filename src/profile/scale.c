/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/scale.h"

#include <float.h>
#include <math.h>

/* Width of a linear bin; 0 where there is no range. */
static double scale_width(const struct scale *scale)
{
    double range = scale->hi - scale->lo;

    return range > 0 && range <= DBL_MAX ? range / scale->states : 0;
}

/* A bin's number from where a value lies, in bins: held to those that there are. */
static unsigned scale_clamp(const struct scale *scale, double bins)
{
    if (!(bins >= 1))
        return 0;
    if (bins >= scale->states)
        return scale->states - 1;
    return (unsigned)bins;
}

/* Rounding can leave a gap between i*w + w/2 and (i+1)*w - w/2, so only the upper edges are asked:
 * no value between two bins falls to the first one. */
static unsigned scale_nearest(const struct scale *scale, double above, double width)
{
    unsigned i = 0;

    while (i + 1 < scale->states && above >= i * width + width / 2)
        i++;
    return i;
}

unsigned scale_state(const struct scale *scale, double value)
{
    double width = scale_width(scale), above = value - scale->lo;

    if (width <= 0 || isnan(above))
        return 0;
    if (scale->kind == SCALE_LOG)
        return above <= 0 ? 0
                          : scale_clamp(scale, scale->states * log1p(above) /
                                                   log1p(scale->hi - scale->lo));
    if (scale->binning == SCALE_EQUAL)
        return scale_clamp(scale, above / width);
    return scale_nearest(scale, above, width);
}

double scale_centre(const struct scale *scale, unsigned state)
{
    double width = scale_width(scale);

    if (state >= scale->states)
        state = scale->states - 1;
    if (width <= 0)
        return scale->lo;
    if (scale->kind == SCALE_LOG)
        return scale->lo + expm1((state + 0.5) / scale->states * log1p(scale->hi - scale->lo));
    return scale->lo + (scale->binning == SCALE_EQUAL ? state + 0.5 : state) * width;
}

double scale_ceiling(double value)
{
    int exponent;
    double mantissa;

    if (!(value > 1))
        return 1;
    if (value >= ldexp(1, DBL_MAX_EXP - 1))
        return ldexp(1, DBL_MAX_EXP - 1);
    mantissa = frexp(value, &exponent);
    /* frexp() gives 0.5 for a power of two. */
    return ldexp(1, mantissa > 0.5 ? exponent : exponent - 1);
}
