/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/moments: held against two passes over the values, and what outliers are. */
#include "profile/moments.h"

#include <float.h>
#include <math.h>

#include "support.h"

static double random_value(uint64_t *seed)
{
    return (double)support_random_below(seed, 1000001) / 1e4;
}

static void test_none(void **state UNUSED)
{
    struct moments moments = {0};

    assert_near(moments_deviation(&moments), 0);
    moments_add(&moments, NAN);
    assert_int_equal(moments.count, 0);
    moments_add(&moments, -3);
    assert_near(moments.mean, -3);
    assert_near(moments.min, -3);
    assert_near(moments.max, -3);
    assert_near(moments_deviation(&moments), 0);
}

/* 0.1 thrice: the sum of squares less the square of the sum is below 0 there. */
static void test_equal_values(void **state UNUSED)
{
    struct moments moments = {0};

    for (int i = 0; i < 3; i++)
        moments_add(&moments, 0.1);
    assert_true(moments.squares >= 0);
    assert_near(moments_deviation(&moments), 0);
    for (int i = 0; i < 1000000; i++)
        moments_add(&moments, 0.1 + (i % 2 ? 1e-17 : 0));
    assert_true(moments.squares >= 0);
    assert_true(moments_deviation(&moments) < 1e-15);
    moments.squares = -1; /* as a file may say */
    assert_near(moments_deviation(&moments), 0);
}

/* 0 10 40 60 70 90 40 60 70 90 0 10: mean 45, population deviation sqrt(12284.../12). */
static void test_known(void **state UNUSED)
{
    static const double values[] = {0, 10, 40, 60, 70, 90, 40, 60, 70, 90, 0, 10};
    struct moments moments = {0};

    for (size_t i = 0; i < ARRAY_SIZE(values); i++)
        moments_add(&moments, values[i]);
    assert_int_equal(moments.count, 12);
    assert_near(moments.mean, 45);
    /* 2*(45^2 + 35^2 + 5^2 + 15^2 + 25^2 + 45^2) = 12300 */
    assert_near(moments.squares, 12300);
    assert_true(fabs(moments_deviation(&moments) - 32.015621) < 1e-6);
    assert_near(moments.min, 0);
    assert_near(moments.max, 90);
}

static void test_two_passes(void **state UNUSED)
{
    struct moments moments = {0};
    double mean = 0, squares = 0;
    uint64_t seed = 7;

    for (int i = 0; i < 100000; i++)
        mean += 1e6 + random_value(&seed);
    mean /= 100000;
    seed = 7;
    for (int i = 0; i < 100000; i++) {
        double value = 1e6 + random_value(&seed);

        squares += (value - mean) * (value - mean);
        moments_add(&moments, value);
    }
    assert_near(moments.mean, mean);
    assert_near(moments_deviation(&moments), sqrt(squares / 100000));
}

static void test_huge(void **state UNUSED)
{
    static const double values[] = {1e300, -1e300, INFINITY, -INFINITY, DBL_MAX, 0, NAN};
    struct moments moments = {0};

    for (int i = 0; i < 1000000; i++)
        moments_add(&moments, values[(size_t)i % ARRAY_SIZE(values)]);
    moments.count = UINT64_MAX - 10;
    moments_add(&moments, -1e300);
    assert_true(isfinite(moments.mean) && isfinite(moments.squares));
    assert_true(isfinite(moments.min) && isfinite(moments.max));
    assert_true(isfinite(moments_deviation(&moments)));
    assert_near(moments.max, 1e140);
    assert_near(moments.min, -1e140);
}

/* Ten times 9, 10, 11: n = 30, deviation sqrt(2/3) = 0.816497. */
static void test_outliers(void **state UNUSED)
{
    struct moments moments = {0};

    for (int i = 0; i < 30; i++) {
        assert_false(moments_rejects(&moments, 100, 4));
        moments_add(&moments, 9 + i % 3);
    }
    assert_true(fabs(moments_deviation(&moments) - 0.816497) < 1e-6);
    assert_true(moments_rejects(&moments, 100, 4));
    assert_true(moments_rejects(&moments, INFINITY, 4));
    assert_false(moments_rejects(&moments, NAN, 4));
    assert_false(moments_rejects(&moments, 100, -1));
    assert_false(moments_rejects(&moments, 100, NAN));
    assert_false(moments_rejects(&moments, 10 + 4 * 0.816, 4));
    assert_true(moments_rejects(&moments, 10 - 4 * 0.817, 4));
    /* With 0, everything but the mean is one. */
    assert_true(moments_rejects(&moments, 10.001, 0));
    assert_false(moments_rejects(&moments, 10, 0));
}

static void test_no_deviation(void **state UNUSED)
{
    struct moments moments = {0};

    for (int i = 0; i < 100; i++)
        moments_add(&moments, 5);
    assert_false(moments_rejects(&moments, 1000, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),         cmocka_unit_test(test_equal_values),
        cmocka_unit_test(test_known),        cmocka_unit_test(test_two_passes),
        cmocka_unit_test(test_huge),         cmocka_unit_test(test_outliers),
        cmocka_unit_test(test_no_deviation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
