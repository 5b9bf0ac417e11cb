/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: the host row: shares of CPU time, memory, swapping. */
#include <string.h>
#include <unistd.h>

#include "made.h"
#include "support.h"

static const enum host_column fields[] = {
    HOST_CPU_USER, HOST_CPU_NICE,    HOST_CPU_SYSTEM, HOST_CPU_IDLE,  HOST_CPU_IOWAIT,
    HOST_CPU_IRQ,  HOST_CPU_SOFTIRQ, HOST_CPU_STEAL,  HOST_CPU_GUEST, HOST_CPU_GUESTNICE,
};

static void times(struct made *m, const uint64_t ticks[10])
{
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        m->sample.host.columns[fields[i]] = made_now(m, ticks[i]);
}

static void host_init(struct made *m)
{
    made_init(m);
    m->sample.vm_count = 0;
    times(m, (const uint64_t[10]){1000, 10, 500, 9000, 100, 5, 20, 0, 700, 1});
    made_cycle(m);
}

static void test_shares(void **state UNUSED)
{
    static const uint64_t second[10] = {1040, 14, 520, 9110, 110, 7, 24, 10, 730, 3};
    uint64_t tick = 1000 * MS / (uint64_t)sysconf(_SC_CLK_TCK);
    struct made m;

    host_init(&m);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        assert_false(host_has(&m, fields[i]));
    made_pass(&m, 1);
    times(&m, second);
    made_cycle(&m);
    assert_near(host_value(&m, HOST_CPU_USER), 20);
    assert_near(host_value(&m, HOST_CPU_NICE), 2);
    assert_near(host_value(&m, HOST_CPU_SYSTEM), 10);
    assert_near(host_value(&m, HOST_CPU_IDLE), 55);
    assert_near(host_value(&m, HOST_CPU_IOWAIT), 5);
    assert_near(host_value(&m, HOST_CPU_IRQ), 1);
    assert_near(host_value(&m, HOST_CPU_SOFTIRQ), 2);
    assert_near(host_value(&m, HOST_CPU_STEAL), 5);
    assert_near(host_value(&m, HOST_CPU_GUEST), 15); /* inside user: not in the sum */
    assert_near(host_value(&m, HOST_CPU_GUESTNICE), 1);
    /* Counters are the kernel's own, in ns. */
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        assert_int_equal(made_counter(&m, SCOPE_HOST, 0, fields[i]), second[i] * tick);
    made_done(&m);
}

static void test_idle_steps_back(void **state UNUSED)
{
    struct made m;

    host_init(&m);
    made_pass(&m, 1);
    times(&m, (const uint64_t[10]){1075, 10, 525, 8990, 90, 5, 20, 0, 700, 1});
    made_cycle(&m);
    assert_near(host_value(&m, HOST_CPU_IDLE), 0);
    assert_near(host_value(&m, HOST_CPU_IOWAIT), 0);
    assert_near(host_value(&m, HOST_CPU_USER), 75);
    assert_near(host_value(&m, HOST_CPU_SYSTEM), 25);
    made_done(&m);
}

/* Idle and iowait are known to step back: what counts them must not fall, or
 * whoever takes its rate sees a reset and adds all idle time since boot. */
static void test_idle_counter_does_not_fall(void **state UNUSED)
{
    struct made m;
    uint64_t idle, iowait;

    host_init(&m);
    idle = made_counter(&m, SCOPE_HOST, 0, HOST_CPU_IDLE);
    iowait = made_counter(&m, SCOPE_HOST, 0, HOST_CPU_IOWAIT);
    made_pass(&m, 1);
    times(&m, (const uint64_t[10]){1075, 10, 525, 8990, 90, 5, 20, 0, 700, 1});
    made_cycle(&m);
    assert_true(made_counter(&m, SCOPE_HOST, 0, HOST_CPU_IDLE) >= idle);
    assert_true(made_counter(&m, SCOPE_HOST, 0, HOST_CPU_IOWAIT) >= iowait);
    made_done(&m);
}

static void test_user_steps_back(void **state UNUSED)
{
    struct made m;

    host_init(&m);
    made_pass(&m, 1);
    times(&m, (const uint64_t[10]){900, 10, 525, 9075, 100, 5, 20, 0, 700, 1});
    made_cycle(&m);
    assert_false(host_has(&m, HOST_CPU_USER));
    assert_true(!host_has(&m, HOST_CPU_IDLE) || host_value(&m, HOST_CPU_IDLE) <= 100);
    made_done(&m);
}

static void test_nothing_passed(void **state UNUSED)
{
    struct made m;

    host_init(&m);
    made_pass(&m, 0.001);
    times(&m, (const uint64_t[10]){1000, 10, 500, 9000, 100, 5, 20, 0, 700, 1});
    made_cycle(&m);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        assert_false(host_has(&m, fields[i]));
    made_done(&m);
}

