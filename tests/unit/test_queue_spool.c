/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output/queue with a spool: order, restarts, kills, memory that is short, and
 * disks that fail or hang, for which this program has a pwritev() of its own.
 */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "output/output.h"
#include "output/queue_internal.h"
#include "output/spool_file.h"
#include "support.h"

#define PATIENCE_S 120.0 /* only what never comes takes that long */
#define MODEL_MAX  2000

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

static void disk_set_reads(bool hang)
{
    pthread_mutex_lock(&disk.lock);
    disk.hang_reads = hang;
    disk.hanging = false;
    pthread_cond_broadcast(&disk.changed);
    pthread_mutex_unlock(&disk.lock);
}

static void disk_set(int error, bool hang)
{
    pthread_mutex_lock(&disk.lock);
    disk.error = error;
    disk.hang = hang;
    pthread_cond_broadcast(&disk.changed);
    pthread_mutex_unlock(&disk.lock);
}

struct fixture {
    char directory[64];
    uint64_t memory, spool_size;
    struct event_base *base;
    struct queue *queue;
    unsigned ready;
    struct buf record;
};

static void fixture_ready(void *argument)
{
    ((struct fixture *)argument)->ready++;
}

static int fixture_try_open(struct fixture *f, struct queue **ret, struct output_error *error)
{
    struct queue_config config = {.base = f->base,
                                  .peer = "tcp peer:1",
                                  .memory = f->memory,
                                  .spool = f->directory,
                                  .name = "tcp-peer",
                                  .spool_size = f->spool_size,
                                  .ready = fixture_ready,
                                  .argument = f};

    return queue_new(&config, ret, error);
}

static void fixture_open(struct fixture *f)
{
    struct output_error error;

    assert_int_equal(fixture_try_open(f, &f->queue, &error), 0);
}

static uint64_t fixture_close(struct fixture *f)
{
    bool hanging = true;
    uint64_t lost = queue_close(f->queue, &hanging);

    assert_false(hanging);
    return lost;
}

static void fixture_init(struct fixture *f, uint64_t memory, uint64_t spool_size)
{
    char directory[] = "/dev/shm/test-queue-XXXXXX"; /* fsync costs nothing there */

    *f = (struct fixture){.memory = memory, .spool_size = spool_size, .base = event_base_new()};
    assert_non_null(mkdtemp(directory));
    copy_text(f->directory, sizeof(f->directory), directory);
    fixture_open(f);
}

static void fixture_remove(struct fixture *f)
{
    char command[128];

    buf_done(&f->record);
    event_base_free(f->base);
    snprintf(command, sizeof(command), "rm -r '%s'", f->directory);
    assert_int_equal(system(command), 0);
}

/* What the queue says of itself, checked: its count of bytes, and the limit. */
static size_t fixture_check(const struct fixture *f)
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

static void check_patience(struct mono since)
{
    assert_true(mono_seconds_between(since, clock_mono(&clock_system)) < PATIENCE_S);
    nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
}

static void disk_await_hanging(void)
{
    struct mono since = clock_mono(&clock_system);
    bool hanging = false;

    while (!hanging) {
        check_patience(since);
        pthread_mutex_lock(&disk.lock);
        hanging = disk.hanging;
        pthread_mutex_unlock(&disk.lock);
    }
}

/* Until all that was pushed is on disk. */
static void fixture_settle(const struct fixture *f)
{
    struct mono since = clock_mono(&clock_system);

    while (fixture_check(f))
        check_patience(since);
}

static void fixture_push(struct fixture *f, unsigned number, size_t len)
{
    buf_printf(&f->record, "%08u", number);
    while (f->record.len < len)
        buf_putc(&f->record, 'x');
    queue_push(f->queue, &f->record);
    assert_int_equal(f->record.len, 0);
}

/* The number of the record that is taken; -1 = there is none now. */
static long fixture_take_now(struct fixture *f)
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

/* Waits for it as an output does: for ready(). */
static long fixture_take(struct fixture *f)
{
    struct timeval patience = {.tv_sec = (time_t)PATIENCE_S};
    long number;

    while ((number = fixture_take_now(f)) < 0) {
        unsigned ready = f->ready;

        while (f->ready == ready) {
            event_base_loopexit(f->base, &patience);
            event_base_loop(f->base, EVLOOP_ONCE);
            assert_false(event_base_got_exit(f->base));
        }
    }
    return number;
}

