/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/profile: a whole VM: time, steps, phases, who is to blame; and what must hold whatever
 * values come. */
#include "profile/profile.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "made_profile.h"
#include "support.h"

#if defined(__SANITIZE_ADDRESS__)
#define LEARN_SAMPLES 100000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEARN_SAMPLES 100000
#endif
#endif
#ifndef LEARN_SAMPLES
#define LEARN_SAMPLES 1000000
#endif
#define LEARN_METRICS 3
/* Of a VM with these: every bucket of every histogram used, all series full. */
#define LEARN_BYTES (32 * 1024)

static void learn_specs(struct channel_spec *specs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[] = {'m', (char)('a' + (char)i), '\0'};

        specs[i] = made_spec(name, 0, i % 3 == 2 ? 6442450944.0 : 100);
        specs[i].scale = i % 3 == 2 && i % 2 ? SCALE_LOG : SCALE_LINEAR;
        specs[i].role = i == 1 ? ROLE_CPU : i == 2 ? ROLE_MEM : ROLE_OTHER;
    }
}

static struct profile *learn_profile(const struct profile_settings *settings, size_t count)
{
    struct channel_spec specs[PROFILE_CHANNELS_MAX];

    learn_specs(specs, count);
    return profile_new(specs, count, settings);
}

static void test_time(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 2, 1);
    struct profile *profile = learn_profile(&settings, 2);
    double values[] = {10, 90};

    assert_true(isnan(profile->first) && isnan(profile->last));
    assert_false(profile_take(profile, values, 100, -1));
    assert_true(profile_take(profile, values, 101, -1));
    assert_near(profile->first, 100);
    assert_near(profile->last, 101);
    assert_int_equal(profile->samples, 2);
    assert_int_equal(profile->steps, 1);
    assert_near(profile->learned, 2);
    /* Five buffers late is late; more is a hole. */
    assert_false(profile_take(profile, values, 111, -1));
    assert_int_equal(profile->channels[0]->filled, 1);
    assert_near(profile->learned, 12);
    assert_false(profile_take(profile, values, 121.5, -1));
    assert_int_equal(profile->channels[0]->filled, 1);
    assert_int_equal(profile->channels[0]->context.length, 0);
    assert_near(profile->learned, 13);
    assert_true(profile_take(profile, values, 122.5, -1));
    assert_int_equal(matrix_rows(profile->channels[0]->matrix), 0);
    /* Time that stands still is none that is missing; back is. */
    profile_take(profile, values, 122.5, -1);
    assert_int_equal(profile->channels[1]->filled, 1);
    assert_true(profile_take(profile, values, 123, -1));
    assert_counts(profile->channels[1]->matrix, 4, "3:[0,0,0,1]");
    assert_false(profile_take(profile, values, 122, -1));
    assert_int_equal(profile->channels[1]->context.length, 0);
    assert_int_equal(profile->channels[1]->gaps, 0);
    assert_near(profile->first, 100);
    profile_free(profile);
}

/* No time at all: as if it went on as it should. */
static void test_no_time(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct profile *profile = learn_profile(&settings, 1);
    double value = 10;

    profile_take(profile, &value, NAN, -1);
    profile_take(profile, &value, 1, -1);
    profile_take(profile, &value, INFINITY, -1);
    assert_near(profile->last, 2);
    assert_near(profile->learned, 3);
    assert_counts(profile->channels[0]->matrix, 4, "0:[2,0,0,0]");
    profile_free(profile);
}

/* A gap is that metric's alone. The others go on, and the VM's own steps. */
static void test_gap_of_one(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 2, 1);
    struct profile *profile = learn_profile(&settings, 2);
    unsigned steps = 0;

    for (unsigned i = 0; i < 12; i++)
        steps += profile_take(profile, (double[]){10, i == 4 ? NAN : 90}, i, -1);
    assert_int_equal(steps, 6);
    assert_int_equal(profile->steps, 6);
    assert_counts(profile->channels[0]->matrix, 4, "0:[5,0,0,0]");
    assert_counts(profile->channels[1]->matrix, 4, "3:[0,0,0,3]"); /* two steps, then three */
    assert_int_equal(profile->channels[1]->gaps, 1);
    assert_near(profile->learned, 12);
    /* Nothing of anybody: nothing is learned by that time. */
    profile_take(profile, (double[]){NAN, NAN}, 12, -1);
    assert_near(profile->learned, 12);
    profile_free(profile);
}

