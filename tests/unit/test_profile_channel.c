/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/channel: from values to a chain: buffers, gaps, outliers, ranges, what is judged when. */
#include "profile/channel.h"

#include <math.h>
#include <stdlib.h>

#include "made_profile.h"
#include "support.h"

static struct channel *channel_of(const struct profile_settings *settings)
{
    struct channel_spec spec = made_spec("cpu", 0, 100);

    return channel_new(&spec, settings);
}

static struct channel_event take(struct channel *channel, double value)
{
    return channel_take(channel, value, 0, -1);
}

static void test_defaults(void **state UNUSED)
{
    struct profile_settings settings;
    struct matrix_settings matrix;

    profile_settings_defaults(&settings);
    assert_int_equal(settings.states, 4);
    assert_int_equal(settings.buffer, 10);
    assert_int_equal(settings.history, 1);
    assert_near(settings.filter_deviations, -1);
    assert_int_equal(settings.binning, SCALE_NEAREST);
    assert_false(settings.dynamic || settings.phantom_start);
    assert_int_equal(settings.window, 30);
    assert_near(settings.half_life, 86400);
    assert_near(settings.sample_seconds, 2);
    matrix = profile_matrix_settings(&settings);
    assert_int_equal(matrix.states, 4);
    assert_int_equal(matrix.history, 1);
    assert_int_equal(matrix.row_cap, 65535);
    assert_int_equal(matrix.rows_max, 4096);
    assert_int_equal(profile_calendar_slots(CALENDAR_NONE), 0);
    assert_int_equal(profile_calendar_slots(CALENDAR_HOUR_OF_DAY), 24);
    assert_int_equal(profile_calendar_slots(CALENDAR_HOUR_OF_WEEK), 168);
}

static void test_buffer(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 3, 1);
    struct channel *channel = channel_of(&settings);
    struct channel_event event;

    assert_false(take(channel, 10).step);
    assert_false(take(channel, 20).step);
    assert_int_equal(channel->state, -1);
    assert_int_equal(channel->filled, 2);
    event = take(channel, 60); /* 30 */
    assert_true(event.step && !event.transition);
    assert_int_equal(event.to, 1);
    assert_int_equal(channel->filled, 0);
    take(channel, 100);
    take(channel, 100);
    event = take(channel, 70); /* 90 */
    assert_true(event.step && event.transition);
    assert_int_equal(event.from, 1);
    assert_int_equal(event.to, 3);
    assert_int_equal(channel->samples, 6);
    assert_int_equal(channel->steps, 2);
    assert_near(channel_state_value(channel, 1), 30);
    assert_near(channel_state_value(channel, 3), 90);
    assert_near(channel_state_value(channel, 2), 50); /* none yet: the bin */
    assert_true(isnan(channel_state_value(channel, 4)));
    assert_int_equal(channel->series.count, 2);
    channel_free(channel);
}

/* A gap empties the buffer, and the next state follows nothing. */
static void test_gaps(void **state UNUSED)
{
    static const double none[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 1.7e308};
    struct profile_settings settings = made_settings(4, 2, 1);
    struct channel *channel = channel_of(&settings);
    struct channel_event event;
    double p[4];

    made_feed(channel, (const double[]){0, 0, 100, 100, 50}, 5, 0);
    assert_counts(channel->matrix, 4, "0:[0,0,0,1]");
    assert_true(channel_predict(channel, p));
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        assert_false(take(channel, none[i]).step);
        assert_int_equal(channel->gaps, i + 1);
    }
    assert_true(channel->broken);
    assert_int_equal(channel->filled, 0);
    assert_int_equal(channel->anomaly.count, 0);
    assert_false(channel_predict(channel, p));
    assert_int_equal(channel->samples, 5);
    take(channel, 0);
    event = take(channel, 10);
    assert_true(event.step && !event.transition);
    assert_counts(channel->matrix, 4, "0:[0,0,0,1]");
    assert_false(channel->broken);
    take(channel, 0);
    assert_true(take(channel, 0).transition);
    assert_counts(channel->matrix, 4, "0:[1,0,0,1]");
    /* What was seen stays: gaps are short. After a restart it does not. */
    assert_int_equal(channel->series.count, 4);
    channel_break(channel);
    assert_int_equal(channel->series.count, 0);
    assert_int_equal(channel->gaps, ARRAY_SIZE(none));
    channel_free(channel);
}

