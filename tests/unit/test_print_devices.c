/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print/json and print/text: rows of disks, NICs and host devices. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "made_frame.h"
#include "support.h"

/* Head of every JSON object on node1. */
#define STAMP                                                                                      \
    "\"timestamp\":\"2026-01-31T23:59:59.123Z\",\"host_name\":\"node1\",\"interval\":2.001"
#define VM_A "\"name\":\"a\",\"state\":\"running\",\"stale\":null"

/* Tables whose rows are parts of something, with a text of theirs. */
static const struct {
    enum scope scope;
    unsigned text; /* column */
    bool of_host;
    const char *array;
} parts[] = {
    {SCOPE_BLOCKDEV, BLOCKDEV_DEVICE, true, "block_devices"},
    {SCOPE_NETDEV, NETDEV_DEVICE, true, "net_devices"},
    {SCOPE_VMDISK, VMDISK_DISK_NAME, false, "disks"},
    {SCOPE_VMNIC, VMNIC_NIC, false, "nics"},
};

static void add(struct made_frame *m, enum scope scope, size_t vm_row, const char *name)
{
    struct frame_table *table = &m->frame->tables[scope];
    size_t row = frame_add_row(table, (uint32_t)vm_row);

    for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
        if (parts[p].scope == scope)
            frame_set_text(table, row, parts[p].text, name);
    }
}

/* Two VMs, of which the first has a disk more; a host with three devices. */
static void devices_init(struct made_frame *m, const char *fields)
{
    made_frame_init(m);
    made_frame_select(m, fields);
    m->options.devices = true;
    made_frame_vm(m, "a");
    made_frame_vm(m, "b");
    add(m, SCOPE_VMDISK, 0, "vda");
    add(m, SCOPE_VMDISK, 0, "vdb");
    add(m, SCOPE_VMDISK, 1, "scsi0");
    add(m, SCOPE_VMNIC, 1, "net0");
    add(m, SCOPE_BLOCKDEV, 0, "sda");
    add(m, SCOPE_BLOCKDEV, 0, "sdb");
    add(m, SCOPE_NETDEV, 0, "eth0");
    frame_set_number(&m->frame->tables[SCOPE_VMDISK], 1, VMDISK_DISK_READS, 1.5);
    frame_set_number(&m->frame->tables[SCOPE_NETDEV], 0, NETDEV_NET_HOST_SPEED, 1000);
}

#define FIELDS                                                                                     \
    "host.cpu_cores,vm.name,blockdev.device,netdev.device,netdev.net_host_speed,disk_name,"        \
    "vmdisk.disk_reads,nic"

static const char *print_json(struct made_frame *m)
{
    return made_frame_print(m, &printer_json, 1);
}

static const char *print_text(struct made_frame *m)
{
    return made_frame_print(m, &printer_text, 1);
}

static void test_json_cycle(void **state UNUSED)
{
    struct made_frame m;

    devices_init(&m, FIELDS);
    assert_string_equal(print_json(&m),
                        "{\"version\":1," STAMP ",\"host\":{\"cpu_cores\":null,"
                        "\"block_devices\":[{\"device\":\"sda\"},{\"device\":\"sdb\"}],"
                        "\"net_devices\":[{\"device\":\"eth0\",\"net_host_speed\":1000}]},"
                        "\"domains\":[{" VM_A
                        ",\"disks\":[{\"disk_name\":\"vda\",\"disk_reads\":null},"
                        "{\"disk_name\":\"vdb\",\"disk_reads\":1.50}],\"nics\":[]},"
                        "{\"name\":\"b\",\"state\":\"running\",\"stale\":null,"
                        "\"disks\":[{\"disk_name\":\"scsi0\",\"disk_reads\":null}],"
                        "\"nics\":[{\"nic\":\"net0\"}]}]}\n");
    made_frame_done(&m);
}

