/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: disks of a VM, and their sum. */
#include <string.h>

#include "made_devices.h"
#include "support.h"

#define MIB UINT64_C(1048576)

static const struct made_disk_counters nothing = {0};

/* What a disk does in 2 s: see test_cells. */
static const struct made_disk_counters work = {
    .reads = 200,
    .writes = 400,
    .flushes = 20,
    .read_bytes = 4 * MIB,
    .written_bytes = 8 * MIB,
    .read_ns = 400 * MS,
    .write_ns = 2000 * MS,
    .flush_ns = 100 * MS,
};

/* What it did before the first reading. */
static const struct made_disk_counters past = {5000, 6000, 70, 100, 200, 300, 400, 500};

static const struct {
    enum vmdisk_column column;
    double value;
    bool is_rate; /* of a sum: twice as much with two disks of the same work */
} work_cells[] = {
    {VMDISK_DISK_READS, 100, true},  /* 200 / 2 */
    {VMDISK_DISK_WRITES, 200, true}, /* 400 / 2 */
    {VMDISK_DISK_MBREAD, 2, true},   /* 4 MiB / 2 */
    {VMDISK_DISK_MBWRITE, 4, true},  /* 8 MiB / 2 */
    {VMDISK_DISK_LAT_RD, 2, false},  /* 400 ms / 200 */
    {VMDISK_DISK_LAT_WR, 5, false},  /* 2000 ms / 400 */
    {VMDISK_DISK_LAT_FL, 5, false},  /* 100 ms / 20 */
    {VMDISK_DISK_LAT_AVG, 2500.0 / 620, false},
    {VMDISK_DISK_INFLIGHT, 1.25, true}, /* 2500 ms / 2000 ms */
    {VMDISK_DISK_STATS_FLUSHREQ, 10, true},
    {VMDISK_DISK_STATS_RDTOTALTIMES, 200, true},  /* 400 ms / 2 s */
    {VMDISK_DISK_STATS_WRTOTALTIMES, 1000, true}, /* 2000 ms / 2 s */
    {VMDISK_DISK_STATS_FLUSHTOTALTIMES, 50, true},
};

static unsigned of_vm(enum vmdisk_column column)
{
    return VM_DISK_SIZE_CAPACITY + (column - VMDISK_DISK_SIZE_CAPACITY);
}

static void assert_work(const struct made_devices *d, enum scope scope, size_t row, double times)
{
    for (size_t i = 0; i < ARRAY_SIZE(work_cells); i++) {
        unsigned column = work_cells[i].column;

        assert_near(made_value(&d->m, scope, row,
                               scope == SCOPE_VM ? of_vm((enum vmdisk_column)column) : column),
                    work_cells[i].value * (work_cells[i].is_rate ? times : 1));
    }
}

static void assert_no_rates(const struct made_devices *d, enum scope scope, size_t row)
{
    for (size_t i = 0; i < ARRAY_SIZE(work_cells); i++) {
        enum vmdisk_column column = work_cells[i].column;

        if (made_has(&d->m, scope, row, scope == SCOPE_VM ? of_vm(column) : (unsigned)column)) {
            print_error("%s has a value\n", metric_at(SCOPE_VMDISK, column)->key);
            fail();
        }
    }
}

#define disk_at(d, i) (&(d)->m.info->disks[i])

static void test_cells(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk_read(&d, made_disk(&d, "vda", NULL), past);
    made_cycle(&d.m);
    assert_string_equal(frame_value(&d.m.frame->tables[SCOPE_VMDISK], 0, VMDISK_DISK_NAME).text,
                        "vda");
    assert_no_rates(&d, SCOPE_VMDISK, 0);
    assert_no_rates(&d, SCOPE_VM, 0);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_VMDISK, 0, 1);
    assert_work(&d, SCOPE_VM, 0, 1);
    assert_false(vmdisk_has(&d, 0, VMDISK_DISK_ERRORS) || vm_has(&d.m, VM_DISK_ERRORS));
    assert_false(vmdisk_has(&d, 0, VMDISK_DISK_IOUTIL) || vm_has(&d.m, VM_DISK_IOUTIL));
    assert_false(vmdisk_has(&d, 0, VMDISK_DISK_SIZE_CAPACITY));
    assert_false(made_note(&d, ROW_DISK_PARTIAL));
    made_devices_done(&d);
}

