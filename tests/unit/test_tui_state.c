/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each key does to the screen's state, and what it asks of the program. */
#include <string.h>

#include "made_screen.h"

static const struct column *vm_metric(unsigned number)
{
    return column_of(made.tui->columns, FAMILY_VM,
                     (struct column_ref){COLUMN_METRIC, (short)number});
}

static void views_have_their_keys(void **state)
{
    static const char keys[] = "acmdnipslx";

    (void)state;
    cycle();
    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        char key[] = {keys[v], '\0'};

        type(key);
        assert_int_equal(made.tui->view, v);
        made_tui_text(&made);
    }
    type("a");
    for (unsigned v = 1; v <= VIEW__COUNT; v++) {
        type("<Tab>");
        assert_int_equal(made.tui->view, v % VIEW__COUNT);
    }
    type("<S-Tab>");
    assert_int_equal(made.tui->view, VIEW__COUNT - 1);
    assert_false(made.tui->views[VIEW_DISK].flat);
}

static void views_remember_what_was_done_to_them(void **state)
{
    (void)state;
    cycle();
    type("<Down><Right>rE");
    assert_string_equal(made_tui_selected(&made), "web-01");
    type("c<Down><Down><Down>");
    assert_int_equal(view()->scroll, 0);
    assert_false(view()->ascending);
    assert_string_equal(made_tui_selected(&made), "mail-01");
    type("<Home>a");
    assert_int_equal(view()->scroll, 1);
    assert_true(view()->ascending);
    assert_true(view()->expand_all);
    type("c");
    assert_string_equal(made_tui_selected(&made), "db-01");
    assert_false(view()->expand_all);
}

static void disk_again_lists_all_disks_by_latency(void **state)
{
    (void)state;
    made_tui_frame(&made);
    made_tui_vm(&made, "a");
    made_tui_disk(&made, "fast");
    made_tui_vm(&made, "b");
    made_tui_disk(&made, "middle");
    made_tui_set(&made, SCOPE_VMDISK, made_tui_disk(&made, "slow"), VMDISK_DISK_LAT_AVG, 30);
    made_tui_set(&made, SCOPE_VMDISK, 1, VMDISK_DISK_LAT_AVG, 5);
    made_tui_take(&made);
    type("dr");
    assert_int_equal(made_tui_rows(&made), 5);
    type("d");
    assert_true(view()->flat);
    assert_ptr_equal(view()->sort, own(COLUMN_LATENCY));
    assert_false(view()->ascending);
    assert_int_equal(made_tui_rows(&made), 3);
    assert_string_equal(made_tui_name(&made, 0), "slow");
    assert_string_equal(made_tui_name(&made, 1), "middle");
    assert_string_equal(made_tui_name(&made, 2), "fast");
    /* It is remembered while another view is shown, too. */
    type("ad");
    assert_int_equal(made_tui_rows(&made), 3);
    type("<Down>d");
    assert_false(view()->flat);
    assert_ptr_equal(view()->sort, own(COLUMN_THROUGHPUT));
    assert_true(view()->ascending);
    assert_int_equal(made_tui_rows(&made), 5);
    /* The disk that was selected still is. */
    assert_string_equal(made_tui_selected(&made), "middle");
    type("v");
    assert_string_equal(made_tui_selected(&made), "middle");
    type("v<Home>v");
    assert_string_equal(made_tui_selected(&made), "slow");
    /* A VM is in no list of disks: the worst one is looked at. */
    type("v<Home><Down><Down>");
    assert_string_equal(made_tui_selected(&made), "b");
    type("v");
    assert_string_equal(made_tui_selected(&made), "slow");
}

static void net_again_lists_all_nics_by_traffic(void **state)
{
    (void)state;
    made_tui_frame(&made);
    made_tui_vm(&made, "a");
    made_tui_nic(&made, "quiet");
    made_tui_set(&made, SCOPE_VMNIC, made_tui_nic(&made, "busy"), VMNIC_NET_RECEIVEDBYTES, 1e9);
    made_tui_take(&made);
    type("nn");
    assert_true(view()->flat);
    assert_ptr_equal(view()->sort, own(COLUMN_TRAFFIC));
    assert_int_equal(made_tui_rows(&made), 2);
    assert_string_equal(made_tui_name(&made, 0), "busy");
    type("n");
    assert_false(view()->flat);
}

