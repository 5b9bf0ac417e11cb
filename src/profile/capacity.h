/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a VM needs, and what kind of load it is, by its profile. Pure. */
#ifndef PROXTOP_PROFILE_CAPACITY_H
#define PROXTOP_PROFILE_CAPACITY_H

#include "profile/profile.h"

/* Of one metric; NAN where there are no values. */
struct capacity_stats {
    double mean, deviation, min, max;
    double p50, p90, p95, p99;
    double busy_share; /* of the time at 80 % of the range or more */
    double top_share;  /* of the steps in the top state */
};
void capacity_stats(const struct channel *channel, struct capacity_stats *ret);

enum capacity_class {
    CLASS_UNKNOWN, /* no values of the CPU yet */
    CLASS_IDLE,
    CLASS_CONTENDED,
    CLASS_SATURATED,
    CLASS_PERIODIC,
    CLASS_BURSTY,
    CLASS_STEADY,
    CLASS_VARIABLE,
};
/* The first that holds of the VM's CPU (role ROLE_CPU): idle P95 < 5; contended P95 of the waiting
 * >= 10; saturated P90 >= 90; periodic; bursty P99 >= 4*max(P50, 1); steady deviation <= mean/4;
 * else variable. */
enum capacity_class capacity_class(const struct profile *profile);
const char *capacity_class_word(enum capacity_class class);

/* Room above the P95 of what was used. */
#define CAPACITY_MARGIN 1.15
#define CAPACITY_HOURS  24.0

struct capacity_advice {
    double vcpus;     /* max(1, ceil(vcpus * P95(cpu)/100 * 1.15)); NAN = not known */
    double mem_kb;    /* ceil(P95(mem)/100 * mem_kb * 1.15), at most what it has; NAN = not known */
    double cpu_slack; /* 1 - P95/100; NAN = not known */
    double mem_slack; /* likewise */
    double confidence; /* min(1, hours of data/24) */
    bool ready;        /* there are 24 hours of data: until then it is a guess */
};
/* `vcpus`, `mem_kb`: what the VM has, 0 = not known. */
void capacity_advise(const struct profile *profile, double vcpus, double mem_kb,
                     struct capacity_advice *ret);

#endif
