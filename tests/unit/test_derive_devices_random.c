/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * derive: whatever disks, NICs and devices do (come, go, change places, start
 * anew, are not read), no rate is one that they could not have, and no sum
 * falls.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "made_devices.h"
#include "support.h"

#define LIVES  40
#define CYCLES 150

/* Most that one counter gains in a second: what every rate is held against.
 * Counters that start anew lie below PAST, and one reading to the next is at
 * least 0.1 s apart, so that a step that is none would be seen. */
#define PER_SECOND UINT64_C(1000)
#define PAST       UINT64_C(4000000000)
#define BYTES      UINT64_C(1048576) /* of disks, per unit of the others */

struct life {
    struct made_devices d;
    uint64_t seed;
    unsigned names; /* of disks and NICs that ever were */
    double passed;
    uint64_t host[HOST__COUNT], vm[VM__COUNT]; /* counters of the cycle before */
};

static uint64_t below(struct life *l, uint64_t limit)
{
    return support_random_below(&l->seed, limit);
}

/* What a counter gains in this cycle at most, as its rate is bounded. */
static uint64_t growth(struct life *l)
{
    return below(l, 3) ? below(l, (uint64_t)(l->passed * (double)PER_SECOND) + 1) : 0;
}

static uint64_t past(struct life *l)
{
    return below(l, 2) ? below(l, PAST) : below(l, 100);
}

static void blockdev_goes_on(struct life *l, struct blockdev_sample *device)
{
    static const bool is_ms[DISKSTAT__COUNT] = {
        [DISKSTAT_MS_READING] = true,    [DISKSTAT_MS_WRITING] = true,
        [DISKSTAT_MS_BUSY] = true,       [DISKSTAT_MS_WEIGHTED] = true,
        [DISKSTAT_MS_DISCARDING] = true, [DISKSTAT_MS_FLUSHING] = true,
    };
    uint64_t event = below(l, 25);

    for (unsigned s = 0; s < DISKSTAT__COUNT; s++) {
        device->counters[s] = event == 0 ? below(l, 100) : device->counters[s] + growth(l);
        if (is_ms[s])
            device->counters[s] &= UINT32_MAX;
    }
    device->counters[DISKSTAT_IN_FLIGHT] = below(l, 64);
    device->at = l->d.m.sample.at;
    if (event == 1)
        device->at.ns = 0; /* not read, though it goes on */
}

static void netdev_goes_on(struct life *l, struct netdev_sample *device)
{
    uint64_t event = below(l, 25);

    for (unsigned c = 0; c < NET_DEV__COUNT; c++)
        device->counters[c] = event == 0 ? below(l, 100) : device->counters[c] + growth(l);
    device->at = l->d.m.sample.at;
    if (event == 1)
        device->at.ns = 0;
}

static void disk_goes_on(struct life *l, struct vm_disk *disk)
{
    static const struct {
        enum vmdisk_column column;
        uint64_t unit;
    } counters[] = {
        {VMDISK_DISK_READS, 1},
        {VMDISK_DISK_WRITES, 1},
        {VMDISK_DISK_STATS_FLUSHREQ, 1},
        {VMDISK_DISK_MBREAD, BYTES},
        {VMDISK_DISK_MBWRITE, BYTES},
        {VMDISK_DISK_STATS_RDTOTALTIMES, (uint64_t)MS},
        {VMDISK_DISK_STATS_WRTOTALTIMES, (uint64_t)MS},
        {VMDISK_DISK_STATS_FLUSHTOTALTIMES, (uint64_t)MS},
        {VMDISK_DISK_ERRORS, 1},
    };
    uint64_t event = below(l, 25);

    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        struct raw *reading = &disk->columns[counters[i].column];
        uint64_t value = event == 0 ? below(l, 100) : reading->value + growth(l) * counters[i].unit;

        *reading = made_now(&l->d.m, value);
        if (event == 1 || (event == 2 && i % 2))
            reading->at.ns = 0;
    }
}

static void nic_goes_on(struct life *l, struct vm_nic *nic)
{
    static const enum vmnic_column columns[] = {VMNIC_NET_RECEIVEDBYTES, VMNIC_NET_TRANSMITTEDBYTES,
                                                VMNIC_NET_RECEIVEDDROP};
    uint64_t event = below(l, 25);

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        struct raw *reading = &nic->columns[columns[i]];

        *reading = made_now(&l->d.m, event == 0 ? below(l, 100) : reading->value + growth(l));
        if (event == 1)
            reading->at.ns = 0;
    }
}

static unsigned free_slot(struct life *l, bool blockdev)
{
    for (;;) {
        unsigned slot = (unsigned)below(l, MADE_DEVICES_MAX);
        bool used = false;

        for (size_t i = 0; blockdev && i < l->d.m.sample.host.blockdev_count; i++)
            used |= l->d.blockdev_list[i]->slot == slot;
        for (size_t i = 0; !blockdev && i < l->d.m.sample.host.netdev_count; i++)
            used |= l->d.netdev_list[i]->slot == slot;
        if (!used)
            return slot;
    }
}