static void the_first_s_tells_of_the_interval(void **state)
{
    (void)state;
    type("s");
    assert_said("s = disks; interval: + -");
    type("as");
    assert_int_equal(made.tui->view, VIEW_DISKS);
    made_tui_pass(&made, 60);
    made_tui_text(&made);
    type("as");
    assert_said("");
}

static void what_is_off_is_offered(void **state)
{
    (void)state;
    made.config.collectors = 1u << COLLECTOR_CPU;
    made.config.started_with = "--cpu";
    made_tui_restart(&made);
    cycle();
    tui_needs(made.tui);
    type("m");
    assert_int_equal(made.tui->view, VIEW_ALL);
    assert_said("memory is not collected (started with --cpu); m again switches it on");
    /* What comes between takes the offer back. */
    type("<Down>m");
    assert_int_equal(made.tui->view, VIEW_ALL);
    type("d");
    assert_said("disk use is not collected (started with --cpu); d again switches it on");
    type("m");
    assert_int_equal(made.tui->view, VIEW_ALL);
    assert_false(tui_take_requests(made.tui) & TUI_SELECT);
    type("m");
    assert_int_equal(made.tui->view, VIEW_MEM);
    assert_true(tui_take_requests(made.tui) & TUI_SELECT);
    assert_true(tui_needs(made.tui)->wanted[SCOPE_VM][VM_RAM_USED]);
    assert_false(tui_needs(made.tui)->wanted[SCOPE_VM][VM_DISK_READS]);
    /* From then on it is a view like the others; those that are off are passed over. */
    type("am");
    assert_int_equal(made.tui->view, VIEW_MEM);
    type("<Tab>");
    assert_int_equal(made.tui->view, VIEW_ALL);
    type("<S-Tab><S-Tab>");
    assert_int_equal(made.tui->view, VIEW_CPU);
}

static void what_nobody_chose_is_offered_without_a_reason(void **state)
{
    (void)state;
    made.config.collectors = 1u << COLLECTOR_CPU;
    made_tui_restart(&made);
    type("n");
    assert_said("network use is not collected; n again switches it on");
}

static void a_view_to_begin_with_that_is_off_is_told(void **state)
{
    (void)state;
    made.config.collectors = 1u << COLLECTOR_CPU;
    made.config.started_with = "--cpu";
    made.settings.view = VIEW_MEM;
    made_tui_restart(&made);
    assert_int_equal(made.tui->view, VIEW_ALL);
    assert_non_null(
        strstr(made_tui_text(&made), "memory is not collected (started with --cpu); m again"));
    made_tui_pass(&made, TUI_MESSAGE_SECONDS + 1);
    assert_null(strstr(made_tui_text(&made), "memory is not collected"));
}

static void the_interval_steps(void **state)
{
    static const double longer[] = {3, 5, 10, 30, 60}, shorter[] = {30, 10, 5, 3, 2, 1, 0.5};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(longer); i++) {
        type(i % 2 ? "+" : "=");
        assert_true(tui_interval(made.tui) == longer[i]);
        assert_true(tui_take_requests(made.tui) & TUI_INTERVAL);
    }
    assert_said("interval: 60 s");
    type("+");
    assert_said("the interval stays at 60 s: it is the longest");
    assert_false(tui_take_requests(made.tui) & TUI_INTERVAL);
    for (size_t i = 0; i < ARRAY_SIZE(shorter); i++) {
        type("-");
        assert_true(tui_interval(made.tui) == shorter[i]);
    }
    assert_said("interval: 0.5 s");
    type("-");
    assert_true(tui_interval(made.tui) == 0.5);
}

static void the_interval_steps_from_any_value(void **state)
{
    static const struct {
        double from, longer, shorter;
    } cases[] = {{7, 10, 5}, {0.25, 0.5, 0.25}, {120, 120, 60}, {1.5, 2, 1}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        made.config.interval = cases[i].from;
        made_tui_restart(&made);
        type("+");
        assert_true(tui_interval(made.tui) == cases[i].longer);
        made_tui_restart(&made);
        type("-");
        assert_true(tui_interval(made.tui) == cases[i].shorter);
    }
}

