/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/diskstats: lines of several kernels, cut and spoilt texts. */
#include "kernel/diskstats.h"

#include <string.h>

#include "support.h"

/* Linux 6.x. */
static const char text_now[] =
    "   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
    "   8       0 sda 18765 4321 1530264 9321 7654 3210 987654 12345 2 15678 21999 12 3 4096 333 "
    "210 77\n"
    "   8       1 sda1 172 0 11602 51 0 0 0 0 0 84 51 0 0 0 0 0 0\n"
    " 259       0 nvme0n1 401 0 20032 99 18446744073709551615 0 0 0 0 120 99 0 0 0 0 0 0\n"
    "   0       0 nvme0c0n1 401 0 20032 99 0 0 0 0 0 120 99 0 0 0 0 0 0\n"
    " 104      16 cciss/c0d1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n";

static void test_now(void **state UNUSED)
{
    static const uint64_t sda[] = {18765, 4321,  1530264, 9321, 7654, 3210, 987654, 12345, 2,
                                   15678, 21999, 12,      3,    4096, 333,  210,    77};
    static const char *const names[] = {"loop0",   "sda",       "sda1",
                                        "nvme0n1", "nvme0c0n1", "cciss/c0d1"};
    static const unsigned numbers[][2] = {{7, 0}, {8, 0}, {8, 1}, {259, 0}, {0, 0}, {104, 16}};
    struct cursor c = cursor_of(text_now, sizeof(text_now) - 1);
    struct diskstats_line line;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_true(diskstats_next(&c, &line));
        assert_int_equal(line.name_len, strlen(names[i]));
        assert_memory_equal(line.name, names[i], line.name_len);
        assert_int_equal(line.major, numbers[i][0]);
        assert_int_equal(line.minor, numbers[i][1]);
        assert_int_equal(line.counted, DISKSTAT__COUNT);
        if (i == 1)
            assert_memory_equal(line.counters, sda, sizeof(sda));
        if (i == 3)
            assert_true(line.counters[DISKSTAT_WRITES] == UINT64_MAX);
    }
    for (unsigned i = 0; i < DISKSTAT__COUNT; i++)
        assert_int_equal(line.counters[i], i + 1);
    assert_false(diskstats_next(&c, &line));
    assert_int_equal(line.minor, 16); /* untouched */
}

/* Counters of the only device of a line, 0 = it is none. */
static unsigned counted(const char *text, struct diskstats_line *line)
{
    struct cursor c = cursor_of(text, strlen(text)), rest;

    if (!diskstats_next(&c, line))
        return 0;
    rest = c;
    assert_false(diskstats_next(&rest, &(struct diskstats_line){0}));
    return line->counted;
}

static void test_other_kernels(void **state UNUSED)
{
    struct diskstats_line line;

    assert_int_equal(counted("8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n", &line), 11);
    assert_int_equal(line.counters[DISKSTAT_MS_WEIGHTED], 11);
    assert_int_equal(line.counters[DISKSTAT_DISCARDS], 0);
    assert_int_equal(counted("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n", &line), 15);
    assert_int_equal(line.counters[DISKSTAT_MS_DISCARDING], 15);
    assert_int_equal(line.counters[DISKSTAT_FLUSHES], 0);
    assert_int_equal(counted("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19\n", &line),
                     17);
    assert_int_equal(line.counters[DISKSTAT_MS_FLUSHING], 17);
    assert_int_equal(counted("8 0 s!a\\x 1 2 3 4 5 6 7 8 9 10 11 \t\n", &line), 11);
    assert_memory_equal(line.name, "s!a\\x", 5);
    /* What follows the counters may be anything, as long as it follows them. */
    assert_int_equal(counted("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 x 13\n", &line), 11);
    assert_int_equal(counted("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12x\n", &line), 11);
}

static void test_lines_that_are_no_device(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "\n",
        " \n",
        "8\n",
        "8 0\n",
        "8 0 sda\n",
        "8 0 sda 1 2 3 4\n",
        "8 0 sda 1 2 3 4 5 6 7 8 9 10\n",
        "8 0 sda 1 2 3 4 5 6 7 8 9 10 11",
        "8 0 sda 1 2 3 4 5 6 7 8 9 10 11x\n",
        "8 0 sda 1 2 3 4 -5 6 7 8 9 10 11\n",
        "8 0 sda 1 2 3 4 18446744073709551616 6 7 8 9 10 11\n",
        "4294967296 0 sda 1 2 3 4 5 6 7 8 9 10 11\n",
        "8 4294967296 sda 1 2 3 4 5 6 7 8 9 10 11\n",
        "8 0x sda 1 2 3 4 5 6 7 8 9 10 11\n",
        "sda 8 0 1 2 3 4 5 6 7 8 9 10 11\n",
        "8 0 sd\033a 1 2 3 4 5 6 7 8 9 10 11\n",
    };
    static const char nul[] = "8 0 sd\0a 1 2 3 4 5 6 7 8 9 10 11\n";
    struct cursor c = cursor_of(nul, sizeof(nul) - 1);
    struct diskstats_line line;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        if (counted(bad[i], &line))
            fail_msg("taken for a device: %s", bad[i]);
    }
    assert_false(diskstats_next(&c, &line));
    assert_int_equal(counted("garbage\n\n8 0 sda 1 2\n"
                             "8 16 sdb 1 2 3 4 5 6 7 8 9 10 11\n8 32 sdc 1 2",
                             &line),
                     11);
    assert_memory_equal(line.name, "sdb", 3);
}

/* Whole lines of the text, in its order, and none beyond. */
static void parse_cut(const char *text, size_t len)
{
    struct cursor c = cursor_of(text, len);
    struct cursor whole = cursor_of(text_now, sizeof(text_now) - 1);
    struct diskstats_line line, expected;
    size_t lines = 0, newlines = 0;

    for (size_t i = 0; i < len; i++)
        newlines += text[i] == '\n';
    for (; diskstats_next(&c, &line); lines++) {
        assert_true(diskstats_next(&whole, &expected));
        assert_int_equal(line.name - text, expected.name - text_now);
        assert_int_equal(line.name_len, expected.name_len);
        assert_memory_equal(line.counters, expected.counters, sizeof(line.counters));
    }
    assert_int_equal(lines, newlines);
}

static void parse_any(const char *text, size_t len)
{
    struct cursor c = cursor_of(text, len);
    const char *before = text;
    struct diskstats_line line;

    while (diskstats_next(&c, &line)) {
        assert_true(c.at > before && c.at <= text + len);
        assert_true(line.name >= before && line.name + line.name_len < c.at);
        assert_null(memchr(line.name, '\0', line.name_len));
        assert_in_range(line.counted, DISKSTAT__ALWAYS, DISKSTAT__COUNT);
        before = c.at;
    }
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(text_now, sizeof(text_now) - 1, parse_cut);
    support_each_garbage(text_now, sizeof(text_now) - 1, 5000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_now),
        cmocka_unit_test(test_other_kernels),
        cmocka_unit_test(test_lines_that_are_no_device),
        cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
