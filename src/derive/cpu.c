/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU of a VM, from the run time and run-queue wait of its threads. A thread
 * cannot run for more than all of the time; that it seems to by up to a tick
 * (a running thread is booked per tick) is cut from the values, never from
 * the counters.
 */
#include <string.h>

#include "base/util.h"
#include "derive/internal.h"

#define NS_PER_S_PERCENT 1e-7 /* ns per s -> % of one CPU */

void derive_cpu_reset(struct vm_state_kept *state)
{
    state->threads.listing = state->throttles.listing = 0;
    members_cut(&state->threads.members, 0);
    members_cut(&state->throttles.members, 0);
    state->vcpu_run = state->vcpu_wait = state->other_run = state->other_wait = (struct sum){0};
    state->throttled = (struct sum){0};
}

/* Brings what is remembered of the members into the order of the sample's
 * first `count` ones; what is remembered of those that left is forgotten. */
static void list_follow(struct member_list *list, uint64_t listing, const struct vm_sample *vm,
                        size_t count, uint64_t (*id_of)(const struct vm_sample *vm, size_t i))
{
    if (list->listing == listing)
        return;
    for (size_t i = 0; i < count; i++) {
        bool is_new;
        struct member_state *state =
            members_settle(&list->members, sizeof(*state), i, id_of(vm, i), &is_new);

        if (is_new)
            state->newborn = list->listing != 0;
    }
    members_cut(&list->members, count);
    list->listing = listing;
}

static struct member_state *list_state(const struct member_list *list, size_t i)
{
    return (struct member_state *)list->members.states + i;
}

static uint64_t thread_id(const struct vm_sample *vm, size_t i)
{
    return (uint64_t)vm->threads[i].tid;
}

static uint64_t throttle_id(const struct vm_sample *vm, size_t i)
{
    return vm->throttles[i].id;
}

/* One counter of a member, stepped and added to the sum of its set. The first
 * readings of a set that is new start the total. `since` (ns 0 = no) is when
 * the set was read last, if the member joined it after that. `gone`: the member
 * left it since. */
static struct step member_step(struct counter *counter, struct raw reading, struct mono since,
                               bool set_is_new, bool gone, struct sum *sum, struct sum_step *cycle)
{
    bool known = raw_valid(counter->last);
    struct step step =
        since.ns ? counter_step_newborn(counter, reading, since) : counter_step(counter, reading);

    sum_member(sum, cycle, step,
               (struct membership){
                   .reading = reading, .known = known, .set_is_new = set_is_new, .gone = gone});
    return step;
}

static void derive_vcpu_row(const struct thread_sample *thread, struct step run, struct step wait,
                            struct frame *frame, size_t vm_row)
{
    struct frame_table *table = &frame->tables[SCOPE_VCPU];
    size_t row = frame_add_row(table, (uint32_t)vm_row);

    frame_set_number(table, row, VCPU_VCPU_ID, thread->vcpu);
    frame_set_number(table, row, VCPU_VCPU_TID, thread->tid);
    if (run.valid)
        frame_set_number(table, row, VCPU_VCPU_TOTAL, clamp_high(run.rate * NS_PER_S_PERCENT, 100));
    if (wait.valid)
        frame_set_number(table, row, VCPU_VCPU_STEAL, wait.rate * NS_PER_S_PERCENT);
    if (raw_valid(thread->run))
        frame_set_counter(table, row, VCPU_VCPU_TOTAL, thread->run.value);
    if (raw_valid(thread->wait))
        frame_set_counter(table, row, VCPU_VCPU_STEAL, thread->wait.value);
}

static void set_sum_counter(struct frame_table *table, size_t row, unsigned column,
                            const struct sum *sum)
{
    if (sum->started)
        frame_set_counter(table, row, column, sum->total);
}

static void derive_vcpus(const struct vm_state_kept *state, struct frame_table *table, size_t row,
                         struct sum_step run, struct sum_step wait)
{
    if (run.members && !run.incomplete) {
        double mean = run.rate * NS_PER_S_PERCENT / run.members;

        frame_set_number(table, row, VM_CPU_TOTAL, clamp_high(mean, 100));
        frame_set_number(table, row, VM_CPU_TOTAL_MAX,
                         clamp_high(run.highest * NS_PER_S_PERCENT, 100));
    }
    if (wait.members && !wait.incomplete) {
        frame_set_number(table, row, VM_CPU_STEAL, wait.rate * NS_PER_S_PERCENT / wait.members);
        frame_set_number(table, row, VM_CPU_STEAL_MAX, wait.highest * NS_PER_S_PERCENT);
    }
    set_sum_counter(table, row, VM_CPU_TOTAL, &state->vcpu_run);
    set_sum_counter(table, row, VM_CPU_STEAL, &state->vcpu_wait);
}

