/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pid files, libvirt's status files and "info cpus". */
#include <errno.h>
#include <string.h>

#include "connect/libvirt_text.h"
#include "support.h"

static void test_pid_file(void **state UNUSED)
{
    static const char *const wrong[] = {"",    "\n",  "x", "12x",       "12\n\n",
                                        " 12", "-12", "0", "2147483648"};
    pid_t pid = -7;

    assert_int_equal(parse_pid_file("4711\n", 5, &pid), 0);
    assert_int_equal(pid, 4711);
    assert_int_equal(parse_pid_file("12", 2, &pid), 0);
    assert_int_equal(pid, 12);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
        assert_int_equal(parse_pid_file(wrong[i], strlen(wrong[i]), &pid), -EBADMSG);
    assert_int_equal(pid, 12);
}

static int parse_status(const char *text, pid_t *pid, struct vcpu_thread *threads, size_t max,
                        size_t *count)
{
    *pid = -7;
    *count = 77;
    return parse_domain_status(text, strlen(text), pid, threads, max, count);
}

static void check_threads(const struct vcpu_thread *threads, size_t count, size_t max)
{
    assert_in_range(count, 1, max);
    for (size_t i = 0; i < count; i++) {
        assert_true(threads[i].id < INVENTORY_VCPUS_MAX);
        assert_true(threads[i].tid > 0);
    }
}

static void check_any_status(const char *text, size_t len)
{
    struct vcpu_thread threads[4];
    size_t count = 77;
    pid_t pid = -7;

    if (parse_domain_status(text, len, &pid, threads, 4, &count) == 0) {
        assert_true(pid > 0);
        check_threads(threads, count, 4);
    } else {
        assert_int_equal(pid, -7);
        assert_int_equal(count, 77);
    }
}

static void check_any_info_cpus(const char *text, size_t len)
{
    struct vcpu_thread threads[4];
    size_t count = 77;

    if (parse_info_cpus(text, len, threads, 4, &count) == 0)
        check_threads(threads, count, 4);
    else
        assert_int_equal(count, 77);
}

static void test_domain_status(void **state UNUSED)
{
    static const char text[] =
        "<!--\nWARNING: THIS IS AN AUTO-GENERATED FILE: virsh edit <vcpu id='9' pid='9'/>\n-->\n\n"
        "<domstatus state='running' reason='booted' pid='85'>\n"
        "  <monitor path='/var/lib/libvirt/qemu/domain-1-x/monitor.sock' type='unix'/>\n"
        "  <vcpus>\n"
        "    <vcpu id='0' pid='89'/>\n"
        "    <vcpu pid=\"90\" id=\"12\" />\n"
        "    <vcpu id='13'/>\n"
        "    <vcpu id='x' pid='91'/>\n"
        "    <vcpu id='4096' pid='92'/>\n"
        "    <vcpu id='14' pid='0'/>\n"
        "    <vcpu xid='15' pid='93'/>\n"
        "  </vcpus>\n"
        "  <domain type='qemu' id='1'>\n"
        "    <vcpu id='3' pid='94'/>\n"
        "  </domain>\n"
        "</domstatus>\n";
    struct vcpu_thread threads[4];
    size_t count;
    pid_t pid;

    assert_int_equal(parse_status(text, &pid, threads, 4, &count), 0);
    assert_int_equal(pid, 85);
    assert_int_equal(count, 2);
    assert_int_equal(threads[0].id, 0);
    assert_int_equal(threads[0].tid, 89);
    assert_int_equal(threads[1].id, 12);
    assert_int_equal(threads[1].tid, 90);
    assert_int_equal(parse_status(text, &pid, threads, 1, &count), 0);
    assert_int_equal(count, 1);
    support_each_prefix(text, sizeof(text) - 1, check_any_status);
    support_each_garbage(text, sizeof(text) - 1, 2000, check_any_status);
}

static void test_domain_status_wrong(void **state UNUSED)
{
    struct vcpu_thread threads[4];
    size_t count;
    pid_t pid;

    assert_int_equal(parse_status("", &pid, threads, 4, &count), -EBADMSG);
    assert_int_equal(parse_status("<vcpu id='0' pid='1'/>", &pid, threads, 4, &count), -EBADMSG);
    assert_int_equal(parse_status("<domstatus state='x'>", &pid, threads, 4, &count), -EBADMSG);
    assert_int_equal(parse_status("<domstatus pid='0'>", &pid, threads, 4, &count), -EBADMSG);
    assert_int_equal(parse_status("<domstatus pid='1", &pid, threads, 4, &count), -EBADMSG);
    assert_int_equal(parse_status("<domstatus pid=>", &pid, threads, 4, &count), -EBADMSG);
    assert_int_equal(parse_status("<!-- <domstatus pid='5'>", &pid, threads, 4, &count), -EBADMSG);
    assert_int_equal(parse_status("<domstatus pid='5'/>", &pid, threads, 4, &count), -ENODATA);
    assert_int_equal(pid, -7);
    assert_int_equal(count, 77);
}

static void test_info_cpus(void **state UNUSED)
{
    static const char text[] = "* CPU #0: thread_id=4711\r\n"
                               "  CPU #1: thread_id=4712\r\n"
                               "  CPU #2: (halted) thread_id=4713\n"
                               "  CPU #3: nothing\n"
                               "  CPU #x: thread_id=4714\n"
                               "  thread_id=4715\n"
                               "  CPU #4: thread_id=99999999999\n"
                               "  CPU #5: thread_id=";
    struct vcpu_thread threads[8];
    size_t count = 77;

    assert_int_equal(parse_info_cpus(text, sizeof(text) - 1, threads, 8, &count), 0);
    assert_int_equal(count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(threads[i].id, i);
        assert_int_equal(threads[i].tid, 4711 + i);
    }
    assert_int_equal(parse_info_cpus(text, sizeof(text) - 1, threads, 2, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(parse_info_cpus("", 0, threads, 8, &count), -ENODATA);
    assert_int_equal(parse_info_cpus("unknown command", 15, threads, 8, &count), -ENODATA);
    assert_int_equal(count, 2);
    support_each_prefix(text, sizeof(text) - 1, check_any_info_cpus);
    support_each_garbage(text, sizeof(text) - 1, 2000, check_any_info_cpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pid_file),
        cmocka_unit_test(test_domain_status),
        cmocka_unit_test(test_domain_status_wrong),
        cmocka_unit_test(test_info_cpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
