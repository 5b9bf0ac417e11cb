/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standard output and files: a queue and a thread that writes it. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"
#include "output/output.h"

#define STREAM_QUEUE_MAX    (16u * 1024 * 1024)
#define STREAM_RETRY_S      1.0
#define STREAM_LAST_TRIES_S 5.0
#define STREAM_END_S        0.2

struct stream {
    struct output_config config;
    const char *path; /* NULL = standard output */
    int fd;
    int event_fd; /* readable when the thread ended */
    struct event *event;
    bool is_terminal, started;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC */
    struct buf pending;     /* queued; swapped with `writing` by the thread */
    struct buf writing;     /* the thread's */
    size_t written;         /* of `writing` */
    uint64_t pending_cycles, writing_cycles;
    bool reopen, closing, ended, broken, give_up;
    uint64_t dropped;
    struct complaint full, failure; /* of the caller; of the thread */
};

static int stream_open_path(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);

    return fd < 0 ? -errno : fd;
}

/* Whether the error means that the reader is gone for good. */
static bool stream_is_broken(const struct stream *o, int error)
{
    return !o->path && (error == EPIPE || (error == EIO && o->is_terminal));
}

static const char *stream_name(const struct stream *o)
{
    return o->path ? o->path : "standard output";
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
    int fd;

    o->reopen = false;
    if (!o->path)
        return;
    pthread_mutex_unlock(&o->lock); /* opening and closing may block */
    fd = stream_open_path(o->path);
    if (fd >= 0)
        close(o->fd);
    pthread_mutex_lock(&o->lock);
    if (fd < 0) {
        complain(&o->failure, LOG_WARNING, "cannot open '%s' again: %s; going on with the old file",
                 o->path, strerror(-fd));
        return;
    }
    o->fd = fd;
}

static void stream_await_room(struct stream *o)
{
    struct pollfd room = {.fd = o->fd, .events = POLLOUT};

    pthread_mutex_unlock(&o->lock);
    (void)poll(&room, 1, 100);
    pthread_mutex_lock(&o->lock);
}

/* A write that failed for a reason that may pass. False = leave. */
static bool stream_endure(struct stream *o, int error, struct mono *failing)
{
    struct mono now = clock_mono(&clock_system);

    complain(&o->failure, LOG_WARNING, "cannot write to '%s': %s; trying again", stream_name(o),
             strerror(error));
    if (!failing->ns)
        *failing = now;
    if (o->closing && mono_seconds_between(*failing, now) > STREAM_LAST_TRIES_S)
        return false;
    if (!stream_pause(o))
        return false;
    if (o->reopen) {
        stream_do_reopen(o);
        /* The new file begins with a whole line. */
        while (o->written && o->writing.data[o->written - 1] != '\n')
            o->written--;
    }
    return true;
}

/* Writes what is taken over, whole. Called with the lock held. False = leave. */
static bool stream_write_all(struct stream *o)
{
    struct mono failing = {0};

    while (o->written < o->writing.len) {
        ssize_t n;
        int error;

        pthread_mutex_unlock(&o->lock);
        n = write(o->fd, o->writing.data + o->written, o->writing.len - o->written);
        error = errno;
        pthread_mutex_lock(&o->lock);
        if (n >= 0) {
            o->written += (size_t)n;
            failing.ns = 0;
            complaint_recover(&o->failure, "writing to '%s' works again", stream_name(o));
        } else if (stream_is_broken(o, error)) {
            o->broken = true;
            return false;
        } else if (error == EAGAIN) { /* somebody made it non-blocking */
            stream_await_room(o);
            if (o->give_up)
                return false;
        } else if (error != EINTR && !stream_endure(o, error, &failing)) {
            return false;
        }
    }
    o->writing_cycles = 0;
    return true;
}

