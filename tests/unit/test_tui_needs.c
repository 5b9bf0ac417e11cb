/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is collected for the screen: never more than it shows. */
#include <string.h>

#include "made_screen.h"

static bool wants(enum scope scope, unsigned column)
{
    return tui_needs(made.tui)->wanted[scope][column];
}

static bool wants_scope(enum scope scope)
{
    return tui_needs(made.tui)->scopes[scope].count > 0;
}

/* Whether something else was asked for since the last call. */
static bool asked(void)
{
    return tui_take_requests(made.tui) & TUI_SELECT;
}

static void start(unsigned collectors)
{
    made.config.collectors = collectors;
    made_tui_restart(&made);
    made_tui_cycle(&made, "a b");
    assert_true(asked());
    assert_false(asked());
}

static void what_is_on_is_wanted_always(void **state)
{
    (void)state;
    start(UINT32_MAX);
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        if (!m->verbose && m->scope != SCOPE_VCPU && !wants(m->scope, m->column))
            fail_msg("%s of %s is not wanted", m->key, scope_name(m->scope));
    }
    assert_true(wants(SCOPE_VM, VM_STATE));
    assert_true(wants(SCOPE_VM, VM_STALE));
    assert_true(wants(SCOPE_VM, VM_VMID));
    assert_true(wants_scope(SCOPE_VMDISK));
    assert_true(wants_scope(SCOPE_VMNIC));
}

static void nothing_is_wanted_of_what_is_off(void **state)
{
    static const char *const keys[] = {"", "!", "e", "f<End> ", "<Esc><Enter>", "<Esc>dd"};

    (void)state;
    for (unsigned c = COLLECTOR_BASE; c < COLLECTOR__COUNT; c++) {
        start(1u << c);
        for (size_t k = 0; k < ARRAY_SIZE(keys); k++) {
            type(keys[k]);
            /* The second d has switched disks on. */
            for (size_t i = 0; i < metrics_count; i++) {
                const struct metric *m = &metrics[i];

                if (m->collector != COLLECTOR_BASE && m->collector != c &&
                    !(k == 5 && m->collector == COLLECTOR_DISK) && wants(m->scope, m->column))
                    fail_msg("%s of %s is wanted", m->key, scope_name(m->scope));
            }
        }
    }
}

static void verbose_ones_come_and_go_with_their_columns(void **state)
{
    (void)state;
    start(UINT32_MAX);
    type("i");
    assert_true(asked());
    assert_true(wants(SCOPE_VM, VM_IO_RCHAR));
    type("a");
    assert_true(asked());
    assert_false(wants(SCOPE_VM, VM_IO_RCHAR));
    type("n");
    assert_true(wants(SCOPE_VM, VM_NET_TRANSMITTEDERRS));
    assert_true(wants(SCOPE_VMNIC, VMNIC_NET_TRANSMITTEDERRS));
    assert_false(wants(SCOPE_VM, VM_NET_RECEIVEDMULTICAST));
    assert_false(wants(SCOPE_VM, VM_IO_RCHAR));
}

static void only_columns_in_sight_are_read(void **state)
{
    const struct column *written;

    (void)state;
    start(UINT32_MAX);
    made_tui_size(&made, 24, 40);
    type("i");
    assert_false(wants(SCOPE_VM, VM_IO_CANCELLED_WRITE_BYTES));
    for (unsigned i = 0; i < 20; i++)
        type("<Right>");
    assert_true(asked());
    assert_true(wants(SCOPE_VM, VM_IO_CANCELLED_WRITE_BYTES));
    for (unsigned i = 0; i < 20; i++)
        type("<Left>");
    assert_false(wants(SCOPE_VM, VM_IO_CANCELLED_WRITE_BYTES));
    /* Those that are sorted by are read, seen or not. */
    written = column_of(made.tui->columns, FAMILY_VM,
                        (struct column_ref)COLUMN_REF_METRIC(VM_IO_CANCELLED_WRITE_BYTES));
    tui_sort_by(made.tui, written);
    assert_true(asked());
    assert_true(wants(SCOPE_VM, VM_IO_CANCELLED_WRITE_BYTES));
}

static void why_needs_what_it_judges(void **state)
{
    (void)state;
    start(UINT32_MAX);
    assert_true(wants(SCOPE_VM, VM_RAM_HOSTSWAP));
    assert_true(wants(SCOPE_VM, VM_NET_RECEIVEDDROP));
    /* Here WHY has no room. */
    made_tui_size(&made, 24, 70);
    assert_true(asked());
    assert_false(wants(SCOPE_VM, VM_NET_RECEIVEDDROP));
    type("!");
    assert_true(asked());
    assert_true(wants(SCOPE_VM, VM_NET_RECEIVEDDROP));
}

static void vcpus_are_read_while_somebody_sees_them(void **state)
{
    (void)state;
    start(UINT32_MAX);
    assert_false(wants_scope(SCOPE_VCPU));
    type("e");
    assert_true(asked());
    assert_true(wants_scope(SCOPE_VCPU));
    /* Not in views where disks or NICs stand below, */
    type("d");
    assert_true(asked());
    assert_false(wants_scope(SCOPE_VCPU));
    type("E");
    assert_false(wants_scope(SCOPE_VCPU));
    type("s");
    assert_false(wants_scope(SCOPE_VCPU));
    type("a");
    assert_true(wants_scope(SCOPE_VCPU));
    type("e");
    assert_false(wants_scope(SCOPE_VCPU));
    type("cE");
    assert_true(wants_scope(SCOPE_VCPU));
    assert_true(wants(SCOPE_VCPU, VCPU_VCPU_TOTAL));
}

static void details_need_theirs_while_they_are_open(void **state)
{
    (void)state;
    start(UINT32_MAX);
    assert_false(tui_needs(made.tui)->thread_classes);
    type("<Enter>");
    assert_true(asked());
    assert_true(wants_scope(SCOPE_VCPU));
    assert_true(tui_needs(made.tui)->thread_classes);
    type("?");
    assert_false(asked());
    assert_true(wants_scope(SCOPE_VCPU));
    type("<Esc><Esc>");
    assert_true(asked());
    assert_false(wants_scope(SCOPE_VCPU));
    assert_false(tui_needs(made.tui)->thread_classes);
}

static void nothing_is_asked_twice(void **state)
{
    (void)state;
    start(UINT32_MAX);
    for (unsigned i = 0; i < 5; i++) {
        made_tui_cycle(&made, "a b c");
        type("<Down>r/a<Esc>u");
        made_tui_text(&made);
        assert_false(asked());
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_on_is_wanted_always),
        TEST(nothing_is_wanted_of_what_is_off),
        TEST(verbose_ones_come_and_go_with_their_columns),
        TEST(only_columns_in_sight_are_read),
        TEST(why_needs_what_it_judges),
        TEST(vcpus_are_read_while_somebody_sees_them),
        TEST(details_need_theirs_while_they_are_open),
        TEST(nothing_is_asked_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
