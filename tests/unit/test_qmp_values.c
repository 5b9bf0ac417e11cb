/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * connect/qmp_values, on conversations with QEMU 7.2 in tests/unit/qmp: with the
 * devices of Proxmox VE (one disk's counters and the last line were filled in),
 * with -blockdev, and with -hda and its like.
 */
#include "connect/qmp_values.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "support.h"

#define AT    ((struct mono){INT64_C(5000000000)})
#define NOW_S INT64_C(1700000030)

/* Lines of a conversation, from 1. */
enum { GREETING = 1, CAPABILITIES, STATUS, BLOCKSTATS, BLOCK, BALLOON };

struct made_vm {
    struct inventory *inventory;
    struct vm_info *vm;
    struct qmp_drives drives;
};

static void made_open(struct made_vm *m)
{
    *m = (struct made_vm){.inventory = inventory_new("test")};
    m->vm = inventory_append(m->inventory);
    m->vm->key = xstrdup("k");
    m->vm->name = xstrdup("n");
}

static void made_close(struct made_vm *m)
{
    qmp_drives_done(&m->drives);
    inventory_unref(m->inventory);
}

/* What a command returned: "return" of a line of a conversation. */
static struct json_object *returned(const char *file, unsigned line)
{
    int dir = file_open_directory(TEST_DIRECTORY "/qmp");
    struct json_object *message, *value = NULL;
    struct cursor c, text = {0};
    struct buf b = {0};
    char *copy;

    assert_int_equal(file_read_all(dir, file, &b, 1 << 20), 0);
    close(dir);
    c = cursor_of(b.data, b.len);
    for (unsigned i = 0; i < line; i++)
        assert_true(cursor_line(&c, &text));
    copy = xstrndup(text.at, (size_t)(text.end - text.at));
    message = json_tokener_parse(copy);
    free(copy);
    buf_done(&b);
    assert_non_null(message);
    (void)json_object_object_get_ex(message, "return", &value);
    value = json_object_get(value);
    json_object_put(message);
    return value;
}

static void take_disks(struct made_vm *m, const char *file)
{
    struct json_object *block = returned(file, BLOCK), *stats = returned(file, BLOCKSTATS);

    assert_true(qmp_take_block(block, AT, &m->drives));
    assert_true(qmp_take_blockstats(stats, AT, m->vm));
    json_object_put(block);
    json_object_put(stats);
}

static void assert_drive(const struct made_vm *m, const char *name, bool is_total, const char *path,
                         int64_t capacity, int64_t allocation)
{
    const struct qmp_drive *drive = qmp_drives_find(&m->drives, name);

    assert_non_null(vm_info_find_disk(m->vm, name));
    assert_non_null(drive);
    assert_int_equal(drive->is_total, is_total);
    if (path)
        assert_string_equal(drive->image.path, path);
    else
        assert_null(drive->image.path);
    assert_int_equal(raw_valid(drive->capacity), capacity >= 0);
    if (capacity >= 0)
        assert_int_equal(drive->capacity.value, capacity);
    if (allocation >= 0)
        assert_int_equal(drive->allocation.value, allocation);
}

static void assert_image(const struct made_vm *m, const char *name, const char *backend,
                         const char *source)
{
    const struct image_name *image = &qmp_drives_find(&m->drives, name)->image;

    assert_true(text_equal(image->backend, backend));
    assert_true(text_equal(image->source, source));
}

static void test_proxmox(void **state UNUSED)
{
    struct made_vm m;
    const struct vm_disk *disk;

    made_open(&m);
    take_disks(&m, "proxmox");
    assert_int_equal(m.vm->disk_count, 4);
    assert_int_equal(m.drives.count, 4);
    assert_drive(&m, "scsi0", true, "/vms/a.qcow2", 1 << 30, -1);
    assert_drive(&m, "virtio0", true, "/vms/b.raw", 64 << 20, -1);
    assert_drive(&m, "ide2", false, NULL, -1, -1);
    assert_drive(&m, "efidisk0", false, "/vms/vars.fd", 540672, -1);
    assert_image(&m, "scsi0", "file", "/vms/a.qcow2");
    assert_image(&m, "ide2", NULL, NULL);
    disk = vm_info_find_disk(m.vm, "scsi0");
    assert_true(disk->is_total);
    assert_int_equal(disk->columns[VMDISK_DISK_READS].value, 11);
    assert_int_equal(disk->columns[VMDISK_DISK_READS].at.ns, AT.ns);
    assert_int_equal(disk->columns[VMDISK_DISK_WRITES].value, 12);
    assert_int_equal(disk->columns[VMDISK_DISK_STATS_FLUSHREQ].value, 13);
    assert_int_equal(disk->columns[VMDISK_DISK_MBREAD].value, 110592);
    assert_int_equal(disk->columns[VMDISK_DISK_MBWRITE].value, INT64_C(5000000000));
    assert_int_equal(disk->columns[VMDISK_DISK_STATS_RDTOTALTIMES].value, 21000000);
    assert_int_equal(disk->columns[VMDISK_DISK_STATS_WRTOTALTIMES].value, 22000000);
    assert_int_equal(disk->columns[VMDISK_DISK_STATS_FLUSHTOTALTIMES].value, 23000000);
    assert_int_equal(disk->columns[VMDISK_DISK_ERRORS].value, 7);
    assert_false(raw_valid(disk->columns[VMDISK_DISK_SIZE_CAPACITY]));
    assert_false(vm_info_find_disk(m.vm, "efidisk0")->is_total);
    assert_false(vm_info_find_disk(m.vm, "ide2")->is_total);
    made_close(&m);
}

static void test_blockdev(void **state UNUSED)
{
    struct made_vm m;

    made_open(&m);
    take_disks(&m, "blockdev");
    assert_int_equal(m.vm->disk_count, 6);
    assert_drive(&m, "system.flash0", false, "/vms/vars.fd", 540672, -1);
    assert_drive(&m, "vda", true, "/vms/a.qcow2", 1 << 30, -1);
    assert_drive(&m, "q1", true, "/vms/b.raw", 64 << 20, -1); /* below a throttle */
    assert_drive(&m, "n0", true, NULL, 1 << 20, 0);
    assert_image(&m, "q1", "file", "/vms/b.raw");
    assert_image(&m, "n0", "null-co", NULL);
    assert_drive(&m, "cd9", false, NULL, -1, -1);
    assert_drive(&m, "stick", false, "/vms/fl.img", 1474560, -1); /* has a tray, says QEMU */
    made_close(&m);
}

static void test_plain(void **state UNUSED)
{
    struct made_vm m;

    made_open(&m);
    take_disks(&m, "plain");
    assert_int_equal(m.vm->disk_count, 4);                 /* sd0 is no device's */
    assert_drive(&m, "ide0-hd0", true, NULL, 1 << 30, -1); /* the path is relative */
    assert_int_equal(strncmp(qmp_drives_find(&m.drives, "virtio0")->image.path, "/var/tmp/vl.", 12),
                     0);
    assert_image(&m, "ide0-hd0", "file", "a.qcow2");
    assert_drive(&m, "floppy0", false, NULL, 1474560, -1);
    assert_drive(&m, "ide1-cd0", false, NULL, 1 << 20, -1);
    /* A later answer replaces the disks. */
    take_disks(&m, "proxmox");
    assert_int_equal(m.vm->disk_count, 4);
    assert_null(vm_info_find_disk(m.vm, "ide0-hd0"));
    made_close(&m);
}

static void test_states(void **state UNUSED)
{
    static const struct {
        const char *status;
        enum vm_state state;
    } cases[] = {
        {"running", VM_STATE_RUNNING},
        {"paused", VM_STATE_PAUSED},
        {"prelaunch", VM_STATE_PAUSED},
        {"io-error", VM_STATE_IO_ERROR},
        {"internal-error", VM_STATE_CRASHED},
        {"guest-panicked", VM_STATE_CRASHED},
        {"watchdog", VM_STATE_CRASHED},
        {"inmigrate", VM_STATE_INMIGRATE},
        {"postmigrate", VM_STATE_MIGRATING},
        {"finish-migrate", VM_STATE_MIGRATING},
        {"suspended", VM_STATE_SUSPENDED},
        {"save-vm", VM_STATE_SAVING},
        {"shutdown", VM_STATE_SHUTDOWN},
        {"other", VM_STATE_UNKNOWN},
        {"", VM_STATE_UNKNOWN},
    };
    struct json_object *value = returned("proxmox", STATUS);
    struct made_vm m;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_int_equal(qmp_vm_state(cases[i].status), cases[i].state);
    made_open(&m);
    assert_true(qmp_take_status(value, m.vm));
    assert_int_equal(m.vm->state, VM_STATE_PAUSED);
    assert_false(qmp_take_status(NULL, m.vm));
    assert_int_equal(m.vm->state, VM_STATE_PAUSED);
    made_close(&m);
    json_object_put(value);
}

static void test_memory(void **state UNUSED)
{
    struct json_object *balloon = returned("proxmox", BALLOON), *none = returned("proxmox", 7);
    struct json_object *guest = returned("proxmox", 10);
    const struct raw *readings;
    struct made_vm m;

    made_open(&m);
    readings = m.vm->readings;
    assert_true(qmp_take_balloon(balloon, AT, m.vm));
    assert_int_equal(readings[READING_BALLOON_KB].value, 65536);
    assert_true(qmp_take_guest_stats(guest, AT, NOW_S, 60, m.vm));
    assert_int_equal(readings[READING_GUEST_TOTAL_KB].value, 1030176);
    assert_int_equal(readings[READING_GUEST_USABLE_KB].value, 878906);
    assert_int_equal(readings[READING_GUEST_FREE_KB].value, 781250);
    assert_int_equal(readings[READING_GUEST_SWAP_IN_KB].value, 4);
    assert_false(raw_valid(readings[READING_GUEST_SWAP_OUT_KB]));
    /* It said this too long ago; and a guest without the driver never did. */
    assert_true(qmp_take_guest_stats(guest, AT, NOW_S + 31, 60, m.vm));
    assert_false(raw_valid(readings[READING_GUEST_TOTAL_KB]));
    /* The age that counts is the caller's. */
    assert_true(qmp_take_guest_stats(guest, AT, NOW_S + 31, 61, m.vm));
    assert_true(raw_valid(readings[READING_GUEST_TOTAL_KB]));
    assert_true(qmp_take_guest_stats(none, AT, NOW_S, 60, m.vm));
    for (size_t i = READING_GUEST_TOTAL_KB; i < READING__COUNT; i++)
        assert_false(raw_valid(readings[i]));
    assert_false(qmp_take_balloon(NULL, AT, m.vm));
    assert_true(raw_valid(readings[READING_BALLOON_KB]));
    made_close(&m);
    json_object_put(balloon);
    json_object_put(none);
    json_object_put(guest);
}

static void test_polling(void **state UNUSED)
{
    static const char *const bad[] = {"-1", "4294967296", "2.5", "\"2\"", "[2]", "null"};
    struct json_object *value = json_tokener_parse("2");
    uint32_t seconds = 7;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct json_object *other = json_tokener_parse(bad[i]);

        assert_false(qmp_take_polling(other, &seconds));
        json_object_put(other);
    }
    assert_false(qmp_take_polling(NULL, &seconds));
    assert_int_equal(seconds, 7);
    assert_true(qmp_take_polling(value, &seconds));
    assert_int_equal(seconds, 2);
    json_object_put(value);
    assert_int_equal(qmp_guest_stats_age(2), 6);
    assert_int_equal(qmp_guest_stats_age(30), 90);
    assert_int_equal(qmp_guest_stats_age(UINT32_MAX), 3 * INT64_C(4294967295));
    assert_int_equal(qmp_guest_stats_age(0), 60);
}