static void *stream_run(void *argument)
{
    struct stream *o = argument;
    bool go_on = true;

    pthread_mutex_lock(&o->lock);
    while (go_on) {
        struct buf empty;

        if (o->reopen)
            stream_do_reopen(o);
        if (!o->pending.len) {
            if (o->closing)
                break;
            pthread_cond_wait(&o->changed, &o->lock);
            continue;
        }
        empty = o->writing;
        buf_clear(&empty);
        o->writing = o->pending;
        o->pending = empty;
        o->written = 0;
        o->writing_cycles = o->pending_cycles;
        o->pending_cycles = 0;
        go_on = stream_write_all(o);
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

static int stream_start(int fd, const struct output_config *config, const char *path,
                        struct output **ret, struct output_error *error)
{
    struct stream *o = xcalloc(1, sizeof(*o));

    o->config = *config;
    o->fd = fd;
    o->is_terminal = isatty(fd);
    o->path = path;
    o->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&o->lock, NULL);
    cond_init(&o->changed);
    buf_puts(&o->pending, config->header);
    o->event = event_new(config->base, o->event_fd, EV_READ | EV_PERSIST, stream_on_end, o);
    o->started =
        o->event && event_add(o->event, NULL) == 0 && thread_start(&o->thread, stream_run, o) == 0;
    *ret = (struct output *)o;
    if (o->started)
        return 0;
    o->ended = true;
    snprintf(error->text, sizeof(error->text), "cannot start the writer thread");
    return -EAGAIN;
}

static int stream_open_stdout(const struct output_config *config, struct output **ret,
                              struct output_error *error)
{
    return stream_start(STDOUT_FILENO, config, NULL, ret, error);
}

static int stream_open_file(const struct output_config *config, struct output **ret,
                            struct output_error *error)
{
    int fd = stream_open_path(config->target);

    if (fd < 0) {
        snprintf(error->text, sizeof(error->text), "cannot open '%s' for output: %s",
                 config->target, strerror(-fd));
        return fd;
    }
    return stream_start(fd, config, config->target, ret, error);
}

static void stream_write(struct output *output, struct buf *cycle)
{
    struct stream *o = (struct stream *)output;

    pthread_mutex_lock(&o->lock);
    if (o->pending.len && o->pending.len + cycle->len > STREAM_QUEUE_MAX) {
        o->dropped++;
        complain(&o->full, LOG_WARNING,
                 "'%s' does not take the data: cycles are being dropped (%llu so far)",
                 stream_name(o), (unsigned long long)o->dropped);
    } else if (!o->broken) {
        if (o->pending.len) {
            buf_add(&o->pending, cycle->data, cycle->len);
        } else {
            struct buf empty = o->pending;

            o->pending = *cycle;
            *cycle = empty;
        }
        o->pending_cycles++;
        complaint_recover(&o->full, "'%s' takes the data again", stream_name(o));
        pthread_cond_broadcast(&o->changed);
    }
    pthread_mutex_unlock(&o->lock);
    buf_clear(cycle);
}

static void stream_reopen(struct output *output)
{
    struct stream *o = (struct stream *)output;

    pthread_mutex_lock(&o->lock);
    o->reopen = true;
    pthread_cond_broadcast(&o->changed);
    pthread_mutex_unlock(&o->lock);
}

static void stream_finish(struct output *output)
{
    struct stream *o = (struct stream *)output;

    pthread_mutex_lock(&o->lock);
    o->closing = true;
    pthread_cond_broadcast(&o->changed);
    if (o->ended) /* it was told before */
        (void)eventfd_write(o->event_fd, 1);
    pthread_mutex_unlock(&o->lock);
}

/* Called with the lock held. */
static uint64_t stream_count_lost(const struct stream *o)
{
    return o->broken ? 0 : o->dropped + o->pending_cycles + o->writing_cycles;
}

static uint64_t stream_lost(const struct output *output)
{
    struct stream *o = (struct stream *)(uintptr_t)output;
    uint64_t lost;

    pthread_mutex_lock(&o->lock);
    lost = o->dropped;
    pthread_mutex_unlock(&o->lock);
    return lost;
}

static struct output_end stream_close(struct output *output)
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
    if (o->path)
        close(o->fd);
    close(o->event_fd);
    buf_done(&o->pending);
    buf_done(&o->writing);
    pthread_cond_destroy(&o->changed);
    pthread_mutex_destroy(&o->lock);
    free(o);
    return end;
}

const struct output_ops output_stdout = {
    .name = "stdout",
    .open = stream_open_stdout,
    .write = stream_write,
    .reopen = stream_reopen,
    .finish = stream_finish,
    .lost = stream_lost,
    .close = stream_close,
};

const struct output_ops output_file = {
    .name = "file",
    .needs_target = true,
    .open = stream_open_file,
    .write = stream_write,
    .reopen = stream_reopen,
    .finish = stream_finish,
    .lost = stream_lost,
    .close = stream_close,
};
