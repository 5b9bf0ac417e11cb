/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread of a queue with a spool: it alone waits for the disk. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/thread.h"
#include "output/output.h"
#include "output/queue_internal.h"
#include "output/spool.h"

#define QUEUE_RETRY_S 1.0
/* Records that wait longer than this are brought to the platter. */
#define QUEUE_SYNC_S  1.0
#define QUEUE_END_S   1.0
#define QUEUE_LEAVE_S 0.2

/* The thread's own. */
struct queue_work {
    struct queue *q;
    struct complaint append, read, position, sync, full;
    uint64_t acknowledged; /* the spool knows that these are */
    uint64_t dropped, damaged;
    bool filling; /* there was memory for more, and still is */
    bool last_try;
    struct mono read_again; /* reading failed; ns 0 = it did not */
    struct mono sync_at;    /* ns 0 = nothing to sync */
    uint64_t sync_number;   /* the first record that is not on the platter */
};

/* All functions are called with the lock held, which they give back while they
 * wait for the disk. Those that return bool: whether there was something to do. */

static void queue_work_to_disk(struct queue *q)
{
    q->disk_from = clock_mono(&clock_system);
    pthread_mutex_unlock(&q->lock);
}

static void queue_work_from_disk(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->disk_from.ns = 0;
}

static void queue_work_tell(const struct queue_work *w)
{
    if (w->q->starved && queue_can_take(w->q))
        (void)eventfd_write(w->q->event_fd, 1);
}

/* What the spool's last operation changed. */
static void queue_work_note(struct queue_work *w)
{
    struct queue *q = w->q;
    uint64_t dropped = spool_dropped(q->spool), damaged = spool_damaged(q->spool);

    if (q->gap_from == QUEUE_NO_SEQ)
        q->gap = spool_waiting(q->spool);
    q->lost += dropped - w->dropped + damaged - w->damaged;
    if (dropped > w->dropped)
        complain(&w->full, LOG_WARNING,
                 "%s: the spool '%s' is full; the oldest cycles are being dropped (%llu so far)",
                 q->config.peer, spool_path(q->spool), (unsigned long long)dropped);
    w->dropped = dropped;
    w->damaged = damaged;
    queue_work_tell(w);
}

static bool queue_work_seek(struct queue_work *w)
{
    struct queue *q = w->q;

    if (q->gap_from == QUEUE_NO_SEQ)
        return false;
    spool_seek(q->spool, q->gap_from);
    q->gap_from = QUEUE_NO_SEQ;
    queue_work_note(w);
    return true;
}

static void queue_work_plan_sync(struct queue_work *w, uint64_t number)
{
    w->sync_at = mono_in(QUEUE_SYNC_S);
    w->sync_number = number;
}

static bool queue_work_acknowledge(struct queue_work *w)
{
    struct queue *q = w->q;
    uint64_t number = q->acked;
    int r;

    if (number == w->acknowledged)
        return false;
    queue_work_to_disk(q);
    r = spool_acknowledge(q->spool, number);
    if (r < 0)
        complain(&w->position, LOG_WARNING,
                 "%s: cannot write to the spool '%s': %s; a program that is killed now sends "
                 "cycles again",
                 q->config.peer, spool_path(q->spool), strerror(-r));
    else
        complaint_recover(&w->position, "%s: the spool '%s' keeps the position again",
                          q->config.peer, spool_path(q->spool));
    queue_work_from_disk(q);
    w->acknowledged = number;
    if (number == spool_next(q->spool)) {
        w->sync_at.ns = 0;
        complaint_recover(&w->full, "%s: the spool '%s' is empty again; %llu cycles were dropped",
                          q->config.peer, spool_path(q->spool), (unsigned long long)w->dropped);
    } else if (w->sync_at.ns && number > w->sync_number) {
        queue_work_plan_sync(w, number);
    }
    return true;
}

/* The first of the tail, whose twin was taken meanwhile, is in the spool. */
static void queue_work_join_twin(struct queue *q, uint64_t number)
{
    for (size_t i = 0; i < q->head.count; i++) {
        struct queue_record *record = queue_ring_at(&q->head, i);

        if (record->twin) {
            record->twin = false;
            record->seq = number;
            return;
        }
    }
    q->acked = number + 1; /* it has arrived, and all before it */
}

