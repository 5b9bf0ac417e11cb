/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field selector and the sort menu. */
#include <string.h>

#include "made_tui.h"
#include "support.h"

/* The line of the screen that the cursor of a menu is on. */
static const char *choose_line(struct made_tui *m)
{
    tui_draw(m->tui, &m->canvas, m->now);
    for (unsigned row = 0; row < m->canvas.rows; row++) {
        unsigned col = m->canvas.cols / 2; /* the frame is in the middle of the screen */

        if (m->canvas.cells[row * m->canvas.cols + col].selected) {
            const char *line = made_tui_line(m, row);

            if (strstr(line, "[x]") || strstr(line, "[ ]") || strstr(line, "(*)") ||
                strstr(line, "( )"))
                return line;
        }
    }
    return "";
}

/* Moves down to the column of that title. */
static void choose_go(struct made_tui *m, const char *title)
{
    const struct column *list[COLUMNS_MAX];
    size_t count = fields_list(m->tui, list);

    made_tui_type(m, "<Home>");
    for (size_t i = 0; i < count; i++) {
        if (strcmp(view_title(m->tui->view, list[i]), title) == 0)
            return;
        made_tui_type(m, "<Down>");
    }
    fail_msg("no column %s", title);
}

static void test_all_that_the_view_offers(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    for (enum view view = 0; view < VIEW__COUNT; view++) {
        const struct column *list[COLUMNS_MAX];
        char key[2] = {views[view].key, '\0'};
        size_t offered = 0;
        enum column_family family = views[view].family;

        made_tui_type(&m, key);
        assert_int_equal(m.tui->view, view);
        made_tui_type(&m, "f");
        size_t count = fields_list(m.tui, list);

        for (size_t i = 0; i < column_count(m.tui->columns, family); i++)
            offered += view_offers(view, column_at(m.tui->columns, family, i));
        assert_int_equal(count, offered);
        for (size_t i = 0; i < count; i++) {
            assert_true(view_offers(view, list[i]));
            for (size_t k = 0; k < i; k++)
                assert_ptr_not_equal(list[i], list[k]);
        }
        /* Each of them can be reached. */
        for (size_t i = 0; i < count; i++) {
            assert_non_null(strstr(choose_line(&m), view_title(view, list[i])));
            made_tui_type(&m, "<Down>");
        }
        made_tui_type(&m, "<Esc>");
    }
    made_tui_done(&m);
}

static void test_toggle(void **state)
{
    const struct column *before[COLUMNS_MAX], *after[COLUMNS_MAX];
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    made_tui_type(&m, "c");
    assert_non_null(strstr(made_tui_text(&m), "%OTHRDY"));
    made_tui_type(&m, "f");
    choose_go(&m, "%OTHRDY");
    assert_non_null(strstr(choose_line(&m), "[x] %OTHRDY"));
    size_t count = fields_list(m.tui, before);

    made_tui_type(&m, " ");
    assert_non_null(strstr(choose_line(&m), "[ ] %OTHRDY"));
    /* The list stays as it is: the cursor is on the same column. */
    assert_int_equal(fields_list(m.tui, after), count);
    assert_memory_equal(before, after, count * sizeof(before[0]));
    made_tui_type(&m, "f");
    assert_null(strstr(made_tui_text(&m), "%OTHRDY"));
    made_tui_type(&m, "f");
    choose_go(&m, "%OTHRDY");
    made_tui_type(&m, "<Enter><Esc>");
    assert_non_null(strstr(made_tui_text(&m), "%OTHRDY"));
    made_tui_done(&m);
}

static void test_off_at_first(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    made_tui_type(&m, "cf");
    choose_go(&m, "TID");
    assert_non_null(strstr(choose_line(&m), "[ ] TID"));
    assert_non_null(strstr(choose_line(&m), " * "));
    choose_go(&m, "CORES");
    assert_non_null(strstr(choose_line(&m), "[x] CORES"));
    assert_null(strstr(choose_line(&m), " * "));
    made_tui_done(&m);
}

/* Dim letters cannot be read on the bar of the cursor. */
static void test_nothing_is_dim_under_the_cursor(void **state)
{
    struct made_tui m;
    size_t seen = 0;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    made_tui_type(&m, "cf");
    choose_go(&m, "TID");
    assert_non_null(strstr(choose_line(&m), "[ ] TID"));
    for (size_t i = 0; i < (size_t)m.canvas.rows * m.canvas.cols; i++) {
        if (!m.canvas.cells[i].selected)
            continue;
        assert_int_not_equal(m.canvas.cells[i].style, STYLE_DIM);
        seen++;
    }
    assert_true(seen > 0);
    made_tui_done(&m);
}

