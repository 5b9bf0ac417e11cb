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

/* 32 bits that come round: what was gained is little enough for the time. */
static void test_step_32(void **state UNUSED)
{
    struct counter c = {0};
    struct step step;

    assert_no_step(counter_step_32(&c, at(5, 4294967290), 1000));
    step = counter_step_32(&c, at(7, 194), 1000); /* 6 to the end, 194 behind it */
    assert_true(step.valid);
    assert_int_equal(step.delta, 200);
    assert_near(step.seconds, 2);
    assert_near(step.rate, 100);
    assert_near(c.rate, 100);
    assert_true(c.has_rate && c.last.value == 194);
    step = counter_step_32(&c, at(8, 204), 1000);
    assert_int_equal(step.delta, 10);
    step = counter_step_32(&c, at(9, 1000000), 1000); /* the limit is for wraps alone */
    assert_int_equal(step.delta, 999796);
}

static void test_step_32_limit(void **state UNUSED)
{
    struct counter c = {0};

    counter_step_32(&c, at(5, 4294967295), 1000);
    assert_int_equal(counter_step_32(&c, at(7, 1999), 1000).delta, 2000); /* just so */
    c = (struct counter){0};
    counter_step_32(&c, at(5, 4294967295), 1000);
    assert_no_step(counter_step_32(&c, at(7, 2000), 1000));
    assert_false(c.has_rate);
    assert_int_equal(c.last.value, 2000); /* and goes on from there */
    assert_int_equal(counter_step_32(&c, at(8, 2003), 1000).delta, 3);
    assert_no_step(counter_step_32(&c, at(9, 0), 1000));
}

static void test_step_32_is_none(void **state UNUSED)
{
    struct counter c = {0};

    assert_no_step(counter_step_32(&c, (struct raw){0}, 1e18));
    counter_step_32(&c, at(5, UINT64_C(4294967296)), 1e18); /* more than 32 bits: no wrap */
    assert_no_step(counter_step_32(&c, at(6, 5), 1e18));
    c = (struct counter){0};
    counter_step_32(&c, at(5, 100), 1e18);
    assert_no_step(counter_step_32(&c, at(5, 50), 1e18)); /* no time passed */
    assert_no_step(counter_step_32(&c, at(4, 50), 1e18));
    assert_no_step(counter_step_32(&c, (struct raw){.value = 3}, 1e18));
}

static void test_expects_step(void **state UNUSED)
{
    struct counter c = {0};

    assert_false(counter_expects_step(&c, at(5, 100)));
    counter_step_slow(&c, at(5, 100));
    assert_false(counter_expects_step(&c, at(5, 100))); /* still the first */
    assert_true(counter_expects_step(&c, at(6, 100)));
    assert_true(counter_expects_step(&c, (struct raw){0}));
    counter_step_slow(&c, at(6, 110));
    assert_true(counter_expects_step(&c, at(6, 110)));
    counter_step_slow(&c, at(7, 3)); /* it fell: a step was due, and stays so */
    assert_true(counter_expects_step(&c, at(7, 3)));
    c = (struct counter){0};
    counter_step_newborn(&c, at(12, 5), (struct mono){10 * SECOND});
    assert_true(counter_expects_step(&c, at(12, 5)));
}

static void test_sum_member(void **state UNUSED)
{
    const struct step good = {.valid = true, .delta = 10, .rate = 5}, none = {0};
    struct sum sum = {0};
    struct sum_step cycle = {0};

    /* The set is new: first readings start the total. */
    sum_member(&sum, &cycle, none, (struct membership){.reading = at(5, 100), .set_is_new = true});
    sum_member(&sum, &cycle, none, (struct membership){.reading = at(5, 30), .set_is_new = true});
    sum_member(&sum, &cycle, none, (struct membership){.set_is_new = true}); /* not read */
    assert_true(sum.started && sum.total == 130);
    assert_false(cycle.incomplete);
    assert_int_equal(cycle.members, 0);
    /* It is not: the first reading of another one adds nothing and breaks nothing. */
    sum_member(&sum, &cycle, good, (struct membership){.reading = at(6, 110), .known = true});
    sum_member(&sum, &cycle, none, (struct membership){.reading = at(6, 5000)});
    assert_int_equal(sum.total, 140);
    assert_int_equal(cycle.members, 1);
    assert_false(cycle.incomplete);
    /* One that was read before is not known, but for one that has gone. */
    sum_member(&sum, &cycle, none, (struct membership){.known = true, .gone = true});
    assert_false(cycle.incomplete);
    sum_member(&sum, &cycle, none, (struct membership){.reading = at(6, 3), .known = true});
    assert_true(cycle.incomplete);
    sum_member(&sum, &cycle, good, (struct membership){.reading = at(6, 120), .known = true});
    assert_true(cycle.incomplete); /* and stays so */
    assert_int_equal(sum.total, 150);
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
        cmocka_unit_test(test_step_32),
        cmocka_unit_test(test_step_32_limit),
        cmocka_unit_test(test_step_32_is_none),
        cmocka_unit_test(test_expects_step),
        cmocka_unit_test(test_sum_member),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_clamp),
        cmocka_unit_test(test_random_readings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
