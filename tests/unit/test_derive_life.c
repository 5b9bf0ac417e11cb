/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: VMs that restart, go, and take over each other's slot. */
#include "made.h"
#include "support.h"

static void life_init(struct made *m)
{
    made_init(m);
    made_threads(m);
    m->vm.columns[VM_RAM_MINFLT] = made_now(m, 1000);
    made_cycle(m);
    made_pass(m, 1);
    made_thread(m, 101, 0, 900, 100);
    made_thread(m, 100, -1, 90, 10);
    m->vm.columns[VM_RAM_MINFLT] = made_now(m, 1100);
    made_cycle(m);
    assert_near(vm_value(m, VM_RAM_MINFLT), 100);
}

/* The same key, another process: nothing of the old one is left. */
static void test_restart(void **state UNUSED)
{
    struct made m;

    life_init(&m);
    made_pass(&m, 1);
    m.vm.birth++;
    m.vm.listing++;
    m.vm.thread_count = m.vm.vcpu_count = 0;
    made_thread(&m, 101, 0, 950, 150); /* even with the same TIDs and higher figures */
    made_thread(&m, 100, -1, 95, 15);
    m.vm.columns[VM_RAM_MINFLT] = made_now(&m, 2000);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_CPU_TOTAL) || vm_has(&m, VM_CPU_STEAL));
    assert_false(vm_has(&m, VM_CPU_OTHER_TOTAL) || vm_has(&m, VM_CPU_HOST_USED));
    assert_false(vm_has(&m, VM_RAM_MINFLT));
    assert_false(made_has(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL));
    assert_int_equal(vm_counter(&m, VM_CPU_TOTAL), 950 * MS);
    assert_int_equal(vm_counter(&m, VM_CPU_OTHER_TOTAL), 95 * MS);
    made_pass(&m, 1);
    made_thread(&m, 101, 0, 1050, 150);
    made_thread(&m, 100, -1, 95, 15);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_TOTAL), 10);
    made_done(&m);
}

static void test_restart_to_smaller_counters(void **state UNUSED)
{
    struct made m;

    life_init(&m);
    made_pass(&m, 1);
    m.vm.birth++;
    m.vm.listing++;
    made_thread(&m, 101, 0, 5, 1);
    made_thread(&m, 102, 1, 6, 1);
    made_thread(&m, 100, -1, 7, 1);
    m.vm.columns[VM_RAM_MINFLT] = made_now(&m, 3);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_CPU_TOTAL) || vm_has(&m, VM_RAM_MINFLT));
    assert_int_equal(vm_counter(&m, VM_CPU_TOTAL), 11 * MS);
    made_done(&m);
}

static void test_process_gone(void **state UNUSED)
{
    struct made m;

    life_init(&m);
    m.vm.process_gone = true;
    made_pass(&m, 1);
    made_cycle(&m);
    assert_int_equal(m.frame->tables[SCOPE_VM].rows, 0);
    assert_int_equal(m.frame->tables[SCOPE_VCPU].rows, 0);
    assert_int_equal(m.frame->tables[SCOPE_HOST].rows, 1);
    made_done(&m);
}

static void test_no_vms_no_inventory(void **state UNUSED)
{
    struct made m;

    life_init(&m);
    m.sample.vm_count = m.sample.slot_count = 0;
    m.sample.inventory = NULL;
    made_pass(&m, 1);
    made_cycle(&m);
    assert_int_equal(m.frame->tables[SCOPE_VM].rows, 0);
    assert_null(m.frame->inventory);
    made_done(&m);
}

/* A slot's number serves another VM afterwards: its birth is another one. */
static void test_slot_reused(void **state UNUSED)
{
    struct made m;

    life_init(&m);
    m.sample.vm_count = 0;
    made_pass(&m, 1);
    made_cycle(&m);
    m.sample.vm_count = 1;
    m.vm.birth = 7;
    m.vm.listing = 50;
    made_pass(&m, 1);
    made_thread(&m, 101, 0, 1000, 0);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_CPU_TOTAL) || vm_has(&m, VM_RAM_MINFLT));
    made_done(&m);
}

/* Rows stand in the inventory's order and name their VM. */
static void test_many_vms(void **state UNUSED)
{
    struct made m;
    struct vm_sample second;
    struct vm_sample *vms[2];
    struct thread_sample threads[1] = {{.tid = 201, .vcpu = 0}};
    char key[] = "k2", name[] = "z";
    struct vm_info other = {.key = key, .name = name, .state = VM_STATE_PAUSED, .pid = 200};

    made_init(&m);
    made_threads(&m);
    threads[0].run = threads[0].wait = made_now(&m, 5);
    second = (struct vm_sample){.info = &other,
                                .slot = 9,
                                .birth = 3,
                                .listing = 4,
                                .threads = threads,
                                .thread_count = 1,
                                .read_count = 1,
                                .vcpu_count = 1,
                                .vcpus_known = true,
                                .throttle_listing = 1};
    vms[0] = &m.vm;
    vms[1] = &second;
    m.sample.vms = vms;
    m.sample.vm_count = 2;
    m.sample.slot_count = 10;
    made_cycle(&m);
    assert_int_equal(m.frame->tables[SCOPE_VM].rows, 2);
    assert_int_equal(m.frame->tables[SCOPE_VCPU].rows, 3);
    assert_int_equal(m.frame->tables[SCOPE_VCPU].parents[1], 0);
    assert_int_equal(m.frame->tables[SCOPE_VCPU].parents[2], 1);
    assert_string_equal(frame_value(&m.frame->tables[SCOPE_VM], 1, VM_STATE).text, "paused");
    m.vm.process_gone = true; /* the rows of its parts go with it */
    made_cycle(&m);
    assert_int_equal(m.frame->tables[SCOPE_VM].rows, 1);
    assert_int_equal(m.frame->tables[SCOPE_VCPU].rows, 1);
    assert_int_equal(m.frame->tables[SCOPE_VCPU].parents[0], 0);
    made_done(&m);
}

/* A frame outlives the inventory that was current when it was made. */
static void test_frame_keeps_inventory(void **state UNUSED)
{
    struct made m;
    struct frame *frame;

    made_init(&m);
    made_cycle(&m);
    frame = frame_ref(m.frame);
    made_done(&m);
    assert_string_equal(frame_value(&frame->tables[SCOPE_VM], 0, VM_NAME).text, "vm");
    frame_unref(frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_restart_to_smaller_counters),
        cmocka_unit_test(test_process_gone),
        cmocka_unit_test(test_no_vms_no_inventory),
        cmocka_unit_test(test_slot_reused),
        cmocka_unit_test(test_many_vms),
        cmocka_unit_test(test_frame_keeps_inventory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
