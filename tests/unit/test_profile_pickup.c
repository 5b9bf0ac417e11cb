/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of the metrics that are profiled, and their ranges. */
#include "profiler/metrics.h"

#include <math.h>
#include <string.h>

#include "made_frame.h"
#include "support.h"

#define ALL ((1u << PROFILER_METRIC__COUNT) - 1)

/* A VM in a frame, what is kept of it, and its values. */
struct made {
    struct made_frame m;
    struct pickup *pickup;
    struct pickup_vm state;
    double values[PROFILER_METRIC__COUNT];
    size_t row;
};

static void made_init(struct made *made, unsigned wanted)
{
    memset(made, 0, sizeof(*made));
    made_frame_init(&made->m);
    made->m.frame->at.ns = (int64_t)(1000 * NS_PER_S);
    made->row = made_frame_vm(&made->m, "web");
    made->pickup = pickup_new(wanted);
}

static void made_done(struct made *made)
{
    pickup_free(made->pickup);
    made_frame_done(&made->m);
}

static void vm_set(struct made *made, enum vm_column column, double value)
{
    frame_set_number(&made->m.frame->tables[SCOPE_VM], made->row, column, value);
}

static void vm_unset(struct made *made, enum vm_column column)
{
    struct frame_table *table = &made->m.frame->tables[SCOPE_VM];

    table->valid[frame_cell_index(table, made->row, column)] = 0;
}

static void host_set(struct made *made, enum host_column column, double value)
{
    frame_set_number(&made->m.frame->tables[SCOPE_HOST], 0, column, value);
}

/* The value of the metric, `seconds` after the reading before. */
static double read_after(struct made *made, double seconds, enum profiler_metric metric)
{
    made->m.frame->at = mono_add_seconds(made->m.frame->at, seconds);
    pickup_begin(made->pickup, made->m.frame);
    pickup_read(made->pickup, made->row, &made->state, made->values);
    return made->values[metric];
}

static void test_names(void **state UNUSED)
{
    static const char *const names[PROFILER_METRIC__COUNT] = {
        [PROFILER_CPU] = "cpu",       [PROFILER_IO] = "io",
        [PROFILER_NET] = "net",       [PROFILER_CPU_USED] = "cpu_used",
        [PROFILER_DISK] = "disk",     [PROFILER_DISK_LAT] = "disk_lat",
        [PROFILER_MEM] = "mem",       [PROFILER_PSI_CPU] = "psi_cpu",
        [PROFILER_PSI_IO] = "psi_io", [PROFILER_PSI_MEM] = "psi_mem",
    };
    enum profiler_metric found;

    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++) {
        if (m != PROFILER_CPU_STEAL)
            assert_string_equal(profiler_metric_name(m), names[m]);
        assert_true(profiler_metric_by_name(profiler_metric_name(m), &found));
        assert_int_equal(found, m);
    }
    assert_string_equal(profiler_metric_name(PROFILER_CPU_STEAL),
                        metric_at(SCOPE_VM, VM_CPU_STEAL)->key);
    assert_false(profiler_metric_by_name("", &found));
    assert_false(profiler_metric_by_name("cpux", &found));
    assert_false(profiler_metric_by_name("cp", &found));
}

static void test_collectors(void **state UNUSED)
{
    assert_int_equal(profiler_metrics_of(0), ALL);
    assert_int_equal(profiler_metrics_of(1u << COLLECTOR_CPU),
                     1u << PROFILER_CPU | 1u << PROFILER_CPU_USED | 1u << PROFILER_CPU_STEAL);
    assert_int_equal(profiler_metrics_of(1u << COLLECTOR_IO | 1u << COLLECTOR_MEM),
                     1u << PROFILER_IO | 1u << PROFILER_MEM);
    assert_int_equal(profiler_metrics_of(1u << COLLECTOR_DISK),
                     1u << PROFILER_DISK | 1u << PROFILER_DISK_LAT);
    assert_int_equal(profiler_metrics_of(1u << COLLECTOR_NET), 1u << PROFILER_NET);
    assert_int_equal(profiler_metrics_of(1u << COLLECTOR_PRESSURE),
                     1u << PROFILER_PSI_CPU | 1u << PROFILER_PSI_IO | 1u << PROFILER_PSI_MEM);
    assert_int_equal(profiler_metrics_of(1u << COLLECTOR_HOST), 0);
}

