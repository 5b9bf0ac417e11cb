/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bar on top and the footer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "made_tui.h"
#include "support.h"

/* 14 VMs, of which two do not answer; taken at 14:03:22. */
static void status_begin(struct made_tui *m)
{
    char name[16];

    setenv("TZ", "UTC", 1);
    tzset();
    made_tui_init(m);
    m->now.ns = (14 * 3600 + 3 * 60 + 20) * (int64_t)NS_PER_S;
    made_tui_frame(m);
    for (int i = 1; i <= 14; i++) {
        snprintf(name, sizeof(name), i > 12 ? "web-%02d" : "app-%02d", i);
        made_tui_vm(m, name);
    }
    made_tui_set(m, SCOPE_VM, 0, VM_STALE, 12);
    made_tui_set(m, SCOPE_VM, 3, VM_STALE, 40);
}

static void status_expect(struct made_tui *m, const char *text)
{
    assert_string_equal(made_tui_line(m, 0), text);
}

static const char *status_footer(struct made_tui *m)
{
    return made_tui_line(m, m->tui->rows - 1);
}

static enum style status_style(struct made_tui *m, unsigned row, const char *text)
{
    const char *line = made_tui_line(m, row), *found = strstr(line, text);

    assert_non_null(found);
    return (enum style)m->canvas.cells[(size_t)row * m->canvas.cols + (size_t)(found - line)].style;
}

static void test_the_bar(void **state)
{
    struct made_tui m;

    (void)state;
    status_begin(&m);
    made_tui_take(&m);
    status_expect(&m,
                  " proxtop | pve1 | Refresh: 2.0s | View: ALL | VMs: 14 (2 stale) | [H] | Press "
                  "? help                            14:03:22");
    made_tui_type(&m, "u");
    assert_non_null(strstr(made_tui_line(&m, 0), m.tui->units == UNITS_BYTES ? "[B]" : "[R]"));
    made_tui_type(&m, "u");
    assert_non_null(strstr(made_tui_line(&m, 0), m.tui->units == UNITS_BYTES ? "[B]" : "[R]"));
    made_tui_type(&m, "uc");
    assert_non_null(strstr(made_tui_line(&m, 0), "| View: CPU |"));
    assert_non_null(strstr(made_tui_line(&m, 0), "| [H] |"));
    assert_null(strstr(made_tui_line(&m, 0), "PAUSED"));
    made_tui_type(&m, "z");
    assert_non_null(strstr(made_tui_line(&m, 0), "| PAUSED |"));
    made_tui_type(&m, "/web<Enter>");
    assert_non_null(strstr(made_tui_line(&m, 0), "| filter: web |"));
    made_tui_done(&m);
}

static void test_before_the_first_frame(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    status_expect(&m,
                  " proxtop | Refresh: 2.0s | View: ALL | waiting for the first figures | [H] | "
                  "Press ? help");
    made_tui_done(&m);
}

static void test_a_narrow_bar_leaves_parts_out(void **state)
{
    struct made_tui m;

    (void)state;
    status_begin(&m);
    made_tui_take(&m);
    made_tui_size(&m, 24, 93);
    status_expect(&m,
                  " proxtop | pve1 | Refresh: 2.0s | View: ALL | VMs: 14 (2 stale) | [H] | Press "
                  "? help 14:03:22");
    made_tui_size(&m, 24, 92);
    status_expect(&m,
                  " proxtop | pve1 | Refresh: 2.0s | View: ALL | VMs: 14 (2 stale) | Press ? help"
                  "      14:03:22");
    made_tui_size(&m, 24, 80);
    status_expect(&m, " proxtop | Refresh: 2.0s | View: ALL | VMs: 14 (2 stale) | Press ? help "
                      "14:03:22");
    made_tui_size(&m, 24, 40);
    status_expect(&m, " proxtop | View: ALL | VMs: 14  14:03:22");
    made_tui_size(&m, 24, 20);
    status_expect(&m, " View: ALL  14:03:22");
    made_tui_size(&m, 24, 8);
    status_expect(&m, "14:03:22");
    made_tui_size(&m, 24, 7);
    assert_null(strstr(made_tui_line(&m, 0), "14"));
    made_tui_done(&m);
}

