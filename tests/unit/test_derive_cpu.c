/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: the CPU cells of a VM, from threads that come, go, wait and fail to be read. */
#include <math.h>

#include "made.h"
#include "support.h"

static void test_first_cycle(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_thread(&m, 101, 0, 500, 50);
    made_thread(&m, 100, -1, 70, 7);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_CPU_TOTAL) || vm_has(&m, VM_CPU_TOTAL_MAX));
    assert_false(vm_has(&m, VM_CPU_STEAL) || vm_has(&m, VM_CPU_STEAL_MAX));
    assert_false(vm_has(&m, VM_CPU_OTHER_TOTAL) || vm_has(&m, VM_CPU_HOST_USED));
    assert_near(vm_value(&m, VM_CPU_CORES), 1);
    assert_int_equal(vm_counter(&m, VM_CPU_TOTAL), 500 * MS);
    assert_int_equal(vm_counter(&m, VM_CPU_STEAL), 50 * MS);
    assert_int_equal(vm_counter(&m, VM_CPU_OTHER_TOTAL), 70 * MS);
    assert_int_equal(m.frame->tables[SCOPE_VCPU].rows, 1);
    assert_false(made_has(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL));
    assert_near(m.frame->interval, 0);
    made_done(&m);
}

static void test_mean_and_highest(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_cycle(&m);
    made_pass(&m, 2);
    made_thread(&m, 101, 0, 1000, 200);
    made_thread(&m, 102, 1, 500, 100);
    made_thread(&m, 100, -1, 300, 40);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_TOTAL), 37.5);
    assert_near(vm_value(&m, VM_CPU_TOTAL_MAX), 50);
    assert_near(vm_value(&m, VM_CPU_STEAL), 7.5);
    assert_near(vm_value(&m, VM_CPU_STEAL_MAX), 10);
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 15);
    assert_near(vm_value(&m, VM_CPU_OTHER_STEAL), 2);
    assert_near(vm_value(&m, VM_CPU_HOST_USED), 0.9);
    assert_near(m.frame->interval, 2);
    assert_near(made_value(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL), 50);
    assert_near(made_value(&m, SCOPE_VCPU, 1, VCPU_VCPU_TOTAL), 25);
    assert_near(made_value(&m, SCOPE_VCPU, 1, VCPU_VCPU_ID), 1);
    assert_near(made_value(&m, SCOPE_VCPU, 1, VCPU_VCPU_TID), 102);
    assert_int_equal(made_counter(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL), 1000 * MS);
    assert_int_equal(vm_counter(&m, VM_CPU_TOTAL), 1500 * MS);
    made_done(&m);
}

static struct thread_use use_of(const struct made *m, enum thread_class class)
{
    return m->frame->tables[SCOPE_VM].threads[0][class];
}

