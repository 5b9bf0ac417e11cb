/* SPDX-License-Identifier: GPL-2.0-or-later */
/* collect/blockdevs: trees that play /proc and /sys, then the machine's own. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "blockdev_tree.h"

static void test_classes(void **state UNUSED)
{
    tree_put_devices(
        "7:0 loop0, 7:1 loop0p1, 1:0 ram0, 253:9 zram0, 11:0 sr0, 2:0 fd0, 8:0 sda, 8:1 "
        "sda1, 259:0 nvme0n1, 259:1 nvme0n1p1, 0:0 nvme0c0n1, 252:0 dm-0, 252:1 dm-1, "
        "252:2 dm-2, 252:3 dm-3, 9:0 md0, 259:2 md0p1, 9:127 md_home, 230:0 zd0, 230:1 "
        "zd0p1, 251:0 rbd0, 43:0 nbd0, 104:0 cciss/c0d0, 104:1 cciss/c0d0p1, 250:0 "
        "srv, 147:0 drbd0, 252:4 dm-4",
        0);
    tree_link("sys/block/sr0/device", "../../x");
    tree_link("sys/block/sda/device", "../../nowhere");
    tree_put("sys/block/sda/hidden", "0\n");
    tree_put("sys/block/sda/sda1/partition", "1\n");
    tree_link("sys/block/nvme0n1/device", "../../x");
    tree_put("sys/block/nvme0n1/nvme0n1p1/partition", "1\n");
    tree_link("sys/block/nvme0c0n1/device", "../../x");
    tree_put("sys/block/nvme0c0n1/hidden", "1\n");
    tree_put_mapped("dm-0", "vg0-root", "LVM-abc");
    tree_put_mapped("dm-1", "mpatha", "mpath-3600");
    tree_put_mapped("dm-2", "mpatha-part1", "part1-mpath-3600");
    tree_put_mapped("dm-3", "swap crypt", "CRYPT-PLAIN-x");
    tree_put("sys/block/dm-4/size", "1\n");
    tree_put("sys/block/md0/md/level", "raid1\n");
    tree_put("sys/block/md0/md0p1/partition", "1\n");
    tree_put("sys/block/md_home/md/level", "raid1\n");
    tree_put("sys/block/zd0/size", "1\n");
    tree_put("sys/block/zd0/zd0p1/partition", "1\n");
    tree_link("sys/block/rbd0/device", "../../x");
    tree_put("sys/block/nbd0/size", "1\n");
    tree_link("sys/block/cciss!c0d0/device", "../../x");
    tree_put("sys/block/cciss!c0d0/cciss!c0d0p1/partition", "1\n");
    tree_link("sys/block/srv/device", "../../x");
    tree_put("sys/block/drbd0/size", "1\n");
    tree_start(tree.sys_fd, NULL);
    assert_int_equal(tree.host.blockdev_count, 21);
    assert_int_equal(tree.host.blockdev_slot_count, 21);
    assert_device("sda", "disk", true);
    assert_device("sda1", "part", false);
    assert_device("nvme0n1", "disk", true);
    assert_device("nvme0n1p1", "part", false);
    assert_device("nvme0c0n1", "disk", false);
    assert_device("vg0-root", "lvm", false);
    assert_device("mpatha", "mpath", false);
    assert_device("mpatha-part1", "part", false);
    assert_device("swap crypt", "dm", false);
    assert_device("dm-4", "dm", false);
    assert_device("md0", "md", false);
    assert_device("md0p1", "part", false);
    assert_device("md_home", "md", false);
    assert_device("zd0", "zvol", false);
    assert_device("zd0p1", "part", false);
    assert_device("rbd0", "rbd", false);
    assert_device("nbd0", "other", false);
    assert_device("cciss/c0d0", "disk", true);
    assert_device("cciss/c0d0p1", "part", false);
    assert_device("srv", "disk", true);
    assert_device("drbd0", "other", false);
    assert_ends_in(8, 1, "sda");
    assert_ends_in(259, 1, "nvme0n1");
    assert_ends_in(104, 1, "cciss/c0d0");
    assert_ends_in(259, 2, "md0");
    assert_ends_in(230, 1, "zd0");
    assert_ends_in(251, 0, "rbd0");
    assert_ends_in(7, 0, NULL);
    assert_ends_in(0, 0, NULL);
    assert_ends_in(0, 45, NULL);
    assert_ends_in(8, 2, NULL);
}

static void test_steady(void **state UNUSED)
{
    const struct blockdev_sample *sda, *lv;
    struct blockdev_sample **list;
    uint64_t births[2];

    tree_put_devices("8:0 sda, 252:0 dm-0, 7:0 loop0", 0);
    tree_link("sys/block/sda/device", "../../x");
    tree_put_mapped("dm-0", "vg-lv", "LVM-1");
    tree_start(tree.sys_fd, NULL);
    assert_int_equal(blockdevs_listing(tree.devices), 1);
    sda = tree_device("sda");
    lv = tree_device("vg-lv");
    list = tree.host.blockdevs;
    births[0] = sda->birth;
    births[1] = lv->birth;
    assert_true(births[0] && births[1] && births[0] != births[1]);
    assert_int_not_equal(sda->slot, lv->slot);
    for (unsigned i = 0; i < DISKSTAT__COUNT; i++)
        assert_int_equal(sda->counters[i], i + 1);
    /* Nothing of sysfs is read, and no file is opened. */
    tree_gone("sys/block");
    tree_put_devices("8:0 sda, 252:0 dm-0, 7:1 loop1, 7:2 loop2", 100);
    assert_int_equal(renameat(tree.root_fd, "proc/diskstats", tree.root_fd, "proc/away"), 0);
    assert_false(tree_cycle());
    assert_ptr_equal(list, tree.host.blockdevs);
    assert_ptr_equal(tree_device("sda"), sda);
    assert_ptr_equal(tree_device("vg-lv"), lv);
    assert_true(sda->birth == births[0] && lv->birth == births[1]);
    assert_device("sda", "disk", true);
    for (unsigned i = 0; i < DISKSTAT__COUNT; i++)
        assert_int_equal(lv->counters[i], 100 + i + 1);
    assert_int_equal(lv->counted, DISKSTAT__COUNT);
}

