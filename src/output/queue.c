/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue as the loop sees it; nothing here waits for a disk. */
#include "output/queue.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"
#include "output/output.h"
#include "output/queue_internal.h"

/* What waits while more than this part of the memory is in use is cut to its size. */
#define QUEUE_TRIM_PART 4

static bool queue_is_stalled(const struct queue *q)
{
    return q->disk_from.ns &&
           mono_seconds_between(q->disk_from, clock_mono(&clock_system)) > QUEUE_STALL_S;
}

/* Whether the disk can be passed by: what is before the tail is taken, and the
 * disk does not take the tail. */
static bool queue_can_bypass(const struct queue *q)
{
    size_t place = q->given ? 1 : 0;

    if (q->gap || q->gap_from != QUEUE_NO_SEQ || q->tail.count <= place)
        return false;
    if (queue_is_stalled(q))
        return true;
    return !q->busy && q->failing_until.ns && clock_mono(&clock_system).ns < q->failing_until.ns;
}

bool queue_can_take(const struct queue *q)
{
    return q->taken < q->head.count || queue_can_bypass(q);
}

/* Brings one record of the tail to the head, where it stays in memory only. */
static void queue_bypass(struct queue *q)
{
    struct queue_record record = {.seq = QUEUE_NO_SEQ};

    if (q->busy && !q->given) { /* the thread holds its bytes, who knows how long */
        const struct buf *held = &queue_ring_at(&q->tail, 0)->data;

        buf_add(&record.data, held->data, held->len);
        q->used += held->len;
        record.twin = q->given = true;
    } else {
        record = queue_ring_remove(&q->tail, q->given ? 1 : 0);
    }
    queue_ring_append(&q->head, &record);
    if (queue_is_stalled(q))
        complain(&q->stalled, LOG_WARNING, "%s: the disk of the spool '%s' hangs; going on without",
                 q->config.peer, q->config.spool);
}

/* Wants the lock held. */
static void queue_wake(struct queue *q)
{
    if (q->starved && queue_can_take(q))
        event_active(q->event, EV_READ, 0);
}

static void queue_on_news(evutil_socket_t fd, short what UNUSED, void *argument)
{
    struct queue *q = argument;
    eventfd_t count;
    bool ready;

    if (fd >= 0)
        (void)eventfd_read(fd, &count);
    pthread_mutex_lock(&q->lock);
    ready = q->starved && queue_can_take(q);
    if (ready)
        q->starved = false;
    pthread_mutex_unlock(&q->lock);
    if (ready) /* last: it may close the queue */
        q->config.ready(q->config.argument);
}

