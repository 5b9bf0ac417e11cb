/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/pid_stat: stat records with hostile names, cut and spoilt; schedstat. */
#include "kernel/pid_stat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

/* Linux 6.1. */
static const char stat_6_1[] =
    "949 (qemu-system-x86) S 1 948 948 0 -1 138412416 10214 311 27 3 4411 1702 5 6 20 0 6 0 11208 "
    "1179537408 21407 18446744073709551615 94882574295040 94882574306793 140724893768528 0 0 0 0 "
    "4096 17602 0 0 0 17 1 0 0 812 77 0 94882574318224 94882574328608 94883338194944 "
    "140724893773256 140724893773760 140724893773760 140724893773789 0\n";

/* Linux 4.18, with negative priority, nice and terminal group. */
static const char stat_4_18[] =
    "17 (migration/1) S 2 0 0 0 -1 69238848 0 0 0 0 0 1512 0 0 -100 -20 1 0 12 0 0 "
    "18446744073709551615 0 0 0 0 0 0 0 2147483647 0 0 0 0 17 1 99 1 0 0 0 0 0 0 0 0 0 0 0\n";

#define NUMBERS                                                                                    \
    " S 1 948 948 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12 18446744073709551615 0 0\n"

static void test_record(void **state UNUSED)
{
    struct pid_stat s;

    assert_int_equal(parse_pid_stat(stat_6_1, sizeof(stat_6_1) - 1, &s), 0);
    assert_string_equal(s.comm, "qemu-system-x86");
    assert_int_equal(s.state, 'S');
    assert_int_equal(s.min_faults, 10214);
    assert_int_equal(s.child_min_faults, 311);
    assert_int_equal(s.maj_faults, 27);
    assert_int_equal(s.child_maj_faults, 3);
    assert_int_equal(s.user_ticks, 4411);
    assert_int_equal(s.system_ticks, 1702);
    assert_int_equal(s.num_threads, 6);
    assert_int_equal(s.start_ticks, 11208);
    assert_int_equal(s.vsize_bytes, 1179537408);
    assert_int_equal(s.rss_pages, 21407);
}

static void test_negative_fields(void **state UNUSED)
{
    struct pid_stat s;

    assert_int_equal(parse_pid_stat(stat_4_18, sizeof(stat_4_18) - 1, &s), 0);
    assert_string_equal(s.comm, "migration/1");
    assert_int_equal(s.system_ticks, 1512);
    assert_int_equal(s.num_threads, 1);
    assert_int_equal(s.start_ticks, 12);
    assert_int_equal(s.rss_pages, 0);
}

/* A number that cannot be negative must not turn into 1.8e19. */
static void test_negative_size(void **state UNUSED)
{
    const char text[] = "5 (x) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 10 11 -12 0 0\n";
    struct pid_stat s;

    if (parse_pid_stat(text, sizeof(text) - 1, &s) == 0)
        assert_true(s.rss_pages < 1000);
}

static void test_names(void **state UNUSED)
{
    static const char *const names[] = {
        "",
        "a b",
        ") S 1 2 (",
        "((",
        "))",
        "a\nb",
        "\n",
        ") R 1 1 1",
        "x) Z 0 0 0 0 0",
        "\xff\x80",
        "kvm-pit/1234",
        " ",
        "kworker/u65:3-events_unbound_with_a_name_of_63_bytes_as_it_may_be_",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct pid_stat s;
        char text[512];
        int n = snprintf(text, sizeof(text), "1234 (%s)" NUMBERS, names[i]);

        assert_int_equal(parse_pid_stat(text, (size_t)n, &s), 0);
        assert_memory_equal(s.comm, names[i], strlen(names[i]) < 63 ? strlen(names[i]) : 63);
        assert_int_equal(s.state, 'S');
        assert_int_equal(s.user_ticks, 5);
        assert_int_equal(s.start_ticks, 10);
        assert_int_equal(s.rss_pages, 12);
    }
}

static void test_long_name_is_cut(void **state UNUSED)
{
    struct pid_stat s;
    char text[1024], name[300];
    int n;

    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    n = snprintf(text, sizeof(text), "1 (%s)" NUMBERS, name);
    assert_int_equal(parse_pid_stat(text, (size_t)n, &s), 0);
    assert_int_equal(strlen(s.comm), sizeof(s.comm) - 1);
}