/* What threads of each class did, only for those who want it. */
static void test_thread_classes(void **state UNUSED)
{
    struct selection selection;
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_thread(&m, 103, -1, 0, 0);
    made_thread(&m, 104, -1, 0, 0);
    for (size_t i = 0; i < m.vm.thread_count; i++)
        m.threads[i].class = m.threads[i].vcpu >= 0    ? THREAD_VCPU
                             : m.threads[i].tid == 100 ? THREAD_MAIN
                                                       : THREAD_IOTHREAD;
    made_cycle(&m);
    assert_null(m.frame->tables[SCOPE_VM].threads);
    selection_by_collectors(&selection, UINT32_MAX, true);
    selection.thread_classes = true;
    derive_select(m.derive, &selection);
    made_pass(&m, 2);
    made_thread(&m, 101, 0, 1000, 200);
    made_thread(&m, 102, 1, 500, 100);
    made_thread(&m, 100, -1, 300, 40);
    made_thread(&m, 103, -1, 100, 10);
    made_thread(&m, 104, -1, 20, 30);
    made_cycle(&m);
    /* 1500 ms and 300 ms in 2 s */
    assert_int_equal(use_of(&m, THREAD_VCPU).threads, 2);
    assert_true(use_of(&m, THREAD_VCPU).valid);
    assert_near(use_of(&m, THREAD_VCPU).used, 75);
    assert_near(use_of(&m, THREAD_VCPU).waiting, 15);
    assert_near(use_of(&m, THREAD_MAIN).used, 15);
    assert_int_equal(use_of(&m, THREAD_IOTHREAD).threads, 2);
    assert_near(use_of(&m, THREAD_IOTHREAD).used, 6);
    assert_near(use_of(&m, THREAD_IOTHREAD).waiting, 2);
    assert_int_equal(use_of(&m, THREAD_VHOST).threads, 0);
    made_pass(&m, 1); /* threads that could not be read say nothing of their class */
    for (size_t i = 0; i < m.vm.thread_count; i++) {
        if (m.threads[i].tid == 103)
            m.threads[i].run = m.threads[i].wait = (struct raw){0};
    }
    made_cycle(&m);
    assert_false(use_of(&m, THREAD_IOTHREAD).valid);
    assert_int_equal(use_of(&m, THREAD_IOTHREAD).threads, 2);
    selection.thread_classes = false;
    derive_select(m.derive, &selection);
    made_pass(&m, 1);
    made_cycle(&m);
    assert_null(m.frame->tables[SCOPE_VM].threads);
    made_done(&m);
}

/* A tick booked late: over 100 % of the time. Values are cut, counters are not. */
static void test_clamp(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 101, 0, 1012, 0);
    made_thread(&m, 102, 1, 1004, 0);
    made_thread(&m, 100, -1, 1010, 0);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_TOTAL), 100);
    assert_near(vm_value(&m, VM_CPU_TOTAL_MAX), 100);
    assert_near(made_value(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL), 100);
    assert_int_equal(vm_counter(&m, VM_CPU_TOTAL), 2016 * MS);
    assert_int_equal(made_counter(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL), 1012 * MS);
    made_done(&m);
}

/* The wait of a starved thread is booked when it ends. */
static void test_steal_over_100(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 101, 0, 0, 3000);
    made_thread(&m, 102, 1, 0, 0);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_STEAL), 150);
    assert_near(vm_value(&m, VM_CPU_STEAL_MAX), 300);
    assert_near(made_value(&m, SCOPE_VCPU, 0, VCPU_VCPU_STEAL), 300);
    assert_near(made_value(&m, SCOPE_VCPU, 1, VCPU_VCPU_STEAL), 0);
    made_done(&m);
}

static void test_exiting_worker(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_thread(&m, 110, -1, 0, 0);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 100, -1, 100, 10);
    made_thread(&m, 110, -1, 700, 70);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 80);
    assert_int_equal(vm_counter(&m, VM_CPU_OTHER_TOTAL), 800 * MS);
    made_pass(&m, 1);
    made_thread_leaves(&m, 110);
    made_thread(&m, 100, -1, 150, 15);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 5);
    assert_int_equal(vm_counter(&m, VM_CPU_OTHER_TOTAL), 850 * MS);
    assert_int_equal(vm_counter(&m, VM_CPU_OTHER_STEAL), 85 * MS);
    made_done(&m);
}

/* A worker that was born since the last cycle: what it ran counts at once. */
static void test_newborn_worker(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_cycle(&m);
    made_pass(&m, 2);
    made_thread(&m, 100, -1, 0, 0);
    made_thread(&m, 120, -1, 500, 100);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 25);
    assert_int_equal(vm_counter(&m, VM_CPU_OTHER_TOTAL), 500 * MS);
    made_pass(&m, 1);
    made_thread(&m, 100, -1, 0, 0);
    made_thread(&m, 120, -1, 600, 100);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 10);
    made_done(&m);
}

