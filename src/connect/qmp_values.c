/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's answers (qapi/block-core.json, machine.json, run-state.json of QEMU). */
#include "connect/qmp_values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* A guest's word that is older has been forgotten: its driver stopped. */
#define QMP_GUEST_STALE_POLLS 3
#define QMP_GUEST_STALE_S     60
#define QMP_NAME_MAX          128 /* bytes of a device's name that are kept */
#define QMP_GUEST_UNKNOWN     UINT64_MAX

static const char *qmp_text(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return "";
    return json_object_get_string(value);
}

static bool qmp_number(struct json_object *object, const char *key, uint64_t *ret)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(object, key, &value) ||
        !json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
        return false;
    *ret = json_object_get_uint64(value);
    return true;
}

static struct raw qmp_raw(struct json_object *object, const char *key, struct mono at)
{
    uint64_t number;

    return qmp_number(object, key, &number) ? raw_of(number, at) : (struct raw){0};
}

static bool qmp_is_true(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

enum vm_state qmp_vm_state(const char *status)
{
    static const struct {
        const char *status;
        enum vm_state state;
    } states[] = {
        {"running", VM_STATE_RUNNING},
        {"debug", VM_STATE_PAUSED},
        {"paused", VM_STATE_PAUSED},
        {"prelaunch", VM_STATE_PAUSED}, /* -S: waits for the first "cont" */
        {"io-error", VM_STATE_IO_ERROR},
        {"internal-error", VM_STATE_CRASHED},
        {"guest-panicked", VM_STATE_CRASHED},
        {"watchdog", VM_STATE_CRASHED},
        {"inmigrate", VM_STATE_INMIGRATE},
        {"finish-migrate", VM_STATE_MIGRATING},
        {"postmigrate", VM_STATE_MIGRATING},
        {"colo", VM_STATE_MIGRATING},
        {"suspended", VM_STATE_SUSPENDED},
        {"save-vm", VM_STATE_SAVING},
        {"restore-vm", VM_STATE_INMIGRATE},
        {"shutdown", VM_STATE_SHUTDOWN},
    };

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        if (strcmp(states[i].status, status) == 0)
            return states[i].state;
    }
    return VM_STATE_UNKNOWN;
}

bool qmp_take_status(struct json_object *value, struct vm_info *vm)
{
    const char *status = qmp_text(value, "status");

    if (!status[0])
        return false;
    vm->state = qmp_vm_state(status);
    return true;
}

/* The last component of a path in QEMU's tree that says something:
 * "/machine/peripheral/virtio0/virtio-backend" is virtio0,
 * "/machine/system.flash0" itself. False for what has a number only, which
 * changes with every device that is added: ".../peripheral-anon/device[1]". */
static bool qmp_name_from_qdev(const char *qdev, char name[QMP_NAME_MAX])
{
    static const char peripheral[] = "/machine/peripheral/";
    const char *start = strrchr(qdev, '/');

    if (strncmp(qdev, peripheral, sizeof(peripheral) - 1) == 0)
        start = qdev + sizeof(peripheral) - 1;
    else if (strstr(qdev, "/device["))
        return false;
    else
        start = start ? start + 1 : qdev;
    copy_text(name, QMP_NAME_MAX, start);
    name[strcspn(name, "/")] = '\0';
    return name[0] != '\0';
}

/* How a device of query-block or query-blockstats is called. False = it is none
 * of the guest's: an empty drive that no device has. */
static bool qmp_name_drive(struct json_object *entry, char name[QMP_NAME_MAX])
{
    static const char prefix[] = "drive-";
    const char *device = qmp_text(entry, "device"), *qdev = qmp_text(entry, "qdev");
    const char *node = qmp_text(entry, "node-name");
    struct json_object *inserted = NULL;

    if (!node[0] && json_object_object_get_ex(entry, "inserted", &inserted))
        node = qmp_text(inserted, "node-name");
    if (!qdev[0] && !node[0])
        return false;
    if (device[0]) {
        bool prefixed =
            strncmp(device, prefix, sizeof(prefix) - 1) == 0 && device[sizeof(prefix) - 1];

        copy_text(name, QMP_NAME_MAX, prefixed ? device + sizeof(prefix) - 1 : device);
        return true;
    }
    if (qmp_name_from_qdev(qdev, name))
        return true;
    /* Nodes that QEMU named itself get new names at each start. */
    if ((!node[0] || node[0] == '#') && strstr(qdev, "device["))
        node = strstr(qdev, "device[");
    copy_text(name, QMP_NAME_MAX, node);
    name[strcspn(name, "/")] = '\0';
    return name[0] != '\0';
}