static void test_roles(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct profile *profile = learn_profile(&settings, 3);

    assert_ptr_equal(profile_role(profile, ROLE_CPU), profile->channels[1]);
    assert_ptr_equal(profile_role(profile, ROLE_MEM), profile->channels[2]);
    assert_null(profile_role(profile, ROLE_STEAL));
    assert_ptr_equal(profile_channel(profile, "ma"), profile->channels[0]);
    assert_null(profile_channel(profile, "m"));
    profile_free(profile);
    profile_free(NULL);
    channel_free(NULL);
}

static void test_blame(void **state UNUSED)
{
    struct profile_settings settings = made_settings(2, 1, 1);
    struct profile *profile = learn_profile(&settings, 2);
    struct profile_anomaly anomaly = profile_anomaly(profile);
    struct random_source source = {.state = 3};
    bool active = false;

    assert_null(anomaly.blame);
    assert_false(anomaly.has_step || anomaly.active);
    for (unsigned i = 0; i < 3000; i++)
        profile_take(profile, (double[]){random_unit(&source) * 100, i % 2 ? 100 : 0}, i, -1);
    assert_false(profile_anomaly(profile).active);
    for (unsigned i = 0; i < 20; i++) {
        profile_take(profile, (double[]){random_unit(&source) * 100, 100}, 3000 + i, -1);
        active = active || profile_anomaly(profile).active;
    }
    assert_true(active);
    anomaly = profile_anomaly(profile);
    assert_ptr_equal(anomaly.blame, profile->channels[1]);
    assert_true(anomaly.z > 3 && anomaly.has_step);
    assert_near(anomaly.score01, 1 - exp(-anomaly.z / 3));
    assert_int_equal(anomaly.from, 1);
    assert_int_equal(anomaly.to, 1);
    profile_free(profile);
}

static void test_dynamic_phases(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel_spec spec = made_spec("made", 0, 1000);
    struct profile *profile;

    settings.dynamic = true;
    settings.window = 5;
    profile = profile_new(&spec, 1, &settings);
    for (unsigned i = 0; i < 8; i++) {
        double value = i == 7 ? 15.0 : i == 0 ? 7.0 : i % 2 ? 3.0 : 5.0;

        profile_take(profile, &value, i, -1);
    }
    /* 7, 3 5 3 5 of 8: states 3 1 2 1 2, of which the block has four; then of 16: 1 0 1 0 1. */
    assert_int_equal(phases_count(profile->phases), 1);
    assert_counts(phases_matrix(profile->phases, 0, 0), 4, "0:[0,2,0,0] 1:[2,0,0,0]");
    profile_free(profile);
}

/* One search per call, the one that waited for the most values first; then none is due. */
static void test_periods_take_turns(void **state UNUSED)
{
    struct series_scratch *scratch = series_scratch_new();
    struct profile_settings settings = made_settings(4, 1, 1);
    struct profile *profile = learn_profile(&settings, 3);
    unsigned searches = 0;

    assert_false(profile_find_periods(profile, scratch));
    for (unsigned i = 0; i < 64; i++)
        profile_take(profile,
                     (double[]){i % 4 < 2 ? 0 : 90,
                                i < 32      ? NAN
                                : i % 8 < 4 ? 0
                                            : 90,
                                NAN},
                     i, -1);
    assert_true(profile_find_periods(profile, scratch));
    assert_int_equal(profile->channels[0]->series.period, 4);
    assert_int_equal(profile->channels[1]->series.period, 0);
    while (profile_find_periods(profile, scratch))
        searches++;
    assert_int_equal(searches, 1);
    assert_int_equal(profile->channels[1]->series.period, 8);
    series_scratch_free(scratch);
    profile_free(profile);
}

/* -- whatever comes -- */