/* Requests, bytes and ns; the latencies' counters are the times. */
static void test_counters(void **state UNUSED)
{
    static const struct {
        enum vmdisk_column column;
        uint64_t counter;
    } cells[] = {
        {VMDISK_DISK_READS, 5200},
        {VMDISK_DISK_WRITES, 6400},
        {VMDISK_DISK_MBREAD, 100 + 4 * MIB},
        {VMDISK_DISK_MBWRITE, 200 + 8 * MIB},
        {VMDISK_DISK_LAT_RD, 300 + 400 * MS},
        {VMDISK_DISK_LAT_WR, 400 + 2000 * MS},
        {VMDISK_DISK_LAT_FL, 500 + 100 * MS},
        {VMDISK_DISK_STATS_FLUSHREQ, 90},
    };
    struct made_devices d;

    made_devices_init(&d);
    made_disk_read(&d, made_disk(&d, "vda", NULL), past);
    made_cycle(&d.m);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 5000);
    assert_int_equal(vmdisk_counter(&d, 0, VMDISK_DISK_READS), 5000);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
        assert_int_equal(vmdisk_counter(&d, 0, cells[i].column), cells[i].counter);
        assert_int_equal(made_counter(&d.m, SCOPE_VM, 0, of_vm(cells[i].column)), cells[i].counter);
    }
    assert_false(made_has_counter(&d.m, SCOPE_VMDISK, 0, VMDISK_DISK_ERRORS));
    made_devices_done(&d);
}

/* The source is read every 4 s, the cycle is 1 s. */
static void test_held_between_readings(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk_read(&d, made_disk(&d, "vda", NULL), past);
    made_cycle(&d.m);
    for (int i = 0; i < 3; i++) {
        made_pass(&d.m, 1);
        made_cycle(&d.m);
        assert_no_rates(&d, SCOPE_VMDISK, 0);
    }
    for (unsigned round = 1; round <= 2; round++) {
        made_pass(&d.m, 1);
        made_disk_read(&d, disk_at(&d, 0), work);
        for (int i = 0; i < 4; i++) {
            if (i)
                made_pass(&d.m, 1);
            made_cycle(&d.m);
            assert_near(vmdisk_value(&d, 0, VMDISK_DISK_READS), 50); /* 200 in 4 s */
            assert_near(vm_value(&d.m, VM_DISK_READS), 50);
            assert_near(vm_value(&d.m, VM_DISK_LAT_RD), 2);
            assert_near(vm_value(&d.m, VM_DISK_INFLIGHT), 0.625);
            assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 5000 + 200 * round);
        }
    }
    made_devices_done(&d);
}

static void test_idle(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk_read(&d, made_disk(&d, "vda", NULL), past);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), nothing);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_DISK_READS), 0);
    assert_near(vm_value(&d.m, VM_DISK_INFLIGHT), 0);
    assert_false(vm_has(&d.m, VM_DISK_LAT_RD) || vm_has(&d.m, VM_DISK_LAT_WR));
    assert_false(vm_has(&d.m, VM_DISK_LAT_FL) || vm_has(&d.m, VM_DISK_LAT_AVG));
    assert_false(vmdisk_has(&d, 0, VMDISK_DISK_LAT_RD));
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), (struct made_disk_counters){.reads = 4, .read_ns = 6 * MS});
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_DISK_LAT_RD), 1.5);
    assert_near(vm_value(&d.m, VM_DISK_LAT_AVG), 1.5);
    assert_false(vm_has(&d.m, VM_DISK_LAT_WR));
    made_devices_done(&d);
}