/* Arrays are there when they are asked for and have a column, even without a row. */
static void test_json_arrays(void **state UNUSED)
{
    for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
        struct made_frame m;
        char key[32], empty[32];

        snprintf(key, sizeof(key), "\"%s\":[", parts[p].array);
        snprintf(empty, sizeof(empty), "\"%s\":[]", parts[p].array);
        devices_init(&m, FIELDS);
        assert_non_null(strstr(print_json(&m), key));
        m.options.devices = false;
        assert_null(strstr(print_json(&m), key));
        m.options.devices = true;
        made_frame_select(&m, "host.cpu_cores,vm.name");
        assert_null(strstr(print_json(&m), key));
        made_frame_done(&m);
        made_frame_init(&m);
        made_frame_vm(&m, "a");
        m.options.devices = true;
        assert_non_null(strstr(print_json(&m), empty));
        made_frame_done(&m);
    }
}

/* With everything selected, every key stands once in every object. */
static void test_json_keys_are_unique(void **state UNUSED)
{
    for (unsigned names = 0; names < 2; names++) {
        struct made_frame m;
        struct json_object *root, *host, *domain, *array;

        devices_init(&m, FIELDS);
        selection_by_collectors(&m.selection, UINT32_MAX, true);
        m.options.names = (enum print_names)names;
        root = json_tokener_parse(print_json(&m));
        assert_non_null(root);
        assert_true(json_object_object_get_ex(root, "host", &host));
        assert_int_equal(json_object_object_length(host), HOST__COUNT + 2);
        assert_true(json_object_object_get_ex(root, "domains", &array));
        domain = json_object_array_get_idx(array, 1);
        assert_int_equal(json_object_object_length(domain), VM__COUNT + 3);
        for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
            assert_true(json_object_object_get_ex(parts[p].of_host ? host : domain, parts[p].array,
                                                  &array));
            assert_int_equal(json_object_object_length(json_object_array_get_idx(array, 0)),
                             scope_columns(parts[p].scope));
        }
        json_object_put(root);
        made_frame_done(&m);
    }
}

static void test_json_lines(void **state UNUSED)
{
    /* What stands between type and stamp, and what behind. */
    static const struct {
        const char *type, *rest;
    } lines[] = {
        {"host", ",\"cpu_cores\":null}"},
        {"vm", "," VM_A "}"},
        {"vm", ",\"name\":\"b\",\"state\":\"running\",\"stale\":null}"},
        {"blockdev", ",\"device\":\"sda\"}"},
        {"blockdev", ",\"device\":\"sdb\"}"},
        {"vmdisk", ",\"UUID\":\"u\",\"name\":\"a\",\"disk_name\":\"vda\",\"disk_reads\":null}"},
        {"vmdisk", ",\"UUID\":\"u\",\"name\":\"a\",\"disk_name\":\"vdb\",\"disk_reads\":1.50}"},
        {"vmdisk", ",\"UUID\":null,\"name\":\"b\",\"disk_name\":\"scsi0\",\"disk_reads\":null}"},
        {"netdev", ",\"device\":\"eth0\",\"net_host_speed\":1000}"},
        {"vmnic", ",\"UUID\":null,\"name\":\"b\",\"nic\":\"net0\"}"},
    };
    struct buf expected = {0};
    struct made_frame m;

    devices_init(&m, FIELDS);
    m.options.json = PRINT_JSON_LINES;
    frame_set_text(&m.frame->tables[SCOPE_VM], 0, VM_UUID, "u");
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        buf_puts(&expected, "{\"version\":1,\"type\":\"");
        buf_puts(&expected, lines[i].type);
        buf_puts(&expected, "\"," STAMP);
        buf_puts(&expected, lines[i].rest);
        buf_putc(&expected, '\n');
    }
    assert_string_equal(print_json(&m), buf_text(&expected));
    m.options.devices = false;
    assert_null(strstr(print_json(&m), "vda"));
    buf_done(&expected);
    made_frame_done(&m);
}

/* Every line has each of its keys once, whatever the table and the names. */
static void test_json_lines_are_unique(void **state UNUSED)
{
    for (size_t i = 0; i < 2 * ARRAY_SIZE(parts); i++) {
        enum scope scope = parts[i / 2].scope;
        struct made_frame m;
        struct json_object *object;

        devices_init(&m, FIELDS);
        selection_by_collectors(&m.selection, UINT32_MAX, true);
        m.options.names = (enum print_names)(i % 2);
        m.options.json = PRINT_JSON_LINES;
        m.options.scope = scope;
        object = json_tokener_parse(print_json(&m)); /* the first line */
        assert_non_null(object);
        assert_int_equal(json_object_object_length(object),
                         5 + (parts[i / 2].of_host ? 0 : 2) + (int)scope_columns(scope));
        json_object_put(object);
        made_frame_done(&m);
    }
}

