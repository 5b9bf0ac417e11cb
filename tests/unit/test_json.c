/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print/json: shape, nulls, digits, names, scopes, and what is always there. */
#include <json-c/json.h>
#include <string.h>

#include "made_frame.h"
#include "support.h"

/* Head of every object on node1. */
#define STAMP                                                                                      \
    "\"timestamp\":\"2026-01-31T23:59:59.123Z\",\"host_name\":\"node1\",\"interval\":2.001"

static const char *print(struct made_frame *m)
{
    return made_frame_print(m, &printer_json, 1);
}

static void test_cycle(void **state UNUSED)
{
    struct made_frame m;
    struct frame_table *vms;

    made_frame_init(&m);
    made_frame_select(&m, "host.cpu_cores,vm.name,cpu_total,vm.pid,ram_used");
    frame_set_number(&m.frame->tables[SCOPE_HOST], 0, HOST_CPU_CORES, 8);
    made_frame_vm(&m, "a");
    made_frame_vm(&m, "b");
    vms = &m.frame->tables[SCOPE_VM];
    frame_set_number(vms, 0, VM_CPU_TOTAL, 45);
    frame_set_number(vms, 0, VM_PID, 123);
    frame_set_number(vms, 0, VM_RAM_USED, 1024);
    vms->notes[0] = ROW_RAM_USED_FROM_RSS;
    frame_set_number(vms, 1, VM_STALE, 7);
    assert_string_equal(print(&m),
                        "{\"version\":1," STAMP ",\"host\":{\"cpu_cores\":8},\"domains\":["
                        "{\"name\":\"a\",\"cpu_total\":45.00,\"pid\":123,\"ram_used\":1024,"
                        "\"state\":\"running\",\"stale\":null,\"ram_used_source\":\"rss\"},"
                        "{\"name\":\"b\",\"cpu_total\":null,\"pid\":null,\"ram_used\":null,"
                        "\"state\":\"running\",\"stale\":7}]}\n");
    made_frame_done(&m);
}

/* The source of a figure that is not shown is not told. */
static void test_source_only_with_figure(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name");
    made_frame_vm(&m, "a");
    m.frame->tables[SCOPE_VM].notes[0] = ROW_RAM_USED_FROM_RSS;
    assert_null(strstr(print(&m), "ram_used_source"));
    made_frame_done(&m);
}

/* Tags and lock are told where there are some, and are strings in flat lines. */
static void test_labels(void **state UNUSED)
{
    static const char head[] = "{\"version\":1,\"type\":\"vm\"," STAMP ",\"name\":";
    struct made_frame m;
    struct row_labels *labels;
    struct buf expected = {0};

    made_frame_init(&m);
    made_frame_select(&m, "vm.name");
    made_frame_vm(&m, "a");
    made_frame_vm(&m, "b");
    made_frame_vm(&m, "c");
    labels = m.frame->tables[SCOPE_VM].labels;
    labels[0] = (struct row_labels){.tags = "prod;we\"b;x", .lock = "backup"};
    labels[2] = (struct row_labels){.tags = "one"};
    m.options.scope = SCOPE_VM;
    assert_string_equal(
        print(&m), "{\"version\":1," STAMP ",\"domains\":["
                   "{\"name\":\"a\",\"state\":\"running\",\"stale\":null,"
                   "\"tags\":[\"prod\",\"we\\\"b\",\"x\"],\"lock\":\"backup\"},"
                   "{\"name\":\"b\",\"state\":\"running\",\"stale\":null},"
                   "{\"name\":\"c\",\"state\":\"running\",\"stale\":null,\"tags\":[\"one\"]}]}\n");
    m.options.json = PRINT_JSON_LINES;
    buf_printf(&expected,
               "%s\"a\",\"state\":\"running\",\"stale\":null,\"tags\":\"prod;we\\\"b;x\","
               "\"lock\":\"backup\"}\n"
               "%s\"b\",\"state\":\"running\",\"stale\":null}\n"
               "%s\"c\",\"state\":\"running\",\"stale\":null,\"tags\":\"one\"}\n",
               head, head, head);
    assert_string_equal(print(&m), buf_text(&expected));
    buf_done(&expected);
    made_frame_done(&m);
}

