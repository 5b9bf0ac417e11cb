/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue between cycles and a peer that may be away: whole records, oldest
 * first. In memory up to a limit; with a spool each record goes to disk as well
 * (by a thread of the queue: no disk delays the caller) and leaves it when it is
 * acknowledged, so that a program that is killed and started again loses none.
 *
 * A record is pushed, then taken (its bytes are being sent), then acknowledged.
 * What was taken but not acknowledged can be rewound: it is taken again, whole.
 * All functions are for one thread, the one of the event loop.
 */
#ifndef PROXTOP_OUTPUT_QUEUE_H
#define PROXTOP_OUTPUT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct event_base;
struct output_error;
struct queue;

struct queue_config {
    struct event_base *base;
    const char *peer;    /* for messages: "tcp host:port" */
    uint64_t memory;     /* bytes of records in memory, at most; one record always fits */
    const char *spool;   /* directory of all spools, made if need be; NULL = none */
    const char *name;    /* of this queue's spool in it: letters, digits, '.', '-', '_' */
    uint64_t spool_size; /* bytes */
    /* Called on the loop when queue_take() has become able to give a record
     * (after it gave none). */
    void (*ready)(void *argument);
    void *argument;
};

/* 0, or -errno with *error filled: a spool that cannot be made or is locked by
 * another process. What an earlier run left in the spool comes first; how much
 * is told as a notice. */
int queue_new(const struct queue_config *config, struct queue **ret, struct output_error *error);

/* Takes the bytes over and leaves *record empty (memory may be exchanged).
 * When there is no room the oldest records that are not taken are dropped,
 * counted, and that is told with growing pauses. An empty record is ignored. */
void queue_push(struct queue *queue, struct buf *record);

/* The oldest record that is not taken: true, with its bytes, which stay where
 * they are until it is acknowledged or rewound. False: there is none now. */
bool queue_take(struct queue *queue, const char **ret_data, size_t *ret_len);

/* The oldest `count` taken records have arrived: they leave memory and disk. */
void queue_acknowledge(struct queue *queue, size_t count);

/* What is taken and not acknowledged will be taken again, from the oldest on. */
void queue_rewind(struct queue *queue);

/* Taken and not acknowledged records. */
size_t queue_taken(const struct queue *queue);
/* Nothing is left that is not acknowledged, neither in memory nor on disk. */
bool queue_is_empty(const struct queue *queue);
/* Records dropped so far for want of room. */
uint64_t queue_lost(const struct queue *queue);

/* Ends: what is not acknowledged stays in the spool (waits a second at most for
 * the disk) or is lost. Returns all records lost in the run; *ret_hanging gets
 * true when the disk hangs a thread, which then may still use the queue's memory. */
uint64_t queue_close(struct queue *queue, bool *ret_hanging);

#endif
