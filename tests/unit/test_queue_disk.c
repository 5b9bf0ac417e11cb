/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/queue with a spool on a disk that fails or hangs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "made_queue.h"
#include "output/output.h"
#include "output/queue_internal.h"
#include "support.h"

static void test_disk_that_fails(void **state UNUSED)
{
    struct made_queue f;

    made_queue_init(&f, 1000, 100000);
    made_queue_push(&f, 0, 100);
    assert_int_equal(made_queue_take(&f), 0);
    made_disk_set(ENOSPC, false);
    for (unsigned i = 1; i < 4; i++) {
        made_queue_push(&f, i, 100);
        assert_int_equal(made_queue_take(&f), i); /* it goes on in memory */
    }
    queue_acknowledge(f.queue, 2);
    queue_rewind(f.queue);
    for (unsigned i = 4; i < 14; i++) /* 2 and 3 are the oldest; of 12, 10 fit */
        made_queue_push(&f, i, 100);
    assert_int_equal(queue_lost(f.queue), 2);
    made_disk_set(0, false);
    made_queue_settle(&f);
    made_queue_push(&f, 14, 100); /* now 13 can leave memory for it */
    for (unsigned i = 4; i < 14; i++)
        assert_int_equal(made_queue_take(&f), i);
    assert_int_equal(made_queue_take_now(&f), -1); /* all memory is taken */
    queue_acknowledge(f.queue, 1);
    assert_int_equal(made_queue_take(&f), 14);
    assert_int_equal(queue_lost(f.queue), 2);
    assert_int_equal(made_queue_close(&f), 2);
    made_queue_open(&f);
    for (unsigned i = 5; i <= 14; i++)
        assert_int_equal(made_queue_take(&f), i);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

static void test_disk_that_fails_to_the_end(void **state UNUSED)
{
    struct made_queue f;

    made_queue_init(&f, 1000, 100000);
    made_queue_push(&f, 0, 100);
    made_queue_settle(&f);
    made_disk_set(EIO, false);
    for (unsigned i = 1; i < 5; i++)
        made_queue_push(&f, i, 100);
    assert_int_equal(made_queue_take(&f), 0);
    assert_int_equal(made_queue_take(&f), 1); /* in memory only */
    assert_int_equal(made_queue_close(&f), 4);
    made_disk_set(0, false);
    made_queue_open(&f);
    assert_int_equal(made_queue_take(&f), 0);
    assert_int_equal(made_queue_take_now(&f), -1);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

static long take_without_the_disk(struct made_queue *f)
{
    struct mono since = clock_mono(&clock_system);
    long number;

    while ((number = made_queue_take_now(f)) < 0)
        made_patience(since);
    return number;
}

static void test_disk_that_hangs(void **state UNUSED)
{
    struct made_queue f;

    made_queue_init(&f, 1000, 100000);
    made_disk_set(0, true);
    made_queue_push(&f, 0, 100);
    made_disk_await_hanging();
    for (unsigned i = 1; i < 12; i++)
        made_queue_push(&f, i, 100);
    assert_int_equal(queue_lost(f.queue), 2); /* 1 and 2: 0 is being written */
    assert_int_equal(take_without_the_disk(&f), 0);
    assert_int_equal(take_without_the_disk(&f), 3);
    assert_int_equal(take_without_the_disk(&f), 4);
    queue_acknowledge(f.queue, 2);
    made_disk_set(0, false);
    made_queue_settle(&f);
    for (unsigned i = 5; i < 12; i++)
        assert_int_equal(made_queue_take(&f), i);
    queue_rewind(f.queue);
    assert_int_equal(made_queue_close(&f), 2 + 1); /* 4 is in memory only */
    made_queue_open(&f);
    for (unsigned i = 5; i < 12; i++)
        assert_int_equal(made_queue_take(&f), i);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

/* The twin of what is being written is still being sent when the disk is back. */
static void test_disk_that_hangs_for_a_while(void **state UNUSED)
{
    struct made_queue f;

    made_queue_init(&f, 1000, 100000);
    made_disk_set(0, true);
    made_queue_push(&f, 0, 100);
    made_disk_await_hanging();
    assert_int_equal(take_without_the_disk(&f), 0);
    made_disk_set(0, false);
    made_queue_settle(&f);
    assert_int_equal(made_queue_take_now(&f), -1);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_open(&f);
    assert_int_equal(made_queue_take(&f), 0);
    queue_acknowledge(f.queue, 1);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_open(&f);
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

/* The twin is not dropped: what is before it would count as acknowledged. */
static void test_disk_that_hangs_while_memory_is_full(void **state UNUSED)
{
    struct made_queue f;

    made_queue_init(&f, 1000, 100000);
    made_queue_push(&f, 0, 100);
    assert_int_equal(made_queue_take(&f), 0);
    made_disk_set(0, true);
    made_queue_push(&f, 1, 100);
    made_disk_await_hanging();
    assert_int_equal(take_without_the_disk(&f), 1);
    queue_rewind(f.queue);
    assert_int_equal(made_queue_take(&f), 0);
    for (unsigned i = 2; i < 12; i++)
        made_queue_push(&f, i, 100);
    assert_true(queue_lost(f.queue) > 0);
    made_disk_set(0, false);
    made_queue_settle(&f);
    assert_true(made_queue_close(&f) > 0);
    made_queue_open(&f);
    assert_int_equal(made_queue_take(&f), 0);
    assert_int_equal(made_queue_take(&f), 1);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

/* Last: its thread hangs on. */
static void test_close_does_not_wait_for_a_disk_that_hangs(void **state UNUSED)
{
    bool hanging = false;
    struct made_queue f;

    made_queue_init(&f, 1000, 100000);
    made_disk_set(0, true);
    made_queue_push(&f, 0, 100);
    made_queue_push(&f, 1, 100);
    made_disk_await_hanging();
    assert_int_equal(queue_close(f.queue, &hanging), 2);
    assert_true(hanging);
    made_queue_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk_that_fails),
        cmocka_unit_test(test_disk_that_fails_to_the_end),
        cmocka_unit_test(test_disk_that_hangs),
        cmocka_unit_test(test_disk_that_hangs_for_a_while),
        cmocka_unit_test(test_disk_that_hangs_while_memory_is_full),
        cmocka_unit_test(test_close_does_not_wait_for_a_disk_that_hangs),
    };

    log_init(LOG_ERROR, NULL); /* what is lost is told of, often */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
