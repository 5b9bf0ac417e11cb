/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs that come and go, the pause, and which frames are held for them. */
#include <string.h>

#include "made_screen.h"

/* The mark of the row of that name; -1 = there is none. */
static int mark_of(const char *name)
{
    size_t rows = made_tui_rows(&made);

    for (size_t i = 0; i < rows; i++) {
        if (strcmp(made_tui_name(&made, i), name) == 0)
            return (int)made.tui->table.list[i].mark;
    }
    return -1;
}

static size_t frames_held(void)
{
    size_t count = made.tui->waiting.frame != NULL;

    for (unsigned i = 0; i < TUI_SHOTS; i++)
        count += made.tui->shots[i].frame != NULL;
    return count;
}

static void nobody_is_new_at_first(void **state)
{
    (void)state;
    made_tui_cycle(&made, "db-01 web-01");
    assert_int_equal(mark_of("db-01"), ROW_MARK_NONE);
    assert_int_equal(mark_of("web-01"), ROW_MARK_NONE);
    assert_string_equal(made.tui->message, "");
}

static void who_comes_is_new_for_two_cycles(void **state)
{
    (void)state;
    made_tui_cycle(&made, "db-01 web-01");
    made_tui_cycle(&made, "app-01 db-01 web-01");
    assert_int_equal(mark_of("app-01"), ROW_MARK_NEW);
    assert_int_equal(mark_of("db-01"), ROW_MARK_NONE);
    made_tui_cycle(&made, "app-01 db-01 new-02 web-01");
    assert_int_equal(mark_of("app-01"), ROW_MARK_NEW);
    assert_int_equal(mark_of("new-02"), ROW_MARK_NEW);
    made_tui_cycle(&made, "app-01 db-01 new-02 web-01");
    assert_int_equal(mark_of("app-01"), ROW_MARK_NONE);
    assert_int_equal(mark_of("new-02"), ROW_MARK_NEW);
    made_tui_cycle(&made, "app-01 db-01 new-02 web-01");
    assert_int_equal(mark_of("new-02"), ROW_MARK_NONE);
}

static void who_leaves_is_shown_for_two_cycles(void **state)
{
    struct frame *last;

    (void)state;
    made_tui_cycle(&made, "db-01=3.5 web-01");
    assert_int_equal(frames_held(), 1);
    last = made.tui->shots[0].frame;
    made_tui_cycle(&made, "web-01");
    assert_int_equal(mark_of("db-01"), ROW_MARK_ENDED);
    assert_int_equal(mark_of("web-01"), ROW_MARK_NONE);
    assert_string_equal(made.tui->message, "db-01 left (ended)");
    assert_int_equal(frames_held(), 2);
    made_tui_cycle(&made, "web-01");
    assert_int_equal(mark_of("db-01"), ROW_MARK_ENDED);
    assert_ptr_equal(made.tui->shots[2].frame, last);
    assert_int_equal(frames_held(), 2);
    made_tui_cycle(&made, "web-01");
    assert_int_equal(mark_of("db-01"), -1);
    assert_int_equal(frames_held(), 1);
    assert_int_equal(made.tui->ended_count, 0);
}

static void the_message_says_why(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a:migrating b:shutdown c:crashed d");
    made_tui_cycle(&made, "b:shutdown c:crashed d");
    assert_string_equal(made.tui->message, "a left (migrated)");
    made_tui_cycle(&made, "c:crashed d");
    assert_string_equal(made.tui->message, "b left (shut down)");
    made_tui_cycle(&made, "d");
    assert_string_equal(made.tui->message, "c left (crashed)");
    /* Three cycles' worth of frames, each for one VM, and the newest one. */
    assert_int_equal(frames_held(), 3);
    assert_non_null(strstr(made_tui_text(&made), "c left (crashed)"));
}

static void several_leave_with_one_message(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a b c d");
    made_tui_cycle(&made, "a d");
    assert_string_equal(made.tui->message, "b and 1 other left");
    made_tui_cycle(&made, "x");
    assert_string_equal(made.tui->message, "a and 1 other left");
    assert_int_equal(made.tui->ended_count, 4);
}

static void who_comes_back_did_not_end(void **state)
{
    (void)state;
    made_tui_cycle(&made, "db-01 web-01");
    made_tui_cycle(&made, "web-01");
    assert_int_equal(mark_of("db-01"), ROW_MARK_ENDED);
    made_tui_cycle(&made, "db-01 web-01");
    assert_int_equal(mark_of("db-01"), ROW_MARK_NEW);
    assert_int_equal(made_tui_rows(&made), 2);
    assert_int_equal(frames_held(), 1);
}

static void another_order_is_no_change(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a b c");
    made_tui_cycle(&made, "c a b");
    assert_int_equal(made.tui->ended_count, 0);
    assert_int_equal(made.tui->fresh.count, 0);
    assert_string_equal(made.tui->message, "");
}

static void two_of_one_name_are_no_trouble(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a a b");
    made_tui_cycle(&made, "a b");
    assert_int_equal(made.tui->ended_count, 0);
    made_tui_cycle(&made, "a a a b");
    assert_int_equal(made.tui->fresh.count, 0);
    made_tui_cycle(&made, "b");
    assert_int_equal(made.tui->ended_count, 1);
    assert_string_equal(made.tui->message, "a left (ended)");
}

