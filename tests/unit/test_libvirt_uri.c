/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt connection URIs and host names. */
#include <stdlib.h>

#include "connect/libvirt_uri.h"
#include "support.h"

static void check_host(const char *uri, const char *expected)
{
    char host[32] = "untouched";

    assert_int_equal(libvirt_uri_host(uri, host, sizeof(host)), expected != NULL);
    assert_string_equal(host, expected ? expected : "untouched");
}

static void test_uri_host(void **state UNUSED)
{
    check_host("qemu:///system", NULL);
    check_host("test:///default", NULL);
    check_host("qemu+unix:///system?socket=/run/x", NULL);
    check_host("qemu+ssh://root@/system", NULL);
    check_host("qemu", NULL);
    check_host("://host/", NULL);
    check_host("", NULL);
    check_host("qemu+ssh://far/system", "far");
    check_host("qemu+ssh://me@far:2222/system?no_tty=1", "far");
    check_host("qemu://far", "far");
    check_host("qemu://far?x=//other/", "far");
    check_host("qemu+tcp://[::1]:16509/system", "::1");
    check_host("qemu+tcp://a@b@far/system", "far");
    check_host("qemu://a-name-that-is-longer-than-the-buffer/system",
               "a-name-that-is-longer-than-the-");
}

static void check_prompt(const char *uri, const char *expected)
{
    char *text = libvirt_uri_without_prompt(uri);

    assert_string_equal(text, expected);
    free(text);
}

static void test_uri_without_prompt(void **state UNUSED)
{
    check_prompt("qemu+ssh://far/system", "qemu+ssh://far/system?no_tty=1");
    check_prompt("qemu+ssh://far/system?", "qemu+ssh://far/system?no_tty=1");
    check_prompt("qemu+ssh://far/system?keyfile=/k", "qemu+ssh://far/system?no_tty=1&keyfile=/k");
    check_prompt("qemu+ssh://far/system#x", "qemu+ssh://far/system?no_tty=1#x");
    check_prompt("qemu+ssh://far/system?no_tty=0", "qemu+ssh://far/system?no_tty=0");
    check_prompt("qemu+ssh://far/system?a=b&no_tty", "qemu+ssh://far/system?a=b&no_tty");
    check_prompt("qemu+ssh://far/system?no_tty_x=1", "qemu+ssh://far/system?no_tty=1&no_tty_x=1");
    check_prompt("qemu+tcp://far/system", "qemu+tcp://far/system");
    check_prompt("qemu:///system", "qemu:///system");
    check_prompt("no uri", "no uri");
}

static void check_run_dir(const char *uri, const char *runtime_dir, const char *expected)
{
    char *text = libvirt_uri_run_dir(uri, runtime_dir);

    if (expected)
        assert_string_equal(text, expected);
    else
        assert_null(text);
    free(text);
}

static void test_uri_run_dir(void **state UNUSED)
{
    check_run_dir("qemu:///system", NULL, "/run/libvirt/qemu");
    check_run_dir("qemu+tcp://localhost/system?x=y", NULL, "/run/libvirt/qemu");
    check_run_dir("qemu:///session", "/run/user/7", "/run/user/7/libvirt/qemu/run");
    check_run_dir("qemu:///session", NULL, NULL);
    check_run_dir("qemu:///session", "", NULL);
    check_run_dir("qemu:///embed?root=/x", NULL, NULL);
    check_run_dir("qemux:///system", NULL, NULL);
    check_run_dir("lxc:///system", NULL, NULL);
    check_run_dir("", NULL, NULL);
}

static void test_same_host(void **state UNUSED)
{
    assert_true(libvirt_same_host("pve1", "pve1"));
    assert_true(libvirt_same_host("pve1", "PVE1.example.com"));
    assert_true(libvirt_same_host("pve1.example.com", "pve1"));
    assert_true(libvirt_same_host("pve1.example.com", "pve1.Example.com"));
    assert_false(libvirt_same_host("pve1.example.com", "pve1.example.org"));
    assert_false(libvirt_same_host("pve1", "pve10"));
    assert_false(libvirt_same_host("pve1", "pve10.example.com"));
    assert_false(libvirt_same_host("", ""));
    assert_false(libvirt_same_host("", "pve1"));
    assert_false(libvirt_same_host("pve1", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_uri_host),
        cmocka_unit_test(test_uri_without_prompt),
        cmocka_unit_test(test_uri_run_dir),
        cmocka_unit_test(test_same_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