static void queue_free(struct queue *q)
{
    if (q->event)
        event_free(q->event);
    if (q->event_fd >= 0)
        close(q->event_fd);
    queue_ring_done(&q->head);
    queue_ring_done(&q->tail);
    for (size_t i = 0; i < q->spare_count; i++)
        buf_done(&q->spares[i]);
    for (size_t i = 0; i < ARRAY_SIZE(q->texts); i++)
        free(q->texts[i]);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

static struct queue *queue_make(const struct queue_config *config)
{
    struct queue *q = xcalloc(1, sizeof(*q));

    q->config = *config;
    q->self = q;
    q->config.peer = q->texts[0] = xstrdup(config->peer);
    q->config.spool = q->texts[1] = config->spool ? xstrdup(config->spool) : NULL;
    q->config.name = q->texts[2] = config->name ? xstrdup(config->name) : NULL;
    q->event_fd = config->spool ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    q->starved = true;
    q->gap_from = QUEUE_NO_SEQ;
    pthread_mutex_init(&q->lock, NULL);
    cond_init(&q->changed);
    q->event = event_new(config->base, q->event_fd, EV_READ | EV_PERSIST, queue_on_news, q);
    return q;
}

int queue_new(const struct queue_config *config, struct queue **ret, struct output_error *error)
{
    struct queue *q = queue_make(config);
    int r = 0;

    if (!q->event || (config->spool && (q->event_fd < 0 || event_add(q->event, NULL) < 0))) {
        snprintf(error->text, sizeof(error->text), "%s: cannot watch the queue", config->peer);
        r = -EMFILE;
    } else if (config->spool) {
        r = queue_thread_start(q, error);
    }
    if (r < 0) {
        queue_free(q);
        return r;
    }
    *ret = q;
    return 0;
}

/* The oldest record that is not taken and can be let go of; false: there is none.
 * A twin stays until the thread knows its number: without it the number would
 * count as acknowledged, with all before it. */
static bool queue_drop_oldest(struct queue *q)
{
    struct queue_record record;
    size_t place = q->taken;

    if (place < q->head.count && queue_ring_at(&q->head, place)->twin)
        place++;
    if (place < q->head.count)
        record = queue_ring_remove(&q->head, place);
    else if (q->tail.count > (q->busy ? 1 : 0))
        record = queue_ring_remove(&q->tail, q->busy ? 1 : 0);
    else
        return false;
    queue_recycle(q, &record);
    q->lost++;
    return true;
}

/* Leaves the newest record of the head to the disk; false: it has to stay. */
static bool queue_evict(struct queue *q)
{
    struct queue_record record;

    if (q->head.count == q->taken ||
        queue_ring_at(&q->head, q->head.count - 1)->seq == QUEUE_NO_SEQ)
        return false;
    record = queue_ring_remove_last(&q->head);
    q->gap++;
    q->gap_from = record.seq;
    queue_recycle(q, &record);
    return true;
}

/* Makes room for len bytes; false if records had to be dropped for it. */
static bool queue_make_room(struct queue *q, size_t len)
{
    uint64_t lost = q->lost;

    while (q->used + len > q->config.memory && queue_evict(q))
        ;
    while (q->used + len > q->config.memory && queue_drop_oldest(q))
        ;
    return q->lost == lost;
}

static void queue_trim(const struct queue *q, struct buf *data)
{
    if (q->used < q->config.memory / QUEUE_TRIM_PART || data->cap - data->len < data->len / 8)
        return;
    data->data = xreallocarray(data->data, data->len, 1);
    data->cap = data->len;
}

void queue_push(struct queue *q, struct buf *data)
{
    struct queue_record record = {.seq = QUEUE_NO_SEQ};
    bool fits;

    if (!data->len)
        return;
    pthread_mutex_lock(&q->lock);
    fits = queue_make_room(q, data->len);
    queue_trim(q, data);
    record.data = *data;
    *data = queue_spare(q);
    q->used += record.data.len;
    queue_ring_append(q->config.spool ? &q->tail : &q->head, &record);
    if (q->config.spool)
        pthread_cond_broadcast(&q->changed);
    queue_wake(q);
    if (!queue_is_stalled(q))
        complaint_recover(&q->stalled, "%s: the disk of the spool '%s' answers again",
                          q->config.peer, q->config.spool);
    if (!fits)
        complain(&q->full, LOG_WARNING,
                 "%s: too much waits for it; the oldest cycles are being dropped (%llu so far)",
                 q->config.peer, (unsigned long long)q->lost);
    pthread_mutex_unlock(&q->lock);
}

bool queue_take(struct queue *q, const char **ret_data, size_t *ret_len)
{
    const struct buf *data;
    bool found;

    pthread_mutex_lock(&q->lock);
    if (q->taken == q->head.count && queue_can_bypass(q))
        queue_bypass(q);
    found = q->taken < q->head.count;
    if (found) {
        data = &queue_ring_at(&q->head, q->taken++)->data;
        *ret_data = data->data;
        *ret_len = data->len;
    } else if (q->gap) { /* for which there may be memory now */
        pthread_cond_broadcast(&q->changed);
    }
    q->starved = !found;
    pthread_mutex_unlock(&q->lock);
    return found;
}

void queue_acknowledge(struct queue *q, size_t count)
{
    pthread_mutex_lock(&q->lock);
    for (; count && q->taken; count--) {
        struct queue_record record = queue_ring_remove(&q->head, 0);

        q->taken--;
        if (record.seq != QUEUE_NO_SEQ)
            q->acked = record.seq + 1;
        queue_recycle(q, &record);
    }
    if (!q->head.count && !q->gap && !q->tail.count)
        complaint_recover(&q->full, "%s: cycles get through again; %llu were dropped",
                          q->config.peer, (unsigned long long)q->lost);
    if (q->config.spool)
        pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void queue_rewind(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->taken = 0;
    queue_wake(q);
    pthread_mutex_unlock(&q->lock);
}

/* Getters change nothing but the lock. */
static struct queue *queue_lock(const struct queue *queue)
{
    pthread_mutex_lock(&queue->self->lock);
    return queue->self;
}

size_t queue_taken(const struct queue *queue)
{
    struct queue *q = queue_lock(queue);
    size_t taken = q->taken;

    pthread_mutex_unlock(&q->lock);
    return taken;
}

bool queue_is_empty(const struct queue *queue)
{
    struct queue *q = queue_lock(queue);
    bool empty = !q->head.count && !q->gap && !q->tail.count;

    pthread_mutex_unlock(&q->lock);
    return empty;
}

uint64_t queue_lost(const struct queue *queue)
{
    struct queue *q = queue_lock(queue);
    uint64_t lost = q->lost;

    pthread_mutex_unlock(&q->lock);
    return lost;
}

uint64_t queue_close(struct queue *q, bool *ret_hanging)
{
    bool hanging = q->config.spool && !queue_thread_stop(q);
    uint64_t lost, kept;

    pthread_mutex_lock(&q->lock);
    lost = q->lost + q->tail.count;
    kept = q->gap;
    for (size_t i = 0; i < q->head.count; i++) {
        bool spooled = queue_ring_at(&q->head, i)->seq != QUEUE_NO_SEQ;

        kept += spooled;
        lost += !spooled;
    }
    if (q->given && q->tail.count) /* it was taken as its twin */
        lost--;
    pthread_mutex_unlock(&q->lock);
    if (kept)
        log_notice("%s: %llu %s in the spool '%s' for the next run", q->config.peer,
                   (unsigned long long)kept, kept == 1 ? "cycle waits" : "cycles wait",
                   q->config.spool);
    *ret_hanging = hanging;
    if (hanging) {
        event_free(q->event);
        return lost;
    }
    queue_free(q);
    return lost;
}
