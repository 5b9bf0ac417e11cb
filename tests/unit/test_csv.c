/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print/csv: read back by another reader; tables, headers, quotes and gaps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "csv_reader.h"
#include "made_frame.h"
#include "print/column.h"
#include "support.h"

#define STAMP "2026-01-31T23:59:59.123Z"

static const char *print(struct made_frame *m)
{
    return made_frame_print(m, &printer_csv, 1);
}

static void test_header_once(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name,pid,vm.cpu_total");
    made_frame_vm(&m, "a");
    made_frame_vm(&m, "b");
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, VM_CPU_TOTAL, 45);
    frame_set_number(&m.frame->tables[SCOPE_VM], 1, VM_PID, 7);
    assert_string_equal(made_frame_print(&m, &printer_csv, 2),
                        "timestamp,host_name,name,pid,cpu_total\r\n" STAMP
                        ",node1,a,,45.00\r\n" STAMP ",node1,b,7,\r\n" STAMP
                        ",node1,a,,45.00\r\n" STAMP ",node1,b,7,\r\n");
    made_frame_done(&m);
}

static void test_no_vms(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name,host.cpu_cores");
    m.options.by_fields = true;
    assert_string_equal(made_frame_print(&m, &printer_csv, 3),
                        "timestamp,host_name,host.cpu_cores,name\r\n");
    made_frame_done(&m);
}

/* The host's columns come only if they were asked for by name, and not beside
 * a table that was asked for alone. */
static void test_host_columns(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name,host.cpu_idle,vm.pid,host.cpu_cores");
    made_frame_vm(&m, "a");
    frame_set_number(&m.frame->tables[SCOPE_HOST], 0, HOST_CPU_CORES, 8);
    assert_string_equal(print(&m), "timestamp,host_name,name,pid\r\n" STAMP ",node1,a,\r\n");
    m.options.by_fields = true;
    assert_string_equal(print(&m),
                        "timestamp,host_name,host.cpu_idle,host.cpu_cores,name,pid\r\n" STAMP
                        ",node1,,8,a,\r\n");
    m.options.scope = SCOPE_VM;
    assert_string_equal(print(&m), "timestamp,host_name,name,pid\r\n" STAMP ",node1,a,\r\n");
    m.options.scope = SCOPE_HOST;
    assert_string_equal(print(&m),
                        "timestamp,host_name,cpu_idle,cpu_cores\r\n" STAMP ",node1,,8\r\n");
    made_frame_done(&m);
}

static void test_host_alone(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "host.cpu_cores");
    m.options.by_fields = true;
    frame_set_number(&m.frame->tables[SCOPE_HOST], 0, HOST_CPU_CORES, 8);
    for (unsigned vms = 0; vms < 3; vms++) {
        assert_string_equal(made_frame_print(&m, &printer_csv, 2),
                            "timestamp,host_name,host.cpu_cores\r\n" STAMP ",node1,8\r\n" STAMP
                            ",node1,8\r\n");
        made_frame_vm(&m, "a");
    }
    m.options.by_fields = false;
    assert_string_equal(print(&m), "");
    made_frame_done(&m);
}

/* Its name stands in every line once, whoever has it as a column. */
static void test_host_name(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "host_name,vm.name");
    m.options.by_fields = true;
    made_frame_vm(&m, "a");
    assert_string_equal(print(&m), "timestamp,host_name,name\r\n" STAMP ",node1,a\r\n");
    m.options.scope = SCOPE_HOST;
    assert_string_equal(print(&m), "timestamp,host_name\r\n" STAMP ",node1\r\n");
    m.options.scope = PRINT_ALL_SCOPES;
    made_frame_select(&m, "vm.host_name");
    assert_string_equal(print(&m), "timestamp,host_name\r\n" STAMP ",node1\r\n");
    made_frame_select(&m, "host.host_name");
    assert_string_equal(print(&m), "timestamp,host_name\r\n" STAMP ",node1\r\n");
    copy_text(m.frame->host_name, sizeof(m.frame->host_name), "no\"de,\n1");
    assert_string_equal(print(&m), "timestamp,host_name\r\n" STAMP ",\"no\"\"de,?1\"\r\n");
    made_frame_done(&m);
}