/* Longer contexts begin anew, too. */
static void test_gap_of_order_2(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 2);
    struct channel *channel = channel_of(&settings);

    made_feed(channel, (const double[]){0, 25, NAN, 50, 75, 75}, 6, 0);
    assert_counts(channel->matrix, 4, "0:[0,1,0,0] 2:[0,0,0,1] 2-3:[0,0,0,1] 3:[0,0,0,1]");
    channel_free(channel);
}

static void test_outliers(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel;

    settings.filter_deviations = 4;
    channel = channel_of(&settings);
    for (int i = 0; i < 30; i++)
        take(channel, 9 + i % 3);
    assert_int_equal(channel->moments.count, 30);
    assert_true(fabs(moments_deviation(&channel->moments) - 0.816497) < 1e-6);
    assert_false(take(channel, 100).step);
    assert_int_equal(channel->filtered, 1);
    assert_int_equal(channel->state, 0);
    assert_int_equal(channel->moments.count, 30);
    for (int i = 0; i < 9; i++)
        assert_false(take(channel, 100).step);
    assert_int_equal(channel->filtered, 10);
    assert_true(take(channel, 100).step); /* the level has shifted */
    assert_int_equal(channel->filtered, 10);
    assert_int_equal(channel->state, 3);
    assert_int_equal(channel->rejected, 0);
    assert_int_equal(channel->gaps, 0);
    channel_free(channel);

    /* Those that come alone are left out each time. */
    channel = channel_of(&settings);
    for (int i = 0; i < 60; i++)
        take(channel, i >= 30 && i % 2 ? 100 : 9 + i % 3);
    assert_int_equal(channel->filtered, 15);
    assert_near(channel->moments.max, 11);
    assert_near(channel->histogram.max, 11);
    channel_free(channel);
}

static void test_range_doubles(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel;
    struct channel_event event;

    settings.dynamic = true;
    channel = channel_of(&settings);
    assert_near(channel->scale.hi, 1);
    assert_int_equal(take(channel, 3).to, 3);
    assert_near(channel->scale.hi, 4);
    event = take(channel, 1);
    assert_int_equal(event.to, 1);
    assert_int_equal(event.folds, 0);
    assert_counts(channel->matrix, 4, "3:[0,1,0,0]");
    event = take(channel, 6);
    assert_int_equal(event.folds, 1);
    assert_true(event.transition);
    assert_int_equal(event.from, 0);
    assert_int_equal(event.to, 3);
    assert_near(channel->scale.hi, 8);
    assert_counts(channel->matrix, 4, "0:[0,0,0,1] 1:[1,0,0,0]");
    assert_near(channel_state_value(channel, 0), 1);
    assert_near(channel_state_value(channel, 1), 3);
    assert_near(channel_state_value(channel, 3), 6);
    assert_int_equal(channel->above, 0);
    channel_free(channel);
}

/* A value far beyond: all that was is state 0, once, whatever the number of doublings. */
static void test_range_leaps(void **state UNUSED)
{
    struct profile_settings settings = made_settings(5, 1, 2);
    struct channel *channel;
    struct channel_event event;

    settings.dynamic = true;
    settings.calendar = CALENDAR_HOUR_OF_DAY;
    channel = channel_of(&settings);
    for (int i = 0; i < 6; i++)
        channel_take(channel, i, i, 3);
    event = channel_take(channel, 1e18, 6, 3);
    assert_int_equal(event.from, 0);
    assert_int_equal(event.to, 4); /* of 2^60: 0.87 */
    assert_true(event.folds >= 3 && event.folds < 10);
    assert_near(channel->scale.hi, 0x1p60);
    assert_counts(channel->matrix, 5, "0:[5,0,0,0,1] 0-0:[4,0,0,0,1]");
    assert_counts(slots_at(channel->calendar, 3)->matrix, 5, "0:[5,0,0,0,1] 0-0:[4,0,0,0,1]");
    assert_near(channel_state_value(channel, 0), 2.5);
    assert_int_equal(channel->values[0].count, 6);
    assert_int_equal(channel->top, 1);
    channel_free(channel);
}