enum learn_input {
    INPUT_CONSTANT,
    INPUT_ZERO,
    INPUT_HUGE,
    INPUT_ALTERNATING,
    INPUT_NONE,
    INPUT_MIXED,
    INPUT_RANDOM,
    INPUTS
};

static double learn_value(enum learn_input input, unsigned i, struct random_source *source)
{
    static const double mixed[] = {0,    -0.0,    NAN,  INFINITY, -INFINITY, 5e-324, 1e-300,
                                   1e99, -1e99,   1e18, 1e300,    -1e308,    100,    50,
                                   99.9, -1e-300, 12.5, 1e9,      3,         4,      70};

    switch (input) {
    case INPUT_CONSTANT:
        return 42;
    case INPUT_ZERO:
        return 0;
    case INPUT_HUGE:
        return 9.9e99;
    case INPUT_ALTERNATING:
        return i % 2 ? 9.9e99 : -9.9e99;
    case INPUT_NONE:
        return NAN;
    case INPUT_MIXED:
        return mixed[random_next(source) % ARRAY_SIZE(mixed)];
    default:
        return random_unit(source) * 100;
    }
}

static void assert_sane(double value)
{
    assert_true(isfinite(value));
}

static void assert_rows(const struct matrix *matrix, unsigned states)
{
    double p[SCALE_STATES_MAX * SCALE_STATES_MAX];

    for (unsigned raw = 0; raw < 2; raw++) {
        matrix_dense(matrix, raw ? 0 : 0.5, p);
        for (unsigned i = 0; i < states; i++) {
            double sum = 0;

            for (unsigned j = 0; j < states; j++)
                sum += p[i * states + j];
            assert_true((raw && sum == 0) || fabs(sum - 1) < 1e-12);
        }
    }
}

static void assert_slots(const struct slots *slots, unsigned states)
{
    for (size_t i = 0; slots && i < slots_count(slots); i++) {
        const struct slot *slot = slots_at(slots, i);

        if (!slot)
            continue;
        assert_sane(slot->mean);
        assert_sane(slot->max);
        if (slot->matrix)
            assert_rows(slot->matrix, states);
    }
}

/* NAN is for what there is none of, and only for that. */
static void assert_some(bool some, double value)
{
    assert_true(some ? isfinite(value) : isnan(value));
}

static void assert_channel(const struct channel *channel)
{
    const struct forecast *forecast = &channel->forecast;
    unsigned states = channel->settings->states;
    double p[SCALE_STATES_MAX], sum = 0;
    struct chain_surprise expected = channel_expected(channel);

    assert_rows(channel->matrix, states);
    if (channel_predict(channel, p)) {
        for (unsigned i = 0; i < states; i++)
            sum += p[i];
        assert_true(fabs(sum - 1) < 1e-12);
    }
    for (unsigned i = 0; i < states; i++)
        assert_sane(channel_state_value(channel, i));
    assert_sane(expected.mean);
    assert_sane(expected.deviation);
    assert_sane(channel->anomaly.z);
    assert_sane(channel->anomaly.mean);
    assert_sane(channel->drift.mean);
    assert_sane(drift_level(&channel->drift));
    assert_sane(channel->moments.mean);
    assert_sane(moments_deviation(&channel->moments));
    assert_sane(channel->moments.min);
    assert_sane(channel->moments.max);
    assert_sane(channel->sum);
    assert_sane(channel->scale.hi);
    assert_some(channel->samples, histogram_quantile(&channel->histogram, 0.95));
    assert_some(forecast->steps, forecast_hit_rate(forecast, &forecast->model));
    assert_some(forecast->steps, forecast_state_error(forecast, &forecast->baseline));
    assert_some(forecast->steps, forecast_brier(forecast, &forecast->model));
    for (size_t i = 0; i < channel->series.count; i++)
        assert_sane(series_at(&channel->series, i));
    assert_slots(channel->calendar, states);
    assert_slots(channel->periods, states);
}

