/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/num: limits, empty text, trailing bytes, and cursors that stay put on failure. */
#include "base/num.h"

#include <string.h>

#include "support.h"

static void test_u64_limits(void **state UNUSED)
{
    uint64_t n = 5;

    assert_true(parse_u64("0", &n) && n == 0);
    assert_true(parse_u64("18446744073709551615", &n) && n == UINT64_MAX);
    assert_true(parse_u64("00000000000000000000000000000000007", &n) && n == 7);
    n = 5;
    assert_false(parse_u64("18446744073709551616", &n));
    assert_false(parse_u64("18446744073709551625", &n));
    assert_false(parse_u64("99999999999999999999", &n));
    assert_false(parse_u64("184467440737095516150", &n));
    assert_int_equal(n, 5);
}

static void test_u64_rejects(void **state UNUSED)
{
    static const char *const bad[] = {"",   " ",   "-1", "+1", "1 ", " 1", "1a",
                                      "a1", "0x1", "1.", ".1", "-",  "1\n"};
    uint64_t n = 5;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(parse_u64(bad[i], &n));
    assert_int_equal(n, 5);
}

static void test_i64_limits(void **state UNUSED)
{
    int64_t n = 5;

    assert_true(parse_i64("-1", &n) && n == -1);
    assert_true(parse_i64("-0", &n) && n == 0);
    assert_true(parse_i64("9223372036854775807", &n) && n == INT64_MAX);
    assert_true(parse_i64("-9223372036854775807", &n) && n == -INT64_MAX);
    n = 5;
    assert_false(parse_i64("9223372036854775808", &n));
    assert_false(parse_i64("-9223372036854775809", &n));
    assert_false(parse_i64("-", &n));
    assert_false(parse_i64("--1", &n));
    assert_false(parse_i64("- 1", &n));
    assert_false(parse_i64("+1", &n));
    assert_false(parse_i64("", &n));
    assert_false(parse_i64("1e3", &n));
    assert_int_equal(n, 5);
}

static void test_i64_smallest(void **state UNUSED)
{
    int64_t n = 5;

    assert_true(parse_i64("-9223372036854775808", &n));
    assert_true(n == INT64_MIN);
}

static void test_seconds_accepted(void **state UNUSED)
{
    double s = -1;

    assert_true(parse_seconds("2", &s));
    assert_near(s, 2);
    assert_true(parse_seconds("0.5", &s));
    assert_near(s, 0.5);
    assert_true(parse_seconds(".5", &s));
    assert_near(s, 0.5);
    assert_true(parse_seconds("3600.000", &s));
    assert_true(s <= 3600 && s >= 3600);
    assert_true(parse_seconds("0.1", &s));
    assert_true(s >= 0.1 && s <= 0.1);
    assert_true(parse_seconds("0.10", &s));
    assert_true(s >= 0.1 && s <= 0.1);
    assert_true(parse_seconds("0", &s));
    assert_near(s, 0);
    assert_true(parse_seconds("123456789012345", &s));
    assert_near(s, 123456789012345.0);
}

/* A fraction as a calculator prints it. */
static void test_seconds_long_fraction(void **state UNUSED)
{
    double s = -1;

    assert_true(parse_seconds("0.3333333333333333", &s));
    assert_near(s, 1.0 / 3);
    assert_true(parse_seconds("1.00000000000000000000", &s));
    assert_near(s, 1);
}

static void test_seconds_rejected(void **state UNUSED)
{
    static const char *const bad[] = {"",    ".",   " 1",  "1 ",  "-1",    "+1", "1e3",
                                      "1,5", "inf", "nan", "0x1", "1.2.3", "1s", "\n"};
    double s = -1;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(parse_seconds(bad[i], &s));
    assert_near(s, -1);
}