/* A source that does not count flushes: the mean is that of reads and writes. */
static void test_no_flushes_told(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk(&d, "vda", NULL);
    for (int i = 0; i < 2; i++) {
        made_pass(&d.m, 2);
        made_disk_read(&d, disk_at(&d, 0), work);
        disk_at(&d, 0)->columns[VMDISK_DISK_STATS_FLUSHREQ].at.ns = 0;
        disk_at(&d, 0)->columns[VMDISK_DISK_STATS_FLUSHTOTALTIMES].at.ns = 0;
        made_cycle(&d.m);
    }
    assert_near(vm_value(&d.m, VM_DISK_LAT_AVG), 4); /* 2400 ms / 600 */
    assert_near(vm_value(&d.m, VM_DISK_INFLIGHT), 1.2);
    assert_false(vm_has(&d.m, VM_DISK_STATS_FLUSHREQ) || vm_has(&d.m, VM_DISK_LAT_FL));
    made_devices_done(&d);
}

/* Flushes that are told, and not known this time, are not 0. */
static void test_half_a_mean_is_none(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk_read(&d, made_disk(&d, "vda", NULL), past);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    disk_at(&d, 0)->columns[VMDISK_DISK_STATS_FLUSHTOTALTIMES].value = 1;
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_DISK_LAT_RD), 2);
    assert_false(vm_has(&d.m, VM_DISK_LAT_FL) || vm_has(&d.m, VM_DISK_LAT_AVG));
    assert_false(vm_has(&d.m, VM_DISK_INFLIGHT));
    assert_false(vmdisk_has(&d, 0, VMDISK_DISK_LAT_AVG));
    made_devices_done(&d);
}

static void test_errors_where_told(void **state UNUSED)
{
    struct made_devices d;
    struct vm_disk *disk;

    made_devices_init(&d);
    made_disk(&d, "scsi0", NULL);
    made_disk(&d, "scsi1", NULL); /* of which errors are not told */
    disk = disk_at(&d, 0);
    for (uint64_t errors = 0; errors <= 6; errors += 6) {
        made_pass(&d.m, 2);
        made_disk_read(&d, disk, work);
        made_disk_read(&d, disk_at(&d, 1), work);
        disk->columns[VMDISK_DISK_ERRORS] = made_now(&d.m, errors);
        made_cycle(&d.m);
    }
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_ERRORS), 3);
    assert_false(vmdisk_has(&d, 1, VMDISK_DISK_ERRORS));
    assert_near(vm_value(&d.m, VM_DISK_ERRORS), 3);
    assert_int_equal(vm_counter(&d.m, VM_DISK_ERRORS), 6);
    made_devices_done(&d);
}

/* Disks only: a CD-ROM has a row, and no part in the VM's. */
static void test_totals(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk(&d, "vda", NULL);
    made_disk(&d, "sda", NULL)->is_total = false;
    made_disk(&d, "vdb", NULL);
    for (size_t i = 0; i < 3; i++) {
        struct vm_disk *disk = disk_at(&d, i);

        made_disk_read(&d, disk, past);
        disk->columns[VMDISK_DISK_SIZE_CAPACITY] = made_now(&d.m, 1000 + i);
        disk->columns[VMDISK_DISK_SIZE_ALLOCATION] = made_now(&d.m, 500 + i);
    }
    disk_at(&d, 0)->columns[VMDISK_DISK_SIZE_PHYSICAL] = made_now(&d.m, 77);
    made_cycle(&d.m);
    made_pass(&d.m, 2);
    for (size_t i = 0; i < 3; i++)
        made_disk_read(&d, disk_at(&d, i), work);
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_VMDISK), 3);
    for (size_t i = 0; i < 3; i++)
        assert_work(&d, SCOPE_VMDISK, i, 1);
    assert_work(&d, SCOPE_VM, 0, 2);
    assert_near(vm_value(&d.m, VM_DISK_SIZE_CAPACITY), 1000 + 1002);
    assert_near(vm_value(&d.m, VM_DISK_SIZE_ALLOCATION), 500 + 502);
    assert_near(vm_value(&d.m, VM_DISK_SIZE_PHYSICAL), 77);
    assert_near(vmdisk_value(&d, 1, VMDISK_DISK_SIZE_CAPACITY), 1001);
    assert_false(vmdisk_has(&d, 2, VMDISK_DISK_SIZE_PHYSICAL));
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 2 * 5200);
    made_devices_done(&d);
}

