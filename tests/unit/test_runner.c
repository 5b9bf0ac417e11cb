/* SPDX-License-Identifier: GPL-2.0-or-later */
/* connect/runner: a worker that hangs, what the one that takes over knows of it, and the end. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/thread.h"
#include "connect/connector.h"
#include "support.h"

#define WAIT_S 30.0
#define DOOR   "opening a door"

/* The source: its first reader hangs until it is let go. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned readers, rounds; /* rounds of those behind the first */
    bool released, was_abandoned, returned;
    bool any, same, another, elsewhere, itself; /* who hangs, as the later reader sees it */
} source;

static int source_open(const struct connector_config *config UNUSED,
                       struct connector_guard *guard UNUSED, void **ret_state,
                       struct connector_error *error UNUSED)
{
    unsigned *number = xcalloc(1, sizeof(*number));

    pthread_mutex_lock(&source.lock);
    *number = source.readers++;
    pthread_mutex_unlock(&source.lock);
    *ret_state = number;
    return 0;
}

static int source_hang(struct connector_guard *guard)
{
    connector_guard_set_for(guard, 20, DOOR, 7);
    pthread_mutex_lock(&source.lock);
    while (!source.released)
        (void)cond_wait_until(&source.changed, &source.lock, (struct mono){0});
    pthread_mutex_unlock(&source.lock);
    source.was_abandoned = connector_guard_clear(guard);
    return -ECANCELED;
}

static int source_round(void *state, struct connector_guard *guard,
                        const struct inventory *previous UNUSED, struct inventory **ret_inventory,
                        struct connector_error *error UNUSED)
{
    if (*(const unsigned *)state == 0)
        return source_hang(guard);
    pthread_mutex_lock(&source.lock);
    source.any = connector_guard_others_hang(guard, DOOR, 0);
    source.same = connector_guard_others_hang(guard, DOOR, 7);
    source.another = connector_guard_others_hang(guard, DOOR, 8);
    source.elsewhere = connector_guard_others_hang(guard, "closing it", 0);
    source.rounds++;
    pthread_cond_broadcast(&source.changed);
    pthread_mutex_unlock(&source.lock);
    /* Its own announcement is not another's. */
    connector_guard_set_for(guard, 60000, DOOR, 8);
    source.itself |= connector_guard_others_hang(guard, DOOR, 8);
    (void)connector_guard_clear(guard);
    *ret_inventory = inventory_new("made");
    inventory_finish(*ret_inventory);
    return 0;
}

static void source_close(void *state)
{
    pthread_mutex_lock(&source.lock);
    source.returned |= *(const unsigned *)state == 0;
    pthread_cond_broadcast(&source.changed);
    pthread_mutex_unlock(&source.lock);
    free(state);
}

static double source_beat(const struct connector_config *config UNUSED, double last_round UNUSED)
{
    return 0.01;
}

static const struct connector_ops source_ops = {
    .name = "made",
    .open = source_open,
    .round = source_round,
    .close = source_close,
    .beat = source_beat,
};

/* Waits for another round of the later reader. Called with the lock held. */
static void source_wait_round(void)
{
    struct mono until = mono_in(WAIT_S);
    unsigned rounds = source.rounds;

    while (source.rounds == rounds)
        assert_true(cond_wait_until(&source.changed, &source.lock, until));
}

static void test_hanging(void **state UNUSED)
{
    struct connector_config config = {.interval = 1};
    struct connector *connector;

    pthread_mutex_init(&source.lock, NULL);
    cond_init(&source.changed);
    connector = connector_start(&source_ops, &config);
    pthread_mutex_lock(&source.lock);
    source_wait_round();
    assert_int_equal(source.readers, 2);
    assert_true(source.any);
    assert_true(source.same);
    assert_false(source.another);
    assert_false(source.elsewhere);
    source.released = true;
    pthread_cond_broadcast(&source.changed);
    while (!source.returned)
        source_wait_round();
    assert_true(source.was_abandoned);
    /* One round may have asked before the first reader came back. */
    source_wait_round();
    source_wait_round();
    assert_false(source.any);
    assert_false(source.same);
    assert_int_equal(source.readers, 2);
    pthread_mutex_unlock(&source.lock);
    assert_true(connector_stop(connector));
    assert_false(source.itself);
    pthread_cond_destroy(&source.changed);
    pthread_mutex_destroy(&source.lock);
}

/* One round of thousands of calls, none of which hangs. */
static int long_round(void *state UNUSED, struct connector_guard *guard,
                      const struct inventory *previous UNUSED,
                      struct inventory **ret_inventory UNUSED, struct connector_error *error UNUSED)
{
    do {
        connector_guard_set(guard, 60000, DOOR);
        pthread_mutex_lock(&source.lock);
        source.rounds++;
        pthread_cond_broadcast(&source.changed);
        pthread_mutex_unlock(&source.lock);
    } while (!connector_guard_clear(guard));
    return -ECANCELED;
}

static void test_end_in_a_round(void **state UNUSED)
{
    struct connector_config config = {.interval = 1};
    struct connector_ops ops = source_ops;
    struct connector *connector;

    ops.round = long_round;
    pthread_mutex_init(&source.lock, NULL);
    cond_init(&source.changed);
    connector = connector_start(&ops, &config);
    pthread_mutex_lock(&source.lock);
    source_wait_round();
    pthread_mutex_unlock(&source.lock);
    assert_true(connector_stop(connector));
    pthread_cond_destroy(&source.changed);
    pthread_mutex_destroy(&source.lock);
}

static void test_alone(void **state UNUSED)
{
    connector_guard_set(NULL, 1, DOOR);
    connector_guard_set_for(NULL, 1, DOOR, 1);
    assert_false(connector_guard_clear(NULL));
    assert_false(connector_guard_others_hang(NULL, DOOR, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hanging),
        cmocka_unit_test(test_end_in_a_round),
        cmocka_unit_test(test_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
