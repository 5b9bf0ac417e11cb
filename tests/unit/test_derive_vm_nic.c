/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: NICs of a VM in the VM's direction, and their sum. */
#include <string.h>

#include "made_devices.h"
#include "support.h"

static const uint64_t past[NET_DEV__COUNT] = {100000, 1000, 90, 80, 70, 60, 50, 40,
                                              200000, 2000, 95, 85, 75, 65, 55, 45};
/* Every counter by another amount: in 2 s, counter c grows by 10 * (c + 1). */
static const uint64_t work[NET_DEV__COUNT] = {10, 20,  30,  40,  50,  60,  70,  80,
                                              90, 100, 110, 120, 130, 140, 150, 160};

/* What the VM sees of a tap that did `work` in 2 s: where the tap transmits it
 * receives. 0 = nobody tells. */
static const double swapped[NET_DEV__COUNT] = {
    [NET_DEV_RX_BYTES] = 45,      /* tap's transmitted bytes: 90 / 2 */
    [NET_DEV_RX_PACKETS] = 50,    /* 100 / 2 */
    [NET_DEV_RX_ERRS] = 55,       /* 110 / 2 */
    [NET_DEV_RX_DROP] = 60,       /* 120 / 2 */
    [NET_DEV_RX_FIFO] = 65,       /* 130 / 2 */
    [NET_DEV_RX_COMPRESSED] = 80, /* 160 / 2 */
    [NET_DEV_TX_BYTES] = 5,       /* tap's received bytes: 10 / 2 */
    [NET_DEV_TX_PACKETS] = 10,    /* 20 / 2 */
    [NET_DEV_TX_ERRS] = 15,       /* 30 / 2 */
    [NET_DEV_TX_DROP] = 20,       /* 40 / 2 */
    [NET_DEV_TX_FIFO] = 25,       /* 50 / 2 */
    [NET_DEV_TX_COMPRESSED] = 35, /* 70 / 2 */
};

static unsigned first_of(enum scope scope)
{
    return scope == SCOPE_VM ? (unsigned)VM_NET_RECEIVEDBYTES : (unsigned)VMNIC_NET_RECEIVEDBYTES;
}

static void assert_swapped(const struct made_devices *d, enum scope scope, size_t row, double times)
{
    for (unsigned c = 0; c < NET_DEV__COUNT; c++) {
        if (swapped[c] > 0)
            assert_near(made_value(&d->m, scope, row, first_of(scope) + c), swapped[c] * times);
        else
            assert_false(made_has(&d->m, scope, row, first_of(scope) + c) ||
                         made_has_counter(&d->m, scope, row, first_of(scope) + c));
    }
}

static void assert_straight(const struct made_devices *d, enum scope scope, size_t row)
{
    for (unsigned c = 0; c < NET_DEV__COUNT; c++)
        assert_near(made_value(&d->m, scope, row, first_of(scope) + c), 5.0 * (c + 1));
}

static void assert_no_rates(const struct made_devices *d, enum scope scope, size_t row)
{
    for (unsigned c = 0; c < NET_DEV__COUNT; c++)
        assert_false(made_has(&d->m, scope, row, first_of(scope) + c));
}

#define nic_at(d, i) (&(d)->m.info->nics[i])

/* The connector tells bytes and packets of the NIC now, as the VM sees them. */
static void nic_told(struct made_devices *d, struct vm_nic *nic, uint64_t rx, uint64_t tx)
{
    struct raw *columns = nic->columns;

    columns[VMNIC_NET_RECEIVEDBYTES] = made_now(&d->m, columns[VMNIC_NET_RECEIVEDBYTES].value + rx);
    columns[VMNIC_NET_TRANSMITTEDBYTES] =
        made_now(&d->m, columns[VMNIC_NET_TRANSMITTEDBYTES].value + tx);
}