/* Whether by its names the device is flash memory: the firmware or its variables. */
static bool qmp_is_flash(struct json_object *entry)
{
    return strstr(qmp_text(entry, "qdev"), ".flash") ||
           strncmp(qmp_text(entry, "device"), "pflash", 6) == 0 ||
           strncmp(qmp_text(entry, "device"), "drive-efidisk", 13) == 0;
}

/* A CD-ROM has a tray. A floppy, as a slot for memory cards, has no policy for
 * errors, which disks that can be pulled out (USB) have. */
static bool qmp_is_disk(struct json_object *entry)
{
    struct json_object *other = NULL;

    if (qmp_is_flash(entry) || !json_object_object_get_ex(entry, "inserted", &other))
        return false;
    return !qmp_is_true(entry, "removable") ||
           (!json_object_object_get_ex(entry, "tray_open", &other) &&
            json_object_object_get_ex(entry, "io-status", &other));
}

static void qmp_name_image(struct json_object *inserted, struct image_name *ret)
{
    const char *file = qmp_text(inserted, "file");
    struct json_object *image = NULL;

    if (!file[0] && json_object_object_get_ex(inserted, "image", &image))
        file = qmp_text(image, "filename");
    parse_image_name(file, ret);
}

void qmp_drives_done(struct qmp_drives *drives)
{
    for (size_t i = 0; i < drives->count; i++) {
        free(drives->list[i].name);
        image_name_done(&drives->list[i].image);
    }
    free(drives->list);
    *drives = (struct qmp_drives){0};
}

const struct qmp_drive *qmp_drives_find(const struct qmp_drives *drives, const char *name)
{
    for (size_t i = 0; i < drives->count; i++) {
        if (strcmp(drives->list[i].name, name) == 0)
            return &drives->list[i];
    }
    return NULL;
}

static size_t qmp_array_length(struct json_object *value)
{
    return json_object_is_type(value, json_type_array)
               ? min_size(json_object_array_length(value), INVENTORY_DISKS_MAX)
               : 0;
}

static void qmp_add_drive(struct json_object *entry, struct mono at, struct qmp_drives *drives)
{
    struct json_object *inserted = NULL, *image = NULL;
    struct qmp_drive *drive;
    char name[QMP_NAME_MAX];

    if (!qmp_name_drive(entry, name) || qmp_drives_find(drives, name))
        return;
    drive = &drives->list[drives->count++];
    *drive = (struct qmp_drive){.name = xstrdup(name), .is_total = qmp_is_disk(entry)};
    if (!json_object_object_get_ex(entry, "inserted", &inserted))
        return;
    qmp_name_image(inserted, &drive->image);
    if (json_object_object_get_ex(inserted, "image", &image)) {
        drive->capacity = qmp_raw(image, "virtual-size", at);
        drive->allocation = qmp_raw(image, "actual-size", at);
    }
}

bool qmp_take_block(struct json_object *value, struct mono at, struct qmp_drives *drives)
{
    size_t count = qmp_array_length(value);

    if (!json_object_is_type(value, json_type_array))
        return false;
    qmp_drives_done(drives);
    drives->list = count ? xcalloc(count, sizeof(*drives->list)) : NULL;
    for (size_t i = 0; i < count; i++)
        qmp_add_drive(json_object_array_get_idx(value, i), at, drives);
    return true;
}

static void qmp_add_disk(struct json_object *entry, struct mono at, struct vm_info *vm)
{
    static const struct {
        const char *key;
        enum vmdisk_column column;
    } counters[] = {
        {"rd_operations", VMDISK_DISK_READS},
        {"wr_operations", VMDISK_DISK_WRITES},
        {"rd_bytes", VMDISK_DISK_MBREAD},
        {"wr_bytes", VMDISK_DISK_MBWRITE},
        {"flush_operations", VMDISK_DISK_STATS_FLUSHREQ},
        {"rd_total_time_ns", VMDISK_DISK_STATS_RDTOTALTIMES},
        {"wr_total_time_ns", VMDISK_DISK_STATS_WRTOTALTIMES},
        {"flush_total_time_ns", VMDISK_DISK_STATS_FLUSHTOTALTIMES},
    };
    static const char *const failures[] = {"failed_rd_operations", "failed_wr_operations",
                                           "failed_flush_operations"};
    struct json_object *stats = NULL;
    char name[QMP_NAME_MAX];
    struct vm_disk *disk;
    uint64_t failed, sum = 0;
    bool counted = false;

    if (!qmp_name_drive(entry, name) || vm_info_find_disk(vm, name))
        return;
    disk = vm_info_append_disk(vm);
    if (!disk)
        return;
    disk->name = xstrdup(name);
    disk->is_total = !qmp_is_flash(entry) && qmp_text(entry, "node-name")[0];
    if (!json_object_object_get_ex(entry, "stats", &stats))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++)
        disk->columns[counters[i].column] = qmp_raw(stats, counters[i].key, at);
    for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
        if (!qmp_number(stats, failures[i], &failed))
            continue;
        counted = true;
        sum += failed;
    }
    if (counted)
        disk->columns[VMDISK_DISK_ERRORS] = raw_of(sum, at);
}