/* The rows' moments as they are kept up, against those of the whole matrix. */
static void assert_expected(const struct channel *channel)
{
    unsigned states = channel->settings->states;
    double p[16 * 16], pi[16];
    struct chain_surprise whole, kept = channel_expected(channel);

    assert_true(states <= 16);
    matrix_dense(channel->matrix, 0.5, p);
    matrix_shares(channel->matrix, pi);
    whole = chain_surprise(p, pi, states);
    assert_near(kept.mean, whole.mean);
    assert_true(fabs(kept.deviation - whole.deviation) < 1e-7);
}

static void test_expected(void **state UNUSED)
{
    static const double values[] = {0, 30, 55, 80, 100, 12.4, 12.5, 87.5, 250, -5};
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel = channel_of(&settings);

    made_feed(channel, values, ARRAY_SIZE(values), 0);
    assert_true(fabs(channel_expected(channel).mean - 1.163926) < 1e-6);
    assert_true(fabs(channel_expected(channel).deviation - 0.619004) < 1e-6);
    channel_free(channel);
}

/* The same where rows age, rows are thrown out, and the range grows. */
static void test_expected_is_kept_up(void **state UNUSED)
{
    for (unsigned variant = 0; variant < 4; variant++) {
        struct profile_settings settings = made_settings(9, 1, variant == 1 ? 3 : 1);
        struct random_source source = {.state = variant};
        struct channel *channel;

        if (variant == 1)
            settings.rows_max = 20;
        if (variant == 2)
            settings.row_cap = 10;
        settings.dynamic = variant == 3;
        channel = channel_of(&settings);
        for (unsigned i = 0; i < 2000; i++) {
            take(channel, random_unit(&source) * (1 + i / 10.0));
            assert_expected(channel);
        }
        channel_free(channel);
    }
}

/* The forecast and the surprisal of a step are of what was known before it. */
static void test_judged_before_learned(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel = channel_of(&settings);

    made_feed(channel, (const double[]){0, 100}, 2, 0);
    /* Nothing known: 1/4 for each; the likeliest is the lowest. */
    assert_int_equal(channel->forecast.steps, 1);
    assert_int_equal(channel->forecast.model.hits, 0);
    assert_near(channel->forecast.model.brier, 0.75 * 0.75 + 3 * 0.25 * 0.25);
    assert_near(channel->forecast.model.state_error, 3);
    assert_true(fabs(channel->anomaly.mean - log(4)) < 1e-6);
    made_feed(channel, (const double[]){0, 100}, 2, 2);
    /* 0 -> 3 was seen once: (1 + 1/2)/(1 + 2). */
    assert_int_equal(channel->forecast.model.hits, 2); /* 3 -> 0: the lowest, by luck */
    assert_true(fabs(channel->anomaly.mean - (2 * log(4) + log(2)) / 3) < 1e-6);
    assert_int_equal(channel->drift.count, 3);
    channel_free(channel);
}

/* The made-up start is counted, but was no step: nothing is judged by it. */
static void test_phantom(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 2);
    struct channel *channel;
    struct channel_event event;
    double p[4];

    settings.phantom_start = true;
    channel = channel_of(&settings);
    assert_false(channel_predict(channel, p));
    event = take(channel, 50);
    assert_true(event.step && !event.transition);
    assert_counts(channel->matrix, 4, "0:[0,0,1,0] 0-0:[0,0,1,0]");
    assert_int_equal(channel->forecast.steps, 0);
    assert_int_equal(channel->anomaly.count, 0);
    take(channel, NAN);
    take(channel, 50); /* a gap does not make up another one */
    assert_counts(channel->matrix, 4, "0:[0,0,1,0] 0-0:[0,0,1,0]");
    channel_free(channel);
}

