/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/record_number: numbers as text that reads back the same. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profile/diff.h"
#include "profiler/record_internal.h"
#include "support.h"

/* Numbers read back bit by bit, in no more digits than that takes. */
static void check_number(double value, const char *expected)
{
    struct buf out = {0};

    record_put_number(&out, value);
    if (expected)
        assert_string_equal(buf_text(&out), expected);
    if (isfinite(value)) {
        double back = strtod(buf_text(&out), NULL);

        if (memcmp(&back, &value, sizeof(back)) != 0)
            fail_msg("%s is not %.17g", buf_text(&out), value);
    }
    buf_done(&out);
}

static void test_numbers(void **state UNUSED)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0.0"},
        {1, "1"},
        {-17, "-17"},
        {0.1, "0.1"},
        {-0.1, "-0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {62.239999999999995, "62.239999999999995"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {100, "100"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {1e300, "1e+300"},
        {-1e-300, "-1e-300"},
        {0.0001, "0.0001"},
        {5e-324, "4.94065645841247e-324"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
        {123456789.123, "123456789.123"},
    };
    struct random_source source = {7};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        check_number(cases[i].value, cases[i].text);
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t bits = random_next(&source);
        double value;

        memcpy(&value, &bits, sizeof(value));
        check_number(value, NULL);
        check_number(random_unit(&source) * pow(10, (int)(bits % 30) - 12), NULL);
        check_number((double)(bits >> 40) / 1000, NULL);
    }
}

/* Of a float the digits of a float will do. */
static void test_floats(void **state UNUSED)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {
        {0.1f, "0.1"}, {1.0f / 3, "0.33333334"}, {16777216, "16777216"}, {-2.5f, "-2.5"},
        {0, "0"},      {1.17549435e-38f, NULL},  {3.4028235e38f, NULL},  {123456.79f, "123456.79"},
    };
    struct random_source source = {11};
    struct buf out = {0};

    for (size_t i = 0; i < ARRAY_SIZE(cases) + 100000; i++) {
        uint32_t bits = (uint32_t)random_next(&source);
        const char *expected = i < ARRAY_SIZE(cases) ? cases[i].text : NULL;
        float value, back;

        memcpy(&value, &bits, sizeof(value));
        if (i % 2)
            value = (float)(random_unit(&source) * 50);
        if (i < ARRAY_SIZE(cases))
            value = cases[i].value;
        buf_clear(&out);
        record_put_float(&out, value);
        if (expected)
            assert_string_equal(buf_text(&out), expected);
        if (!isfinite(value)) {
            assert_string_equal(buf_text(&out), "null");
            continue;
        }
        back = (float)strtod(buf_text(&out), NULL);
        if (memcmp(&back, &value, sizeof(back)) != 0)
            fail_msg("%s is not %.9g", buf_text(&out), (double)value);
    }
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_floats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
