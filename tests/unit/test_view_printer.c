/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of the screen as text. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "made_frame.h"
#include "support.h"
#include "tui/view_printer.h"

static struct tui_settings settings;

static void start(struct made_frame *m, enum view view)
{
    made_frame_init(m);
    settings_defaults(&settings);
    settings.view = view;
    m->options.screen = &settings;
}

static size_t add_vm(struct made_frame *m, const char *name, double cores, double rss_kb)
{
    size_t row = made_frame_vm(m, name);

    frame_set_number(&m->frame->tables[SCOPE_VM], row, VM_CPU_HOST_USED, cores);
    frame_set_number(&m->frame->tables[SCOPE_VM], row, VM_RAM_RSS, rss_kb);
    return row;
}

static void set_fields(const char *fields)
{
    copy_text(settings.views[settings.view].fields, SETTINGS_FIELDS_SIZE, fields);
}

static void test_table(void **state UNUSED)
{
    struct made_frame m;

    start(&m, VIEW_ALL);
    set_fields("name,cpu_host_used,ram_rss,state");
    add_vm(&m, "a", 0.5, 1024);
    add_vm(&m, "a-name-that-is-long", 12.25, 2.5 * 1024 * 1024);
    assert_string_equal(made_frame_print(&m, &printer_view, 2),
                        "NAME                CORES     RSS S\n"
                        "a-name-that-is-long 12.25    2.5G R\n"
                        "a                    0.50    1.0M R\n"
                        "\n"
                        "NAME                CORES     RSS S\n"
                        "a-name-that-is-long 12.25    2.5G R\n"
                        "a                    0.50    1.0M R\n");
    made_frame_done(&m);
}

static void test_settings(void **state UNUSED)
{
    struct made_frame m;

    start(&m, VIEW_ALL);
    set_fields("ram_rss");
    add_vm(&m, "a", 2, 1024);
    add_vm(&m, "b", 1, 1024);
    add_vm(&m, "c", 3, 1024);
    settings.units = UNITS_RAW;
    copy_text(settings.filter, sizeof(settings.filter), "a|b");
    copy_text(settings.views[VIEW_ALL].sort, SETTINGS_SORT_SIZE, "cpu_host_used:asc");
    assert_string_equal(made_frame_print(&m, &printer_view, 1), "NAME            RSS\n"
                                                                "b              1024\n"
                                                                "a              1024\n");
    made_frame_done(&m);
}

/* The view's own columns, without the curve; others only when they are asked for. */
static void test_columns(void **state UNUSED)
{
    struct made_frame m;
    const char *text;

    start(&m, VIEW_CPU);
    text = made_frame_print(&m, &printer_view, 1);
    assert_non_null(strstr(text, "%OVH"));
    assert_null(strstr(text, "HIST"));
    assert_null(strstr(text, "RSS"));
    set_fields("+ram_rss,-cpu_throttled");
    text = made_frame_print(&m, &printer_view, 1);
    assert_non_null(strstr(text, " RSS\n"));
    assert_null(strstr(text, "%LIM"));
    made_frame_done(&m);
}

static void test_empty(void **state UNUSED)
{
    struct made_frame m;

    for (unsigned view = 0; view < VIEW__COUNT; view++) {
        char *end;

        start(&m, (enum view)view);
        end = xasprintf("\n%s\n", views[view].empty);
        assert_non_null(strstr(made_frame_print(&m, &printer_view, 1), end));
        free(end);
        made_frame_done(&m);
    }
}

static void test_parts(void **state UNUSED)
{
    struct made_frame m;
    size_t vm;

    start(&m, VIEW_DISK);
    set_fields("disk_name");
    vm = add_vm(&m, "a", 1, 1);
    frame_set_text(&m.frame->tables[SCOPE_VMDISK],
                   frame_add_row(&m.frame->tables[SCOPE_VMDISK], (uint32_t)vm), VMDISK_DISK_NAME,
                   "vda");
    assert_non_null(strstr(made_frame_print(&m, &printer_view, 1), "vda\n"));
    made_frame_done(&m);
}

/* Whatever a VM is called: its line is one, without control characters, and aligned. */
static void test_hostile_names(void **state UNUSED)
{
    for (size_t i = 0; i < hostile_names_count; i++) {
        struct made_frame m;
        const char *text;
        size_t lines = 0;

        start(&m, VIEW_ALL);
        add_vm(&m, hostile_names[i].name, 1, 1);
        text = made_frame_print(&m, &printer_view, 1);
        for (const char *p = text; *p; p++) {
            lines += *p == '\n';
            assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
        }
        assert_int_equal(lines, 2);
        made_frame_done(&m);
    }
}

static void test_wide_names(void **state UNUSED)
{
    struct made_frame m;

    start(&m, VIEW_ALL);
    set_fields("cpu_host_used");
    add_vm(&m, "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97", 1, 1);
    add_vm(&m, "e\xcc\x81", 0.5, 1); /* with a combining accent */
    assert_string_equal(
        made_frame_print(&m, &printer_view, 1),
        "NAME         CORES\n"
        "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97  1.00\n"
        "e\xcc\x81             0.50\n");
    made_frame_done(&m);
}

static void test_select(void **state UNUSED)
{
    struct selection selection = {0};

    settings_defaults(&settings);
    settings.view = VIEW_MEM;
    set_fields("ram_rss");
    copy_text(settings.views[VIEW_MEM].sort, SETTINGS_SORT_SIZE, "ram_hugetlb");
    view_printer_select(&settings, &selection);
    assert_true(selection.wanted[SCOPE_VM][VM_RAM_RSS]);
    assert_true(selection.wanted[SCOPE_VM][VM_RAM_HUGETLB]);
    assert_false(selection.wanted[SCOPE_VM][VM_IO_RDOPS]);
    assert_false(selection.wanted[SCOPE_VM][VM_RAM_MINFLT]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_settings),
        cmocka_unit_test(test_columns),    cmocka_unit_test(test_empty),
        cmocka_unit_test(test_parts),      cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_wide_names), cmocka_unit_test(test_select),
    };

    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