static void test_a_hostile_host_name_stays_in_its_part(void **state)
{
    struct made_tui m;

    (void)state;
    status_begin(&m);
    memset(m.frame->host_name, 'x', sizeof(m.frame->host_name) - 1);
    memcpy(m.frame->host_name, "a\033[2J\n", 6);
    made_tui_take(&m);
    status_expect(&m,
                  " proxtop | a?[2J?xxxxxxxxxxxxxxxxxxxxxxxxx\xe2\x80\xa6 | Refresh: 2.0s | View: "
                  "ALL | VMs: 14 (2 stale) | Press ? help      14:03:22");
    made_tui_done(&m);
}

static void test_the_footer(void **state)
{
    struct made_tui m;
    struct vm_info *info;

    (void)state;
    status_begin(&m);
    m.frame->inventory = inventory_new("made");
    info = inventory_append(m.frame->inventory);
    info->key = xstrdup("app-01");
    info->name = xstrdup("app-01");
    copy_text(info->stale_reason, sizeof(info->stale_reason), "QMP busy");
    inventory_finish(m.frame->inventory);
    made_tui_take(&m);
    assert_string_equal(
        status_footer(&m),
        " 1-14 of 14 | app-01: QMP busy for 12 s                     / filter  Enter "
        "details  f fields  a c m d n i views  q quit");
    assert_int_equal(status_style(&m, 29, "app-01"), STYLE_WARN);
    assert_int_equal(status_style(&m, 29, "Enter"), STYLE_KEY);
    assert_int_equal(status_style(&m, 29, "details"), STYLE_FOOTER);
    made_tui_size(&m, 12, 60);
    assert_string_equal(status_footer(&m),
                        " 1-9 of 14 | app-01: QMP busy for 12 s                q quit");
    made_tui_done(&m);
}

static void test_the_footer_tells_positions(void **state)
{
    struct made_tui m;

    (void)state;
    status_begin(&m);
    made_tui_set(&m, SCOPE_VM, 0, VM_STALE, 0);
    made_tui_set(&m, SCOPE_VM, 3, VM_STALE, 0);
    made_tui_take(&m);
    made_tui_size(&m, 12, 120);
    made_tui_type(&m, "<End>");
    assert_memory_equal(status_footer(&m), " 6-14 of 14  ", 13);
    made_tui_type(&m, "<Home>/web<Enter>");
    assert_memory_equal(status_footer(&m), " 1-2 of 2 (12 hidden by the filter)  ", 37);
    made_tui_type(&m, "/x<Enter>");
    assert_memory_equal(status_footer(&m), " 0 of 0 (14 hidden by the filter)  ", 35);
    made_tui_done(&m);
}

static void test_messages_go_before_the_rest(void **state)
{
    char text[400];
    struct made_tui m;

    (void)state;
    status_begin(&m);
    made_tui_take(&m);
    tui_take_message(m.tui, LOG_ERROR, "the disk is full", m.now);
    assert_memory_equal(status_footer(&m), " 1-14 of 14 | the disk is full  ", 32);
    assert_int_equal(status_style(&m, 29, "the disk"), STYLE_CRIT);
    made_tui_pass(&m, TUI_MESSAGE_LEAST);
    tui_take_message(m.tui, LOG_WARNING, "it is not", m.now);
    assert_int_equal(status_style(&m, 29, "it is not"), STYLE_WARN);
    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    made_tui_pass(&m, TUI_MESSAGE_SECONDS);
    tui_take_message(m.tui, LOG_NOTICE, text, m.now);
    assert_int_equal(canvas_text_width(&m.canvas, status_footer(&m)), 120);
    assert_memory_equal(status_footer(&m), " yyyyy", 6);
    assert_int_equal(status_style(&m, 29, "yy"), STYLE_MESSAGE);
    made_tui_pass(&m, TUI_MESSAGE_SECONDS + 1);
    assert_memory_equal(status_footer(&m), " 1-14 of 14 | app-01: no answer for 12 s  ", 42);
    made_tui_done(&m);
}

