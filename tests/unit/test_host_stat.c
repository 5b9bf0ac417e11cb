/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/host_stat: /proc/stat of several kernels, vmstat, cpuinfo, arcstats. */
#include "kernel/host_stat.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "support.h"

/* Linux 6.x, CPUs 1 and 2 offline. */
static const char stat_holes[] = "cpu  105077 11 49373 459877 1162 5 492 277 3 1\n"
                                 "cpu0 53009 11 24295 230391 158 0 150 136 1 0\n"
                                 "cpu3 52068 0 25078 229486 1004 5 342 141 2 1\n"
                                 "intr 2867543 0 0 9 0 0 0\n"
                                 "ctxt 7769267\n"
                                 "btime 1795298524\n"
                                 "processes 309779\n"
                                 "procs_running 4\n"
                                 "procs_blocked 0\n"
                                 "softirq 865498 0 100528 40 8896 134372 0 5 243693 0 377964\n";

static int parse(const char *text, struct host_stat *s)
{
    return parse_host_stat(text, strlen(text), s);
}

static void test_stat(void **state UNUSED)
{
    static const uint64_t ticks[] = {105077, 11, 49373, 459877, 1162, 5, 492, 277, 3, 1};
    struct host_stat s;

    assert_int_equal(parse(stat_holes, &s), 0);
    for (int i = 0; i < CPU_TIME__COUNT; i++)
        assert_int_equal(s.ticks[i], ticks[i]);
    assert_int_equal(s.online_cpus, 2);
    assert_int_equal(s.boot_seconds, 1795298524);
    assert_int_equal(s.forks, 309779);
}

static void test_stat_of_old_kernels(void **state UNUSED)
{
    struct host_stat s;

    assert_int_equal(parse("cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7\nctxt 5\n", &s), 0);
    assert_int_equal(s.times, 7);
    assert_int_equal(s.ticks[CPU_TIME_SOFTIRQ], 7);
    assert_int_equal(s.ticks[CPU_TIME_STEAL], 0);
    assert_int_equal(s.ticks[CPU_TIME_GUEST_NICE], 0);
    assert_int_equal(s.online_cpus, 1);
    assert_int_equal(s.boot_seconds, 0);
    assert_int_equal(parse("cpu  1 2 3 4 5 6 7 8 9 10 11 12\n", &s), 0);
    assert_int_equal(s.ticks[CPU_TIME_GUEST_NICE], 10);
    assert_int_equal(parse("cpu  1 2 3 4\n", &s), 0);
    assert_int_equal(s.times, 4);
    assert_int_equal(parse("cpu  1 2 3\n", &s), -EBADMSG);
}

static void test_stat_rejects(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "\n",
        "cpu",
        "cpu\n",
        "cpu  \n",
        "cpu  1 2 3 4 5",
        "cpu0 1 2 3 4 5 6 7 8 9 10\n",
        "intr 5\ncpu  1 2 3 4 5 6 7\n",
        "cpu  a 2 3 4 5\n",
        "cpu  -1 2 3 4 5\n",
        "cpu  18446744073709551616 2 3 4 5\n",
        "\ncpu  1 2 3 4 5 6\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct host_stat s = {.online_cpus = 77};

        assert_int_equal(parse(bad[i], &s), -EBADMSG);
        assert_int_equal(s.online_cpus, 77);
    }
}

/* A host of 1000 CPUs with as many interrupts: what follows still counts. */
static void test_stat_of_a_large_host(void **state UNUSED)
{
    struct buf b = {0};
    struct host_stat s;

    buf_puts(&b, "cpu  1000 2000 3000 4000 5000 6000 7000 8000 9000 10000\n");
    for (unsigned cpu = 0; cpu < 1000; cpu++)
        buf_printf(&b, "cpu%u 1 2 3 4 5 6 7 8 9 10\n", cpu);
    buf_puts(&b, "intr 123456789012");
    for (unsigned i = 0; i < 100000; i++)
        buf_puts(&b, " 0");
    buf_puts(&b, "\nctxt 5\nbtime 1700000000\nprocesses 42\n");
    assert_int_equal(parse_host_stat(b.data, b.len, &s), 0);
    assert_int_equal(s.online_cpus, 1000);
    assert_int_equal(s.boot_seconds, 1700000000);
    assert_int_equal(s.forks, 42);
    buf_done(&b);
}

/* A cut text: whole numbers of the whole text, or none. */
static void parse_stat_cut(const char *text, size_t len)
{
    struct host_stat s, whole;

    assert_int_equal(parse(stat_holes, &whole), 0);
    if (parse_host_stat(text, len, &s) < 0)
        return;
    assert_memory_equal(s.ticks, whole.ticks, sizeof(s.ticks));
    assert_int_equal(s.times, whole.times);
    assert_true(!s.online_cpus || s.online_cpus == whole.online_cpus);
    assert_true(!s.boot_seconds || s.boot_seconds == whole.boot_seconds);
    assert_true(!s.forks || s.forks == whole.forks);
}