static void test_devices_come_and_go(void **state UNUSED)
{
    const struct blockdev_sample *sda, *sdb;
    unsigned slot;
    uint64_t birth;

    tree_put_devices("8:0 sda, 8:16 sdb", 0);
    tree_start(tree.sys_fd, NULL);
    sda = tree_device("sda");
    birth = sda->birth;
    tree_put_devices("8:16 sdb, 8:32 sdc, 8:0 sda", 10);
    assert_true(tree_cycle());
    assert_ptr_equal(tree_device("sda"), sda);
    assert_int_equal(sda->birth, birth);
    assert_int_equal(tree.host.blockdev_slot_count, 3);
    assert_string_equal(tree.host.blockdevs[1]->name, "sdc");
    /* Another order is no change of the devices. */
    tree_put_devices("8:0 sda, 8:16 sdb, 8:32 sdc", 20);
    assert_false(tree_cycle());
    assert_string_equal(tree.host.blockdevs[1]->name, "sdb");
    assert_int_equal(tree.host.blockdevs[1]->counters[0], 21);
    sdb = tree_device("sdb");
    slot = sdb->slot;
    birth = sdb->birth;
    tree_put_devices("8:0 sda, 8:32 sdc", 30);
    assert_true(tree_cycle());
    assert_null(tree_device("sdb"));
    assert_int_equal(tree.host.blockdev_count, 2);
    tree_put_devices("8:0 sda, 8:32 sdc, 8:48 sdd", 30);
    assert_true(tree_cycle());
    assert_int_equal(tree_device("sdd")->slot, slot);
    assert_true(tree_device("sdd")->birth > birth);
    assert_int_equal(tree.host.blockdev_slot_count, 3);
    /* The same name with another number is another device; a line that stands
     * there twice is one device. */
    birth = tree_device("sdd")->birth;
    tree_put_devices("8:0 sda, 8:32 sdc, 8:64 sdd, 8:0 sda", 30);
    assert_true(tree_cycle());
    assert_true(tree_device("sdd")->birth > birth);
    assert_int_equal(tree.host.blockdev_count, 3);
    tree_put_devices("", 0);
    assert_true(tree_cycle());
    assert_int_equal(tree.host.blockdev_count, 0);
    assert_false(tree_cycle());
    assert_ends_in(8, 0, NULL);
}

/* A disk is pulled and another one plugged in between two cycles: its name and
 * number are the same, its counters start again. */