static void test_only_cdrom(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk(&d, "sda", NULL)->is_total = false;
    for (int i = 0; i < 2; i++) {
        made_pass(&d.m, 2);
        made_disk_read(&d, disk_at(&d, 0), work);
        made_cycle(&d.m);
    }
    assert_work(&d, SCOPE_VMDISK, 0, 1);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_false(vm_has_counter(&d.m, VM_DISK_READS));
    assert_false(made_note(&d, ROW_DISK_PARTIAL));
    made_devices_done(&d);
}

/* One disk is not told of: what is summed is a lower bound, and says so. */
static void test_partial(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk(&d, "vda", NULL);
    made_disk(&d, "vdb", NULL);
    made_disk(&d, "sda", NULL)->is_total = false;
    for (int i = 0; i < 2; i++) {
        made_pass(&d.m, 2);
        made_disk_read(&d, disk_at(&d, 0), work);
        made_cycle(&d.m);
        assert_true(made_note(&d, ROW_DISK_PARTIAL));
    }
    assert_work(&d, SCOPE_VM, 0, 1);
    assert_no_rates(&d, SCOPE_VMDISK, 1);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_disk_read(&d, disk_at(&d, 1), past);
    made_cycle(&d.m); /* the CD-ROM is no part of what is summed */
    assert_false(made_note(&d, ROW_DISK_PARTIAL));
    made_devices_done(&d);
}

static void two_disks_init(struct made_devices *d)
{
    made_devices_init(d);
    made_disk(d, "vda", NULL);
    made_disk(d, "vdb", NULL);
    for (size_t i = 0; i < 2; i++)
        made_disk_read(d, disk_at(d, i), past);
    made_cycle(&d->m);
    made_pass(&d->m, 2);
    for (size_t i = 0; i < 2; i++)
        made_disk_read(d, disk_at(d, i), work);
    made_cycle(&d->m);
    assert_work(d, SCOPE_VM, 0, 2);
    assert_int_equal(vm_counter(&d->m, VM_DISK_READS), 10400);
}

static void test_unplugged(void **state UNUSED)
{
    struct made_devices d;

    two_disks_init(&d);
    made_disk_leaves(&d, 0);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_VMDISK), 1);
    assert_work(&d, SCOPE_VMDISK, 0, 1);
    assert_work(&d, SCOPE_VM, 0, 1);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 10600);
    made_disk_read(&d, made_disk(&d, "vda", NULL), past); /* and back, as another one */
    made_disk_read(&d, disk_at(&d, 1), past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VMDISK, 1);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 10600);
    made_devices_done(&d);
}

static void test_all_unplugged(void **state UNUSED)
{
    struct made_devices d;

    two_disks_init(&d);
    made_disk_leaves(&d, 0);
    made_disk_leaves(&d, 0);
    made_pass(&d.m, 2);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    if (vm_has_counter(&d.m, VM_DISK_READS))
        assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 10400);
    made_disk_read(&d, made_disk(&d, "vdc", NULL), past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 10400);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_VM, 0, 1);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 10600);
    made_devices_done(&d);
}

/* A disk with a past joins: no spike, and the others' sum is held until the
 * next reading. */
static void test_hot_plugged(void **state UNUSED)
{
    struct made_devices d;

    two_disks_init(&d);
    made_pass(&d.m, 2);
    made_disk(&d, "vdc", NULL);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_disk_read(&d, disk_at(&d, 1), work);
    made_disk_read(&d, disk_at(&d, 2), past);
    for (int i = 0; i < 3; i++) {
        made_cycle(&d.m);
        assert_no_rates(&d, SCOPE_VMDISK, 2);
        assert_work(&d, SCOPE_VM, 0, 2);
        assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 10800);
        made_pass(&d.m, 0.5);
    }
    made_pass(&d.m, 0.5); /* 2 s after the reading before */
    for (size_t i = 0; i < 3; i++)
        made_disk_read(&d, disk_at(&d, i), work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_VM, 0, 3);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 11400);
    made_devices_done(&d);
}