static void test_select(void **state UNUSED)
{
    struct selection selection = {0};

    profiler_metrics_select(1u << PROFILER_IO, &selection);
    assert_true(selection.wanted[SCOPE_VM][VM_IO_MBRD_S]);
    assert_true(selection.wanted[SCOPE_VM][VM_IO_MBWR_S]);
    assert_true(selection.wanted[SCOPE_VM][VM_UUID]);
    assert_true(selection.wanted[SCOPE_VM][VM_CPU_CORES]);
    assert_true(selection.wanted[SCOPE_VM][VM_CPU_HOST_USED]);
    assert_true(selection.wanted[SCOPE_VM][VM_START_TIME]);
    assert_true(selection.wanted[SCOPE_HOST][HOST_CPU_CORES]);
    assert_false(selection.wanted[SCOPE_VM][VM_RAM_RSS]);
    assert_false(selection.wanted[SCOPE_VM][VM_PSI_SOME_IO_TOTAL]);
    assert_false(selection.wanted[SCOPE_HOST][HOST_NET_HOST_SPEED]);
    profiler_metrics_select(1u << PROFILER_NET | 1u << PROFILER_PSI_IO, &selection);
    assert_true(selection.wanted[SCOPE_HOST][HOST_NET_HOST_SPEED]);
    assert_true(selection.wanted[SCOPE_VM][VM_PSI_SOME_IO_TOTAL]);
    assert_true(selection.wanted[SCOPE_HOST][HOST_PSI_SOME_IO_TOTAL]);
    assert_false(selection.wanted[SCOPE_HOST][HOST_PSI_SOME_CPU_TOTAL]);
}

static void assert_range(enum profiler_metric metric, const struct profiler_ranges *ranges,
                         double hi, enum scale_kind scale, bool percent)
{
    struct channel_spec spec, same;

    profiler_metric_spec(metric, ranges, &spec);
    assert_near(spec.lo, 0);
    assert_near(spec.hi, hi);
    assert_int_equal(spec.scale, scale);
    assert_int_equal(spec.percent, percent);
    assert_string_equal(spec.name, profiler_metric_name(metric));
    profiler_spec_by_name(spec.name, ranges, &same);
    assert_near(same.hi, spec.hi);
    assert_string_equal(same.name, spec.name);
    assert_int_equal(same.role, spec.role);
}

static void test_ranges(void **state UNUSED)
{
    struct profiler_ranges ranges = {.link_mbit = NAN};
    struct channel_spec spec;

    assert_range(PROFILER_CPU, &ranges, 100, SCALE_LINEAR, true);
    assert_range(PROFILER_CPU_STEAL, &ranges, 100, SCALE_LINEAR, true);
    assert_range(PROFILER_MEM, &ranges, 100, SCALE_LINEAR, true);
    assert_range(PROFILER_DISK, &ranges, 100, SCALE_LINEAR, true);
    assert_range(PROFILER_DISK_LAT, &ranges, 1000, SCALE_LOG, false);
    assert_range(PROFILER_PSI_MEM, &ranges, 100, SCALE_LINEAR, true);
    assert_range(PROFILER_IO, &ranges, 6442450944, SCALE_LINEAR, false);
    /* No speed, none that makes sense: a gigabit, decimal. */
    assert_range(PROFILER_NET, &ranges, 125000000, SCALE_LINEAR, false);
    ranges.link_mbit = 0;
    assert_range(PROFILER_NET, &ranges, 125000000, SCALE_LINEAR, false);
    ranges.link_mbit = -1;
    assert_range(PROFILER_NET, &ranges, 125000000, SCALE_LINEAR, false);
    ranges = (struct profiler_ranges){
        .link_mbit = 25000, .io_max = 5e8, .log_scale = 1u << PROFILER_IO | 1u << PROFILER_NET};
    assert_range(PROFILER_NET, &ranges, 3.125e9, SCALE_LOG, false);
    assert_range(PROFILER_IO, &ranges, 5e8, SCALE_LOG, false);
    assert_range(PROFILER_CPU, &ranges, 100, SCALE_LINEAR, true);
    profiler_metric_spec(PROFILER_CPU, &ranges, &spec);
    assert_int_equal(spec.role, ROLE_CPU);
    profiler_metric_spec(PROFILER_CPU_USED, &ranges, &spec);
    assert_int_equal(spec.role, ROLE_USED);
    profiler_metric_spec(PROFILER_CPU_STEAL, &ranges, &spec);
    assert_int_equal(spec.role, ROLE_STEAL);
    profiler_metric_spec(PROFILER_MEM, &ranges, &spec);
    assert_int_equal(spec.role, ROLE_MEM);
    profiler_metric_spec(PROFILER_IO, &ranges, &spec);
    assert_near(spec.first, 1000);
}