static void all_of_many_are_replaced(void **state)
{
    static const char *const prefixes[] = {"one", "two", "three", "four", "five"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        made_tui_frame(&made);
        made_tui_vms(&made, prefixes[i], 1000, 0, 1, 1);
        made_tui_take(&made);
        assert_int_equal(made.tui->ended_count, i < 2 ? i * 1000 : 2000);
        assert_int_equal(made.tui->fresh.count, i < 2 ? i * 1000 : 2000);
        assert_true(frames_held() <= TUI_SHOTS);
        /* Those that left are in the list, too. */
        assert_int_equal(made_tui_rows(&made), 1000 * (1 + (i < 2 ? i : 2)));
    }
    assert_string_equal(made.tui->message, "four-0001 and 999 others left");
    for (unsigned i = 0; i < 2; i++) {
        made_tui_frame(&made);
        made_tui_vms(&made, "five", 1000, 0, 1, 1);
        made_tui_take(&made);
    }
    assert_int_equal(made.tui->ended_count, 0);
    assert_int_equal(made_tui_rows(&made), 1000);
    assert_int_equal(frames_held(), 1);
}

static void a_pause_keeps_what_is_shown(void **state)
{
    float used[3];
    struct row_ref vm;

    (void)state;
    made_tui_cycle(&made, "a b");
    made_tui_type(&made, "z");
    assert_true(made.tui->paused);
    made_tui_cycle(&made, "b c");
    made_tui_cycle(&made, "b c d");
    assert_int_equal(made_tui_rows(&made), 2);
    assert_string_equal(made_tui_name(&made, 0), "a");
    assert_string_equal(made.tui->message, "");
    assert_int_equal(frames_held(), 2);
    /* The history goes on. */
    assert_true(tui_find_vm(made.tui, made.tui->shots[0].facts.list[1].id, &vm));
    history_read(made.tui->history, made.tui->shots[0].facts.list[1].id, HISTORY_USED, used, 3);
    for (size_t i = 0; i < 3; i++)
        assert_true(used[i] == 20.0f);
    made_tui_type(&made, "z");
    assert_false(made.tui->paused);
    assert_int_equal(mark_of("a"), ROW_MARK_ENDED);
    assert_int_equal(mark_of("c"), ROW_MARK_NEW);
    assert_int_equal(mark_of("d"), ROW_MARK_NEW);
    assert_string_equal(made.tui->message, "a left (ended)");
    assert_null(made.tui->waiting.frame);
}

static void a_pause_without_a_frame_changes_nothing(void **state)
{
    (void)state;
    made_tui_type(&made, "zz");
    assert_int_equal(made_tui_rows(&made), 0);
    made_tui_cycle(&made, "a");
    made_tui_type(&made, "zz");
    assert_int_equal(made_tui_rows(&made), 1);
    assert_int_equal(mark_of("a"), ROW_MARK_NONE);
}

static void a_sample_that_was_asked_for_is_shown_while_paused(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a");
    made_tui_type(&made, "z ");
    assert_true(tui_take_requests(made.tui) & TUI_SAMPLE);
    made_tui_cycle(&made, "a b");
    assert_int_equal(made_tui_rows(&made), 2);
    made_tui_cycle(&made, "a b c");
    assert_int_equal(made_tui_rows(&made), 2);
}

static void details_close_when_their_vm_is_gone_for_good(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a=9 b=1");
    made_tui_type(&made, "<Enter>");
    assert_int_equal(made.tui->mode, MODE_DETAILS);
    made_tui_cycle(&made, "b");
    assert_int_equal(made.tui->mode, MODE_DETAILS);
    made_tui_text(&made);
    made_tui_cycle(&made, "b");
    assert_int_equal(made.tui->mode, MODE_DETAILS);
    made_tui_cycle(&made, "b");
    assert_int_equal(made.tui->mode, MODE_TABLE);
    assert_string_equal(made.tui->message, "a left; its details are closed");
}

static void details_stay_when_their_vm_comes_back(void **state)
{
    (void)state;
    made_tui_cycle(&made, "a=9 b=1");
    made_tui_type(&made, "<Enter>?");
    made_tui_cycle(&made, "b");
    made_tui_cycle(&made, "a b");
    made_tui_cycle(&made, "a b");
    made_tui_cycle(&made, "a b");
    assert_int_equal(made.tui->mode, MODE_HELP);
    made_tui_type(&made, "<Esc>");
    assert_int_equal(made.tui->mode, MODE_DETAILS);
    /* Below help they close, too. */
    made_tui_type(&made, "?");
    for (unsigned i = 0; i < 3; i++)
        made_tui_cycle(&made, "b");
    assert_int_equal(made.tui->mode, MODE_HELP);
    made_tui_type(&made, "<Esc>");
    assert_int_equal(made.tui->mode, MODE_TABLE);
}

static void steady_cycles_hold_one_frame(void **state)
{
    struct frame *frame = NULL;

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        made_tui_cycle(&made, "a b c");
        assert_int_equal(frames_held(), 1);
        assert_int_equal(made.tui->shots[0].frame->references, 1);
        /* Two take turns: the one that is shown, and the one that is made meanwhile. */
        if (i >= 2 && i % 2 == 0)
            assert_ptr_equal(made.tui->shots[0].frame, frame);
        if (i % 2 == 0)
            frame = made.tui->shots[0].frame;
        made_tui_text(&made);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_new_at_first),
        TEST(who_comes_is_new_for_two_cycles),
        TEST(who_leaves_is_shown_for_two_cycles),
        TEST(the_message_says_why),
        TEST(several_leave_with_one_message),
        TEST(who_comes_back_did_not_end),
        TEST(another_order_is_no_change),
        TEST(two_of_one_name_are_no_trouble),
        TEST(all_of_many_are_replaced),
        TEST(a_pause_keeps_what_is_shown),
        TEST(a_pause_without_a_frame_changes_nothing),
        TEST(a_sample_that_was_asked_for_is_shown_while_paused),
        TEST(details_close_when_their_vm_is_gone_for_good),
        TEST(details_stay_when_their_vm_comes_back),
        TEST(steady_cycles_hold_one_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