static void test_reordered(void **state UNUSED)
{
    struct made_devices d;

    two_disks_init(&d);
    made_disk_read(&d, made_disk(&d, "vdc", NULL), nothing);
    made_cycle(&d.m);
    for (int i = 0; i < 4; i++) {
        made_disks_swap(&d, (size_t)i % 3, (size_t)(i + 1) % 3);
        made_pass(&d.m, 2);
        for (size_t k = 0; k < 3; k++)
            made_disk_read(&d, disk_at(&d, k), work);
        made_cycle(&d.m);
        for (size_t k = 0; k < 3; k++)
            assert_work(&d, SCOPE_VMDISK, k, 1);
        assert_work(&d, SCOPE_VM, 0, 3);
    }
    made_devices_done(&d);
}

/* One disk's counters start anew: its rates and the VM's are missing, and stay
 * so until the next reading. */
static void test_starts_anew(void **state UNUSED)
{
    struct made_devices d;

    two_disks_init(&d);
    made_pass(&d.m, 2);
    memset(disk_at(&d, 1)->columns, 0, sizeof(disk_at(&d, 1)->columns));
    made_disk_read(&d, disk_at(&d, 0), work);
    made_disk_read(&d, disk_at(&d, 1), (struct made_disk_counters){.reads = 9});
    for (int i = 0; i < 2; i++) {
        made_cycle(&d.m);
        assert_work(&d, SCOPE_VMDISK, 0, 1);
        assert_false(vmdisk_has(&d, 1, VMDISK_DISK_READS) || vm_has(&d.m, VM_DISK_READS));
        assert_false(vm_has(&d.m, VM_DISK_LAT_RD) || vm_has(&d.m, VM_DISK_LAT_AVG));
        assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 10600);
        made_pass(&d.m, 1);
    }
    for (size_t i = 0; i < 2; i++)
        made_disk_read(&d, disk_at(&d, i), work);
    made_cycle(&d.m);
    assert_work(&d, SCOPE_VM, 0, 2);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 11000);
    made_devices_done(&d);
}

/* The list is there before the first reading: that starts the sums all the same. */
static void test_listed_before_read(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    made_disk(&d, "vda", NULL);
    made_cycle(&d.m);
    assert_false(vm_has_counter(&d.m, VM_DISK_READS));
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), past);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 5000);
    made_devices_done(&d);
}

/* The VM starts anew: nothing of the old disks' memory is left. */
static void test_vm_restarts(void **state UNUSED)
{
    struct made_devices d;

    two_disks_init(&d);
    d.m.vm.birth++;
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_disk_read(&d, disk_at(&d, 1), work);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_no_rates(&d, SCOPE_VMDISK, 0);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 2 * 5400);
    made_devices_done(&d);
}

static void test_silent_source(void **state UNUSED)
{
    struct made_devices d;

    two_disks_init(&d);
    d.m.info->has_source = true;
    d.m.info->answered_at = d.m.sample.at;
    disk_at(&d, 0)->columns[VMDISK_DISK_SIZE_CAPACITY] = made_now(&d.m, 4096);
    made_pass(&d.m, 3); /* within two beats */
    made_cycle(&d.m);
    assert_work(&d, SCOPE_VM, 0, 2);
    made_pass(&d.m, 3);
    made_cycle(&d.m);
    assert_no_rates(&d, SCOPE_VM, 0);
    assert_no_rates(&d, SCOPE_VMDISK, 0);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 2 * 5200); /* the last that was told */
    assert_int_equal(vmdisk_counter(&d, 0, VMDISK_DISK_READS), 5200);
    assert_true(made_is_told(&d.m, SCOPE_VM, 0, VM_DISK_READS));
    assert_true(made_is_told(&d.m, SCOPE_VMDISK, 0, VMDISK_DISK_LAT_RD));
    assert_true(made_is_told(&d.m, SCOPE_VMDISK, 0, VMDISK_DISK_SIZE_CAPACITY));
    assert_false(made_is_told(&d.m, SCOPE_VM, 0, VM_DISK_DELAYBLKIO));
    assert_near(vm_value(&d.m, VM_DISK_SIZE_CAPACITY), 4096);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_SIZE_CAPACITY), 4096);
    made_pass(&d.m, 4); /* it answers: by the whole gap of 10 s */
    d.m.info->answered_at = d.m.sample.at;
    made_disk_read(&d, disk_at(&d, 0), work);
    made_disk_read(&d, disk_at(&d, 1), work);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_DISK_READS), 40);
    assert_int_equal(vm_counter(&d.m, VM_DISK_READS), 10800);
    made_devices_done(&d);
}

