/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/histogram: edges, quantiles of known distributions, forgetting, clocks that jump. */
#include "profile/histogram.h"

#include <float.h>
#include <math.h>

#include "support.h"

#define DAY 86400.0

static struct histogram percent(double half_life)
{
    struct histogram histogram;

    histogram_init(&histogram, HISTOGRAM_PERCENT, 0, half_life);
    return histogram;
}

static struct histogram growing(double first)
{
    struct histogram histogram;

    histogram_init(&histogram, HISTOGRAM_GROWING, first, 0);
    return histogram;
}

static double summed(const struct histogram *histogram)
{
    double sum = 0;

    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum += histogram_weight(histogram, i);
    return sum;
}

/* The share of the weight that lies in buckets from `value` on; 0 if there is no value. */
static double share_from(const struct histogram *histogram, double value)
{
    double above = 0;

    for (unsigned i = histogram_bucket(histogram, value); i < HISTOGRAM_BUCKETS; i++)
        above += histogram_weight(histogram, i);
    return histogram->total > 0 ? above / summed(histogram) : 0;
}

/* What must hold whatever was put in. */
static void check_sane(const struct histogram *histogram)
{
    double before = 0;

    assert_true(isfinite(histogram->total) && histogram->total >= 0);
    assert_true(isfinite(histogram->max));
    assert_true(histogram->low + histogram->used <= HISTOGRAM_BUCKETS);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        assert_true(isfinite(histogram_weight(histogram, i)) &&
                    histogram_weight(histogram, i) >= 0);
    assert_true(fabs(summed(histogram) - histogram->total) <= 1e-9 * fmax(1, histogram->total));
    for (int q = 1; q <= 100; q++) {
        double value = histogram_quantile(histogram, q / 100.0);

        assert_true(isfinite(value) && value >= before && value <= histogram->max);
        before = value;
    }
}

static void test_none(void **state UNUSED)
{
    struct histogram histogram = percent(DAY);

    assert_true(isnan(histogram_quantile(&histogram, 0.5)));
    assert_near(share_from(&histogram, 0), 0);
    assert_near(histogram_weight(&histogram, 0), 0);
    assert_int_equal(histogram_bytes(&histogram), 0);
    histogram_add(&histogram, NAN, 0);
    histogram_add(&histogram, INFINITY, 0);
    histogram_add(&histogram, 1, NAN);
    histogram_add(&histogram, 1, INFINITY);
    assert_true(isnan(histogram_quantile(&histogram, 1)));
    assert_true(isnan(histogram.origin));
    histogram_done(&histogram);
}

static void test_percent_buckets(void **state UNUSED)
{
    struct histogram histogram = percent(0);

    assert_int_equal(histogram_bucket(&histogram, -1), 0);
    assert_int_equal(histogram_bucket(&histogram, NAN), 0);
    assert_int_equal(histogram_bucket(&histogram, 0.2499), 0);
    assert_int_equal(histogram_bucket(&histogram, 0.25), 1);
    assert_int_equal(histogram_bucket(&histogram, 80), 320);
    assert_int_equal(histogram_bucket(&histogram, 99.99), 399);
    assert_int_equal(histogram_bucket(&histogram, 100), 399);
    assert_int_equal(histogram_bucket(&histogram, 1e300), 399);
    assert_near(histogram_edge(&histogram, 400), 100);
    histogram_done(&histogram);
}

/* f*(1.05^i - 1)/0.05: 0, 1000, 2050, 3152.5, ... */
static void test_growing_buckets(void **state UNUSED)
{
    struct histogram histogram = growing(1000);

    assert_near(histogram_edge(&histogram, 0), 0);
    assert_near(histogram_edge(&histogram, 1), 1000);
    assert_near(histogram_edge(&histogram, 2), 2050);
    assert_near(histogram_edge(&histogram, 3), 3152.5);
    assert_int_equal(histogram_bucket(&histogram, 999), 0);
    assert_int_equal(histogram_bucket(&histogram, 2049.999), 1);
    assert_int_equal(histogram_bucket(&histogram, 1e300), HISTOGRAM_BUCKETS - 1);
    /* The last one is out of every link's and disk's reach. */
    assert_true(histogram_edge(&histogram, HISTOGRAM_BUCKETS - 1) > 5e12);
    for (unsigned i = 1; i < HISTOGRAM_BUCKETS; i++) {
        double edge = histogram_edge(&histogram, i);

        assert_int_equal(histogram_bucket(&histogram, edge), i);
        assert_int_equal(histogram_bucket(&histogram, nextafter(edge, 0)), i - 1);
    }
    histogram_done(&histogram);
}

