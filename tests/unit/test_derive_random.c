/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * derive: whatever the kernel's counters do, no wrap and no spike reaches a
 * frame, and no counter of a VM's life falls.
 */
#include <math.h>

#include "made.h"
#include "support.h"

#define LIVES  60
#define CYCLES 200

/* What the threads really did, as an upper bound of what frames may tell. */
struct truth {
    uint64_t seed;
    pid_t next_tid;
    uint64_t run_all; /* ns, of all threads ever, their first readings included */
    uint64_t wait_all;
    bool fell; /* a reading went down in this cycle */
    uint64_t counters[VM__COUNT];
};

static uint64_t below(struct truth *t, uint64_t limit)
{
    return support_random_below(&t->seed, limit);
}

/* A thread does something between none and all of the time, and a tick. */
static void thread_goes_on(struct made *m, struct truth *t, struct thread_sample *thread,
                           int64_t passed)
{
    uint64_t run = below(t, (uint64_t)passed + 8 * MS), wait = below(t, (uint64_t)passed * 3);

    switch (below(t, 20)) {
    case 0: /* not read this time */
        thread->run.at.ns = thread->wait.at.ns = 0;
        thread->run.value += run;
        thread->wait.value += wait;
        break;
    case 1: /* a counter that falls */
        thread->run = made_now(m, below(t, thread->run.value + 1));
        thread->wait = made_now(m, below(t, thread->wait.value + 1));
        t->fell = true;
        break;
    case 2: /* the same reading again */
        return;
    default:
        thread->run = made_now(m, thread->run.value + run);
        thread->wait = made_now(m, thread->wait.value + wait);
    }
    t->run_all += run;
    t->wait_all += wait;
}

static void thread_joins(struct made *m, struct truth *t)
{
    bool old = !below(t, 3);
    uint64_t run = below(t, old ? 1000000000 : 1500), wait = below(t, old ? 1000000000 : 1500);
    int vcpu = below(t, 2) ? (int)below(t, 8) : -1;

    if (m->vm.thread_count == MADE_THREADS_MAX)
        return;
    made_thread(m, t->next_tid++, vcpu, run, wait);
    t->run_all += run * (uint64_t)MS;
    t->wait_all += wait * (uint64_t)MS;
}

static void assert_bounds(const struct made *m, const struct truth *t)
{
    static const unsigned shares[] = {VM_CPU_TOTAL, VM_CPU_TOTAL_MAX};
    const struct frame_table *vcpus = &m->frame->tables[SCOPE_VCPU];
    double most = 110.0 * (double)m->vm.thread_count; /* a tick of 8 ms in 100 ms at least */

    for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
        if (vm_has(m, shares[i]))
            assert_true(vm_value(m, shares[i]) >= 0 && vm_value(m, shares[i]) <= 100);
    }
    for (size_t row = 0; row < vcpus->rows; row++) {
        if (frame_has_value(vcpus, row, VCPU_VCPU_TOTAL))
            assert_true(frame_value(vcpus, row, VCPU_VCPU_TOTAL).number <= 100);
        if (frame_has_value(vcpus, row, VCPU_VCPU_STEAL))
            assert_true(frame_value(vcpus, row, VCPU_VCPU_STEAL).number <= 310);
    }
    if (vm_has(m, VM_CPU_OTHER_TOTAL))
        assert_true(vm_value(m, VM_CPU_OTHER_TOTAL) <= most);
    if (vm_has(m, VM_CPU_HOST_USED))
        assert_true(vm_value(m, VM_CPU_HOST_USED) <= most / 100);
    if (vm_has(m, VM_CPU_STEAL_MAX))
        assert_true(vm_value(m, VM_CPU_STEAL_MAX) <= 310);
    if (vm_has_counter(m, VM_CPU_TOTAL) && vm_has_counter(m, VM_CPU_OTHER_TOTAL))
        assert_true(vm_counter(m, VM_CPU_TOTAL) + vm_counter(m, VM_CPU_OTHER_TOTAL) <= t->run_all);
    if (vm_has_counter(m, VM_CPU_STEAL))
        assert_true(vm_counter(m, VM_CPU_STEAL) <= t->wait_all);
}