static void test_disk_is_replaced(void **state UNUSED)
{
    uint64_t birth, part;

    tree_put_devices("8:0 sda, 8:1 sda1", 1000);
    tree_link("sys/block/sda/device", "../../x");
    tree_put("sys/block/sda/sda1/partition", "1\n");
    tree_put("sys/block/sda/diskseq", "7\n");
    tree_start(tree.sys_fd, NULL);
    birth = tree_device("sda")->birth;
    part = tree_device("sda1")->birth;
    tree_put("sys/block/sda/diskseq", "8\n");
    tree_put_devices("8:0 sda, 8:1 sda1", 500);
    assert_true(tree_cycle());
    assert_true(tree_device("sda")->birth > birth);
    assert_true(tree_device("sda1")->birth > part);
    assert_int_equal(tree_device("sda")->counters[0], 501);
    birth = tree_device("sda")->birth;
    part = tree_device("sda1")->birth;
    /* It is the same disk whose counters fell, as far as one can see. */
    tree_put_devices("8:0 sda, 8:1 sda1", 400);
    assert_false(tree_cycle());
    assert_int_equal(tree_device("sda")->birth, birth);
    assert_int_equal(tree_device("sda1")->counters[0], 401);
    /* What cannot be read for once tells nothing. */
    tree_gone("sys/block");
    tree_put_devices("8:0 sda, 8:1 sda1", 300);
    assert_false(tree_cycle());
    assert_device("sda", "disk", true);
    assert_device("sda1", "part", false);
    assert_int_equal(tree_device("sda")->birth, birth);
    assert_int_equal(tree_device("sda1")->birth, part);
}

/* One of the two that a disk's age is told by is enough. */
static void test_disk_that_only_wrote_is_replaced(void **state UNUSED)
{
    static const char *const texts[] = {
        "8 0 sda 0 0 0 0 90 0 720 9 0 9 9\n",
        "8 0 sda 50 0 400 9 10 0 80 9 0 9 9\n",
        "8 0 sda 20 0 160 9 10 0 80 9 0 9 9\n",
    };
    char diskseq[] = "1\n";

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++, diskseq[0]++) {
        tree_put("proc/diskstats", texts[i]);
        tree_put("sys/block/sda/diskseq", diskseq);
        if (i)
            assert_true(tree_cycle());
        else
            tree_start(tree.sys_fd, NULL);
        assert_int_equal(tree_device("sda")->birth, i + 1);
    }
}

static void test_mapped_devices_change(void **state UNUSED)
{
    uint64_t birth;

    tree_put_devices("252:0 dm-0, 252:1 dm-1", 1000);
    tree_put_mapped("dm-0", "vg-old", "LVM-1");
    tree_start(tree.sys_fd, "vg-new");
    birth = tree_device("vg-old")->birth;
    assert_device("dm-1", "dm", false);
    tree_put_mapped("dm-0", "vg-new", "LVM-1");
    assert_false(tree_cycle());
    assert_device("vg-old", "lvm", false);
    tree.now.ns += 57 * (int64_t)NS_PER_S;
    assert_false(tree_cycle());
    assert_device("vg-old", "lvm", false);
    assert_true(tree_cycle());
    assert_device("vg-new", "lvm", true);
    assert_int_equal(tree_device("vg-new")->birth, birth);
    /* Not for another minute; then sysfs is silent, and nothing is forgotten. */
    tree_put_mapped("dm-0", "vg-newer", "LVM-1");
    assert_false(tree_cycle());
    tree_gone("sys/block/dm-0/dm");
    tree_put("sys/block/dm-0/size", "1\n");
    tree.now.ns += 60 * (int64_t)NS_PER_S;
    assert_false(tree_cycle());
    assert_device("vg-new", "lvm", true);
    /* What is known late of a device that came just now. */
    tree_put_mapped("dm-1", "late", "LVM-2");
    tree.now.ns += 60 * (int64_t)NS_PER_S;
    assert_true(tree_cycle());
    assert_device("late", "lvm", false);
    /* The number is given to another volume: a listing sees it. */
    birth = tree_device("vg-new")->birth;
    tree_put_mapped("dm-0", "vg-new", "LVM-3");
    tree_put_devices("252:0 dm-0, 252:1 dm-1", 0);
    assert_true(tree_cycle());
    assert_true(tree_device("vg-new")->birth > birth);
}

static void test_file_is_unreadable(void **state UNUSED)
{
    uint64_t birth;
    int fd;

    tree_start(tree.sys_fd, NULL);
    assert_int_equal(tree.host.blockdev_count, 0);
    tree_put_devices("8:0 sda, 8:16 sdb", 10);
    assert_true(tree_cycle());
    birth = tree_device("sda")->birth;
    /* A text that is too long stands for one that cannot be read. */
    fd = openat(tree.root_fd, "proc/diskstats", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, 20 << 20), 0);
    close(fd);
    assert_false(tree_cycle());
    assert_int_equal(tree.host.blockdev_count, 2);
    assert_int_equal(tree_device("sda")->at.ns, 0);
    assert_int_equal(tree_device("sdb")->at.ns, 0);
    assert_int_equal(tree_device("sda")->birth, birth);
    tree_put_devices("8:0 sda, 8:16 sdb", 20);
    assert_false(tree_cycle());
    assert_true(tree_device("sda")->at.ns == tree.now.ns);
    assert_int_equal(tree_device("sda")->birth, birth);
    assert_int_equal(tree_device("sdb")->counters[0], 21);
}