static void derive_overhead(const struct vm_state_kept *state, const struct vm_sample *vm,
                            struct frame_table *table, size_t row, struct sum_step vcpus,
                            struct sum_step others, struct sum_step others_wait)
{
    if (others.members && !others.incomplete && !vcpus.incomplete)
        frame_set_number(table, row, VM_CPU_HOST_USED,
                         (vcpus.rate + others.rate) / (double)NS_PER_S);
    if (!vm->vcpus_known) /* the vCPUs hide among them */
        return;
    if (others.members && !others.incomplete)
        frame_set_number(table, row, VM_CPU_OTHER_TOTAL, others.rate * NS_PER_S_PERCENT);
    if (others_wait.members && !others_wait.incomplete)
        frame_set_number(table, row, VM_CPU_OTHER_STEAL, others_wait.rate * NS_PER_S_PERCENT);
    set_sum_counter(table, row, VM_CPU_OTHER_TOTAL, &state->other_run);
    set_sum_counter(table, row, VM_CPU_OTHER_STEAL, &state->other_wait);
}

static void derive_throttled(struct vm_state_kept *state, const struct vm_sample *vm,
                             struct frame_table *table, size_t row)
{
    struct sum_step cycle = {0};

    list_follow(&state->throttles, vm->throttle_listing, vm, vm->throttle_count, throttle_id);
    for (size_t i = 0; i < vm->throttle_count; i++)
        (void)member_step(&list_state(&state->throttles, i)->counters[0], vm->throttles[i].time,
                          (struct mono){0}, !state->at.ns, !raw_valid(vm->throttles[i].time),
                          &state->throttled, &cycle);
    if (cycle.members && !cycle.incomplete && vm->vcpu_count)
        frame_set_number(table, row, VM_CPU_THROTTLED,
                         cycle.rate * NS_PER_S_PERCENT / (double)vm->vcpu_count);
    set_sum_counter(table, row, VM_CPU_THROTTLED, &state->throttled);
}

/* What the threads of a VM did in this cycle. */
struct thread_sums {
    struct sum_step vcpu_run, vcpu_wait, other_run, other_wait;
    bool vcpu_rows;     /* a row for each vCPU is wanted */
    struct sum unknown; /* of threads that cannot be told apart: in nobody's counter */
};

static void derive_thread_class(const struct vm_work *work, const struct thread_sample *thread,
                                struct step run, struct step wait)
{
    struct thread_use *use = &work->frame->tables[SCOPE_VM].threads[work->row][thread->class];

    if (thread->gone)
        return;
    use->threads++;
    use->valid &= run.valid && wait.valid;
    use->used += run.rate * NS_PER_S_PERCENT;
    use->waiting += wait.rate * NS_PER_S_PERCENT;
}

static void derive_thread(const struct vm_work *work, size_t i, struct thread_sums *sums)
{
    const struct thread_sample *thread = &work->vm->threads[i];
    struct vm_state_kept *state = work->state;
    struct member_state *known = list_state(&state->threads, i);
    bool vcpus_known = work->vm->vcpus_known;
    bool vcpu = thread->vcpu >= 0, set_is_new = !state->at.ns;
    struct sum *other_run = vcpus_known ? &state->other_run : &sums->unknown;
    struct sum *other_wait = vcpus_known ? &state->other_wait : &sums->unknown;
    struct mono since = known->newborn ? state->at : (struct mono){0};
    struct step run =
        member_step(&known->counters[0], thread->run, since, set_is_new, thread->gone,
                    vcpu ? &state->vcpu_run : other_run, vcpu ? &sums->vcpu_run : &sums->other_run);
    struct step wait = member_step(&known->counters[1], thread->wait, since, set_is_new,
                                   thread->gone, vcpu ? &state->vcpu_wait : other_wait,
                                   vcpu ? &sums->vcpu_wait : &sums->other_wait);

    known->newborn = false;
    if (vcpu && sums->vcpu_rows)
        derive_vcpu_row(thread, run, wait, work->frame, work->row);
    if (work->derive->thread_classes)
        derive_thread_class(work, thread, run, wait);
}

void derive_vm_cpu(const struct vm_work *work)
{
    const struct vm_sample *vm = work->vm;
    struct vm_state_kept *state = work->state;
    struct frame_table *table = &work->frame->tables[SCOPE_VM];
    size_t row = work->row;
    struct thread_sums sums = {.vcpu_rows = work->derive->rows[SCOPE_VCPU]};

    /* Threads that are not read are not followed either: when they are, they are no newborns. */
    list_follow(&state->threads, vm->listing, vm, vm->read_count, thread_id);
    for (size_t i = 0; i < vm->read_count; i++)
        derive_thread(work, i, &sums);
    if (raw_valid(vm->columns[VM_CPU_CORES]))
        derive_told_gauge(table, row, VM_CPU_CORES, vm->columns[VM_CPU_CORES]);
    else if (vm->vcpus_known)
        frame_set_number(table, row, VM_CPU_CORES, (double)vm->vcpu_count);
    derive_vcpus(state, table, row, sums.vcpu_run, sums.vcpu_wait);
    derive_overhead(state, vm, table, row, sums.vcpu_run, sums.other_run, sums.other_wait);
    derive_throttled(state, vm, table, row);
}