static void test_order_and_restart(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 100000, 1000000);
    assert_int_equal(fixture_take_now(&f), -1);
    for (unsigned i = 0; i < 20; i++)
        fixture_push(&f, i, 50);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(fixture_take(&f), i);
    queue_acknowledge(f.queue, 3);
    assert_int_equal(fixture_close(&f), 0);
    fixture_open(&f);
    assert_false(queue_is_empty(f.queue));
    fixture_push(&f, 20, 50);
    for (unsigned i = 3; i <= 20; i++)
        assert_int_equal(fixture_take(&f), i);
    assert_int_equal(fixture_take_now(&f), -1);
    queue_acknowledge(f.queue, 18);
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(queue_lost(f.queue), 0);
    assert_int_equal(fixture_close(&f), 0);
    fixture_open(&f);
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

/* Once it runs, buffers go round: a cycle allocates nothing. */
static void test_memory_goes_round(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 10000, 100000);
    for (unsigned i = 0; i < 100; i++) {
        fixture_push(&f, i, 500);
        if (i > 4)
            assert_true(f.record.cap >= 500);
        assert_int_equal(fixture_take(&f), i);
        if (i)
            queue_acknowledge(f.queue, 1);
    }
    (void)fixture_close(&f);
    fixture_remove(&f);
}

static void test_more_than_memory_holds(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 2000, 1000000);
    for (unsigned i = 0; i < 500; i++) {
        fixture_push(&f, i, 100);
        fixture_settle(&f);
    }
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(fixture_take(&f), i);
        fixture_check(&f);
        queue_acknowledge(f.queue, 1);
    }
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