/* --scope prints lines of that table, and no other. */
static void test_scopes(void **state UNUSED)
{
    static const unsigned rows[] = {2, 1, 3, 1};

    for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
        struct made_frame m;
        char type[40];
        unsigned lines = 0;

        devices_init(&m, FIELDS);
        m.options.devices = false;
        m.options.scope = parts[p].scope;
        m.options.json = PRINT_JSON_LINES;
        snprintf(type, sizeof(type), "{\"version\":1,\"type\":\"%s\",", scope_name(parts[p].scope));
        for (const char *line = print_json(&m); *line; line = strchr(line, '\n') + 1) {
            assert_memory_equal(line, type, strlen(type));
            lines++;
        }
        assert_int_equal(lines, rows[p]);
        lines = 0;
        for (const char *line = print_text(&m); *line; line = strchr(line, '\n') + 1)
            lines++;
        assert_int_equal(lines, rows[p] + 1); /* the header */
        made_frame_done(&m);
    }
}

static void test_text_scopes(void **state UNUSED)
{
    struct made_frame m;

    devices_init(&m, FIELDS);
    m.options.scope = SCOPE_VMDISK;
    assert_string_equal(print_text(&m), "UUID\tname\tdisk_name\tdisk_reads\n"
                                        "-\ta\tvda\t-\n-\ta\tvdb\t1.50\n-\tb\tscsi0\t-\n");
    m.options.scope = SCOPE_NETDEV;
    assert_string_equal(print_text(&m), "device\tnet_host_speed\neth0\t1000\n");
    m.options.scope = SCOPE_BLOCKDEV;
    m.options.timestamps = true;
    assert_string_equal(print_text(&m), "timestamp\tdevice\n2026-01-31T23:59:59.123Z\tsda\n"
                                        "2026-01-31T23:59:59.123Z\tsdb\n");
    made_frame_done(&m);
}

/* All tables: every line, of header too, says which it belongs to. */
static void test_text_with_devices(void **state UNUSED)
{
    struct made_frame m;

    devices_init(&m, FIELDS);
    assert_string_equal(made_frame_print(&m, &printer_text, 1),
                        "host\tcpu_cores\n"
                        "vm\tname\n"
                        "blockdev\tdevice\n"
                        "vmdisk\tUUID\tname\tdisk_name\tdisk_reads\n"
                        "netdev\tdevice\tnet_host_speed\n"
                        "vmnic\tUUID\tname\tnic\n"
                        "host\t-\n"
                        "vm\ta\n"
                        "vm\tb\n"
                        "blockdev\tsda\n"
                        "blockdev\tsdb\n"
                        "vmdisk\t-\ta\tvda\t-\n"
                        "vmdisk\t-\ta\tvdb\t1.50\n"
                        "vmdisk\t-\tb\tscsi0\t-\n"
                        "netdev\teth0\t1000\n"
                        "vmnic\t-\tb\tnet0\n");
    m.options.timestamps = true;
    made_frame_select(&m, "nic");
    assert_string_equal(print_text(&m), "vmnic\ttimestamp\tUUID\tname\tnic\n"
                                        "vmnic\t2026-01-31T23:59:59.123Z\t-\tb\tnet0\n");
    made_frame_done(&m);
}

