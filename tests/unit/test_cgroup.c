/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/cgroup: v1, v2 and hybrid paths, the VM's own group in them, cpu.stat. */
#include "kernel/cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

#define SCOPE "/machine.slice/machine-qemu\\x2d1\\x2dweb.scope"

static const char hybrid[] = "12:name=systemd:" SCOPE "\n"
                             "5:pids:" SCOPE "\n"
                             "3:cpuset:" SCOPE "/libvirt/emulator\n"
                             "2:cpu,cpuacct:" SCOPE "/libvirt/vcpu0\n"
                             "1:memory:" SCOPE "\n"
                             "0::" SCOPE "\n";

static int parse(const char *text, struct cgroup_of_task *c)
{
    return parse_task_cgroup(text, strlen(text), c);
}

static void test_v2(void **state UNUSED)
{
    struct cgroup_of_task c;

    assert_int_equal(parse("0::" SCOPE "/libvirt/vcpu0\n", &c), 0);
    assert_true(c.unified);
    assert_string_equal(c.controllers, "");
    assert_string_equal(c.path, SCOPE "/libvirt/vcpu0");
    assert_int_equal(parse("0::/qemu.slice/100.scope\n", &c), 0);
    assert_string_equal(c.path, "/qemu.slice/100.scope");
    assert_int_equal(parse("0::/\n", &c), 0);
    assert_string_equal(c.path, "/");
}

static void test_v1_and_hybrid(void **state UNUSED)
{
    struct cgroup_of_task c;

    assert_int_equal(parse(hybrid, &c), 0);
    assert_false(c.unified);
    assert_string_equal(c.controllers, "cpu,cpuacct");
    assert_string_equal(c.path, SCOPE "/libvirt/vcpu0");
    assert_int_equal(parse("9:name=systemd:/a\n2:cpuacct:/b\n1:cpu:/c\n0::/d\n", &c), 0);
    assert_string_equal(c.controllers, "cpu");
    assert_string_equal(c.path, "/c");
    assert_int_equal(parse("3:cpuset:/a\n2:cpuacct:/b\n0::/d:e f\n", &c), 0);
    assert_true(c.unified);
    assert_string_equal(c.path, "/d:e f");
    assert_int_equal(parse("3:cpuset:/a\n2:cpuacct:/b\n", &c), -ENODATA);
    assert_int_equal(parse("", &c), -ENODATA);
}

static void test_bad_paths(void **state UNUSED)
{
    static const char *const bad[] = {
        "0::/../user.slice\n",
        "0::/..\n",
        "0::/../..\n",
        "0::relative\n",
        "0::\n",
        "0::/a",
        "0:\n",
        "0\n",
        ":::\n",
        "x::/a\n",
        "1:cpu:/..\n",
        "\n",
        "1:cpu\n",
        "0::/a/../b\n",
        "-1::/a\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct cgroup_of_task c = {.path = "before"};

        assert_int_equal(parse(bad[i], &c), -EBADMSG);
        assert_string_equal(c.path, "before");
    }
}

static void test_long_paths(void **state UNUSED)
{
    struct cgroup_of_task c;
    char text[2 * CGROUP_PATH_MAX];

    for (int len = CGROUP_PATH_MAX - 3; len < CGROUP_PATH_MAX + 3; len++) {
        snprintf(text, sizeof(text), "0::/%0*d\n", len - 1, 0);
        assert_int_equal(parse(text, &c), len < CGROUP_PATH_MAX ? 0 : -EBADMSG);
        if (len < CGROUP_PATH_MAX)
            assert_int_equal(strlen(c.path), len);
    }
    assert_int_equal(
        parse("1:cpu,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:/\n", &c),
        -EBADMSG);
}

