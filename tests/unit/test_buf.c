/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/buf: growth, and decimal output held against printf's. */
#include "base/buf.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static void test_growth(void **state UNUSED)
{
    struct buf b = {0};
    char *data;

    assert_string_equal(buf_text(&b), "");
    buf_add(&b, NULL, 0);
    buf_add(&b, "ab", 2);
    buf_putc(&b, 'c');
    buf_puts(&b, "");
    buf_puts(&b, "de");
    buf_printf(&b, "%s%d", "f", 7);
    buf_printf(&b, "%s", "");
    assert_int_equal(b.len, 7);
    assert_string_equal(buf_text(&b), "abcdef7");
    for (int i = 0; i < 100000; i++)
        buf_putc(&b, (char)('a' + i % 26));
    assert_int_equal(b.len, 100007);
    assert_memory_equal(b.data, "abcdef7abc", 10);
    data = b.data;
    buf_clear(&b);
    buf_puts(&b, "again");
    assert_ptr_equal(b.data, data);
    assert_string_equal(buf_text(&b), "again");
    buf_done(&b);
    assert_null(b.data);
    buf_done(&b);
}

static void test_u64(void **state UNUSED)
{
    uint64_t seed = 1;
    struct buf b = {0};

    for (int i = 0; i < 2000; i++) {
        uint64_t n = support_random(&seed) >> support_random_below(&seed, 64);
        char expected[32];

        snprintf(expected, sizeof(expected), "%" PRIu64, i == 0 ? 0 : i == 1 ? UINT64_MAX : n);
        buf_clear(&b);
        buf_put_u64(&b, i == 0 ? 0 : i == 1 ? UINT64_MAX : n);
        assert_string_equal(buf_text(&b), expected);
    }
    buf_done(&b);
}

static void check_same(double value, unsigned digits)
{
    struct buf b = {0};
    char expected[400];

    snprintf(expected, sizeof(expected), "%.*f", (int)digits, value);
    buf_put_fixed(&b, value, digits);
    assert_string_equal(buf_text(&b), expected);
    buf_done(&b);
}

/* As printf, but for values that lie in the middle within their grain. */
static void check_close(double value, unsigned digits)
{
    struct buf b = {0};
    char expected[400];
    long double unit = powl(10, digits), got;
    const char *point;

    snprintf(expected, sizeof(expected), "%.*f", (int)digits, value);
    buf_put_fixed(&b, value, digits);
    got = strtold(buf_text(&b), NULL);
    point = strchr(buf_text(&b), '.');
    assert_int_equal(point ? strlen(point + 1) : 0, digits);
    assert_int_equal(strspn(buf_text(&b), "-0123456789."), b.len);
    if (strcmp(buf_text(&b), expected) != 0 && strcmp(expected + 1, buf_text(&b)) != 0 &&
        fabsl((long double)value * unit - got * unit) > 0.5L + 1e-6L) {
        print_error("%.17g with %u digits became %s\n", value, digits, buf_text(&b));
        fail();
    }
    buf_done(&b);
}

static void test_fixed_random(void **state UNUSED)
{
    static const double magnitudes[] = {1e-7, 1e-3, 1, 100, 1e4, 1e7, 1e9};
    uint64_t seed = 2;

    for (unsigned i = 0; i < 70000; i++) {
        double unit = (double)(support_random(&seed) >> 11) / 9007199254740992.0;
        double value = unit * magnitudes[i % ARRAY_SIZE(magnitudes)];

        if (support_random(&seed) & 1024)
            value = -value;
        check_close(value, i / ARRAY_SIZE(magnitudes) % 7);
    }
}

static void test_fixed_edges(void **state UNUSED)
{
    static const double same[] = {0,    0.25,       0.75,       1,          1.75,
                                  9.75, 99.75,      100.0,      0.9999999,  99.996,
                                  1e-9, 1234567.75, 4294967296, 18446744073};

    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        for (unsigned digits = 0; digits <= 6; digits++)
            check_close(same[i], digits);
        check_same(same[i], 6);
    }
    check_same(45, 2);
    check_same(99.999, 2);
    check_same(-1.25, 3);
}

/* Half goes away from zero, and nothing that rounds to zero has a sign. */
static void test_fixed_rounding(void **state UNUSED)
{
    static const struct {
        double value;
        unsigned digits;
        const char *text;
    } rows[] = {
        {0.5, 0, "1"},
        {1.5, 0, "2"},
        {2.5, 0, "3"},
        {-0.5, 0, "-1"},
        {-2.5, 0, "-3"},
        {0.125, 2, "0.13"},
        {0.375, 2, "0.38"},
        {-0.125, 2, "-0.13"},
        {-0.0, 0, "0"},
        {-0.0, 2, "0.00"},
        {-0.001, 2, "0.00"},
        {-0.4, 0, "0"},
        {-1e-300, 6, "0.000000"},
        {0.995, 0, "1"},
        {9.999, 2, "10.00"},
        {5e-324, 6, "0.000000"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct buf b = {0};

        buf_put_fixed(&b, rows[i].value, rows[i].digits);
        assert_string_equal(buf_text(&b), rows[i].text);
        buf_done(&b);
    }
}

/* Integers that a double holds exactly come out exactly. */
static void test_fixed_big_integers(void **state UNUSED)
{
    uint64_t seed = 3;

    check_same(4503599627370497.0, 0);
    check_same(8999999999999999.0, 0);
    for (unsigned i = 0; i < 20000; i++)
        check_same((double)(support_random(&seed) >> (11 + i % 50)), 0);
    check_same(1.8446744073709552e19, 0);
    check_same(1e22, 2);
    check_same(-1e300, 1);
    check_same(1.7976931348623157e308, 0);
}

/* Decimals that a large double still has are not lost. */
static void test_fixed_big_fractions(void **state UNUSED)
{
    check_same(90000000000000.25, 2);
    check_same(123456789012.75, 6);
    check_same(-98765432109876.5, 3);
    check_same(4503599627370495.5, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_u64),
        cmocka_unit_test(test_fixed_random),
        cmocka_unit_test(test_fixed_edges),
        cmocka_unit_test(test_fixed_rounding),
        cmocka_unit_test(test_fixed_big_integers),
        cmocka_unit_test(test_fixed_big_fractions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
