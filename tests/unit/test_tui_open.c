/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies over the table, menus, help, details; and the filter. */
#include <string.h>

#include "made_screen.h"

/* Whatever room the table below has. */
static void a_page_is_what_is_seen_of_the_overlay(void **state)
{
    (void)state;
    cycle();
    type("ch");
    made_tui_text(&made);
    assert_int_equal(made.tui->overlay_rows, 27);
    type("<PgDn>");
    assert_int_equal(made.tui->overlay_top, 26);
    type("<PgUp>");
    assert_int_equal(made.tui->overlay_top, 0);
    type("<Esc>f");
    made_tui_text(&made);
    assert_in_range(made.tui->overlay_rows, 4, made.tui->layout.table.rows - 1);
    type("<Home><PgDn>");
    assert_int_equal(made.tui->overlay_cursor, made.tui->overlay_rows - 1);
}

static void the_sort_menu_chooses(void **state)
{
    const struct column *list[COLUMNS_MAX];
    size_t count;

    (void)state;
    cycle();
    type("o");
    assert_int_equal(made.tui->mode, MODE_SORT);
    count = fields_list(made.tui, list);
    assert_ptr_equal(list[made.tui->overlay_cursor], view()->sort);
    type("<Home><Up>");
    assert_int_equal(made.tui->overlay_cursor, 0);
    type("<End><Down>");
    assert_int_equal(made.tui->overlay_cursor, count - 1);
    type("<Home><Enter>");
    assert_int_equal(made.tui->mode, MODE_TABLE);
    assert_ptr_equal(view()->sort, list[0]);
    type("<F6><Down><Esc>");
    assert_ptr_equal(view()->sort, list[0]);
    assert_int_equal(made.tui->mode, MODE_TABLE);
}

/* The place of the column in the list of fields. */
static void go_to_field(const struct column *column)
{
    const struct column *list[COLUMNS_MAX];
    size_t count = fields_list(made.tui, list);

    type("<Home>");
    for (size_t i = 0; i < count && list[i] != column; i++)
        type("j");
    assert_ptr_equal(list[made.tui->overlay_cursor], column);
}

static bool is_shown(const struct column *column)
{
    tui_refresh(made.tui);
    for (size_t i = 0; i < made.tui->shown_count; i++) {
        if (made.tui->shown[i].column == column)
            return true;
    }
    return false;
}

static void fields_are_switched_on_and_off(void **state)
{
    struct tui_settings layout;

    (void)state;
    cycle();
    assert_true(is_shown(own(COLUMN_ID)));
    type("f");
    go_to_field(own(COLUMN_ID));
    type("<Enter>");
    assert_false(is_shown(own(COLUMN_ID)));
    assert_int_equal(made.tui->mode, MODE_FIELDS);
    tui_layout(made.tui, &layout);
    assert_string_equal(layout.views[VIEW_ALL].fields, "-id");
    type(" ");
    assert_true(is_shown(own(COLUMN_ID)));
    tui_layout(made.tui, &layout);
    assert_string_equal(layout.views[VIEW_ALL].fields, "");
    /* Of another view nothing changed. */
    type("<Enter>fc");
    assert_true(is_shown(own(COLUMN_ID)));
    type("a");
    assert_false(is_shown(own(COLUMN_ID)));
}

static void the_filter_is_typed(void **state)
{
    unsigned row, col;

    (void)state;
    cycle();
    assert_false(tui_cursor(made.tui, &row, &col));
    type("/WEB");
    assert_int_equal(made.tui->mode, MODE_FILTER);
    assert_int_equal(made_tui_rows(&made), 1);
    made_tui_text(&made);
    assert_true(tui_cursor(made.tui, &row, &col));
    assert_int_equal(row, 29);
    type("|db q");
    assert_string_equal(made.tui->filter, "WEB|db q");
    type("<Bs><Bs>");
    assert_int_equal(made_tui_rows(&made), 2);
    /* The rows can be gone through meanwhile. */
    type("<Down>");
    assert_string_equal(made_tui_selected(&made), "web-01");
    type("<Enter>");
    assert_int_equal(made.tui->mode, MODE_TABLE);
    assert_int_equal(made_tui_rows(&made), 2);
    assert_false(tui_cursor(made.tui, &row, &col));
    /* It is typed on; Esc clears it, here and there. */
    type("\\<Bs><Bs><Bs>");
    assert_string_equal(made.tui->filter, "WEB");
    type("<Esc>");
    assert_string_equal(made.tui->filter, "");
    assert_int_equal(made_tui_rows(&made), 4);
    assert_string_equal(made_tui_selected(&made), "web-01");
    type("/x<Enter>");
    assert_int_equal(made_tui_rows(&made), 0);
    assert_string_equal(made_tui_selected(&made), "");
    type("<Down><Up><PgDn><End><Enter>e<Home>");
    type("<Esc>");
    assert_int_equal(made.tui->mode, MODE_TABLE);
    assert_int_equal(made_tui_rows(&made), 4);
}

