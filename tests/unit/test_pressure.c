/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/pressure: real files, cut and spoilt ones. */
#include "kernel/pressure.h"

#include <errno.h>
#include <string.h>

#include "support.h"

/* Linux 6.1, /proc/pressure/io. */
static const char both[] = "some avg10=1.53 avg60=12.05 avg300=0.98 total=182345678\n"
                           "full avg10=0.99 avg60=7.00 avg300=100.00 total=18446744073709551615\n";
/* Linux 5.4, /proc/pressure/cpu. */
static const char some_only[] = "some avg10=0.00 avg60=0.00 avg300=0.00 total=4711\n";

static void test_both(void **state UNUSED)
{
    struct pressure p;

    assert_int_equal(parse_pressure(both, sizeof(both) - 1, &p), 0);
    assert_true(p.some.valid && p.full.valid);
    assert_int_equal(p.some.avg10, 153);
    assert_int_equal(p.some.avg60, 1205);
    assert_int_equal(p.some.avg300, 98);
    assert_int_equal(p.some.total_us, 182345678);
    assert_int_equal(p.full.avg10, 99);
    assert_int_equal(p.full.avg60, 700);
    assert_int_equal(p.full.avg300, 10000);
    assert_true(p.full.total_us == UINT64_MAX);
}

static void test_some_only(void **state UNUSED)
{
    struct pressure p = {.full = {.valid = true}};

    assert_int_equal(parse_pressure(some_only, sizeof(some_only) - 1, &p), 0);
    assert_true(p.some.valid);
    assert_false(p.full.valid);
    assert_int_equal(p.some.avg60, 0);
    assert_int_equal(p.some.total_us, 4711);
}

/* A line that another kernel adds, or that is broken, takes no other with it. */
static void test_unknown_lines(void **state UNUSED)
{
    static const char text[] = "most avg10=9.00 avg60=9.00 avg300=9.00 total=9\n"
                               "some avg10=x avg60=9.00 avg300=9.00 total=9\n"
                               "\n"
                               "full avg10=1.00 avg60=2.00 avg300=3.00 total=4\n";
    struct pressure p;

    assert_int_equal(parse_pressure(text, sizeof(text) - 1, &p), 0);
    assert_false(p.some.valid);
    assert_true(p.full.valid);
    assert_int_equal(p.full.avg60, 200);
}

static void test_rejects(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "\n",
        "some\n",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=\n",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=1", /* cut: 1 may be 100 */
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=1 more\n",
        "some avg10=0.0 avg60=0.00 avg300=0.00 total=1\n",
        "some avg10=0.000 avg60=0.00 avg300=0.00 total=1\n",
        "some avg10=0 avg60=0.00 avg300=0.00 total=1\n",
        "some avg10=-0.01 avg60=0.00 avg300=0.00 total=1\n",
        "some avg10=0.-1 avg60=0.00 avg300=0.00 total=1\n",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=-1\n",
        "some avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073709551616\n",
        "some avg10=18446744073709551615.00 avg60=0.00 avg300=0.00 total=1\n",
        "some avg60=0.00 avg10=0.00 avg300=0.00 total=1\n",
        " some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
        "SOME avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
        "someavg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pressure p = {.some = {.avg10 = 77}};

        if (parse_pressure(bad[i], strlen(bad[i]), &p) != -EBADMSG)
            print_error("accepted: %s\n", bad[i]);
        assert_int_equal(parse_pressure(bad[i], strlen(bad[i]), &p), -EBADMSG);
        assert_int_equal(p.some.avg10, 77);
        assert_false(p.some.valid);
    }
}

/* What a cut text gives is what the whole one gives, or nothing. */
static void parse_cut(const char *text, size_t len)
{
    struct pressure whole, p;
    const char *first_end = strchr(both, '\n') + 1;
    int r = parse_pressure(text, len, &p);

    assert_int_equal(parse_pressure(both, sizeof(both) - 1, &whole), 0);
    assert_int_equal(r, len >= (size_t)(first_end - both) ? 0 : -EBADMSG);
    if (r < 0)
        return;
    assert_int_equal(p.some.total_us, whole.some.total_us);
    assert_true(p.full.valid == (len == sizeof(both) - 1));
    if (p.full.valid)
        assert_true(p.full.total_us == whole.full.total_us);
}

static void parse_any(const char *text, size_t len)
{
    struct pressure p;
    int r = parse_pressure(text, len, &p);

    assert_true(r == 0 || r == -EBADMSG);
    if (r < 0)
        return;
    assert_true(p.some.valid || p.full.valid);
    if (p.some.valid)
        assert_true(p.some.avg10 < 1000000 && p.some.avg60 < 1000000 && p.some.avg300 < 1000000);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(both, sizeof(both) - 1, parse_cut);
    support_each_garbage(both, sizeof(both) - 1, 20000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both),           cmocka_unit_test(test_some_only),
        cmocka_unit_test(test_unknown_lines),  cmocka_unit_test(test_rejects),
        cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
