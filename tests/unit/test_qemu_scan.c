/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect/qemu_scan, on a /proc made of plain files. */
#include "connect/qemu_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "blockdev_tree.h"

#define SHELL "bash\0-c\0exec kvm"
#define QEMU  "/usr/bin/kvm\0-name\0guest=web"

/* The time since boot in ticks, as field 22 of a stat counts it. */
static int64_t ticks_now(void)
{
    int64_t hertz = sysconf(_SC_CLK_TCK);
    struct timespec uptime;

    clock_gettime(CLOCK_BOOTTIME, &uptime);
    return uptime.tv_sec * hertz + uptime.tv_nsec * hertz / 1000000000;
}

static void put_forks(unsigned forks)
{
    char text[128];

    snprintf(text, sizeof(text), "cpu  1 1 1 1 1 1 1 1 0 0\nprocesses %u\n", forks);
    tree_put("proc/stat", text);
}

static void put_cmdline(const char *text, size_t len)
{
    tree_put_bytes("proc/7/cmdline", text, len);
}

/* Process 7, which started so many ticks ago. */
static void put_shell(int64_t ticks_ago)
{
    int64_t start = ticks_now() - ticks_ago;
    char text[256];

    put_cmdline(SHELL, sizeof(SHELL));
    snprintf(text, sizeof(text),
             "7 (bash) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %" PRId64 " 0 0\n",
             start > 0 ? start : 0);
    tree_put("proc/7/stat", text);
}

static size_t update(struct qemu_scan *scan)
{
    size_t count;

    assert_true(qemu_scan_update(scan, NULL) >= 0);
    qemu_scan_list(scan, &count);
    return count;
}

/* Whether the second look finds what the process became, nothing else having been started
 * meanwhile. */
static bool finds_exec(int64_t ticks_ago)
{
    struct qemu_scan *scan = qemu_scan_new(tree.proc_fd);
    size_t found;

    put_forks(1);
    put_shell(ticks_ago);
    assert_int_equal(update(scan), 0);
    put_cmdline(QEMU, sizeof(QEMU));
    found = update(scan);
    qemu_scan_free(scan);
    return found == 1;
}

/* A process is there before it becomes QEMU, and its age decides for how long it is looked at.
 * Which part of a second it started in, and which it is now, has nothing to do with it. */
static void test_exec_of_young(void **state UNUSED)
{
    int64_t hertz = sysconf(_SC_CLK_TCK);

    for (int64_t ticks = 0; ticks < 2 * hertz; ticks += 7)
        assert_true(finds_exec(ticks));
    assert_true(finds_exec(4 * hertz));  /* far from 10 s, so that it may take its time */
    assert_true(finds_exec(-3 * hertz)); /* as a clock has it that was set apart */
}

/* What has settled is not read again each time. */
static void test_exec_of_old(void **state UNUSED)
{
    assert_false(finds_exec(3600 * sysconf(_SC_CLK_TCK)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(test_exec_of_young),
        tree_test(test_exec_of_old),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