bool qmp_take_blockstats(struct json_object *value, struct mono at, struct vm_info *vm)
{
    if (!json_object_is_type(value, json_type_array))
        return false;
    vm_info_clear_disks(vm);
    for (size_t i = 0; i < qmp_array_length(value); i++)
        qmp_add_disk(json_object_array_get_idx(value, i), at, vm);
    return true;
}

bool qmp_take_balloon(struct json_object *value, struct mono at, struct vm_info *vm)
{
    uint64_t bytes;

    if (!qmp_number(value, "actual", &bytes))
        return false;
    vm->readings[READING_BALLOON_KB] = raw_of(bytes / 1024, at);
    return true;
}

bool qmp_take_polling(struct json_object *value, uint32_t *ret_seconds)
{
    int64_t seconds;

    if (!json_object_is_type(value, json_type_int))
        return false;
    seconds = json_object_get_int64(value);
    if (seconds < 0 || seconds > UINT32_MAX)
        return false;
    *ret_seconds = (uint32_t)seconds;
    return true;
}

int64_t qmp_guest_stats_age(uint32_t polling_s)
{
    return polling_s ? (int64_t)polling_s * QMP_GUEST_STALE_POLLS : QMP_GUEST_STALE_S;
}

bool qmp_take_guest_stats(struct json_object *value, struct mono at, int64_t now_s,
                          int64_t max_age_s, struct vm_info *vm)
{
    static const struct {
        const char *key;
        enum vm_reading reading;
    } fields[] = {
        {"stat-total-memory", READING_GUEST_TOTAL_KB},
        {"stat-available-memory", READING_GUEST_USABLE_KB},
        {"stat-free-memory", READING_GUEST_FREE_KB},
        {"stat-swap-in", READING_GUEST_SWAP_IN_KB},
        {"stat-swap-out", READING_GUEST_SWAP_OUT_KB},
    };
    struct json_object *stats = NULL;
    uint64_t updated, bytes;
    bool current;

    if (!json_object_object_get_ex(value, "stats", &stats))
        return false;
    current = qmp_number(value, "last-update", &updated) && updated && updated <= INT64_MAX &&
              now_s - (int64_t)updated <= max_age_s;
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        struct raw *reading = &vm->readings[fields[i].reading];

        *reading = (struct raw){0};
        if (current && qmp_number(stats, fields[i].key, &bytes) && bytes != QMP_GUEST_UNKNOWN)
            *reading = raw_of(bytes / 1024, at);
    }
    return true;
}

bool qmp_take_cpus(struct json_object *value, struct mono at, struct vm_info *vm)
{
    size_t count;

    if (!json_object_is_type(value, json_type_array))
        return false;
    count = min_size(json_object_array_length(value), INVENTORY_VCPUS_MAX);
    free(vm->vcpus);
    vm->vcpus = count ? xcalloc(count, sizeof(*vm->vcpus)) : NULL;
    vm->vcpu_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *cpu = json_object_array_get_idx(value, i);
        uint64_t id, tid;

        if (!qmp_number(cpu, "cpu-index", &id) || !qmp_number(cpu, "thread-id", &tid) ||
            id >= INVENTORY_VCPUS_MAX || !tid || tid > INT32_MAX)
            continue;
        vm->vcpus[vm->vcpu_count++] = (struct vcpu_thread){.id = (unsigned)id, .tid = (pid_t)tid};
    }
    vm->readings[READING_VCPUS] = raw_of(vm->vcpu_count, at);
    return true;
}

char *qmp_find_balloon(struct json_object *value)
{
    size_t count = qmp_array_length(value);

    for (size_t i = 0; i < count; i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        const char *name = qmp_text(item, "name");

        if (strncmp(qmp_text(item, "type"), "child<virtio-balloon", 20) == 0 && name[0] &&
            strlen(name) < QMP_NAME_MAX && !strpbrk(name, "\"\\/"))
            return xstrdup(name);
    }
    return NULL;
}
