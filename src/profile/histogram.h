/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a metric's values are distributed, the recent past weighing most: a weight halves each
 * half-life. Percentages lie in 400 buckets of 0.25; other values in buckets that grow by 5 %:
 * bucket i begins at first*(1.05^i - 1)/0.05. Values beyond the last bucket are in it. Old weights
 * are not touched at each value: a newer value weighs more instead, 2^(its time since `origin` in
 * half-lives), and once that is 2 all are halved and `origin` moves on. Pure.
 */
#ifndef PROXTOP_PROFILE_HISTOGRAM_H
#define PROXTOP_PROFILE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>

#define HISTOGRAM_BUCKETS 400

enum histogram_kind {
    HISTOGRAM_PERCENT, /* 0..100 */
    HISTOGRAM_GROWING,
};

struct histogram {
    enum histogram_kind kind;
    double first;     /* width of the first growing bucket: 1000 for bytes, 0.1 for ms */
    double half_life; /* seconds; 0 = nothing is forgotten */
    double origin;    /* time at which a value weighs 1; NAN = no value yet */
    double total;     /* of the weights */
    double max;       /* largest value; 0 = none */
    /* Buckets low..low+used-1; all others are 0. Grows to where values lie. */
    unsigned low, used;
    float *weights; /* below 2^23: one more is not lost */
};

void histogram_init(struct histogram *histogram, enum histogram_kind kind, double first,
                    double half_life);
void histogram_done(struct histogram *histogram);
/* `seconds`: when, on any clock. An earlier time than before weighs less; from a half-life before
 * `origin` on it is taken for a clock that was set: what is there counts as of that time. Values
 * below 0 count as 0; those that are not finite do not count. */
void histogram_add(struct histogram *histogram, double value, double seconds);
/* The upper edge of the first bucket whose cumulated weight is >= q * total, at most the largest
 * value; 0 < q <= 1. NAN if there is no value. */
double histogram_quantile(const struct histogram *histogram, double q);
/* The weight of one bucket, and for a saved one: puts it (0..1e30, else false); origin and max are
 * the caller's to put. */
double histogram_weight(const struct histogram *histogram, unsigned bucket);
bool histogram_put(struct histogram *histogram, unsigned bucket, double weight);
/* Bytes that it takes beside the struct. */
size_t histogram_bytes(const struct histogram *histogram);
/* Number of the bucket, and its edges. */
unsigned histogram_bucket(const struct histogram *histogram, double value);
double histogram_edge(const struct histogram *histogram, unsigned bucket); /* lower */

#endif
