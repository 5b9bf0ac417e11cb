/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue and the thread of standard output and files, and standard output itself. */
#include "output/stream.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"
#include "output/backlog.h"

#define STREAM_RETRY_S      1.0
#define STREAM_LAST_TRIES_S 5.0
#define STREAM_END_S        0.2
#define STREAM_ROOM_MS      100

struct stream {
    struct output_config config;
    const struct stream_ops *ops;
    void *self;
    const char *name;
    int event_fd; /* readable when the thread ended */
    struct event *event;
    bool started;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC */
    struct backlog backlog;
    struct buf cycle; /* the thread's: that it writes; empty = none */
    bool begun;       /* what begins a file is written */
    bool reopen, closing, ended, broken, give_up;
    uint64_t dropped;               /* the caller's */
    struct complaint full, failure; /* of the caller; of the thread */
};

void stream_await_room(int fd)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};

    (void)poll(&room, 1, STREAM_ROOM_MS);
}

/* Sleeps a moment with the lock held; false when closing has run out of time. */
static bool stream_pause(struct stream *o)
{
    struct mono until = mono_in(STREAM_RETRY_S);

    while (!o->give_up && !o->closing && !o->reopen &&
           cond_wait_until(&o->changed, &o->lock, until))
        ;
    if (o->closing && !o->give_up) /* a last try or two until the closer gives up */
        (void)cond_wait_until(&o->changed, &o->lock, mono_in(0.1));
    return !o->give_up;
}

static void stream_do_reopen(struct stream *o)
{
    o->reopen = false;
    if (!o->ops->reopen)
        return;
    pthread_mutex_unlock(&o->lock); /* opening and closing may block */
    o->ops->reopen(o->self);
    pthread_mutex_lock(&o->lock);
}

/* A write that failed for a reason that may pass. False = leave. */
static bool stream_endure(struct stream *o, int error, struct mono *failing)
{
    struct mono now = clock_mono(&clock_system);

    complain(&o->failure, LOG_WARNING, "cannot write to '%s': %s; trying again", o->name,
             error == ENXIO ? "nobody reads it" : strerror(error));
    if (!failing->ns)
        *failing = now;
    if (o->closing && mono_seconds_between(*failing, now) > STREAM_LAST_TRIES_S)
        return false;
    if (!stream_pause(o))
        return false;
    if (o->reopen)
        stream_do_reopen(o);
    return true;
}

/* Writes the cycle, whole. Called with the lock held. False = leave. */
static bool stream_deliver(struct stream *o)
{
    struct mono failing = {0};
    size_t done = 0, before;
    int r;

    do {
        before = done;
        pthread_mutex_unlock(&o->lock);
        r = o->ops->put(o->self, &o->cycle, &done);
        pthread_mutex_lock(&o->lock);
        if (done > before) {
            failing.ns = 0;
            complaint_recover(&o->failure, "writing to '%s' works again", o->name);
        }
        if (r < 0 && o->ops->is_gone && o->ops->is_gone(o->self, -r)) {
            o->broken = true;
            return false;
        }
        if (r < 0 && !stream_endure(o, -r, &failing))
            return false;
        if (r == 0 && o->give_up)
            return false;
        if (r < 0 && o->ops->newest_only && backlog_take(&o->backlog, &o->cycle))
            done = 0;
    } while (r <= 0);
    buf_clear(&o->cycle);
    return true;
}

static void *stream_run(void *argument)
{
    struct stream *o = argument;
    bool go_on;

    pthread_mutex_lock(&o->lock);
    go_on = o->begun = stream_deliver(o);
    while (go_on) {
        if (o->reopen)
            stream_do_reopen(o);
        else if (!backlog_take(&o->backlog, &o->cycle) && o->closing)
            break;
        else if (!o->cycle.len)
            pthread_cond_wait(&o->changed, &o->lock);
        else
            go_on = stream_deliver(o);
    }
    o->ended = true;
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
    if (eventfd_write(o->event_fd, 1) < 0)
        return NULL; /* the counter is full: it is readable already */
    return NULL;
}

static void stream_on_end(evutil_socket_t fd, short what UNUSED, void *argument)
{
    struct stream *o = argument;
    eventfd_t count;
    bool broken;

    (void)eventfd_read(fd, &count);
    pthread_mutex_lock(&o->lock);
    broken = o->broken && !o->closing;
    pthread_mutex_unlock(&o->lock);
    if (broken)
        o->config.broken(o->config.argument);
    else
        o->config.finished(o->config.argument);
}