static void test_without_sysfs(void **state UNUSED)
{
    static const char devices[] = "8:0 sda, 8:1 sda1, 259:1 nvme0n1p1, 252:0 dm-0, 9:0 md0, 259:2 "
                                  "md0p1, 230:0 zd0, 251:0 rbd1, 7:0 loop0";

    tree_put_devices(devices, 0);
    for (unsigned round = 0; round < 3; round++) {
        tree_start(round ? -1 : tree.sys_fd, round == 2 ? "/dev/sda,dm-0" : NULL);
        assert_int_equal(tree.host.blockdev_count, 8);
        assert_device("sda", "other", round == 2);
        assert_device("sda1", "other", false);
        assert_device("nvme0n1p1", "other", false);
        assert_device("dm-0", "dm", round == 2);
        assert_device("md0", "md", false);
        assert_device("md0p1", "other", false);
        assert_device("zd0", "zvol", false);
        assert_device("rbd1", "rbd", false);
        assert_ends_in(8, 1, "sda1");
        assert_ends_in(252, 0, "dm-0");
        tree.now.ns += 100 * (int64_t)NS_PER_S;
        assert_false(tree_cycle());
    }
}

static void test_many_devices(void **state UNUSED)
{
    struct buf text = {0};
    uint64_t births = 0;

    for (unsigned i = 0; i < 2000; i++)
        buf_printf(&text, "%s%u:%u disk%u", i ? ", " : "", 1 + i / 256, i % 256, i);
    tree_put_devices(buf_text(&text), 0);
    tree_start(tree.sys_fd, NULL);
    assert_int_equal(tree.host.blockdev_count, 2000);
    assert_int_equal(tree.host.blockdev_slot_count, 2000);
    for (unsigned i = 0; i < 2000; i++) {
        char name[32];

        snprintf(name, sizeof(name), "disk%u", i);
        assert_string_equal(tree.host.blockdevs[i]->name, name);
        assert_int_equal(tree.host.blockdevs[i]->slot, i);
        assert_true(tree.host.blockdevs[i]->birth > births);
        births = tree.host.blockdevs[i]->birth;
    }
    tree_put_devices(buf_text(&text), 1000);
    assert_false(tree_cycle());
    assert_int_equal(tree.host.blockdevs[1999]->counters[DISKSTAT_MS_FLUSHING], 1017);
    assert_ends_in(1 + 1999 / 256, 1999 % 256, "disk1999");
    buf_done(&text);
}

/* Cut at every byte, at the start and in a steady state: whole lines or none. */
static void test_cut(void **state UNUSED)
{
    static const char text[] = "   8       0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
                               "   7       0 loop0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n"
                               "   8      16 sdb 1 2 3 4 5 6 7 8 9 10 11\n"
                               " 252       0 dm-0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n";
    static const char *const names[] = {"sda", "sdb", "dm-0"};

    tree_put("proc/diskstats", text);
    tree_start(tree.sys_fd, NULL);
    for (size_t n = 0; n < sizeof(text); n++) {
        size_t lines = 0;

        for (size_t i = 0; i < n; i++)
            lines += text[i] == '\n';
        tree_put_bytes("proc/diskstats", text, n);
        tree_cycle();
        /* The second line is a loop device's. */
        assert_int_equal(tree.host.blockdev_count, lines < 2 ? lines : lines - 1);
        for (size_t i = 0; i < tree.host.blockdev_count; i++) {
            assert_string_equal(tree.host.blockdevs[i]->name, names[i]);
            assert_int_equal(tree.host.blockdevs[i]->counters[DISKSTAT_MS_WEIGHTED], 11);
        }
    }
    assert_int_equal(tree_device("sdb")->counted, 11);
    assert_int_equal(tree_device("dm-0")->counted, 15);
}

static void collect_any(const char *text, size_t len)
{
    tree_put_bytes("proc/diskstats", text, len);
    tree_cycle();
    for (size_t i = 0; i < tree.host.blockdev_count; i++) {
        const struct blockdev_sample *device = tree.host.blockdevs[i];

        assert_true(device->name[0] && device->birth && device->class && device->at.ns);
        assert_true(device->slot < tree.host.blockdev_slot_count);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(tree.host.blockdevs[k]->slot, device->slot);
    }
}