/* What tells profiles of other ranges apart: what was asked for, not what the link happens to be.
 */
static void test_mark_of_ranges(void **state UNUSED)
{
    struct profiler_ranges ranges = {.link_mbit = NAN};
    unsigned io, both;

    assert_int_equal(profiler_ranges_mark(&ranges), 0);
    ranges.link_mbit = 25000;
    ranges.io_max = 6442450944.0;
    ranges.log_scale = 1u << PROFILER_DISK_LAT;
    assert_int_equal(profiler_ranges_mark(&ranges), 0);
    ranges.io_max = 6442450945.0;
    io = profiler_ranges_mark(&ranges);
    assert_true(io);
    ranges.log_scale |= 1u << PROFILER_NET;
    both = profiler_ranges_mark(&ranges);
    assert_true(both && both != io);
    ranges.log_scale = 1u << PROFILER_IO;
    assert_true(profiler_ranges_mark(&ranges) != both && profiler_ranges_mark(&ranges) != io);
}

static void test_spec_of_another_name(void **state UNUSED)
{
    struct profiler_ranges ranges = {.link_mbit = NAN};
    struct channel_spec spec;
    char name[200];

    profiler_spec_by_name("temperature", &ranges, &spec);
    assert_string_equal(spec.name, "temperature");
    assert_int_equal(spec.role, ROLE_OTHER);
    assert_int_equal(spec.scale, SCALE_LINEAR);
    assert_near(spec.lo, 0);
    assert_near(spec.hi, 100);
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    profiler_spec_by_name(name, &ranges, &spec);
    assert_int_equal(strlen(spec.name), CHANNEL_NAME_SIZE - 1);
}

static void test_nothing_is_none(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    (void)read_after(&made, 1, 0);
    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++)
        assert_true(isnan(made.values[m]));
    assert_true(isnan(pickup_link_mbit(made.pickup)));
    assert_true(isnan(pickup_host_cores(made.pickup)));
    assert_true(isnan(pickup_vm_cores(made.pickup, made.row)));
    made_done(&made);
}

static void test_cpu(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    vm_set(&made, VM_CPU_TOTAL, 60);
    assert_true(isnan(read_after(&made, 1, PROFILER_CPU)));
    assert_near(made.values[PROFILER_CPU_USED], 60);
    /* A wait is booked when it ends: one reading can exceed the time that passed. */
    vm_set(&made, VM_CPU_STEAL, 130.5);
    assert_near(read_after(&made, 1, PROFILER_CPU), 190.5);
    assert_near(made.values[PROFILER_CPU_STEAL], 130.5);
    vm_unset(&made, VM_CPU_TOTAL);
    assert_true(isnan(read_after(&made, 1, PROFILER_CPU)));
    assert_true(isnan(made.values[PROFILER_CPU_USED]));
    assert_near(made.values[PROFILER_CPU_STEAL], 130.5);
    made_done(&made);
}

static void test_only_what_was_asked_for(void **state UNUSED)
{
    struct made made;

    made_init(&made, 1u << PROFILER_CPU_USED);
    vm_set(&made, VM_CPU_TOTAL, 60);
    vm_set(&made, VM_CPU_STEAL, 1);
    (void)read_after(&made, 1, 0);
    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++)
        assert_int_equal(isnan(made.values[m]) != 0, m != PROFILER_CPU_USED);
    made_done(&made);
}