static void test_tap(void **state UNUSED)
{
    struct made_devices d;
    struct netdev_sample *tap;

    made_devices_init(&d);
    tap = made_netdev(&d, 0, "tap100i0");
    made_netdev_read(&d, tap, past);
    made_nic(&d, "net0", NIC_KIND_TAP, tap)->interface = xstrdup("tap100i0");
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VMNIC, 0);
    assert_no_rates(&d, SCOPE_VM, 0);
    made_pass(&d.m, 2);
    made_netdev_read(&d, tap, work);
    made_cycle(&d.m);
    assert_swapped(&d, SCOPE_VMNIC, 0, 1);
    assert_swapped(&d, SCOPE_VM, 0, 1);
    assert_int_equal(vmnic_counter(&d, 0, VMNIC_NET_RECEIVEDBYTES), 200090);
    assert_int_equal(vmnic_counter(&d, 0, VMNIC_NET_TRANSMITTEDBYTES), 100010);
    assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 200090);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDPACKETS), 1020);
    assert_false(made_note(&d, ROW_NET_PARTIAL));
    made_devices_done(&d);
}

/* By name: what a tap does not count of the VM. */
static void test_cells_of_no_tap(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_nic(&d, "net0", NIC_KIND_UNKNOWN, made_netdev(&d, 0, "vnet0")); /* is taken for a tap */
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 45);
    assert_false(vm_has(&d.m, VM_NET_RECEIVEDFRAME) || vm_has(&d.m, VM_NET_RECEIVEDMULTICAST));
    assert_false(vm_has(&d.m, VM_NET_TRANSMITTEDCOLLS) || vm_has(&d.m, VM_NET_TRANSMITTEDCARRIER));
    assert_false(vmnic_has(&d, 0, VMNIC_NET_RECEIVEDFRAME));
    assert_false(vmnic_has(&d, 0, VMNIC_NET_RECEIVEDMULTICAST));
    assert_false(vmnic_has(&d, 0, VMNIC_NET_TRANSMITTEDCOLLS));
    assert_false(vmnic_has(&d, 0, VMNIC_NET_TRANSMITTEDCARRIER));
    made_devices_done(&d);
}

static void test_macvtap(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_nic(&d, "net0", NIC_KIND_MACVTAP, made_netdev(&d, 0, "macvtap0"));
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_straight(&d, SCOPE_VMNIC, 0);
    assert_straight(&d, SCOPE_VM, 0);
    made_devices_done(&d);
}

static void test_texts(void **state UNUSED)
{
    struct made_devices d;
    const struct frame_table *nics, *vms;

    made_devices_init(&d);
    made_nic(&d, "net0", NIC_KIND_TAP, NULL)->interface = xstrdup("vnet7");
    made_nic(&d, "net1", NIC_KIND_UNKNOWN, NULL);
    made_cycle(&d.m);
    nics = &d.m.frame->tables[SCOPE_VMNIC];
    vms = &d.m.frame->tables[SCOPE_VM];
    assert_int_equal(nics->rows, 2);
    assert_string_equal(frame_value(nics, 0, VMNIC_NIC).text, "net0");
    assert_string_equal(frame_value(nics, 0, VMNIC_NIC_NAME).text, "vnet7");
    assert_string_equal(frame_value(nics, 0, VMNIC_NIC_KIND).text, "tap");
    assert_string_equal(frame_value(nics, 1, VMNIC_NIC).text, "net1");
    assert_false(vmnic_has(&d, 1, VMNIC_NIC_NAME) || vmnic_has(&d, 1, VMNIC_NIC_KIND));
    assert_false(frame_has_value(vms, 0, VM_NET_INTERFACES));
    d.m.info->interfaces = xstrdup("vnet7;vnet8");
    made_cycle(&d.m);
    vms = &d.m.frame->tables[SCOPE_VM];
    assert_string_equal(frame_value(vms, 0, VM_NET_INTERFACES).text, "vnet7;vnet8");
    made_devices_done(&d);
}

/* No device on the host: the figures of the hypervisor's interface, as they
 * are, held between its readings. */
