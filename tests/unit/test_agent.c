/* SPDX-License-Identifier: GPL-2.0-or-later */
/* app/agent: the program's own figures, and whether the source of the VMs answers. */
#include "app/agent.h"

#include "base/clock.h"
#include "made_frame.h"
#include "support.h"

#define WAIT_S 30.0

/* A VM that was last answered for so many seconds ago; < 0 = it has no source. */
static void add_vm(struct made_frame *m, double stale)
{
    size_t row = made_frame_vm(m, "vm");

    if (stale >= 0)
        frame_set_number(&m->frame->tables[SCOPE_VM], row, VM_STALE, stale);
}

static bool is_up(const struct made_frame *m, double age, double beat)
{
    return agent_source_is_up(mono_add_seconds(m->frame->at, -age), beat, m->frame);
}

/* Three beats, or ten seconds. */
static void test_age(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    m.frame->at = (struct mono){INT64_C(1000000000000)};
    assert_true(is_up(&m, 0, 1));
    assert_true(is_up(&m, 9.9, 1));
    assert_false(is_up(&m, 10.1, 1));
    assert_true(is_up(&m, 29.9, 10));
    assert_false(is_up(&m, 30.1, 10));
    assert_false(agent_source_is_up((struct mono){0}, 1e9, m.frame));
    made_frame_done(&m);
}

/* Down when all VMs that have a source are silent; those without do not count. */
static void test_silence(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    m.frame->at = (struct mono){INT64_C(1000000000000)};
    add_vm(&m, -1);
    assert_true(is_up(&m, 0, 1));
    add_vm(&m, 3);
    assert_false(is_up(&m, 0, 1));
    add_vm(&m, 7);
    assert_false(is_up(&m, 0, 1));
    add_vm(&m, 0);
    assert_true(is_up(&m, 0, 1));
    made_frame_done(&m);
}

static int source_open(const struct connector_config *config UNUSED,
                       struct connector_guard *guard UNUSED, void **ret_state,
                       struct connector_error *error UNUSED)
{
    static int open;

    *ret_state = &open;
    return 0;
}

static int source_round(void *state UNUSED, struct connector_guard *guard UNUSED,
                        const struct inventory *previous, struct inventory **ret_inventory,
                        struct connector_error *error UNUSED)
{
    if (previous) /* nothing changes any more */
        return 1;
    *ret_inventory = inventory_new("made");
    inventory_finish(*ret_inventory);
    return 0;
}

static void source_close(void *state UNUSED)
{
}

static double source_beat(const struct connector_config *config UNUSED, double last_round UNUSED)
{
    return 0.01;
}

static const struct connector_ops source_ops = {
    "made", source_open, source_round, source_close, source_beat,
};

/* A frame is filled, and rounds that found nothing new are answers, too. */
static void test_fill(void **state UNUSED)
{
    const struct connector_config config = {.proc_fd = -1, .sys_fd = -1};
    struct connector *connector = connector_start(&source_ops, &config);
    struct mono end = mono_add_seconds(clock_mono(&clock_system), WAIT_S), first;
    struct agent *agent = agent_new();
    struct made_frame m;

    made_frame_init(&m);
    assert_int_equal(connector_wait(connector, WAIT_S, true, NULL), CONNECTOR_READY);
    first = connector_answered(connector);
    assert_true(first.ns > 0);
    while (connector_answered(connector).ns == first.ns && clock_mono(&clock_system).ns < end.ns)
        ;
    assert_true(connector_answered(connector).ns > first.ns);
    m.frame->at = clock_mono(&clock_system);
    agent_fill(agent, connector, mono_add_seconds(m.frame->at, -2), m.frame);
    assert_string_equal(m.frame->agent.source, "made");
    assert_true(m.frame->agent.source_up);
    assert_true(m.frame->agent.cycle_seconds >= 2);
    assert_true(m.frame->agent.cpu_ns > 0);
    assert_in_range(m.frame->agent.resident_bytes, 64 * 1024, SIZE_MAX / 2);
    assert_int_equal(m.frame->agent.resident_bytes % 4096, 0);
    agent_free(agent);
    made_frame_done(&m);
    assert_true(connector_stop(connector));
}

/* What a frame was filled with does not come back with its memory. */
static void test_new_frame(void **state UNUSED)
{
    struct made_frame m;

    made_frame_init(&m);
    m.frame->agent = (struct frame_agent){.source = "old", .late_cycles = 7};
    frame_unref(m.frame);
    m.frame = frame_new(m.pool);
    assert_null(m.frame->agent.source);
    assert_int_equal(m.frame->agent.late_cycles, 0);
    made_frame_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_age),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_new_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
