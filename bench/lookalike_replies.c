/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the monitor of a pretended machine answers: the commands that a monitoring tool asks, with
 * figures that move with time and differ from machine to machine.
 */
#include "lookalike.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define QMP_BALLOON "/machine/peripheral/balloon0"

typedef const char *qmp_reply_fn(const struct lookalike_vm *vm, json_object *args, FILE *out);

static uint64_t qmp_elapsed_ms(const struct lookalike_vm *vm)
{
    return (lookalike_clock_ns() - vm->start_ns) / 1000000u;
}

const char *lookalike_get_string(json_object *args, const char *key)
{
    json_object *value = NULL;

    if (args == NULL || !json_object_object_get_ex(args, key, &value) ||
        !json_object_is_type(value, json_type_string))
        return "";
    return json_object_get_string(value);
}

static const char *qmp_reply_empty(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    (void)vm;
    (void)args;
    fputs("{}", out);
    return NULL;
}

static const char *qmp_reply_version(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    (void)vm;
    (void)args;
    fputs("{\"qemu\": {\"micro\": 2, \"minor\": 0, \"major\": 9}, \"package\": \"\"}", out);
    return NULL;
}

static const char *qmp_reply_status(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    (void)vm;
    (void)args;
    fputs("{\"status\": \"running\", \"running\": true}", out);
    return NULL;
}

static const char *qmp_reply_cpus(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    (void)args;
    for (unsigned i = 0; i < vm->vcpus; i++) {
        fprintf(out,
                "%s{\"thread-id\": %d, \"props\": {\"core-id\": %u, \"thread-id\": 0, "
                "\"socket-id\": 0}, \"qom-path\": \"/machine/unattached/device[%u]\", "
                "\"cpu-index\": %u, \"target\": \"x86_64\"}",
                i == 0 ? "[" : ", ", (int)vm->tids[i], i, i, i);
    }
    fputs("]", out);
    return NULL;
}

static const char *qmp_reply_balloon(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    (void)vm;
    (void)args;
    fprintf(out, "{\"actual\": %" PRIu64 "}", LOOKALIKE_MEMORY_BYTES);
    return NULL;
}

/* Counters of one device: operations per second differ from machine to machine, a request has
 * 8 KiB and takes 0.4 ms to read, 0.9 ms to write, 2 ms to flush. `scale` 0 = an idle device. */
static void qmp_write_stats(const struct lookalike_vm *vm, unsigned scale, FILE *out)
{
    uint64_t ms = qmp_elapsed_ms(vm) * scale;
    uint64_t reads = ms * (5 + vm->id % 40) / 1000;
    uint64_t writes = ms * (3 + vm->id % 17) / 1000;
    uint64_t flushes = writes / 10;

    fprintf(out,
            "{\"rd_operations\": %" PRIu64 ", \"rd_bytes\": %" PRIu64
            ", \"rd_total_time_ns\": %" PRIu64 ", \"wr_operations\": %" PRIu64
            ", \"wr_bytes\": %" PRIu64 ", \"wr_total_time_ns\": %" PRIu64
            ", \"flush_operations\": %" PRIu64 ", \"flush_total_time_ns\": %" PRIu64
            ", \"wr_highest_offset\": %" PRIu64 ", \"idle_time_ns\": %u, ",
            reads, reads * 8192, reads * 400000, writes, writes * 8192, writes * 900000, flushes,
            flushes * 2000000, writes * 8192 % LOOKALIKE_DISK_BYTES, scale == 0 ? 0 : 4000000u);
    fputs("\"rd_merged\": 0, \"wr_merged\": 0, \"unmap_operations\": 0, \"unmap_bytes\": 0, "
          "\"unmap_merged\": 0, \"unmap_total_time_ns\": 0, \"failed_rd_operations\": 0, "
          "\"failed_wr_operations\": 0, \"failed_flush_operations\": 0, "
          "\"failed_unmap_operations\": 0, \"invalid_rd_operations\": 0, "
          "\"invalid_wr_operations\": 0, \"invalid_flush_operations\": 0, "
          "\"invalid_unmap_operations\": 0, \"account_invalid\": true, \"account_failed\": true, "
          "\"timed_stats\": []}",
          out);
}

static const char *qmp_reply_blockstats(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    (void)args;
    fputs("[{\"device\": \"drive-virtio0\", \"parent\": {\"stats\": ", out);
    qmp_write_stats(vm, 1, out);
    fputs(", \"node-name\": \"#block048\"}, \"stats\": ", out);
    qmp_write_stats(vm, 1, out);
    fputs(", \"node-name\": \"#block197\", "
          "\"qdev\": \"/machine/peripheral/virtio0/virtio-backend\"}, "
          "{\"device\": \"ide1-cd0\", \"stats\": ",
          out);
    qmp_write_stats(vm, 0, out);
    fputs(", \"qdev\": \"/machine/unattached/device[23]\"}]", out);
    return NULL;
}

static void qmp_write_node(const struct lookalike_vm *vm, const char *node, const char *driver,
                           FILE *out)
{
    /* the directory is ours, made for the run; a quote in it would be the caller's doing */
    fprintf(out,
            "{\"iops_rd\": 0, \"iops_wr\": 0, \"iops\": 0, \"bps_rd\": 0, \"bps_wr\": 0, "
            "\"bps\": 0, \"write_threshold\": 0, \"detect_zeroes\": \"off\", "
            "\"node-name\": \"%s\", \"drv\": \"%s\", \"ro\": false, \"encrypted\": false, "
            "\"backing_file_depth\": 0, \"cache\": {\"no-flush\": false, \"direct\": false, "
            "\"writeback\": true}, \"file\": \"%s/%u.raw\", \"image\": {\"filename\": "
            "\"%s/%u.raw\", \"format\": \"%s\", \"virtual-size\": %" PRIu64
            ", \"actual-size\": %" PRIu64 ", \"dirty-flag\": false}}",
            node, driver, vm->dir, vm->id, vm->dir, vm->id, driver, LOOKALIKE_DISK_BYTES,
            qmp_elapsed_ms(vm) / 1000 * 4096);
}