static void test_vm_prefix(void **state UNUSED)
{
    static const struct {
        const char *own, *rest;
    } rows[] = {
        {SCOPE, ""},
        {SCOPE, "/libvirt/vcpu0"},
        {SCOPE, "/libvirt/emulator"},
        {"/machine/qemu-1-web.libvirt-qemu", "/vcpu0"},
        {"/machine/qemu-1-web.libvirt-qemu", ""},
        {"/qemu.slice/100.scope", ""},
        {"/qemu.slice/100.scope", "/deeper"},
        {"/lxc/box/qemu.slice/7.scope", ""},
        {"", "/"},
        {"", ""},
        {"", "/qemu.slice"},
        {"", "/qemu.slice/"},
        {"", "/system.slice/libvirtd.service"},
        {"", "/user.slice/user-0.slice/session-1.scope"},
        {"", "/machine.slice/machine-lxc\\x2d1.scope"},
        {"", "/xqemu.slice/100.scope"},
        {"", "/qemu.slice/x/100.scope"},
        {"", "/machine/qemu-1-web.libvirt-lxc"},
        {"", "relative/qemu.slice/100.scope"},
        {"", "//"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char path[200];

        snprintf(path, sizeof(path), "%s%s", rows[i].own, rows[i].rest);
        assert_int_equal(cgroup_vm_prefix(path), strlen(rows[i].own));
    }
}

/* Kernel order is v1 first, so a cut text must not pass for a v2-only one. */
static void parse_cut(const char *text, size_t len)
{
    struct cgroup_of_task c;
    int r = parse_task_cgroup(text, len, &c);

    assert_true(r == 0 || r == -EBADMSG || r == -ENODATA);
    if (r == 0)
        assert_string_equal(c.path, SCOPE "/libvirt/vcpu0");
}

static void parse_any(const char *text, size_t len)
{
    struct cgroup_of_task c;
    uint64_t ns;
    int r = parse_task_cgroup(text, len, &c);

    assert_true(r == 0 || r == -EBADMSG || r == -ENODATA);
    if (r == 0) {
        assert_int_equal(c.path[0], '/');
        assert_true(strnlen(c.path, sizeof(c.path)) < sizeof(c.path));
        assert_true(strnlen(c.controllers, sizeof(c.controllers)) < sizeof(c.controllers));
        assert_null(strstr(c.path, "/.."));
        assert_true(cgroup_vm_prefix(c.path) <= strlen(c.path));
    }
    r = parse_cpu_stat_throttled(text, len, &ns);
    assert_true(r == 0 || r == -ENODATA);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(hybrid, sizeof(hybrid) - 1, parse_cut);
    support_each_garbage(hybrid, sizeof(hybrid) - 1, 10000, parse_any);
}

static const char cpu_stat_v2[] =
    "usage_usec 1920503208\nuser_usec 1342331231\n"
    "system_usec 578171976\nnice_usec 0\nnr_periods 12\n"
    "nr_throttled 3\nthrottled_usec 4500\nnr_bursts 0\nburst_usec 0\n";

static void parse_cpu_stat_cut(const char *text, size_t len)
{
    uint64_t ns = 0;
    bool whole = len >= (size_t)(strstr(cpu_stat_v2, "nr_bursts") - cpu_stat_v2);

    assert_int_equal(parse_cpu_stat_throttled(text, len, &ns), whole ? 0 : -ENODATA);
    assert_int_equal(ns, whole ? 4500000 : 0);
}

static void test_cpu_stat(void **state UNUSED)
{
    const char v1[] = "nr_periods 12\nnr_throttled 3\nthrottled_time 4500123\nnr_bursts 0\n";
    const char without[] = "usage_usec 5\nuser_usec 5\nsystem_usec 0\n";
    const char most[] = "throttled_usec 18446744073709551\n", over[] = "throttled_usec "
                                                                       "18446744073709552\n";
    uint64_t ns = 77;

    support_each_prefix(cpu_stat_v2, sizeof(cpu_stat_v2) - 1, parse_cpu_stat_cut);
    support_each_garbage(cpu_stat_v2, sizeof(cpu_stat_v2) - 1, 5000, parse_any);
    assert_int_equal(parse_cpu_stat_throttled(without, sizeof(without) - 1, &ns), -ENODATA);
    assert_int_equal(parse_cpu_stat_throttled(over, sizeof(over) - 1, &ns), -ENODATA);
    assert_int_equal(ns, 77);
    assert_int_equal(parse_cpu_stat_throttled(v1, sizeof(v1) - 1, &ns), 0);
    assert_int_equal(ns, 4500123);
    assert_int_equal(parse_cpu_stat_throttled(most, sizeof(most) - 1, &ns), 0);
    assert_true(ns == UINT64_C(18446744073709551000));
}

static void test_cpu_max(void **state UNUSED)
{
    static const struct {
        const char *text;
        double cpus; /* < 0 = refused */
    } rows[] = {
        {"max 100000\n", 0},
        {"50000 100000\n", 0.5},
        {"250000 100000", 2.5},
        {"-1 100000\n", 0},
        {"100000 50000\n", 2},
        {"0 100000\n", 0},
        {"", -1},
        {"max", -1},
        {"50000\n", -1},
        {"50000 0\n", -1},
        {"x 1\n", -1},
        {"5 x\n", -1},
        {"5 10 15\n", -1},
        {"18446744073709551616 1", -1},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        double cpus = 77;
        int r = parse_cpu_max(rows[i].text, strlen(rows[i].text), &cpus);

        assert_int_equal(r, rows[i].cpus < 0 ? -EBADMSG : 0);
        assert_near(cpus, rows[i].cpus < 0 ? 77 : rows[i].cpus);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_v2),        cmocka_unit_test(test_v1_and_hybrid),
        cmocka_unit_test(test_bad_paths), cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_vm_prefix), cmocka_unit_test(test_cut_and_spoilt),
        cmocka_unit_test(test_cpu_stat),  cmocka_unit_test(test_cpu_max),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