static void test_connectors_figures(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    nic_told(&d, made_nic(&d, "net0", NIC_KIND_VHOST_USER, NULL), 1000, 5000);
    made_cycle(&d.m);
    assert_false(made_note(&d, ROW_NET_PARTIAL));
    assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 1000);
    made_pass(&d.m, 1);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    made_pass(&d.m, 1);
    nic_told(&d, nic_at(&d, 0), 400, 600);
    for (int i = 0; i < 3; i++) {
        made_cycle(&d.m);
        assert_near(vmnic_value(&d, 0, VMNIC_NET_RECEIVEDBYTES), 200);
        assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 200);
        assert_near(vm_value(&d.m, VM_NET_TRANSMITTEDBYTES), 300);
        assert_false(vm_has(&d.m, VM_NET_RECEIVEDPACKETS));
        assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 1400);
        made_pass(&d.m, 1);
    }
    made_devices_done(&d);
}

/* A NIC that is plugged in does not break what is held of the other. */
static void test_hot_plugged_beside_slow(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    nic_told(&d, made_nic(&d, "net0", NIC_KIND_VHOST_USER, NULL), 1000, 5000);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    nic_told(&d, nic_at(&d, 0), 400, 600);
    nic_told(&d, made_nic(&d, "net1", NIC_KIND_VHOST_USER, NULL), 1000000, 1000000);
    for (int i = 0; i < 3; i++) {
        made_cycle(&d.m);
        assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 200);
        assert_false(vmnic_has(&d, 1, VMNIC_NET_RECEIVEDBYTES));
        assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 1400);
        made_pass(&d.m, 1);
    }
    made_devices_done(&d);
}

/* A tap, one that nobody knows, and one that only the source knows: the sum is
 * of what is known, and says that it is a lower bound. */
static void test_partial(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_nic(&d, "net0", NIC_KIND_TAP, made_netdev(&d, 0, "tap0"));
    made_nic(&d, "net1", NIC_KIND_USER, NULL);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_true(made_note(&d, ROW_NET_PARTIAL));
    assert_swapped(&d, SCOPE_VM, 0, 1);
    assert_no_rates(&d, SCOPE_VMNIC, 1);
    made_nic_leaves(&d, 1);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_false(made_note(&d, ROW_NET_PARTIAL));
    assert_swapped(&d, SCOPE_VM, 0, 1);
    made_devices_done(&d);
}

static void test_only_unknown(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    d.m.vm.nic_devices = NULL; /* nobody attached devices */
    made_nic(&d, "net0", NIC_KIND_USER, NULL);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_cycle(&d.m);
    assert_true(made_note(&d, ROW_NET_PARTIAL));
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_false(vm_has_counter(&d.m, VM_NET_RECEIVEDBYTES));
    made_devices_done(&d);
}

static void two_taps_init(struct made_devices *d)
{
    made_devices_init(d);
    for (unsigned i = 0; i < 2; i++) {
        made_nic(d, i ? "net1" : "net0", NIC_KIND_TAP, made_netdev(d, i, i ? "tap1" : "tap0"));
        made_netdev_read(d, &d->netdevs[i], past);
    }
    made_cycle(&d->m);
    made_pass(&d->m, 2);
    made_netdev_read(d, &d->netdevs[0], work);
    made_netdev_read(d, &d->netdevs[1], work);
    made_cycle(&d->m);
    assert_swapped(d, SCOPE_VM, 0, 2);
    assert_int_equal(vm_counter(&d->m, VM_NET_TRANSMITTEDBYTES), 200020);
}

