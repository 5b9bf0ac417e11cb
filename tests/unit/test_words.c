/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/words: values, ranges and durations for people. */
#include <math.h>

#include "profiler/words.h"
#include "support.h"

static const struct channel_spec percent = {.unit = "%"}, bytes = {.unit = "B/s"},
                                 plain = {.unit = ""};

static void test_values(void **state UNUSED)
{
    static const struct {
        const struct channel_spec *spec;
        double value;
        const char *text, *with_unit;
    } all[] = {
        {&percent, 0, "0", "0 %"},
        {&percent, -0.001, "0", "0 %"},
        {&percent, 12.5, "12.5", "12.5 %"},
        {&percent, 12.345, "12.35", "12.35 %"},
        {&percent, -27.7956, "-27.8", "-27.8 %"},
        {&percent, 99.999, "100", "100 %"},
        {&plain, 123456.75, "123456.75", "123456.75"},
        {&plain, 1e18, "1e+18", "1e+18"},
        {&bytes, 0, "0", "0 B/s"},
        {&bytes, -0.01, "0", "0 B/s"},
        {&bytes, 0.5, "0.5B", "0.5B/s"},
        {&bytes, 1536, "1.5K", "1.5KB/s"},
        {&bytes, -6442450944.0, "-6.0G", "-6.0GB/s"},
        {&percent, NAN, "-", "-"},
        {&bytes, INFINITY, "-", "-"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        struct buf out = {0};

        words_put_value(&out, all[i].spec, all[i].value, false);
        assert_string_equal(buf_text(&out), all[i].text);
        buf_clear(&out);
        words_put_value(&out, all[i].spec, all[i].value, true);
        assert_string_equal(buf_text(&out), all[i].with_unit);
        buf_done(&out);
    }
}

static const char *range(struct buf *out, const struct scale *scale, unsigned state)
{
    buf_clear(out);
    words_put_range(out, scale, &percent, state);
    return buf_text(out);
}

/* The edges that are told are those that values go by. */
static void assert_edges(const struct scale *scale)
{
    for (unsigned i = 1; i < scale->states; i++) {
        double edge = words_edge(scale, i), grain = 1e-9 * (scale->hi - scale->lo);

        assert_int_equal(scale_state(scale, edge - grain), i - 1);
        assert_int_equal(scale_state(scale, edge + grain), i);
    }
}

static void test_ranges(void **state UNUSED)
{
    struct scale scale = {.lo = 0, .hi = 100, .states = 4};
    struct buf out = {0};

    assert_string_equal(range(&out, &scale, 0), "below 12.5");
    assert_string_equal(range(&out, &scale, 1), "12.5 to 37.5");
    assert_string_equal(range(&out, &scale, 3), "from 62.5");
    assert_edges(&scale);
    scale.binning = SCALE_EQUAL;
    assert_string_equal(range(&out, &scale, 0), "below 25");
    assert_string_equal(range(&out, &scale, 2), "50 to 75");
    assert_edges(&scale);
    scale = (struct scale){.kind = SCALE_LOG, .lo = -5, .hi = 1e9, .states = 7};
    assert_edges(&scale);
    scale = (struct scale){.lo = 50, .hi = 90, .states = 64};
    assert_edges(&scale);
    buf_done(&out);
}

static void test_durations(void **state UNUSED)
{
    static const struct {
        double seconds;
        const char *text;
    } all[] = {
        {0, "0 s"},       {0.5, "0.5 s"},   {119, "119 s"},     {120, "2 min"},
        {5400, "90 min"}, {12600, "3.5 h"}, {300000, "3.47 d"}, {NAN, "-"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        struct buf out = {0};

        words_put_duration(&out, all[i].seconds);
        assert_string_equal(buf_text(&out), all[i].text);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_durations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