/* Trained with one behaviour, then another: an anomaly, during which nothing is learned, for ten
 * windows at most. */
static void test_anomaly_is_not_learned(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel;
    unsigned held = 0, began = 0;
    uint64_t total;

    settings.window = 10;
    settings.calendar = CALENDAR_HOUR_OF_DAY;
    channel = channel_of(&settings);
    for (unsigned i = 0; i < 4000; i++)
        channel_take(channel, i % 2 ? 100 : 0, i, 0);
    assert_false(channel->anomaly.active);
    assert_int_equal(matrix_total(channel->matrix, 1), 3999);
    for (unsigned i = 0; i < 1000; i++) {
        total = matrix_total(channel->matrix, 1);
        channel_take(channel, i % 3 ? 25 : 50, 4000 + i, 1);
        if (channel->anomaly.active && !began)
            began = i + 1;
        if (matrix_total(channel->matrix, 1) == total)
            held++;
    }
    assert_true(began > 0 && began <= 10);
    assert_int_equal(held, 100);
    assert_false(channel->anomaly.active); /* the new normal */
    assert_int_equal(channel->steps, 5000);
    assert_int_equal(matrix_total(channel->matrix, 1), 4999 - held);
    /* The time of day has all its values, without the transitions of the anomaly. */
    assert_int_equal(slots_at(channel->calendar, 1)->count, 1000);
    assert_int_equal(matrix_total(slots_at(channel->calendar, 1)->matrix, 1), 1000 - held);
    channel_free(channel);
}

static void test_calendar(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 2, 1);
    struct channel *channel;

    settings.calendar = CALENDAR_HOUR_OF_DAY;
    channel = channel_of(&settings);
    assert_int_equal(slots_count(channel->calendar), 24);
    for (unsigned i = 0; i < 12; i++) /* the step counts where it ends */
        channel_take(channel, i * 5, i, i < 5 ? 7 : 8);
    assert_int_equal(slots_at(channel->calendar, 7)->count, 2);
    assert_int_equal(slots_at(channel->calendar, 8)->count, 4);
    assert_near(slots_at(channel->calendar, 8)->max, 52.5);
    assert_counts(slots_at(channel->calendar, 7)->matrix, 4, "0:[0,1,0,0]");
    assert_counts(slots_at(channel->calendar, 8)->matrix, 4, "1:[0,2,1,0] 2:[0,0,1,0]");
    assert_null(slots_at(channel->calendar, 9));
    for (unsigned i = 0; i < 4; i++) /* no slot, and one that there is not */
        channel_take(channel, 0, 20, i < 2 ? -1 : 24);
    assert_null(slots_at(channel->calendar, 0));
    channel_free(channel);
}

static void test_log_scale(void **state UNUSED)
{
    struct channel_spec spec = made_spec("net", 0, 1e9);
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel;

    spec.scale = SCALE_LOG;
    channel = channel_new(&spec, &settings);
    assert_int_equal(take(channel, 1000).to, 1);
    assert_int_equal(take(channel, 0).to, 0);
    assert_int_equal(take(channel, 1e9).to, 3);
    assert_int_equal(take(channel, 2e9).to, 3);
    assert_int_equal(channel->above, 1);
    channel_free(channel);
}

static void test_busy_and_top(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 2, 1);
    struct channel *channel = channel_of(&settings);

    made_feed(channel, (const double[]){79.9, 80, 80, 100, -10, 0, 101, 110}, 8, 0);
    assert_int_equal(channel->busy, 5);
    assert_int_equal(channel->top, 3);
    assert_int_equal(channel->below, 1);
    assert_int_equal(channel->above, 1);
    channel_free(channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_gap_of_order_2),
        cmocka_unit_test(test_outliers),
        cmocka_unit_test(test_range_doubles),
        cmocka_unit_test(test_range_leaps),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_expected_is_kept_up),
        cmocka_unit_test(test_judged_before_learned),
        cmocka_unit_test(test_phantom),
        cmocka_unit_test(test_anomaly_is_not_learned),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_log_scale),
        cmocka_unit_test(test_busy_and_top),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
