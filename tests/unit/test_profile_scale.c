/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/scale: edges of bins, logarithms, centres, and what no range makes of values. */
#include "profile/scale.h"

#include <float.h>
#include <math.h>

#include "support.h"

static const struct scale percent = {.hi = 100, .states = 4};

static void test_nearest_edges(void **state UNUSED)
{
    static const struct {
        double value;
        unsigned state;
    } edges[] = {{0, 0},    {12.4, 0}, {12.5, 1}, {37.4, 1}, {37.5, 2}, {62.4, 2},
                 {62.5, 3}, {87.5, 3}, {100, 3},  {250, 3},  {-5, 0}};

    for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
        assert_int_equal(scale_state(&percent, edges[i].value), edges[i].state);
}

static void test_range_that_begins_elsewhere(void **state UNUSED)
{
    struct scale scale = {.lo = 50, .hi = 90, .states = 4};

    assert_int_equal(scale_state(&scale, 50), 0);
    assert_int_equal(scale_state(&scale, 54.9), 0);
    assert_int_equal(scale_state(&scale, 55), 1);
    assert_int_equal(scale_state(&scale, 90), 3);
    assert_near(scale_centre(&scale, 3), 80);
    scale.lo = -100;
    scale.hi = -20;
    assert_int_equal(scale_state(&scale, -100), 0);
    assert_int_equal(scale_state(&scale, -60), 2);
    assert_int_equal(scale_state(&scale, 0), 3);
}

static void test_equal_bins(void **state UNUSED)
{
    struct scale scale = {.binning = SCALE_EQUAL, .hi = 4, .states = 4};

    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(scale_state(&scale, i), i);
        assert_int_equal(scale_state(&scale, i + 0.999), i);
        assert_near(scale_centre(&scale, i), i + 0.5);
    }
    assert_int_equal(scale_state(&scale, 4), 3);
    assert_int_equal(scale_state(&scale, -1), 0);
    assert_int_equal(scale_state(&scale, DBL_MAX), 3);
    assert_int_equal(scale_state(&scale, -DBL_MAX), 0);
}

static void test_logarithmic(void **state UNUSED)
{
    struct scale scale = {.kind = SCALE_LOG, .hi = 1e9, .states = 4};

    assert_int_equal(scale_state(&scale, 1000), 1);
    assert_int_equal(scale_state(&scale, 1e9), 3);
    assert_int_equal(scale_state(&scale, 1e12), 3);
    assert_int_equal(scale_state(&scale, 0), 0);
    assert_int_equal(scale_state(&scale, -3), 0);
    scale.hi = 125e6;
    assert_int_equal(scale_state(&scale, 125e3), 2);
    scale.binning = SCALE_EQUAL;
    assert_int_equal(scale_state(&scale, 125e3), 2);
    scale.kind = SCALE_LINEAR;
    assert_int_equal(scale_state(&scale, 125e3), 0);
    /* (1 + 125e6)^(1/8) - 1 */
    scale.kind = SCALE_LOG;
    assert_near(scale_centre(&scale, 0), pow(1 + 125e6, 0.125) - 1);
}

/* A value in each bin's middle is in that bin, on any scale of any number of states. */
static void test_centres_are_in_their_states(void **state UNUSED)
{
    static const double bounds[][2] = {{0, 100}, {0, 1}, {-7, 3}, {0, 6442450944.0}, {1e-3, 2e-3}};

    for (unsigned states = SCALE_STATES_MIN; states <= SCALE_STATES_MAX; states++) {
        for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
            struct scale scale = {.lo = bounds[i][0], .hi = bounds[i][1], .states = states};

            for (unsigned s = 0; s < states; s++) {
                scale.kind = SCALE_LINEAR;
                scale.binning = SCALE_NEAREST;
                assert_int_equal(scale_state(&scale, scale_centre(&scale, s)), s);
                scale.binning = SCALE_EQUAL;
                assert_int_equal(scale_state(&scale, scale_centre(&scale, s)), s);
                scale.kind = SCALE_LOG;
                assert_int_equal(scale_state(&scale, scale_centre(&scale, s)), s);
            }
        }
    }
}

static void test_states_rise_with_values(void **state UNUSED)
{
    uint64_t seed = 11;

    for (unsigned round = 0; round < 2000; round++) {
        struct scale scale = {
            .kind = (enum scale_kind)support_random_below(&seed, 2),
            .binning = (enum scale_binning)support_random_below(&seed, 2),
            .hi = (double)(1 + support_random_below(&seed, 1000)) / 7,
            .states = SCALE_STATES_MIN + (unsigned)support_random_below(&seed, 63),
        };
        unsigned before = 0;

        for (unsigned k = 0; k < 200; k++) {
            unsigned now = scale_state(&scale, scale.hi * k / 190);

            assert_true(now >= before && now < scale.states);
            before = now;
        }
        assert_int_equal(before, scale.states - 1);
    }
}

static void test_no_range(void **state UNUSED)
{
    struct scale scale = {.lo = 5, .hi = 5, .states = 4};

    assert_int_equal(scale_state(&scale, 7), 0);
    assert_near(scale_centre(&scale, 2), 5);
    scale.hi = -5;
    scale.kind = SCALE_LOG;
    assert_int_equal(scale_state(&scale, 7), 0);
    assert_near(scale_centre(&scale, 2), 5);
    scale.hi = NAN;
    assert_int_equal(scale_state(&scale, 7), 0);
    scale.lo = -DBL_MAX;
    scale.hi = DBL_MAX;
    assert_int_equal(scale_state(&scale, 7), 0);
    assert_int_equal(scale_state(&percent, NAN), 0);
    assert_near(scale_centre(&percent, 99), 75);
}

static void test_ceiling(void **state UNUSED)
{
    assert_near(scale_ceiling(-3), 1);
    assert_near(scale_ceiling(0), 1);
    assert_near(scale_ceiling(1), 1);
    assert_near(scale_ceiling(nextafter(1, 2)), 2);
    assert_near(scale_ceiling(2), 2);
    assert_near(scale_ceiling(3), 4);
    assert_near(scale_ceiling(4), 4);
    assert_near(scale_ceiling(6), 8);
    assert_near(scale_ceiling(0x1p40), 0x1p40);
    assert_near(scale_ceiling(nextafter(0x1p40, INFINITY)), 0x1p41);
    assert_near(scale_ceiling(NAN), 1);
    assert_true(isfinite(scale_ceiling(DBL_MAX)));
    assert_true(isfinite(scale_ceiling(INFINITY)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest_edges),
        cmocka_unit_test(test_range_that_begins_elsewhere),
        cmocka_unit_test(test_equal_bins),
        cmocka_unit_test(test_logarithmic),
        cmocka_unit_test(test_centres_are_in_their_states),
        cmocka_unit_test(test_states_rise_with_values),
        cmocka_unit_test(test_no_range),
        cmocka_unit_test(test_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