/* Rows of frames that are used again have no labels of before. */
static void test_labels_of_new_rows(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    for (unsigned i = 0; i < 20; i++) {
        made_frame_vm(&m, "a");
        m.frame->tables[SCOPE_VM].labels[i].lock = "backup";
    }
    frame_unref(m.frame);
    m.frame = frame_new(m.pool);
    for (unsigned i = 0; i < 20; i++) {
        made_frame_vm(&m, "a");
        assert_null(m.frame->tables[SCOPE_VM].labels[i].lock);
        assert_null(m.frame->tables[SCOPE_VM].labels[i].tags);
    }
    assert_null(m.frame->tables[SCOPE_VCPU].labels);
    made_frame_done(&m);
}

static void test_state_and_stale_always(void **state UNUSED)
{
    static const char *const fields[] = {"vm.name",       "cpu_total,vm.UUID", "state",
                                         "stale,vm.name", "host.cpu_cores",    "vcpu_id"};

    for (size_t i = 0; i < 2 * ARRAY_SIZE(fields); i++) {
        struct made_frame m;
        const char *text, *state_at, *stale_at;

        made_frame_init(&m);
        made_frame_select(&m, fields[i / 2]);
        m.options.json = i % 2 ? PRINT_JSON_LINES : PRINT_JSON_CYCLE;
        made_frame_vm(&m, "a");
        text = print(&m);
        state_at = strstr(text, "\"state\":\"running\"");
        stale_at = strstr(text, "\"stale\":null");
        assert_non_null(state_at);
        assert_non_null(stale_at);
        assert_null(strstr(state_at + 1, "\"state\":"));
        assert_null(strstr(stale_at + 1, "\"stale\":"));
        made_frame_done(&m);
    }
}

static void test_order_of_selection(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    selection_by_collectors(&m.selection, 0, false);
    made_frame_vm(&m, "a");
    assert_non_null(strstr(print(&m), "{\"UUID\":null,\"name\":\"a\",\"state\":\"running\","
                                      "\"stale\":null}"));
    made_frame_done(&m);
}

/* Every object has each of its keys once, under both ways of naming. */
static void test_keys_are_unique(void **state UNUSED)
{
    for (unsigned names = 0; names < 2; names++) {
        struct made_frame m;
        struct json_object *root, *object;

        made_frame_init(&m);
        m.options.names = (enum print_names)names;
        m.options.devices = true;
        made_frame_vcpu(&m, made_frame_vm(&m, "a"), 0);
        root = json_tokener_parse(print(&m));
        assert_non_null(root);
        assert_int_equal(json_object_object_length(root), 6);
        assert_true(json_object_object_get_ex(root, "host", &object));
        assert_int_equal(json_object_object_length(object),
                         HOST__COUNT + 2); /* block_devices, net_devices */
        assert_true(json_object_object_get_ex(root, "domains", &object));
        object = json_object_array_get_idx(object, 0);
        assert_int_equal(json_object_object_length(object), VM__COUNT + 3); /* vcpus, disks, nics */
        assert_true(json_object_object_get_ex(object, "vcpus", &object));
        object = json_object_array_get_idx(object, 0);
        assert_int_equal(json_object_object_length(object), VCPU__COUNT);
        json_object_put(root);
        made_frame_done(&m);
    }
}

static void test_keys_of_lines_are_unique(void **state UNUSED)
{
    for (unsigned names = 0; names < 2; names++) {
        static const int keys[] = {5 + HOST__COUNT - 1, 5 + VM__COUNT - 1, 5 + 2 + VCPU__COUNT};
        struct made_frame m;
        const char *line;

        made_frame_init(&m);
        m.options = (struct print_options){.selection = &m.selection,
                                           .scope = PRINT_ALL_SCOPES,
                                           .names = (enum print_names)names,
                                           .json = PRINT_JSON_LINES,
                                           .devices = true};
        made_frame_vcpu(&m, made_frame_vm(&m, "a"), 0);
        line = print(&m);
        for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
            struct json_object *object = json_tokener_parse(line);

            assert_non_null(object);
            assert_int_equal(json_object_object_length(object), keys[i]);
            json_object_put(object);
            line = strchr(line, '\n') + 1;
        }
        assert_int_equal(*line, '\0');
        made_frame_done(&m);
    }
}