/* A thread that was found late and cannot be newborn: no spike. */
static void test_late_thread(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 100, -1, 0, 0);
    made_thread(&m, 103, 2, 5000000, 0);
    made_thread(&m, 120, -1, 9000000, 0);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 0);
    assert_int_equal(vm_counter(&m, VM_CPU_OTHER_TOTAL), 0);
    assert_false(made_has(&m, SCOPE_VCPU, 2, VCPU_VCPU_TOTAL));
    made_pass(&m, 1);
    made_thread(&m, 103, 2, 5000500, 0);
    made_cycle(&m);
    assert_near(made_value(&m, SCOPE_VCPU, 2, VCPU_VCPU_TOTAL), 50);
    assert_int_equal(vm_counter(&m, VM_CPU_TOTAL), 500 * MS);
    made_done(&m);
}

/* Threads change their places in the list and keep their history. */
static void test_new_order(void **state UNUSED)
{
    struct made m;
    struct thread_sample swap;

    made_init(&m);
    made_threads(&m);
    made_thread(&m, 101, 0, 100000, 0);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 101, 0, 100100, 0);
    made_thread(&m, 102, 1, 200, 0);
    swap = m.threads[0];
    m.threads[0] = m.threads[1];
    m.threads[1] = swap;
    m.vm.listing++;
    made_cycle(&m);
    assert_near(made_value(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL), 20);
    assert_near(made_value(&m, SCOPE_VCPU, 1, VCPU_VCPU_TOTAL), 10);
    made_done(&m);
}

/* A thread that goes on and was not read: no sum and no mean without it, and
 * then one over the whole gap. */
static void test_failed_reading(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 102, 1, 100, 0);
    made_thread(&m, 100, -1, 50, 0);
    m.threads[0].run = m.threads[0].wait = (struct raw){0};
    made_cycle(&m);
    assert_false(made_has(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL));
    assert_near(made_value(&m, SCOPE_VCPU, 1, VCPU_VCPU_TOTAL), 10);
    assert_false(vm_has(&m, VM_CPU_TOTAL) || vm_has(&m, VM_CPU_TOTAL_MAX));
    assert_false(vm_has(&m, VM_CPU_STEAL) || vm_has(&m, VM_CPU_HOST_USED));
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 5);
    made_pass(&m, 1);
    made_thread(&m, 101, 0, 1000, 0);
    made_thread(&m, 102, 1, 200, 0);
    made_thread(&m, 100, -1, 100, 0);
    made_cycle(&m);
    assert_near(made_value(&m, SCOPE_VCPU, 0, VCPU_VCPU_TOTAL), 50);
    assert_near(vm_value(&m, VM_CPU_TOTAL), 30);
    assert_int_equal(vm_counter(&m, VM_CPU_TOTAL), 1200 * MS);
    made_done(&m);
}

/* A thread that ended since it was listed makes nothing incomplete. */
static void test_thread_gone(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_thread(&m, 110, -1, 0, 0);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 101, 0, 100, 0);
    made_thread(&m, 102, 1, 100, 0);
    made_thread(&m, 100, -1, 50, 0);
    m.threads[3].run = m.threads[3].wait = (struct raw){0};
    m.threads[3].gone = true;
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 5);
    assert_near(vm_value(&m, VM_CPU_HOST_USED), 0.25);
    m.threads[3].gone = false;
    made_cycle(&m);
    assert_false(vm_has(&m, VM_CPU_OTHER_TOTAL));
    made_done(&m);
}

static void test_unknown_vcpus(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_thread(&m, 100, -1, 0, 0);
    made_thread(&m, 101, -1, 0, 0);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 100, -1, 100, 0);
    made_thread(&m, 101, -1, 900, 0);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_HOST_USED), 1);
    assert_false(vm_has(&m, VM_CPU_TOTAL) || vm_has(&m, VM_CPU_OTHER_TOTAL));
    assert_false(vm_has_counter(&m, VM_CPU_OTHER_TOTAL));
    assert_false(vm_has(&m, VM_CPU_CORES));
    m.vm.columns[VM_CPU_CORES] = made_now(&m, 4);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_CORES), 4);
    made_done(&m);
}