static void queue_work_appended(struct queue_work *w, uint64_t number)
{
    struct queue *q = w->q;
    struct queue_record record = queue_ring_remove(&q->tail, 0);

    if (q->given || (!q->gap && q->gap_from == QUEUE_NO_SEQ)) {
        if (q->given)
            queue_work_join_twin(q, number);
        else
            record.seq = number;
        spool_seek(q->spool, number + 1);
    }
    if (record.seq == QUEUE_NO_SEQ)
        queue_recycle(q, &record);
    else
        queue_ring_append(&q->head, &record);
    q->given = false;
    q->failing_until.ns = 0;
    complaint_recover(&w->append, "%s: the spool '%s' takes cycles again", q->config.peer,
                      spool_path(q->spool));
    if (!w->sync_at.ns)
        queue_work_plan_sync(w, number);
    queue_work_note(w);
}

static void queue_work_append_failed(struct queue_work *w, int error)
{
    struct queue *q = w->q;

    complain(&w->append, LOG_WARNING,
             "%s: cannot write to the spool '%s': %s; cycles wait in memory only", q->config.peer,
             spool_path(q->spool), strerror(-error));
    if (q->given) { /* its twin lives on in memory */
        struct queue_record record = queue_ring_remove(&q->tail, 0);

        queue_recycle(q, &record);
        q->given = false;
    }
    q->failing_until = mono_in(QUEUE_RETRY_S);
    w->last_try = q->closing;
    queue_work_note(w);
}

static bool queue_work_append(struct queue_work *w)
{
    struct queue *q = w->q;
    uint64_t number = 0;
    struct buf data;
    int r;

    if (!q->tail.count || w->last_try)
        return false;
    if (!q->closing && clock_mono(&clock_system).ns < q->failing_until.ns)
        return false;
    data = queue_ring_at(&q->tail, 0)->data;
    q->busy = true;
    queue_work_to_disk(q);
    r = spool_append(q->spool, data.data, data.len, &number);
    queue_work_from_disk(q);
    q->busy = false;
    if (r < 0)
        queue_work_append_failed(w, r);
    else
        queue_work_appended(w, number);
    return true;
}

/* Whether a record of that length is to be read into memory: when half of it is
 * free, up to three quarters; and when there is nothing else to take. */
static bool queue_work_wants(struct queue_work *w, uint64_t len)
{
    struct queue *q = w->q;

    if (!q->head.count)
        return true;
    if (q->used <= q->config.memory / 2)
        w->filling = true;
    else if (q->used + len > q->config.memory / 4 * 3)
        w->filling = false;
    return q->used + len <= q->config.memory && (w->filling || q->head.count == q->taken);
}

static bool queue_work_cannot_read(struct queue_work *w, int error)
{
    struct queue *q = w->q;

    complain(&w->read, LOG_WARNING, "%s: cannot read the spool '%s': %s; trying again",
             q->config.peer, spool_path(q->spool), strerror(-error));
    w->read_again = mono_in(QUEUE_RETRY_S);
    return false;
}

/* Reads the next record, for which `len` bytes are set aside. */
static int queue_work_read_record(struct queue_work *w, size_t len)
{
    struct queue *q = w->q;
    struct queue_record record = {.data = queue_spare(q)};
    int r;

    q->used += len;
    queue_work_to_disk(q);
    r = spool_read(q->spool, &record.data, &record.seq);
    queue_work_from_disk(q);
    q->used += record.data.len - len;
    if (r == 1 && q->gap_from == QUEUE_NO_SEQ)
        queue_ring_append(&q->head, &record);
    else /* one before it was left to the disk meanwhile: it comes again */
        queue_recycle(q, &record);
    return r;
}