static void test_cpus_and_balloon(void **state UNUSED)
{
    struct json_object *cpus = returned("proxmox", 8), *named = returned("proxmox", 9);
    struct json_object *anon = returned("plain", 8), *other = returned("plain", 7);
    struct made_vm m;
    char *name;

    made_open(&m);
    assert_true(qmp_take_cpus(cpus, AT, m.vm));
    assert_int_equal(m.vm->vcpu_count, 2);
    assert_int_equal(m.vm->vcpus[1].id, 1);
    assert_true(m.vm->vcpus[1].tid > 1);
    assert_int_equal(m.vm->readings[READING_VCPUS].value, 2);
    made_close(&m);
    name = qmp_find_balloon(named);
    assert_string_equal(name, "balloon0");
    free(name);
    name = qmp_find_balloon(anon);
    assert_string_equal(name, "device[0]");
    free(name);
    assert_null(qmp_find_balloon(other));
    assert_null(qmp_find_balloon(NULL));
    json_object_put(cpus);
    json_object_put(named);
    json_object_put(anon);
    json_object_put(other);
}

/* The name of the only device of a query-blockstats answer, as a disk. */
static void assert_name(const char *entry, const char *expected)
{
    struct json_object *value;
    struct made_vm m;
    char *text = xasprintf("[{%s,\"stats\":{}}]", entry);

    value = json_tokener_parse(text);
    assert_non_null(value);
    made_open(&m);
    assert_true(qmp_take_blockstats(value, AT, m.vm));
    assert_int_equal(m.vm->disk_count, expected ? 1 : 0);
    if (expected)
        assert_string_equal(m.vm->disks[0].name, expected);
    made_close(&m);
    json_object_put(value);
    free(text);
}

