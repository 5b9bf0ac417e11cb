/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The selected row, what is scrolled away, and what is folded, while all else changes. */
#include <stdio.h>
#include <string.h>

#include "made_screen.h"

static void assert_selected(const char *name)
{
    const struct view_state *view = tui_view(made.tui);
    unsigned rows;

    assert_string_equal(made_tui_selected(&made), name);
    rows = made.tui->layout.table.rows;
    assert_true(view->selected_index >= view->top);
    assert_true(!rows || view->selected_index < view->top + rows);
}

static void the_first_row_is_selected_until_somebody_chooses(void **state)
{
    (void)state;
    assert_selected("");
    made_tui_cycle(&made, "a=1 b=2 c=3");
    assert_selected("c");
    made_tui_cycle(&made, "a=1 b=5 c=3");
    assert_selected("b");
}

static void the_cursor_follows_its_vm(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a=1 b=2 c=3");
    type("<Down>");
    assert_selected("b");
    made_tui_cycle(&made, "a=1 b=9 c=3");
    assert_selected("b");
    assert_int_equal(tui_selected_index(made.tui), 0);
    made_tui_cycle(&made, "a=1 b=0.5 c=3");
    assert_selected("b");
    assert_int_equal(tui_selected_index(made.tui), 2);
    type("r");
    assert_selected("b");
    assert_int_equal(tui_selected_index(made.tui), 0);
    type("<lt><lt><lt><lt><lt>");
    assert_selected("b");
    assert_int_equal(tui_selected_index(made.tui), 1);
    made_tui_cycle(&made, "a=1 b=0.5 c=3 aa=1");
    assert_selected("b");
    assert_int_equal(tui_selected_index(made.tui), 2);
}

static void who_leaves_hands_over_to_the_row_at_its_place(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a=1 b=2 c=3 d=0.5");
    type("<Down>");
    made_tui_cycle(&made, "a=1 c=3 d=0.5");
    /* It is shown as ended, and stays selected. */
    assert_selected("b");
    made_tui_cycle(&made, "a=1 c=3 d=0.5");
    made_tui_cycle(&made, "a=1 c=3 d=0.5");
    assert_selected("a");
    made_tui_cycle(&made, "a=9 c=3 d=0.5");
    assert_selected("a");
    type("<End>");
    assert_selected("d");
    for (unsigned i = 0; i < 3; i++)
        made_tui_cycle(&made, "a=9 c=3");
    assert_selected("c");
    for (unsigned i = 0; i < 3; i++)
        made_tui_cycle(&made, "");
    assert_selected("");
    made_tui_cycle(&made, "x=1 y=2");
    assert_selected("y");
}

static void a_row_below_hands_over_to_its_vm(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a=2 b=1");
    type("E<Down><Down><Down><Down><Down><Down><Down><Down>");
    assert_selected("scsi0");
    made_tui_cycle(&made, "a=2 b=3");
    assert_selected("scsi0");
    assert_int_equal(tui_selected_index(made.tui), 3);
    type("E");
    assert_selected("b");
}

static void a_filter_keeps_or_hands_over(void **state)
{
    (void)state;
    made_tui_cycle(&made, "db-01=4 web-01=3 web-02=2 app-01=1");
    type("<Down><Down>/web");
    assert_selected("web-02");
    assert_int_equal(tui_selected_index(made.tui), 1);
    type("-01");
    assert_selected("web-01");
    type("<Esc>");
    assert_selected("web-01");
    assert_int_equal(tui_selected_index(made.tui), 1);
}

static void many(size_t count)
{
    made_tui_frame(&made);
    made_tui_vms(&made, "vm", count, 2, 1, 1);
    made_tui_take(&made);
}

static void the_selected_row_is_in_sight(void **state)
{
    const struct view_state *view;
    unsigned rows;
    char name[32];

    (void)state;
    many(100);
    tui_refresh(made.tui);
    view = tui_view(made.tui);
    rows = made.tui->layout.table.rows;
    type("<Down><Up><Up>");
    assert_selected("vm-0001");
    assert_int_equal(view->top, 0);
    type("<PgDn>");
    assert_int_equal(tui_selected_index(made.tui), rows - 1);
    assert_int_equal(view->top, 0);
    type("<Down>");
    assert_int_equal(view->top, 1);
    type("<End>");
    assert_selected("vm-0100");
    assert_int_equal(view->top, 100 - rows);
    type("<PgUp>");
    assert_int_equal(tui_selected_index(made.tui), 100 - rows);
    assert_int_equal(view->top, 100 - rows);
    type("k");
    snprintf(name, sizeof(name), "vm-%04u", 100 - rows);
    assert_selected(name);
    assert_int_equal(view->top, 100 - rows - 1);
    /* There are fewer rows: no empty ones are shown below. */
    many(40);
    for (unsigned i = 0; i < 3; i++)
        many(40);
    assert_int_equal(made_tui_rows(&made), 40);
    assert_true(view->top + rows <= 40);
    many(3);
    for (unsigned i = 0; i < 3; i++)
        many(3);
    assert_int_equal(made_tui_rows(&made), 3);
    assert_int_equal(view->top, 0);
    assert_selected("vm-0003");
}