static void the_filter_takes_any_character_and_is_bounded(void **state)
{
    (void)state;
    type("/a\u00fc\u20ac\U0001F600");
    assert_string_equal(made.tui->filter, "a\u00fc\u20ac\U0001F600");
    type("<Bs>");
    assert_string_equal(made.tui->filter, "a\u00fc\u20ac");
    type("<Bs><Del>");
    assert_string_equal(made.tui->filter, "a");
    tui_take_key(made.tui, 0xd800, made.now);
    tui_take_key(made.tui, 0x9b, made.now);
    tui_take_key(made.tui, 0x202e, made.now);
    tui_take_key(made.tui, 0x061c, made.now);
    tui_take_key(made.tui, 1, made.now);
    tui_take_key(made.tui, -1, made.now);
    tui_take_key(made.tui, KEY_CODE_F2, made.now);
    assert_string_equal(made.tui->filter, "a");
    for (unsigned i = 0; i < SETTINGS_FILTER_SIZE; i++)
        type("\u20ac");
    assert_int_equal(strlen(made.tui->filter), SETTINGS_FILTER_SIZE - 1 - 254 % 3);
    made_tui_text(&made);
    for (unsigned i = 0; i < SETTINGS_FILTER_SIZE; i++)
        type("<Bs>");
    assert_string_equal(made.tui->filter, "");
}

static void details_are_those_of_the_selected_vm(void **state)
{
    struct row_ref vm;

    (void)state;
    cycle();
    /* The third row below db-01. */
    type("e<Down><Down><Down><Enter>");
    assert_int_equal(made.tui->mode, MODE_DETAILS);
    assert_true(tui_find_vm(made.tui, made.tui->details_id, &vm));
    assert_int_equal(vm.row, 0);
    type("q");
    assert_int_equal(made.tui->mode, MODE_TABLE);
    assert_int_equal(tui_take_requests(made.tui) & TUI_QUIT, 0);
    type("<End><Enter>");
    assert_true(tui_find_vm(made.tui, made.tui->details_id, &vm));
    assert_int_equal(vm.row, 3);
}

static void only_vms_that_are_there_have_details(void **state)
{
    (void)state;
    type("<Enter>");
    assert_int_equal(made.tui->mode, MODE_TABLE);
    made_tui_frame(&made);
    made_tui_vm(&made, "a");
    made_tui_netdev(&made, "eno1");
    made_tui_take(&made);
    type("p<Enter>");
    assert_int_equal(made.tui->mode, MODE_TABLE);
    assert_said("only VMs have details");
    made_tui_cycle(&made, "b");
    type("a<Home><Enter>");
    assert_string_equal(made_tui_selected(&made), "a");
    assert_int_equal(made.tui->mode, MODE_TABLE);
    assert_said("this VM left");
}

static void help_goes_back_to_where_one_was(void **state)
{
    (void)state;
    made_tui_size(&made, 12, 80);
    cycle();
    type("<Enter>");
    made_tui_text(&made);
    type("<Down><Down>");
    made_tui_text(&made);
    assert_int_equal(made.tui->overlay_top, 2);
    type("?");
    assert_int_equal(made.tui->mode, MODE_HELP);
    assert_int_equal(made.tui->overlay_top, 0);
    made_tui_text(&made);
    type("<PgDn><End>");
    made_tui_text(&made);
    assert_true(made.tui->overlay_top > 20);
    assert_true(made.tui->overlay_top < made.tui->overlay_lines);
    type("h");
    assert_int_equal(made.tui->mode, MODE_DETAILS);
    assert_int_equal(made.tui->overlay_top, 2);
    type("<Esc>");
    assert_int_equal(made.tui->mode, MODE_TABLE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_page_is_what_is_seen_of_the_overlay),
        TEST(the_sort_menu_chooses),
        TEST(fields_are_switched_on_and_off),
        TEST(the_filter_is_typed),
        TEST(the_filter_takes_any_character_and_is_bounded),
        TEST(details_are_those_of_the_selected_vm),
        TEST(only_vms_that_are_there_have_details),
        TEST(help_goes_back_to_where_one_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
