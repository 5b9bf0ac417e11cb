/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/overcommit: two VMs by hand, small ones by trying all, large ones, days and trends. */
#include "profile/overcommit.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "support.h"

#define DAY                          86400.0
#define assert_six(actual, expected) assert_true(fabs((actual) - (expected)) < 1e-6)

/* .30:.30 1.70:.38 2.10:.12 3.10:.12 3.50:.08 */
static void test_two(void **state UNUSED)
{
    static const double a[] = {0.20, 1.60, 2.00}, of_a[] = {.5, .3, .2};
    static const double b[] = {0.10, 1.50}, of_b[] = {.6, .4};
    const struct overcommit_vm vms[] = {{a, of_a, 3}, {b, of_b, 2}};
    struct overcommit got;

    assert_int_equal(overcommit_compute(vms, 2, 3, &got), 0);
    assert_six(got.mean, 1.64);
    assert_six(got.risk, 0.20);
    assert_six(got.p95, 3.5);
    assert_six(got.diversity, 1.0);
    assert_near(overcommit_p95(&vms[0]), 2.0);
    assert_near(overcommit_p95(&vms[1]), 1.5);
    /* As many cores as the sum takes are enough. */
    assert_int_equal(overcommit_compute(vms, 2, 3.1, &got), 0);
    assert_six(got.risk, 0.08);
    overcommit_compute(vms, 2, 3.5, &got);
    assert_six(got.risk, 0);
    overcommit_compute(vms, 2, 0, &got);
    assert_six(got.risk, 1);
}

static void test_nothing(void **state UNUSED)
{
    static const double odd[] = {NAN, -1, INFINITY}, shares[] = {.2, .3, NAN}, zero[] = {0, 0, 0};
    static const double huge[] = {OVERCOMMIT_CORES_MAX}, one[] = {1};
    const struct overcommit_vm vms[] = {{odd, shares, 3}, {odd, zero, 3}, {NULL, NULL, 0}};
    const struct overcommit_vm large[] = {{huge, one, 1}, {one, one, 1}};
    struct overcommit got = {.risk = 7};

    assert_int_equal(overcommit_compute(large, 2, 3, &got), -E2BIG);
    assert_near(got.risk, 7);
    assert_int_equal(overcommit_compute(large, 1, 3, &got), 0);
    assert_near(got.p95, OVERCOMMIT_CORES_MAX);
    assert_int_equal(overcommit_compute(NULL, 0, 3, &got), 0);
    assert_near(got.p95, 0);
    assert_near(got.risk, 0);
    assert_true(isnan(got.diversity));
    assert_int_equal(overcommit_compute(vms, 3, 3, &got), 0);
    assert_near(got.mean, 0);
    assert_near(got.p95, 0);
    assert_near(got.risk, 0);
    assert_near(overcommit_p95(&vms[2]), 0);
}

#define VMS_MAX    6
#define STATES_MAX 5

struct small {
    double cores[VMS_MAX][STATES_MAX], shares[VMS_MAX][STATES_MAX];
    struct overcommit_vm vms[VMS_MAX];
    size_t count;
};

static void make_small(struct small *small, uint64_t *seed)
{
    small->count = 1 + support_random_below(seed, VMS_MAX);
    for (size_t i = 0; i < small->count; i++) {
        size_t states = 1 + support_random_below(seed, STATES_MAX);
        double total = 0;
        for (size_t j = 0; j < states; j++) {
            small->cores[i][j] = (double)support_random_below(seed, 400) / 100;
            small->shares[i][j] = (double)(1 + support_random_below(seed, 1000));
            total += small->shares[i][j];
        }
        for (size_t j = 0; j < states; j++)
            small->shares[i][j] /= total;
        small->vms[i] = (struct overcommit_vm){small->cores[i], small->shares[i], states};
    }
}

