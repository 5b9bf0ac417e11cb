/* SPDX-License-Identifier: GPL-2.0-or-later */
/* print/text: headers, dashes, digits, units, and no control byte whatever a name holds. */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "made_frame.h"
#include "support.h"

static const char *print(struct made_frame *m)
{
    return made_frame_print(m, &printer_text, 1);
}

static void test_header_once(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "host.cpu_cores,host.cpu_idle,vm.name,cpu_total");
    made_frame_vm(&m, "a");
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, VM_CPU_TOTAL, 45);
    frame_set_number(&m.frame->tables[SCOPE_HOST], 0, HOST_CPU_CORES, 8);
    assert_string_equal(made_frame_print(&m, &printer_text, 2),
                        "cpu_cores\tcpu_idle\nname\tcpu_total\n"
                        "8\t-\na\t45.00\n"
                        "8\t-\na\t45.00\n");
    made_frame_done(&m);
}

static void test_empty_selections(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name");
    made_frame_vm(&m, "a");
    assert_string_equal(print(&m), "name\na\n");
    made_frame_select(&m, "host.cpu_cores");
    assert_string_equal(print(&m), "cpu_cores\n-\n");
    m.options.scope = SCOPE_VM;
    assert_string_equal(print(&m), "");
    made_frame_done(&m);
}

static void test_scopes_and_stamps(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "host.cpu_cores,vm.pid,vcpu_id");
    made_frame_vcpu(&m, made_frame_vm(&m, "a"), 3);
    m.options.timestamps = true;
    m.options.scope = SCOPE_VM;
    assert_string_equal(print(&m), "timestamp\tpid\n2026-01-31T23:59:59.123Z\t-\n");
    m.options.scope = SCOPE_VCPU;
    m.options.timestamps = false;
    assert_string_equal(print(&m), "UUID\tname\tvcpu_id\n-\ta\t3\n");
    m.options.scope = SCOPE_HOST;
    assert_string_equal(print(&m), "cpu_cores\n-\n");
    made_frame_done(&m);
}

static void test_esxtop_names(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    made_frame_select(&m, "ram_vsize,vm.net_receivedBytes,vm.pid");
    m.options.names = PRINT_NAMES_ESXTOP;
    made_frame_vm(&m, "a");
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, VM_RAM_VSIZE, 7);
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, VM_NET_RECEIVEDBYTES, 1234567);
    assert_string_equal(print(&m), "mem_VSIZE\tnet_MbRX/s\tpid\n7168\t9.88\t-\n");
    m.options.human = true; /* units of the keys are not those of these names */
    assert_string_equal(print(&m), "mem_VSIZE\tnet_MbRX/s\tpid\n7168\t9.88\t-\n");
    made_frame_done(&m);
}

/* One cell of a VM for people. */
static void assert_human(unsigned column, double number, const char *text)
{
    struct made_frame m;
    char expected[64];

    made_frame_init(&m);
    made_frame_select(&m, metric_at(SCOPE_VM, column)->key);
    m.options.human = true;
    m.options.scope = SCOPE_VM;
    made_frame_vm(&m, "a");
    frame_set_number(&m.frame->tables[SCOPE_VM], 0, column, number);
    snprintf(expected, sizeof(expected), "%s\n%s\n", metric_at(SCOPE_VM, column)->key, text);
    assert_string_equal(print(&m), expected);
    made_frame_done(&m);
}

static void test_human(void **state UNUSED)
{
    assert_human(VM_RAM_USED, 0, "0K");
    assert_human(VM_RAM_USED, 999, "999K");
    assert_human(VM_RAM_USED, 1000, "1.0M");
    assert_human(VM_RAM_USED, 1024, "1.0M");
    assert_human(VM_RAM_USED, 2097152, "2.0G");
    assert_human(VM_RAM_USED, 1e18, "888.2E");
    assert_human(VM_NET_RECEIVEDBYTES, 12, "12B");
    assert_human(VM_NET_RECEIVEDBYTES, 123456789, "117.7M");
    assert_human(VM_RAM_MINFLT, 12.34, "12.3");
    assert_human(VM_RAM_MINFLT, 1234, "1.2k");
    assert_human(VM_CPU_TOTAL, 99.999, "100.00");
    assert_human(VM_PID, 4194304, "4194304");
}

/* Three figures before the suffix, also where the unit has no decimals. */
static void test_human_rounding_up(void **state UNUSED)
{
    assert_human(VM_NET_RECEIVEDBYTES, 999.4, "999B");
    assert_human(VM_NET_RECEIVEDBYTES, 999.7, "1.0K");
    assert_human(VM_RAM_SWAPIN, 999.9, "1.0M");
    assert_human(VM_RAM_MINFLT, 999.96, "1.0k");
    assert_human(VM_RAM_MINFLT, 999.94, "999.9");
}

/* Cells and lines stay what they are: no byte that a terminal obeys. */
static void test_hostile_names(void **state UNUSED)
{
    struct made_frame m;
    unsigned lines = 0, tabs = 0;
    const char *text;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name,vm.UUID,host_name,vcpu_id");
    for (size_t i = 0; i < hostile_names_count; i++) {
        size_t row = made_frame_vm(&m, hostile_names[i].name);

        frame_set_text(&m.frame->tables[SCOPE_VM], row, VM_UUID, hostile_names[i].name);
        frame_set_text(&m.frame->tables[SCOPE_VM], row, VM_HOST_NAME, hostile_names[i].name);
        made_frame_vcpu(&m, row, 0);
    }
    for (unsigned scope = 0; scope < 2; scope++) {
        m.options.scope = scope ? SCOPE_VCPU : SCOPE_VM;
        for (text = print(&m); *text;) {
            uint32_t c = 0;
            size_t n = utf8_next(text, &c);

            assert_true(n > 0);
            assert_true(c == '\n' || c == '\t' || !utf8_is_control(c));
            lines += c == '\n';
            tabs += c == '\t';
            text += n;
        }
    }
    assert_int_equal(lines, 2 * (hostile_names_count + 1));
    assert_int_equal(tabs, 2 * lines);
    made_frame_done(&m);
}

static void test_names_are_kept(void **state UNUSED)
{
    struct made_frame m;
    const char *text;

    made_frame_init(&m);
    made_frame_select(&m, "vm.name");
    for (size_t i = 0; i < hostile_names_count; i++)
        made_frame_vm(&m, hostile_names[i].name);
    text = print(&m);
    assert_non_null(strstr(text, "\ngr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\n"));
    assert_non_null(strstr(text, "\ntab?tab\nnew?line??\n?[31mred?[0m?\n????\n"));
    assert_non_null(strstr(text, "\n007\n1e5\n"));
    assert_non_null(strstr(text, "\n</script>&'%s%n{}[],:\n"));
    made_frame_done(&m);
}

static void test_printers_by_name(void **state UNUSED)
{
    assert_ptr_equal(printer_by_name("text"), &printer_text);
    assert_ptr_equal(printer_by_name("json"), &printer_json);
    assert_ptr_equal(printer_by_name("csv"), &printer_csv);
    assert_null(printer_by_name(""));
    assert_null(printer_by_name("jso"));
    assert_null(printer_by_name("JSON"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_once),
        cmocka_unit_test(test_empty_selections),
        cmocka_unit_test(test_scopes_and_stamps),
        cmocka_unit_test(test_esxtop_names),
        cmocka_unit_test(test_human),
        cmocka_unit_test(test_human_rounding_up),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_names_are_kept),
        cmocka_unit_test(test_printers_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