static const char *qmp_reply_block(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    (void)args;
    fputs("[{\"io-status\": \"ok\", \"device\": \"drive-virtio0\", \"locked\": false, "
          "\"removable\": false, \"type\": \"unknown\", "
          "\"qdev\": \"/machine/peripheral/virtio0/virtio-backend\", \"inserted\": ",
          out);
    qmp_write_node(vm, "#block197", "raw", out);
    fputs("}, {\"io-status\": \"ok\", \"device\": \"ide1-cd0\", \"locked\": false, "
          "\"removable\": true, \"tray_open\": false, \"type\": \"unknown\", "
          "\"qdev\": \"/machine/unattached/device[23]\"}]",
          out);
    return NULL;
}

static const char *qmp_reply_nodes(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    (void)args;
    fputs("[", out);
    qmp_write_node(vm, "#block197", "raw", out);
    fputs(", ", out);
    qmp_write_node(vm, "#block048", "file", out);
    fputs("]", out);
    return NULL;
}

static const char *qmp_reply_qom_list(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    static const char *const tree[][2] = {
        {"/machine", "[{\"name\": \"peripheral\", \"type\": \"child<container>\"}, "
                     "{\"name\": \"unattached\", \"type\": \"child<container>\"}]"},
        {"/machine/peripheral",
         "[{\"name\": \"type\", \"type\": \"string\"}, "
         "{\"name\": \"balloon0\", \"type\": \"child<virtio-balloon-pci>\"}, "
         "{\"name\": \"virtio0\", \"type\": \"child<virtio-blk-pci>\"}]"},
        {"/machine/peripheral-anon", "[{\"name\": \"type\", \"type\": \"string\"}]"},
        {QMP_BALLOON, "[{\"name\": \"type\", \"type\": \"string\"}, "
                      "{\"name\": \"guest-stats\", \"type\": \"guest statistics\"}, "
                      "{\"name\": \"guest-stats-polling-interval\", \"type\": \"int\"}]"}};
    const char *path = lookalike_get_string(args, "path");

    (void)vm;
    for (size_t i = 0; i < sizeof(tree) / sizeof(tree[0]); i++) {
        if (strcmp(path, tree[i][0]) == 0) {
            fputs(tree[i][1], out);
            return NULL;
        }
    }
    return "DeviceNotFound";
}

static void qmp_write_guest_stats(const struct lookalike_vm *vm, FILE *out)
{
    static const char *const names[] = {
        "stat-total-memory", "stat-free-memory", "stat-available-memory", "stat-disk-caches",
        "stat-swap-in",      "stat-swap-out",    "stat-major-faults",     "stat-minor-faults",
        "stat-htlb-pgalloc", "stat-htlb-pgfail"};
    uint64_t s = qmp_elapsed_ms(vm) / 1000;
    uint64_t free_bytes = (UINT64_C(300) << 20) + (s * 7 + vm->id * 13) % 200 * 1048576;
    const uint64_t values[] = {UINT64_C(1006) << 20,
                               free_bytes,
                               free_bytes + (UINT64_C(250) << 20),
                               UINT64_C(250) << 20,
                               0,
                               0,
                               200 + s / 5,
                               50000 + s * 30,
                               0,
                               0};

    fputs("{\"stats\": {", out);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "" : ", ", names[i],
                vm->no_driver ? UINT64_MAX : values[i]);
    fprintf(out, "}, \"last-update\": %lld}", vm->no_driver ? 0LL : (long long)time(NULL));
}

static const char *qmp_reply_qom_get(const struct lookalike_vm *vm, json_object *args, FILE *out)
{
    const char *property = lookalike_get_string(args, "property");

    if (strcmp(lookalike_get_string(args, "path"), QMP_BALLOON) != 0)
        return "DeviceNotFound";
    if (strcmp(property, "guest-stats") == 0)
        qmp_write_guest_stats(vm, out);
    else if (strcmp(property, "guest-stats-polling-interval") == 0)
        fputs("2", out);
    else if (strcmp(property, "type") == 0)
        fputs("\"virtio-balloon-pci\"", out);
    else
        return "GenericError";
    return NULL;
}

static const struct {
    const char *name;
    qmp_reply_fn *reply;
} qmp_commands[] = {
    {"query-status", qmp_reply_status},
    {"query-cpus-fast", qmp_reply_cpus},
    {"query-balloon", qmp_reply_balloon},
    {"query-blockstats", qmp_reply_blockstats},
    {"query-block", qmp_reply_block},
    {"query-named-block-nodes", qmp_reply_nodes},
    {"query-version", qmp_reply_version},
    {"qom-list", qmp_reply_qom_list},
    {"qom-get", qmp_reply_qom_get},
    {"qom-set", qmp_reply_empty},
    {"quit", qmp_reply_empty},
};

const char *lookalike_reply(const struct lookalike_vm *vm, const char *name, json_object *args,
                            FILE *out)
{
    for (size_t i = 0; i < sizeof(qmp_commands) / sizeof(qmp_commands[0]); i++) {
        if (strcmp(name, qmp_commands[i].name) == 0)
            return qmp_commands[i].reply(vm, args, out);
    }
    return "CommandNotFound";
}