static void test_esxtop_names(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vm.ram_vsize,vm.net_receivedBytes,vm.pid,host.ram_Total");
    m.options.names = PRINT_NAMES_ESXTOP;
    m.options.by_fields = true;
    m.options.human = true; /* is for text */
    made_frame_vm(&m, "a");
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, VM_RAM_VSIZE, 7);
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, VM_NET_RECEIVEDBYTES, 1234567);
    assert_string_equal(print(&m),
                        "timestamp,host_name,host.mem_Total,mem_VSIZE,net_MbRX/s,pid\r\n" STAMP
                        ",node1,,7168,9.88,\r\n");
    m.options.scope = SCOPE_VM;
    assert_string_equal(print(&m), "timestamp,host_name,mem_VSIZE,net_MbRX/s,pid\r\n" STAMP
                                   ",node1,7168,9.88,\r\n");
    made_frame_done(&m);
}

/* Every table with every metric: as many fields in a row as in the header, in
 * the table's order, and what is in the cells. */
static void assert_scope(struct made_frame *m, enum scope scope, const char *const *before,
                         unsigned skipped)
{
    const char *at;
    char field[64];

    m->options.scope = scope;
    at = print(m);
    for (unsigned line = 0; line < 2; line++) {
        unsigned columns = scope_columns(scope);

        for (unsigned i = 0; before[i]; i++) {
            const char *shown[] = {STAMP, "node1", "", "a"};

            assert_int_equal(csv_read_field(&at, field, sizeof(field)), CSV_FIELD);
            assert_string_equal(field, line ? shown[i] : before[i]);
        }
        for (unsigned column = 0; column < columns; column++) {
            const struct metric *metric = metric_at(scope, column);
            bool last = column + 1 == columns - (skipped == columns - 1);

            if (column == skipped)
                continue;
            assert_int_equal(csv_read_field(&at, field, sizeof(field)),
                             last ? CSV_RECORD : CSV_FIELD);
            if (!line)
                assert_string_equal(field, metric->key);
            else if (metric->type == METRIC_TYPE_STR)
                assert_string_equal(field, scope == SCOPE_VM && column == VM_NAME ? "a" : "t ,");
            else
                assert_int_equal(strtol(field, NULL, 10), column);
        }
    }
    assert_string_equal(at, "");
}

static void test_every_scope(void **state UNUSED)
{
    static const char *const plain[] = {"timestamp", "host_name", NULL};
    static const char *const part[] = {"timestamp", "host_name", "UUID", "name", NULL};
    struct made_frame m;

    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        enum scope scope = (enum scope)s;
        struct frame_table *table;

        made_frame_init(&m);
        table = &m.frame->tables[scope];
        made_frame_vm(&m, "a");
        if (!table->rows)
            frame_add_row(table, 0);
        for (unsigned column = 0; column < scope_columns(scope); column++) {
            if (scope == SCOPE_VM && column == VM_NAME)
                continue;
            if (metric_at(scope, column)->type == METRIC_TYPE_STR)
                frame_set_text(table, 0, column, "t ,");
            else
                frame_set_number(table, 0, column, column);
        }
        assert_scope(&m, scope, scope_is_part_of_vm(scope) ? part : plain,
                     scope == SCOPE_HOST ? (unsigned)HOST_HOST_NAME
                     : scope == SCOPE_VM ? (unsigned)VM_HOST_NAME
                                         : UINT32_MAX);
        made_frame_done(&m);
    }
}

