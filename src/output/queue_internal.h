/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the halves of the queue share: queue.c runs on the loop, queue_thread.c
 * is the thread of a queue with a spool.
 *
 * Order: head (in memory; its first `taken` are being sent), then `gap` records
 * that are on disk only, then tail (in memory, waiting to be written). Without
 * a spool all records are in the head. The thread alone touches the spool.
 */
#ifndef PROXTOP_OUTPUT_QUEUE_INTERNAL_H
#define PROXTOP_OUTPUT_QUEUE_INTERNAL_H

#include <pthread.h>

#include "base/clock.h"
#include "base/log.h"
#include "output/queue.h"

struct event;
struct spool;

#define QUEUE_NO_SEQ     UINT64_MAX
#define QUEUE_SPARES_MAX 64
/* A disk that takes longer counts as hanging: records go on without it. */
#define QUEUE_STALL_S 2.0

struct queue_record {
    struct buf data;
    uint64_t seq; /* its number in the spool; QUEUE_NO_SEQ = in memory only */
    bool twin;    /* a copy of the one that the thread is writing */
};

struct queue_ring {
    struct queue_record *items;
    size_t capacity; /* 0 or a power of two */
    size_t first;
    size_t count;
};

struct queue {
    struct queue_config config;
    char *texts[3];     /* of the config */
    struct queue *self; /* getters lock it, too */
    struct event *event;
    int event_fd; /* the thread's news for the loop; -1 = no thread */
    struct complaint full, stalled;

    pthread_mutex_t lock; /* for all that follows */
    struct queue_ring head, tail;
    size_t taken;  /* of the head */
    uint64_t gap;  /* records */
    uint64_t used; /* bytes of records in memory, and of the one that is being read */
    uint64_t lost;
    bool starved; /* queue_take() has given none */
    struct buf spares[QUEUE_SPARES_MAX];
    size_t spare_count;
    uint64_t spare_bytes;

    /* With a spool. */
    struct spool *spool; /* the thread's */
    pthread_t thread;
    pthread_cond_t changed;
    uint64_t acked;            /* records with a lower number are acknowledged */
    uint64_t gap_from;         /* where reading has to begin again; QUEUE_NO_SEQ = it goes on */
    struct mono disk_from;     /* the thread waits for the disk since then; ns 0 = it does not */
    bool busy;                 /* it writes the first of the tail, */
    bool given;                /* the twin of which was taken meanwhile */
    struct mono failing_until; /* the disk takes no records until it is tried again */
    bool closing, give_up, ended;
};

/* The record at a place, 0 = the oldest; it moves when the ring grows. */
static inline struct queue_record *queue_ring_at(const struct queue_ring *ring, size_t place)
{
    return &ring->items[(ring->first + place) & (ring->capacity - 1)];
}

void queue_ring_done(struct queue_ring *ring);
void queue_ring_append(struct queue_ring *ring, const struct queue_record *record);
/* Takes the record out; the memory of its bytes becomes the caller's. */
struct queue_record queue_ring_remove(struct queue_ring *ring, size_t place);
struct queue_record queue_ring_remove_last(struct queue_ring *ring);

/* The functions below want the lock held. */

/* A buffer for reuse, empty; it may have no memory. */
struct buf queue_spare(struct queue *q);
/* Keeps the memory of a record that has left, or frees it. */
void queue_recycle(struct queue *q, struct queue_record *record);
/* Whether queue_take() would give a record. */
bool queue_can_take(const struct queue *q);

/* Opens the spool and starts the thread. */
int queue_thread_start(struct queue *q, struct output_error *error);
/* Ends the thread and closes the spool. False: it hangs. */
bool queue_thread_stop(struct queue *q);

#endif
