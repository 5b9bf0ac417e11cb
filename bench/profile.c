/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What learning costs: N machines with nine metrics each, whose series are full; CPU time of the
 * thread per round of samples (a value of each metric of each machine), and memory. Steps of all
 * machines fall into the same round, each tenth one, and so do ends of blocks: that is the worst
 * case. Use: profile [N].
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "base/util.h"
#include "profile/diff.h"
#include "profile/profile.h"
#include "profiler/record.h"
#include "profiler/state.h"

#define VMS            1000
#define WARM           6000 /* rounds; every block, row and histogram has its size then */
#define ROUNDS         1200 /* two blocks of 30 steps of 10 samples, four times */
#define ROUND_BAR      5.0  /* ms for 1000 machines */
#define BYTES_BAR      65536.0
#define JUMP           200 /* samples between two, in the mean */
#define SEARCHES       64
#define GROWTH_SAMPLES 1000000u
#define GROWTH_BAR     73728.0 /* every bucket of a histogram, every row of eight phases */

struct bench_metric {
    const char *name;
    enum channel_role role;
    double hi, first;
    double low, high; /* shares of the range that its levels lie in */
};

/* As metrics of machines are: some use their whole range, others a part of it. */
static const struct bench_metric bench_metrics[] = {
    {"busy", ROLE_CPU, 100, 1, 0, 1},
    {"used", ROLE_USED, 100, 1, 0, 1},
    {"waited", ROLE_STEAL, 100, 1, 0, 0.1},
    {"memory", ROLE_MEM, 100, 1, 0.3, 0.8},
    {"stalled", ROLE_OTHER, 100, 1, 0, 0.3},
    {"bytes", ROLE_OTHER, 6442450944, 1000, 0, 0.05},
    {"latency", ROLE_OTHER, 1000, 0.1, 0, 0.05},
    {"packets", ROLE_OTHER, 125000000, 1000, 0, 0.5},
    {"device", ROLE_OTHER, 100, 1, 0, 1},
};
#define METRICS ARRAY_SIZE(bench_metrics)

struct bench {
    size_t vms;
    struct profile_settings settings;
    struct channel_spec specs[METRICS];
    struct profile **profiles;
    double *levels, *values; /* vms * METRICS */
    struct random_source random;
    double seconds;
};

