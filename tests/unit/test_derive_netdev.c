/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: network devices of the host, and their sum on the host row. */
#include <string.h>

#include "made_devices.h"
#include "support.h"

static const uint64_t nothing[NET_DEV__COUNT] = {0};
static const uint64_t past[NET_DEV__COUNT] = {100000, 1000, 90, 80, 70, 60, 50, 40,
                                              200000, 2000, 95, 85, 75, 65, 55, 45};
/* Every counter by another amount: 16 * 10 in 2 s is 80 a second for the last. */
static const uint64_t work[NET_DEV__COUNT] = {10, 20,  30,  40,  50,  60,  70,  80,
                                              90, 100, 110, 120, 130, 140, 150, 160};

static void assert_work(const struct made_devices *d, enum scope scope, size_t row, unsigned first,
                        double times)
{
    for (unsigned c = 0; c < NET_DEV__COUNT; c++)
        assert_near(made_value(&d->m, scope, row, first + c), 5.0 * (c + 1) * times);
}

static void assert_no_rates(const struct made_devices *d, enum scope scope, size_t row,
                            unsigned first)
{
    for (unsigned c = 0; c < NET_DEV__COUNT; c++)
        assert_false(made_has(&d->m, scope, row, first + c));
}

static void test_cells(void **state UNUSED)
{
    struct made_devices d;
    struct netdev_sample *eth0;

    made_devices_init(&d);
    eth0 = made_netdev(&d, 0, "eth0");
    made_netdev_read(&d, eth0, past);
    made_cycle(&d.m);
    assert_string_equal(frame_value(&d.m.frame->tables[SCOPE_NETDEV], 0, NETDEV_DEVICE).text,
                        "eth0");
    assert_no_rates(&d, SCOPE_NETDEV, 0, NETDEV_NET_HOST_RECEIVEDBYTES);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES);
    made_pass(&d.m, 2);
    made_netdev_read(&d, eth0, work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_NETDEV, 0, NETDEV_NET_HOST_RECEIVEDBYTES, 1);
    assert_work(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 1);
    for (unsigned c = 0; c < NET_DEV__COUNT; c++) {
        assert_int_equal(netdev_counter(&d, 0, NETDEV_NET_HOST_RECEIVEDBYTES + c),
                         past[c] + work[c]);
        assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES + c), past[c] + work[c]);
    }
    /* By name, so that an enum that slips is seen. */
    assert_near(netdev_value(&d, 0, NETDEV_NET_HOST_RECEIVEDPACKETS), 10);
    assert_near(netdev_value(&d, 0, NETDEV_NET_HOST_RECEIVEDMULTICAST), 40);
    assert_near(netdev_value(&d, 0, NETDEV_NET_HOST_TRANSMITTEDBYTES), 45);
    assert_near(netdev_value(&d, 0, NETDEV_NET_HOST_TRANSMITTEDDROP), 60);
    assert_near(host_value(&d.m, HOST_NET_HOST_TRANSMITTEDCARRIER), 75);
    made_devices_done(&d);
}

/* Rows of all that is shown, the sum over what is considered. */
static void test_sums(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_netdev(&d, 0, "eth0");
    made_netdev(&d, 1, "vmbr0")->considered = false;
    made_netdev(&d, 2, "eth1")->shown = false;
    made_netdev(&d, 3, "eth0")->considered = false; /* of another namespace */
    d.netdevs[3].shown = false;
    for (int i = 0; i < 2; i++) {
        made_cycle(&d.m);
        made_pass(&d.m, 2);
        for (size_t k = 0; k < 4; k++)
            made_netdev_read(&d, &d.netdevs[k], work);
    }
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_NETDEV), 2);
    assert_work(&d, SCOPE_NETDEV, 0, NETDEV_NET_HOST_RECEIVEDBYTES, 1);
    assert_work(&d, SCOPE_NETDEV, 1, NETDEV_NET_HOST_RECEIVEDBYTES, 1);
    assert_work(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 2);
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 40);
    made_devices_done(&d);
}

