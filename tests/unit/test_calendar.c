/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/calendar: hours by the local clock, and a table of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "profiler/calendar.h"
#include "support.h"

/* 2023-11-14 was a Tuesday. */
#define TUESDAY_2213_UTC 1700000000.0

static void set_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void test_slots_of_times(void **state UNUSED)
{
    set_zone("UTC");
    assert_int_equal(calendar_slot(CALENDAR_NONE, TUESDAY_2213_UTC), -1);
    assert_int_equal(calendar_slot(CALENDAR_HOUR_OF_DAY, TUESDAY_2213_UTC), 22);
    assert_int_equal(calendar_slot(CALENDAR_HOUR_OF_WEEK, TUESDAY_2213_UTC), 24 + 22);
    assert_int_equal(calendar_slot(CALENDAR_HOUR_OF_WEEK, TUESDAY_2213_UTC - 2 * 86400),
                     6 * 24 + 22); /* Sunday is the last day */
    set_zone("XXX-2");             /* two hours east: Wednesday has begun */
    assert_int_equal(calendar_slot(CALENDAR_HOUR_OF_DAY, TUESDAY_2213_UTC), 0);
    assert_int_equal(calendar_slot(CALENDAR_HOUR_OF_WEEK, TUESDAY_2213_UTC), 2 * 24);
    set_zone("UTC");
    assert_int_equal(calendar_slot(CALENDAR_HOUR_OF_DAY, NAN), -1);
    assert_int_equal(calendar_slot(CALENDAR_HOUR_OF_DAY, -1), -1);
    assert_int_equal(calendar_slot(CALENDAR_HOUR_OF_DAY, 1e300), -1);
}

static struct profile_settings settings;
static struct buf out;

static struct channel *begin(enum profile_calendar calendar, const char *unit)
{
    struct channel_spec spec = {.name = "x", .lo = 0, .hi = 100, .first = 0.1, .unit = unit};

    profile_settings_defaults(&settings);
    settings.calendar = calendar;
    settings.buffer = 1;
    buf_clear(&out);
    return channel_new(&spec, &settings);
}

static void test_day(void **state UNUSED)
{
    struct channel *channel = begin(CALENDAR_HOUR_OF_DAY, "%");
    size_t most, least;

    calendar_put_table(&out, channel);
    assert_int_equal(out.len, 0);
    channel_take(channel, 40, 0, 7);
    assert_false(calendar_extremes(channel->calendar, &most, &least));
    channel_take(channel, 60, 1, 7);
    channel_take(channel, 100, 2, 9);
    channel_take(channel, 2, 3, 23);
    assert_true(calendar_extremes(channel->calendar, &most, &least));
    assert_int_equal(most, 9);
    assert_int_equal(least, 23);
    calendar_put_slot(&out, channel->calendar, 9);
    assert_string_equal(buf_text(&out), "09");
    buf_clear(&out);
    calendar_put_table(&out, channel);
    assert_string_equal(
        buf_text(&out),
        "  by hour    mean in %, local clock; 99+ is 99\n"
        "      00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
        "       .  .  .  .  .  .  . 50  . 99  .  .  .  .  .  .  .  .  .  .  .  .  .  2\n");
    channel_free(channel);
}

/* What is no percentage is one of its busiest hour. */
static void test_week(void **state UNUSED)
{
    struct channel *channel = begin(CALENDAR_HOUR_OF_WEEK, "B/s");
    const char *text;

    channel_take(channel, 4096, 0, 0);
    channel_take(channel, 1024, 1, 6 * 24 + 1);
    calendar_put_table(&out, channel);
    text = buf_text(&out);
    assert_non_null(strstr(text, "mean in % of the busiest hour (4.0KB/s), local clock"));
    assert_non_null(strstr(text, "\n  Mon 99  . "));
    assert_non_null(strstr(text, "\n  Sun  . 25  . "));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    buf_clear(&out);
    calendar_put_slot(&out, channel->calendar, 6 * 24 + 1);
    assert_string_equal(buf_text(&out), "Sun 01");
    channel_free(channel);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slots_of_times),
        cmocka_unit_test(test_day),
        cmocka_unit_test(test_week),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