static void test_without_rows(void **state UNUSED)
{
    struct selection selection;
    struct made_devices d;

    two_disks_init(&d);
    selection_by_collectors(&selection, UINT32_MAX, true);
    selection_limit_devices(&selection, false, SCOPE_VMNIC);
    derive_select(d.m.derive, &selection);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_disk_read(&d, disk_at(&d, 1), work);
    made_cycle(&d.m);
    assert_int_equal(made_rows(&d, SCOPE_VMDISK), 0);
    assert_work(&d, SCOPE_VM, 0, 2);
    made_devices_done(&d);
}

/* Who does not attach devices has none. */
static void test_no_devices_attached(void **state UNUSED)
{
    struct made_devices d;

    made_devices_init(&d);
    d.m.vm.disk_devices = NULL;
    made_disk(&d, "vda", NULL);
    for (int i = 0; i < 2; i++) {
        made_pass(&d.m, 2);
        made_disk_read(&d, disk_at(&d, 0), work);
        made_cycle(&d.m);
    }
    assert_work(&d, SCOPE_VM, 0, 1);
    assert_false(vm_has(&d.m, VM_DISK_IOUTIL));
    made_devices_done(&d);
}

/* Labels are each row's own, cycle for cycle; the device's name outlives the device. */
static void test_labels(void **state UNUSED)
{
    const struct row_labels *labels;
    struct blockdev_sample *device;
    struct made_devices d;

    made_devices_init(&d);
    device = made_blockdev(&d, 0, "pve-vm--100");
    vm_disk_set_image(made_disk(&d, "vda", device), "block", "/dev/pve/vm-100");
    vm_disk_set_image(made_disk(&d, "vdb", NULL), "rbd", "pool/image");
    made_disk(&d, "vdc", NULL);
    made_cycle(&d.m);
    labels = d.m.frame->tables[SCOPE_VMDISK].labels;
    copy_text(device->name, sizeof(device->name), "other");
    assert_string_equal(labels[0].backend, "block");
    assert_string_equal(labels[0].source, "/dev/pve/vm-100");
    assert_string_equal(labels[0].device, "pve-vm--100");
    assert_string_equal(labels[1].backend, "rbd");
    assert_string_equal(labels[1].source, "pool/image");
    assert_null(labels[1].device);
    assert_true(!labels[2].backend && !labels[2].source && !labels[2].device);

    made_disks_swap(&d, 0, 2);
    made_pass(&d.m, 1);
    made_cycle(&d.m);
    labels = d.m.frame->tables[SCOPE_VMDISK].labels;
    assert_true(!labels[0].backend && !labels[0].source && !labels[0].device);
    assert_string_equal(labels[2].device, "other");
    made_devices_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_held_between_readings),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_no_flushes_told),
        cmocka_unit_test(test_half_a_mean_is_none),
        cmocka_unit_test(test_errors_where_told),
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_only_cdrom),
        cmocka_unit_test(test_partial),
        cmocka_unit_test(test_unplugged),
        cmocka_unit_test(test_all_unplugged),
        cmocka_unit_test(test_hot_plugged),
        cmocka_unit_test(test_reordered),
        cmocka_unit_test(test_starts_anew),
        cmocka_unit_test(test_listed_before_read),
        cmocka_unit_test(test_vm_restarts),
        cmocka_unit_test(test_silent_source),
        cmocka_unit_test(test_without_rows),
        cmocka_unit_test(test_no_devices_attached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
