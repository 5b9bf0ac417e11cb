/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/capacity: figures of a metric, every class and its limits, what is advised. */
#include "profile/capacity.h"

#include <math.h>
#include <string.h>

#include "made_profile.h"
#include "support.h"

enum { CPU, STEAL, MEM, CHANNELS };

struct fixture {
    struct profile_settings settings;
    struct profile *profile;
};

static void begin(struct fixture *f)
{
    struct channel_spec specs[CHANNELS] = {made_spec("c", 0, 100), made_spec("s", 0, 100),
                                           made_spec("m", 0, 100)};

    specs[CPU].role = ROLE_CPU;
    specs[STEAL].role = ROLE_STEAL;
    specs[MEM].role = ROLE_MEM;
    f->settings = made_settings(4, 1, 1);
    f->settings.half_life = 0;
    f->profile = profile_new(specs, CHANNELS, &f->settings);
}

static void end(struct fixture *f)
{
    profile_free(f->profile);
}

/* One of the profile's metrics has a value so many times. */
static void feed(struct fixture *f, unsigned channel, double value, unsigned times)
{
    double values[CHANNELS] = {NAN, NAN, NAN};

    values[channel] = value;
    for (unsigned i = 0; i < times; i++)
        profile_take(f->profile, values, isnan(f->profile->last) ? 1000 : f->profile->last + 1, -1);
}

static void test_stats(void **state UNUSED)
{
    struct fixture f;
    struct capacity_stats stats;

    begin(&f);
    capacity_stats(f.profile->channels[CPU], &stats);
    assert_true(isnan(stats.mean) && isnan(stats.deviation) && isnan(stats.min));
    assert_true(isnan(stats.max) && isnan(stats.p50) && isnan(stats.p99));
    assert_true(isnan(stats.busy_share) && isnan(stats.top_share));
    /* 0.1, 1.1, ... 99.1, each once: 50 of 100 are 49.1 and below, the bucket ends at 49.25. */
    for (unsigned i = 0; i < 100; i++)
        feed(&f, CPU, i + 0.1, 1);
    capacity_stats(f.profile->channels[CPU], &stats);
    assert_near(stats.mean, 49.6);
    assert_near(stats.deviation, sqrt((100.0 * 100 - 1) / 12));
    assert_near(stats.min, 0.1);
    assert_near(stats.max, 99.1);
    assert_near(stats.p50, 49.25);
    assert_near(stats.p90, 89.25);
    assert_near(stats.p95, 94.25);
    assert_near(stats.p99, 98.25);
    assert_near(stats.busy_share, 0.20); /* 80.1 and above */
    assert_near(stats.top_share, 0.37);  /* of four states centred on 0, 25, 50, 75: from 62.5 on */
    end(&f);
}

static void assert_class(struct fixture *f, const char *word)
{
    assert_string_equal(capacity_class_word(capacity_class(f->profile)), word);
    end(f);
}

static void test_classes(void **state UNUSED)
{
    struct fixture f;

    begin(&f);
    assert_class(&f, "unknown");
    begin(&f);
    feed(&f, STEAL, 50, 100);
    assert_class(&f, "unknown");
    begin(&f); /* 95 of 100 at 2, bursts of 100 do not matter; nor what it waits for */
    feed(&f, CPU, 2, 95);
    feed(&f, CPU, 100, 5);
    feed(&f, STEAL, 50, 100);
    assert_class(&f, "idle");
    begin(&f);
    feed(&f, CPU, 95, 100);
    feed(&f, STEAL, 1, 94);
    feed(&f, STEAL, 12, 6);
    assert_class(&f, "contended");
    begin(&f);
    feed(&f, CPU, 95, 100);
    feed(&f, STEAL, 9, 100);
    assert_class(&f, "saturated");
    begin(&f);
    feed(&f, CPU, 95, 100);
    f.profile->channels[CPU]->series.period = 7;
    assert_class(&f, "saturated");
    begin(&f);
    feed(&f, CPU, 20, 100);
    f.profile->channels[CPU]->series.period = 7;
    assert_class(&f, "periodic");
    begin(&f); /* P99 45, P50 10.25, the end of its bucket */
    feed(&f, CPU, 10, 90);
    feed(&f, CPU, 45, 10);
    assert_class(&f, "bursty");
    begin(&f);
    feed(&f, CPU, 50, 50);
    feed(&f, CPU, 60, 50);
    assert_class(&f, "steady");
    begin(&f); /* mean 40, deviation 20 */
    feed(&f, CPU, 20, 50);
    feed(&f, CPU, 60, 50);
    assert_class(&f, "variable");
    assert_string_equal(capacity_class_word((enum capacity_class)99), "unknown");
}

/* The limits themselves. */
static void test_limits(void **state UNUSED)
{
    struct fixture f;

    begin(&f);
    feed(&f, CPU, 4.9, 100);
    assert_class(&f, "idle");
    begin(&f);
    feed(&f, CPU, 5, 100);
    assert_class(&f, "steady");
    begin(&f);
    feed(&f, CPU, 50, 100);
    feed(&f, STEAL, 10, 100);
    assert_class(&f, "contended");
    begin(&f);
    feed(&f, CPU, 90, 100);
    assert_class(&f, "saturated");
    begin(&f); /* below 1, P50 counts as 1 */
    feed(&f, CPU, 0, 90);
    feed(&f, CPU, 5, 10);
    assert_class(&f, "bursty");
    begin(&f); /* mean 40, deviation 10 */
    feed(&f, CPU, 30, 50);
    feed(&f, CPU, 50, 50);
    assert_class(&f, "steady");
}

static void test_advice(void **state UNUSED)
{
    struct fixture f;
    struct capacity_advice advice;

    begin(&f);
    capacity_advise(f.profile, 4, 1000, &advice);
    assert_true(isnan(advice.vcpus) && isnan(advice.mem_kb));
    assert_true(isnan(advice.cpu_slack) && isnan(advice.mem_slack));
    assert_near(advice.confidence, 0);
    assert_false(advice.ready);
    feed(&f, CPU, 50, 100);
    feed(&f, MEM, 60, 100);
    f.profile->learned = 6 * 3600;
    capacity_advise(f.profile, 4, 1000, &advice);
    assert_near(advice.vcpus, 3);    /* 4 * .5 * 1.15 = 2.3 */
    assert_near(advice.mem_kb, 690); /* 1000 * .6 * 1.15, which is no more than that */
    assert_near(advice.cpu_slack, 0.5);
    assert_near(advice.mem_slack, 0.4);
    assert_near(advice.confidence, 0.25);
    assert_false(advice.ready);
    f.profile->learned = 24 * 3600;
    capacity_advise(f.profile, 1, 0, &advice);
    assert_near(advice.vcpus, 1);
    assert_true(isnan(advice.mem_kb));
    assert_near(advice.mem_slack, 0.4);
    assert_near(advice.confidence, 1);
    assert_true(advice.ready);
    capacity_advise(f.profile, 0, NAN, &advice);
    assert_true(isnan(advice.vcpus) && isnan(advice.mem_kb));
    end(&f);

    begin(&f);
    feed(&f, CPU, 0, 100);
    feed(&f, MEM, 100, 100);
    capacity_advise(f.profile, 64, 20000000, &advice);
    assert_near(advice.vcpus, 1);         /* never none */
    assert_near(advice.mem_kb, 20000000); /* never more than it has */
    assert_near(advice.mem_slack, 0);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_advice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
