/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cycles that wait for a thread to write them: whole ones, oldest first, in bounded memory. */
#ifndef PROXTOP_OUTPUT_BACKLOG_H
#define PROXTOP_OUTPUT_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Zero-initialised = empty. Its user locks. */
struct backlog {
    struct buf *ring;
    size_t capacity, head, count;
    uint64_t bytes;   /* of memory that the cycles hold */
    struct buf spare; /* memory for the next one */
};

void backlog_done(struct backlog *backlog);

/* Takes the cycle over; *cycle gets other memory, empty. The oldest are dropped
 * until all together hold `limit` bytes at most; one is always kept. Returns
 * how many were dropped. */
size_t backlog_push(struct backlog *backlog, struct buf *cycle, uint64_t limit);

/* The oldest cycle goes to *ret, whose memory is taken in exchange. False, with
 * *ret as it was, if there is none. */
bool backlog_take(struct backlog *backlog, struct buf *ret);

#endif