static void device_joins(struct life *l)
{
    if (below(l, 2) && l->d.m.sample.host.blockdev_count < MADE_DEVICES_MAX - 2) {
        struct blockdev_sample *device = made_blockdev(&l->d, free_slot(l, true), "sdx");

        for (unsigned s = 0; s < DISKSTAT__COUNT; s++)
            device->counters[s] = past(l);
        device->considered = below(l, 3) != 0;
        device->shown = below(l, 4) != 0;
    } else if (l->d.m.sample.host.netdev_count < MADE_DEVICES_MAX - 2) {
        struct netdev_sample *device = made_netdev(&l->d, free_slot(l, false), "ethx");

        for (unsigned c = 0; c < NET_DEV__COUNT; c++)
            device->counters[c] = past(l);
        device->considered = below(l, 3) != 0;
        device->shown = below(l, 4) != 0;
        if (below(l, 2))
            device->speed = made_now(&l->d.m, 1000);
    }
}

static void device_leaves(struct life *l)
{
    const struct host_sample *host = &l->d.m.sample.host;

    if (below(l, 2) && host->blockdev_count)
        made_blockdev_leaves(&l->d, l->d.blockdev_list[below(l, host->blockdev_count)]);
    else if (host->netdev_count)
        made_netdev_leaves(&l->d, l->d.netdev_list[below(l, host->netdev_count)]);
}

static void disk_joins(struct life *l)
{
    const struct host_sample *host = &l->d.m.sample.host;
    const struct blockdev_sample *device = NULL;
    struct vm_disk *disk;
    char name[32];

    if (l->d.m.info->disk_count == MADE_DEVICES_MAX)
        return;
    if (host->blockdev_count && below(l, 4))
        device = l->d.blockdev_list[below(l, host->blockdev_count)];
    snprintf(name, sizeof(name), "disk%u",
             below(l, 2) ? ++l->names : (unsigned)below(l, 20) + 1000);
    if (vm_info_find_disk(l->d.m.info, name))
        return;
    disk = made_disk(&l->d, name, device);
    disk->is_total = below(l, 5) != 0;
    for (size_t c = 0; c < VMDISK__COUNT; c++)
        disk->columns[c].value = past(l);
    if (below(l, 4))
        disk_goes_on(l, disk);
}

static void nic_joins(struct life *l)
{
    static const enum nic_kind kinds[] = {NIC_KIND_TAP, NIC_KIND_MACVTAP, NIC_KIND_UNKNOWN,
                                          NIC_KIND_USER};
    const struct host_sample *host = &l->d.m.sample.host;
    const struct netdev_sample *device = NULL;
    struct vm_nic *nic;
    char name[32];

    if (l->d.m.info->nic_count == MADE_DEVICES_MAX)
        return;
    if (host->netdev_count && below(l, 4))
        device = l->d.netdev_list[below(l, host->netdev_count)];
    snprintf(name, sizeof(name), "net%u", (unsigned)below(l, 20));
    if (vm_info_find_nic(l->d.m.info, name))
        return;
    nic = made_nic(&l->d, name, kinds[below(l, ARRAY_SIZE(kinds))], device);
    for (size_t c = 0; c < VMNIC__COUNT; c++)
        nic->columns[c].value = past(l);
}

static void things_change(struct life *l)
{
    struct vm_info *info = l->d.m.info;

    if (!below(l, 6))
        device_joins(l);
    if (!below(l, 10))
        device_leaves(l);
    if (!below(l, 6))
        disk_joins(l);
    if (!below(l, 6))
        nic_joins(l);
    if (info->disk_count && !below(l, 10))
        made_disk_leaves(&l->d, below(l, info->disk_count));
    if (info->nic_count && !below(l, 10))
        made_nic_leaves(&l->d, below(l, info->nic_count));
    if (info->disk_count && !below(l, 5))
        made_disks_swap(&l->d, below(l, info->disk_count), below(l, info->disk_count));
    if (info->nic_count && !below(l, 5))
        made_nics_swap(&l->d, below(l, info->nic_count), below(l, info->nic_count));
    if (info->nic_count && !below(l, 20)) /* another tap, or none, for the same NIC */
        l->d.nic_devices[below(l, info->nic_count)] =
            l->d.m.sample.host.netdev_count && below(l, 2) ? l->d.netdev_list[0] : NULL;
    if (info->nic_count && !below(l, 20))
        info->nics[below(l, info->nic_count)].kind = below(l, 2) ? NIC_KIND_TAP : NIC_KIND_MACVTAP;
}