/* Sums never fall, not even when a member's own counter did. */
static void assert_counters_rise(const struct made *m, struct truth *t)
{
    static const unsigned sums[] = {VM_CPU_TOTAL, VM_CPU_STEAL, VM_CPU_OTHER_TOTAL,
                                    VM_CPU_OTHER_STEAL, VM_CPU_THROTTLED};

    for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
        if (!vm_has_counter(m, sums[i]))
            continue;
        assert_true(vm_counter(m, sums[i]) >= t->counters[sums[i]]);
        t->counters[sums[i]] = vm_counter(m, sums[i]);
    }
    if (vm_has_counter(m, VM_RAM_MINFLT)) {
        assert_true(t->fell || vm_counter(m, VM_RAM_MINFLT) >= t->counters[VM_RAM_MINFLT]);
        t->counters[VM_RAM_MINFLT] = vm_counter(m, VM_RAM_MINFLT);
    }
}

static void assert_finite(const struct frame *frame)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        const struct frame_table *table = &frame->tables[s];

        for (size_t row = 0; row < table->rows; row++) {
            for (unsigned column = 0; column < table->columns; column++) {
                if (!frame_has_value(table, row, column) ||
                    metric_at((enum scope)s, column)->type == METRIC_TYPE_STR)
                    continue;
                assert_true(isfinite(frame_value(table, row, column).number));
                assert_true(frame_value(table, row, column).number >= 0);
                assert_true(frame_value(table, row, column).number < 1e13);
            }
        }
    }
}

static void one_cycle(struct made *m, struct truth *t)
{
    double seconds = below(t, 10) ? 0.1 + (double)below(t, 30) / 10 : 1000;
    struct raw *faults = &m->vm.columns[VM_RAM_MINFLT];

    t->fell = false;
    made_pass(m, seconds);
    for (size_t i = 0; i < m->vm.thread_count; i++)
        thread_goes_on(m, t, &m->threads[i], (int64_t)(seconds * 1e9));
    if (!below(t, 8))
        thread_joins(m, t);
    if (m->vm.thread_count && !below(t, 8))
        made_thread_leaves(m, m->threads[below(t, m->vm.thread_count)].tid);
    if (below(t, 5))
        *faults = made_now(m, faults->value + below(t, 1000));
    if (!below(t, 30)) {
        *faults = made_now(m, below(t, 1000));
        t->fell = true;
    }
    for (size_t i = 0; i < m->vm.throttle_count; i++)
        m->throttles[i].time = made_now(
            m, below(t, 15) ? m->throttles[i].time.value + below(t, 100) * (uint64_t)MS : 0);
    made_cycle(m);
    assert_finite(m->frame);
    assert_bounds(m, t);
    assert_counters_rise(m, t);
}

static void test_random_lives(void **state UNUSED)
{
    struct truth t = {.seed = 5, .next_tid = 1000};
    struct made m;

    made_init(&m);
    m.vm.throttle_count = 2;
    m.throttles[0].id = 1;
    m.throttles[1].id = 2;
    for (int life = 0; life < LIVES; life++) {
        for (int i = 0; i < VM__COUNT; i++)
            t.counters[i] = 0;
        t.run_all = t.wait_all = 0;
        m.vm.birth++;
        m.vm.listing++;
        m.vm.thread_count = m.vm.vcpu_count = 0;
        m.vm.columns[VM_RAM_MINFLT] = (struct raw){0};
        while (m.vm.thread_count < 5)
            thread_joins(&m, &t);
        for (int cycle = 0; cycle < CYCLES; cycle++)
            one_cycle(&m, &t);
    }
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_lives),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