static void units_take_turns(void **state)
{
    (void)state;
    cycle();
    made_tui_text(&made);
    type("u");
    assert_int_equal(made.tui->units, UNITS_BYTES);
    assert_said("units: bytes, network in bytes per s");
    type("u");
    assert_int_equal(made.tui->units, UNITS_RAW);
    assert_said("units: raw, as they are collected");
    type("u");
    assert_int_equal(made.tui->units, UNITS_HUMAN);
    assert_said("units: human, network in Mb/s");
}

static void sorting_goes_from_column_to_column(void **state)
{
    (void)state;
    cycle();
    assert_ptr_equal(view()->sort, vm_metric(VM_CPU_HOST_USED));
    type("<lt>");
    assert_ptr_equal(view()->sort, vm_metric(VM_CPU_CORES));
    assert_false(view()->ascending);
    type("<lt><lt><lt><lt>");
    assert_ptr_equal(view()->sort, own(COLUMN_NAME));
    assert_true(view()->ascending);
    assert_string_equal(made_tui_name(&made, 0), "app-01");
    /* There it ends. */
    type("<lt>r");
    assert_ptr_equal(view()->sort, own(COLUMN_NAME));
    assert_string_equal(made_tui_name(&made, 0), "web-01");
    type(">");
    assert_ptr_equal(view()->sort, own(COLUMN_ID));
    for (unsigned i = 0; i < 200; i++)
        type(">");
    assert_ptr_not_equal(view()->sort, own(COLUMN_HISTORY));
}

static bool sort_is_in_sight(void)
{
    bool seen = false;

    made_tui_text(&made);
    for (size_t s = 0; s < made.tui->shown_count; s++)
        seen |= made.tui->shown[s].column == view()->sort && made.tui->shown[s].width;
    return seen;
}

static void the_column_that_is_sorted_by_comes_into_sight(void **state)
{
    (void)state;
    made_tui_size(&made, 24, 80);
    cycle();
    for (unsigned i = 0; i < 150; i++) {
        type(">");
        assert_true(sort_is_in_sight());
    }
    assert_true(view()->scroll > 0);
    for (unsigned i = 0; i < 150; i++)
        type("<lt>");
    assert_ptr_equal(view()->sort, own(COLUMN_NAME));
    type(">");
    made_tui_text(&made);
    assert_int_equal(view()->scroll, 0);
}

static void whatever_is_chosen_to_sort_by_comes_into_sight(void **state)
{
    (void)state;
    made_tui_size(&made, 24, 80);
    cycle();
    type("!");
    assert_ptr_equal(view()->sort, own(COLUMN_WHY));
    assert_true(sort_is_in_sight());
    type("o<Home><Enter>");
    assert_ptr_equal(view()->sort, own(COLUMN_NAME));
    type("o<Home>jjjjjjjjjjjjjj<Enter>");
    assert_true(view()->scroll > 0);
    assert_true(sort_is_in_sight());
}

static void sorting_by_why_puts_the_worst_first(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a=9 b=8:io-error c=7 d=6:crashed");
    type("N!");
    assert_ptr_equal(view()->sort, own(COLUMN_WHY));
    type("a!");
    assert_string_equal(made_tui_name(&made, 0), "b");
    assert_string_equal(made_tui_name(&made, 1), "d");
    assert_string_equal(made_tui_name(&made, 2), "a");
    type("r!");
    assert_string_equal(made_tui_name(&made, 0), "b");
    type("s!");
    assert_said("only VMs can be sorted by WHY");
}