/* Each value finite, not negative, and no more than its members can do. */
static void assert_bounds(const struct life *l, enum scope scope, unsigned first, unsigned last,
                          double members)
{
    const struct frame_table *table = &l->d.m.frame->tables[scope];
    const double most = (double)PER_SECOND * fmax(1, members) * 1.001;

    for (size_t row = 0; row < table->rows; row++) {
        for (unsigned column = first; column <= last; column++) {
            const struct metric *m = metric_at(scope, column);
            double value;

            if (!frame_has_value(table, row, column) || m->type == METRIC_TYPE_STR ||
                m->kind != METRIC_KIND_RATE)
                continue;
            value = frame_value(table, row, column).number;
            /* Times per request have no bound: one may end that began long ago. */
            if (!isfinite(value) || value < 0 ||
                value > (strcmp(m->unit, "ms") == 0  ? 1e9
                         : strcmp(m->unit, "%") == 0 ? 100
                                                     : most))
                print_error("%s.%s is %g of at most %g\n", scope_name(scope), m->key, value, most);
            assert_true(isfinite(value) && value >= 0);
            if (strcmp(m->unit, "ms") != 0)
                assert_true(value <= (strcmp(m->unit, "%") == 0 ? 100 : most));
        }
    }
}

static void assert_rise(const struct made *m, enum scope scope, unsigned first, unsigned last,
                        uint64_t *before)
{
    for (unsigned column = first; column <= last; column++) {
        if (!made_has_counter(m, scope, 0, column))
            continue;
        if (made_counter(m, scope, 0, column) < before[column])
            print_error("%s.%s fell\n", scope_name(scope), metric_at(scope, column)->key);
        assert_true(made_counter(m, scope, 0, column) >= before[column]);
        before[column] = made_counter(m, scope, 0, column);
    }
}

static void assert_all(struct life *l)
{
    const struct made *m = &l->d.m;

    assert_bounds(l, SCOPE_BLOCKDEV, 0, BLOCKDEV__COUNT - 1, 1);
    assert_bounds(l, SCOPE_NETDEV, 0, NETDEV__COUNT - 1, 1);
    assert_bounds(l, SCOPE_VMDISK, 0, VMDISK__COUNT - 1, 3); /* in flight: of three times */
    assert_bounds(l, SCOPE_VMNIC, 0, VMNIC__COUNT - 1, 1);
    assert_bounds(l, SCOPE_HOST, HOST_DISK_DEVICE_READS, HOST_DISK_DEVICE_WEIGHTEDTIMEFOROPS,
                  MADE_DEVICES_MAX);
    assert_bounds(l, SCOPE_HOST, HOST_NET_HOST_RECEIVEDBYTES, HOST_NET_HOST_TRANSMITTEDCOMPRESSED,
                  MADE_DEVICES_MAX);
    assert_bounds(l, SCOPE_VM, VM_DISK_SIZE_CAPACITY, VM_DISK_STATS_FLUSHTOTALTIMES,
                  MADE_DEVICES_MAX);
    assert_bounds(l, SCOPE_VM, VM_NET_RECEIVEDBYTES, VM_NET_TRANSMITTEDCOMPRESSED,
                  MADE_DEVICES_MAX);
    assert_rise(m, SCOPE_HOST, HOST_DISK_DEVICE_READS, HOST_DISK_DEVICE_WEIGHTEDTIMEFOROPS,
                l->host);
    assert_rise(m, SCOPE_HOST, HOST_NET_HOST_RECEIVEDBYTES, HOST_NET_HOST_TRANSMITTEDCOMPRESSED,
                l->host);
    assert_rise(m, SCOPE_VM, VM_DISK_SIZE_CAPACITY, VM_DISK_STATS_FLUSHTOTALTIMES, l->vm);
    assert_rise(m, SCOPE_VM, VM_NET_RECEIVEDBYTES, VM_NET_TRANSMITTEDCOMPRESSED, l->vm);
}

static void one_cycle(struct life *l)
{
    const struct host_sample *host = &l->d.m.sample.host;
    struct vm_info *info = l->d.m.info;

    l->passed = below(l, 15) ? 0.1 + (double)below(l, 30) / 10 : 500;
    made_pass(&l->d.m, l->passed);
    for (size_t i = 0; i < host->blockdev_count; i++)
        blockdev_goes_on(l, l->d.blockdev_list[i]);
    for (size_t i = 0; i < host->netdev_count; i++)
        netdev_goes_on(l, l->d.netdev_list[i]);
    if (below(l, 3)) { /* the connector is slower */
        for (size_t i = 0; i < info->disk_count; i++)
            disk_goes_on(l, &info->disks[i]);
        for (size_t i = 0; i < info->nic_count; i++)
            nic_goes_on(l, &info->nics[i]);
        info->answered_at = l->d.m.sample.at;
    }
    things_change(l);
    made_cycle(&l->d.m);
    assert_all(l);
}

static void test_random_lives(void **state UNUSED)
{
    static struct life l;
    unsigned rates = 0;

    l.seed = 77;
    made_devices_init(&l.d);
    l.d.m.info->has_source = true;
    for (int life = 0; life < LIVES; life++) {
        memset(l.vm, 0, sizeof(l.vm));
        l.d.m.vm.birth++;
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            one_cycle(&l);
            rates += vm_has(&l.d.m, VM_DISK_READS) && vm_has(&l.d.m, VM_NET_RECEIVEDBYTES) &&
                     host_has(&l.d.m, HOST_DISK_DEVICE_READS);
        }
    }
    assert_true(rates > LIVES * CYCLES / 20); /* there was something to be held against */
    made_devices_done(&l.d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_lives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
