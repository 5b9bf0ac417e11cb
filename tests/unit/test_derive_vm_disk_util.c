/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: the share that a VM's disks have in what the host's devices do. */
#include <string.h>

#include "made_devices.h"
#include "support.h"

#define MIB UINT64_C(1048576)

static const struct made_disk_counters nothing = {0};
static const struct made_disk_counters past = {5000, 6000, 70, 100, 200, 300, 400, 500};

/* In 2 s 12 MiB. */
static const struct made_disk_counters work = {
    .reads = 200,
    .writes = 400,
    .read_bytes = 4 * MIB,
    .written_bytes = 8 * MIB,
};

/* In 2 s half the time busy with 24 MiB. */
static const uint64_t device_work[DISKSTAT__COUNT] = {
    [DISKSTAT_READS] = 1,
    [DISKSTAT_SECTORS_READ] = 16384,
    [DISKSTAT_SECTORS_WRITTEN] = 32768,
    [DISKSTAT_MS_BUSY] = 1000,
};

#define disk_at(d, i) (&(d)->m.info->disks[i])

/* A disk on a device: its share of the device's bytes, of the device's %UTIL. */
static void ioutil_init(struct made_devices *d, size_t disks, size_t devices)
{
    static const char *const names[] = {"vda", "vdb", "vdc"};
    struct blockdev_sample *device[2] = {NULL, NULL};

    made_devices_init(d);
    for (size_t i = 0; i < devices; i++)
        device[i] = made_blockdev(d, (unsigned)i, i ? "sdb" : "sda");
    for (size_t i = 0; i < disks; i++) {
        made_disk(d, names[i], device[i % devices]);
        made_disk_read(d, disk_at(d, i), past);
    }
    made_cycle(&d->m);
    if (disks)
        assert_false(vm_has(&d->m, VM_DISK_IOUTIL) || vmdisk_has(d, 0, VMDISK_DISK_IOUTIL));
    made_pass(&d->m, 2);
    for (size_t i = 0; i < devices; i++)
        made_blockdev_read(d, &d->blockdevs[i], device_work);
}

static void test_ioutil_share(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 1, 1);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 25); /* 50 % * 12 MiB / 24 MiB */
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 25);
    made_pass(&d.m, 2); /* no bytes moved */
    made_blockdev_read(&d, &d.blockdevs[0], device_work);
    made_disk_read(&d, disk_at(&d, 0), (struct made_disk_counters){.flushes = 3});
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 0);
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 0);
    made_devices_done(&d);
}

/* What the host's cache served was never the device's. */
static void test_ioutil_is_capped(void **state UNUSED)
{
    struct made_disk_counters much = {.reads = 1000, .read_bytes = 1000 * MIB};
    struct made_devices d;

    ioutil_init(&d, 1, 1);
    made_disk_read(&d, disk_at(&d, 0), much);
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 50);
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 50);
    made_pass(&d.m, 2); /* and all of it */
    made_blockdev_read(&d, &d.blockdevs[0], (uint64_t[DISKSTAT__COUNT]){0});
    made_disk_read(&d, disk_at(&d, 0), much);
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 0); /* of a device that did nothing */
    made_devices_done(&d);
}

/* Two disks on one device: their sum, at most what the device has. */
static void test_ioutil_two_on_one(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 2, 1);
    made_disk_read(&d, disk_at(&d, 0),
                   (struct made_disk_counters){.reads = 1, .read_bytes = 6 * MIB});
    made_disk_read(&d, disk_at(&d, 1),
                   (struct made_disk_counters){.writes = 1, .written_bytes = 9 * MIB});
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 12.5);  /* 50 * 6 / 24 */
    assert_near(vmdisk_value(&d, 1, VMDISK_DISK_IOUTIL), 18.75); /* 50 * 9 / 24 */
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 31.25);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, &d.blockdevs[0], device_work);
    for (size_t i = 0; i < 2; i++)
        made_disk_read(&d, disk_at(&d, i),
                       (struct made_disk_counters){.reads = 1, .read_bytes = 20 * MIB});
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 50);
    made_devices_done(&d);
}

/* On two devices: the one that the VM loads more. A CD-ROM's does not count. */
static void test_ioutil_on_two(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 3, 2); /* vda and vdc on sda, vdb on sdb */
    disk_at(&d, 2)->is_total = false;
    d.blockdevs[1].counters[DISKSTAT_MS_BUSY] = 1800; /* 90 % */
    for (size_t i = 0; i < 3; i++)
        made_disk_read(&d, disk_at(&d, i), work);
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 25);
    assert_near(vmdisk_value(&d, 1, VMDISK_DISK_IOUTIL), 45);
    assert_near(vmdisk_value(&d, 2, VMDISK_DISK_IOUTIL), 25);
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 45);
    made_devices_done(&d);
}

