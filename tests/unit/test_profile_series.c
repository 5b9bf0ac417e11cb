/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/series: what a byte keeps of a value, the ring, and periods that are there or are not. */
#include "profile/series.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "support.h"

static struct series_scratch *scratch;

static int make_scratch(void **state UNUSED)
{
    scratch = series_scratch_new();
    return 0;
}

static int free_scratch(void **state UNUSED)
{
    series_scratch_free(scratch);
    series_scratch_free(NULL);
    return 0;
}

/* In (0, 1). */
static double uniform(uint64_t *seed)
{
    return ((double)support_random_below(seed, 1u << 30) + 0.5) / (1u << 30);
}

/* Of a normal distribution (Box and Muller). */
static double normal(uint64_t *seed)
{
    return sqrt(-2 * log(uniform(seed))) * cos(2 * M_PI * uniform(seed));
}

static void test_code(void **state UNUSED)
{
    static const double tops[] = {1, 100, 1000, 125e6, 6442450944.0};

    for (size_t t = 0; t < ARRAY_SIZE(tops); t++) {
        double top = tops[t], before = 0;
        struct series series;

        series_init(&series, top / 1e6, top);
        for (double value = top / 1e6; value < top; value *= 1.003) {
            double kept;

            series_add(&series, value);
            kept = series_at(&series, series.count - 1);
            assert_true(fabs(kept / value - 1) < 0.035);
            assert_true(kept >= before);
            before = kept;
        }
        series_done(&series);
    }
}

static void test_code_ends(void **state UNUSED)
{
    static const double given[] = {0, -1, NAN, 0.49, 0.5, 100, 101, 1e300, INFINITY, -INFINITY};
    static const double kept[] = {0, 0, 0, 0, 0.5, 100, 100, 100, 100, 0};
    struct series series;

    series_init(&series, 1, 100);
    for (size_t i = 0; i < ARRAY_SIZE(given); i++)
        series_add(&series, given[i]);
    for (size_t i = 0; i < ARRAY_SIZE(given); i++)
        assert_near(series_at(&series, i), kept[i]);
    series_done(&series);
}

static void test_absurd(void **state UNUSED)
{
    static const double absurd[] = {0, -1, NAN, INFINITY, DBL_MIN, DBL_MAX, 1};

    for (size_t i = 0; i < ARRAY_SIZE(absurd); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(absurd); k++) {
            struct series series;

            series_init(&series, absurd[i], absurd[k]);
            for (size_t n = 0; n < ARRAY_SIZE(absurd); n++) {
                series_add(&series, absurd[n]);
                assert_true(isfinite(series_at(&series, n)));
            }
            series_find_period(&series, scratch);
            series_done(&series);
        }
    }
}

static void test_ring(void **state UNUSED)
{
    struct series series, fresh;

    series_init(&series, 1, 1e6);
    assert_false(series_is_due(&series));
    series_find_period(&series, scratch);
    for (size_t i = 0; i < 3 * SERIES_LENGTH + 17; i++) {
        series_add(&series, (double)(1 + i));
        assert_int_equal(series.count, min_size(i + 1, SERIES_LENGTH));
        assert_true(series.capacity <= SERIES_LENGTH && series.capacity <= 2 * series.count + 64);
    }
    series_init(&fresh, 1, 1e6);
    for (size_t i = 0; i < SERIES_LENGTH; i++)
        series_add(&fresh, (double)(2 * SERIES_LENGTH + 17 + i + 1));
    for (size_t i = 0; i < SERIES_LENGTH; i++)
        assert_true(series_at(&series, i) == series_at(&fresh, i));
    series_clear(&series);
    assert_int_equal(series.count, 0);
    series_add(&series, 5);
    series_add(&series, 500);
    assert_true(fabs(series_at(&series, 0) - 5) < 0.2 && fabs(series_at(&series, 1) - 500) < 20);
    series_done(&series);
    series_done(&fresh);
}

/* Looked at after a quarter more values than at the last time: a full ring each 1024. */
static void test_due(void **state UNUSED)
{
    struct series series;
    size_t last = 0, looks = 0;

    series_init(&series, 1, 100);
    for (size_t n = 1; n <= 20000; n++) {
        series_add(&series, (double)(n % 7));
        if (!series_is_due(&series))
            continue;
        assert_true(n - last >= 16);
        if (last >= SERIES_LENGTH)
            assert_int_equal(n - last, SERIES_LENGTH / 4);
        else if (last >= 64 && n < SERIES_LENGTH)
            assert_int_equal(n - last, last / 4);
        series_find_period(&series, scratch);
        assert_false(series_is_due(&series));
        last = n;
        looks++;
    }
    assert_true(looks > 20 && looks < 50);
    series_done(&series);
}

static void direct(const double *values, size_t n, double *r, size_t lags)
{
    double mean = 0;

    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (size_t k = 0; k < lags; k++) {
        double sum = 0, whole = 0;

        for (size_t i = 0; i + k < n; i++)
            sum += (values[i] - mean) * (values[i + k] - mean);
        for (size_t i = 0; i < n; i++)
            whole += (values[i] - mean) * (values[i] - mean);
        r[k] = sum / whole;
    }
}

static void test_autocorrelation(void **state UNUSED)
{
    static const size_t lengths[] = {2, 3, 6, 16, 17, 100, 127, 128, 129, 1000, SERIES_LENGTH};
    double *values = calloc(SERIES_LENGTH, sizeof(double));
    double *found = calloc(SERIES_LENGTH + 5, sizeof(double));
    double *expected = calloc(SERIES_LENGTH, sizeof(double));
    uint64_t seed = 9;

    for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
        size_t n = lengths[l];

        for (size_t i = 0; i < n; i++)
            values[i] = 1e6 * uniform(&seed) + (double)(i % 10) * 1e5;
        direct(values, n, expected, n);
        series_autocorrelation(values, n, scratch, found, n + 5);
        for (size_t k = 0; k < n; k++)
            assert_true(fabs(found[k] - expected[k]) < 1e-9);
        for (size_t k = n; k < n + 5; k++)
            assert_near(found[k], 0);
    }
    free(values);
    free(found);
    free(expected);
}

