/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of records, and the memory that those who have left leave behind. */
#include <stdlib.h>

#include "base/util.h"
#include "output/queue_internal.h"

#define QUEUE_RING_FIRST 16

void queue_ring_done(struct queue_ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        buf_done(&queue_ring_at(ring, i)->data);
    free(ring->items);
    *ring = (struct queue_ring){0};
}

static void queue_ring_grow(struct queue_ring *ring)
{
    struct queue_ring larger = {
        .capacity = ring->capacity ? ring->capacity * 2 : QUEUE_RING_FIRST,
        .count = ring->count,
    };

    larger.items = xcalloc(larger.capacity, sizeof(*larger.items));
    for (size_t i = 0; i < ring->count; i++)
        larger.items[i] = *queue_ring_at(ring, i);
    free(ring->items);
    *ring = larger;
}

void queue_ring_append(struct queue_ring *ring, const struct queue_record *record)
{
    if (ring->count == ring->capacity)
        queue_ring_grow(ring);
    *queue_ring_at(ring, ring->count++) = *record;
}

struct queue_record queue_ring_remove(struct queue_ring *ring, size_t place)
{
    struct queue_record record = *queue_ring_at(ring, place);

    for (size_t i = place; i; i--)
        *queue_ring_at(ring, i) = *queue_ring_at(ring, i - 1);
    ring->first = (ring->first + 1) & (ring->capacity - 1);
    ring->count--;
    return record;
}

struct queue_record queue_ring_remove_last(struct queue_ring *ring)
{
    return *queue_ring_at(ring, --ring->count);
}

struct buf queue_spare(struct queue *q)
{
    struct buf spare = {0};

    if (q->spare_count) {
        spare = q->spares[--q->spare_count];
        q->spare_bytes -= spare.cap;
    }
    return spare;
}

void queue_recycle(struct queue *q, struct queue_record *record)
{
    struct buf *data = &record->data;

    q->used -= data->len;
    if (q->spare_count == QUEUE_SPARES_MAX ||
        q->used + q->spare_bytes + data->cap > q->config.memory) {
        buf_done(data);
        return;
    }
    buf_clear(data);
    q->spare_bytes += data->cap;
    q->spares[q->spare_count++] = *data;
    *data = (struct buf){0};
}