static void test_names(void **state UNUSED)
{
    assert_name("\"device\":\"\",\"node-name\":\"#b1\",\"qdev\":\"scsi0\"", "scsi0");
    assert_name("\"device\":\"\",\"node-name\":\"#b1\","
                "\"qdev\":\"/machine/peripheral/virtio3/virtio-backend\"",
                "virtio3");
    assert_name("\"device\":\"drive-sata1\",\"qdev\":\"sata1\"", "sata1");
    assert_name("\"device\":\"drive-\",\"qdev\":\"x\"", "drive-");
    assert_name("\"device\":\"libvirt-1\",\"node-name\":\"n\"", "libvirt-1");
    assert_name("\"device\":\"\",\"node-name\":\"#b1\",\"qdev\":\"/machine/system.flash1\"",
                "system.flash1");
    assert_name("\"device\":\"\",\"node-name\":\"#b1\","
                "\"qdev\":\"/machine/peripheral-anon/device[2]/virtio-backend\"",
                "device[2]");
    assert_name("\"device\":\"\",\"node-name\":\"mine\","
                "\"qdev\":\"/machine/peripheral-anon/device[2]/virtio-backend\"",
                "mine");
    assert_name("\"node-name\":\"#b1\"", "#b1");
    assert_name("\"device\":\"sd0\"", NULL);
    assert_name("\"device\":7,\"qdev\":null", NULL);
    assert_name("\"qdev\":\"/\"", NULL);
}