static void test_nic_goes_and_comes(void **state UNUSED)
{
    struct made_devices d;
    struct netdev_sample *tap;

    two_taps_init(&d);
    made_nic_leaves(&d, 0);
    made_netdev_leaves(&d, &d.netdevs[0]);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[1], work);
    made_cycle(&d.m);
    assert_swapped(&d, SCOPE_VM, 0, 1);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 200030);
    tap = made_netdev(&d, 2, "tap2");
    made_nic(&d, "net0", NIC_KIND_TAP, tap);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[1], work);
    made_netdev_read(&d, tap, past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VMNIC, 1);
    assert_swapped(&d, SCOPE_VM, 0, 1);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 200040);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[1], work);
    made_netdev_read(&d, tap, work);
    made_cycle(&d.m);
    assert_swapped(&d, SCOPE_VM, 0, 2);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 200060);
    made_devices_done(&d);
}

/* The same NIC, another tap: its counters have nothing to do with the old one's. */
static void test_other_tap(void **state UNUSED)
{
    struct made_devices d;
    struct netdev_sample *tap;

    two_taps_init(&d);
    made_nic_leaves(&d, 1);
    made_netdev_leaves(&d, &d.netdevs[0]);
    tap = made_netdev(&d, 0, "tap0"); /* even with the slot and the name of the old one */
    d.nic_devices[0] = tap;
    made_netdev_read(&d, tap, past);
    made_netdev_read(&d, tap, past);
    made_pass(&d.m, 2);
    made_netdev_read(&d, tap, past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VMNIC, 0);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 200020);
    made_pass(&d.m, 2);
    made_netdev_read(&d, tap, work);
    made_cycle(&d.m);
    assert_swapped(&d, SCOPE_VM, 0, 1);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 200030);
    made_devices_done(&d);
}

/* What was taken for a tap is told to be a macvtap: its directions change, and
 * the difference to the other counter is no rate. */
static void test_kind_is_told_later(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_nic(&d, "net0", NIC_KIND_UNKNOWN, made_netdev(&d, 0, "macvtap0"));
    made_netdev_read(&d, &d.netdevs[0], past);
    made_cycle(&d.m);
    nic_at(&d, 0)->kind = NIC_KIND_MACVTAP;
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VMNIC, 0);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 100000);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_straight(&d, SCOPE_VM, 0);
    made_devices_done(&d);
}

/* A device that is there after all takes over from the connector's figures. */
static void test_device_takes_over(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    nic_told(&d, made_nic(&d, "net0", NIC_KIND_TAP, NULL), 100, 100);
    made_cycle(&d.m);
    d.nic_devices[0] = made_netdev(&d, 0, "tap0");
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 100);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 45);
    assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 190);
    made_devices_done(&d);
}

static void test_tap_starts_anew(void **state UNUSED)
{
    struct made_devices d;

    two_taps_init(&d);
    made_pass(&d.m, 2);
    memset(d.netdevs[1].counters, 0, sizeof(d.netdevs[1].counters));
    made_netdev_read(&d, &d.netdevs[0], work);
    d.netdevs[1].at = d.m.sample.at;
    made_cycle(&d.m);
    assert_swapped(&d, SCOPE_VMNIC, 0, 1);
    assert_no_rates(&d, SCOPE_VMNIC, 1);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 200030);
    made_devices_done(&d);
}

static void test_tap_not_read(void **state UNUSED)
{
    struct made_devices d;

    two_taps_init(&d);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    d.netdevs[1].at.ns = 0;
    made_cycle(&d.m);
    assert_true(made_note(&d, ROW_NET_PARTIAL));
    assert_no_rates(&d, SCOPE_VMNIC, 1);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_netdev_read(&d, &d.netdevs[1], work);
    made_cycle(&d.m);
    assert_near(vmnic_value(&d, 1, VMNIC_NET_RECEIVEDBYTES), 22.5); /* 90 in 4 s */
    assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 67.5);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 200050);
    made_devices_done(&d);
}

static void test_reordered(void **state UNUSED)
{
    struct made_devices d;

    two_taps_init(&d);
    for (int i = 0; i < 3; i++) {
        made_nics_swap(&d, 0, 1);
        made_pass(&d.m, 2);
        made_netdev_read(&d, &d.netdevs[0], work);
        made_netdev_read(&d, &d.netdevs[1], work);
        made_cycle(&d.m);
        assert_swapped(&d, SCOPE_VMNIC, 0, 1);
        assert_swapped(&d, SCOPE_VMNIC, 1, 1);
        assert_swapped(&d, SCOPE_VM, 0, 2);
    }
    made_devices_done(&d);
}

