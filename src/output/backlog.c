/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of buffers, whose memory goes round with them. */
#include "output/backlog.h"

#include <stdlib.h>

#define BACKLOG_FIRST_CAPACITY 4

void backlog_done(struct backlog *backlog)
{
    for (size_t i = 0; i < backlog->count; i++)
        buf_done(&backlog->ring[(backlog->head + i) % backlog->capacity]);
    free(backlog->ring);
    buf_done(&backlog->spare);
    *backlog = (struct backlog){0};
}

/* Keeps the memory for the next cycle, if none is kept yet. */
static void backlog_keep(struct backlog *backlog, struct buf *memory)
{
    buf_clear(memory);
    if (backlog->spare.cap)
        buf_done(memory);
    else
        backlog->spare = *memory;
}

static void backlog_grow(struct backlog *backlog)
{
    size_t capacity = backlog->capacity ? backlog->capacity * 2 : BACKLOG_FIRST_CAPACITY;
    struct buf *ring = xcalloc(capacity, sizeof(*ring));

    for (size_t i = 0; i < backlog->count; i++)
        ring[i] = backlog->ring[(backlog->head + i) % backlog->capacity];
    free(backlog->ring);
    backlog->ring = ring;
    backlog->capacity = capacity;
    backlog->head = 0;
}

static struct buf backlog_pop(struct backlog *backlog)
{
    struct buf oldest = backlog->ring[backlog->head];

    backlog->head = (backlog->head + 1) % backlog->capacity;
    backlog->count--;
    backlog->bytes -= oldest.cap;
    return oldest;
}

size_t backlog_push(struct backlog *backlog, struct buf *cycle, uint64_t limit)
{
    size_t dropped = 0;

    while (backlog->count && backlog->bytes + cycle->cap > limit) {
        struct buf oldest = backlog_pop(backlog);

        backlog_keep(backlog, &oldest);
        dropped++;
    }
    if (backlog->count == backlog->capacity)
        backlog_grow(backlog);
    backlog->ring[(backlog->head + backlog->count) % backlog->capacity] = *cycle;
    backlog->count++;
    backlog->bytes += cycle->cap;
    *cycle = backlog->spare;
    backlog->spare = (struct buf){0};
    return dropped;
}

bool backlog_take(struct backlog *backlog, struct buf *ret)
{
    struct buf old = *ret;

    if (!backlog->count)
        return false;
    *ret = backlog_pop(backlog);
    backlog_keep(backlog, &old);
    return true;
}
