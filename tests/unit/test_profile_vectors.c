/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole series and what is to be learned of them. Where other profilers learn the same, with their
 * made-up first state, the figures are theirs; where they go wrong, the tests say what ours are.
 */
#include "profile/profile.h"

#include <math.h>
#include <stdlib.h>

#include "base/buf.h"
#include "made_profile.h"
#include "support.h"

static const double vectors_plain[] = {0, 30, 55, 80, 100, 12.4, 12.5, 87.5, 250, -5};

static struct channel *vectors_channel(const struct profile_settings *settings)
{
    struct channel_spec spec = made_spec("cpu", 0, 100);

    return channel_new(&spec, settings);
}

static void test_order_1_with_phantom(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel;

    settings.phantom_start = true;
    channel = vectors_channel(&settings);
    assert_states(channel, vectors_plain, "0 1 2 3 3 0 1 3 3 0");
    assert_counts(channel->matrix, 4, "0:[1,2,0,0] 1:[0,0,1,1] 2:[0,0,0,1] 3:[2,0,0,2]");
    assert_percents(channel->matrix, 4,
                    "0:[33,67,0,0]p30 1:[0,0,50,50]p20 2:[0,0,0,100]p10 3:[50,0,0,50]p40");
    assert_near(channel->moments.mean, 62.24);
    assert_int_equal(channel->moments.count, 10);
    assert_int_equal(channel->samples, 10);
    assert_int_equal(channel->steps, 10);
    channel_free(channel);
}

static void test_order_1(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel = vectors_channel(&settings);

    assert_states(channel, vectors_plain, "0 1 2 3 3 0 1 3 3 0");
    assert_counts(channel->matrix, 4, "0:[0,2,0,0] 1:[0,0,1,1] 2:[0,0,0,1] 3:[2,0,0,2]");
    assert_percents(channel->matrix, 4,
                    "0:[0,100,0,0]p22 1:[0,0,50,50]p22 2:[0,0,0,100]p11 3:[50,0,0,50]p44");
    assert_int_equal(channel->below, 1);
    assert_int_equal(channel->above, 1);
    assert_int_equal(channel->top, 4);
    assert_int_equal(channel->busy, 4); /* 80, 100, 87.5, 250 */
    assert_near(channel->moments.min, -5);
    assert_near(channel->moments.max, 250);
    channel_free(channel);
}

static void test_order_2(void **state UNUSED)
{
    static const double values[] = {0, 10, 40, 60, 70, 90, 40, 60, 70, 90, 0, 10};
    struct profile_settings settings = made_settings(4, 2, 2);
    struct channel *channel;

    settings.phantom_start = true;
    channel = vectors_channel(&settings);
    assert_states(channel, values, "0 2 3 2 3 0");
    assert_counts(channel->matrix, 4,
                  "0:[1,0,1,0] 0-0:[1,0,1,0] 0-2:[0,0,0,1] 2:[0,0,0,2] 2-3:[1,0,1,0] 3:[1,0,1,0] "
                  "3-2:[0,0,0,1]");
    assert_percents(channel->matrix, 4,
                    "0:[50,0,50,0]p33 0-0:[50,0,50,0]p33 0-2:[0,0,0,100]p17 2:[0,0,0,100]p33 "
                    "2-3:[50,0,50,0]p33 3:[50,0,50,0]p33 3-2:[0,0,0,100]p17");
    assert_near(channel->moments.mean, 45);
    assert_int_equal(channel->moments.count, 12);
    /* Of all values: sqrt(12300/12). Within buffers alone it would be 8.66. */
    assert_near(moments_deviation(&channel->moments), sqrt(12300.0 / 12));
    assert_true(fabs(moments_deviation(&channel->moments) - 32.0156) < 1e-4);
    channel_free(channel);

    settings.phantom_start = false;
    channel = vectors_channel(&settings);
    assert_states(channel, values, "0 2 3 2 3 0");
    assert_counts(channel->matrix, 4,
                  "0:[0,0,1,0] 0-2:[0,0,0,1] 2:[0,0,0,2] 2-3:[1,0,1,0] 3:[1,0,1,0] 3-2:[0,0,0,1]");
    channel_free(channel);
}

static void test_spike(void **state UNUSED)
{
    static const double values[] = {10, 12, 11, 10, 95, 10};
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel;

    settings.phantom_start = true;
    settings.filter_deviations = 2; /* too few values to tell an outlier */
    channel = vectors_channel(&settings);
    assert_states(channel, values, "0 0 0 0 3 0");
    assert_counts(channel->matrix, 4, "0:[4,0,0,1] 3:[1,0,0,0]");
    assert_percents(channel->matrix, 4, "0:[80,0,0,20]p83 3:[100,0,0,0]p17");
    assert_near(channel->moments.mean, 148.0 / 6);
    assert_int_equal(channel->filtered, 0);
    channel_free(channel);

    settings.phantom_start = false;
    channel = vectors_channel(&settings);
    made_feed(channel, values, ARRAY_SIZE(values), 0);
    assert_counts(channel->matrix, 4, "0:[3,0,0,1] 3:[1,0,0,0]");
    channel_free(channel);
}

