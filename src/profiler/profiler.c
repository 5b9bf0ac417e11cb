/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The learner: which VMs there are, and when what is printed and kept. */
#include "profiler/profiler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "profiler/calendar.h"
#include "profiler/profiler_internal.h"
#include "profiler/state.h"

/* For the disk to take the last states. */
#define PROFILER_CLOSE_S 5.0

int profiler_new(const struct profiler_settings *settings, struct profiler **ret, char *error,
                 size_t size)
{
    struct profiler *profiler = xcalloc(1, sizeof(*profiler));
    int r = 0;

    profiler->settings = *settings;
    profiler->settings.ranges.link_mbit = NAN;
    /* Ranges that grow with their data begin alike, whatever was asked for. */
    profiler->settings.profile.ranges =
        settings->profile.dynamic ? 0 : profiler_ranges_mark(&settings->ranges);
    if (settings->state_dir)
        r = store_open(settings->state_dir, &profiler->settings.profile, settings->keep_days,
                       &profiler->store, error, size);
    if (r < 0) {
        free(profiler);
        return r;
    }
    profiler->questions_end = &profiler->questions;
    if (profiler->store) {
        profiler->host_asked = true;
        store_ask_host(profiler->store);
    }
    profiler->pickup = pickup_new(settings->metrics);
    profiler->scratch = series_scratch_new();
    profiler->link_known = !(settings->metrics & 1u << PROFILER_NET);
    profiler->host.cores = profiler->host.capacity_left = profiler->host.days_left = NAN;
    profiler->host.computed = (struct overcommit){NAN, NAN, NAN, NAN};
    *ret = profiler;
    return 0;
}

bool profiler_close(struct profiler *profiler, bool *ret_hanging)
{
    struct profiler_vm *vm, *next;
    bool hanging = false, saved;

    if (!profiler)
        return true;
    saved = store_close(profiler->store, PROFILER_CLOSE_S, &hanging);
    if (hanging) { /* it may still look at the settings */
        *ret_hanging = true;
        return saved;
    }
    HASH_ITER(hh, profiler->vms, vm, next)
    profiler_vm_free(profiler, vm);
    while (profiler->questions)
        (void)profiler_vm_answered(profiler);
    profiler_host_done(profiler);
    series_scratch_free(profiler->scratch);
    pickup_free(profiler->pickup);
    buf_done(&profiler->id);
    free(profiler->list);
    free(profiler);
    return saved;
}

void profiler_free(struct profiler *profiler)
{
    bool hanging = false;

    (void)profiler_close(profiler, &hanging);
}

const struct profiler_settings *profiler_settings(const struct profiler *profiler)
{
    return &profiler->settings;
}

static void profiler_list(struct profiler *profiler, struct profiler_vm *vm)
{
    if (!vm->shown.profile)
        return;
    profiler->list = array_grow(profiler->list, &profiler->capacity, profiler->count + 1,
                                sizeof(*profiler->list));
    profiler->list[profiler->count++] = vm;
}

/* A row of a VM that is known, or of one that is not (`fresh`). */
static void profiler_take_row(struct profiler *profiler, const struct frame_table *table,
                              size_t row, bool fresh, struct profiler_round *round)
{
    struct profiler_vm *vm = profiler_vm_find(profiler, table, row);
    struct pickup_vm pickup = {0};

    if (fresh ? vm != NULL
              : !vm || vm->seen) /* of rows that nothing tells apart the first counts */
        return;
    if (vm)
        pickup = vm->pickup;
    pickup_read(profiler->pickup, row, &pickup, round->values);
    if (!profiler_row_is_alive(table, row, round->values, vm))
        return;
    if (!vm)
        vm = profiler_vm_new(profiler, table, row);
    vm->pickup = pickup;
    vm->seen = true;
    profiler_vm_describe(vm, table, row);
    profiler_round_add(profiler, vm, round);
    profiler_host_vm(profiler, vm, row);
    vm->frames += vm->frames < 2;
    profiler_list(profiler, vm);
}

static bool profiler_has_sample(const struct profile *profile)
{
    for (size_t i = 0; profile && i < profile->count; i++) {
        if (profile->channels[i]->samples)
            return true;
    }
    return false;
}

static void profiler_save(struct profiler *profiler, struct profiler_vm *vm)
{
    struct buf text = {0};

    vm->unsaved = false;
    /* VMs that live for a moment would leave a file each that tells nothing. */
    if (!profiler->store || vm->asked || !profiler_has_sample(vm->shown.profile))
        return;
    state_write(&vm->shown.vm, vm->shown.profile, &text);
    store_put(profiler->store, vm->store_uuid, vm->store_key, &text);
}

