/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive/rules: each rule alone. */
#include "derive/rules.h"

#include <math.h>

#include "support.h"

#define SECOND INT64_C(1000000000)

static struct raw at(double seconds, uint64_t value)
{
    return raw_of(value, (struct mono){(int64_t)(seconds * 1e9)});
}

static void assert_no_step(struct step step)
{
    assert_false(step.valid);
    assert_int_equal(step.delta, 0);
}

static void test_first_reading(void **state UNUSED)
{
    struct counter c = {0};

    assert_no_step(counter_step(&c, at(5, UINT64_MAX)));
    assert_true(c.last.value == UINT64_MAX);
    c = (struct counter){0};
    assert_no_step(counter_step_back_is_zero(&c, at(5, 7)));
}

static void test_step(void **state UNUSED)
{
    struct counter c = {0};
    struct step step;

    counter_step(&c, at(5, 100));
    step = counter_step(&c, at(7, 130));
    assert_true(step.valid && !step.held);
    assert_int_equal(step.delta, 30);
    assert_near(step.seconds, 2);
    assert_near(step.rate, 15);
    step = counter_step(&c, at(8, 130));
    assert_true(step.valid);
    assert_int_equal(step.delta, 0);
    assert_near(step.rate, 0);
}

static void test_backwards(void **state UNUSED)
{
    struct counter c = {0};
    struct step step;

    counter_step(&c, at(5, 100));
    counter_step(&c, at(6, 200));
    assert_no_step(counter_step(&c, at(7, 199)));
    assert_no_step(counter_step(&c, at(7, 199))); /* held: there is nothing to hold */
    step = counter_step(&c, at(8, 209));
    assert_true(step.valid);
    assert_int_equal(step.delta, 10);
    assert_near(step.rate, 10);
}

static void test_backwards_is_zero(void **state UNUSED)
{
    struct counter c = {0};
    struct step step;

    counter_step_back_is_zero(&c, at(5, 100));
    step = counter_step_back_is_zero(&c, at(6, 90));
    assert_true(step.valid);
    assert_int_equal(step.delta, 0);
    assert_near(step.rate, 0);
    step = counter_step_back_is_zero(&c, at(7, 95));
    assert_true(step.valid);
    assert_true(step.delta <= 5);
}

static void test_no_time_passed(void **state UNUSED)
{
    struct counter c = {0};

    counter_step(&c, at(5, 100));
    assert_no_step(counter_step(&c, at(5, 200)));
    counter_step(&c, at(6, 100));
    assert_no_step(counter_step(&c, at(5.5, 200)));
    assert_near(counter_step(&c, at(6.5, 300)).rate, 100);
}

static void test_long_gap(void **state UNUSED)
{
    struct counter c = {0};
    struct step step;

    counter_step(&c, at(5, 100));
    step = counter_step(&c, at(86405, 86500));
    assert_near(step.seconds, 86400);
    assert_near(step.rate, 1);
    step = counter_step(&c, at(86405.001, 86501));
    assert_true(fabs(step.rate - 1000) < 1e-3);
}

static void test_held_between_beats(void **state UNUSED)
{
    struct counter c = {0};
    struct step step;

    assert_no_step(counter_step_slow(&c, at(5, 100)));
    assert_no_step(counter_step_slow(&c, at(5, 100)));
    counter_step_slow(&c, at(7, 130));
    for (int i = 0; i < 3; i++) {
        step = counter_step_slow(&c, at(7, 130));
        assert_true(step.valid && step.held);
        assert_int_equal(step.delta, 0);
        assert_near(step.rate, 15);
    }
    step = counter_step_slow(&c, at(17, 230));
    assert_true(step.valid && !step.held);
    assert_near(step.rate, 10);
    assert_no_step(counter_step_slow(&c, at(18, 229)));
    assert_no_step(counter_step_slow(&c, at(18, 229))); /* a step that failed is not held */
}

/* What is read every cycle holds nothing: no new reading, no rate. */
static void test_not_held(void **state UNUSED)
{
    struct counter c = {0};

    counter_step(&c, at(5, 100));
    assert_true(counter_step(&c, at(7, 130)).valid);
    assert_no_step(counter_step(&c, at(7, 130)));
    assert_near(counter_step(&c, at(8, 140)).rate, 10);
}

static void test_bad_reading_in_between(void **state UNUSED)
{
    struct counter c = {0};
    struct step step;

    assert_no_step(counter_step(&c, (struct raw){0}));
    counter_step(&c, at(5, 100));
    assert_no_step(counter_step(&c, (struct raw){0}));
    assert_no_step(counter_step(&c, (struct raw){.value = 99999}));
    step = counter_step(&c, at(9, 140));
    assert_true(step.valid);
    assert_near(step.seconds, 4);
    assert_near(step.rate, 10);
}