/* Parts stand beside their own VM. */
static void test_owners(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vcpu_id,host.cpu_cores");
    m.options.by_fields = true;
    m.options.scope = SCOPE_VCPU;
    for (unsigned i = 0; i < 2; i++) {
        size_t row = made_frame_vm(&m, i ? "b" : "a,");

        frame_set_text(&m.frame->tables[SCOPE_VM], row, VM_UUID, i ? "u1" : "u0");
        made_frame_vcpu(&m, row, 0);
        made_frame_vcpu(&m, row, 1);
    }
    assert_string_equal(print(&m), "timestamp,host_name,UUID,name,vcpu_id\r\n" STAMP
                                   ",node1,u0,\"a,\",0\r\n" STAMP ",node1,u0,\"a,\",1\r\n" STAMP
                                   ",node1,u1,b,0\r\n" STAMP ",node1,u1,b,1\r\n");
    made_frame_done(&m);
}

/* One VM's name as a field, as it is written. */
static void assert_written(const char *name, const char *field)
{
    struct made_frame m;
    char *expected = xasprintf("timestamp,host_name,name\r\n" STAMP ",node1,%s\r\n", field);

    made_frame_init(&m);
    made_frame_select(&m, "vm.name");
    made_frame_vm(&m, name);
    assert_string_equal(print(&m), expected);
    free(expected);
    made_frame_done(&m);
}

static void test_quotes(void **state UNUSED)
{
    assert_written("", "");
    assert_written("plain", "plain");
    assert_written("in the middle", "in the middle");
    assert_written(" before", "\" before\"");
    assert_written("behind ", "\"behind \"");
    assert_written(" ", "\" \"");
    assert_written(",", "\",\"");
    assert_written("\"", "\"\"\"\"");
    assert_written("\"\"", "\"\"\"\"\"\"");
    assert_written("a\"b,c\"", "\"a\"\"b,c\"\"\"");
    assert_written("=1+1", "=1+1");
    assert_written("@x;y'z", "@x;y'z");
    assert_written("a\r\nb\tc", "a??b?c");
    assert_written("\xff\xfe", "??");
}

/* What a reader gets is the name as a terminal would show it. */
static void test_hostile_names(void **state UNUSED)
{
    char field[512];
    struct made_frame m;
    const char *at;

    made_frame_init(&m);
    made_frame_select(&m, "vm.UUID,name,vm.pid");
    for (size_t i = 0; i < hostile_names_count; i++) {
        size_t row = made_frame_vm(&m, hostile_names[i].name);

        frame_set_text(&m.frame->tables[SCOPE_VM], row, VM_UUID, hostile_names[i].name);
    }
    at = strchr(print(&m), '\n') + 1;
    for (size_t i = 0; i < hostile_names_count; i++) {
        struct buf shown = {0};

        print_clean(&shown, hostile_names[i].name);
        assert_int_equal(csv_read_field(&at, field, sizeof(field)), CSV_FIELD);
        assert_int_equal(csv_read_field(&at, field, sizeof(field)), CSV_FIELD);
        for (unsigned j = 0; j < 2; j++) {
            assert_int_equal(csv_read_field(&at, field, sizeof(field)), CSV_FIELD);
            assert_string_equal(field, buf_text(&shown));
        }
        assert_int_equal(csv_read_field(&at, field, sizeof(field)), CSV_RECORD);
        assert_string_equal(field, "");
        buf_done(&shown);
    }
    assert_string_equal(at, "");
    for (at = buf_text(&m.out); *at;) {
        uint32_t c = 0;
        size_t n = utf8_next(at, &c);

        assert_true(n > 0);
        assert_true(c == '\r' || c == '\n' || !utf8_is_control(c));
        at += n;
    }
    made_frame_done(&m);
}

/* Headers are written as they are. */
static void test_names_need_no_quotes(void **state UNUSED)
{
    for (size_t i = 0; i < metrics_count; i++) {
        assert_null(strpbrk(metrics[i].key, ",\" \t\r\n"));
        assert_null(strpbrk(metrics[i].alias, ",\"\t\r\n"));
        assert_true(metrics[i].alias[0] != ' ');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_once),
        cmocka_unit_test(test_no_vms),
        cmocka_unit_test(test_host_columns),
        cmocka_unit_test(test_host_alone),
        cmocka_unit_test(test_host_name),
        cmocka_unit_test(test_esxtop_names),
        cmocka_unit_test(test_every_scope),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_names_need_no_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