static void assert_profile(const struct profile *profile)
{
    struct profile_anomaly anomaly = profile_anomaly(profile);

    for (size_t i = 0; i < profile->count; i++)
        assert_channel(profile->channels[i]);
    assert_sane(anomaly.z);
    assert_true(anomaly.score01 >= 0 && anomaly.score01 <= 1);
    assert_sane(profile->learned);
    for (unsigned phase = 0; phase < phases_count(profile->phases); phase++)
        for (unsigned i = 0; i < profile->count; i++)
            if (phases_matrix(profile->phases, phase, i))
                assert_rows(phases_matrix(profile->phases, phase, i), profile->settings->states);
}

/* The ways to learn, each with something that the others do not have. */
static struct profile_settings learn_variant(unsigned variant)
{
    struct profile_settings settings = made_settings(4, 1, 1);

    if (variant == 1)
        settings.dynamic = true;
    if (variant == 2) {
        settings.filter_deviations = 3;
        settings.buffer = 3;
        settings.phantom_start = true;
    }
    if (variant == 3) {
        settings.states = 7;
        settings.history = 3;
        settings.rows_max = 40;
        settings.binning = SCALE_EQUAL;
    }
    if (variant == 4) {
        settings.calendar = CALENDAR_HOUR_OF_WEEK;
        settings.periods = (struct period_tree){.sizes = {3, 4, 2}, .count = 3};
        settings.row_cap = 5;
    }
    return settings;
}
#define LEARN_VARIANTS 5

static void test_no_nonsense(void **state UNUSED)
{
    struct series_scratch *scratch = series_scratch_new();

    for (unsigned variant = 0; variant < LEARN_VARIANTS; variant++) {
        for (unsigned input = 0; input < INPUTS; input++) {
            struct profile_settings settings = learn_variant(variant);
            struct random_source source = {.state = input};
            struct profile *profile = learn_profile(&settings, 3);

            assert_profile(profile);
            for (unsigned i = 0; i < 1000; i++) {
                double values[3];

                for (unsigned k = 0; k < 3; k++)
                    values[k] = learn_value(input, i, &source);
                profile_take(profile, values, i, (int)(i % 170) - 1);
                profile_find_periods(profile, scratch);
                if (i % 50 == 0)
                    assert_profile(profile);
            }
            assert_profile(profile);
            profile_free(profile);
        }
    }
    series_scratch_free(scratch);
}

static bool learn_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void assert_same_channel(const struct channel *a, const struct channel *b)
{
    unsigned states = a->settings->states;
    char *expected = made_counts(b->matrix, states);

    assert_counts(a->matrix, states, expected);
    free(expected);
    assert_int_equal(a->state, b->state);
    assert_int_equal(a->gaps, b->gaps);
    assert_true(learn_same(a->anomaly.z, b->anomaly.z));
    assert_true(learn_same(a->moments.mean, b->moments.mean));
    assert_true(
        learn_same(histogram_quantile(&a->histogram, 0.9), histogram_quantile(&b->histogram, 0.9)));
    assert_memory_equal(&a->forecast, &b->forecast, sizeof(a->forecast));
}

/* The same metrics the other way round: the same of each. */
static void test_order_of_metrics(void **state UNUSED)
{
    struct channel_spec specs[4], turned[4];
    struct profile_settings settings = made_settings(4, 2, 2);
    struct random_source source = {.state = 11};
    struct profile *a, *b;

    learn_specs(specs, 4);
    for (unsigned i = 0; i < 4; i++)
        turned[i] = specs[3 - i];
    settings.window = 10;
    a = profile_new(specs, 4, &settings);
    b = profile_new(turned, 4, &settings);
    for (unsigned i = 0; i < 5000; i++) {
        double values[4], other[4];

        for (unsigned k = 0; k < 4; k++) {
            values[k] = (random_unit(&source) + (i / 400 + k) % 3) * 33 * (k == 2 ? 6e7 : 1);
            if (random_next(&source) % 200 == 0)
                values[k] = NAN;
        }
        for (unsigned k = 0; k < 4; k++)
            other[k] = values[3 - k];
        assert_int_equal(profile_take(a, values, i, -1), profile_take(b, other, i, -1));
        assert_int_equal(phases_current(a->phases), phases_current(b->phases));
    }
    for (unsigned i = 0; i < 4; i++)
        assert_same_channel(a->channels[i], b->channels[3 - i]);
    assert_near(profile_anomaly(a).z, profile_anomaly(b).z);
    assert_string_equal(profile_anomaly(a).blame->spec.name, profile_anomaly(b).blame->spec.name);
    profile_free(a);
    profile_free(b);
}