static void test_sizes(void **state UNUSED)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},
        {"1400", 1400},
        {"0K", 0},
        {"1K", 1024},
        {"64K", 65536},
        {"16M", 16777216},
        {"3G", UINT64_C(3221225472)},
        {"007K", 7168},
        {"18446744073709551615", UINT64_MAX},
        {"18014398509481983K", UINT64_MAX - 1023},
        {"17592186044415M", UINT64_MAX - 1048575},
        {"17179869183G", UINT64_MAX - 1073741823},
    };
    static const char *const bad[] = {"",
                                      "K",
                                      "1k",
                                      "1m",
                                      "1KB",
                                      "1KiB",
                                      "1 K",
                                      " 1K",
                                      "1K ",
                                      "-1K",
                                      "+1K",
                                      "1.5K",
                                      "1KK",
                                      "1K1",
                                      "1T",
                                      "x",
                                      "0x1",
                                      "1e3",
                                      "18446744073709551616",
                                      "18014398509481984K",
                                      "17592186044416M",
                                      "17179869184G",
                                      "18446744073709551615G"};
    uint64_t n = 5;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_true(parse_size(good[i].text, &n));
        assert_true(n == good[i].bytes);
    }
    n = 5;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(parse_size(bad[i], &n));
    assert_int_equal(n, 5);
}

static void test_cursor_stays(void **state UNUSED)
{
    const char text[] = "x18446744073709551616";
    struct cursor c = cursor_of(text, sizeof(text) - 1), before = c;
    uint64_t u = 5;
    int64_t i = 5;

    assert_false(cursor_u64(&c, &u));
    assert_false(cursor_i64(&c, &i));
    assert_false(cursor_word(&c, "xy"));
    assert_false(cursor_word(&c, "x184467440737095516160"));
    assert_ptr_equal(c.at, before.at);
    assert_true(cursor_word(&c, "x"));
    assert_false(cursor_u64(&c, &u));
    assert_ptr_equal(c.at, text + 1);
    assert_true(cursor_word(&c, ""));
    assert_ptr_equal(c.at, text + 1);
    assert_int_equal(u, 5);
    assert_int_equal(i, 5);
}

static void test_cursor_minus_stays(void **state UNUSED)
{
    struct cursor c = cursor_of("-", 1);
    const char *at = c.at;
    int64_t i;

    assert_false(cursor_i64(&c, &i));
    assert_ptr_equal(c.at, at);
    c = cursor_of("-5", 1);
    assert_false(cursor_i64(&c, &i));
}

static void test_cursor_stops_at_end(void **state UNUSED)
{
    struct cursor c = cursor_of("123456", 3);
    uint64_t n;

    assert_true(cursor_u64(&c, &n));
    assert_int_equal(n, 123);
    assert_ptr_equal(c.at, c.end);
    assert_false(cursor_u64(&c, &n));
    assert_false(cursor_word(&c, "4"));
}

static void test_lines(void **state UNUSED)
{
    struct cursor c = cursor_of("a\n\nbc", 5), line;

    assert_true(cursor_line(&c, &line));
    assert_int_equal(line.end - line.at, 1);
    assert_true(cursor_line(&c, &line));
    assert_int_equal(line.end - line.at, 0);
    assert_true(cursor_line(&c, &line));
    assert_memory_equal(line.at, "bc", 2);
    assert_ptr_equal(line.end, c.end);
    assert_false(cursor_line(&c, &line));
    c = cursor_of("", 0);
    assert_false(cursor_line(&c, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_u64_limits),          cmocka_unit_test(test_u64_rejects),
        cmocka_unit_test(test_i64_limits),          cmocka_unit_test(test_i64_smallest),
        cmocka_unit_test(test_seconds_accepted),    cmocka_unit_test(test_seconds_long_fraction),
        cmocka_unit_test(test_seconds_rejected),    cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_cursor_stays),        cmocka_unit_test(test_cursor_minus_stays),
        cmocka_unit_test(test_cursor_stops_at_end), cmocka_unit_test(test_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
