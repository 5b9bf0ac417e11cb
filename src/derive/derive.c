/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From sample to frame: the walk over the rows. */
#include "derive/derive.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "derive/internal.h"

struct derive *derive_new(struct frame_pool *pool)
{
    struct derive *derive = xcalloc(1, sizeof(*derive));

    derive->pool = pool;
    derive->ticks_per_second = (uint64_t)sysconf(_SC_CLK_TCK);
    derive->page_kb = (double)sysconf(_SC_PAGESIZE) / 1024;
    memset(derive->rows, true, sizeof(derive->rows));
    derive->disks = derive->nics = true;
    return derive;
}

void derive_free(struct derive *derive)
{
    if (!derive)
        return;
    for (size_t i = 0; i < derive->vm_capacity; i++) {
        members_done(&derive->vms[i].threads.members);
        members_done(&derive->vms[i].throttles.members);
        members_done(&derive->vms[i].disks);
        members_done(&derive->vms[i].nics);
    }
    free(derive->vms);
    free(derive->blockdevs);
    free(derive->netdevs);
    free(derive);
}

void derive_select(struct derive *derive, const struct selection *selection)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++)
        derive->rows[s] = selection->scopes[s].count > 0;
    derive->thread_classes = selection->thread_classes;
    derive->disks = selection_wants_disks(selection);
    derive->nics = selection_wants_nics(selection);
}

void derive_step(struct frame_table *table, size_t row, unsigned column, struct step step,
                 struct raw reading, struct derive_unit unit)
{
    if (step.valid)
        frame_set_number(table, row, column, step.rate * unit.scale);
    if (raw_valid(reading))
        frame_set_counter(table, row, column, reading.value * unit.base);
}

void derive_rate(struct frame_table *table, size_t row, unsigned column, struct counter *counter,
                 struct raw reading, struct derive_unit unit)
{
    derive_step(table, row, column, counter_step(counter, reading), reading, unit);
}

void derive_slow_rate(struct frame_table *table, size_t row, unsigned column,
                      struct counter *counter, struct raw reading, struct derive_unit unit,
                      bool silent)
{
    struct step step = counter_step_slow(counter, reading);

    if (silent)
        step.valid = false;
    derive_step(table, row, column, step, reading, unit);
    frame_mark_told(table, row, column);
}

uint64_t derive_ticks_ns(const struct derive *derive, uint64_t ticks)
{
    uint64_t hz = derive->ticks_per_second;

    return ticks / hz * NS_PER_S + ticks % hz * NS_PER_S / hz;
}

/* What is remembered of the VM; anew if its process is another one. */
static struct vm_state_kept *derive_state_of(struct derive *derive, const struct vm_sample *vm)
{
    struct vm_state_kept *state = &derive->vms[vm->slot];

    if (state->birth == vm->birth)
        return state;
    memset(state->counters, 0, sizeof(state->counters));
    memset(state->disk_sums, 0, sizeof(state->disk_sums));
    memset(state->nic_sums, 0, sizeof(state->nic_sums));
    members_cut(&state->disks, 0);
    members_cut(&state->nics, 0);
    state->disks_seen = state->nics_seen = false;
    derive_cpu_reset(state);
    state->birth = vm->birth;
    state->at.ns = 0;
    return state;
}

static void derive_vm_row(struct derive *derive, const struct sample *sample,
                          const struct vm_sample *vm, struct frame *frame)
{
    struct vm_state_kept *state = derive_state_of(derive, vm);
    struct vm_work work = {derive, state, vm, derive_vm_is_silent(sample, vm->info), frame, 0};

    if (vm->process_gone)
        return;
    work.row = frame_add_row(&frame->tables[SCOPE_VM], 0);
    derive_vm(&work, sample);
    derive_vm_cpu(&work);
    if (derive->disks)
        derive_vm_disks(&work);
    if (derive->nics)
        derive_vm_nics(&work);
    state->at = sample->at;
}

struct frame *derive_frame(struct derive *derive, const struct sample *sample)
{
    struct frame *frame = frame_new(derive->pool);

    frame->at = sample->at;
    frame->wall = sample->wall;
    frame->interval = derive->at.ns ? mono_seconds_between(derive->at, sample->at) : 0;
    frame->inventory = sample->inventory ? inventory_ref(sample->inventory) : NULL;
    memcpy(frame->host_name, sample->host.name, sizeof(frame->host_name));
    memcpy(frame->host_uuid, sample->host.uuid, sizeof(frame->host_uuid));
    derive->vms =
        array_grow(derive->vms, &derive->vm_capacity, sample->slot_count, sizeof(*derive->vms));
    derive_host(derive, sample, frame);
    derive_blockdevs(derive, sample, frame);
    derive_netdevs(derive, sample, frame);
    if (derive->thread_classes)
        frame_want_threads(frame, sample->vm_count);
    for (size_t i = 0; i < sample->vm_count; i++)
        derive_vm_row(derive, sample, sample->vms[i], frame);
    derive->at = sample->at;
    return frame;
}