static void the_layout_is_what_differs(void **state)
{
    struct tui_settings layout;

    (void)state;
    cycle();
    tui_layout(made.tui, &layout);
    assert_int_equal(layout.view, VIEW_ALL);
    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        assert_string_equal(layout.views[v].fields, "");
        assert_string_equal(layout.views[v].sort, "");
    }
    type("r/db<Enter>ucrrdd");
    tui_layout(made.tui, &layout);
    assert_int_equal(layout.view, VIEW_DISK);
    assert_int_equal(layout.units, UNITS_BYTES);
    assert_string_equal(layout.filter, "");
    assert_string_equal(layout.views[VIEW_CPU].sort, "");
    /* The flat list is not what the view begins with. */
    assert_string_equal(layout.views[VIEW_DISK].sort, "");
    assert_non_null(strstr(layout.views[VIEW_ALL].sort, ":asc"));
    /* What was written is understood. */
    made.settings = layout;
    made_tui_restart(&made);
    assert_int_equal(made.tui->view, VIEW_DISK);
    assert_true(made.tui->views[VIEW_ALL].ascending);
    assert_ptr_equal(made.tui->views[VIEW_ALL].sort, vm_metric(VM_CPU_HOST_USED));
    /* Fields that are the usual ones in other words are none. */
    copy_text(made.settings.views[VIEW_ALL].fields, sizeof(made.settings.views[0].fields),
              "+name,+id");
    made.settings.no_mouse = true;
    made_tui_restart(&made);
    tui_layout(made.tui, &layout);
    assert_string_equal(layout.views[VIEW_ALL].fields, "");
    assert_true(layout.no_mouse);
}

static void expanding_is_per_vm_or_for_all(void **state)
{
    (void)state;
    cycle();
    assert_int_equal(made_tui_rows(&made), 4);
    type("e");
    assert_int_equal(made_tui_rows(&made), 8);
    /* From a row below, too; the cursor goes to the VM, which stays. */
    type("<Down><Down>e");
    assert_int_equal(made_tui_rows(&made), 4);
    assert_string_equal(made_tui_selected(&made), "db-01");
    type("E");
    assert_int_equal(made_tui_rows(&made), 20);
    type("e");
    assert_int_equal(made_tui_rows(&made), 16);
    type("EE");
    assert_int_equal(made_tui_rows(&made), 20);
    type("E");
    assert_int_equal(made_tui_rows(&made), 4);
    type("seE");
    assert_false(view()->expand_all);
}

static void keys_ask_the_program(void **state)
{
    (void)state;
    tui_needs(made.tui);
    assert_int_equal(tui_take_requests(made.tui), 0);
    type("q");
    assert_int_equal(tui_take_requests(made.tui), TUI_QUIT);
    type("<C-c>");
    assert_int_equal(tui_take_requests(made.tui), TUI_QUIT);
    type(" ");
    assert_int_equal(tui_take_requests(made.tui), TUI_SAMPLE);
    assert_said("sampling now");
    type("<C-l>W");
    assert_int_equal(tui_take_requests(made.tui), TUI_REDRAW | TUI_WRITE);
    type("w");
    assert_int_equal(tui_take_requests(made.tui), 0);
}

static void messages_end(void **state)
{
    struct mono ends;

    (void)state;
    made_tui_text(&made);
    assert_false(tui_is_dirty(made.tui, made.now));
    assert_int_equal(tui_wakes_at(made.tui).ns, 0);
    tui_take_message(made.tui, LOG_WARNING, "the source is silent", made.now);
    assert_true(tui_is_dirty(made.tui, made.now));
    assert_non_null(strstr(made_tui_text(&made), "the source is silent"));
    assert_false(tui_is_dirty(made.tui, made.now));
    ends = tui_wakes_at(made.tui);
    assert_int_equal(ends.ns, mono_add_seconds(made.now, TUI_MESSAGE_SECONDS).ns);
    assert_false(tui_is_dirty(made.tui, (struct mono){ends.ns - 1}));
    assert_true(tui_is_dirty(made.tui, ends));
    made.now = ends;
    assert_null(strstr(made_tui_text(&made), "the source is silent"));
    assert_int_equal(tui_wakes_at(made.tui).ns, 0);
    assert_false(tui_is_dirty(made.tui, made.now));
}