static void test_quantiles(void **state UNUSED)
{
    struct histogram histogram = percent(0);

    /* 0.5, 1.5, ... 99.5: as many below each whole number as it says. */
    for (int i = 0; i < 100; i++)
        histogram_add(&histogram, i + 0.5, i);
    for (int q = 1; q < 100; q++) /* of bucket 4*(q-1) + 2, whose upper edge is q - 0.25 */
        assert_near(histogram_quantile(&histogram, q / 100.0), q - 0.25);
    assert_near(histogram_quantile(&histogram, 1), 99.5);
    assert_near(share_from(&histogram, 80), 0.2);
    assert_near(share_from(&histogram, 0), 1);
    assert_near(share_from(&histogram, 1000), 0);
    check_sane(&histogram);
    histogram_done(&histogram);
}

static void test_quantile_of_few(void **state UNUSED)
{
    struct histogram histogram = percent(0);

    histogram_add(&histogram, 7.3, 0);
    /* Not 7.5, the bucket's edge: no value was that large. */
    assert_near(histogram_quantile(&histogram, 0.5), 7.3);
    histogram_add(&histogram, -5, 0);
    assert_near(histogram_quantile(&histogram, 0.5), 0.25);
    assert_near(histogram_quantile(&histogram, 0.51), 7.3);
    for (int i = 0; i < 18; i++)
        histogram_add(&histogram, 50, 0);
    assert_near(histogram_quantile(&histogram, 0.05), 0.25);
    assert_near(histogram_quantile(&histogram, 0.1), 7.5);
    assert_near(histogram_quantile(&histogram, 0.95), 50);
    histogram_done(&histogram);
}

/* Exponential values of mean 1e6: the quantile q is -1e6 ln(1-q), found to a bucket's 5 %. */
static void test_exponential(void **state UNUSED)
{
    struct histogram histogram = growing(1000);
    uint64_t seed = 3;

    for (int i = 0; i < 400000; i++) {
        double u = ((double)support_random_below(&seed, 1u << 30) + 0.5) / (1u << 30);

        histogram_add(&histogram, -1e6 * log(u), i);
    }
    for (int q = 10; q < 100; q++) {
        double expected = -1e6 * log(1 - q / 100.0);
        double found = histogram_quantile(&histogram, q / 100.0);

        assert_true(found > expected * 0.98 && found < expected * 1.07 + 1000);
    }
    check_sane(&histogram);
    histogram_done(&histogram);
}

static void test_half_life(void **state UNUSED)
{
    for (double gap = 0.25; gap < 60; gap *= 2) {
        struct histogram histogram = percent(DAY);

        histogram_add(&histogram, 10, 1e9);
        histogram_add(&histogram, 90, 1e9 + gap * DAY);
        /* weights have 24 bits */
        assert_true(fabs(histogram_weight(&histogram, 40) / histogram_weight(&histogram, 360) -
                         exp2(-gap)) < 1e-6);
        assert_true(fabs(share_from(&histogram, 50) - 1 / (1 + exp2(-gap))) < 1e-6);
        histogram_done(&histogram);
    }
}

/* A value each 20 s for ten years: what is there weighs as much as the last half-life's. */
static void test_years(void **state UNUSED)
{
    struct histogram histogram = percent(DAY);
    double expected = 0, weight = 1, step = exp2(-20 / DAY), newest = 0;

    for (double t = 0; t < 3650 * DAY; t += 20) {
        histogram_add(&histogram, t < 3600 * DAY ? 20 : 70, 1.7e9 + t);
        newest = t;
    }
    for (int i = 0; i < 4320 * 60; i++, weight *= step)
        expected += weight;
    check_sane(&histogram);
    weight = exp2((1.7e9 + newest - histogram.origin) / DAY);
    assert_true(fabs(histogram.total / weight / expected - 1) < 1e-6);
    /* What ended 50 half-lives ago is gone to 2^-50. */
    assert_true(share_from(&histogram, 50) > 1 - 1e-9);
    histogram_done(&histogram);
}

/* In 24 bits one more would be lost from 2^24 on: a full bucket halves all, and new values count.
 */
static void test_nothing_forgotten(void **state UNUSED)
{
    struct histogram histogram = percent(0);

    assert_true(histogram_put(&histogram, 8, 0x1p23 - 10));
    assert_true(histogram_put(&histogram, 9, 0x1p20));
    for (int i = 0; i < 1010; i++)
        histogram_add(&histogram, 2, i * 1e9);
    assert_near(histogram_weight(&histogram, 8), 0x1p22 + 1000);
    assert_near(histogram_weight(&histogram, 9), 0x1p19);
    check_sane(&histogram);
    histogram_done(&histogram);
}

static void test_gap(void **state UNUSED)
{
    struct histogram histogram = percent(1);

    for (int i = 0; i < 100; i++)
        histogram_add(&histogram, 10, i);
    histogram_add(&histogram, 60, 1e12);
    check_sane(&histogram);
    assert_near(share_from(&histogram, 50), 1);
    assert_near(histogram.total, 1);
    histogram_add(&histogram, 60, 1e300);
    histogram_add(&histogram, 60, -1e300);
    histogram_add(&histogram, 60, DBL_MAX);
    check_sane(&histogram);
    histogram_done(&histogram);
}

