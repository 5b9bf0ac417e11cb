/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/qemu_argv: the names of threads that work for a VM. */
#include <string.h>

#include "kernel/qemu_argv.h"
#include "support.h"

static void test_vcpus(void **state UNUSED)
{
    static const struct {
        const char *name;
        int id;
    } rows[] = {
        {"CPU 0/KVM", 0},
        {"CPU 12/TCG", 12},
        {"CPU 12/KVM\n", 12},
        {"ALL CPUs/TCG", 0},
        {"CPU 65535/KVM", 65535},
        {"CPU 3/HVF", 3},
        {"CPU 65536/KVM", -1},
        {"CPU /KVM", -1},
        {"CPU 1", -1},
        {"CPU x/KVM", -1},
        {"CPU -1/KVM", -1},
        {"cpu 1/KVM", -1},
        {" CPU 1/KVM", -1},
        {"CPU  1/KVM", -1},
        {"CPU", -1},
        {"", -1},
        {"worker", -1},
        {"IO mon_iothread", -1},
        {"qemu-system-x86", -1},
        {"CPU 18446744073709551616/KVM", -1},
        {"ALL CPUs", -1},
        {"CPU 1 /KVM", -1},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned id = 77;
        bool vcpu = parse_vcpu_thread_name(rows[i].name, strlen(rows[i].name), &id);

        assert_int_equal(vcpu, rows[i].id >= 0);
        assert_int_equal(id, rows[i].id >= 0 ? rows[i].id : 77);
    }
}

static void test_helpers(void **state UNUSED)
{
    static const struct {
        const char *name;
        unsigned pid;
    } rows[] = {
        {"vhost-1234", 1234},
        {"kvm-pit/4321", 4321},
        {"vhost-2147483647", 2147483647},
        {"vhost-2147483648", 0},
        {"vhost-0", 0},
        {"vhost-", 0},
        {"vhost-12x", 0},
        {"vhost-12-1", 0},
        {"vhost", 0},
        {"kvm-nx-lpage-re", 0},
        {"kvm-pit-12", 0},
        {"xvhost-12", 0},
        {"vhost--12", 0},
        {"", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        unsigned pid = 77;
        bool helper = parse_helper_thread_name(rows[i].name, strlen(rows[i].name), &pid);

        assert_int_equal(helper, rows[i].pid != 0);
        assert_int_equal(pid, rows[i].pid ? rows[i].pid : 77);
    }
}

static void parse_any(const char *text, size_t len)
{
    unsigned id = 0, pid = 1;

    (void)parse_vcpu_thread_name(text, len, &id);
    (void)parse_helper_thread_name(text, len, &pid);
    assert_true(id <= 65535);
    assert_true(pid >= 1 && pid <= INT32_MAX);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix("CPU 1234/KVM", 12, parse_any);
    support_each_prefix("vhost-123456", 12, parse_any);
    support_each_garbage("CPU 1234/KVM", 12, 20000, parse_any);
    support_each_garbage("kvm-pit/1234", 12, 20000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vcpus),
        cmocka_unit_test(test_helpers),
        cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
