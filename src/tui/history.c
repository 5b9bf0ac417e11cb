/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last five minutes of each VM: a ring of steps per VM. A step's number is
 * the monotonic time by the length of a step; its place in the ring is that
 * number modulo the ring's length. A VM's ring is brought up to date when the
 * VM is seen, and steps later than that hold nothing: one that is not seen any
 * more costs nothing until its ring is used for another VM.
 *
 * A figure takes 16 bits: 0 = nothing known, 1 = 0; above that a binary
 * floating-point number without a sign, 6 bits of exponent and 10 of mantissa:
 * from 2^-32 to 2^32, with a relative error of 2^-11 at most. Larger numbers
 * have larger codes.
 */
#include "tui/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define HISTORY_CHUNK      64 /* rings that are allocated together: they never move */
#define HISTORY_NONE       UINT32_MAX
#define HISTORY_CODE_ZERO  1
#define HISTORY_CODE_SHIFT 13                 /* of the 23 bits of a float's mantissa that go */
#define HISTORY_CODE_BASE  ((127 - 32) << 10) /* 2^-32, so shifted */

struct history_ring {
    uint64_t id;
    int64_t newest;      /* step up to which the ring is up to date */
    double used_sum;     /* of the newest step's readings of %USED, */
    uint32_t used_count; /* so many */
    uint32_t next_free;  /* while the ring is nobody's */
    bool taken;
    uint16_t codes[HISTORY_STEPS][HISTORY__COUNT];
};

struct history {
    struct history_ring **chunks;
    size_t chunk_count, chunk_capacity;
    uint32_t rings; /* in all chunks */
    uint32_t free;  /* first of the free ones */
    uint32_t taken;
    uint32_t *index;   /* by hash of the id, open addressing: number of the ring */
    size_t index_size; /* a power of 2, more than taken */
    int64_t newest;    /* step of the newest frame */
    int64_t swept;     /* step at which rings were last looked through */
    bool started;      /* there was a frame */
};

static uint16_t history_encode(double value)
{
    float number = (float)value;
    uint32_t bits;

    if (isnan(value))
        return 0;
    if (!(number > 0))
        return HISTORY_CODE_ZERO;
    memcpy(&bits, &number, sizeof(bits));
    bits = (bits + (1u << (HISTORY_CODE_SHIFT - 1))) >> HISTORY_CODE_SHIFT;
    if (bits <= HISTORY_CODE_BASE + HISTORY_CODE_ZERO)
        return HISTORY_CODE_ZERO;
    bits -= HISTORY_CODE_BASE;
    return bits < UINT16_MAX ? (uint16_t)bits : UINT16_MAX;
}