/* Overhead begins when the vCPUs can be told apart: it contains none of their time. */
static void test_vcpus_named_late(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_thread(&m, 101, -1, 100000, 0);
    made_thread(&m, 100, -1, 5, 0);
    made_cycle(&m);
    made_pass(&m, 1);
    made_thread(&m, 101, -1, 100900, 0);
    made_thread(&m, 100, -1, 10, 0);
    m.threads[0].vcpu = 0;
    m.vm.vcpu_count = 1;
    m.vm.vcpus_known = true;
    m.vm.listing++;
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_TOTAL), 90);
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 0.5);
    assert_true(vm_counter(&m, VM_CPU_OTHER_TOTAL) <= 10 * MS);
    made_done(&m);
}

/* For a cycle the vCPUs cannot be told apart: their time is no overhead for that. */
static void test_vcpus_forgotten_for_a_while(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_thread(&m, 101, 0, 0, 0);
    made_thread(&m, 100, -1, 0, 0);
    made_cycle(&m);
    for (unsigned cycle = 1; cycle < 4; cycle++) {
        bool known = cycle != 2;

        made_pass(&m, 1);
        made_thread(&m, 101, 0, cycle * 900, cycle * 50);
        made_thread(&m, 100, -1, cycle * 10, 0);
        m.threads[0].vcpu = known ? 0 : -1;
        m.vm.vcpu_count = known;
        m.vm.vcpus_known = known;
        m.vm.listing++;
        made_cycle(&m);
        assert_near(vm_value(&m, VM_CPU_HOST_USED), 0.91);
    }
    assert_near(vm_value(&m, VM_CPU_OTHER_TOTAL), 1);
    assert_true(vm_counter(&m, VM_CPU_OTHER_TOTAL) <= 30 * MS);
    assert_int_equal(vm_counter(&m, VM_CPU_OTHER_STEAL), 0);
    made_done(&m);
}

static void test_throttled(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    m.vm.throttle_count = 2;
    m.throttles[0] = (struct throttle_sample){.id = 1, .time = made_now(&m, 50 * MS)};
    m.throttles[1] = (struct throttle_sample){.id = 2, .time = made_now(&m, 70 * MS)};
    made_cycle(&m);
    assert_false(vm_has(&m, VM_CPU_THROTTLED));
    assert_int_equal(vm_counter(&m, VM_CPU_THROTTLED), 120 * MS);
    made_pass(&m, 1);
    m.throttles[0].time = made_now(&m, 250 * MS);
    m.throttles[1].time = made_now(&m, 170 * MS);
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_THROTTLED), 15);
    made_pass(&m, 1);
    m.vm.throttle_count = 1; /* one group is gone */
    m.throttles[0] = (struct throttle_sample){.id = 2, .time = made_now(&m, 190 * MS)};
    m.vm.throttle_listing++;
    made_cycle(&m);
    assert_near(vm_value(&m, VM_CPU_THROTTLED), 1);
    assert_int_equal(vm_counter(&m, VM_CPU_THROTTLED), 440 * MS);
    m.vm.throttle_count = 0;
    m.vm.throttle_listing++;
    made_pass(&m, 1);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_CPU_THROTTLED));
    made_done(&m);
}

static void test_no_cgroup(void **state UNUSED)
{
    struct made m;

    made_init(&m);
    made_threads(&m);
    made_cycle(&m);
    made_pass(&m, 1);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_CPU_THROTTLED) || vm_has_counter(&m, VM_CPU_THROTTLED));
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_cycle),      cmocka_unit_test(test_mean_and_highest),
        cmocka_unit_test(test_thread_classes),   cmocka_unit_test(test_clamp),
        cmocka_unit_test(test_steal_over_100),   cmocka_unit_test(test_exiting_worker),
        cmocka_unit_test(test_newborn_worker),   cmocka_unit_test(test_late_thread),
        cmocka_unit_test(test_new_order),        cmocka_unit_test(test_failed_reading),
        cmocka_unit_test(test_thread_gone),      cmocka_unit_test(test_unknown_vcpus),
        cmocka_unit_test(test_vcpus_named_late), cmocka_unit_test(test_vcpus_forgotten_for_a_while),
        cmocka_unit_test(test_throttled),        cmocka_unit_test(test_no_cgroup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