static void messages_wait_for_each_other(void **state)
{
    (void)state;
    cycle();
    made_tui_text(&made);
    type("u");
    assert_said("units: bytes, network in bytes per s");
    tui_take_message(made.tui, LOG_NOTICE, "first", made.now);
    tui_take_message(made.tui, LOG_NOTICE, "second", made.now);
    assert_non_null(strstr(made_tui_text(&made), "units: bytes"));
    assert_int_equal(tui_wakes_at(made.tui).ns, mono_add_seconds(made.now, TUI_MESSAGE_LEAST).ns);
    made_tui_pass(&made, TUI_MESSAGE_LEAST);
    assert_true(tui_is_dirty(made.tui, made.now));
    assert_non_null(strstr(made_tui_text(&made), "second"));
    assert_false(tui_is_dirty(made.tui, made.now));
    /* What is worse does not wait; nor does the answer to a key. */
    tui_take_message(made.tui, LOG_WARNING, "worse", made.now);
    assert_said("worse");
    tui_take_message(made.tui, LOG_NOTICE, "third", made.now);
    type("u");
    assert_said("units: raw, as they are collected");
    made_tui_pass(&made, TUI_MESSAGE_LEAST);
    assert_non_null(strstr(made_tui_text(&made), "third"));
    made_tui_pass(&made, TUI_MESSAGE_SECONDS);
    assert_null(strstr(made_tui_text(&made), "third"));
    assert_int_equal(tui_wakes_at(made.tui).ns, 0);
}

/* What was wrong in a configuration comes just before where the VMs were found. */
static void warnings_are_read_before_notices(void **state)
{
    (void)state;
    cycle();
    made_tui_text(&made);
    tui_take_message(made.tui, LOG_WARNING, "line 1 is wrong", made.now);
    tui_take_message(made.tui, LOG_WARNING, "line 2 is wrong", made.now);
    tui_take_message(made.tui, LOG_NOTICE, "2 VMs", made.now);
    assert_non_null(strstr(made_tui_text(&made), "line 1 is wrong"));
    made_tui_pass(&made, TUI_MESSAGE_LEAST);
    assert_non_null(strstr(made_tui_text(&made), "line 2 is wrong"));
    tui_take_message(made.tui, LOG_NOTICE, "3 VMs", made.now);
    assert_int_equal(tui_wakes_at(made.tui).ns, mono_add_seconds(made.now, TUI_MESSAGE_SECONDS).ns);
    made_tui_pass(&made, TUI_MESSAGE_LEAST);
    assert_non_null(strstr(made_tui_text(&made), "line 2 is wrong"));
    made_tui_pass(&made, TUI_MESSAGE_SECONDS - TUI_MESSAGE_LEAST);
    assert_non_null(strstr(made_tui_text(&made), "3 VMs"));
}

static void the_mouse_selects_sorts_and_moves(void **state)
{
    const struct shown_column *shown;

    (void)state;
    cycle();
    made_tui_text(&made);
    tui_take_mouse(made.tui, made.tui->layout.table.row + 2, 5, 1, 0, made.now);
    assert_string_equal(made_tui_selected(&made), "app-01");
    /* Below the last row there is nothing. */
    tui_take_mouse(made.tui, made.tui->layout.table.row + 4, 5, 1, 0, made.now);
    assert_string_equal(made_tui_selected(&made), "app-01");
    tui_take_mouse(made.tui, made.tui->layout.titles.row, made.tui->shown[0].col, 1, 0, made.now);
    assert_ptr_equal(view()->sort, own(COLUMN_NAME));
    assert_true(view()->ascending);
    tui_take_mouse(made.tui, made.tui->layout.titles.row, made.tui->shown[0].col, 1, 0, made.now);
    assert_false(view()->ascending);
    assert_string_equal(made_tui_name(&made, 0), "web-01");
    shown = &made.tui->shown[5];
    tui_take_mouse(made.tui, made.tui->layout.titles.row, shown->col + shown->width - 1, 1, 0,
                   made.now);
    assert_ptr_equal(view()->sort, made.tui->shown[5].column);
    type("<Home>");
    tui_take_mouse(made.tui, 0, 0, 0, 1, made.now);
    assert_int_equal(view()->selected_index, 3);
    tui_take_mouse(made.tui, 0, 0, 0, -1, made.now);
    assert_int_equal(view()->selected_index, 0);
    /* What lies over the table is not clicked through. */
    type("f");
    tui_take_mouse(made.tui, made.tui->layout.table.row + 2, 5, 1, 0, made.now);
    assert_int_equal(view()->selected_index, 0);
    tui_take_mouse(made.tui, 0, 0, 0, 1, made.now);
    assert_int_equal(made.tui->overlay_cursor, 3);
    tui_take_mouse(made.tui, 4000000000u, 4000000000u, 1, 0, made.now);
}

