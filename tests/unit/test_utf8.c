/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base/utf8: every code point there is, and what is no UTF-8. */
#include "base/utf8.h"

#include <string.h>

#include "support.h"

static size_t encode(uint32_t c, char text[5])
{
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    memset(text, 0, 5);
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        text[i] = (char)(0x80 | (c & 0x3f));
    text[0] = (char)(n == 1 ? c : c | (0xf00u >> n & 0xff));
    return n;
}

static void test_every_code_point(void **state UNUSED)
{
    char text[5];

    for (uint32_t c = 1; c <= 0x110fff; c++) {
        size_t n = encode(c, text);
        uint32_t got = 0;

        if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
            assert_int_equal(utf8_next(text, &got), 0);
            continue;
        }
        assert_int_equal(utf8_next(text, &got), n);
        assert_int_equal(got, c);
        text[n - 1] = '\0'; /* cut */
        if (n > 1)
            assert_int_equal(utf8_next(text, &got), 0);
    }
}

static void test_malformed(void **state UNUSED)
{
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
        "\xc2",
        "\xe2\x82",
        "\xf0\x9f\x98",
        "\xc2 ",
        "\xe2(\xa1",
        "\xe2\x82(",
    };
    uint32_t c;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(utf8_next(bad[i], &c), 0);
    assert_int_equal(utf8_next("", &c), 1);
    assert_int_equal(c, 0);
}

static void test_controls(void **state UNUSED)
{
    for (uint32_t c = 0; c < 0x200; c++)
        assert_int_equal(utf8_is_control(c), c < 0x20 || (c > 0x7e && c < 0xa0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_controls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
