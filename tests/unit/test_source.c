/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/source: a connector that answers late takes another one's place, or does not. */
#include "app/source.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "support.h"

#define WAIT_S 60.0

/* A made connector; its threads read and write it, too. */
struct made_source {
    bool opens;
    size_t vms, strangers;
    unsigned tries, closed;
};

static struct made_source first, second;

static int made_open(struct made_source *made, void **ret_state, struct connector_error *error)
{
    __atomic_add_fetch(&made->tries, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&made->opens, __ATOMIC_SEQ_CST)) {
        snprintf(error->text, sizeof(error->text), "nobody is there");
        return -ECONNREFUSED;
    }
    *ret_state = made;
    return 0;
}

static int open_first(const struct connector_config *config UNUSED,
                      struct connector_guard *guard UNUSED, void **ret_state,
                      struct connector_error *error)
{
    return made_open(&first, ret_state, error);
}

static int open_second(const struct connector_config *config UNUSED,
                       struct connector_guard *guard UNUSED, void **ret_state,
                       struct connector_error *error)
{
    return made_open(&second, ret_state, error);
}

static int made_round(void *state, struct connector_guard *guard UNUSED,
                      const struct inventory *previous UNUSED, struct inventory **ret_inventory,
                      struct connector_error *error UNUSED)
{
    const struct made_source *made = state;
    struct inventory *inventory = inventory_new("made");

    for (size_t i = 0; i < made->vms; i++) {
        struct vm_info *info = inventory_append(inventory);

        info->key = xasprintf("%zu", i);
        info->name = xasprintf("vm-%zu", i);
    }
    inventory->strangers = made->strangers;
    inventory_finish(inventory);
    *ret_inventory = inventory;
    return 0;
}

static void made_close(void *state)
{
    __atomic_add_fetch(&((struct made_source *)state)->closed, 1, __ATOMIC_SEQ_CST);
}

static double made_beat(const struct connector_config *config UNUSED, double last_round UNUSED)
{
    return 0.01;
}

static const struct connector_ops first_ops = {"first", open_first, made_round, made_close,
                                               made_beat};
static const struct connector_ops second_ops = {"second", open_second, made_round, made_close,
                                                made_beat};

/* ---- what tests do with it ---- */

static struct connector *chosen, *later;
static struct source *source;

/* The first one answers, the second one does not yet. */
static void start(size_t later_vms, size_t later_strangers)
{
    const struct connector_config config = {.proc_fd = -1, .sys_fd = -1, .interval = 1};

    first = (struct made_source){.opens = true, .vms = 1};
    second = (struct made_source){.vms = later_vms, .strangers = later_strangers};
    later = connector_start(&second_ops, &config);
    connector_hush(later, true);
    assert_int_equal(connector_wait(later, WAIT_S, false, NULL), CONNECTOR_FAILED);
    chosen = connector_start(&first_ops, &config);
    assert_int_equal(connector_wait(chosen, WAIT_S, true, NULL), CONNECTOR_READY);
    source = source_new(chosen, later);
    assert_ptr_equal(source_connector(source), chosen);
}

static void wait_a_moment(struct mono end)
{
    assert_true(clock_mono(&clock_system).ns < end.ns);
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void wait_for(const unsigned *number, unsigned least)
{
    struct mono end = mono_in(WAIT_S);

    while (__atomic_load_n(number, __ATOMIC_SEQ_CST) < least)
        wait_a_moment(end);
}

/* The second one is there, and is read. */
static void second_answers(void)
{
    struct mono end = mono_in(WAIT_S);

    __atomic_store_n(&second.opens, true, __ATOMIC_SEQ_CST);
    while (!connector_has_news(later, NULL))
        wait_a_moment(end);
}

static void assert_told(const char *text)
{
    enum log_level level;
    char line[256];

    assert_true(log_next(&level, line, sizeof(line)));
    assert_int_equal(level, LOG_NOTICE);
    assert_string_equal(line, text);
}

static void assert_silent(void)
{
    enum log_level level;
    char line[256];

    if (log_next(&level, line, sizeof(line)))
        fail_msg("told: %s", line);
}

/* It fails for a while, of which nothing is told, and then has the VMs. */
static void test_takes_the_place(void **state UNUSED)
{
    start(2, 3);
    wait_for(&second.tries, 2);
    assert_ptr_equal(source_connector(source), chosen);
    assert_silent();
    second_answers();
    assert_ptr_equal(source_connector(source), later);
    assert_told("second answers now and is used in place of 'first': 2 VMs, and 3 QEMU processes "
                "that it does not know (--processes shows all)");
    wait_for(&first.closed, 1);
    assert_ptr_equal(source_connector(source), later);
    assert_silent();
    assert_true(source_stop(source));
    assert_int_equal(second.closed, 1);
}

/* There is nothing to lose where there are no VMs at all. */
static void test_no_vms(void **state UNUSED)
{
    start(0, 0);
    second_answers();
    assert_ptr_equal(source_connector(source), later);
    assert_told("second answers now and is used in place of 'first': 0 VMs");
    assert_true(source_stop(source));
}

/* The VMs that run are not its own: it is asked no more. */
static void test_knows_none(void **state UNUSED)
{
    start(0, 1);
    second_answers();
    assert_ptr_equal(source_connector(source), chosen);
    wait_for(&second.closed, 1);
    assert_ptr_equal(source_connector(source), chosen);
    assert_silent();
    assert_true(source_stop(source));
    assert_int_equal(first.closed, 1);
}

static void test_never(void **state UNUSED)
{
    start(1, 0);
    assert_ptr_equal(source_connector(source), chosen);
    assert_true(source_stop(source));
    assert_int_equal(first.closed, 1);
    assert_int_equal(second.closed, 0);
    assert_true(source_stop(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_the_place),
        cmocka_unit_test(test_no_vms),
        cmocka_unit_test(test_knows_none),
        cmocka_unit_test(test_never),
    };
    int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), failed;

    log_divert(wake);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    log_divert(-1);
    close(wake);
    return failed;
}