/* While a record is read back, the one before it leaves memory for a new one. */
static void test_memory_is_short_while_reading(void **state UNUSED)
{
    struct fixture f;
    unsigned pushed = 0;

    fixture_init(&f, 1000, 1000000);
    for (; pushed < 30; pushed++) {
        fixture_push(&f, pushed, 100);
        fixture_settle(&f);
    }
    disk_set_reads(true);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(fixture_take(&f), i);
    queue_acknowledge(f.queue, 6); /* there is memory for more now */
    disk_await_hanging();
    for (; pushed < 38; pushed++)
        fixture_push(&f, pushed, 100);
    disk_set_reads(false);
    for (unsigned i = 6; i < pushed; i++) {
        assert_int_equal(fixture_take(&f), i);
        queue_acknowledge(f.queue, 1);
    }
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

static void test_full_spool_drops_the_oldest(void **state UNUSED)
{
    struct fixture f;
    long number, last = -1;
    uint64_t came = 0;

    fixture_init(&f, 1000, 8000);
    for (unsigned i = 0; i < 300; i++) {
        fixture_push(&f, i, 100);
        fixture_settle(&f);
    }
    assert_true(queue_lost(f.queue) > 200);
    while (last != 299) {
        number = fixture_take(&f);
        assert_true(number > last);
        last = number;
        came++;
        queue_acknowledge(f.queue, 1);
    }
    assert_int_equal(came + queue_lost(f.queue), 300);
    assert_true(queue_is_empty(f.queue));
    (void)fixture_close(&f);
    fixture_remove(&f);
}

/* Nothing is lost here: a model is a counter. */
static void check_random(uint64_t *seed)
{
    unsigned pushed = 0, first = 0, taken = 0;
    struct fixture f;

    fixture_init(&f, 1500, 4000000);
    for (unsigned i = 0; i < MODEL_MAX; i++) {
        uint64_t what = support_random_below(seed, 256);

        if (what < 96) {
            fixture_push(&f, pushed++, 8 + support_random_below(seed, 120));
            if (what < 80)
                fixture_settle(&f);
            else if (fixture_check(&f) > 3)
                fixture_settle(&f);
        } else if (what < 176 && taken < 5 && first + taken < pushed) {
            assert_int_equal(fixture_take(&f), first + taken);
            taken++;
        } else if (what < 232) {
            unsigned count = (unsigned)support_random_below(seed, taken + 1);

            queue_acknowledge(f.queue, count);
            first += count;
            taken -= count;
        } else if (what < 248) {
            queue_rewind(f.queue);
            taken = 0;
        } else if (what == 255) {
            assert_int_equal(fixture_close(&f), 0);
            fixture_open(&f);
            taken = 0;
        }
        fixture_check(&f);
        assert_int_equal(queue_taken(f.queue), taken);
        if (first < pushed)
            assert_false(queue_is_empty(f.queue));
    }
    assert_int_equal(queue_lost(f.queue), 0);
    queue_rewind(f.queue);
    for (; first < pushed; first++) {
        assert_int_equal(fixture_take(&f), first);
        queue_acknowledge(f.queue, 1);
    }
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

static void test_random_sequences(void **state UNUSED)
{
    uint64_t seed = 3;

    for (unsigned i = 0; i < 12; i++)
        check_random(&seed);
}

static void test_one_owner(void **state UNUSED)
{
    struct output_error error = {.text = ""};
    struct queue *other = NULL;
    struct fixture f;

    fixture_init(&f, 1000, 100000);
    assert_int_equal(fixture_try_open(&f, &other, &error), -EBUSY);
    assert_null(other);
    assert_non_null(strstr(error.text, "tcp peer:1"));
    assert_non_null(strstr(error.text, "is in use"));
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

/* This program again, as "killed DIRECTORY ACKNOWLEDGE": pushes without end, and
 * tells by its output each record that can be taken; of each ten that it took it
 * acknowledges so many. */
static int run_to_be_killed(const char *directory, unsigned acknowledge)
{
    struct fixture f = {.memory = 3000, .spool_size = 10000000, .base = event_base_new()};

    log_init(LOG_ERROR, NULL);
    copy_text(f.directory, sizeof(f.directory), directory);
    fixture_open(&f);
    for (unsigned number = 0;; number++) {
        char line[32];
        int len;

        fixture_push(&f, number, 20);
        assert_int_equal(fixture_take(&f), number);
        len = snprintf(line, sizeof(line), "%08u\n", number);
        if (write(STDOUT_FILENO, line, (size_t)len) != len)
            return 1;
        if (number % 10 == 9)
            queue_acknowledge(f.queue, acknowledge);
    }
}

/* Kills it after some lines; how many whole lines it had written. */
static unsigned kill_one(const char *directory, unsigned acknowledge, unsigned lines)
{
    char number[16], block[9 * 64];
    size_t bytes = 0;
    int ends[2], status;
    ssize_t n;
    pid_t pid;

    snprintf(number, sizeof(number), "%u", acknowledge);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl("/proc/self/exe", "test_queue_spool", "killed", directory, number, (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    while ((n = read(ends[0], block, sizeof(block))) > 0) {
        bytes += (size_t)n;
        if (bytes >= (size_t)lines * 9)
            kill(pid, SIGKILL);
    }
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return (unsigned)(bytes / 9);
}

static void check_killed(unsigned acknowledge, unsigned lines)
{
    unsigned told, first, number;
    struct fixture f;

    fixture_init(&f, 5000, 10000000);
    assert_int_equal(fixture_close(&f), 0);
    told = kill_one(f.directory, acknowledge, lines);
    assert_true(told >= lines);
    fixture_open(&f);
    first = number = (unsigned)fixture_take(&f);
    /* What it acknowledged is gone, but for the last time before it was killed. */
    assert_true(first <= (told + 10) / 10 * acknowledge);
    assert_true(first + 10 >= told / 10 * acknowledge);
    queue_acknowledge(f.queue, 1);
    while (!queue_is_empty(f.queue)) {
        assert_int_equal(fixture_take(&f), ++number);
        queue_acknowledge(f.queue, 1);
    }
    assert_true(number + 1 >= told);
    assert_int_equal(queue_lost(f.queue), 0);
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

static void test_killed_at_any_moment(void **state UNUSED)
{
    check_killed(0, 100); /* more than fits into its memory: 150 */
    check_killed(9, 30);
    for (unsigned i = 0; i < 10; i++)
        check_killed(7, 200 + i * 37);
}

static void test_disk_that_fails(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 1000, 100000);
    fixture_push(&f, 0, 100);
    assert_int_equal(fixture_take(&f), 0);
    disk_set(ENOSPC, false);
    for (unsigned i = 1; i < 4; i++) {
        fixture_push(&f, i, 100);
        assert_int_equal(fixture_take(&f), i); /* it goes on in memory */
    }
    queue_acknowledge(f.queue, 2);
    queue_rewind(f.queue);
    for (unsigned i = 4; i < 14; i++) /* 2 and 3 are the oldest; of 12, 10 fit */
        fixture_push(&f, i, 100);
    assert_int_equal(queue_lost(f.queue), 2);
    disk_set(0, false);
    fixture_settle(&f);
    fixture_push(&f, 14, 100); /* now 13 can leave memory for it */
    for (unsigned i = 4; i < 14; i++)
        assert_int_equal(fixture_take(&f), i);
    assert_int_equal(fixture_take_now(&f), -1); /* all memory is taken */
    queue_acknowledge(f.queue, 1);
    assert_int_equal(fixture_take(&f), 14);
    assert_int_equal(queue_lost(f.queue), 2);
    assert_int_equal(fixture_close(&f), 2);
    fixture_open(&f);
    for (unsigned i = 5; i <= 14; i++)
        assert_int_equal(fixture_take(&f), i);
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

static void test_disk_that_fails_to_the_end(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 1000, 100000);
    fixture_push(&f, 0, 100);
    fixture_settle(&f);
    disk_set(EIO, false);
    for (unsigned i = 1; i < 5; i++)
        fixture_push(&f, i, 100);
    assert_int_equal(fixture_take(&f), 0);
    assert_int_equal(fixture_take(&f), 1); /* in memory only */
    assert_int_equal(fixture_close(&f), 4);
    disk_set(0, false);
    fixture_open(&f);
    assert_int_equal(fixture_take(&f), 0);
    assert_int_equal(fixture_take_now(&f), -1);
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

static long take_without_the_disk(struct fixture *f)
{
    struct mono since = clock_mono(&clock_system);
    long number;

    while ((number = fixture_take_now(f)) < 0)
        check_patience(since);
    return number;
}

static void test_disk_that_hangs(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 1000, 100000);
    disk_set(0, true);
    fixture_push(&f, 0, 100);
    disk_await_hanging();
    for (unsigned i = 1; i < 12; i++)
        fixture_push(&f, i, 100);
    assert_int_equal(queue_lost(f.queue), 2); /* 1 and 2: 0 is being written */
    assert_int_equal(take_without_the_disk(&f), 0);
    assert_int_equal(take_without_the_disk(&f), 3);
    assert_int_equal(take_without_the_disk(&f), 4);
    queue_acknowledge(f.queue, 2);
    disk_set(0, false);
    fixture_settle(&f);
    for (unsigned i = 5; i < 12; i++)
        assert_int_equal(fixture_take(&f), i);
    queue_rewind(f.queue);
    assert_int_equal(fixture_close(&f), 2 + 1); /* 4 is in memory only */
    fixture_open(&f);
    for (unsigned i = 5; i < 12; i++)
        assert_int_equal(fixture_take(&f), i);
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

/* The twin of what is being written is still being sent when the disk is back. */
static void test_disk_that_hangs_for_a_while(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 1000, 100000);
    disk_set(0, true);
    fixture_push(&f, 0, 100);
    disk_await_hanging();
    assert_int_equal(take_without_the_disk(&f), 0);
    disk_set(0, false);
    fixture_settle(&f);
    assert_int_equal(fixture_take_now(&f), -1);
    assert_int_equal(fixture_close(&f), 0);
    fixture_open(&f);
    assert_int_equal(fixture_take(&f), 0);
    queue_acknowledge(f.queue, 1);
    assert_int_equal(fixture_close(&f), 0);
    fixture_open(&f);
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

/* The twin is not dropped: what is before it would count as acknowledged. */
static void test_disk_that_hangs_while_memory_is_full(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 1000, 100000);
    fixture_push(&f, 0, 100);
    assert_int_equal(fixture_take(&f), 0);
    disk_set(0, true);
    fixture_push(&f, 1, 100);
    disk_await_hanging();
    assert_int_equal(take_without_the_disk(&f), 1);
    queue_rewind(f.queue);
    assert_int_equal(fixture_take(&f), 0);
    for (unsigned i = 2; i < 12; i++)
        fixture_push(&f, i, 100);
    assert_true(queue_lost(f.queue) > 0);
    disk_set(0, false);
    fixture_settle(&f);
    assert_true(fixture_close(&f) > 0);
    fixture_open(&f);
    assert_int_equal(fixture_take(&f), 0);
    assert_int_equal(fixture_take(&f), 1);
    assert_int_equal(fixture_close(&f), 0);
    fixture_remove(&f);
}

/* Last: its thread hangs on. */
static void test_close_does_not_wait_for_a_disk_that_hangs(void **state UNUSED)
{
    bool hanging = false;
    struct fixture f;

    fixture_init(&f, 1000, 100000);
    disk_set(0, true);
    fixture_push(&f, 0, 100);
    fixture_push(&f, 1, 100);
    disk_await_hanging();
    assert_int_equal(queue_close(f.queue, &hanging), 2);
    assert_true(hanging);
    fixture_remove(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_and_restart),
        cmocka_unit_test(test_memory_goes_round),
        cmocka_unit_test(test_more_than_memory_holds),
        cmocka_unit_test(test_memory_is_short_while_reading),
        cmocka_unit_test(test_full_spool_drops_the_oldest),
        cmocka_unit_test(test_random_sequences),
        cmocka_unit_test(test_one_owner),
        cmocka_unit_test(test_killed_at_any_moment),
        cmocka_unit_test(test_disk_that_fails),
        cmocka_unit_test(test_disk_that_fails_to_the_end),
        cmocka_unit_test(test_disk_that_hangs),
        cmocka_unit_test(test_disk_that_hangs_for_a_while),
        cmocka_unit_test(test_disk_that_hangs_while_memory_is_full),
        cmocka_unit_test(test_close_does_not_wait_for_a_disk_that_hangs),
    };

    if (argc == 4 && strcmp(argv[1], "killed") == 0)
        return run_to_be_killed(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
    log_init(LOG_ERROR, NULL); /* what is lost is told of, often */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