static bool queue_work_read(struct queue_work *w)
{
    struct queue *q = w->q;
    size_t len = 0;
    int r;

    if (!q->gap || q->closing || !queue_work_wants(w, 0) ||
        clock_mono(&clock_system).ns < w->read_again.ns)
        return false;
    queue_work_to_disk(q);
    r = spool_peek(q->spool, &len);
    queue_work_from_disk(q);
    if (r == 1 && q->gap_from == QUEUE_NO_SEQ) {
        if (!queue_work_wants(w, len))
            return false;
        r = queue_work_read_record(w, len);
    }
    queue_work_note(w);
    if (r < 0)
        return queue_work_cannot_read(w, r);
    complaint_recover(&w->read, "%s: the spool '%s' can be read again", q->config.peer,
                      spool_path(q->spool));
    return true;
}

static void queue_work_do_sync(struct queue_work *w)
{
    struct queue *q = w->q;
    int r;

    w->sync_at.ns = 0;
    queue_work_to_disk(q);
    r = spool_sync(q->spool);
    if (r < 0)
        complain(&w->sync, LOG_WARNING,
                 "%s: the disk of the spool '%s' fails: %s; a power cut would take cycles with it",
                 q->config.peer, spool_path(q->spool), strerror(-r));
    else
        complaint_recover(&w->sync, "%s: the disk of the spool '%s' works again", q->config.peer,
                          spool_path(q->spool));
    queue_work_from_disk(q);
}

static bool queue_work_sync(struct queue_work *w)
{
    if (!w->sync_at.ns || clock_mono(&clock_system).ns < w->sync_at.ns)
        return false;
    queue_work_do_sync(w);
    return true;
}

static void queue_work_wait(const struct queue_work *w)
{
    struct queue *q = w->q;
    struct mono now = clock_mono(&clock_system), until = w->sync_at;

    if (q->tail.count && q->failing_until.ns && (!until.ns || q->failing_until.ns < until.ns))
        until = q->failing_until;
    if (q->gap && w->read_again.ns > now.ns && (!until.ns || w->read_again.ns < until.ns))
        until = w->read_again;
    (void)cond_wait_until(&q->changed, &q->lock, until);
}

static void *queue_thread_run(void *argument)
{
    struct queue *q = argument;
    struct queue_work work = {.q = q}, *w = &work;

    pthread_mutex_lock(&q->lock);
    w->acknowledged = spool_acknowledged(q->spool);
    while (!q->give_up) {
        if (queue_work_seek(w) || queue_work_acknowledge(w) || queue_work_append(w) ||
            queue_work_read(w) || queue_work_sync(w))
            continue;
        if (q->closing)
            break;
        queue_work_wait(w);
    }
    if (w->sync_at.ns && !q->give_up)
        queue_work_do_sync(w);
    pthread_mutex_unlock(&q->lock);
    spool_close(q->spool);
    pthread_mutex_lock(&q->lock);
    q->ended = true;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

int queue_thread_start(struct queue *q, struct output_error *error)
{
    char text[sizeof(error->text) - 128];
    int r = spool_open(q->config.spool, q->config.name, q->config.spool_size, &q->spool, text,
                       sizeof(text));

    if (r < 0) {
        snprintf(error->text, sizeof(error->text), "%.100s: %s", q->config.peer, text);
        return r;
    }
    q->acked = spool_acknowledged(q->spool);
    q->gap = spool_waiting(q->spool);
    if (q->gap)
        log_notice("%s: %llu cycles of an earlier run wait in the spool '%s'", q->config.peer,
                   (unsigned long long)q->gap, spool_path(q->spool));
    r = thread_start(&q->thread, queue_thread_run, q);
    if (r < 0) {
        snprintf(error->text, sizeof(error->text), "%.100s: cannot start the spool's thread: %s",
                 q->config.peer, strerror(-r));
        spool_close(q->spool);
    }
    return r;
}

bool queue_thread_stop(struct queue *q)
{
    struct mono until = mono_in(QUEUE_END_S), leave;
    bool ended;

    pthread_mutex_lock(&q->lock);
    q->closing = true;
    pthread_cond_broadcast(&q->changed);
    while (!q->ended && cond_wait_until(&q->changed, &q->lock, until))
        ;
    q->give_up = true;
    leave = mono_in(QUEUE_LEAVE_S);
    while (!q->ended && cond_wait_until(&q->changed, &q->lock, leave))
        ;
    ended = q->ended;
    pthread_mutex_unlock(&q->lock);
    if (ended)
        pthread_join(q->thread, NULL);
    return ended;
}