static double bench_cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int bench_compare(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void bench_begin(struct bench *b)
{
    struct channel_spec *specs = b->specs;

    profile_settings_defaults(&b->settings);
    for (size_t i = 0; i < METRICS; i++) {
        const struct bench_metric *metric = &bench_metrics[i];

        copy_text(specs[i].name, sizeof(specs[i].name), metric->name);
        specs[i].role = metric->role;
        specs[i].hi = metric->hi;
        specs[i].first = metric->first;
        specs[i].percent = metric->hi == 100;
        specs[i].unit = "";
    }
    b->profiles = xcalloc(b->vms, sizeof(struct profile *));
    b->levels = xcalloc(b->vms * METRICS, sizeof(*b->levels));
    b->values = xcalloc(b->vms * METRICS, sizeof(*b->values));
    for (size_t vm = 0; vm < b->vms; vm++)
        b->profiles[vm] = profile_new(specs, METRICS, &b->settings);
}

static void bench_end(struct bench *b)
{
    for (size_t vm = 0; vm < b->vms; vm++)
        profile_free(b->profiles[vm]);
    free((void *)b->profiles);
    free(b->levels);
    free(b->values);
}

/* Levels that jump now and then, low ones more often, and noise about them. */
static void bench_draw(struct bench *b)
{
    for (size_t i = 0; i < b->vms * METRICS; i++) {
        const struct bench_metric *metric = &bench_metrics[i % METRICS];
        double unit = random_unit(&b->random);

        if (random_next(&b->random) % JUMP == 0)
            b->levels[i] = metric->low + (metric->high - metric->low) * unit * unit;
        b->values[i] = metric->hi * fmin(1, b->levels[i] * (0.9 + 0.2 * unit));
    }
}

static void bench_round(struct bench *b)
{
    b->seconds += b->settings.sample_seconds;
    for (size_t vm = 0; vm < b->vms; vm++)
        profile_take(b->profiles[vm], b->values + vm * METRICS, b->seconds, -1);
}

static void bench_warm(struct bench *b)
{
    for (size_t i = 0; i < b->vms * METRICS; i++) {
        struct channel *channel = b->profiles[i / METRICS]->channels[i % METRICS];

        for (unsigned k = 0; k < SERIES_LENGTH; k++)
            series_add(&channel->series, random_unit(&b->random) * channel->spec.hi);
    }
    for (unsigned round = 0; round < WARM; round++) {
        bench_draw(b);
        bench_round(b);
    }
}

static const char *bench_verdict(double value, double bar)
{
    return value < bar ? "ok" : "MISSED";
}

static void bench_rounds(struct bench *b)
{
    double times[ROUNDS], mean = 0, scale = (double)b->vms / VMS;

    for (size_t i = 0; i < ROUNDS; i++) {
        double start;

        bench_draw(b);
        start = bench_cpu_ms();
        bench_round(b);
        times[i] = bench_cpu_ms() - start;
        mean += times[i] / ROUNDS;
    }
    qsort(times, ROUNDS, sizeof(times[0]), bench_compare);
    printf(
        "learning, %zu machines, %zu metrics: %.2f ms per round, %.2f us per machine and sample; "
        "bar %.1f ms: %s\n",
        b->vms, METRICS, mean, mean * 1e3 / (double)b->vms, ROUND_BAR * scale,
        bench_verdict(mean, ROUND_BAR * scale));
    printf("rounds without steps %.2f ms, with a step of all machines %.2f ms, worst %.2f ms\n",
           times[ROUNDS / 2], times[ROUNDS * 95 / 100], times[ROUNDS - 1]);
}

static void bench_memory(const struct bench *b)
{
    double sum = 0, worst = 0;

    for (size_t vm = 0; vm < b->vms; vm++) {
        double bytes = (double)profile_bytes(b->profiles[vm]);

        sum += bytes;
        worst = fmax(worst, bytes);
    }
    printf("memory: %.0f bytes per machine (largest %.0f); bar %.0f: %s\n", sum / (double)b->vms,
           worst, BYTES_BAR, bench_verdict(worst, BYTES_BAR));
}

static void bench_searches(struct bench *b)
{
    struct series_scratch *scratch = series_scratch_new();
    unsigned done = 0;
    double start = bench_cpu_ms();

    for (size_t vm = 0; vm < b->vms && done < SEARCHES; vm++)
        if (profile_find_periods(b->profiles[vm], scratch))
            done++;
    printf("period of a metric: %.2f ms per search\n", done ? (bench_cpu_ms() - start) / done : 0);
    series_scratch_free(scratch);
}

/* What a round of output costs: records, and states with full series. */
static void bench_texts(struct bench *b)
{
    struct profiler_settings settings = {.profile = b->settings};
    const struct record_context context = {.settings = &settings};
    char name[] = "machine";
    struct vm_identity vm = {.uuid = name, .name = name, .key = name, .vcpus = 2};
    double start = bench_cpu_ms(), records, states;
    size_t record_bytes = 0, state_bytes = 0;
    struct buf text = {0};

    for (size_t i = 0; i < b->vms; i++) {
        buf_clear(&text);
        record_print(&context, &vm, b->profiles[i], false, &text);
        record_bytes += text.len;
    }
    records = bench_cpu_ms() - start;
    start = bench_cpu_ms();
    for (size_t i = 0; i < b->vms; i++) {
        buf_clear(&text);
        state_write(&vm, b->profiles[i], &text);
        state_bytes += text.len;
    }
    states = bench_cpu_ms() - start;
    buf_done(&text);
    printf("a record: %.3f ms, %.0f bytes; a state: %.3f ms, %.0f bytes\n",
           records / (double)b->vms, (double)record_bytes / (double)b->vms, states / (double)b->vms,
           (double)state_bytes / (double)b->vms);
}

/* One machine for long, whose values lie anywhere in the ranges and beyond: nothing grows any more
 * once each state followed each and each bucket is in use. */
static void bench_growth(struct bench *b)
{
    struct profile *profile;
    double values[METRICS], early = 0, late;

    profile = profile_new(b->specs, METRICS, &b->settings);
    for (uint64_t n = 0; n < GROWTH_SAMPLES; n++) {
        for (size_t i = 0; i < METRICS; i++) {
            double unit = random_unit(&b->random);

            values[i] = 1.25 * bench_metrics[i].hi * (n % 3 ? unit : unit * unit * unit * unit);
        }
        profile_take(profile, values, (double)n * b->settings.sample_seconds, -1);
        if (n + 1 == GROWTH_SAMPLES / 10)
            early = (double)profile_bytes(profile);
    }
    late = (double)profile_bytes(profile);
    printf(
        "memory of a machine whose values are random: %.0f bytes after %u samples, %.0f after %u; "
        "bar %.0f: %s\n",
        early, GROWTH_SAMPLES / 10, late, GROWTH_SAMPLES, GROWTH_BAR,
        bench_verdict(late, GROWTH_BAR));
    profile_free(profile);
}

int main(int argc, char **argv)
{
    struct bench b = {.vms = VMS};
    uint64_t vms;

    if (argc > 2 || (argc == 2 && (!parse_u64(argv[1], &vms) || vms < 1 || vms > 100000))) {
        fputs("usage: profile [N]\n", stderr);
        return 2;
    }
    if (argc == 2)
        b.vms = vms;
    bench_begin(&b);
    bench_warm(&b);
    bench_rounds(&b);
    bench_memory(&b);
    bench_searches(&b);
    bench_texts(&b);
    bench_growth(&b);
    bench_end(&b);
    return 0;
}