/* Of those considered that have a link and tell its speed. */
static void test_speed(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_netdev(&d, 0, "eth0");
    made_netdev(&d, 1, "eth1");
    made_netdev(&d, 2, "bond0")->considered = false;
    made_cycle(&d.m);
    assert_false(host_has(&d.m, HOST_NET_HOST_SPEED) || netdev_has(&d, 0, NETDEV_NET_HOST_SPEED));
    d.netdevs[0].speed = made_now(&d.m, 10000);
    d.netdevs[2].speed = made_now(&d.m, 20000);
    made_cycle(&d.m);
    assert_near(host_value(&d.m, HOST_NET_HOST_SPEED), 10000);
    assert_near(netdev_value(&d, 0, NETDEV_NET_HOST_SPEED), 10000);
    assert_false(netdev_has(&d, 1, NETDEV_NET_HOST_SPEED));
    assert_near(netdev_value(&d, 2, NETDEV_NET_HOST_SPEED), 20000);
    d.netdevs[1].speed = made_now(&d.m, 1000);
    made_cycle(&d.m);
    assert_near(host_value(&d.m, HOST_NET_HOST_SPEED), 11000);
    made_devices_done(&d);
}

/* One device's counters start anew: that counter of the host is missing. */
static void test_device_starts_anew(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_netdev(&d, 0, "eth0");
    made_netdev_read(&d, made_netdev(&d, 1, "eth1"), past);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    memset(d.netdevs[1].counters, 0, sizeof(d.netdevs[1].counters));
    made_netdev_read(&d, &d.netdevs[1], nothing);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_NETDEV, 0, NETDEV_NET_HOST_RECEIVEDBYTES, 1);
    assert_no_rates(&d, SCOPE_NETDEV, 1, NETDEV_NET_HOST_RECEIVEDBYTES);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES);
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 100010);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_netdev_read(&d, &d.netdevs[1], work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 2);
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 100030);
    made_devices_done(&d);
}

static void test_devices_come_and_go(void **state UNUSED)
{
    struct made_devices d;
    struct netdev_sample *eth1;

    made_devices_init(&d);
    made_netdev(&d, 0, "eth0");
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    eth1 = made_netdev(&d, 1, "eth1");
    made_netdev_read(&d, eth1, past); /* joins with a past */
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_NETDEV, 1, NETDEV_NET_HOST_RECEIVEDBYTES);
    assert_work(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 1);
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 10);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_netdev_read(&d, eth1, work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 2);
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 30);
    made_netdev_leaves(&d, eth1);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 1);
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 40);
    eth1 = made_netdev(&d, 1, "eth1"); /* another one in the same slot */
    made_netdev_read(&d, eth1, past);
    made_netdev_read(&d, eth1, past);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_netdev_read(&d, eth1, past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_NETDEV, 1, NETDEV_NET_HOST_RECEIVEDBYTES);
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 50);
    made_devices_done(&d);
}

static void test_not_read(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_netdev(&d, 0, "eth0");
    d.netdevs[0].at.ns = 0;
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_NETDEV), 0);
    assert_false(host_has_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES));
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], past);
    made_cycle(&d.m); /* the first reading starts the sum, whenever it comes */
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 100000);
    made_pass(&d.m, 2);
    d.netdevs[0].at.ns = 0;
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 0.5); /* in 4 s */
    made_devices_done(&d);
}

/* Devices of a VM's namespace tell nothing of the host's file. */
static void test_not_read_beside_another_namespace(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_netdev(&d, 0, "eth0");
    made_netdev(&d, 1, "eth0")->shown = false;
    d.netdevs[1].considered = false;
    made_cycle(&d.m);
    assert_int_equal(host_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 0);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[1], work);
    d.netdevs[0].at.ns = 0;
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES);
    assert_false(host_has_counter(&d.m, HOST_NET_HOST_RECEIVEDBYTES));
    made_devices_done(&d);
}

static void test_without_rows(void **state UNUSED)
{
    struct selection selection;
    struct made_devices d;

    made_devices_init(&d);
    selection_by_collectors(&selection, UINT32_MAX, true);
    selection_limit_devices(&selection, false, SCOPE_BLOCKDEV);
    derive_select(d.m.derive, &selection);
    made_netdev(&d, 0, "eth0");
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_NETDEV), 0);
    assert_work(&d, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES, 1);
    made_devices_done(&d);
}

/* 64-bit counters of a fast link, near their end. */
static void test_large_counters(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_netdev(&d, 0, "eth0");
    d.netdevs[0].counters[NET_DEV_RX_BYTES] = UINT64_MAX - 4000;
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], nothing);
    d.netdevs[0].counters[NET_DEV_RX_BYTES] += 4000;
    made_cycle(&d.m);
    assert_near(host_value(&d.m, HOST_NET_HOST_RECEIVEDBYTES), 2000);
    made_devices_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_speed),
        cmocka_unit_test(test_device_starts_anew),
        cmocka_unit_test(test_devices_come_and_go),
        cmocka_unit_test(test_not_read),
        cmocka_unit_test(test_not_read_beside_another_namespace),
        cmocka_unit_test(test_without_rows),
        cmocka_unit_test(test_large_counters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
