/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A learner that is stopped and started again, at the most awkward moments and over and over:
 * what it knows in the end, to the byte, is what one knows that never stopped.
 */
#include "profiler/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "made_learned.h"
#include "made_profile.h"
#include "support.h"

#define RESUME_METRICS 2

struct resume_run {
    const struct profile_settings *settings;
    struct profile *profile;
    struct random_source source;
    unsigned samples;
};

static void resume_write(const struct profile *profile, struct buf *out)
{
    struct vm_identity vm = made_vm("made");

    buf_clear(out);
    state_write(&vm, profile, out);
    vm_identity_done(&vm);
}

/* Stopped and started again: what is known is what was written. */
static void resume_restart(struct resume_run *run)
{
    struct profile_settings unused;
    struct vm_identity vm;
    struct profile *read;
    struct buf text = {0};
    char why[200] = "";

    resume_write(run->profile, &text);
    if (state_read(text.data, text.len, run->settings, &unused, &vm, &read, why, sizeof(why)) !=
        STATE_GOOD)
        fail_msg("after %u samples: %s", run->samples, why);
    profile_free(run->profile);
    run->profile = read;
    vm_identity_done(&vm);
    buf_done(&text);
}

/* A tenth of the samples is another behaviour; now and then a gap, a spike, a level that
 * stays for a while. All of it goes by the number of the sample and the run's own sequence. */
static void resume_sample(struct resume_run *run)
{
    double values[RESUME_METRICS], seconds = run->samples;
    unsigned i = run->samples++, odd = i % 3000 >= 2700;

    for (unsigned k = 0; k < RESUME_METRICS; k++) {
        double noise = random_unit(&run->source);

        values[k] = i / 2 % 2 ? 10 + noise : 80 + noise;
        if (odd)
            values[k] = 30 + 30 * noise;
        if (i % 700 > 650 && k)
            values[k] = 2000 + 9 * noise;
        if (random_next(&run->source) % 200 == 0)
            values[k] = k ? NAN : 400 + noise;
    }
    profile_take(run->profile, values, seconds, (int)(i / 100 % 24));
}

static struct profile *resume_profile(const struct profile_settings *settings)
{
    struct channel_spec specs[RESUME_METRICS] = {made_spec("one", 0, 100),
                                                 made_spec("two", 0, 4000)};

    return profile_new(specs, RESUME_METRICS, settings);
}

static struct profile_settings resume_kind(unsigned kind)
{
    struct profile_settings settings = made_settings(4, 1 + kind % 3, 1 + kind % 2);

    settings.phantom_start = kind == 1;
    settings.dynamic = kind == 2;
    settings.filter_deviations = kind == 3 ? 3 : -1;
    if (kind == 4) {
        settings.calendar = CALENDAR_HOUR_OF_DAY;
        settings.periods = (struct period_tree){.sizes = {2, 3, 4}, .count = 3};
    }
    if (kind == 5)
        settings.row_cap = 50;
    return settings;
}
#define RESUME_KINDS 6

/* What there was to be seen in a run. */
struct resume_seen {
    unsigned anomalies, rejections, gaps;
};

/* Stops within anomalies, among outliers, and else after `every` samples. */
static void resume_check(unsigned kind, unsigned samples, unsigned every, struct resume_seen *seen)
{
    struct profile_settings settings = resume_kind(kind);
    struct resume_run whole = {.settings = &settings, .source = {.state = kind}}, parts = whole;
    struct buf expected = {0}, actual = {0};

    whole.profile = resume_profile(&settings);
    parts.profile = resume_profile(&settings);
    for (unsigned i = 0; i < samples; i++) {
        const struct channel *channel = whole.profile->channels[0];

        resume_sample(&whole);
        resume_sample(&parts);
        if ((channel->anomaly.active && i % 4 == 0) || channel->rejected || i % every == every - 1)
            resume_restart(&parts);
        seen->anomalies += channel->anomaly.active;
        seen->rejections += channel->rejected > 0;
    }
    seen->gaps += whole.profile->channels[1]->gaps > 0;
    resume_write(whole.profile, &expected);
    resume_write(parts.profile, &actual);
    assert_int_equal(actual.len, expected.len);
    assert_memory_equal(actual.data, expected.data, expected.len);
    buf_done(&expected);
    buf_done(&actual);
    profile_free(whole.profile);
    profile_free(parts.profile);
}

static void test_over_and_over(void **state UNUSED)
{
    struct resume_seen seen = {0};

    for (unsigned kind = 0; kind < RESUME_KINDS; kind++)
        resume_check(kind, 6000, 97, &seen);
    assert_true(seen.anomalies > 10);
    assert_true(seen.rejections > 10);
    assert_true(seen.gaps > 0);
}

/* From the first sample on, after each of them. */
static void test_each_sample(void **state UNUSED)
{
    struct resume_seen seen = {0};

    for (unsigned kind = 0; kind < RESUME_KINDS; kind++)
        resume_check(kind, 300, 1, &seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_over_and_over),
        cmocka_unit_test(test_each_sample),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
