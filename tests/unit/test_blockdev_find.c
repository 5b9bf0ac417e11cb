/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collect/blockdev_find: the device below an image, and names that were given. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/buf.h"
#include "blockdev_tree.h"

/* As sysfs really is: links into devices/, where partitions stand in their disks. */
static void test_partitions_behind_links(void **state UNUSED)
{
    tree_put_devices("8:0 sda, 8:1 sda1, 8:16 sdb, 8:17 sdb1, 8:33 sdc1, 8:32 sdc, 9:0 xvp, "
                     "9:1 xvp1",
                     0);
    tree_put("sys/devices/pci/block/sda/sda1/partition", "1\n");
    tree_link("sys/devices/pci/block/sda/device", "../..");
    tree_link("sys/block/sda", "../devices/pci/block/sda");
    tree_link("sys/class/block/sda", "../../devices/pci/block/sda");
    tree_link("sys/class/block/sda1", "../../devices/pci/block/sda/sda1");
    /* Only class/block. */
    tree_put("sys/devices/pci/block/sdb/sdb1/partition", "1\n");
    tree_link("sys/class/block/sdb1", "../../devices/pci/block/sdb/sdb1");
    /* A partition's directory beside its disk's. */
    tree_put("sys/block/sdc1/partition", "1\n");
    tree_put("sys/block/sdc/device/vendor", "x\n");
    /* The 'p' is the disk's. */
    tree_put("sys/block/xvp/xvp1/partition", "1\n");
    tree_start(tree.sys_fd, NULL);
    assert_device("sda", "disk", true);
    assert_device("sda1", "part", false);
    assert_device("sdb", "other", false);
    assert_device("sdb1", "part", false);
    assert_device("sdc1", "part", false);
    assert_device("sdc", "disk", true);
    assert_ends_in(8, 1, "sda");
    assert_ends_in(8, 17, "sdb");
    assert_ends_in(8, 33, "sdc");
    assert_device("xvp1", "part", false);
    assert_ends_in(9, 1, "xvp");
}

/* Proxmox VE: thin volumes in a pool whose parts lie on one partition, and
 * another pool that lies on two disks. */
static void test_lvm(void **state UNUSED)
{
    tree_put_devices("8:0 sda, 8:3 sda3, 8:16 sdb, 252:0 dm-0, 252:1 dm-1, 252:2 dm-2, 252:3 dm-3, "
                     "252:4 dm-4, 252:5 dm-5, 252:6 dm-6, 252:7 dm-7, 252:8 dm-8",
                     0);
    tree_link("sys/block/sda/device", "../../x");
    tree_link("sys/block/sdb/device", "../../x");
    tree_put("sys/block/sda/sda3/partition", "3\n");
    tree_put_mapped("dm-0", "pve-root", "LVM-a");
    tree_put_slave("dm-0", "sda3");
    tree_put_mapped("dm-1", "pve-data_tmeta", "LVM-b-tmeta");
    tree_put_slave("dm-1", "sda3");
    tree_put_mapped("dm-2", "pve-data_tdata", "LVM-c-tdata");
    tree_put_slave("dm-2", "sda3");
    tree_put_mapped("dm-3", "pve-data-tpool", "LVM-d-tpool");
    tree_put_slave("dm-3", "dm-1");
    tree_put_slave("dm-3", "dm-2");
    tree_put_mapped("dm-4", "pve-vm--100--disk--0", "LVM-e");
    tree_put_slave("dm-4", "dm-3");
    tree_put_mapped("dm-5", "two-data_tdata", "LVM-f-tdata");
    tree_put_slave("dm-5", "sda3");
    tree_put_slave("dm-5", "sdb");
    tree_put_mapped("dm-6", "two-data-tpool", "LVM-g-tpool");
    tree_put_slave("dm-6", "dm-5");
    tree_put_slave("dm-6", "dm-1");
    tree_put_mapped("dm-7", "two-vm", "LVM-h");
    tree_put_slave("dm-7", "dm-6");
    tree_put_mapped("dm-8", "on-loop", "LVM-i");
    tree_put_slave("dm-8", "loop0");
    tree_start(tree.sys_fd, NULL);
    assert_ends_in(252, 0, "sda");
    assert_ends_in(252, 4, "sda");
    assert_ends_in(252, 7, "two-data-tpool");
    assert_ends_in(252, 5, "two-data_tdata");
    assert_ends_in(252, 3, "sda");
    /* Below is a device that is not listed: the way ends before it. */
    assert_ends_in(252, 8, "on-loop");
}