/* Every combination of states, into cells of 0.01 core. */
static void try_all(const struct small *small, size_t vm, unsigned cell, double share,
                    double *cells)
{
    if (vm == small->count) {
        cells[cell] += share;
        return;
    }
    for (size_t j = 0; j < small->vms[vm].count; j++)
        try_all(small, vm + 1, cell + (unsigned)lround(100 * small->cores[vm][j]),
                share * small->shares[vm][j], cells);
}

static void test_all_combinations(void **state UNUSED)
{
    uint64_t seed = 11;

    for (unsigned round = 0; round < 300; round++) {
        struct small small;
        double cells[VMS_MAX * 400] = {0}, cumulated = 0, mean = 0, risk = 0, p95 = -1;
        unsigned limit = (unsigned)support_random_below(&seed, 1500);
        struct overcommit got;

        make_small(&small, &seed);
        try_all(&small, 0, 0, 1, cells);
        for (unsigned i = 0; i < ARRAY_SIZE(cells); i++) {
            cumulated += cells[i];
            mean += cells[i] * i / 100;
            if (p95 < 0 && cumulated >= .95 - 1e-9)
                p95 = i / 100.0;
            if (i > limit)
                risk += cells[i];
        }
        assert_int_equal(overcommit_compute(small.vms, small.count, limit / 100.0, &got), 0);
        assert_near(got.mean, mean);
        assert_near(got.risk, risk);
        assert_near(got.p95, p95);
    }
}

/* A thousand VMs of 8 cores that are busy half of the time: a binomial distribution. */
static void test_many(void **state UNUSED)
{
    static const double cores[] = {8, 0}, shares[] = {.5, .5};
    static struct overcommit_vm vms[1000];
    double log_p = -1000 * log(2), above = 0;
    struct overcommit got;

    for (unsigned i = 0; i < 1000; i++)
        vms[i] = (struct overcommit_vm){cores, shares, 2};
    /* P(more than 520 of them), from C(1000, 0) on. */
    for (unsigned k = 0; k <= 1000; k++) {
        if (k > 520)
            above += exp(log_p);
        log_p += log((1000.0 - k) / (k + 1));
    }
    assert_int_equal(overcommit_compute(vms, 1000, 520 * 8, &got), 0);
    assert_near(got.mean, 4000);
    assert_true(fabs(got.risk - above) < 1e-9);
    assert_near(got.p95, 526 * 8); /* 500 + 1.645 * sqrt(250) = 526.01 */
    assert_near(got.diversity, 8000.0 / (526 * 8));
}

/* What is no multiple of the grid is rounded to it, each VM by itself. */
static void test_rounding(void **state UNUSED)
{
    static const double cores[] = {0.014}, shares[] = {2}; /* shares count by their sum */
    const struct overcommit_vm vms[] = {{cores, shares, 1}, {cores, shares, 1}};
    struct overcommit got;

    assert_int_equal(overcommit_compute(vms, 2, 1, &got), 0);
    assert_near(got.p95, 0.02);
    assert_near(got.mean, 0.028);
}

static void test_measured(void **state UNUSED)
{
    struct overcommit_measured measured;

    overcommit_measured_init(&measured, 40, 0);
    assert_true(isnan(overcommit_measured_p95(&measured)));
    assert_true(isnan(overcommit_days_left(&measured)));
    overcommit_measured_take(&measured, NAN, 0);
    overcommit_measured_take(&measured, -1, 0);
    overcommit_measured_take(&measured, 1, NAN);
    overcommit_measured_take(&measured, 1, -5);
    overcommit_measured_take(&measured, 1, 1e300);
    assert_int_equal(measured.samples, 0);
    for (unsigned i = 1; i <= 100; i++)
        overcommit_measured_take(&measured, i * 0.5, i);
    assert_int_equal(measured.samples, 100);
    assert_int_equal(measured.over, 20); /* 40.5, 41, ..., 50 */
    /* All above the cores is in the last bucket. */
    assert_near(overcommit_measured_p95(&measured), 40);
    overcommit_measured_done(&measured);

    overcommit_measured_init(&measured, 100, 0);
    for (unsigned i = 1; i <= 100; i++)
        overcommit_measured_take(&measured, i * 0.5, i);
    /* 95 of 100 are 47.5 and below, which is the lower edge of a bucket of 0.25. */
    assert_near(overcommit_measured_p95(&measured), 47.75);
    overcommit_measured_done(&measured);
    overcommit_measured_init(&measured, 0, 0);
    overcommit_measured_take(&measured, 1, 0);
    assert_int_equal(measured.samples, 0);
    overcommit_measured_done(&measured);
}