static void resizing_keeps_the_selected_row_in_sight(void **state)
{
    (void)state;
    many(100);
    type("<End>");
    for (unsigned rows = 1; rows < 120; rows += 3) {
        made_tui_size(&made, rows, 80);
        assert_selected("vm-0100");
        assert_true(tui_view(made.tui)->top + made.tui->layout.table.rows <= 100 ||
                    tui_view(made.tui)->top == 0);
        made_tui_text(&made);
    }
    type("<Home>");
    for (unsigned rows = 120; rows > 0; rows--) {
        made_tui_size(&made, rows, 1 + rows / 3);
        assert_selected("vm-0001");
        made_tui_text(&made);
    }
}

/* Whether the last column of the view has room. */
static bool last_is_shown(void)
{
    tui_refresh(made.tui);
    return made.tui->shown[made.tui->shown_count - 1].width > 0;
}

static void columns_scroll_to_the_last_one(void **state)
{
    unsigned furthest;

    (void)state;
    made_tui_cycle(&made, "a b");
    made_tui_size(&made, 24, 80);
    type("<Left>");
    assert_int_equal(tui_view(made.tui)->scroll, 0);
    assert_false(last_is_shown());
    for (unsigned i = 0; i < 200 && !last_is_shown(); i++)
        type("<Right>");
    assert_true(last_is_shown());
    assert_true(made.tui->shown[0].width > 0);
    furthest = tui_view(made.tui)->scroll;
    assert_true(furthest > 1);
    type("<Right><Right>");
    assert_int_equal(tui_view(made.tui)->scroll, furthest);
    /* With more room less is scrolled away, */
    made_tui_size(&made, 24, 110);
    assert_true(last_is_shown());
    assert_true(tui_view(made.tui)->scroll < furthest);
    made_tui_size(&made, 24, 1000);
    assert_true(last_is_shown());
    assert_int_equal(tui_view(made.tui)->scroll, 0);
    /* and with hardly any room a column is shown all the same. */
    made_tui_size(&made, 24, 20);
    for (unsigned i = 0; i < 200; i++)
        type("<Right>");
    assert_true(tui_view(made.tui)->scroll + 2 <= made.tui->shown_count);
    for (unsigned i = 0; i < 200; i++)
        type("<Left>");
    assert_int_equal(tui_view(made.tui)->scroll, 0);
}

/* Rows of a view of `count` VMs with a disk and a NIC each. */
static size_t rows_of(const char *key, size_t count)
{
    made_tui_restart(&made);
    many(count);
    type(key);
    return made_tui_rows(&made);
}

static void long_lists_of_disks_and_nics_start_folded(void **state)
{
    unsigned rows;

    (void)state;
    rows_of("d", 1);
    rows = made.tui->layout.table.rows;
    assert_int_equal(rows_of("d", rows * 3 / 2), rows * 3 / 2 * 2);
    assert_int_equal(rows_of("d", rows * 3 / 2 + 1), rows * 3 / 2 + 1);
    assert_int_equal(rows_of("n", rows * 3 / 2 + 1), rows * 3 / 2 + 1);
    /* One is unfolded by its key, and all. */
    type("e");
    assert_int_equal(made_tui_rows(&made), rows * 3 / 2 + 2);
    type("E");
    assert_int_equal(made_tui_rows(&made), 2 * (rows * 3 / 2 + 1));
    /* A choice stays. */
    many(10 * rows);
    assert_true(made_tui_rows(&made) >= 20 * rows);
    assert_int_equal(rows_of("d", rows * 2), rows * 2);
    type("E");
    assert_int_equal(made_tui_rows(&made), rows * 4);
    assert_int_equal(rows_of("d", rows * 2), rows * 2);
    type("e");
    many(1);
    many(1);
    many(1);
    /* Of the one that is left the disk is shown: it was unfolded by hand, under the old rule. */
    assert_int_equal(made_tui_rows(&made), 2);
}

static void folding_does_not_go_to_and_fro(void **state)
{
    size_t most;

    (void)state;
    type("d");
    tui_refresh(made.tui);
    many(1);
    made_tui_rows(&made);
    most = made.tui->layout.table.rows * 3 / 2;
    many(most);
    assert_true(tui_view(made.tui)->expand_all);
    made_tui_rows(&made);
    assert_true(tui_view(made.tui)->expand_all);
    many(most + 1);
    made_tui_rows(&made);
    assert_false(tui_view(made.tui)->expand_all);
    many(most);
    made_tui_rows(&made);
    assert_false(tui_view(made.tui)->expand_all);
    many(made.tui->layout.table.rows);
    made_tui_rows(&made);
    assert_true(tui_view(made.tui)->expand_all);
}

static void two_that_are_alike_are_no_trap(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a=3 a=3 b=1");
    type("<Down>");
    assert_int_equal(tui_selected_index(made.tui), 1);
    made_tui_cycle(&made, "a=3 a=3 b=1");
    made_tui_rows(&made);
    assert_int_equal(tui_selected_index(made.tui), 1);
    type("<Down>");
    assert_selected("b");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_first_row_is_selected_until_somebody_chooses),
        TEST(the_cursor_follows_its_vm),
        TEST(who_leaves_hands_over_to_the_row_at_its_place),
        TEST(a_row_below_hands_over_to_its_vm),
        TEST(a_filter_keeps_or_hands_over),
        TEST(the_selected_row_is_in_sight),
        TEST(resizing_keeps_the_selected_row_in_sight),
        TEST(columns_scroll_to_the_last_one),
        TEST(long_lists_of_disks_and_nics_start_folded),
        TEST(folding_does_not_go_to_and_fro),
        TEST(two_that_are_alike_are_no_trap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
