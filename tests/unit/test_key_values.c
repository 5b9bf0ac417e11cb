/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/key_values: meminfo and status, in any order, with keys missing, cut and spoilt. */
#include "kernel/key_values.h"

#include <string.h>

#include "support.h"

/* Linux 6.x. */
static const char meminfo[] = "MemTotal:       24684092 kB\n"
                              "MemFree:        21954856 kB\n"
                              "MemAvailable:   22210408 kB\n"
                              "Buffers:            1336 kB\n"
                              "Cached:           420132 kB\n"
                              "SwapCached:            0 kB\n"
                              "Active:           314704 kB\n"
                              "Active(anon):      10092 kB\n"
                              "Zswap:                 0 kB\n"
                              "VmallocTotal:   34359738367 kB\n"
                              "HugePages_Total:       3\n"
                              "Hugepagesize:       2048 kB\n"
                              "DirectMap1G:    25165824 kB\n";

/* Of a process whose name looks like another line. */
static const char status[] = "Name:\tVmSwap: 999 \\n\n"
                             "Umask:\t0022\n"
                             "VmRSS:\t    1712 kB\n"
                             "VmSwap:\t      64 kB\n"
                             "HugetlbPages:\t    2048 kB\n"
                             "Threads:\t6\n"
                             "CapEff:\t000001fffeffffff\n";

static size_t parse(const char *text, struct key_value *wanted, size_t count)
{
    return parse_key_values(text, strlen(text), wanted, count);
}

static void test_in_order(void **state UNUSED)
{
    struct key_value w[] = {{.key = "MemTotal:"},     {.key = "Cached:"},
                            {.key = "Active:"},       {.key = "Active(anon):"},
                            {.key = "VmallocTotal:"}, {.key = "HugePages_Total:"},
                            {.key = "DirectMap1G:"}};
    static const uint64_t values[] = {24684092, 420132, 314704, 10092, 34359738367, 3, 25165824};

    assert_int_equal(parse(meminfo, w, ARRAY_SIZE(w)), ARRAY_SIZE(w));
    for (size_t i = 0; i < ARRAY_SIZE(w); i++) {
        assert_true(w[i].valid);
        assert_true(w[i].value == values[i]);
    }
}

static void test_any_order(void **state UNUSED)
{
    struct key_value w[] = {{.key = "DirectMap1G:"}, {.key = "Active(anon):"}, {.key = "MemTotal:"},
                            {.key = "Missing:"},     {.key = "Active:"},       {.key = "Cached"},
                            {.key = "Mem"}};

    w[3].valid = true;
    assert_int_equal(parse(meminfo, w, ARRAY_SIZE(w)), 4);
    assert_true(w[0].valid && w[0].value == 25165824);
    assert_true(w[1].valid && w[1].value == 10092);
    assert_true(w[2].valid && w[2].value == 24684092);
    assert_true(w[4].valid && w[4].value == 314704);
    assert_false(w[3].valid);
    assert_false(w[5].valid); /* a key is matched whole, its colon too */
    assert_false(w[6].valid);
}

static void test_status(void **state UNUSED)
{
    struct key_value w[] = {{.key = "VmSwap:"}, {.key = "HugetlbPages:"}};

    assert_int_equal(parse(status, w, 2), 2);
    assert_int_equal(w[0].value, 64);
    assert_int_equal(w[1].value, 2048);
    assert_int_equal(parse("VmRSS:\t5 kB\nThreads:\t6\n", w, 2), 0);
    assert_false(w[0].valid || w[1].valid);
}

static void test_without_number(void **state UNUSED)
{
    struct key_value w[] = {{.key = "a:"}, {.key = "b:"}, {.key = "c:"}, {.key = "d:"}};

    assert_int_equal(parse("a: x\nb: -5\nc:\nd: 18446744073709551616\n", w, 4), 0);
    assert_int_equal(parse("a: 7", w, 4), 0);
    assert_int_equal(parse("a: 7\n", w, 4), 1);
    assert_int_equal(parse("a: 7\na: 8\nb: 1\n", w, 4), 2);
    assert_int_equal(w[0].value, 7);
    assert_int_equal(parse(" a: 7\n", w, 4), 0);
    assert_int_equal(parse("\n\n:\n", w, 4), 0);
    assert_int_equal(parse("a: 7\n", w, 0), 0);
    assert_int_equal(parse("", w, 4), 0);
}

/* A NUL in the text is a byte like others: it ends no key and no comparison. */
static void test_nul_bytes(void **state UNUSED)
{
    const char key[] = "ab\0xxx\0"; /* what stands behind the key is none of its text */
    struct key_value w[] = {{.key = key}};

    assert_int_equal(parse_key_values("ab\0zzz 5\n", 9, w, 1), 0);
    assert_false(w[0].valid);
    assert_int_equal(parse_key_values("\0 5\nab 6\n", 9, w, 1), 1);
    assert_int_equal(w[0].value, 6);
}

static void parse_cut(const char *text, size_t len)
{
    struct key_value w[] = {{.key = "MemTotal:"},
                            {.key = "HugePages_Total:"},
                            {.key = "DirectMap1G:"},
                            {.key = "Cached:"}};
    static const uint64_t values[] = {24684092, 3, 25165824, 420132};
    size_t found = parse_key_values(text, len, w, ARRAY_SIZE(w));

    for (size_t i = 0; i < ARRAY_SIZE(w); i++) {
        found -= w[i].valid;
        if (w[i].valid)
            assert_int_equal(w[i].value, values[i]);
    }
    assert_int_equal(found, 0);
}

static void parse_any(const char *text, size_t len)
{
    struct key_value w[] = {{.key = "MemTotal:"}, {.key = "DirectMap1G:"}, {.key = "VmSwap:"}};
    size_t found = parse_key_values(text, len, w, ARRAY_SIZE(w));

    for (size_t i = 0; i < ARRAY_SIZE(w); i++)
        found -= w[i].valid;
    assert_int_equal(found, 0);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(meminfo, sizeof(meminfo) - 1, parse_cut);
    support_each_garbage(meminfo, sizeof(meminfo) - 1, 5000, parse_any);
    support_each_garbage(status, sizeof(status) - 1, 5000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),  cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_status),    cmocka_unit_test(test_without_number),
        cmocka_unit_test(test_nul_bytes), cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