/* Ranges by the data: others take those of each single buffer, so that 20 out of 10..30 is state 3
 * and 50 out of 0..100 is 2 (states 3 3 2 3). Ours is [0, 2^n] of all averages so far. */
static void test_ranges_by_data(void **state UNUSED)
{
    static const double values[] = {10, 30, 20, 60, 0, 100, 80, 90};
    struct profile_settings settings = made_settings(4, 2, 1);
    struct channel *channel;

    settings.dynamic = true;
    channel = vectors_channel(&settings);
    /* 20 of 32; 40, 50 of 64; 85 of 128. Each doubling halves the states that were:
     * 2 | 1 2 | 1 2 3 | 0 1 1 2 */
    assert_states(channel, values, "2 2 3 2");
    assert_counts(channel->matrix, 4, "0:[0,1,0,0] 1:[0,1,1,0]");
    assert_near(channel->scale.hi, 128);
    assert_near(channel->moments.mean, 48.75);
    /* Of all values, not only within the buffers (which would be 27.5): squares sum up to 29500. */
    assert_near(moments_deviation(&channel->moments), sqrt(29500.0 / 8 - 48.75 * 48.75));
    channel_free(channel);
}

/* Two ways of behaving; the first comes back. Others learn it into the second one then, or never
 * tell the two apart. */
static void test_phases(void **state UNUSED)
{
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel_spec spec = made_spec("cpu", 0, 100);
    struct profile *profile;
    struct buf trace = {0};
    unsigned step = 0;

    settings.window = 10;
    profile = profile_new(&spec, 1, &settings);
    for (; step < 130; step++) {
        double value = step % 2 ? 90 : 10;

        if (step >= 70 && step < 110)
            value = step % 4 < 2 ? 60 : 40;
        assert_true(profile_take(profile, &value, step, -1));
        if (step % 10 == 9)
            buf_printf(&trace, "%u", phases_current(profile->phases));
    }
    assert_string_equal(buf_text(&trace), "0000000111100");
    assert_int_equal(phases_count(profile->phases), 2);
    assert_counts(profile->channels[0]->matrix, 4, "0:[0,0,0,45] 2:[1,0,39,0] 3:[43,0,1,0]");
    buf_done(&trace);
    profile_free(profile);
}

/* Two slots of three states, each with the transitions that arrive in it. Others mix the counts of
 * all slots, or keep the rows of the first round alone. */
static void test_periods(void **state UNUSED)
{
    static const double values[] = {0, 0, 90, 90, 0, 90, 90, 90, 90, 0, 0, 0};
    struct profile_settings settings = made_settings(2, 1, 1);
    struct channel *channel;

    settings.periods = (struct period_tree){.sizes = {2, 3}, .count = 2};
    channel = vectors_channel(&settings);
    assert_states(channel, values, "0 0 1 1 0 1 1 1 1 0 0 0");
    assert_int_equal(slots_count(channel->periods), 2);
    assert_counts(slots_at(channel->periods, 0)->matrix, 2, "0:[1,1] 1:[0,3]");
    assert_counts(slots_at(channel->periods, 1)->matrix, 2, "0:[2,1] 1:[2,1]");
    assert_int_equal(slots_at(channel->periods, 0)->count, 6);
    assert_near(slots_at(channel->periods, 0)->mean, 60);
    assert_near(slots_at(channel->periods, 1)->mean, 30);
    assert_near(slots_at(channel->periods, 1)->max, 90);
    assert_counts(channel->matrix, 2, "0:[3,2] 1:[2,4]");
    channel_free(channel);

    /* The whole, as others have it with their made-up start. */
    settings.phantom_start = true;
    channel = vectors_channel(&settings);
    made_feed(channel, values, ARRAY_SIZE(values), 0);
    assert_percents(channel->matrix, 2, "0:[67,33]p50 1:[33,67]p50");
    assert_counts(slots_at(channel->periods, 0)->matrix, 2, "0:[1,1] 1:[0,3]");
    channel_free(channel);
}

static void test_edges(void **state UNUSED)
{
    static const double values[] = {0, 12.4, 12.5, 37.4, 37.5, 62.4, 62.5, 87.5, 100, 250, -5};
    struct profile_settings settings = made_settings(4, 1, 1);
    struct channel *channel = vectors_channel(&settings);

    assert_states(channel, values, "0 0 1 1 2 2 3 3 3 3 0");
    channel_free(channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_1_with_phantom),
        cmocka_unit_test(test_order_1),
        cmocka_unit_test(test_order_2),
        cmocka_unit_test(test_spike),
        cmocka_unit_test(test_ranges_by_data),
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