static float history_decode(uint16_t code)
{
    uint32_t bits = (code + (uint32_t)HISTORY_CODE_BASE) << HISTORY_CODE_SHIFT;
    float number;

    if (code <= HISTORY_CODE_ZERO)
        return code ? 0.0f : NAN;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

static struct history_ring *history_ring(const struct history *history, uint32_t number)
{
    return &history->chunks[number / HISTORY_CHUNK][number % HISTORY_CHUNK];
}

static size_t history_place(int64_t step)
{
    int64_t place = step % HISTORY_STEPS;

    return (size_t)(place < 0 ? place + HISTORY_STEPS : place);
}

/* Where the id stands in the index, or where it would. */
static size_t history_slot(const struct history *history, uint64_t id)
{
    size_t mask = history->index_size - 1;
    /* Ids may differ in few bits, and anywhere. */
    size_t slot = (size_t)((id ^ id >> 32) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

    while (history->index[slot] != HISTORY_NONE &&
           history_ring(history, history->index[slot])->id != id)
        slot = (slot + 1) & mask;
    return slot;
}

static struct history_ring *history_find(const struct history *history, uint64_t id)
{
    uint32_t number = history->index[history_slot(history, id)];

    return number == HISTORY_NONE ? NULL : history_ring(history, number);
}

/* The index anew, for all rings that are taken, at least half empty. */
static void history_build_index(struct history *history)
{
    size_t size = 64;

    while (size < 2 * ((size_t)history->rings + 1))
        size *= 2;
    if (size != history->index_size) {
        history->index = xreallocarray(history->index, size, sizeof(*history->index));
        history->index_size = size;
    }
    for (size_t i = 0; i < size; i++)
        history->index[i] = HISTORY_NONE;
    for (uint32_t i = 0; i < history->rings; i++) {
        if (history_ring(history, i)->taken)
            history->index[history_slot(history, history_ring(history, i)->id)] = i;
    }
}

static void history_release(struct history *history, uint32_t number)
{
    struct history_ring *ring = history_ring(history, number);

    ring->taken = false;
    ring->next_free = history->free;
    history->free = number;
}

/* Frees the rings of VMs that were not seen for the length of a ring. */
static void history_sweep(struct history *history)
{
    bool any = false;

    history->swept = history->newest;
    for (uint32_t i = 0; i < history->rings; i++) {
        const struct history_ring *ring = history_ring(history, i);

        if (ring->taken && ring->newest <= history->newest - HISTORY_STEPS) {
            history_release(history, i);
            any = true;
        }
    }
    if (any)
        history_build_index(history);
}

static void history_grow(struct history *history)
{
    history->chunks = array_grow(history->chunks, &history->chunk_capacity,
                                 history->chunk_count + 1, sizeof(*history->chunks));
    history->chunks[history->chunk_count++] = xcalloc(HISTORY_CHUNK, sizeof(struct history_ring));
    history->rings += HISTORY_CHUNK;
    for (uint32_t i = 0; i < HISTORY_CHUNK; i++)
        history_release(history, history->rings - 1 - i);
    history_build_index(history);
}

/* A ring for a VM that has none. */
static struct history_ring *history_take(struct history *history, uint64_t id)
{
    struct history_ring *ring;
    uint32_t number;

    if (history->free == HISTORY_NONE && history->swept != history->newest)
        history_sweep(history);
    if (history->free == HISTORY_NONE)
        history_grow(history);
    number = history->free;
    ring = history_ring(history, number);
    history->free = ring->next_free;
    memset(ring, 0, sizeof(*ring));
    ring->id = id;
    ring->taken = true;
    ring->newest = history->newest - HISTORY_STEPS;
    history->index[history_slot(history, id)] = number;
    return ring;
}

/* A reading more in the newest step. */
static void history_merge(struct history_ring *ring, const double figures[HISTORY__COUNT])
{
    uint16_t *codes = ring->codes[history_place(ring->newest)];

    if (!isnan(figures[HISTORY_USED])) {
        ring->used_sum += figures[HISTORY_USED];
        ring->used_count++;
        codes[HISTORY_USED] = history_encode(ring->used_sum / ring->used_count);
    }
    for (unsigned s = 0; s < HISTORY__COUNT; s++) {
        uint16_t code = history_encode(figures[s]);

        if (s != HISTORY_USED && code > codes[s])
            codes[s] = code;
    }
}

/* Brings the ring up to the history's newest step: its figures hold in the steps
 * after `before`, between which and the ring's last one there is nothing. */
static void history_put(struct history *history, struct history_ring *ring, int64_t before,
                        const double figures[HISTORY__COUNT])
{
    uint16_t codes[HISTORY__COUNT];
    int64_t step = ring->newest;

    if (step == history->newest) {
        history_merge(ring, figures);
        return;
    }
    for (unsigned s = 0; s < HISTORY__COUNT; s++)
        codes[s] = history_encode(figures[s]);
    if (step < history->newest - HISTORY_STEPS)
        step = history->newest - HISTORY_STEPS;
    while (step++ < history->newest) {
        uint16_t *place = ring->codes[history_place(step)];

        if (step > before)
            memcpy(place, codes, sizeof(codes));
        else
            memset(place, 0, sizeof(codes));
    }
    ring->newest = history->newest;
    ring->used_count = isnan(figures[HISTORY_USED]) ? 0 : 1;
    ring->used_sum = ring->used_count ? figures[HISTORY_USED] : 0;
}

struct history *history_new(void)
{
    struct history *history = xcalloc(1, sizeof(*history));

    history->free = HISTORY_NONE;
    history_build_index(history);
    return history;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    for (size_t i = 0; i < history->chunk_count; i++)
        free(history->chunks[i]);
    free(history->chunks);
    free(history->index);
    free(history);
}

static double history_number(const struct frame_table *vms, size_t row, unsigned column)
{
    return frame_has_value(vms, row, column) ? frame_value(vms, row, column).number : NAN;
}

static int64_t history_step(struct mono at)
{
    return at.ns / (HISTORY_STEP_SECONDS * (int64_t)NS_PER_S);
}

/* The step of the frame before, at most a ring's length ago. */
static int64_t history_step_before(const struct frame *frame)
{
    double longest = (double)HISTORY_STEPS * HISTORY_STEP_SECONDS;
    double interval = frame->interval > 0 ? fmin(frame->interval, longest) : 0;

    return history_step(mono_add_seconds(frame->at, -interval));
}

void history_add(struct history *history, const struct shot *shot)
{
    const struct frame_table *vms = shot->frame ? &shot->frame->tables[SCOPE_VM] : NULL;
    int64_t step, before;

    if (!vms)
        return;
    step = history_step(shot->frame->at);
    if (history->started && step < history->newest)
        return; /* later ones are there already */
    history->started = true;
    history->newest = step;
    before = history_step_before(shot->frame);
    if (before == step)
        before--; /* the frame's own step is its own */
    for (size_t row = 0; row < min_size(vms->rows, shot->facts.count); row++) {
        const struct vm_facts *facts = &shot->facts.list[row];
        double figures[HISTORY__COUNT] = {
            [HISTORY_USED] = history_number(vms, row, VM_CPU_TOTAL),
            [HISTORY_READY] = history_number(vms, row, VM_CPU_STEAL),
            [HISTORY_LATENCY] = facts->latency,
        };
        struct history_ring *ring = history_find(history, facts->id);

        if (!ring && isnan(figures[HISTORY_USED]) && isnan(figures[HISTORY_READY]) &&
            isnan(figures[HISTORY_LATENCY]))
            continue;
        if (!ring)
            ring = history_take(history, facts->id);
        history_put(history, ring, before, figures);
    }
}

void history_read(const struct history *history, uint64_t vm_id, enum history_series series,
                  float *values, size_t count)
{
    const struct history_ring *ring = history_find(history, vm_id);

    for (size_t i = 0; i < count; i++) {
        size_t ago = count - 1 - i;
        int64_t step = history->newest - (int64_t)ago;

        if (!ring || ago >= HISTORY_STEPS || step > ring->newest ||
            step <= ring->newest - HISTORY_STEPS)
            values[i] = NAN;
        else
            values[i] = history_decode(ring->codes[history_place(step)][series]);
    }
}
