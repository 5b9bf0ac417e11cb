/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Histograms whose old weights fade. */
#include "profile/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define HISTOGRAM_WIDTH  0.25 /* of a bucket of percentages */
#define HISTOGRAM_GROWTH 0.05
/* Buckets are made so many at a time. */
#define HISTOGRAM_CHUNK 16
_Static_assert(HISTOGRAM_BUCKETS % HISTOGRAM_CHUNK == 0, "the last chunk is a whole one");
/* Of a saved bucket: far beyond what a program can count, far below where sums overflow. */
#define HISTOGRAM_WEIGHT_MAX 1e30
/* After so many half-lives nothing is left of a weight. */
#define HISTOGRAM_LIVES_MAX 1000
/* A weight from which on a value more would be lost in its 24 bits, all but: all are halved. Where
 * weights fade, none comes near it; else it is half a year of samples, each 2 s, in one bucket. */
#define HISTOGRAM_FULL 0x1p23f
/* Share of the total by which sums of weights may be wrong. */
#define HISTOGRAM_GRAIN 1e-12

void histogram_init(struct histogram *histogram, enum histogram_kind kind, double first,
                    double half_life)
{
    *histogram = (struct histogram){
        .kind = kind,
        .first = isfinite(first) && first > 0 ? first : 1,
        .half_life = isfinite(half_life) && half_life > 0 ? half_life : 0,
        .origin = NAN,
    };
}

void histogram_done(struct histogram *histogram)
{
    free(histogram->weights);
    histogram->weights = NULL;
    histogram->low = histogram->used = 0;
    histogram->total = 0;
}

double histogram_edge(const struct histogram *histogram, unsigned bucket)
{
    if (histogram->kind == HISTOGRAM_PERCENT)
        return HISTOGRAM_WIDTH * bucket;
    return histogram->first * expm1(bucket * log1p(HISTOGRAM_GROWTH)) / HISTOGRAM_GROWTH;
}

unsigned histogram_bucket(const struct histogram *histogram, double value)
{
    double at;
    unsigned bucket;

    if (!(value > 0))
        return 0;
    if (histogram->kind == HISTOGRAM_PERCENT)
        at = value / HISTOGRAM_WIDTH;
    else
        at = log1p(value / histogram->first * HISTOGRAM_GROWTH) / log1p(HISTOGRAM_GROWTH);
    if (at >= HISTOGRAM_BUCKETS)
        return HISTOGRAM_BUCKETS - 1;
    bucket = (unsigned)at;
    /* The logarithm is not exact: the edges decide. */
    if (bucket > 0 && value < histogram_edge(histogram, bucket))
        bucket--;
    else if (bucket + 1 < HISTOGRAM_BUCKETS && value >= histogram_edge(histogram, bucket + 1))
        bucket++;
    return bucket;
}

static void histogram_sum(struct histogram *histogram)
{
    double total = 0;

    for (unsigned i = 0; i < histogram->used; i++)
        total += histogram->weights[i];
    histogram->total = total;
}

/* Makes the bucket one of those in use. */
static float *histogram_reach(struct histogram *histogram, unsigned bucket)
{
    unsigned from = bucket - bucket % HISTOGRAM_CHUNK, to = from + HISTOGRAM_CHUNK;
    float *weights;

    if (histogram->used) {
        if (histogram->low < from)
            from = histogram->low;
        if (histogram->low + histogram->used > to)
            to = histogram->low + histogram->used;
    }
    if (to - from != histogram->used) {
        weights = xcalloc(to - from, sizeof(*weights));
        if (histogram->used)
            memcpy(weights + (histogram->low - from), histogram->weights,
                   histogram->used * sizeof(*weights));
        free(histogram->weights);
        histogram->weights = weights;
        histogram->low = from;
        histogram->used = to - from;
    }
    return &histogram->weights[bucket - histogram->low];
}

/* So many half-lives pass. By powers of 2, which is exact. */
static void histogram_fade(struct histogram *histogram, double lives)
{
    double factor = lives < HISTOGRAM_LIVES_MAX ? ldexp(1, -(int)lives) : 0;

    for (unsigned i = 0; i < histogram->used; i++)
        histogram->weights[i] = (float)(histogram->weights[i] * factor);
    histogram_sum(histogram);
}

/* What a value of that time weighs. */
static double histogram_weigh(struct histogram *histogram, double seconds)
{
    double lives;

    if (!isfinite(histogram->origin))
        histogram->origin = seconds;
    if (histogram->half_life == 0)
        return 1;
    lives = (seconds - histogram->origin) / histogram->half_life;
    if (lives >= HISTOGRAM_LIVES_MAX) {
        histogram_fade(histogram, HISTOGRAM_LIVES_MAX);
        histogram->origin = seconds;
        return 1;
    }
    if (lives >= 1) {
        histogram_fade(histogram, floor(lives));
        histogram->origin += floor(lives) * histogram->half_life;
        lives -= floor(lives);
    } else if (lives < -1) {
        /* A clock that was set back: what was learned counts as learned now, or else nothing
         * would be learned until the clock is there again. */
        histogram->origin = seconds;
        return 1;
    }
    return exp2(lives);
}

void histogram_add(struct histogram *histogram, double value, double seconds)
{
    double weight, before;
    float *bucket;

    if (!isfinite(value) || !isfinite(seconds))
        return;
    value = fmax(value, 0);
    weight = histogram_weigh(histogram, seconds);
    bucket = histogram_reach(histogram, histogram_bucket(histogram, value));
    before = *bucket;
    *bucket = (float)(before + weight);
    histogram->total += *bucket - before;
    if (*bucket >= HISTOGRAM_FULL)
        histogram_fade(histogram, 1);
    histogram->max = fmax(histogram->max, value);
}

double histogram_quantile(const struct histogram *histogram, double q)
{
    double wanted = q * histogram->total * (1 - HISTOGRAM_GRAIN), sum = 0;
    unsigned last = 0;
    bool found = false;

    for (unsigned i = 0; i < histogram->used && !(found && sum >= wanted); i++) {
        if (histogram->weights[i] > 0) {
            found = true;
            last = histogram->low + i;
            sum += histogram->weights[i];
        }
    }
    return found ? fmin(histogram_edge(histogram, last + 1), histogram->max) : NAN;
}

double histogram_weight(const struct histogram *histogram, unsigned bucket)
{
    if (bucket < histogram->low || bucket - histogram->low >= histogram->used)
        return 0;
    return histogram->weights[bucket - histogram->low];
}

bool histogram_put(struct histogram *histogram, unsigned bucket, double weight)
{
    if (bucket >= HISTOGRAM_BUCKETS || !(weight >= 0 && weight <= HISTOGRAM_WEIGHT_MAX))
        return false;
    if (weight == histogram_weight(histogram, bucket))
        return true;
    *histogram_reach(histogram, bucket) = (float)weight;
    histogram_sum(histogram);
    return true;
}

size_t histogram_bytes(const struct histogram *histogram)
{
    return histogram->used * sizeof(*histogram->weights);
}
