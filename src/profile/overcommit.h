/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the VMs of a host could want more CPUs than it has: the distribution of the sum of what
 * they take, were they independent, and next to it what their sum was measured to be. Pure.
 */
#ifndef PROXTOP_PROFILE_OVERCOMMIT_H
#define PROXTOP_PROFILE_OVERCOMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/histogram.h"

#define OVERCOMMIT_GRID      0.01 /* cores */
#define OVERCOMMIT_CORES_MAX 32768.0
#define OVERCOMMIT_DAYS_MAX  60

/* A VM takes cores[i] with probability share[i]; shares add up to 1. */
struct overcommit_vm {
    const double *cores, *shares;
    size_t count;
};

struct overcommit {
    double mean;      /* cores */
    double p95;       /* of the sum */
    double risk;      /* P(sum > cores of the host) */
    double diversity; /* sum of the VMs' P95s / P95 of the sum; NAN if that is 0 */
};

/* Convolves the VMs' distributions on the grid. Shares of 1e-12 in all are cut off the ends: what
 * is left is narrow, and a thousand VMs of 8 vCPUs take 0.1 s with 4 states each, 1 s with 64.
 * -E2BIG if they could take more than OVERCOMMIT_CORES_MAX, else 0. */
int overcommit_compute(const struct overcommit_vm *vms, size_t count, double cores,
                       struct overcommit *ret);
/* The smallest of the values whose cumulated share reaches 0.95. */
double overcommit_p95(const struct overcommit_vm *vm);

/* The measured counterpart. */
struct overcommit_measured {
    struct histogram sum; /* cores, of a scale of percent of `cores` */
    double cores;
    double p95_of_day[OVERCOMMIT_DAYS_MAX]; /* cores; the newest last; NAN = a day without data */
    size_t days;
    struct histogram today;
    int64_t day;            /* number since the epoch; -1 = none yet */
    uint64_t samples, over; /* of them with a sum above the cores */
};
void overcommit_measured_init(struct overcommit_measured *measured, double cores, double half_life);
void overcommit_measured_done(struct overcommit_measured *measured);
/* The sum of all VMs now, in cores; seconds since the epoch. */
void overcommit_measured_take(struct overcommit_measured *measured, double sum, double seconds);
/* Cores; NAN if there is nothing. */
double overcommit_measured_p95(const struct overcommit_measured *measured);
/* Days from the newest whole one until the straight line through the P95s of at least 7 days meets
 * the cores (least squares; 0 = it has); NAN if it does not within 100 years, or there are too few
 * days. */
double overcommit_days_left(const struct overcommit_measured *measured);

#endif
