/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/clock: stamps in UTC whatever the time zone, and arithmetic on times. */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static void test_stamp(void **state UNUSED)
{
    char stamp[CLOCK_STAMP_SIZE];

    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    clock_format_stamp((struct timespec){.tv_sec = 0}, stamp);
    assert_string_equal(stamp, "1970-01-01T00:00:00.000Z");
    clock_format_stamp((struct timespec){.tv_sec = 1769903999, .tv_nsec = 123999999}, stamp);
    assert_string_equal(stamp, "2026-01-31T23:59:59.123Z");
    clock_format_stamp((struct timespec){.tv_sec = 1709251199, .tv_nsec = 999999999}, stamp);
    assert_string_equal(stamp, "2024-02-29T23:59:59.999Z");
}

static void test_stamp_stays_in_bounds(void **state UNUSED)
{
    static const time_t times[] = {INT64_MAX, INT64_MIN, INT64_C(253402300800), -1};

    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        char stamp[CLOCK_STAMP_SIZE];

        clock_format_stamp((struct timespec){.tv_sec = times[i]}, stamp);
        assert_in_range(strnlen(stamp, sizeof(stamp)), 1, sizeof(stamp) - 1);
    }
}

static void test_arithmetic(void **state UNUSED)
{
    struct mono t = {INT64_C(5000000000)};

    assert_near(mono_seconds_between(t, mono_add_seconds(t, 2.5)), 2.5);
    assert_near(mono_seconds_between(t, (struct mono){0}), -5);
    assert_int_equal(mono_to_timespec((struct mono){INT64_C(5000000001)}).tv_sec, 5);
    assert_int_equal(mono_to_timespec((struct mono){INT64_C(5000000001)}).tv_nsec, 1);
}

static void test_system_moves_on(void **state UNUSED)
{
    struct mono before = clock_mono(&clock_system);

    assert_true(before.ns > 0);
    assert_true(clock_mono(&clock_system).ns >= before.ns);
    assert_true(clock_system.wall(NULL).tv_sec > 1700000000);
}

static void test_timeval(void **state UNUSED)
{
    static const struct {
        double seconds;
        long whole, micro;
    } rows[] = {{0, 0, 0}, {0.25, 0, 250000}, {5, 5, 0}, {30.5, 30, 500000}, {1e6, 1000000, 0}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct timeval time = clock_timeval(rows[i].seconds);

        assert_int_equal(time.tv_sec, rows[i].whole);
        assert_int_equal(time.tv_usec, rows[i].micro);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timeval),
        cmocka_unit_test(test_stamp),
        cmocka_unit_test(test_stamp_stays_in_bounds),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_system_moves_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