static void test_rejects(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "()",
        ") (",
        ")(",
        "1 (x)",
        "1 (x) ",
        "1 (x) S",
        "1 (x) S ",
        "1 (x)S 1 2 3" NUMBERS,
        "1 x S 1 948 948 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12 0\n",
        "1 (x) S 1 948 948 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 10 11\n",
        "1 (x) S 1 948 948 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12",
        "1 (x) S 1 948 948 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 ten 11 12 0\n",
        "1 (x) S 1 948 948 34816 -1 4194304 1 2 3 4 5 6 7 8 20 0 9 0 18446744073709551616 11 12 "
        "0\n",
        "1 (x) S 1 948 948 34816 - 4194304 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12 0\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct pid_stat s = {.rss_pages = 77};

        assert_int_equal(parse_pid_stat(bad[i], strlen(bad[i]), &s), -EBADMSG);
        assert_int_equal(s.rss_pages, 77);
    }
}

static void test_fewer_and_more_fields(void **state UNUSED)
{
    const char fewer[] = "1 (x) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12\n";
    const char more[] = "1 (x) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12 1 2 3 new -5\n";
    struct pid_stat s;

    assert_int_equal(parse_pid_stat(fewer, sizeof(fewer) - 1, &s), 0);
    assert_int_equal(s.rss_pages, 12);
    assert_int_equal(parse_pid_stat(more, sizeof(more) - 1, &s), 0);
    assert_int_equal(s.rss_pages, 12);
}

/* What a cut record gives is what the whole one gives, or nothing. */
static void parse_cut(const char *text, size_t len)
{
    struct pid_stat whole, s;

    assert_int_equal(parse_pid_stat(stat_6_1, sizeof(stat_6_1) - 1, &whole), 0);
    memset(&s, 0, sizeof(s));
    if (parse_pid_stat(text, len, &s) == 0)
        assert_memory_equal(&s, &whole, sizeof(s));
}

static void parse_any(const char *text, size_t len)
{
    struct pid_stat s;
    int r = parse_pid_stat(text, len, &s);

    assert_true(r == 0 || r == -EBADMSG);
    if (r == 0)
        assert_true(strnlen(s.comm, sizeof(s.comm)) < sizeof(s.comm));
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(stat_6_1, sizeof(stat_6_1) - 1, parse_cut);
    support_each_garbage(stat_6_1, sizeof(stat_6_1) - 1, 20000, parse_any);
}

static void test_schedstat(void **state UNUSED)
{
    struct schedstat s = {0};

    assert_int_equal(parse_schedstat("1305174 955706 5\n", 17, &s), 0);
    assert_int_equal(s.run_ns, 1305174);
    assert_int_equal(s.wait_ns, 955706);
    assert_int_equal(s.timeslices, 5);
    assert_int_equal(parse_schedstat("0 0 0\n", 6, &s), -ENODATA);
    assert_int_equal(parse_schedstat("1157586 0 1\n", 12, &s), 0);
    assert_int_equal(s.wait_ns, 0);
    assert_int_equal(parse_schedstat("18446744073709551615 0 1\n", 25, &s), 0);
    assert_true(s.run_ns == UINT64_MAX);
    assert_int_equal(parse_schedstat("0 0 1\n", 6, &s), 0);
}

static void test_schedstat_rejects(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "\n",
        "1",
        "1 2",
        "1 2 3",
        "1 2 \n",
        "1  2 3\n",
        "-1 2 3\n",
        " 1 2 3\n",
        "a b c\n",
        "1 2 3 4\n",
        "1 2 3 \n",
        "18446744073709551616 2 3\n",
        "1\n2\n3\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct schedstat s = {.run_ns = 77};

        assert_int_equal(parse_schedstat(bad[i], strlen(bad[i]), &s), -EBADMSG);
        assert_int_equal(s.run_ns, 77);
    }
}

static void parse_schedstat_cut(const char *text, size_t len)
{
    struct schedstat s;

    assert_int_equal(parse_schedstat(text, len, &s), len < 17 ? -EBADMSG : 0);
}