static void test_garbage(void **state UNUSED)
{
    static const char text[] =
        "8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n8 1 sda1 1 2 3 4 5 6 7 8 9 10 11\n"
        "252 0 dm-0 9 9 9 9 9 9 9 9 9 9 9\n8 16 ../x 1 2 3 4 5 6 7 8 9 10 11\n";

    tree_link("sys/block/sda/device", "../../x");
    tree_put("sys/block/sda/sda1/partition", "1\n");
    tree_put_mapped("dm-0", "vg-lv", "LVM-1");
    tree_start(tree.sys_fd, NULL);
    support_each_garbage(text, sizeof(text) - 1, 1000, collect_any);
}

/* Names that fill what there is room for, and such that do not fit. */
static void test_long_names(void **state UNUSED)
{
    char text[512], name[256], path[256];

    memset(name, 'n', sizeof(name));
    snprintf(text, sizeof(text),
             "8 0 %.127s 1 2 3 4 5 6 7 8 9 10 11\n8 1 %.128s 1 2 3 4 5 6 7 8 9 10 11\n"
             "252 0 dm-0 1 2 3 4 5 6 7 8 9 10 11\n",
             name, name);
    tree_put("proc/diskstats", text);
    tree_put_mapped("dm-0", "", "");
    snprintf(path, sizeof(path), "sys/block/dm-0/dm/name");
    snprintf(text, sizeof(text), "%.126s\n\n", name);
    tree_put(path, text);
    tree_start(tree.sys_fd, NULL);
    assert_int_equal(tree.host.blockdev_count, 2);
    assert_int_equal(strlen(tree.host.blockdevs[0]->name), 127);
    assert_int_equal(strlen(tree.host.blockdevs[1]->name), 126); /* a name is one line */
}

/* Whether /sys/block/NAME has the file; its first byte goes to *ret. */
static bool real_has(const char *name, const char *file, char *ret)
{
    char path[512];
    FILE *f;
    int c;

    snprintf(path, sizeof(path), "/sys/block/%s/%s", name, file);
    if (access(path, F_OK) != 0)
        return false;
    f = fopen(path, "re");
    c = f ? fgetc(f) : EOF;
    if (f)
        fclose(f);
    *ret = c == EOF ? '\0' : (char)c;
    return true;
}

/* The machine's own disks, told by /sys/block alone. */
static void test_this_machine(void **state UNUSED)
{
    int proc_fd = file_open_directory("/proc"), sys_fd = file_open_directory("/sys");
    DIR *dir = opendir("/sys/block");
    struct dirent *item;
    size_t considered = 0, expected = 0;

    if (proc_fd < 0 || sys_fd < 0 || !dir || access("/proc/diskstats", R_OK) != 0)
        skip();
    tree.devices = blockdevs_new(proc_fd, sys_fd, &clock_system, NULL);
    blockdevs_collect(tree.devices, &tree.host);
    blockdevs_collect(tree.devices, &tree.host);
    for (size_t i = 0; i < tree.host.blockdev_count; i++)
        considered += tree.host.blockdevs[i]->considered;
    while ((item = readdir(dir))) {
        const char *name = item->d_name;
        char byte = '0';

        if (name[0] == '.' || strchr(name, '!') || !real_has(name, "device", &byte) ||
            strncmp(name, "sr", 2) == 0 || strncmp(name, "fd", 2) == 0 ||
            strncmp(name, "rbd", 3) == 0 || (real_has(name, "hidden", &byte) && byte == '1'))
            continue;
        if (!tree_device(name) || !tree_device(name)->considered)
            fail_msg("%s is not considered", name);
        assert_string_equal(tree_device(name)->class, "disk");
        expected++;
    }
    assert_int_equal(considered, expected);
    assert_true(blockdevs_listing(tree.devices) <= 2);
    closedir(dir);
    close(proc_fd);
    close(sys_fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(test_classes),
        tree_test(test_steady),
        tree_test(test_devices_come_and_go),
        tree_test(test_disk_is_replaced),
        tree_test(test_disk_that_only_wrote_is_replaced),
        tree_test(test_mapped_devices_change),
        tree_test(test_file_is_unreadable),
        tree_test(test_without_sysfs),
        tree_test(test_many_devices),
        tree_test(test_cut),
        tree_test(test_garbage),
        tree_test(test_long_names),
        tree_test(test_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