static void test_multipath_and_raid(void **state UNUSED)
{
    tree_put_devices(
        "8:0 sda, 8:16 sdb, 252:0 dm-0, 252:1 dm-1, 252:2 dm-2, 9:0 md0, 8:1 sda1, 8:17 "
        "sdb1, 259:0 md0p1, 9:1 md1, 252:3 dm-3, 250:0 bcache0",
        0);
    tree_link("sys/block/sda/device", "../../x");
    tree_link("sys/block/sdb/device", "../../x");
    tree_put("sys/block/sda/sda1/partition", "1\n");
    tree_put("sys/block/sdb/sdb1/partition", "1\n");
    tree_put_mapped("dm-0", "mpatha", "mpath-1");
    tree_put_slave("dm-0", "sda");
    tree_put_slave("dm-0", "sdb");
    tree_put_mapped("dm-1", "mpatha-part1", "part1-mpath-1");
    tree_put_slave("dm-1", "dm-0");
    tree_put_mapped("dm-2", "vg-lv", "LVM-1");
    tree_put_slave("dm-2", "dm-1");
    tree_put_slave("md0", "sda1");
    tree_put_slave("md0", "sdb1");
    tree_put("sys/block/md0/md0p1/partition", "1\n");
    tree_put_slave("md1", "sda1");
    tree_put_mapped("dm-3", "vg1-lv", "LVM-2");
    tree_put_slave("dm-3", "md0");
    /* The cache of a bcache stands in no slaves/: half of what is below. */
    tree_put_slave("bcache0", "sda");
    tree_start(tree.sys_fd, NULL);
    assert_ends_in(252, 0, "mpatha");
    assert_ends_in(252, 1, "mpatha");
    assert_ends_in(252, 2, "mpatha");
    assert_ends_in(9, 0, "md0");
    assert_ends_in(259, 0, "md0");
    assert_ends_in(252, 3, "md0");
    assert_ends_in(9, 1, "sda");
    assert_ends_in(250, 0, "bcache0");
    assert_device("sda", "disk", true);
    assert_device("sdb", "disk", true);
    assert_device("mpatha", "mpath", false);
}

static void test_circles_and_towers(void **state UNUSED)
{
    struct buf text = {0};
    char name[32], below[32];

    /* Two that lie on each other, one on itself, a tower of 40, one on 65. */
    buf_puts(&text, "252:100 dm-100, 252:101 dm-101, 252:102 dm-102, 252:103 dm-103");
    for (unsigned i = 0; i < 40; i++)
        buf_printf(&text, ", 252:%u dm-%u", i, i);
    for (unsigned i = 0; i < 65; i++)
        buf_printf(&text, ", 8:%u s%u", i, i);
    tree_put_devices(buf_text(&text), 0);
    buf_done(&text);
    tree_put_mapped("dm-100", "a", "x");
    tree_put_mapped("dm-101", "b", "y");
    tree_put_mapped("dm-102", "c", "z");
    tree_put_mapped("dm-103", "wide", "w");
    tree_put_slave("dm-100", "dm-101");
    tree_put_slave("dm-101", "dm-100");
    tree_put_slave("dm-102", "dm-102");
    for (unsigned i = 0; i < 40; i++) {
        snprintf(name, sizeof(name), "dm-%u", i);
        snprintf(below, sizeof(below), "dm-%u", i + 1);
        tree_put_mapped(name, name, name);
        tree_put_slave(name, i < 39 ? below : "s0");
    }
    for (unsigned i = 0; i < 65; i++) {
        snprintf(below, sizeof(below), "s%u", i);
        tree_put_slave("dm-103", below);
    }
    tree_start(tree.sys_fd, NULL);
    assert_non_null(blockdevs_find(tree.devices, makedev(252, 100)));
    assert_non_null(blockdevs_find(tree.devices, makedev(252, 101)));
    assert_ends_in(252, 102, "c");
    assert_ends_in(252, 103, "wide");
    assert_ends_in(252, 0, "dm-16");
    assert_ends_in(252, 39, "s0");
}

