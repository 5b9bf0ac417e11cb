/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/queue without a spool: order, limits, what is dropped and what is told. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "output/output.h"
#include "output/queue.h"
#include "support.h"

#define MODEL_MAX 4096

struct fixture {
    struct event_base *base;
    struct queue *queue;
    unsigned ready;
    struct buf record;
};

static void fixture_ready(void *argument)
{
    ((struct fixture *)argument)->ready++;
}

static void fixture_init(struct fixture *f, uint64_t memory)
{
    struct queue_config config = {
        .peer = "tcp peer:1", .memory = memory, .ready = fixture_ready, .argument = f};
    struct output_error error;

    *f = (struct fixture){.base = event_base_new()};
    config.base = f->base;
    assert_int_equal(queue_new(&config, &f->queue, &error), 0);
}

/* How many were lost. */
static uint64_t fixture_done(struct fixture *f)
{
    bool hanging = true;
    uint64_t lost = queue_close(f->queue, &hanging);

    assert_false(hanging);
    buf_done(&f->record);
    event_base_free(f->base);
    return lost;
}

/* A record says its number, then it is filled up to `len` bytes. */
static void fixture_push(struct fixture *f, unsigned number, size_t len)
{
    buf_printf(&f->record, "%08u", number);
    while (f->record.len < len)
        buf_putc(&f->record, 'x');
    queue_push(f->queue, &f->record);
    assert_int_equal(f->record.len, 0);
}

/* The number of the record that is taken; -1 = there is none. */
static long fixture_take(struct fixture *f)
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

static void fixture_loop(struct fixture *f)
{
    event_base_loop(f->base, EVLOOP_NONBLOCK);
}

static void test_order(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 1000);
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(fixture_take(&f), -1);
    queue_push(f.queue, &f.record); /* nothing */
    assert_true(queue_is_empty(f.queue));
    for (unsigned i = 0; i < 3; i++)
        fixture_push(&f, i, 10);
    assert_int_equal(fixture_take(&f), 0);
    assert_int_equal(fixture_take(&f), 1);
    assert_int_equal(queue_taken(f.queue), 2);
    queue_acknowledge(f.queue, 1);
    queue_rewind(f.queue);
    assert_int_equal(queue_taken(f.queue), 0);
    assert_int_equal(fixture_take(&f), 1);
    assert_int_equal(fixture_take(&f), 2);
    assert_int_equal(fixture_take(&f), -1);
    queue_acknowledge(f.queue, 2);
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(queue_lost(f.queue), 0);
    assert_int_equal(fixture_done(&f), 0);
}

static void test_ready_is_called_once_and_on_the_loop(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 1000);
    fixture_push(&f, 0, 10);
    assert_int_equal(f.ready, 0); /* not from within */
    fixture_loop(&f);
    assert_int_equal(f.ready, 1);
    fixture_push(&f, 1, 10); /* it knows already */
    fixture_loop(&f);
    assert_int_equal(f.ready, 1);
    while (fixture_take(&f) >= 0)
        ;
    fixture_loop(&f);
    assert_int_equal(f.ready, 1);
    queue_rewind(f.queue);
    fixture_loop(&f);
    assert_int_equal(f.ready, 2);
    assert_int_equal(fixture_done(&f), 2); /* nothing was acknowledged */
}

static void test_drops_the_oldest_but_none_that_is_taken(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 100);
    for (unsigned i = 0; i < 10; i++)
        fixture_push(&f, i, 10);
    assert_int_equal(queue_lost(f.queue), 0); /* exactly full */
    assert_int_equal(fixture_take(&f), 0);
    assert_int_equal(fixture_take(&f), 1);
    fixture_push(&f, 10, 25); /* instead of 2, 3 and 4 */
    assert_int_equal(queue_lost(f.queue), 3);
    queue_rewind(f.queue);
    assert_int_equal(fixture_take(&f), 0);
    assert_int_equal(fixture_take(&f), 1);
    for (unsigned i = 5; i <= 10; i++)
        assert_int_equal(fixture_take(&f), i);
    assert_int_equal(fixture_take(&f), -1);
    fixture_push(&f, 11, 20); /* all are taken: the newest has its place */
    fixture_push(&f, 12, 20);
    assert_int_equal(queue_lost(f.queue), 4);
    assert_int_equal(fixture_take(&f), 12);
    assert_int_equal(fixture_done(&f), 4 + 9);
}