/* Any keys, sizes and frames: nothing breaks, and what is selected is in sight. */
static void anything_goes(void **state)
{
    static const char *const frames[] = {"", "a", "a b c d e f g", "z y x w v u t s r q p",
                                         "a=1 b=2:crashed c=3:migrating d=4"};
    uint64_t seed = 5;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t what = support_random_below(&seed, 100);

        if (what < 4)
            made_tui_cycle(&made, frames[support_random_below(&seed, ARRAY_SIZE(frames))]);
        else if (what < 6)
            made_tui_size(&made, 1 + (unsigned)support_random_below(&seed, 60),
                          1 + (unsigned)support_random_below(&seed, 200));
        else if (what < 10)
            tui_take_mouse(made.tui, (unsigned)support_random_below(&seed, 40),
                           (unsigned)support_random_below(&seed, 200), what % 2,
                           what % 2 ? 0 : 1 - (int)(what % 4), made.now);
        else if (what < 40)
            tui_take_key(made.tui, KEY_CODE_BASE + (int)support_random_below(&seed, 20), made.now);
        else
            tui_take_key(made.tui, (int)support_random_below(&seed, 128), made.now);
        if (what % 3 == 0)
            made_tui_text(&made);
        tui_take_requests(made.tui);
        assert_true(made.tui->table.count == 0 || view()->selected_index < made.tui->table.count);
        if (made.tui->table.count && made.tui->layout.table.rows) {
            assert_true(view()->selected_index >= view()->top);
            assert_true(view()->selected_index < view()->top + made.tui->layout.table.rows);
        }
    }
}

/* Whoever presses e is answered at once, also when there is nothing to show yet. */
static void expanding_tells_when_vcpus_come(void **state)
{
    (void)state;
    made_tui_frame(&made);
    made_tui_vms(&made, "vm", 2, 0, 0, 0);
    made_tui_take(&made);
    type("e");
    assert_said("vCPUs are read from the next cycle on");
    made.tui->message[0] = '\0';
    type("e");
    assert_said("");
    type("E");
    assert_said("vCPUs are read from the next cycle on");
    made.tui->message[0] = '\0';
    type("E");
    made_tui_frame(&made);
    made_tui_vms(&made, "vm", 2, 2, 0, 0);
    made_tui_take(&made);
    type("e");
    assert_said("");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(expanding_tells_when_vcpus_come),
        TEST(views_have_their_keys),
        TEST(views_remember_what_was_done_to_them),
        TEST(disk_again_lists_all_disks_by_latency),
        TEST(net_again_lists_all_nics_by_traffic),
        TEST(the_first_s_tells_of_the_interval),
        TEST(what_is_off_is_offered),
        TEST(what_nobody_chose_is_offered_without_a_reason),
        TEST(a_view_to_begin_with_that_is_off_is_told),
        TEST(the_interval_steps),
        TEST(the_interval_steps_from_any_value),
        TEST(units_take_turns),
        TEST(sorting_goes_from_column_to_column),
        TEST(the_column_that_is_sorted_by_comes_into_sight),
        TEST(whatever_is_chosen_to_sort_by_comes_into_sight),
        TEST(sorting_by_why_puts_the_worst_first),
        TEST(the_layout_is_what_differs),
        TEST(expanding_is_per_vm_or_for_all),
        TEST(keys_ask_the_program),
        TEST(messages_end),
        TEST(messages_wait_for_each_other),
        TEST(warnings_are_read_before_notices),
        TEST(the_mouse_selects_sorts_and_moves),
        TEST(anything_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
