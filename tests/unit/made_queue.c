/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A queue with a spool to test with, on a disk that fails or hangs when told to. */
#include "made_queue.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "output/output.h"
#include "output/queue_internal.h"
#include "output/spool_file.h"
#include "support.h"

#define MADE_PATIENCE_S 120.0 /* only what never comes takes that long */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int error; /* what a write fails with; 0 = it does not */
    bool hang;
    bool hang_reads; /* but of headers */
    bool hanging;    /* somebody does */
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at);
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
    int error;

    pthread_mutex_lock(&disk.lock);
    while (disk.hang) {
        disk.hanging = true;
        pthread_cond_wait(&disk.changed, &disk.lock);
    }
    disk.hanging = false;
    error = disk.error;
    pthread_mutex_unlock(&disk.lock);
    if (error) {
        errno = error;
        return -1;
    }
    return syscall(SYS_pwritev, fd, parts, count, (long)at, 0L);
}

ssize_t pread64(int fd, void *data, size_t len, off64_t at);
ssize_t pread64(int fd, void *data, size_t len, off64_t at)
{
    pthread_mutex_lock(&disk.lock);
    while (disk.hang_reads && len > SPOOL_FILE_HEADER) {
        disk.hanging = true;
        pthread_cond_wait(&disk.changed, &disk.lock);
    }
    pthread_mutex_unlock(&disk.lock);
    return syscall(SYS_pread64, fd, data, len, (long)at);
}

void made_disk_set_reads(bool hang)
{
    pthread_mutex_lock(&disk.lock);
    disk.hang_reads = hang;
    disk.hanging = false;
    pthread_cond_broadcast(&disk.changed);
    pthread_mutex_unlock(&disk.lock);
}

void made_disk_set(int error, bool hang)
{
    pthread_mutex_lock(&disk.lock);
    disk.error = error;
    disk.hang = hang;
    pthread_cond_broadcast(&disk.changed);
    pthread_mutex_unlock(&disk.lock);
}

static void made_queue_ready(void *argument)
{
    ((struct made_queue *)argument)->ready++;
}

int made_queue_try_open(struct made_queue *f, struct queue **ret, struct output_error *error)
{
    struct queue_config config = {.base = f->base,
                                  .peer = "tcp peer:1",
                                  .memory = f->memory,
                                  .spool = f->directory,
                                  .name = "tcp-peer",
                                  .spool_size = f->spool_size,
                                  .ready = made_queue_ready,
                                  .argument = f};

    return queue_new(&config, ret, error);
}

void made_queue_open(struct made_queue *f)
{
    struct output_error error;

    assert_int_equal(made_queue_try_open(f, &f->queue, &error), 0);
}

uint64_t made_queue_close(struct made_queue *f)
{
    bool hanging = true;
    uint64_t lost = queue_close(f->queue, &hanging);

    assert_false(hanging);
    return lost;
}

void made_queue_init(struct made_queue *f, uint64_t memory, uint64_t spool_size)
{
    char directory[] = "/dev/shm/test-queue-XXXXXX"; /* fsync costs nothing there */

    *f = (struct made_queue){.memory = memory, .spool_size = spool_size, .base = event_base_new()};
    assert_non_null(mkdtemp(directory));
    copy_text(f->directory, sizeof(f->directory), directory);
    made_queue_open(f);
}

void made_queue_remove(struct made_queue *f)
{
    char command[128];

    buf_done(&f->record);
    event_base_free(f->base);
    snprintf(command, sizeof(command), "rm -r '%s'", f->directory);
    assert_int_equal(system(command), 0);
}

size_t made_queue_check(const struct made_queue *f)
{
    struct queue *q = f->queue;
    uint64_t used = 0;
    size_t tail;

    pthread_mutex_lock(&q->lock);
    for (size_t i = 0; i < q->head.count; i++)
        used += queue_ring_at(&q->head, i)->data.len;
    for (size_t i = 0; i < q->tail.count; i++)
        used += queue_ring_at(&q->tail, i)->data.len;
    assert_true(q->used >= used); /* more is what is being read */
    assert_true(q->used <= f->memory);
    tail = q->tail.count;
    pthread_mutex_unlock(&q->lock);
    return tail;
}

void made_patience(struct mono since)
{
    assert_true(mono_seconds_between(since, clock_mono(&clock_system)) < MADE_PATIENCE_S);
    nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}

void made_disk_await_hanging(void)
{
    struct mono since = clock_mono(&clock_system);
    bool hanging = false;

    while (!hanging) {
        made_patience(since);
        pthread_mutex_lock(&disk.lock);
        hanging = disk.hanging;
        pthread_mutex_unlock(&disk.lock);
    }
}

void made_queue_settle(const struct made_queue *f)
{
    struct mono since = clock_mono(&clock_system);

    while (made_queue_check(f))
        made_patience(since);
}

void made_queue_push(struct made_queue *f, unsigned number, size_t len)
{
    buf_printf(&f->record, "%08u", number);
    while (f->record.len < len)
        buf_putc(&f->record, 'x');
    queue_push(f->queue, &f->record);
    assert_int_equal(f->record.len, 0);
}

long made_queue_take_now(struct made_queue *f)
{
    const char *data;
    size_t len;
    char digits[9] = "";

    if (!queue_take(f->queue, &data, &len))
        return -1;
    assert_true(len >= 8);
    memcpy(digits, data, 8);
    for (size_t i = 8; i < len; i++)
        assert_int_equal(data[i], 'x');
    return strtol(digits, NULL, 10);
}

long made_queue_take(struct made_queue *f)
{
    struct timeval patience = {.tv_sec = (time_t)MADE_PATIENCE_S};
    long number;

    while ((number = made_queue_take_now(f)) < 0) {
        unsigned ready = f->ready;

        while (f->ready == ready) {
            event_base_loopexit(f->base, &patience);
            event_base_loop(f->base, EVLOOP_ONCE);
            assert_false(event_base_got_exit(f->base));
        }
    }
    return number;
}