static void test_one_record_always_fits(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 100);
    fixture_push(&f, 0, 1000);
    assert_int_equal(queue_lost(f.queue), 0);
    assert_int_equal(fixture_take(&f), 0);
    queue_rewind(f.queue);
    fixture_push(&f, 1, 1000);
    assert_int_equal(fixture_take(&f), 1);
    queue_acknowledge(f.queue, 1);
    assert_int_equal(fixture_done(&f), 1);
}

/* Once it runs, buffers go round: a cycle allocates nothing. */
static void test_memory_goes_round(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f, 10000);
    for (unsigned i = 0; i < 100; i++) {
        fixture_push(&f, i, 500);
        if (i > 4)
            assert_true(f.record.cap >= 500);
        assert_int_equal(fixture_take(&f), i);
        if (i)
            queue_acknowledge(f.queue, 1);
    }
    assert_int_equal(fixture_done(&f), 1);
}

/* The same as the queue in the plainest way. */
struct model {
    unsigned numbers[MODEL_MAX];
    size_t lens[MODEL_MAX];
    size_t first, end, taken; /* taken: from first on */
    uint64_t used, lost;
    uint64_t memory;
};

static void model_remove(struct model *m, size_t place)
{
    m->used -= m->lens[place];
    for (size_t i = place; i > m->first; i--) {
        m->numbers[i] = m->numbers[i - 1];
        m->lens[i] = m->lens[i - 1];
    }
    m->first++;
}

static void model_push(struct model *m, unsigned number, size_t len)
{
    while (m->used + len > m->memory && m->first + m->taken < m->end) {
        model_remove(m, m->first + m->taken);
        m->lost++;
    }
    m->numbers[m->end] = number;
    m->lens[m->end++] = len;
    m->used += len;
}

static void model_acknowledge(struct model *m, size_t count)
{
    for (; count; count--, m->taken--)
        model_remove(m, m->first);
}

static void check_random(uint64_t *seed)
{
    struct model m = {.memory = 300};
    struct fixture f;

    fixture_init(&f, m.memory);
    for (unsigned number = 0; number < MODEL_MAX;) {
        uint64_t what = support_random_below(seed, 16);

        if (what < 7) {
            size_t len = 8 + support_random_below(seed, what ? 40 : 400);

            model_push(&m, number, len);
            fixture_push(&f, number++, len);
        } else if (what < 12) {
            bool any = m.first + m.taken < m.end;

            assert_int_equal(fixture_take(&f), any ? (long)m.numbers[m.first + m.taken] : -1);
            m.taken += any;
        } else if (what < 15) {
            size_t count = m.taken ? support_random_below(seed, m.taken + 1) : 0;

            model_acknowledge(&m, count);
            queue_acknowledge(f.queue, count);
        } else {
            m.taken = 0;
            queue_rewind(f.queue);
        }
        assert_int_equal(queue_taken(f.queue), m.taken);
        assert_int_equal(queue_is_empty(f.queue), m.first == m.end);
        assert_int_equal(queue_lost(f.queue), m.lost);
    }
    assert_int_equal(fixture_done(&f), m.lost + (m.end - m.first));
}

static void test_random_sequences(void **state UNUSED)
{
    uint64_t seed = 7;

    for (unsigned i = 0; i < 20; i++)
        check_random(&seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_ready_is_called_once_and_on_the_loop),
        cmocka_unit_test(test_drops_the_oldest_but_none_that_is_taken),
        cmocka_unit_test(test_one_record_always_fits),
        cmocka_unit_test(test_memory_goes_round),
        cmocka_unit_test(test_random_sequences),
    };

    log_init(LOG_ERROR, NULL); /* it drops thousands */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