static void parse_schedstat_any(const char *text, size_t len)
{
    struct schedstat s;
    int r = parse_schedstat(text, len, &s);

    assert_true(r == 0 || r == -EBADMSG || r == -ENODATA);
}

static void test_schedstat_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix("1305174 955706 5\n", 17, parse_schedstat_cut);
    support_each_garbage("1305174 955706 5\n", 17, 20000, parse_schedstat_any);
}

/* Field 42: of the record above, 812. */
static void test_blkio(void **state UNUSED)
{
    const char ended[] =
        "1 (x) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12 13 14 15 16 17 18 19 "
        "20 21 22 23 24 25 26 27 28 29 30\n";
    const char name[] =
        "1 (a) b (c) d) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12 13 14 15 16 "
        "17 18 19 20 21 22 23 24 25 26 27 28 29 30 31\n";
    uint64_t ticks = 0;

    assert_int_equal(parse_pid_stat_blkio(stat_6_1, sizeof(stat_6_1) - 1, &ticks), 0);
    assert_int_equal(ticks, 812);
    assert_int_equal(parse_pid_stat_blkio(stat_4_18, sizeof(stat_4_18) - 1, &ticks), 0);
    assert_int_equal(ticks, 0);
    assert_int_equal(parse_pid_stat_blkio(ended, sizeof(ended) - 1, &ticks), 0);
    assert_int_equal(ticks, 30); /* the last field that the record has */
    assert_int_equal(parse_pid_stat_blkio(name, sizeof(name) - 1, &ticks), 0);
    assert_int_equal(ticks, 30);
}

static void test_blkio_rejects(void **state UNUSED)
{
#define TO_41                                                                                      \
    "S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 "        \
    "25 26 27 28 29"
    static const char *const bad[] = {
        "",
        ")",
        "1 (x)",
        "1 (x) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 9 0 10 11 12 0\n",
        "1 (x) " TO_41 "\n",
        "1 (x) " TO_41 " \n",
        "1 (x) " TO_41 " 30", /* 30 may be 300 */
        "1 (x) " TO_41 " -30 31\n",
        "1 (x) " TO_41 " x 31\n",
        "1 (x) " TO_41 " 30x 31\n",
        "1 (x) " TO_41 " 18446744073709551616 31\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t ticks = 77;

        if (parse_pid_stat_blkio(bad[i], strlen(bad[i]), &ticks) != -EBADMSG)
            print_error("accepted: %s\n", bad[i]);
        assert_int_equal(parse_pid_stat_blkio(bad[i], strlen(bad[i]), &ticks), -EBADMSG);
        assert_int_equal(ticks, 77);
    }
}

static void parse_blkio_cut(const char *text, size_t len)
{
    const size_t needed = (size_t)(strstr(stat_6_1, " 812 ") - stat_6_1) + 5;
    uint64_t ticks = 77;

    assert_int_equal(parse_pid_stat_blkio(text, len, &ticks), len < needed ? -EBADMSG : 0);
    assert_int_equal(ticks, len < needed ? 77 : 812);
}

static void parse_blkio_any(const char *text, size_t len)
{
    uint64_t ticks;
    int r = parse_pid_stat_blkio(text, len, &ticks);

    assert_true(r == 0 || r == -EBADMSG);
}

static void test_blkio_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(stat_6_1, sizeof(stat_6_1) - 1, parse_blkio_cut);
    support_each_garbage(stat_6_1, sizeof(stat_6_1) - 1, 20000, parse_blkio_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_negative_fields),
        cmocka_unit_test(test_negative_size),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_long_name_is_cut),
        cmocka_unit_test(test_rejects),
        cmocka_unit_test(test_fewer_and_more_fields),
        cmocka_unit_test(test_cut_and_spoilt),
        cmocka_unit_test(test_blkio),
        cmocka_unit_test(test_blkio_rejects),
        cmocka_unit_test(test_blkio_cut_and_spoilt),
        cmocka_unit_test(test_schedstat),
        cmocka_unit_test(test_schedstat_rejects),
        cmocka_unit_test(test_schedstat_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