static void test_what_is_typed_and_where(void **state)
{
    struct made_tui m;
    unsigned row, col;

    (void)state;
    status_begin(&m);
    made_tui_take(&m);
    assert_false(tui_cursor(m.tui, &row, &col));
    made_tui_type(&m, "/web");
    assert_memory_equal(status_footer(&m), " filter: web_ ", 14);
    assert_non_null(strstr(status_footer(&m), "Enter keep  Esc clear"));
    assert_int_equal(status_style(&m, 29, "web"), STYLE_INPUT);
    assert_true(tui_cursor(m.tui, &row, &col));
    assert_int_equal(row, 29);
    assert_int_equal(col, 12);
    /* What does not fit is seen from its end; wide characters stay whole. */
    made_tui_size(&m, 24, 20);
    made_tui_type(&m, "-0123456789\xe6\x97\xa5\xe6\x9c\xac");
    assert_string_equal(status_footer(&m), " filter: 456789\xe6\x97\xa5\xe6\x9c\xac_");
    assert_true(tui_cursor(m.tui, &row, &col));
    assert_in_range(col, 0, 19);
    made_tui_done(&m);
}

/* MB/s stands far to the right in DISK. */
static void test_the_order_is_told_where_no_title_tells_it(void **state)
{
    struct made_tui m;

    (void)state;
    status_begin(&m);
    made_tui_take(&m);
    assert_null(strstr(made_tui_line(&m, 0), "sort:"));
    made_tui_type(&m, "d");
    assert_non_null(strstr(made_tui_line(&m, 0), " | sort: MB/sv | [H] |"));
    made_tui_type(&m, "r");
    assert_non_null(strstr(made_tui_line(&m, 0), " | sort: MB/s^ | [H] |"));
    made_tui_size(&m, 30, 300);
    assert_null(strstr(made_tui_line(&m, 0), "sort:"));
    made_tui_done(&m);
}

static void test_each_mode_has_hints(void **state)
{
    struct made_tui m;

    (void)state;
    status_begin(&m);
    made_tui_take(&m);
    made_tui_text(&m);
    for (int mode = 0; mode < MODE__COUNT; mode++) {
        m.tui->mode = (enum mode)mode;
        canvas_resize(&m.canvas, 30, 120);
        draw_footer(m.tui, &m.canvas, m.now);
        assert_int_equal(m.canvas.cells[30 * 120 - 1].style, STYLE_FOOTER);
        assert_int_not_equal(m.canvas.cells[30 * 120 - 1].text[0], ' ');
    }
    m.tui->mode = MODE_TABLE;
    made_tui_done(&m);
}

static void test_every_size(void **state)
{
    struct made_tui m;

    (void)state;
    status_begin(&m);
    made_tui_take(&m);
    for (unsigned cols = 1; cols < 200; cols++) {
        made_tui_size(&m, 1 + cols % 40, cols);
        made_tui_text(&m);
        assert_true(canvas_text_width(&m.canvas, made_tui_line(&m, 0)) <= cols);
        assert_true(canvas_text_width(&m.canvas, status_footer(&m)) <= cols);
        if (cols >= 8)
            assert_non_null(strstr(made_tui_line(&m, 0), "14:03:22"));
    }
    made_tui_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_bar),
        cmocka_unit_test(test_before_the_first_frame),
        cmocka_unit_test(test_a_narrow_bar_leaves_parts_out),
        cmocka_unit_test(test_a_hostile_host_name_stays_in_its_part),
        cmocka_unit_test(test_the_footer),
        cmocka_unit_test(test_the_footer_tells_positions),
        cmocka_unit_test(test_messages_go_before_the_rest),
        cmocka_unit_test(test_what_is_typed_and_where),
        cmocka_unit_test(test_the_order_is_told_where_no_title_tells_it),
        cmocka_unit_test(test_each_mode_has_hints),
        cmocka_unit_test(test_every_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
