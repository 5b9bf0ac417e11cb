/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: identity and memory of a VM, and what a silent source does to its cells. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "made.h"
#include "support.h"

static double page_kb(void)
{
    return (double)sysconf(_SC_PAGESIZE) / 1024;
}

static bool used_is_estimate(const struct made *m)
{
    return m->frame->tables[SCOPE_VM].notes[0] & ROW_RAM_USED_FROM_RSS;
}

static void test_used_by_usable(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    m.vm.guest_total_kb = made_now(&m, 1000);
    m.vm.guest_usable_kb = made_now(&m, 300);
    m.vm.columns[VM_RAM_FREE] = made_now(&m, 100);
    m.vm.columns[VM_RAM_ACTUAL] = made_now(&m, 1024);
    m.vm.columns[VM_RAM_MAX] = made_now(&m, 2048);
    m.vm.columns[VM_RAM_RSS] = made_now(&m, 50);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_TOTAL), 1000);
    assert_near(vm_value(&m, VM_RAM_USED), 700);
    assert_near(vm_value(&m, VM_RAM_FREE), 100);
    assert_near(vm_value(&m, VM_RAM_ACTUAL), 1024);
    assert_near(vm_value(&m, VM_RAM_MAX), 2048);
    assert_near(vm_value(&m, VM_RAM_RSS), 50 * page_kb());
    assert_false(used_is_estimate(&m));
    made_done(&m);
}

static void test_used_by_free(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    m.vm.columns[VM_RAM_FREE] = made_now(&m, 100);
    m.vm.columns[VM_RAM_ACTUAL] = made_now(&m, 1024);
    m.vm.columns[VM_RAM_RSS] = made_now(&m, 50);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_TOTAL), 1024);
    assert_near(vm_value(&m, VM_RAM_USED), 924);
    assert_false(used_is_estimate(&m));
    made_done(&m);
}

static void test_used_by_rss(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    m.vm.columns[VM_RAM_MAX] = made_now(&m, 100000);
    m.vm.columns[VM_RAM_RSS] = made_now(&m, 50);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_TOTAL), 100000);
    assert_near(vm_value(&m, VM_RAM_USED), 50 * page_kb());
    assert_true(used_is_estimate(&m));
    m.vm.columns[VM_RAM_HUGETLB] = made_now(&m, 4096);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_USED), 50 * page_kb() + 4096);
    m.vm.hugetlb_lost = true; /* half a sum is none */
    made_cycle(&m);
    assert_false(vm_has(&m, VM_RAM_USED) || used_is_estimate(&m));
    m.vm.hugetlb_lost = false;
    m.vm.columns[VM_RAM_MAX] = made_now(&m, 99);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_USED), 99);
    m.vm.columns[VM_RAM_MAX] = (struct raw){0};
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_USED), 50 * page_kb() + 4096);
    assert_false(vm_has(&m, VM_RAM_TOTAL));
    m.vm.columns[VM_RAM_RSS] = (struct raw){0};
    made_cycle(&m);
    assert_false(vm_has(&m, VM_RAM_USED));
    assert_false(used_is_estimate(&m));
    made_done(&m);
}

/* A guest that tells nonsense: more free than there is. */
static void test_used_never_wraps(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    m.vm.guest_total_kb = made_now(&m, 1000);
    m.vm.guest_usable_kb = made_now(&m, 1001);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_RAM_USED));
    m.vm.columns[VM_RAM_RSS] = made_now(&m, 50);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_USED), 50 * page_kb());
    assert_true(used_is_estimate(&m));
    m.vm.guest_usable_kb = made_now(&m, 1000);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_USED), 0);
    made_done(&m);
}

static void test_identity(void **state UNUSED)
{
    struct made m;
    double ticks = (double)sysconf(_SC_CLK_TCK);
    const struct frame_table *table;

    made_init(&m);
    made_cycle(&m);
    table = &m.frame->tables[SCOPE_VM];
    assert_string_equal(frame_value(table, 0, VM_NAME).text, "vm");
    assert_string_equal(frame_value(table, 0, VM_STATE).text, "running");
    assert_near(vm_value(&m, VM_PID), 100);
    assert_false(vm_has(&m, VM_UUID) || vm_has(&m, VM_VMID) || vm_has(&m, VM_STALE));
    assert_false(vm_has(&m, VM_START_TIME) || vm_has(&m, VM_HOST_NAME));
    m.info->pid = 0;
    m.info->uuid = xstrdup("u");
    m.info->vmid = xstrdup("100");
    m.vm.columns[VM_START_TIME] = made_now(&m, (uint64_t)(ticks * 60) + 1);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_PID) || vm_has(&m, VM_START_TIME));
    m.sample.host.boot_seconds = 1700000000;
    made_cycle(&m);
    table = &m.frame->tables[SCOPE_VM];
    assert_near(vm_value(&m, VM_START_TIME), 1700000060);
    assert_string_equal(frame_value(table, 0, VM_UUID).text, "u");
    assert_near(frame_value(table, 0, VM_VMID).number, 100);
    made_done(&m);
}

