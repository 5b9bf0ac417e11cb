/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel/net_dev: lines of /proc/net/dev, and names that VMs' devices have. */
#include "kernel/net_dev.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "support.h"

#define HEADER                                                                                     \
    "Inter-|   Receive                                                |  Transmit\n"               \
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "     \
    "drop fifo colls carrier compressed\n"

/* Linux 6.1. */
static const char text[] =
    HEADER "    lo:    7234      72    0    0    0     0          0         0     7234      72"
           "    0    0    0     0       0          0\n"
           "enp65s0f1np1: 720494924   18976    1    2    3     4          5         6   943102"
           "   12533    7    8    9    10      11         12\n"
           "tap100i0:       0       0    0    0    0     0          0         0        0       0"
           "    0    0    0     0       0          0\n";

static size_t count_devices(const char *data, size_t len)
{
    struct cursor c = cursor_of(data, len), rest;
    size_t count = 0, name_len;
    const char *name;

    while (net_dev_next(&c, &name, &name_len, &rest))
        count++;
    return count;
}

static void test_text(void **state UNUSED)
{
    static const uint64_t second[NET_DEV__COUNT] = {720494924, 18976, 1, 2, 3, 4,  5,  6,
                                                    943102,    12533, 7, 8, 9, 10, 11, 12};
    struct cursor c = cursor_of(text, sizeof(text) - 1), rest;
    uint64_t counters[NET_DEV__COUNT];
    const char *name;
    size_t len;

    assert_true(net_dev_next(&c, &name, &len, &rest));
    assert_int_equal(len, 2);
    assert_memory_equal(name, "lo", 2);
    assert_int_equal(parse_net_dev_counters(rest, counters), 0);
    assert_int_equal(counters[NET_DEV_RX_BYTES], 7234);
    assert_int_equal(counters[NET_DEV_TX_PACKETS], 72);
    assert_true(net_dev_next(&c, &name, &len, &rest));
    assert_int_equal(len, 12);
    assert_memory_equal(name, "enp65s0f1np1", 12);
    assert_int_equal(parse_net_dev_counters(rest, counters), 0);
    assert_memory_equal(counters, second, sizeof(second));
    assert_int_equal(counters[NET_DEV_RX_MULTICAST], 6);
    assert_int_equal(counters[NET_DEV_TX_BYTES], 943102);
    assert_int_equal(counters[NET_DEV_TX_COLLS], 10);
    assert_true(net_dev_next(&c, &name, &len, &rest));
    assert_memory_equal(name, "tap100i0", 8);
    assert_false(net_dev_next(&c, &name, &len, &rest));
    assert_int_equal(count_devices(HEADER, strlen(HEADER)), 0);
    assert_int_equal(count_devices("", 0), 0);
}

static void test_counters(void **state UNUSED)
{
    static const struct {
        const char *rest;
        bool good;
    } rows[] = {
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", true},
        {"1\t2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\t", true},
        {" 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x", true},
        {"18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", true},
        {"18446744073709551616 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", false},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", false},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 ", false},
        {"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16x", false},
        {"1 2 3 4 5 6 7 -8 9 10 11 12 13 14 15 16", false},
        {"1 2 3 4 5 6 7 8,9 10 11 12 13 14 15 16 17", false},
        {"", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        uint64_t counters[NET_DEV__COUNT] = {77, 77};
        int r = parse_net_dev_counters(cursor_of(rows[i].rest, strlen(rows[i].rest)), counters);

        assert_int_equal(r, rows[i].good ? 0 : -EBADMSG);
        assert_int_equal(counters[1], rows[i].good ? 2 : 77);
        assert_int_equal(counters[15], rows[i].good ? 16 : 0);
    }
}