static void test_lines(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "host.cpu_cores,host_name,vm.name,vcpu_id,vcpu_total");
    m.options.json = PRINT_JSON_LINES;
    frame_set_text(&m.frame->tables[SCOPE_HOST], 0, HOST_HOST_NAME, "node1");
    made_frame_vcpu(&m, made_frame_vm(&m, "a"), 3);
    frame_set_number(&m.frame->tables[SCOPE_VCPU], 0, VCPU_VCPU_TOTAL, 12.346);
    assert_string_equal(print(&m),
                        "{\"version\":1,\"type\":\"host\"," STAMP ",\"cpu_cores\":null}\n"
                        "{\"version\":1,\"type\":\"vm\"," STAMP
                        ",\"name\":\"a\",\"state\":\"running\",\"stale\":null}\n");
    m.options.devices = true;
    assert_non_null(strstr(print(&m), "{\"version\":1,\"type\":\"vcpu\"," STAMP
                                      ",\"UUID\":null,\"name\":\"a\",\"vcpu_id\":3,"
                                      "\"vcpu_total\":12.35}\n"));
    made_frame_done(&m);
}

static void test_scopes(void **state UNUSED)
{
    struct made_frame m;
    const char *text;

    made_frame_init(&m);
    made_frame_vcpu(&m, made_frame_vm(&m, "a"), 0);
    m.options.scope = SCOPE_HOST;
    text = print(&m);
    assert_non_null(strstr(text, "\"host\":{"));
    assert_null(strstr(text, "\"domains\""));
    m.options.scope = SCOPE_VM;
    text = print(&m);
    assert_null(strstr(text, "\"host\":{"));
    assert_non_null(strstr(text, "\"domains\":[{"));
    m.options.json = PRINT_JSON_LINES;
    m.options.scope = SCOPE_VCPU;
    text = print(&m);
    assert_non_null(strstr(text, "\"type\":\"vcpu\""));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    made_frame_done(&m);
}

static void test_devices(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name,vcpu_id");
    made_frame_vm(&m, "a");
    made_frame_vm(&m, "b");
    made_frame_vm(&m, "c");
    made_frame_vcpu(&m, 0, 0);
    made_frame_vcpu(&m, 0, 1);
    made_frame_vcpu(&m, 2, 0);
    assert_null(strstr(print(&m), "vcpus"));
    m.options.devices = true;
    assert_non_null(strstr(print(&m),
                           "[{\"name\":\"a\",\"state\":\"running\",\"stale\":null,\"vcpus\":["
                           "{\"vcpu_id\":0},{\"vcpu_id\":1}]},"
                           "{\"name\":\"b\",\"state\":\"running\",\"stale\":null,\"vcpus\":[]},"
                           "{\"name\":\"c\",\"state\":\"running\",\"stale\":null,\"vcpus\":["
                           "{\"vcpu_id\":0}]}]"));
    made_frame_select(&m, "vm.name");
    assert_null(strstr(print(&m), "vcpus"));
    made_frame_done(&m);
}

static void test_esxtop_names(void **state UNUSED)
{
    struct made_frame m;
    struct frame_table *vms;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name,cpu_total,ram_vsize,vm.net_receivedBytes,vm.pid");
    m.options.names = PRINT_NAMES_ESXTOP;
    made_frame_vm(&m, "a");
    vms = &m.frame->tables[SCOPE_VM];
    frame_set_number(vms, 0, VM_CPU_TOTAL, 45);
    frame_set_number(vms, 0, VM_RAM_VSIZE, 7);
    frame_set_number(vms, 0, VM_NET_RECEIVEDBYTES, 125000);
    assert_non_null(strstr(print(&m), "\"cpu_%used\":45.00,\"mem_VSIZE\":7168,"
                                      "\"net_MbRX/s\":1.00,\"pid\":null"));
    made_frame_done(&m);
}

static void test_empty(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name");
    assert_string_equal(print(&m), "{\"version\":1," STAMP ",\"host\":{},\"domains\":[]}\n");
    m.options.json = PRINT_JSON_LINES;
    assert_string_equal(print(&m), "");
    made_frame_done(&m);
}

static void test_one_line_per_cycle(void **state UNUSED)
{
    struct made_frame m;
    const char *text;
    unsigned lines = 0;

    made_frame_init(&m);
    made_frame_vm(&m, "a\nb");
    for (text = made_frame_print(&m, &printer_json, 3); *text; text++)
        lines += *text == '\n';
    assert_int_equal(lines, 3);
    made_frame_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cycle),
        cmocka_unit_test(test_source_only_with_figure),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_labels_of_new_rows),
        cmocka_unit_test(test_state_and_stale_always),
        cmocka_unit_test(test_order_of_selection),
        cmocka_unit_test(test_keys_are_unique),
        cmocka_unit_test(test_keys_of_lines_are_unique),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_scopes),
        cmocka_unit_test(test_devices),
        cmocka_unit_test(test_esxtop_names),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_one_line_per_cycle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