/* The remark that sums are lower bounds stands where such a sum does. */
static void test_notes(void **state UNUSED)
{
    static const struct {
        const char *fields;
        bool disk, net;
    } rows[] = {
        {"vm.name", false, false},
        {"vm.disk_reads", true, false},
        {"vm.disk_size_capacity", true, false},
        {"vm.disk_stats_flushtotaltimes,vm.name", true, false},
        {"vm.disk_delayblkio", false, false}, /* of the process */
        {"vmdisk.disk_reads,vm.name", false, false},
        {"vm.net_receivedBytes", false, true},
        {"vm.net_transmittedCompressed", false, true},
        {"net_interfaces", false, false},
        {"vmnic.net_receivedBytes,vm.cpu_total", false, false},
        {"vm.net_receivedDrop,vm.disk_errors", true, true},
    };

    for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
        struct made_frame m;
        const char *text;

        devices_init(&m, rows[i / 2].fields);
        m.options.devices = false;
        m.options.json = i % 2 ? PRINT_JSON_LINES : PRINT_JSON_CYCLE;
        m.frame->tables[SCOPE_VM].notes[0] = ROW_DISK_PARTIAL | ROW_NET_PARTIAL;
        text = print_json(&m);
        assert_true(!strstr(text, "\"disk_partial\":true") == !rows[i / 2].disk);
        assert_true(!strstr(text, "\"net_partial\":true") == !rows[i / 2].net);
        m.frame->tables[SCOPE_VM].notes[0] = 0;
        assert_null(strstr(print_json(&m), "_partial"));
        made_frame_done(&m);
    }
}

/* Each remark belongs to its own VM, and they stand behind the cells. */
static void test_notes_of_one_vm(void **state UNUSED)
{
    struct made_frame m;

    devices_init(&m, "vm.name,vm.disk_reads,vm.net_receivedBytes,disk_name");
    m.frame->tables[SCOPE_VM].notes[0] = ROW_DISK_PARTIAL;
    m.frame->tables[SCOPE_VM].notes[1] = ROW_NET_PARTIAL;
    assert_non_null(strstr(print_json(&m),
                           "[{" VM_A ",\"disk_reads\":null,\"net_receivedBytes\":null,"
                           "\"disk_partial\":true,\"disks\":[{\"disk_name\":\"vda\"},"
                           "{\"disk_name\":\"vdb\"}]},{\"name\":\"b\",\"state\":\"running\","
                           "\"stale\":null,\"disk_reads\":null,\"net_receivedBytes\":null,"
                           "\"net_partial\":true,\"disks\":[{\"disk_name\":\"scsi0\"}]}]}\n"));
    made_frame_done(&m);
}

static void hostile_init(struct made_frame *m, enum scope scope)
{
    made_frame_init(m);
    made_frame_vm(m, "a");
    m->options.scope = scope;
    m->options.json = PRINT_JSON_LINES;
    for (size_t i = 0; i < hostile_names_count; i++)
        add(m, scope, 0, hostile_names[i].name);
}

/* Names of disks, NICs and devices come back as they were. */
static void test_hostile_names_json(void **state UNUSED)
{
    for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
        struct made_frame m;
        const char *line;

        hostile_init(&m, parts[p].scope);
        line = print_json(&m);
        for (size_t i = 0; i < hostile_names_count; i++) {
            struct json_object *object = json_tokener_parse(line), *value;

            assert_non_null(object);
            assert_true(json_object_object_get_ex(
                object, metric_at(parts[p].scope, parts[p].text)->key, &value));
            assert_string_equal(json_object_get_string(value), hostile_names[i].text);
            json_object_put(object);
            line = strchr(line, '\n') + 1;
        }
        assert_int_equal(*line, '\0');
        made_frame_done(&m);
    }
}

static void test_hostile_names_text(void **state UNUSED)
{
    for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
        size_t lines = 0, tabs = 0, columns;
        struct made_frame m;

        hostile_init(&m, parts[p].scope);
        columns = scope_columns(parts[p].scope) + (parts[p].of_host ? 0 : 2);
        for (const char *text = print_text(&m); *text;) {
            uint32_t c = 0;
            size_t n = utf8_next(text, &c);

            assert_true(n > 0);
            assert_true(c == '\n' || c == '\t' || !utf8_is_control(c));
            lines += c == '\n';
            tabs += c == '\t';
            text += n;
        }
        assert_int_equal(lines, hostile_names_count + 1);
        assert_int_equal(tabs, lines * (columns - 1));
        made_frame_done(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_cycle),
        cmocka_unit_test(test_json_arrays),
        cmocka_unit_test(test_json_keys_are_unique),
        cmocka_unit_test(test_json_lines),
        cmocka_unit_test(test_json_lines_are_unique),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_text_scopes),
        cmocka_unit_test(test_text_with_devices),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_notes_of_one_vm),
        cmocka_unit_test(test_hostile_names_json),
        cmocka_unit_test(test_hostile_names_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