static void test_io_and_net(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    vm_set(&made, VM_IO_MBRD_S, 2);
    vm_set(&made, VM_IO_MBWR_S, 0.5);
    vm_set(&made, VM_NET_RECEIVEDBYTES, 1000);
    vm_set(&made, VM_NET_TRANSMITTEDBYTES, 250);
    assert_near(read_after(&made, 1, PROFILER_IO), 2621440);
    assert_near(made.values[PROFILER_NET], 1250);
    vm_unset(&made, VM_IO_MBRD_S);
    vm_unset(&made, VM_NET_TRANSMITTEDBYTES);
    assert_true(isnan(read_after(&made, 1, PROFILER_IO)));
    assert_true(isnan(made.values[PROFILER_NET]));
    made_done(&made);
}

static void test_memory(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    vm_set(&made, VM_RAM_TOTAL, 4194304);
    assert_true(isnan(read_after(&made, 1, PROFILER_MEM)));
    vm_set(&made, VM_RAM_RSS, 1048576);
    assert_near(read_after(&made, 1, PROFILER_MEM), 25);
    vm_set(&made, VM_RAM_HUGETLB, 2097152);
    assert_near(read_after(&made, 1, PROFILER_MEM), 75);
    vm_set(&made, VM_RAM_TOTAL, 0);
    assert_true(isnan(read_after(&made, 1, PROFILER_MEM)));
    vm_unset(&made, VM_RAM_TOTAL);
    assert_true(isnan(read_after(&made, 1, PROFILER_MEM)));
    made_done(&made);
}

static void test_disk(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    vm_set(&made, VM_DISK_IOUTIL, 12.5);
    vm_set(&made, VM_DISK_LAT_AVG, 3.25);
    assert_near(read_after(&made, 1, PROFILER_DISK), 12.5);
    assert_near(made.values[PROFILER_DISK_LAT], 3.25);
    vm_unset(&made, VM_DISK_LAT_AVG);
    assert_true(isnan(read_after(&made, 1, PROFILER_DISK_LAT)));
    /* Requests are counted, none completed: nobody waited. */
    vm_set(&made, VM_DISK_READS, 0);
    assert_true(isnan(read_after(&made, 1, PROFILER_DISK_LAT)));
    vm_set(&made, VM_DISK_WRITES, 0);
    assert_near(read_after(&made, 1, PROFILER_DISK_LAT), 0);
    vm_set(&made, VM_DISK_STATS_FLUSHREQ, 0);
    assert_near(read_after(&made, 1, PROFILER_DISK_LAT), 0);
    /* Some completed, and how long they took is not known. */
    vm_set(&made, VM_DISK_STATS_FLUSHREQ, 1);
    assert_true(isnan(read_after(&made, 1, PROFILER_DISK_LAT)));
    vm_set(&made, VM_DISK_STATS_FLUSHREQ, 0);
    vm_set(&made, VM_DISK_WRITES, 0.5);
    assert_true(isnan(read_after(&made, 1, PROFILER_DISK_LAT)));
    made_done(&made);
}

static void test_pressure_of_the_vm(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    vm_set(&made, VM_PID, 100);
    vm_set(&made, VM_START_TIME, 5000);
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 1000000);
    host_set(&made, HOST_PSI_SOME_CPU_TOTAL, 7000000);
    assert_true(isnan(read_after(&made, 1, PROFILER_PSI_CPU)));
    /* 0.5 s of 2 s. */
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 1500000);
    assert_near(read_after(&made, 2, PROFILER_PSI_CPU), 25);
    assert_true(isnan(made.values[PROFILER_PSI_IO]));
    assert_near(read_after(&made, 2, PROFILER_PSI_CPU), 0);
    /* No time passed; a total that fell; then on from there. */
    assert_true(isnan(read_after(&made, 0, PROFILER_PSI_CPU)));
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 1400000);
    assert_true(isnan(read_after(&made, 1, PROFILER_PSI_CPU)));
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 1410000);
    assert_near(read_after(&made, 1, PROFILER_PSI_CPU), 1);
    /* The file was read a little later than the frame's time says. */
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 2420000);
    assert_near(read_after(&made, 1, PROFILER_PSI_CPU), 100);
    made_done(&made);
}