static void test_paths(void **state UNUSED)
{
    static const struct {
        const char *file, *path;
    } cases[] = {
        {"/a/b", "/a/b"},
        {"rbd:pool/image:id=a", NULL},
        {"nbd://h/x", NULL},
        {"a.raw", NULL},
        {"", NULL},
        {"json:{\\\"driver\\\":\\\"raw\\\",\\\"file\\\":{\\\"driver\\\":\\\"host_device\\\","
         "\\\"filename\\\":\\\"/dev/pve/vm-1\\\"}}",
         "/dev/pve/vm-1"},
        {"json:{\\\"driver\\\":\\\"nfs\\\",\\\"filename\\\":\\\"/a\\\"}", NULL},
        {"json:{\\\"driver\\\":\\\"file\\\",\\\"filename\\\":\\\"a\\\"}", NULL},
        {"json:{\\\"file\\\":\\\"x\\\"}", NULL},
        {"json:{", NULL},
        {"json:[1]", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = xasprintf("[{\"qdev\":\"d\",\"inserted\":{\"file\":\"%s\"}}]", cases[i].file);
        struct json_object *value = json_tokener_parse(text);
        struct qmp_drives drives = {0};

        assert_true(qmp_take_block(value, AT, &drives));
        assert_int_equal(drives.count, 1);
        if (cases[i].path)
            assert_string_equal(drives.list[0].image.path, cases[i].path);
        else
            assert_null(drives.list[0].image.path);
        qmp_drives_done(&drives);
        json_object_put(value);
        free(text);
    }
}

/* Whatever JSON it is, given to all that take answers. */
static void take_any(const char *text, size_t len)
{
    uint32_t polling;
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *message = json_tokener_parse_ex(tokener, text, (int)len), *value = NULL;
    struct made_vm m;

    made_open(&m);
    if (!json_object_object_get_ex(message, "return", &value))
        value = message;
    (void)qmp_take_status(value, m.vm);
    (void)qmp_take_block(value, AT, &m.drives);
    (void)qmp_take_blockstats(value, AT, m.vm);
    (void)qmp_take_balloon(value, AT, m.vm);
    (void)qmp_take_guest_stats(value, AT, NOW_S, 60, m.vm);
    (void)qmp_take_cpus(value, AT, m.vm);
    (void)qmp_take_polling(value, &polling);
    free(qmp_find_balloon(value));
    for (size_t i = 0; i < m.vm->disk_count; i++)
        assert_true(m.vm->disks[i].name[0] != '\0');
    made_close(&m);
    json_object_put(message);
    json_tokener_free(tokener);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    static const char *const files[] = {"proxmox", "blockdev", "plain"};

    for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
        for (unsigned line = STATUS; line <= BALLOON + 2; line++) {
            struct json_object *value = returned(files[f], line);
            const char *text = json_object_to_json_string(value);
            size_t len = strlen(text);

            if (len < 1200)
                support_each_prefix(text, len, take_any);
            support_each_garbage(text, len, 60, take_any);
            json_object_put(value);
        }
    }
    take_any("[[[[{}]]], 1, null, \"x\", {\"qdev\": {}}]", 38);
    take_any("{\"stats\": 5, \"last-update\": -1, \"actual\": -5, \"status\": []}", 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proxmox),
        cmocka_unit_test(test_blockdev),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_polling),
        cmocka_unit_test(test_cpus_and_balloon),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
