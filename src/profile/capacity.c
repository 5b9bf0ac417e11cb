/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/capacity.h"

#include <math.h>

#include "base/util.h"

/* Limits of the classes; all but the last two in percent. */
#define CAPACITY_IDLE      5.0
#define CAPACITY_CONTENDED 10.0
#define CAPACITY_SATURATED 90.0
#define CAPACITY_BURST     4.0  /* P99 over P50 */
#define CAPACITY_STEADY    0.25 /* deviation over mean */

static double capacity_share(uint64_t part, uint64_t all)
{
    return all > 0 ? (double)part / (double)all : (double)NAN;
}

void capacity_stats(const struct channel *channel, struct capacity_stats *ret)
{
    const struct moments *moments = &channel->moments;
    const struct histogram *histogram = &channel->histogram;
    bool any = moments->count > 0;

    *ret = (struct capacity_stats){
        .mean = any ? moments->mean : (double)NAN,
        .deviation = any ? moments_deviation(moments) : (double)NAN,
        .min = any ? moments->min : (double)NAN,
        .max = any ? moments->max : (double)NAN,
        .p50 = histogram_quantile(histogram, 0.50),
        .p90 = histogram_quantile(histogram, 0.90),
        .p95 = histogram_quantile(histogram, 0.95),
        .p99 = histogram_quantile(histogram, 0.99),
        .busy_share = capacity_share(channel->busy, channel->samples),
        .top_share = capacity_share(channel->top, channel->steps),
    };
}

/* P95 of the role's metric; NAN if there is none, or no value of it. */
static double capacity_p95(const struct profile *profile, enum channel_role role)
{
    const struct channel *channel = profile_role(profile, role);

    return channel ? histogram_quantile(&channel->histogram, 0.95) : (double)NAN;
}

enum capacity_class capacity_class(const struct profile *profile)
{
    const struct channel *cpu = profile_role(profile, ROLE_CPU);
    struct capacity_stats stats;

    if (!cpu)
        return CLASS_UNKNOWN;
    capacity_stats(cpu, &stats);
    if (isnan(stats.p95) || isnan(stats.mean))
        return CLASS_UNKNOWN;
    if (stats.p95 < CAPACITY_IDLE)
        return CLASS_IDLE;
    if (capacity_p95(profile, ROLE_STEAL) >= CAPACITY_CONTENDED)
        return CLASS_CONTENDED;
    if (stats.p90 >= CAPACITY_SATURATED)
        return CLASS_SATURATED;
    if (cpu->series.period > 0)
        return CLASS_PERIODIC;
    if (stats.p99 >= CAPACITY_BURST * fmax(stats.p50, 1))
        return CLASS_BURSTY;
    if (stats.deviation <= CAPACITY_STEADY * stats.mean)
        return CLASS_STEADY;
    return CLASS_VARIABLE;
}

const char *capacity_class_word(enum capacity_class class)
{
    static const char *const words[] = {
        [CLASS_UNKNOWN] = "unknown",     [CLASS_IDLE] = "idle",
        [CLASS_CONTENDED] = "contended", [CLASS_SATURATED] = "saturated",
        [CLASS_PERIODIC] = "periodic",   [CLASS_BURSTY] = "bursty",
        [CLASS_STEADY] = "steady",       [CLASS_VARIABLE] = "variable",
    };

    return (size_t) class < ARRAY_SIZE(words) ? words[class] : words[CLASS_UNKNOWN];
}

/* What is used at P95 percent of `has`, with the margin, in whole numbers; NAN if either is not
 * known. The grain: a product that should be whole must not become one more. */
static double capacity_need(double has, double p95)
{
    if (!(has > 0) || !isfinite(has) || !isfinite(p95))
        return (double)NAN;
    double need = has * p95 / 100 * CAPACITY_MARGIN;
    return ceil(need - 1e-9 * fmax(1, need));
}

void capacity_advise(const struct profile *profile, double vcpus, double mem_kb,
                     struct capacity_advice *ret)
{
    double cpu = capacity_p95(profile, ROLE_CPU), mem = capacity_p95(profile, ROLE_MEM);
    double hours = profile->learned > 0 ? profile->learned / 3600 : 0;
    double need = capacity_need(vcpus, cpu), memory = capacity_need(mem_kb, mem);

    *ret = (struct capacity_advice){
        .vcpus = isnan(need) ? need : fmax(1, need),
        /* Resident memory is what the VM has ever touched: it never proves that more is needed. */
        .mem_kb = isnan(memory) ? memory : fmin(mem_kb, memory),
        .cpu_slack = 1 - cpu / 100,
        .mem_slack = 1 - mem / 100,
        .confidence = fmin(1, hours / CAPACITY_HOURS),
        .ready = hours >= CAPACITY_HOURS,
    };
}