/* The NIC is known before its tap is found: the first reading starts the sums. */
static void test_listed_before_read(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_nic(&d, "net0", NIC_KIND_TAP, NULL);
    made_cycle(&d.m);
    assert_false(vm_has_counter(&d.m, VM_NET_RECEIVEDBYTES));
    made_pass(&d.m, 2);
    d.nic_devices[0] = made_netdev(&d, 0, "tap0");
    made_netdev_read(&d, &d.netdevs[0], past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 200000);
    made_devices_done(&d);
}

static void test_vm_restarts(void **state UNUSED)
{
    struct made_devices d;

    two_taps_init(&d);
    d.m.vm.birth++;
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_netdev_read(&d, &d.netdevs[1], work);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_int_equal(vm_counter(&d.m, VM_NET_TRANSMITTEDBYTES), 200040);
    made_devices_done(&d);
}

/* What the source alone tells goes when it falls silent; taps are unaffected. */
static void test_silent_source(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    d.m.info->has_source = true;
    d.m.info->answered_at = d.m.sample.at;
    made_nic(&d, "net0", NIC_KIND_TAP, made_netdev(&d, 0, "tap0"));
    nic_told(&d, made_nic(&d, "net1", NIC_KIND_VHOST_USER, NULL), 1000, 1000);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    d.m.info->answered_at = d.m.sample.at;
    made_netdev_read(&d, &d.netdevs[0], work);
    nic_told(&d, nic_at(&d, 1), 400, 400);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 245);
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_cycle(&d.m); /* within two beats */
    assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 245);
    for (int i = 0; i < 2; i++) {
        made_pass(&d.m, 3);
        made_netdev_read(&d, &d.netdevs[0], work);
        made_cycle(&d.m);
        assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 30); /* 90 in 3 s */
        assert_no_rates(&d, SCOPE_VMNIC, 1);
        assert_int_equal(made_counter(&d.m, SCOPE_VMNIC, 1, VMNIC_NET_RECEIVEDBYTES), 1400);
        assert_true(made_is_told(&d.m, SCOPE_VMNIC, 1, VMNIC_NET_RECEIVEDBYTES));
        assert_false(made_is_told(&d.m, SCOPE_VMNIC, 0, VMNIC_NET_RECEIVEDBYTES));
        assert_true(made_note(&d, ROW_NET_PARTIAL));
        assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 1400 + 90 * (3 + (uint64_t)i));
    }
    made_devices_done(&d);
}

/* With no other NIC, its sum goes, too: its counters would stand still. */
static void test_all_silent(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    d.m.info->has_source = true;
    d.m.info->answered_at = d.m.sample.at;
    nic_told(&d, made_nic(&d, "net0", NIC_KIND_VHOST_USER, NULL), 1000, 1000);
    made_cycle(&d.m);
    assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 1000);
    made_pass(&d.m, 10);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_false(vm_has_counter(&d.m, VM_NET_RECEIVEDBYTES));
    made_pass(&d.m, 10);
    d.m.info->answered_at = d.m.sample.at;
    nic_told(&d, nic_at(&d, 0), 200, 200);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 10);
    assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 1200);
    made_devices_done(&d);
}

/* A reading that is seen when its source is silent already, as cycles that are
 * longer than the source's beat do: no rate, but it belongs to the total, once. */