static void test_failed_reading(void **state UNUSED)
{
    struct made m;

    host_init(&m);
    made_pass(&m, 1);
    memset(m.sample.host.columns, 0, sizeof(m.sample.host.columns));
    made_cycle(&m);
    assert_false(host_has(&m, HOST_CPU_USER));
    assert_false(made_has_counter(&m, SCOPE_HOST, 0, HOST_CPU_USER));
    made_pass(&m, 1);
    times(&m, (const uint64_t[10]){1100, 10, 500, 9100, 100, 5, 20, 0, 700, 1});
    made_cycle(&m);
    assert_near(host_value(&m, HOST_CPU_USER), 50);
    made_done(&m);
}

static void test_memory(void **state UNUSED)
{
    double page_kb = (double)sysconf(_SC_PAGESIZE) / 1024;
    struct made m;

    host_init(&m);
    m.sample.host.columns[HOST_RAM_TOTAL] = made_now(&m, 24684092);
    m.sample.host.columns[HOST_RAM_SWAPTOTAL] = made_now(&m, 1000);
    m.sample.host.columns[HOST_RAM_SWAPFREE] = made_now(&m, 400);
    m.sample.host.columns[HOST_RAM_SWAPIN] = made_now(&m, 10);
    m.sample.host.columns[HOST_RAM_ZFSARC] = made_now(&m, 4096);
    made_cycle(&m);
    assert_near(host_value(&m, HOST_RAM_TOTAL), 24684092);
    assert_near(host_value(&m, HOST_RAM_SWAPUSED), 600);
    assert_near(host_value(&m, HOST_RAM_ZFSARC), 4);
    assert_false(host_has(&m, HOST_RAM_SWAPIN) || host_has(&m, HOST_RAM_SWAPOUT));
    assert_false(host_has(&m, HOST_RAM_FREE));
    made_pass(&m, 2);
    m.sample.host.columns[HOST_RAM_SWAPIN] = made_now(&m, 20);
    m.sample.host.columns[HOST_RAM_SWAPFREE] = made_now(&m, 1001);
    made_cycle(&m);
    assert_near(host_value(&m, HOST_RAM_SWAPIN), 5 * page_kb);
    assert_int_equal(made_counter(&m, SCOPE_HOST, 0, HOST_RAM_SWAPIN),
                     20 * (uint64_t)sysconf(_SC_PAGESIZE));
    assert_false(host_has(&m, HOST_RAM_SWAPUSED)); /* not -1, not 1.8e19 */
    made_done(&m);
}

static void test_names(void **state UNUSED)
{
    struct made m;

    host_init(&m);
    assert_false(host_has(&m, HOST_HOST_NAME) || host_has(&m, HOST_HOST_UUID));
    strcpy(m.sample.host.name, "node1");
    strcpy(m.sample.host.uuid, "4c4c4544");
    m.sample.vm_count = 1;
    made_cycle(&m);
    strcpy(m.sample.host.name, "changed"); /* a frame refers to nothing that changes */
    assert_string_equal(frame_value(&m.frame->tables[SCOPE_HOST], 0, HOST_HOST_NAME).text, "node1");
    assert_string_equal(frame_value(&m.frame->tables[SCOPE_VM], 0, VM_HOST_NAME).text, "node1");
    assert_string_equal(frame_value(&m.frame->tables[SCOPE_HOST], 0, HOST_HOST_UUID).text,
                        "4c4c4544");
    made_done(&m);
}

/* Shares of one cycle add up to 100 whatever the counters do. */
static void test_random_times(void **state UNUSED)
{
    uint64_t seed = 11, ticks[10] = {0};
    struct made m;

    host_init(&m);
    for (int cycle = 0; cycle < 5000; cycle++) {
        double sum = 0;

        for (size_t i = 0; i < 10; i++) {
            ticks[i] += support_random_below(&seed, 50);
            if (!support_random_below(&seed, 40))
                ticks[i] -= ticks[i] < 60 ? ticks[i] : support_random_below(&seed, 60);
        }
        made_pass(&m, 0.5);
        times(&m, ticks);
        made_cycle(&m);
        for (size_t i = 0; i < 8; i++) {
            double share = host_has(&m, fields[i]) ? host_value(&m, fields[i]) : 0;

            assert_true(share >= 0 && share <= 100);
            sum += share;
        }
        assert_true(sum <= 100.0001);
    }
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_idle_steps_back),
        cmocka_unit_test(test_idle_counter_does_not_fall),
        cmocka_unit_test(test_user_steps_back),
        cmocka_unit_test(test_nothing_passed),
        cmocka_unit_test(test_failed_reading),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_random_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
