/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue with a spool to test with, on a disk that fails or hangs when told to:
 * programs that use it have a pwritev() and a pread() of their own. */
#ifndef PROXTOP_TESTS_UNIT_MADE_QUEUE_H
#define PROXTOP_TESTS_UNIT_MADE_QUEUE_H

#include "base/buf.h"
#include "base/clock.h"
#include "output/output.h"
#include "output/queue.h"

struct made_queue {
    char directory[64];
    uint64_t memory, spool_size;
    struct event_base *base;
    struct queue *queue;
    unsigned ready;
    struct buf record;
};

/* With a directory of its own, in memory; and its end, by which the queue is closed. */
void made_queue_init(struct made_queue *f, uint64_t memory, uint64_t spool_size);
void made_queue_remove(struct made_queue *f);

/* Another queue of the same spool. */
int made_queue_try_open(struct made_queue *f, struct queue **ret, struct output_error *error);
void made_queue_open(struct made_queue *f);
/* How many records were lost; its thread must not hang. */
uint64_t made_queue_close(struct made_queue *f);

/* What the queue says of itself, checked: its count of bytes, and the limit. How
 * many records are not on disk. */
size_t made_queue_check(const struct made_queue *f);
/* Until all that was pushed is on disk. */
void made_queue_settle(const struct made_queue *f);

/* A record of that number and length. */
void made_queue_push(struct made_queue *f, unsigned number, size_t len);
/* The number of the record that is taken; -1 = there is none now. */
long made_queue_take_now(struct made_queue *f);
/* Waits for it as an output does: for ready(). */
long made_queue_take(struct made_queue *f);

/* Writes fail with the error (0 = they do not), or hang. */
void made_disk_set(int error, bool hang);
/* Reads of records hang. */
void made_disk_set_reads(bool hang);
void made_disk_await_hanging(void);

/* A moment's pause; fails when it is too long since then. */
void made_patience(struct mono since);

#endif