static void test_read_before_silence(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    d.m.info->has_source = true;
    d.m.info->answered_at = d.m.sample.at;
    nic_told(&d, made_nic(&d, "net0", NIC_KIND_VHOST_USER, NULL), 1000, 1000);
    made_pass(&d.m, 60);
    made_cycle(&d.m); /* silent at first sight */
    assert_false(vm_has_counter(&d.m, VM_NET_RECEIVEDBYTES));
    made_pass(&d.m, 2);
    d.m.info->answered_at = d.m.sample.at;
    nic_told(&d, nic_at(&d, 0), 200, 200);
    made_pass(&d.m, 58);
    made_cycle(&d.m); /* it told once more, and is silent again */
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_false(vm_has_counter(&d.m, VM_NET_RECEIVEDBYTES));
    made_pass(&d.m, 10);
    d.m.info->answered_at = d.m.sample.at;
    nic_told(&d, nic_at(&d, 0), 34, 34);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_NET_RECEIVEDBYTES), 0.5); /* in 68 s */
    assert_int_equal(vm_counter(&d.m, VM_NET_RECEIVEDBYTES), 1234);
    made_devices_done(&d);
}

static void test_without_rows(void **state UNUSED)
{
    struct selection selection;
    struct made_devices d;

    two_taps_init(&d);
    selection_by_collectors(&selection, UINT32_MAX, true);
    selection_limit_devices(&selection, false, SCOPE__COUNT);
    derive_select(d.m.derive, &selection);
    d.netdevs[0].shown = d.netdevs[0].considered = false; /* of a namespace of its own */
    made_pass(&d.m, 2);
    made_netdev_read(&d, &d.netdevs[0], work);
    made_netdev_read(&d, &d.netdevs[1], work);
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_VMNIC), 0);
    assert_swapped(&d, SCOPE_VM, 0, 2);
    made_devices_done(&d);
}

static void test_labels(void **state UNUSED)
{
    const struct row_labels *labels;
    struct made_devices d;

    made_devices_init(&d);
    made_nic(&d, "net0", NIC_KIND_TAP, NULL);
    made_nic(&d, "net1", NIC_KIND_USER, NULL);
    nic_at(&d, 0)->mac = xstrdup("52:54:00:00:00:01");
    nic_at(&d, 0)->bridge = xstrdup("br0");
    made_cycle(&d.m);
    labels = d.m.frame->tables[SCOPE_VMNIC].labels;
    assert_string_equal(labels[0].mac, "52:54:00:00:00:01");
    assert_string_equal(labels[0].bridge, "br0");
    assert_true(!labels[1].mac && !labels[1].bridge);
    made_devices_done(&d);
}

/* Of the VM's own row. */
static void test_labels_of_vm(void **state UNUSED)
{
    const struct row_labels *labels;
    struct made m;

    made_init(&m);
    made_cycle(&m);
    labels = m.frame->tables[SCOPE_VM].labels;
    assert_true(!labels->tags && !labels->lock && !labels->is_template);
    m.info->tags = xstrdup("a;b");
    m.info->lock = xstrdup("backup");
    m.info->is_template = true;
    made_cycle(&m);
    labels = m.frame->tables[SCOPE_VM].labels;
    assert_string_equal(labels->tags, "a;b");
    assert_string_equal(labels->lock, "backup");
    assert_true(labels->is_template);
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tap),
        cmocka_unit_test(test_cells_of_no_tap),
        cmocka_unit_test(test_macvtap),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_labels_of_vm),
        cmocka_unit_test(test_connectors_figures),
        cmocka_unit_test(test_hot_plugged_beside_slow),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_only_unknown),
        cmocka_unit_test(test_nic_goes_and_comes),
        cmocka_unit_test(test_other_tap),
        cmocka_unit_test(test_kind_is_told_later),
        cmocka_unit_test(test_device_takes_over),
        cmocka_unit_test(test_tap_starts_anew),
        cmocka_unit_test(test_tap_not_read),
        cmocka_unit_test(test_reordered),
        cmocka_unit_test(test_listed_before_read),
        cmocka_unit_test(test_vm_restarts),
        cmocka_unit_test(test_silent_source),
        cmocka_unit_test(test_all_silent),
        cmocka_unit_test(test_read_before_silence),
        cmocka_unit_test(test_without_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
