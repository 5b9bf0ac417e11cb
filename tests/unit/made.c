/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hand-made samples. */
#include "made.h"

#include <string.h>

#include "support.h"

void made_init(struct made *m)
{
    memset(m, 0, sizeof(*m));
    m->pool = frame_pool_new();
    m->derive = derive_new(m->pool);
    m->inventory = inventory_new("made");
    m->inventory->beat = 2;
    m->info = inventory_append(m->inventory);
    m->info->key = xstrdup("key");
    m->info->name = xstrdup("vm");
    m->info->state = VM_STATE_RUNNING;
    m->info->pid = 100;
    inventory_finish(m->inventory);
    m->vm = (struct vm_sample){.info = m->info, .birth = 1, .listing = 1, .throttle_listing = 1};
    m->vm.threads = m->threads;
    m->vm.throttles = m->throttles;
    m->vms[0] = &m->vm;
    m->sample = (struct sample){
        .at = {.ns = 1000000 * MS},
        .inventory = m->inventory,
        .vms = m->vms,
        .vm_count = 1,
        .slot_count = 1,
    };
}

void made_done(struct made *m)
{
    frame_unref(m->frame);
    derive_free(m->derive);
    frame_pool_free(m->pool);
    inventory_unref(m->inventory);
}

void made_pass(struct made *m, double seconds)
{
    m->sample.at = mono_add_seconds(m->sample.at, seconds);
}

struct raw made_now(const struct made *m, uint64_t value)
{
    return raw_of(value, m->sample.at);
}

static struct thread_sample *made_find_thread(struct made *m, pid_t tid)
{
    for (size_t i = 0; i < m->vm.thread_count; i++) {
        if (m->threads[i].tid == tid)
            return &m->threads[i];
    }
    return NULL;
}

void made_thread(struct made *m, pid_t tid, int vcpu, uint64_t run_ms, uint64_t wait_ms)
{
    struct thread_sample *thread = made_find_thread(m, tid);

    if (!thread) {
        assert_true(m->vm.thread_count < MADE_THREADS_MAX);
        thread = &m->threads[m->vm.thread_count++];
        *thread = (struct thread_sample){.tid = tid, .vcpu = vcpu};
        m->vm.vcpu_count += vcpu >= 0;
        m->vm.vcpus_known = m->vm.vcpu_count > 0;
        m->vm.listing++;
    }
    thread->run = made_now(m, run_ms * (uint64_t)MS);
    thread->wait = made_now(m, wait_ms * (uint64_t)MS);
}

void made_thread_leaves(struct made *m, pid_t tid)
{
    struct thread_sample *thread = made_find_thread(m, tid);

    assert_non_null(thread);
    m->vm.vcpu_count -= thread->vcpu >= 0;
    m->vm.vcpus_known = m->vm.vcpu_count > 0;
    m->vm.thread_count--;
    m->vm.listing++;
    memmove(thread, thread + 1,
            (size_t)(m->threads + m->vm.thread_count - thread) * sizeof(*thread));
}

void made_threads(struct made *m)
{
    made_thread(m, 101, 0, 0, 0);
    made_thread(m, 102, 1, 0, 0);
    made_thread(m, 100, -1, 0, 0);
}

const struct frame *made_cycle(struct made *m)
{
    struct frame *frame;

    m->vm.read_count = m->vm.thread_count;
    frame = derive_frame(m->derive, &m->sample);

    frame_unref(m->frame);
    m->frame = frame;
    return frame;
}

bool made_has(const struct made *m, enum scope scope, size_t row, unsigned column)
{
    assert_true(row < m->frame->tables[scope].rows);
    return frame_has_value(&m->frame->tables[scope], row, column);
}

double made_value(const struct made *m, enum scope scope, size_t row, unsigned column)
{
    if (!made_has(m, scope, row, column))
        print_error("%s.%s has no value\n", scope_name(scope), metric_at(scope, column)->key);
    assert_true(made_has(m, scope, row, column));
    return frame_value(&m->frame->tables[scope], row, column).number;
}

bool made_has_counter(const struct made *m, enum scope scope, size_t row, unsigned column)
{
    const struct frame_table *table = &m->frame->tables[scope];

    assert_true(row < table->rows);
    return table->valid[frame_cell_index(table, row, column)] & CELL_COUNTER;
}

uint64_t made_counter(const struct made *m, enum scope scope, size_t row, unsigned column)
{
    const struct frame_table *table = &m->frame->tables[scope];

    if (!made_has_counter(m, scope, row, column))
        print_error("%s.%s has no counter\n", scope_name(scope), metric_at(scope, column)->key);
    assert_true(made_has_counter(m, scope, row, column));
    return table->counters[frame_cell_index(table, row, column)];
}

bool made_is_told(const struct made *m, enum scope scope, size_t row, unsigned column)
{
    const struct frame_table *table = &m->frame->tables[scope];

    assert_true(row < table->rows);
    return table->valid[frame_cell_index(table, row, column)] & CELL_TOLD;
}