static void take_day(struct overcommit_measured *measured, unsigned day, double sum)
{
    for (unsigned i = 0; i < 24; i++)
        overcommit_measured_take(measured, sum, day * DAY + i * 3600);
}

static void test_days(void **state UNUSED)
{
    struct overcommit_measured measured;

    overcommit_measured_init(&measured, 100, 0);
    for (unsigned day = 0; day < 3; day++)
        take_day(&measured, 20000 + day, 10 + day);
    assert_int_equal(measured.days, 2);
    assert_near(measured.p95_of_day[0], 10);
    assert_near(measured.p95_of_day[1], 11);
    /* Two days are missing. */
    take_day(&measured, 20005, 15);
    assert_int_equal(measured.days, 5);
    assert_near(measured.p95_of_day[2], 12);
    assert_true(isnan(measured.p95_of_day[3]) && isnan(measured.p95_of_day[4]));
    /* A clock that is set back closes no day. */
    take_day(&measured, 20001, 99);
    assert_int_equal(measured.days, 5);
    take_day(&measured, 20002, 20);
    assert_int_equal(measured.days, 6);
    assert_near(measured.p95_of_day[5], 99);
    /* Years later, nothing is left of all that. */
    take_day(&measured, 30000, 7);
    assert_int_equal(measured.days, OVERCOMMIT_DAYS_MAX);
    assert_true(isnan(measured.p95_of_day[0]));
    take_day(&measured, 30001, 7);
    assert_near(measured.p95_of_day[OVERCOMMIT_DAYS_MAX - 1], 7);
    assert_true(isnan(overcommit_days_left(&measured)));
    overcommit_measured_done(&measured);
}

static double days_left(double cores, const double *p95s, size_t days)
{
    struct overcommit_measured measured;
    double left;

    overcommit_measured_init(&measured, cores, 0);
    memcpy(measured.p95_of_day, p95s, days * sizeof(*p95s));
    measured.days = days;
    left = overcommit_days_left(&measured);
    overcommit_measured_done(&measured);
    return left;
}

static void test_trend(void **state UNUSED)
{
    static const double line[] = {10, 12, 14, 16, 18, 20, 22};
    static const double gaps[] = {10, NAN, 14, 16, NAN, NAN, 22, 24, 26, 28};
    static const double flat[] = {5, 5, 5, 5, 5, 5, 5}, falls[] = {9, 8, 7, 6, 5, 4, 3};
    /* x = -3..3: slope (-3*1 - 2*3 - 1*2 + 0*5 + 1*4 + 2*6 + 3*7)/28 = 26/28, mean 4; the newest
     * day is 4 + 3*26/28 = 6.785714, and 10 is (10 - 6.785714)*28/26 = 3.461538 days on. */
    static const double rough[] = {1, 3, 2, 5, 4, 6, 7};

    assert_near(days_left(32, line, 7), 5);
    assert_near(days_left(22, line, 7), 0);
    assert_near(days_left(8, line, 7), 0);
    assert_true(isnan(days_left(32, line, 6)));
    assert_near(days_left(32, gaps, 10), 2);
    assert_true(isnan(days_left(32, gaps, 9)));
    assert_true(isnan(days_left(10, flat, 7)));
    assert_near(days_left(5, flat, 7), 0);
    assert_true(isnan(days_left(10, falls, 7)));
    assert_near(days_left(10, rough, 7), 90 / 26.0);
    assert_true(isnan(days_left(1e9, line, 7))); /* not in our days */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_all_combinations),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_measured),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_trend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