static void test_steps_back(void **state UNUSED)
{
    struct histogram histogram = percent(DAY);

    histogram_add(&histogram, 10, 1e9);
    histogram_add(&histogram, 50, 1e9 - DAY / 2);
    assert_true(fabs(histogram_weight(&histogram, 200) - sqrt(0.5)) < 1e-6);
    /* A clock that was ten years ahead: all that follows counts as it should. */
    for (int i = 0; i < 1000; i++)
        histogram_add(&histogram, 90, 1e9 - 3650 * DAY + i);
    check_sane(&histogram);
    assert_true(share_from(&histogram, 80) > 0.99);
    histogram_done(&histogram);
}

static void test_random(void **state UNUSED)
{
    struct histogram histogram = growing(0.1);
    uint64_t seed = 11;
    double t = 0;

    histogram.half_life = 100;
    for (int i = 0; i < 1000000; i++) {
        double value = exp2((double)support_random_below(&seed, 2000) - 1000);

        t += ((double)support_random_below(&seed, 1000) - 300) / 10;
        if (support_random_below(&seed, 10000) == 0)
            t += ((double)support_random_below(&seed, 1000) - 500) * 1e6;
        histogram_add(&histogram, value, t);
        if (i % 50000 == 0)
            check_sane(&histogram);
    }
    check_sane(&histogram);
    assert_true(histogram_bytes(&histogram) <= HISTOGRAM_BUCKETS * sizeof(double));
    histogram_done(&histogram);
}

/* Memory is for where values lie. */
static void test_memory(void **state UNUSED)
{
    struct histogram histogram = percent(0);
    const float *weights;

    histogram_add(&histogram, 50, 0);
    histogram_add(&histogram, 51, 0);
    assert_true(histogram_bytes(&histogram) <= 32 * sizeof(double));
    weights = histogram.weights;
    for (int i = 0; i < 1000; i++)
        histogram_add(&histogram, 50 + i % 2, i);
    assert_ptr_equal(weights, histogram.weights);
    histogram_add(&histogram, 10, 0);
    histogram_add(&histogram, 99, 0);
    assert_near(histogram_weight(&histogram, 200), 501);
    assert_near(histogram_weight(&histogram, 204), 501);
    assert_near(histogram_weight(&histogram, 40), 1);
    assert_near(histogram_weight(&histogram, 396), 1);
    histogram_done(&histogram);
}

static void test_saved(void **state UNUSED)
{
    struct histogram a = percent(DAY), b = percent(DAY);
    uint64_t seed = 5;

    for (int i = 0; i < 10000; i++)
        histogram_add(&a, (double)support_random_below(&seed, 1000) / 10, i * 100);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        assert_true(histogram_put(&b, i, histogram_weight(&a, i)));
    b.origin = a.origin;
    b.max = a.max;
    for (int i = 0; i < 1000; i++) {
        histogram_add(&a, i / 10.0, 1e6 + i);
        histogram_add(&b, i / 10.0, 1e6 + i);
    }
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        assert_true(histogram_weight(&a, i) == histogram_weight(&b, i));
    assert_near(a.total, b.total);
    assert_false(histogram_put(&b, HISTOGRAM_BUCKETS, 1));
    assert_false(histogram_put(&b, 1, -1));
    assert_false(histogram_put(&b, 1, NAN));
    assert_false(histogram_put(&b, 1, INFINITY));
    assert_false(histogram_put(&b, 1, 1e300));
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        assert_true(histogram_put(&b, i, 0));
    assert_true(isnan(histogram_quantile(&b, 0.5)));
    histogram_done(&a);
    histogram_done(&b);
}

/* Settings that nobody should give. */
static void test_absurd(void **state UNUSED)
{
    static const double absurd[] = {0, -1, NAN, INFINITY, DBL_MIN, DBL_MAX};

    for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
        struct histogram histogram;

        histogram_init(&histogram, HISTOGRAM_GROWING, absurd[i], absurd[i]);
        for (int k = 0; k < 100; k++)
            histogram_add(&histogram, k, k);
        assert_true(isfinite(histogram.total) && histogram.total > 0);
        assert_true(isfinite(histogram_quantile(&histogram, 0.5)));
        assert_true(isfinite(share_from(&histogram, 5)));
        histogram_done(&histogram);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_percent_buckets),
        cmocka_unit_test(test_growing_buckets),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_quantile_of_few),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_half_life),
        cmocka_unit_test(test_years),
        cmocka_unit_test(test_nothing_forgotten),
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_steps_back),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_saved),
        cmocka_unit_test(test_absurd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