static void test_pressure_of_the_host(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    host_set(&made, HOST_PSI_SOME_IO_TOTAL, 1000000);
    host_set(&made, HOST_PSI_SOME_MEM_TOTAL, 0);
    assert_true(isnan(read_after(&made, 1, PROFILER_PSI_IO)));
    host_set(&made, HOST_PSI_SOME_IO_TOTAL, 1100000);
    host_set(&made, HOST_PSI_SOME_MEM_TOTAL, 500000);
    assert_near(read_after(&made, 1, PROFILER_PSI_IO), 10);
    assert_near(made.values[PROFILER_PSI_MEM], 50);
    /* From the host's to the VM's own, and back: no value at either change. */
    vm_set(&made, VM_PSI_SOME_IO_TOTAL, 9000000);
    assert_true(isnan(read_after(&made, 1, PROFILER_PSI_IO)));
    assert_near(made.values[PROFILER_PSI_MEM], 0);
    vm_set(&made, VM_PSI_SOME_IO_TOTAL, 9400000);
    assert_near(read_after(&made, 1, PROFILER_PSI_IO), 40);
    vm_unset(&made, VM_PSI_SOME_IO_TOTAL);
    host_set(&made, HOST_PSI_SOME_IO_TOTAL, 99000000);
    assert_true(isnan(read_after(&made, 1, PROFILER_PSI_IO)));
    host_set(&made, HOST_PSI_SOME_IO_TOTAL, 99050000);
    assert_near(read_after(&made, 1, PROFILER_PSI_IO), 5);
    made_done(&made);
}

static void test_pressure_of_another_process(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    vm_set(&made, VM_PID, 100);
    vm_set(&made, VM_START_TIME, 5000);
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 0);
    assert_true(isnan(read_after(&made, 1, PROFILER_PSI_CPU)));
    vm_set(&made, VM_PID, 101);
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 1000);
    assert_true(isnan(read_after(&made, 1, PROFILER_PSI_CPU)));
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 11000);
    assert_near(read_after(&made, 1, PROFILER_PSI_CPU), 1);
    /* The same PID again, later. */
    vm_set(&made, VM_START_TIME, 6000);
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 21000);
    assert_true(isnan(read_after(&made, 1, PROFILER_PSI_CPU)));
    /* A boot time that is told a second later is no other process. */
    vm_set(&made, VM_START_TIME, 6001);
    vm_set(&made, VM_PSI_SOME_CPU_TOTAL, 31000);
    assert_near(read_after(&made, 1, PROFILER_PSI_CPU), 1);
    made_done(&made);
}

static void test_host(void **state UNUSED)
{
    struct made made;

    made_init(&made, ALL);
    host_set(&made, HOST_NET_HOST_SPEED, 0);
    host_set(&made, HOST_CPU_CORES, 16);
    vm_set(&made, VM_CPU_TOTAL, 50);
    (void)read_after(&made, 1, 0);
    assert_true(isnan(pickup_link_mbit(made.pickup)));
    assert_near(pickup_host_cores(made.pickup), 16);
    assert_true(isnan(pickup_vm_cores(made.pickup, made.row)));
    host_set(&made, HOST_NET_HOST_SPEED, 10000);
    vm_set(&made, VM_CPU_CORES, 4);
    assert_near(pickup_link_mbit(made.pickup), 10000);
    assert_near(pickup_vm_cores(made.pickup, made.row), 2);
    vm_set(&made, VM_CPU_HOST_USED, 2.25);
    assert_near(pickup_vm_cores(made.pickup, made.row), 2.25);
    made_done(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_collectors),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_mark_of_ranges),
        cmocka_unit_test(test_spec_of_another_name),
        cmocka_unit_test(test_nothing_is_none),
        cmocka_unit_test(test_cpu),
        cmocka_unit_test(test_only_what_was_asked_for),
        cmocka_unit_test(test_io_and_net),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_disk),
        cmocka_unit_test(test_pressure_of_the_vm),
        cmocka_unit_test(test_pressure_of_the_host),
        cmocka_unit_test(test_pressure_of_another_process),
        cmocka_unit_test(test_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