static void test_fault_rates(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    m.vm.columns[VM_RAM_MINFLT] = made_now(&m, 1000);
    m.vm.columns[VM_RAM_VSIZE] = made_now(&m, 1024 * 77);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_RAM_MINFLT));
    assert_int_equal(vm_counter(&m, VM_RAM_MINFLT), 1000);
    assert_near(vm_value(&m, VM_RAM_VSIZE), 77);
    made_pass(&m, 4);
    m.vm.columns[VM_RAM_MINFLT] = made_now(&m, 1010);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_RAM_MINFLT), 2.5);
    assert_false(vm_has(&m, VM_RAM_MAJFLT) || vm_has_counter(&m, VM_RAM_MAJFLT));
    made_done(&m);
}

/* The source's beat is 2 s: within two of them it is fresh. */
static void test_stale_counting(void **state UNUSED)
{
    static const struct {
        double age, stale;
    } rows[] = {{-0.5, 0}, {0, 0}, {2, 0}, {3.99, 0}, {4, 0}, {4.01, 4}, {7.9, 7}, {3600, 3600}};
    struct made m;

    made_init(&m);
    m.info->has_source = true;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        m.info->answered_at = mono_add_seconds(m.sample.at, -rows[i].age);
        made_cycle(&m);
        assert_near(vm_value(&m, VM_STALE), rows[i].stale);
    }
    made_done(&m);
}

/* A source that is late by two beats is silent, however short its beat is. */
/* Who never answered is silent from the first cycle on. */
static void test_stale_from_the_start(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    m.info->has_source = true;
    m.info->never_answered = true;
    m.info->answered_at = m.sample.at;
    made_cycle(&m);
    assert_near(vm_value(&m, VM_STALE), 1);
    made_pass(&m, 3.5);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_STALE), 3);
    made_done(&m);
}

static void test_stale_of_a_short_beat(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    m.info->has_source = true;
    m.inventory->beat = 0.1;
    m.info->answered_at = mono_add_seconds(m.sample.at, -0.9);
    made_cycle(&m);
    assert_true(vm_value(&m, VM_STALE) >= 1);
    made_done(&m);
}

static void stale_init(struct made *m)
{
    made_init(m);
    m->info->has_source = true;
    m->info->answered_at = m->sample.at;
    m->vm.columns[VM_RAM_SWAPIN] = made_now(m, 1000);
    m->vm.columns[VM_RAM_ACTUAL] = made_now(m, 4096);
    made_cycle(m);
    made_pass(m, 2);
    m->info->answered_at = m->sample.at;
    m->vm.columns[VM_RAM_SWAPIN] = made_now(m, 1100);
    m->vm.columns[VM_RAM_MINFLT] = made_now(m, 10);
    made_cycle(m);
    assert_near(vm_value(m, VM_RAM_SWAPIN), 50);
}

static void test_rates_when_stale(void **state UNUSED)
{
    struct made m;

    stale_init(&m);
    made_pass(&m, 3); /* between beats: held */
    m.vm.columns[VM_RAM_MINFLT] = made_now(&m, 40);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_STALE), 0);
    assert_near(vm_value(&m, VM_RAM_SWAPIN), 50);
    assert_int_equal(vm_counter(&m, VM_RAM_SWAPIN), 1100 * 1024);
    made_pass(&m, 2); /* silent */
    m.vm.columns[VM_RAM_MINFLT] = made_now(&m, 80);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_STALE), 5);
    assert_false(vm_has(&m, VM_RAM_SWAPIN));
    assert_int_equal(vm_counter(&m, VM_RAM_SWAPIN), 1100 * 1024);
    assert_true(made_is_told(&m, SCOPE_VM, 0, VM_RAM_SWAPIN));
    assert_true(made_is_told(&m, SCOPE_VM, 0, VM_RAM_ACTUAL));
    assert_false(made_is_told(&m, SCOPE_VM, 0, VM_RAM_MINFLT));
    assert_near(vm_value(&m, VM_RAM_ACTUAL), 4096);
    assert_near(vm_value(&m, VM_RAM_MINFLT), 20);
    made_pass(&m, 5); /* it answers again: by the whole gap */
    m.info->answered_at = m.sample.at;
    m.vm.columns[VM_RAM_SWAPIN] = made_now(&m, 1200);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_STALE), 0);
    assert_near(vm_value(&m, VM_RAM_SWAPIN), 10);
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_used_by_usable),
        cmocka_unit_test(test_used_by_free),
        cmocka_unit_test(test_used_by_rss),
        cmocka_unit_test(test_used_never_wraps),
        cmocka_unit_test(test_identity),
        cmocka_unit_test(test_fault_rates),
        cmocka_unit_test(test_stale_counting),
        cmocka_unit_test(test_stale_of_a_short_beat),
        cmocka_unit_test(test_stale_from_the_start),
        cmocka_unit_test(test_rates_when_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