/* The line under the list says all of what the column means. */
static void test_says_what_the_column_means(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    made_tui_size(&m, 24, 80);
    made_tui_type(&m, "cf");
    choose_go(&m, "CORES");
    assert_non_null(strstr(made_tui_text(&m), "host CPUs that the VM uses now, vCPUs plus"));
    assert_non_null(strstr(made_tui_text(&m), "Space, Enter: on or off   f, Esc: close"));
    made_tui_done(&m);
}

static void test_sort_menu(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01 web-01");
    made_tui_type(&m, "o");
    assert_non_null(strstr(made_tui_text(&m), "Sort by, largest first"));
    /* The cursor begins on the present column. */
    assert_non_null(strstr(choose_line(&m), "(*) CORES"));
    choose_go(&m, "%RDY");
    assert_non_null(strstr(choose_line(&m), "( ) %RDY"));
    made_tui_type(&m, "<Enter>");
    assert_int_equal(m.tui->mode, MODE_TABLE);
    assert_string_equal(m.tui->views[VIEW_ALL].sort->title, "%RDY");
    made_tui_type(&m, "o");
    assert_non_null(strstr(choose_line(&m), "(*) %RDY"));
    choose_go(&m, "NAME");
    made_tui_type(&m, "<Enter>o");
    assert_non_null(strstr(made_tui_text(&m), "Sort by, smallest first"));
    made_tui_done(&m);
}

/* A curve has no order. */
static void test_nobody_sorts_by_history(void **state)
{
    const struct column *list[COLUMNS_MAX];
    struct made_tui m;
    bool fields = false;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    made_tui_type(&m, "cf");
    for (size_t i = fields_list(m.tui, list); i > 0; i--)
        fields |= list[i - 1]->kind == COLUMN_HISTORY;
    assert_true(fields);
    made_tui_type(&m, "<Esc>o");
    for (size_t i = fields_list(m.tui, list); i > 0; i--)
        assert_int_not_equal(list[i - 1]->kind, COLUMN_HISTORY);
    made_tui_done(&m);
}

static void test_data_stay_live_behind_it(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    made_tui_size(&m, 24, 80);
    made_tui_type(&m, "f");
    assert_non_null(strstr(made_tui_text(&m), "VMs: 1 "));
    made_tui_cycle(&m, "db-01 web-01");
    assert_non_null(strstr(made_tui_text(&m), "VMs: 2 "));
    assert_non_null(strstr(made_tui_text(&m), "[x] NAME"));
    made_tui_done(&m);
}

/* The cursor is in sight on every screen that has a line for it. */
static void test_small_screens(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    for (unsigned rows = 1; rows <= 14; rows++) {
        for (unsigned cols = 1; cols <= 100; cols += 3) {
            made_tui_size(&m, rows, cols);
            made_tui_type(&m, "f<End>");
            made_tui_text(&m);
            if (rows >= 5 && cols >= 20)
                assert_non_null(strstr(choose_line(&m), "[ ]"));
            made_tui_type(&m, "<Home>");
            if (rows >= 5 && cols >= 20)
                assert_non_null(strstr(choose_line(&m), "[x] NAME"));
            made_tui_type(&m, "<Esc>o");
            made_tui_text(&m);
            made_tui_type(&m, "<Esc>");
        }
    }
    made_tui_done(&m);
}

static void test_ascii(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    m.canvas.utf8 = false;
    made_tui_cycle(&m, "db-01");
    made_tui_type(&m, "f");
    assert_non_null(strstr(made_tui_text(&m), "+- Fields"));
    for (const char *p = made_tui_text(&m); *p; p++)
        assert_true(*p == '\n' || (*p >= ' ' && *p < 0x7f));
    made_tui_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_the_view_offers),
        cmocka_unit_test(test_toggle),
        cmocka_unit_test(test_off_at_first),
        cmocka_unit_test(test_nothing_is_dim_under_the_cursor),
        cmocka_unit_test(test_says_what_the_column_means),
        cmocka_unit_test(test_sort_menu),
        cmocka_unit_test(test_nobody_sorts_by_history),
        cmocka_unit_test(test_data_stay_live_behind_it),
        cmocka_unit_test(test_small_screens),
        cmocka_unit_test(test_ascii),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