static void learn_random(struct profile *profile, unsigned samples, struct random_source *source)
{
    double values[LEARN_METRICS], seconds = isnan(profile->last) ? 0 : profile->last;

    for (unsigned i = 0; i < samples; i++) {
        for (unsigned k = 0; k < profile->count; k++) {
            double hi = profile->channels[k]->spec.hi;

            /* Up to twice the range, of all magnitudes, and gaps. */
            values[k] = 2 * hi * pow(random_unit(source), 1 + k % 4);
            if (random_next(source) % 1000 == 0)
                values[k] = NAN;
        }
        profile_take(profile, values, ++seconds, (int)(i / 3600 % 24));
    }
}

static void test_many_stay_small(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 10, 1);
    struct random_source source = {.state = 5};

    for (unsigned vm = 0; vm < 100; vm++) {
        struct profile *profile = learn_profile(&settings, LEARN_METRICS);

        learn_random(profile, 10000, &source);
        assert_true(profile_bytes(profile) <= LEARN_BYTES);
        profile_free(profile);
    }
}

/* What a VM takes does not grow any more once it has seen everything. */
static void test_one_stays_small(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct random_source source = {.state = 6};
    struct profile *profile = learn_profile(&settings, 1);
    size_t bytes;

    learn_random(profile, 300000, &source);
    bytes = profile_bytes(profile);
    learn_random(profile, 700000, &source);
    assert_int_equal(profile->samples, 1000000);
    /* but for rows of phases, which are opened and given up */
    assert_true(profile_bytes(profile) <= bytes + 1024);
    assert_true(profile_bytes(profile) <= LEARN_BYTES / LEARN_METRICS + 1024);
    assert_profile(profile);
    profile_free(profile);
}

/* A hundred VMs at once, each with a million random samples: what they take stops growing. Under
 * sanitizers, which multiply the time, with fewer. */
static void test_hundred_stay_small(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 10, 1);
    struct random_source source = {.state = 8};
    struct profile *profiles[100];
    size_t bytes = 0, later = 0;

    for (size_t vm = 0; vm < ARRAY_SIZE(profiles); vm++) {
        profiles[vm] = learn_profile(&settings, 1);
        learn_random(profiles[vm], LEARN_SAMPLES / 2, &source);
        bytes += profile_bytes(profiles[vm]);
    }
    for (size_t vm = 0; vm < ARRAY_SIZE(profiles); vm++) {
        learn_random(profiles[vm], LEARN_SAMPLES / 2, &source);
        assert_int_equal(profiles[vm]->samples, LEARN_SAMPLES);
        assert_true(profile_bytes(profiles[vm]) <= LEARN_BYTES / LEARN_METRICS + 1024);
        later += profile_bytes(profiles[vm]);
    }
    assert_true(later <= bytes + ARRAY_SIZE(profiles) * 1024);
    for (size_t vm = 0; vm < ARRAY_SIZE(profiles); vm++)
        profile_free(profiles[vm]);
}

/* Long contexts of many states: as many rows as are allowed. */
static void test_rows_are_bounded(void **state UNUSED)
{
    struct profile_settings settings = made_settings(16, 1, 4);
    struct random_source source = {.state = 7};
    struct profile *profile;

    settings.rows_max = 500;
    profile = learn_profile(&settings, 1);
    learn_random(profile, 20000, &source);
    assert_int_equal(matrix_rows(profile->channels[0]->matrix), 500);
    assert_profile(profile);
    profile_free(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_no_time),
        cmocka_unit_test(test_gap_of_one),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_blame),
        cmocka_unit_test(test_dynamic_phases),
        cmocka_unit_test(test_periods_take_turns),
        cmocka_unit_test(test_no_nonsense),
        cmocka_unit_test(test_order_of_metrics),
        cmocka_unit_test(test_many_stay_small),
        cmocka_unit_test(test_one_stays_small),
        cmocka_unit_test(test_hundred_stay_small),
        cmocka_unit_test(test_rows_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
