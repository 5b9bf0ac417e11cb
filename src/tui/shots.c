/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames come and go: who is new, who left, which of them are still needed. */
#include <stdlib.h>
#include <string.h>

#include "tui/internal.h"

static const char *shots_name(const struct shot *shot, uint32_t row)
{
    const struct frame_table *vms = &shot->frame->tables[SCOPE_VM];

    return frame_has_value(vms, row, VM_NAME) ? frame_value(vms, row, VM_NAME).text : "a VM";
}

static const char *shots_reason(enum vm_state last)
{
    switch (last) {
    case VM_STATE_MIGRATING:
        return "migrated";
    case VM_STATE_SHUTDOWN:
        return "shut down";
    case VM_STATE_CRASHED:
        return "crashed";
    default:
        return "ended";
    }
}

static int shots_compare_ids(const void *a, const void *b)
{
    const struct vm_id *x = a, *y = b;

    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static void shots_list_ids(struct vm_ids *ids, const struct facts *facts)
{
    if (facts->count)
        ids->list = array_grow(ids->list, &ids->capacity, facts->count, sizeof(*ids->list));
    ids->count = facts->count;
    for (size_t i = 0; i < ids->count; i++)
        ids->list[i] = (struct vm_id){facts->list[i].id, (uint32_t)i};
    if (ids->count)
        qsort(ids->list, ids->count, sizeof(*ids->list), shots_compare_ids);
}

static bool shots_have(const struct vm_ids *ids, uint64_t id)
{
    size_t low = 0, high = ids->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ids->list[middle].id == id)
            return true;
        if (ids->list[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* The usual case: the same VMs in the same order. */
static bool shots_are_alike(const struct facts *a, const struct facts *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->list[i].id != b->list[i].id)
            return false;
    }
    return true;
}

/* Those that have been shown long enough are forgotten, and with them the details of a VM
 * that did not come back. */
static void shots_age_ended(struct tui *tui, struct mono now)
{
    size_t kept = 0;

    for (size_t i = 0; i < tui->ended_count; i++) {
        struct ended *e = &tui->ended[i];

        e->shot++;
        if (++e->cycles <= TUI_ENDED_CYCLES) {
            tui->ended[kept++] = *e;
        } else if (tui_details_are_open(tui) && tui->details_id == e->id) {
            tui_close_details(tui);
            tui_say(tui, LOG_NOTICE, now, "%s left; its details are closed",
                    shots_name(&tui->shots[e->shot], e->row));
        }
    }
    tui->ended_count = kept;
}

static void shots_drop_returned(struct tui *tui)
{
    size_t kept = 0;

    for (size_t i = 0; i < tui->ended_count; i++) {
        if (!shots_have(&tui->ids_now, tui->ended[i].id))
            tui->ended[kept++] = tui->ended[i];
    }
    tui->ended_count = kept;
}

static void shots_say_left(struct tui *tui, size_t count, uint32_t first, struct mono now)
{
    const struct shot *before = &tui->shots[1];
    const char *name = shots_name(before, first);

    if (count == 1)
        tui_say(tui, LOG_NOTICE, now, "%s left (%s)", name,
                shots_reason(before->facts.list[first].state));
    else
        tui_say(tui, LOG_NOTICE, now, "%s and %zu other%s left", name, count - 1,
                count > 2 ? "s" : "");
}

static void shots_find_left(struct tui *tui, struct mono now)
{
    uint32_t first = UINT32_MAX;
    size_t count = 0;

    for (size_t i = 0; i < tui->ids_before.count; i++) {
        const struct vm_id *vm = &tui->ids_before.list[i];

        /* Of several with one id, the first stands for all. */
        if ((i && vm[-1].id == vm->id) || shots_have(&tui->ids_now, vm->id))
            continue;
        tui->ended =
            array_grow(tui->ended, &tui->ended_capacity, tui->ended_count + 1, sizeof(*tui->ended));
        tui->ended[tui->ended_count++] =
            (struct ended){.id = vm->id, .shot = 1, .row = vm->row, .cycles = 1};
        if (vm->row < first)
            first = vm->row;
        count++;
    }
    if (count)
        shots_say_left(tui, count, first, now);
}

static void shots_find_arrived(struct tui *tui)
{
    for (size_t i = 0; i < tui->ids_now.count; i++) {
        uint64_t id = tui->ids_now.list[i].id;

        if (!shots_have(&tui->ids_before, id)) {
            id_set_add(&tui->arrived, id);
            id_set_add(&tui->fresh, id);
        }
    }
}

/* Only what a VM that left is shown from stays. */
static void shots_release(struct tui *tui)
{
    bool needed[TUI_SHOTS] = {true};

    for (size_t i = 0; i < tui->ended_count; i++)
        needed[tui->ended[i].shot] = true;
    for (unsigned i = 0; i < TUI_SHOTS; i++) {
        if (!needed[i]) {
            frame_unref(tui->shots[i].frame);
            tui->shots[i].frame = NULL;
        }
    }
}

/* The waiting shot becomes the newest one. The memory of facts goes round. */
static void shots_rotate(struct tui *tui)
{
    struct shot last = tui->shots[TUI_SHOTS - 1];

    memmove(&tui->shots[1], &tui->shots[0], (TUI_SHOTS - 1) * sizeof(tui->shots[0]));
    tui->shots[0] = tui->waiting;
    frame_unref(last.frame);
    last.frame = NULL;
    tui->waiting = last;
}

static void shots_show(struct tui *tui, struct mono now)
{
    struct id_set older = tui->fresh;

    shots_rotate(tui);
    tui->fresh = tui->arrived;
    tui->arrived = older;
    id_set_clear(&tui->arrived);
    shots_age_ended(tui, now);
    if (tui->seen_any && !shots_are_alike(&tui->shots[1].facts, &tui->shots[0].facts)) {
        shots_list_ids(&tui->ids_before, &tui->shots[1].facts);
        shots_list_ids(&tui->ids_now, &tui->shots[0].facts);
        shots_drop_returned(tui);
        shots_find_left(tui, now);
        shots_find_arrived(tui);
    }
    tui->seen_any = true;
    shots_release(tui);
    tui->step = false;
    tui->stale = true;
    tui->dirty = true;
}

static void shots_look_at_host(struct tui *tui, const struct frame *frame)
{
    const struct frame_table *host = &frame->tables[SCOPE_HOST];

    if (host->rows && frame_has_value(host, 0, HOST_CPU_STEAL) &&
        frame_value(host, 0, HOST_CPU_STEAL).number > 0)
        tui->host_is_vm = true;
}

void tui_shots_take(struct tui *tui, struct frame *frame, struct mono now)
{
    struct shot *shot = &tui->waiting;

    frame_unref(shot->frame);
    shot->frame = frame_ref(frame);
    shots_look_at_host(tui, frame);
    facts_look(&shot->facts, frame, &tui->thresholds);
    history_add(tui->history, shot);
    states_look(&tui->states, &shot->facts, frame->wall.tv_sec);
    if (!tui->paused || tui->step)
        shots_show(tui, now);
}

void tui_shots_resume(struct tui *tui, struct mono now)
{
    if (tui->waiting.frame)
        shots_show(tui, now);
}

void tui_shots_free(struct tui *tui)
{
    for (unsigned i = 0; i < TUI_SHOTS; i++) {
        frame_unref(tui->shots[i].frame);
        facts_done(&tui->shots[i].facts);
    }
    frame_unref(tui->waiting.frame);
    facts_done(&tui->waiting.facts);
    free(tui->ended);
    free(tui->ids_before.list);
    free(tui->ids_now.list);
    states_done(&tui->states);
    id_set_done(&tui->fresh);
    id_set_done(&tui->arrived);
}