static void test_newborn(void **state UNUSED)
{
    struct counter c = {0};
    struct step step = counter_step_newborn(&c, at(12, SECOND), (struct mono){10 * SECOND});

    assert_true(step.valid);
    assert_int_equal(step.delta, SECOND);
    assert_near(step.seconds, 2);
    assert_near(step.rate, 5e8);
    step = counter_step(&c, at(13, SECOND + 7));
    assert_int_equal(step.delta, 7);
}

static void test_newborn_that_is_none(void **state UNUSED)
{
    struct counter c = {0};

    assert_no_step(counter_step_newborn(&c, at(12, 2 * SECOND + 1), (struct mono){10 * SECOND}));
    assert_true(raw_valid(c.last));
    c = (struct counter){0};
    assert_no_step(counter_step_newborn(&c, at(12, 5), (struct mono){12 * SECOND}));
    c = (struct counter){0};
    assert_no_step(counter_step_newborn(&c, at(12, 5), (struct mono){13 * SECOND}));
    c = (struct counter){0};
    assert_no_step(counter_step_newborn(&c, at(12, 5), (struct mono){0}));
    c = (struct counter){0};
    assert_no_step(counter_step_newborn(&c, (struct raw){0}, (struct mono){SECOND}));
    assert_false(raw_valid(c.last));
    assert_true(counter_step_newborn(&c, at(12, 2 * SECOND), (struct mono){10 * SECOND}).rate <=
                1e9);
}

static void test_sum(void **state UNUSED)
{
    struct sum sum = {0};
    struct sum_step cycle = {0};

    sum_add(&sum, &cycle, (struct step){0});
    assert_false(sum.started);
    assert_int_equal(cycle.members, 0);
    sum_start(&sum, 1000);
    assert_true(sum.started);
    assert_int_equal(cycle.members, 0);
    sum_add(&sum, &cycle, (struct step){.valid = true, .delta = 10, .rate = 5});
    sum_add(&sum, &cycle, (struct step){.valid = false, .delta = 999, .rate = 999});
    sum_add(&sum, &cycle, (struct step){.valid = true, .delta = 20, .rate = 7});
    sum_add(&sum, &cycle, (struct step){.valid = true, .held = true, .rate = 3});
    assert_int_equal(sum.total, 1030);
    assert_int_equal(cycle.members, 3);
    assert_near(cycle.rate, 15);
    assert_near(cycle.highest, 7);
}

static void test_percent(void **state UNUSED)
{
    assert_near(percent(1, 4), 25);
    assert_near(percent(0, 4), 0);
    assert_false(isfinite(percent(0, 0)));
    assert_false(isfinite(percent(5, 0)));
    assert_false(isfinite(percent(5, -1)));
    assert_false(isfinite(percent(5, NAN)));
}

static void test_clamp(void **state UNUSED)
{
    assert_near(clamp_high(99.9, 100), 99.9);
    assert_near(clamp_high(100.1, 100), 100);
    assert_near(clamp_high(1e300, 100), 100);
    assert_near(clamp_high(-5, 100), -5);
    assert_true(isnan(clamp_high(NAN, 100)));
}

/* Whatever is read: a valid step is the real difference over the real time. */
static void test_random_readings(void **state UNUSED)
{
    uint64_t seed = 7, value = 0;
    struct counter c = {0};
    struct raw last = {0};
    double now = 1;

    for (int i = 0; i < 100000; i++) {
        struct raw reading;
        struct step step;

        now += (double)support_random_below(&seed, 5) / 2 - 0.5;
        value = support_random(&seed) >> support_random_below(&seed, 64);
        reading =
            support_random_below(&seed, 4) ? at(now < 1 ? now = 1 : now, value) : (struct raw){0};
        step = counter_step(&c, reading);
        if (step.valid && !step.held) {
            assert_true(reading.value >= last.value && reading.at.ns > last.at.ns);
            assert_true(step.delta == reading.value - last.value);
            assert_near(step.rate * step.seconds / (double)(step.delta + 1),
                        (double)step.delta / (double)(step.delta + 1));
        }
        assert_true(step.rate >= 0 && isfinite(step.rate));
        if (raw_valid(reading) && reading.at.ns != last.at.ns)
            last = reading;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_reading),
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_backwards),
        cmocka_unit_test(test_backwards_is_zero),
        cmocka_unit_test(test_no_time_passed),
        cmocka_unit_test(test_long_gap),
        cmocka_unit_test(test_held_between_beats),
        cmocka_unit_test(test_not_held),
        cmocka_unit_test(test_bad_reading_in_between),
        cmocka_unit_test(test_newborn),
        cmocka_unit_test(test_newborn_that_is_none),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_clamp),
        cmocka_unit_test(test_random_readings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