static void test_names(void **state UNUSED)
{
    static const char spoilt[] = "e\0h: 1\nok: 1\nx y: 1\n: 2\nok2: 1\n";
    static const struct {
        const char *line, *name;
    } rows[] = {
        {"eth0: 1\n", "eth0"},
        {"  eth0:123456789 1\n", "eth0"}, /* Linux 2.6 leaves no blank when a number is long */
        {"eth0:1: 5\n", "eth0:1"},
        {"a:b:c:1\n", "a:b:c"},
        {"::1\n", ":"},
        {"123456789012345: 1\n", "123456789012345"},
        {"1234567890123456: 1\n", NULL},
        {": 1\n", NULL},
        {"   : 1\n", NULL},
        {"e th: 1\n", NULL},
        {"eth0 : 1\n", NULL},
        {"et\vh: 1\n", NULL},
        {"et/h: 1\n", NULL},
        {".: 1\n", NULL},
        {"..: 1\n", NULL},
        {"...: 1\n", "..."},
        {".x: 1\n", ".x"},
        {"\xc3\xa4\x1b[1m: 1\n", "\xc3\xa4\x1b[1m"},
        {"eth0: 1", NULL},
        {"eth0 1\n", NULL},
        {"\n", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct cursor c = cursor_of(rows[i].line, strlen(rows[i].line)), rest = {0};
        const char *name = NULL;
        size_t len = 0;

        assert_int_equal(net_dev_next(&c, &name, &len, &rest), rows[i].name != NULL);
        assert_int_equal(len, rows[i].name ? strlen(rows[i].name) : 0);
        if (rows[i].name)
            assert_memory_equal(name, rows[i].name, len);
    }
    /* NUL is no part of a name, either, and a bad line hides no good one. */
    assert_int_equal(count_devices(spoilt, sizeof(spoilt) - 1), 2);
}

static void parse_cut(const char *data, size_t len)
{
    struct cursor c = cursor_of(data, len), rest;
    uint64_t counters[NET_DEV__COUNT];
    size_t whole = 0, found = 0, name_len;
    const char *name;

    for (size_t i = 0; i < len; i++)
        whole += data[i] == '\n';
    while (net_dev_next(&c, &name, &name_len, &rest)) {
        assert_int_equal(parse_net_dev_counters(rest, counters), 0);
        found++;
    }
    assert_int_equal(found, whole > 2 ? whole - 2 : 0);
}

static void parse_any(const char *data, size_t len)
{
    struct cursor c = cursor_of(data, len), rest;
    uint64_t counters[NET_DEV__COUNT];
    const char *name;
    size_t name_len;

    while (net_dev_next(&c, &name, &name_len, &rest)) {
        assert_true(name >= data && name + name_len < rest.at && rest.end < data + len);
        assert_true(name_len >= 1 && name_len <= 15);
        assert_null(memchr(name, ' ', name_len));
        assert_null(memchr(name, '/', name_len));
        assert_null(memchr(name, '\0', name_len));
        (void)parse_net_dev_counters(rest, counters);
    }
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix(text, sizeof(text) - 1, parse_cut);
    support_each_prefix(text, sizeof(text) - 1, parse_any);
    support_each_garbage(text, sizeof(text) - 1, 10000, parse_any);
}

static void test_vm_names(void **state UNUSED)
{
    static const char *const vms[] = {"tap100i0",  "tap999999999i31", "veth101i1", "fwbr100i0",
                                      "fwpr100p0", "fwln100i0",       "vnet0",     "vnet123"};
    static const char *const others[] = {
        "",          "lo",        "eth0",     "tap0",      "tap",   "tapi0",
        "tap100i",   "tap100i0x", "tap100p0", "tap100i-1", "veth0", "veth1a2b3c",
        "fwbr100p0", "fwpr100i0", "fwln100",  "vnet",      "vnetx", "vnet1i0",
        "vmbr0",     "xtap100i0", "TAP100i0", "tap 1i0",   "vnet0 "};

    for (size_t i = 0; i < ARRAY_SIZE(vms); i++)
        assert_true(net_dev_is_vm_name(vms[i]));
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        assert_false(net_dev_is_vm_name(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),     cmocka_unit_test(test_counters),
        cmocka_unit_test(test_names),    cmocka_unit_test(test_cut_and_spoilt),
        cmocka_unit_test(test_vm_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