/* 0 0 1 1, four times. */
static void test_known(void **state UNUSED)
{
    static const double expected[] = {1, 0.0625, -0.875, -0.0625, 0.75};
    double values[16], r[5];

    for (size_t i = 0; i < 16; i++)
        values[i] = i % 4 >= 2;
    series_autocorrelation(values, 16, scratch, r, 5);
    for (size_t k = 0; k < 5; k++)
        assert_true(fabs(r[k] - expected[k]) < 1e-6);
    assert_int_equal(series_period(values, 16, scratch), 4);
    /* With fewer than three periods there is none. */
    assert_int_equal(series_period(values, 11, scratch), 0);
}

static void test_no_variation(void **state UNUSED)
{
    double values[100], r[100];

    for (size_t i = 0; i < 100; i++)
        values[i] = 0.1;
    for (size_t round = 0; round < 4; round++) {
        if (round == 1)
            values[50] = nextafter(0.1, 1);
        if (round == 2)
            values[50] = NAN;
        if (round == 3)
            values[50] = INFINITY;
        series_autocorrelation(values, 100, scratch, r, 100);
        for (size_t k = 0; k < 100; k++)
            assert_true(r[k] == 0);
        assert_int_equal(series_period(values, 100, scratch), 0);
    }
    for (size_t n = 0; n < 6; n++)
        assert_int_equal(series_period(values, n, scratch), 0);
    series_autocorrelation(values, 0, scratch, r, 100);
    assert_true(r[0] == 0);
}

static void test_huge(void **state UNUSED)
{
    double values[64];

    for (size_t i = 0; i < 64; i++)
        values[i] = i % 8 < 4 ? 1e300 : -1e300;
    assert_int_equal(series_period(values, 64, scratch), 8);
    for (size_t i = 0; i < 64; i++)
        values[i] = i % 8 < 4 ? DBL_MIN : 0;
    assert_int_equal(series_period(values, 64, scratch), 8);
}

/* Through the bytes of a series, with noise a third as strong as the oscillation. */
static void test_noisy_sines(void **state UNUSED)
{
    static const unsigned periods[] = {4, 7, 12, 30, 60, 144, 180, 333, 720, 1000, 1300};
    uint64_t seed = 21;

    for (size_t p = 0; p < ARRAY_SIZE(periods); p++) {
        for (size_t round = 0; round < 10; round++) {
            struct series series;
            double apart;

            series_init(&series, 1, 100);
            for (size_t i = 0; i < SERIES_LENGTH + 100 * round; i++)
                series_add(&series, 40 + 20 * sin(2 * M_PI * (double)i / periods[p]) +
                                        20 / sqrt(2) / 3 * normal(&seed));
            series_find_period(&series, scratch);
            apart = fabs((double)series.period - periods[p]);
            assert_true(apart <= fmax(0.5, 0.04 * periods[p]));
            series_done(&series);
        }
    }
}

/* A backup each hour of a step a minute, over a level that shifts once. */
static void test_pulses(void **state UNUSED)
{
    uint64_t seed = 2;
    double values[SERIES_LENGTH];

    for (size_t i = 0; i < SERIES_LENGTH; i++)
        values[i] = (i % 60 < 3 ? 80 : 10) + 3 * normal(&seed);
    assert_int_equal(series_period(values, SERIES_LENGTH, scratch), 60);
    for (size_t i = SERIES_LENGTH / 2; i < SERIES_LENGTH; i++)
        values[i] += 30;
    assert_int_equal(series_period(values, SERIES_LENGTH, scratch), 60);
}

static void test_white_noise(void **state UNUSED)
{
    static const size_t lengths[] = {64, 100, 256, 1000, SERIES_LENGTH};
    double values[SERIES_LENGTH];
    uint64_t seed = 77;

    for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
        for (size_t round = 0; round < 200; round++) {
            for (size_t i = 0; i < lengths[l]; i++)
                values[i] = round % 2 ? normal(&seed) : uniform(&seed);
            assert_int_equal(series_period(values, lengths[l], scratch), 0);
        }
    }
}

/* What drifts or has jumped does not repeat, though r is large at all first lags. */
static void test_trends(void **state UNUSED)
{
    double values[SERIES_LENGTH];
    uint64_t seed = 5;

    for (size_t round = 0; round < 20; round++) {
        for (size_t i = 0; i < SERIES_LENGTH; i++)
            values[i] = (double)i / 100 + 2 * normal(&seed);
        assert_int_equal(series_period(values, SERIES_LENGTH, scratch), 0);
        for (size_t i = 0; i < SERIES_LENGTH; i++)
            values[i] = (i > 2000 ? 50 : 10) + 5 * normal(&seed);
        assert_int_equal(series_period(values, SERIES_LENGTH, scratch), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code),   cmocka_unit_test(test_code_ends),
        cmocka_unit_test(test_absurd), cmocka_unit_test(test_ring),
        cmocka_unit_test(test_due),    cmocka_unit_test(test_autocorrelation),
        cmocka_unit_test(test_known),  cmocka_unit_test(test_no_variation),
        cmocka_unit_test(test_huge),   cmocka_unit_test(test_noisy_sines),
        cmocka_unit_test(test_pulses), cmocka_unit_test(test_white_noise),
        cmocka_unit_test(test_trends),
    };

    return cmocka_run_group_tests(tests, make_scratch, free_scratch);
}