static void profiler_end_vm(struct profiler *profiler, struct profiler_vm *vm)
{
    vm->shown.final = true;
    vm->shown.due = profiler_has_sample(vm->shown.profile);
    profiler->due |= vm->shown.due;
    profiler_save(profiler, vm);
    if (profiler->store)
        store_leave(profiler->store, vm->store_uuid, vm->store_key);
    profiler_list(profiler, vm);
}

static bool profiler_inventory_has(const struct inventory *inventory, const struct profiler_vm *vm)
{
    const char *key = vm->id + strlen(vm->id) + 1;

    for (size_t i = 0; i < inventory->count; i++) {
        if (strcmp(inventory->vms[i].key, key) == 0)
            return true;
    }
    return false;
}

/* Whether the frame says that the VM without a row ended: the source of VMs answers, or it is known
 * of and its process was found gone. While the source is away, nobody knows. */
static bool profiler_ended(const struct frame *frame, const struct profiler_vm *vm)
{
    if (!frame->agent.source || (frame->inventory && frame->agent.source_up))
        return true;
    return frame->inventory && profiler_inventory_has(frame->inventory, vm);
}

/* VMs without a row. One whose saved profile is still waited for ends when that is there, unless it
 * is shown with a new one, or there are too many such. */
static void profiler_take_missing(struct profiler *profiler, const struct frame *frame,
                                  struct profiler_round *round)
{
    struct profiler_vm *vm, *next;
    size_t waiting = 0;

    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++)
        round->values[m] = NAN;
    HASH_ITER(hh, profiler->vms, vm, next)
    {
        if (vm->seen)
            continue;
        if (!profiler_ended(frame, vm)) {
            profiler_round_add(profiler, vm, round);
            profiler_list(profiler, vm);
        } else if (!vm->asked || vm->shown.profile || ++waiting > PROFILER_ENDED_MAX) {
            profiler_rounds_hurry(profiler, vm);
            profiler_end_vm(profiler, vm);
        }
    }
}

/* VMs that ended come before new ones: one that was started anew may be known by another key, and
 * finds what was kept of it. */
static void profiler_take_rows(struct profiler *profiler, const struct frame *frame,
                               struct profiler_round *round)
{
    const struct frame_table *table = &frame->tables[SCOPE_VM];

    for (size_t row = 0; row < table->rows; row++)
        profiler_take_row(profiler, table, row, false, round);
    profiler_take_missing(profiler, frame, round);
    for (size_t row = 0; row < table->rows; row++)
        profiler_take_row(profiler, table, row, true, round);
}

static void profiler_take_answers(struct profiler *profiler)
{
    struct store_answer answer;

    while (profiler->store && store_next(profiler->store, &answer)) {
        struct profiler_vm *vm;

        if (!answer.uuid) {
            profiler_host_adopt(profiler, answer.host);
            continue;
        }
        vm = profiler_vm_answered(profiler);
        if (vm) {
            if (answer.profile)
                profiler_adopt(profiler, vm, answer.profile);
            profiler_rounds_learn(profiler, vm);
        } else {
            profile_free(answer.profile);
        }
        free(answer.uuid);
        free(answer.key);
    }
}

/* What was shown is over: VMs that ended are forgotten. */
static void profiler_clear(struct profiler *profiler)
{
    struct profiler_vm *vm, *next;

    profiler->due = false;
    profiler->count = 0;
    HASH_ITER(hh, profiler->vms, vm, next)
    {
        vm->seen = false;
        vm->shown.due = false;
        if (vm->shown.final)
            profiler_vm_free(profiler, vm);
    }
}

static void profiler_settle_link(struct profiler *profiler)
{
    struct profiler_vm *vm, *next;

    if (profiler->link_known)
        return;
    profiler->settings.ranges.link_mbit = pickup_link_mbit(profiler->pickup);
    profiler->link_known = !isnan(profiler->settings.ranges.link_mbit) ||
                           ++profiler->link_frames >= PROFILER_LINK_FRAMES;
    if (!profiler->link_known)
        return;
    HASH_ITER(hh, profiler->vms, vm, next)
    profiler_rounds_settle(profiler, vm);
}

/* Whether a round of output is due. Rounds stand on a grid from the first frame on; a frame that
 * comes a moment before its time is not told off until the next one. */
static bool profiler_round_is_due(struct profiler *profiler, struct mono at)
{
    double every = profiler->settings.output_seconds;
    double early = fmin(every, profiler->settings.profile.sample_seconds) / 2;

    if (!(every > 0))
        return false;
    if (!profiler->next.ns) {
        profiler->next = mono_add_seconds(at, every);
        return false;
    }
    if (mono_add_seconds(at, early).ns < profiler->next.ns)
        return false;
    profiler->next = mono_add_seconds(profiler->next, every);
    if (profiler->next.ns <= at.ns) /* rounds were missed: the host slept */
        profiler->next = mono_add_seconds(at, every);
    return true;
}