/* A disk that no device of this host holds leaves the VM's to the others. */
static void test_ioutil_beside_network_disk(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 1, 1);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_disk_read(&d, made_disk(&d, "rbd0", NULL), past);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 25);
    assert_false(vmdisk_has(&d, 1, VMDISK_DISK_IOUTIL));
    made_devices_done(&d);
}

/* The disk is read every 2 s, the device every second: the device's figures of
 * the disk's interval, held until the next reading. */
static void test_ioutil_slow_disk(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 1, 1);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    made_pass(&d.m, 1);
    made_blockdev_read(&d, &d.blockdevs[0], device_work); /* 100 % now */
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 25);
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 25);
    made_pass(&d.m, 1);
    made_blockdev_read(&d, &d.blockdevs[0], (uint64_t[DISKSTAT__COUNT]){0});
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 25); /* 1000 ms of 2000, 12 of 24 MiB */
    made_devices_done(&d);
}

/* A beat without an answer about the disk: no share, and then one of the whole
 * interval between the two readings. */
static void test_ioutil_disk_not_told(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 1, 1);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    for (size_t c = 0; c < VMDISK__COUNT; c++)
        disk_at(&d, 0)->columns[c].at.ns = 0;
    made_pass(&d.m, 2);
    made_blockdev_read(&d, &d.blockdevs[0], device_work);
    made_cycle(&d.m);
    assert_false(vmdisk_has(&d, 0, VMDISK_DISK_IOUTIL) || vm_has(&d.m, VM_DISK_IOUTIL));
    made_pass(&d.m, 2);
    made_blockdev_read(&d, &d.blockdevs[0], device_work);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 12.5); /* 50 % * 12 MiB / 48 MiB */
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 12.5);
    made_devices_done(&d);
}

/* One disk's share is not known: the VM's is not that of the other alone. */
static void test_ioutil_of_all_only(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 2, 1);
    made_disk_read(&d, disk_at(&d, 0), work);
    disk_at(&d, 1)->columns[VMDISK_DISK_MBREAD].value = 0;
    made_disk_read(&d, disk_at(&d, 1), nothing);
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 25);
    assert_false(vmdisk_has(&d, 1, VMDISK_DISK_IOUTIL) || vm_has(&d.m, VM_DISK_IOUTIL));
    made_devices_done(&d);
}

/* The device's counters broke between two readings of the disk. */
static void test_ioutil_device_broke(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 1, 1);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    made_pass(&d.m, 1);
    memset(d.blockdevs[0].counters, 0, sizeof(d.blockdevs[0].counters));
    made_blockdev_read(&d, &d.blockdevs[0], (uint64_t[DISKSTAT__COUNT]){0});
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 25); /* held */
    made_pass(&d.m, 1);
    made_blockdev_read(&d, &d.blockdevs[0], device_work);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_false(vmdisk_has(&d, 0, VMDISK_DISK_IOUTIL) || vm_has(&d.m, VM_DISK_IOUTIL));
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_READS), 100);
    made_pass(&d.m, 2);
    made_blockdev_read(&d, &d.blockdevs[0], device_work);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_near(vmdisk_value(&d, 0, VMDISK_DISK_IOUTIL), 25);
    made_devices_done(&d);
}

/* The image moved to another device; or its device went. */
static void test_ioutil_other_device(void **state UNUSED)
{
    struct made_devices d;

    ioutil_init(&d, 1, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_near(vm_value(&d.m, VM_DISK_IOUTIL), 25);
    d.disk_devices[0] = &d.blockdevs[1];
    for (int i = 0; i < 2; i++) {
        made_pass(&d.m, 2);
        made_blockdev_read(&d, &d.blockdevs[0], device_work);
        made_blockdev_read(&d, &d.blockdevs[1], device_work);
        made_disk_read(&d, disk_at(&d, 0), work);
        made_cycle(&d.m);
        assert_true(vm_has(&d.m, VM_DISK_IOUTIL) == (i == 1));
    }
    made_blockdev_leaves(&d, &d.blockdevs[1]);
    made_pass(&d.m, 2);
    made_disk_read(&d, disk_at(&d, 0), work);
    made_cycle(&d.m);
    assert_false(vm_has(&d.m, VM_DISK_IOUTIL) || vmdisk_has(&d, 0, VMDISK_DISK_IOUTIL));
    made_devices_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ioutil_share),
        cmocka_unit_test(test_ioutil_is_capped),
        cmocka_unit_test(test_ioutil_two_on_one),
        cmocka_unit_test(test_ioutil_on_two),
        cmocka_unit_test(test_ioutil_beside_network_disk),
        cmocka_unit_test(test_ioutil_slow_disk),
        cmocka_unit_test(test_ioutil_disk_not_told),
        cmocka_unit_test(test_ioutil_of_all_only),
        cmocka_unit_test(test_ioutil_device_broke),
        cmocka_unit_test(test_ioutil_other_device),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
