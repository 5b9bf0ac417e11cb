/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/queue with a spool: order, restarts, kills, memory that is short. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "made_queue.h"
#include "output/output.h"
#include "output/queue_internal.h"
#include "support.h"

#define MODEL_MAX 2000

static void test_order_and_restart(void **state UNUSED)
{
    struct made_queue f;

    made_queue_init(&f, 100000, 1000000);
    assert_int_equal(made_queue_take_now(&f), -1);
    for (unsigned i = 0; i < 20; i++)
        made_queue_push(&f, i, 50);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(made_queue_take(&f), i);
    queue_acknowledge(f.queue, 3);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_open(&f);
    assert_false(queue_is_empty(f.queue));
    made_queue_push(&f, 20, 50);
    for (unsigned i = 3; i <= 20; i++)
        assert_int_equal(made_queue_take(&f), i);
    assert_int_equal(made_queue_take_now(&f), -1);
    queue_acknowledge(f.queue, 18);
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(queue_lost(f.queue), 0);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_open(&f);
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

/* Once it runs, buffers go round: a cycle allocates nothing. */
static void test_memory_goes_round(void **state UNUSED)
{
    struct made_queue f;

    made_queue_init(&f, 10000, 100000);
    for (unsigned i = 0; i < 100; i++) {
        made_queue_push(&f, i, 500);
        if (i > 4)
            assert_true(f.record.cap >= 500);
        assert_int_equal(made_queue_take(&f), i);
        if (i)
            queue_acknowledge(f.queue, 1);
    }
    (void)made_queue_close(&f);
    made_queue_remove(&f);
}

static void test_more_than_memory_holds(void **state UNUSED)
{
    struct made_queue f;

    made_queue_init(&f, 2000, 1000000);
    for (unsigned i = 0; i < 500; i++) {
        made_queue_push(&f, i, 100);
        made_queue_settle(&f);
    }
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(made_queue_take(&f), i);
        made_queue_check(&f);
        queue_acknowledge(f.queue, 1);
    }
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

/* While a record is read back, the one before it leaves memory for a new one. */
static void test_memory_is_short_while_reading(void **state UNUSED)
{
    struct made_queue f;
    unsigned pushed = 0;

    made_queue_init(&f, 1000, 1000000);
    for (; pushed < 30; pushed++) {
        made_queue_push(&f, pushed, 100);
        made_queue_settle(&f);
    }
    made_disk_set_reads(true);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(made_queue_take(&f), i);
    queue_acknowledge(f.queue, 6); /* there is memory for more now */
    made_disk_await_hanging();
    for (; pushed < 38; pushed++)
        made_queue_push(&f, pushed, 100);
    made_disk_set_reads(false);
    for (unsigned i = 6; i < pushed; i++) {
        assert_int_equal(made_queue_take(&f), i);
        queue_acknowledge(f.queue, 1);
    }
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

static void test_full_spool_drops_the_oldest(void **state UNUSED)
{
    struct made_queue f;
    long number, last = -1;
    uint64_t came = 0;

    made_queue_init(&f, 1000, 8000);
    for (unsigned i = 0; i < 300; i++) {
        made_queue_push(&f, i, 100);
        made_queue_settle(&f);
    }
    assert_true(queue_lost(f.queue) > 200);
    while (last != 299) {
        number = made_queue_take(&f);
        assert_true(number > last);
        last = number;
        came++;
        queue_acknowledge(f.queue, 1);
    }
    assert_int_equal(came + queue_lost(f.queue), 300);
    assert_true(queue_is_empty(f.queue));
    (void)made_queue_close(&f);
    made_queue_remove(&f);
}

/* Nothing is lost here: a model is a counter. */
static void check_random(uint64_t *seed)
{
    unsigned pushed = 0, first = 0, taken = 0;
    struct made_queue f;

    made_queue_init(&f, 1500, 4000000);
    for (unsigned i = 0; i < MODEL_MAX; i++) {
        uint64_t what = support_random_below(seed, 256);

        if (what < 96) {
            made_queue_push(&f, pushed++, 8 + support_random_below(seed, 120));
            if (what < 80)
                made_queue_settle(&f);
            else if (made_queue_check(&f) > 3)
                made_queue_settle(&f);
        } else if (what < 176 && taken < 5 && first + taken < pushed) {
            assert_int_equal(made_queue_take(&f), first + taken);
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
            assert_int_equal(made_queue_close(&f), 0);
            made_queue_open(&f);
            taken = 0;
        }
        made_queue_check(&f);
        assert_int_equal(queue_taken(f.queue), taken);
        if (first < pushed)
            assert_false(queue_is_empty(f.queue));
    }
    assert_int_equal(queue_lost(f.queue), 0);
    queue_rewind(f.queue);
    for (; first < pushed; first++) {
        assert_int_equal(made_queue_take(&f), first);
        queue_acknowledge(f.queue, 1);
    }
    assert_true(queue_is_empty(f.queue));
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
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
    struct made_queue f;

    made_queue_init(&f, 1000, 100000);
    assert_int_equal(made_queue_try_open(&f, &other, &error), -EBUSY);
    assert_null(other);
    assert_non_null(strstr(error.text, "tcp peer:1"));
    assert_non_null(strstr(error.text, "is in use"));
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

/* This program again, as "killed DIRECTORY ACKNOWLEDGE": pushes without end, and
 * tells by its output each record that can be taken; of each ten that it took it
 * acknowledges so many. */
static int run_to_be_killed(const char *directory, unsigned acknowledge)
{
    struct made_queue f = {.memory = 3000, .spool_size = 10000000, .base = event_base_new()};

    log_init(LOG_ERROR, NULL);
    copy_text(f.directory, sizeof(f.directory), directory);
    made_queue_open(&f);
    for (unsigned number = 0;; number++) {
        char line[32];
        int len;

        made_queue_push(&f, number, 20);
        assert_int_equal(made_queue_take(&f), number);
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
    struct made_queue f;

    made_queue_init(&f, 5000, 10000000);
    assert_int_equal(made_queue_close(&f), 0);
    told = kill_one(f.directory, acknowledge, lines);
    assert_true(told >= lines);
    made_queue_open(&f);
    first = number = (unsigned)made_queue_take(&f);
    /* What it acknowledged is gone, but for the last time before it was killed. */
    assert_true(first <= (told + 10) / 10 * acknowledge);
    assert_true(first + 10 >= told / 10 * acknowledge);
    queue_acknowledge(f.queue, 1);
    while (!queue_is_empty(f.queue)) {
        assert_int_equal(made_queue_take(&f), ++number);
        queue_acknowledge(f.queue, 1);
    }
    assert_true(number + 1 >= told);
    assert_int_equal(queue_lost(f.queue), 0);
    assert_int_equal(made_queue_close(&f), 0);
    made_queue_remove(&f);
}

static void test_killed_at_any_moment(void **state UNUSED)
{
    check_killed(0, 100); /* more than fits into its memory: 150 */
    check_killed(9, 30);
    for (unsigned i = 0; i < 10; i++)
        check_killed(7, 200 + i * 37);
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
    };

    if (argc == 4 && strcmp(argv[1], "killed") == 0)
        return run_to_be_killed(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
    log_init(LOG_ERROR, NULL); /* what is lost is told of, often */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