static void profiler_round(struct profiler *profiler)
{
    for (size_t i = 0; i < profiler->count; i++) {
        struct profiler_vm *vm = profiler->list[i];

        if (vm->shown.final)
            continue;
        vm->shown.due = profiler_has_sample(vm->shown.profile);
        vm->unsaved |= vm->shown.due && !(profiler->settings.save_seconds > 0);
        profiler->due |= vm->shown.due;
    }
    profiler_host_round(profiler);
    if (!(profiler->settings.save_seconds > 0))
        profiler_host_save(profiler);
}

/* States have a beat of their own: with each output a thousand VMs would write 140 GB a day. A VM's
 * spans begin at a moment that goes by its hash, so that neither the start nor a host that slept
 * brings all VMs to the same one. */
static void profiler_take_turns(struct profiler *profiler, struct mono at)
{
    double every = profiler->settings.save_seconds * (double)NS_PER_S, spans;
    int64_t turn;

    if (!(every > 0))
        return;
    spans = 1 + (double)at.ns / every;
    for (size_t i = 0; i < profiler->count; i++) {
        struct profiler_vm *vm = profiler->list[i];

        turn = (int64_t)(spans + (double)vm->hh.hashv / ((double)UINT32_MAX + 1));
        vm->unsaved |= vm->save_turn && vm->save_turn != turn;
        vm->save_turn = turn;
    }
    turn = (int64_t)spans;
    if (profiler->host_turn && profiler->host_turn != turn)
        profiler_host_save(profiler);
    profiler->host_turn = turn;
}

/* Work that need not be done in this frame, a bit of it. It goes on behind where it ended: a round
 * of output may come before that bit by bit reached the last VM. */
static void profiler_work(struct profiler *profiler)
{
    unsigned saves = PROFILER_SAVES_AT_ONCE, periods = PROFILER_PERIODS_AT_ONCE;

    for (size_t i = 0; i < profiler->count && saves; i++) {
        size_t at = profiler->saves_next % profiler->count;
        struct profiler_vm *vm = profiler->list[at];

        profiler->saves_next = at + 1;
        if (vm->unsaved) {
            profiler_save(profiler, vm);
            saves--;
        }
    }
    for (size_t i = 0; i < profiler->count && periods; i++) {
        profiler->periods_next = (profiler->periods_next + 1) % profiler->count;
        if (profile_find_periods(profiler->list[profiler->periods_next]->shown.profile,
                                 profiler->scratch))
            periods--;
    }
}

void profiler_take(struct profiler *profiler, const struct frame *frame)
{
    struct profiler_round round = {
        .seconds = (double)frame->wall.tv_sec + (double)frame->wall.tv_nsec / (double)NS_PER_S,
        .slot = calendar_slot(profiler->settings.profile.calendar, (double)frame->wall.tv_sec),
    };

    profiler->wall = frame->wall;
    profiler_clear(profiler);
    pickup_begin(profiler->pickup, frame);
    profiler_host_begin(profiler, frame);
    profiler_settle_link(profiler);
    profiler_take_answers(profiler);
    profiler_take_rows(profiler, frame, &round);
    profiler_host_end(profiler, round.seconds);
    if (profiler_round_is_due(profiler, frame->at))
        profiler_round(profiler);
    profiler_take_turns(profiler, frame->at);
    profiler_work(profiler);
}

void profiler_finish(struct profiler *profiler)
{
    struct profiler_vm *vm, *next;
    size_t lost = 0;

    profiler->finished = true;
    profiler_clear(profiler);
    profiler_take_answers(profiler);
    HASH_ITER(hh, profiler->vms, vm, next)
    {
        profiler_rounds_hurry(profiler, vm);
        lost += vm->asked != NULL;
        profiler_list(profiler, vm);
    }
    if (lost)
        log_warning("saved profiles of %zu VMs were not read in time: what was seen of these VMs "
                    "is not kept",
                    lost);
    profiler_host_round(profiler);
    profiler->count = 0;
    HASH_ITER(hh, profiler->vms, vm, next)
    profiler_end_vm(profiler, vm);
    profiler_host_save(profiler);
}

bool profiler_is_finished(const struct profiler *profiler)
{
    return profiler->finished;
}

bool profiler_is_due(const struct profiler *profiler)
{
    return profiler->due;
}

size_t profiler_count(const struct profiler *profiler)
{
    return profiler->count;
}

const struct profiled_vm *profiler_at(const struct profiler *profiler, size_t i)
{
    return &profiler->list[i]->shown;
}

const struct profiled_host *profiler_host(const struct profiler *profiler)
{
    return &profiler->host;
}

struct timespec profiler_time(const struct profiler *profiler)
{
    return profiler->wall;
}