static void test_considered_by_name(void **state UNUSED)
{
    static const struct {
        const char *list;
        const char *expected; /* in the order of the file */
    } cases[] = {
        {"sda", "sda "},
        {"/dev/sda", "sda "},
        {"/dev/mapper/sda", "sda "},
        {"sda1,cciss/c0d0", "sda1 cciss/c0d0 "},
        {"/dev/cciss/c0d0", "cciss/c0d0 "},
        {"vg-lv", "vg-lv "},
        {"/dev/mapper/vg-lv", "vg-lv "},
        {"/dev/vg-lv,dm-0,/dev/dm-0,vg-lv", "vg-lv "},
        {"dm-0,sdb", "vg-lv "},
        {"", ""},
        {",,", ""},
        {"sd,sda11,da,SDA,/dev/,/dev/mapper/", ""},
    };

    tree_put_devices("8:0 sda, 8:1 sda1, 252:0 dm-0, 104:0 cciss/c0d0", 0);
    tree_link("sys/block/sda/device", "../../x");
    tree_put_mapped("dm-0", "vg-lv", "LVM-1");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf names = {0};

        tree_start(tree.sys_fd, cases[i].list);
        for (size_t k = 0; k < tree.host.blockdev_count; k++) {
            if (tree.host.blockdevs[k]->considered)
                buf_printf(&names, "%s ", tree.host.blockdevs[k]->name);
        }
        assert_string_equal(buf_text(&names), cases[i].expected);
        buf_done(&names);
    }
}

static void assert_check(const char *names, size_t size, const char *expected)
{
    char error[256];
    int r;

    memset(error, '#', sizeof(error));
    r = blockdevs_check(tree.proc_fd, tree.sys_fd, names, error, size);
    assert_int_equal(r, expected ? -ENOENT : 0);
    if (expected)
        assert_string_equal(error, expected);
    else
        assert_int_equal(error[0], '#');
    assert_int_equal(error[size], '#');
}

static void test_check(void **state UNUSED)
{
    tree_put_devices("7:0 loop0, 8:0 sda, 8:16 sdb, 252:0 dm-0", 0);
    tree_put_mapped("dm-0", "vg0-root", "LVM-1");
    assert_check("sda", 200, NULL);
    assert_check("/dev/sdb,vg0-root,dm-0,sda", 200, NULL);
    assert_check("sdz", 200, "'sdz' is no block device of this host; it has: sda, sdb, vg0-root");
    assert_check("sda,loop0", 200,
                 "'loop0' is no block device of this host; it has: sda, sdb, vg0-root");
    assert_check("", 200, "'' is no block device of this host; it has: sda, sdb, vg0-root");
    assert_check("sda,", 200, "'' is no block device of this host; it has: sda, sdb, vg0-root");
    assert_check("sda,,x", 200, "'' is no block device of this host; it has: sda, sdb, vg0-root");
    assert_check("/dev/", 200,
                 "'/dev/' is no block device of this host; it has: sda, sdb, vg0-root");
    assert_check("sdz", 60, "'sdz' is no block device of this host; it has: sda, ...");
    assert_check("sdz", 10, "'sdz' is ");
    tree_put_devices("", 0);
    assert_check("sda", 200, "'sda' is no block device of this host; it has none");
    tree_gone("proc/diskstats");
    assert_check("sda", 200,
                 "cannot read the block devices of this host: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(test_partitions_behind_links), tree_test(test_lvm),
        tree_test(test_multipath_and_raid),      tree_test(test_circles_and_towers),
        tree_test(test_considered_by_name),      tree_test(test_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