int stream_start(const struct output_config *config, const struct stream_ops *ops, void *self,
                 const char *name, struct output **ret, struct output_error *error)
{
    struct stream *o = xcalloc(1, sizeof(*o));

    o->config = *config;
    o->ops = ops;
    o->self = self;
    o->name = name;
    o->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&o->lock, NULL);
    cond_init(&o->changed);
    o->event = event_new(config->base, o->event_fd, EV_READ | EV_PERSIST, stream_on_end, o);
    o->started =
        o->event && event_add(o->event, NULL) == 0 && thread_start(&o->thread, stream_run, o) == 0;
    if (o->started) {
        *ret = (struct output *)o;
        return 0;
    }
    snprintf(error->text, sizeof(error->text), "cannot start the thread that writes to '%s'", name);
    o->ended = true;
    (void)stream_close((struct output *)o);
    return -EAGAIN;
}

void stream_write(struct output *output, struct buf *cycle)
{
    struct stream *o = (struct stream *)output;
    size_t dropped;

    pthread_mutex_lock(&o->lock);
    if (!o->broken && cycle->len) {
        dropped =
            backlog_push(&o->backlog, cycle, o->ops->newest_only ? 0 : o->config.settings->buffer);
        if (!o->ops->newest_only)
            o->dropped += dropped;
        if (dropped && !o->ops->newest_only)
            complain(&o->full, LOG_WARNING,
                     "'%s' does not take the data: cycles are being dropped (%llu so far)", o->name,
                     (unsigned long long)o->dropped);
        else
            complaint_recover(&o->full, "'%s' takes the data again", o->name);
        pthread_cond_broadcast(&o->changed);
    }
    pthread_mutex_unlock(&o->lock);
    buf_clear(cycle);
}

void stream_reopen(struct output *output)
{
    struct stream *o = (struct stream *)output;

    pthread_mutex_lock(&o->lock);
    o->reopen = true;
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

void stream_finish(struct output *output)
{
    struct stream *o = (struct stream *)output;

    pthread_mutex_lock(&o->lock);
    o->closing = true;
    pthread_cond_broadcast(&o->changed);
    if (o->ended) /* it was told before */
        (void)eventfd_write(o->event_fd, 1);
    pthread_mutex_unlock(&o->lock);
}

/* Called with the lock held. A header that nobody took is a loss, too. */
static uint64_t stream_count_lost(const struct stream *o)
{
    uint64_t lost = o->dropped + o->backlog.count + (o->cycle.len > 0);

    if (!lost && !o->begun && o->config.header[0])
        lost = 1;
    return o->broken ? 0 : lost;
}

uint64_t stream_lost(const struct output *output)
{
    return ((const struct stream *)(const void *)output)->dropped;
}

struct output_end stream_close(struct output *output)
{
    struct stream *o = (struct stream *)output;
    struct mono until = mono_in(STREAM_END_S);
    struct output_end end;

    pthread_mutex_lock(&o->lock);
    o->closing = o->give_up = true;
    pthread_cond_broadcast(&o->changed);
    while (!o->ended && cond_wait_until(&o->changed, &o->lock, until))
        ;
    end = (struct output_end){stream_count_lost(o), !o->ended};
    pthread_mutex_unlock(&o->lock);
    if (o->event)
        event_free(o->event);
    if (end.hanging) /* in write(): leave it there */
        return end;
    if (o->started)
        pthread_join(o->thread, NULL);
    o->ops->close(o->self);
    close(o->event_fd);
    backlog_done(&o->backlog);
    buf_done(&o->cycle);
    pthread_cond_destroy(&o->changed);
    pthread_mutex_destroy(&o->lock);
    free(o);
    return end;
}

struct stdout_stream {
    const char *header; /* what is not written of it yet */
    bool is_terminal;
};

static int stdout_put(void *self, const struct buf *cycle, size_t *done)
{
    struct stdout_stream *o = self;
    bool begins = *o->header;
    ssize_t n = 0;

    if (begins)
        n = write(STDOUT_FILENO, o->header, strlen(o->header));
    else if (*done < cycle->len)
        n = write(STDOUT_FILENO, cycle->data + *done, cycle->len - *done);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    if (n < 0 && errno == EAGAIN) /* somebody made it non-blocking */
        stream_await_room(STDOUT_FILENO);
    if (n > 0 && begins)
        o->header += n;
    else if (n > 0)
        *done += (size_t)n;
    return !*o->header && *done == cycle->len;
}

static bool stdout_is_gone(void *self, int error)
{
    const struct stdout_stream *o = self;

    return error == EPIPE || (error == EIO && o->is_terminal);
}

static int stdout_open(const struct output_config *config, struct output **ret,
                       struct output_error *error)
{
    static const struct stream_ops ops = {
        .put = stdout_put,
        .is_gone = stdout_is_gone,
        .close = free,
    };
    struct stdout_stream *o = xcalloc(1, sizeof(*o));

    o->header = config->header;
    o->is_terminal = isatty(STDOUT_FILENO);
    return stream_start(config, &ops, o, "standard output", ret, error);
}

const struct output_ops output_stdout = {
    .name = "stdout",
    .open = stdout_open,
    .write = stream_write,
    .finish = stream_finish,
    .lost = stream_lost,
    .close = stream_close,
};