static void parse_all_any(const char *text, size_t len)
{
    struct host_stat s;
    struct vmstat v;
    uint64_t bytes;
    double mhz;
    int r = parse_host_stat(text, len, &s);

    assert_true(r == 0 || r == -EBADMSG);
    r = parse_vmstat(text, len, &v);
    assert_true(r == 0 || r == -EBADMSG);
    r = parse_arcstats_size(text, len, &bytes);
    assert_true(r == 0 || r == -EBADMSG);
    r = parse_cpuinfo_mhz(text, len, &mhz);
    assert_true(r == -ENODATA || (r == 0 && mhz >= 0 && mhz <= 1e6));
}

static void test_stat_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(stat_holes, sizeof(stat_holes) - 1, parse_stat_cut);
    support_each_garbage(stat_holes, sizeof(stat_holes) - 1, 5000, parse_all_any);
}

static const char vmstat_text[] = "nr_free_pages 5488714\nnr_zone_inactive_anon 0\n"
                                  "pgpgin 7280889\npgpgout 1388668\npswpin 17\npswpout 2930\n"
                                  "pgalloc_dma 0\nthp_swpout 3\n";

static void parse_vmstat_cut(const char *text, size_t len)
{
    struct vmstat v = {0};
    bool whole = len >= (size_t)(strstr(vmstat_text, "pgalloc") - vmstat_text);

    assert_int_equal(parse_vmstat(text, len, &v), whole ? 0 : -EBADMSG);
    assert_int_equal(v.swap_in_pages, whole ? 17 : 0);
    assert_int_equal(v.swap_out_pages, whole ? 2930 : 0);
}

static void test_vmstat(void **state UNUSED)
{
    struct vmstat v;

    support_each_prefix(vmstat_text, sizeof(vmstat_text) - 1, parse_vmstat_cut);
    support_each_garbage(vmstat_text, sizeof(vmstat_text) - 1, 5000, parse_all_any);
    assert_int_equal(parse_vmstat("pswpout 1\npswpin 2\n", 19, &v), 0);
    assert_int_equal(v.swap_in_pages, 2);
    assert_int_equal(parse_vmstat("pswpin 1\n", 9, &v), -EBADMSG);
    assert_int_equal(parse_vmstat("pswpin x\npswpout 1\n", 19, &v), -EBADMSG);
    assert_int_equal(parse_vmstat("xpswpin 1\npswpout 1\n", 20, &v), -EBADMSG);
}

static const char cpuinfo_text[] = "processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 2596.122\n"
                                   "cache size\t: 1024 KB\n\nprocessor\t: 1\n"
                                   "cpu MHz\t\t: 1400.900\ncpu cores\t: 2\n";

static void test_cpuinfo(void **state UNUSED)
{
    double mhz = 0;

    assert_int_equal(parse_cpuinfo_mhz(cpuinfo_text, sizeof(cpuinfo_text) - 1, &mhz), 0);
    assert_true(mhz >= 1997 && mhz <= 1999);
    assert_int_equal(parse_cpuinfo_mhz("BogoMIPS\t: 50.00\n", 17, &mhz), -ENODATA);
    assert_int_equal(parse_cpuinfo_mhz("", 0, &mhz), -ENODATA);
    assert_int_equal(parse_cpuinfo_mhz("cpu MHz\t: unknown\n", 18, &mhz), -ENODATA);
    assert_int_equal(parse_cpuinfo_mhz("cpu MHz\t: 9999999999\n", 21, &mhz), -ENODATA);
    support_each_prefix(cpuinfo_text, sizeof(cpuinfo_text) - 1, parse_all_any);
    support_each_garbage(cpuinfo_text, sizeof(cpuinfo_text) - 1, 5000, parse_all_any);
}

static const char arcstats_text[] = "12 1 0x01 123 33456 4471209322 9876543210123\n"
                                    "name                            type data\n"
                                    "hits                            4    1048576\n"
                                    "c_max                           4    8589934592\n"
                                    "size                            4    4297064448\n"
                                    "compressed_size                 4    111\n";

static void parse_arcstats_cut(const char *text, size_t len)
{
    uint64_t bytes = 0;
    bool whole = len >= (size_t)(strstr(arcstats_text, "compressed") - arcstats_text);

    assert_int_equal(parse_arcstats_size(text, len, &bytes), whole ? 0 : -EBADMSG);
    assert_true(bytes == (whole ? UINT64_C(4297064448) : 0));
}

static void test_arcstats(void **state UNUSED)
{
    uint64_t bytes = 77;

    support_each_prefix(arcstats_text, sizeof(arcstats_text) - 1, parse_arcstats_cut);
    support_each_garbage(arcstats_text, sizeof(arcstats_text) - 1, 5000, parse_all_any);
    assert_int_equal(parse_arcstats_size("size 4\n", 7, &bytes), -EBADMSG);
    assert_int_equal(parse_arcstats_size("size x 4\n", 9, &bytes), -EBADMSG);
    assert_int_equal(bytes, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stat),
        cmocka_unit_test(test_stat_of_old_kernels),
        cmocka_unit_test(test_stat_rejects),
        cmocka_unit_test(test_stat_of_a_large_host),
        cmocka_unit_test(test_stat_cut_and_spoilt),
        cmocka_unit_test(test_vmstat),
        cmocka_unit_test(test_cpuinfo),
        cmocka_unit_test(test_arcstats),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
