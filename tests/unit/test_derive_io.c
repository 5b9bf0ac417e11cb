/* SPDX-License-Identifier: GPL-2.0-or-later */
/* derive: I/O of a VM's process, and pressure of the host. */
#include <unistd.h>

#include "made.h"
#include "support.h"

static void test_io(void **state UNUSED)
{
    static const struct {
        enum vm_column column;
        uint64_t growth; /* in 2 s */
        double rate;
    } cells[] = {
        {VM_IO_MBRD_S, 4194304, 2},   /* 4 MiB / 2 */
        {VM_IO_MBWR_S, 1048576, 0.5}, /* 1 MiB / 2 */
        {VM_IO_RDOPS, 30, 15},
        {VM_IO_WROPS, 50, 25},
        {VM_IO_RCHAR, 7000, 3500},
        {VM_IO_WCHAR, 9000, 4500},
        {VM_IO_CANCELLED_WRITE_BYTES, 4096, 2048},
    };
    struct made m;

    made_init(&m);
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
        m.vm.columns[cells[i].column] = made_now(&m, 1000 + i);
    made_cycle(&m);
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
        assert_false(vm_has(&m, cells[i].column));
        assert_int_equal(vm_counter(&m, cells[i].column), 1000 + i);
    }
    made_pass(&m, 2);
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
        m.vm.columns[cells[i].column] = made_now(&m, 1000 + i + cells[i].growth);
    made_cycle(&m);
    for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
        assert_near(vm_value(&m, cells[i].column), cells[i].rate);
        assert_int_equal(vm_counter(&m, cells[i].column), 1000 + i + cells[i].growth);
    }
    made_pass(&m, 2);
    m.vm.columns[VM_IO_RDOPS] = made_now(&m, 3);
    m.vm.columns[VM_IO_WROPS] = (struct raw){0};
    made_cycle(&m);
    assert_false(vm_has(&m, VM_IO_RDOPS));
    assert_false(vm_has(&m, VM_IO_WROPS) || vm_has_counter(&m, VM_IO_WROPS));
    made_done(&m);
}

/* Ticks waited, as ms per second. */
static void test_delay_of_block_io(void **state UNUSED)
{
    uint64_t ticks = (uint64_t)sysconf(_SC_CLK_TCK);
    struct made m;

    made_init(&m);
    made_cycle(&m);
    assert_false(vm_has(&m, VM_DISK_DELAYBLKIO) || vm_has_counter(&m, VM_DISK_DELAYBLKIO));
    m.vm.columns[VM_DISK_DELAYBLKIO] = made_now(&m, 7);
    made_cycle(&m);
    made_pass(&m, 4);
    m.vm.columns[VM_DISK_DELAYBLKIO] = made_now(&m, 7 + ticks); /* a second in four */
    made_cycle(&m);
    assert_near(vm_value(&m, VM_DISK_DELAYBLKIO), 250);
    assert_int_equal(vm_counter(&m, VM_DISK_DELAYBLKIO),
                     7 * 1000 * MS / ticks + 1000 * MS); /* ns */
    made_done(&m);
}

/* Hundredths of a percent, and us that are shown as they are. */
static void test_pressure(void **state UNUSED)
{
    static const enum host_column lines[] = {HOST_PSI_SOME_CPU_AVG60, HOST_PSI_SOME_IO_AVG60,
                                             HOST_PSI_FULL_IO_AVG60, HOST_PSI_SOME_MEM_AVG60,
                                             HOST_PSI_FULL_MEM_AVG60};
    struct made m;

    made_init(&m);
    made_cycle(&m);
    for (unsigned c = HOST_PSI_SOME_CPU_AVG60; c <= HOST_PSI_FULL_MEM_TOTAL; c++)
        assert_false(host_has(&m, c) || made_has_counter(&m, SCOPE_HOST, 0, c));
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        for (unsigned k = 0; k < 4; k++)
            m.sample.host.columns[lines[i] + k] = made_now(&m, 1000 * (i + 1) + k);
    }
    made_cycle(&m);
    for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
        for (unsigned k = 0; k < 3; k++) {
            assert_near(host_value(&m, lines[i] + k), (1000 * ((double)i + 1) + k) / 100);
            assert_false(made_has_counter(&m, SCOPE_HOST, 0, lines[i] + k));
        }
        assert_near(host_value(&m, lines[i] + 3), 1000 * ((double)i + 1) + 3);
        assert_int_equal(made_counter(&m, SCOPE_HOST, 0, lines[i] + 3),
                         (1000 * (i + 1) + 3) * 1000); /* ns */
    }
    assert_near(host_value(&m, HOST_PSI_FULL_MEM_AVG300), 50.02); /* by name */
    assert_near(host_value(&m, HOST_PSI_SOME_CPU_AVG10), 10.01);
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_io),
        cmocka_unit_test(test_delay_of_block_io),
        cmocka_unit_test(test_pressure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
