/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns: every metric has its place, cells say what they should, needs are told. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "made_frame.h"
#include "tui/column.h"
#include "tui/facts.h"

static const struct {
    enum scope scope;
    enum column_family family;
} test_scopes[] = {{SCOPE_VM, FAMILY_VM},         {SCOPE_VCPU, FAMILY_VM},
                   {SCOPE_VMDISK, FAMILY_VM},     {SCOPE_VMNIC, FAMILY_VM},
                   {SCOPE_NETDEV, FAMILY_NETDEV}, {SCOPE_BLOCKDEV, FAMILY_BLOCKDEV}};

struct test {
    struct column_table *table;
    struct thresholds thresholds;
    struct made_frame made;
    struct shot shot;
};

static int test_setup(void **state)
{
    struct test *t = xcalloc(1, sizeof(*t));

    t->table = column_table_new();
    thresholds_defaults(&t->thresholds);
    made_frame_init(&t->made);
    t->made.frame->interval = 2;
    t->shot.frame = t->made.frame;
    *state = t;
    return 0;
}

static int test_teardown(void **state)
{
    struct test *t = *state;

    facts_done(&t->shot.facts);
    made_frame_done(&t->made);
    column_table_free(t->table);
    free(t);
    return 0;
}

static struct frame_table *test_frame(struct test *t, enum scope scope)
{
    return &t->made.frame->tables[scope];
}

static uint32_t test_add(struct test *t, enum scope scope, size_t vm)
{
    return (uint32_t)frame_add_row(test_frame(t, scope), (uint32_t)vm);
}

static void test_set(struct test *t, enum scope scope, size_t row, unsigned metric, double value)
{
    frame_set_number(test_frame(t, scope), row, metric, value);
}

static void test_look(struct test *t)
{
    facts_look(&t->shot.facts, t->made.frame, &t->thresholds);
}

static const struct column *test_own(struct test *t, enum column_family family,
                                     enum column_kind kind)
{
    const struct column *column =
        column_of(t->table, family, (struct column_ref){.kind = (short)kind});

    assert_non_null(column);
    return column;
}

static const struct column *test_metric(struct test *t, enum column_family family, unsigned metric)
{
    const struct column *column =
        column_of(t->table, family, (struct column_ref)COLUMN_REF_METRIC((short)metric));

    assert_non_null(column);
    return column;
}

static struct figure test_figure(struct test *t, const struct column *column, enum scope scope,
                                 size_t row, size_t vm)
{
    struct row_ref ref = {
        .shot = &t->shot, .scope = scope, .row = (uint32_t)row, .vm = (uint32_t)vm};

    return column_figure(column, &ref, &t->thresholds);
}

static struct figure test_vm(struct test *t, const struct column *column, size_t row)
{
    return test_figure(t, column, SCOPE_VM, row, row);
}

static void assert_text(struct figure figure, const char *text, enum severity severity)
{
    assert_int_equal(figure.kind, FIGURE_TEXT);
    assert_string_equal(figure.text, text);
    assert_int_equal(figure.severity, severity);
}

static void assert_number(struct figure figure, double number, char mark, enum severity severity)
{
    assert_int_equal(figure.kind, FIGURE_NUMBER);
    assert_near(figure.number, number);
    assert_int_equal(figure.mark, mark);
    assert_int_equal(figure.severity, severity);
}

static void assert_none(struct figure figure)
{
    assert_int_equal(figure.kind, FIGURE_NONE);
}

static void test_each_metric_has_one_column(void **state)
{
    struct test *t = *state;

    for (size_t i = 0; i < ARRAY_SIZE(test_scopes); i++) {
        enum scope scope = test_scopes[i].scope;
        enum column_family family = test_scopes[i].family;

        for (unsigned m = 0; m < scope_columns(scope); m++) {
            const struct column *found = NULL;

            for (size_t c = 0; c < column_count(t->table, family); c++) {
                const struct column *column = column_at(t->table, family, c);

                if (column->metrics[scope] != (short)m)
                    continue;
                assert_null(found);
                found = column;
            }
            assert_non_null(found);
            if (scope == column_main_scope(family)) {
                assert_ptr_equal(found, test_metric(t, family, m));
                assert_string_equal(found->key, metric_at(scope, m)->key);
            }
        }
    }
}

static void test_columns_are_whole(void **state)
{
    struct test *t = *state;

    for (unsigned f = 0; f < FAMILY__COUNT; f++) {
        size_t count = column_count(t->table, f);

        /* A table that is full would leave columns out. */
        assert_in_range(count, 10, COLUMNS_MAX - 1);
        for (size_t c = 0; c < count; c++) {
            const struct column *column = column_at(t->table, f, c);

            assert_int_equal(column->number, c);
            assert_int_equal(column->family, f);
            assert_true(strlen(column->key) > 0 && strlen(column->key) < 64);
            assert_true(strlen(column->help) > 0);
            assert_in_range(strlen(column->title), 1, column->width);
            assert_true((column->kind == COLUMN_METRIC) == (column->metric != NULL));
            assert_ptr_equal(column_find(t->table, f, column->key), column);
            assert_ptr_equal(column_find(t->table, f, column->title), column);
            for (size_t o = 0; o < c; o++) {
                const struct column *other = column_at(t->table, f, o);

                assert_int_not_equal(strcasecmp(column->key, other->key), 0);
                assert_int_not_equal(strcasecmp(column->title, other->title), 0);
            }
        }
    }
}

static void test_parts_share_the_column_of_their_vm(void **state)
{
    struct test *t = *state;
    const struct column *used = test_metric(t, FAMILY_VM, VM_CPU_TOTAL);
    const struct column *ready = test_metric(t, FAMILY_VM, VM_CPU_STEAL);
    const struct column *reads = test_metric(t, FAMILY_VM, VM_DISK_READS);
    const struct column *received = test_metric(t, FAMILY_VM, VM_NET_RECEIVEDBYTES);

    assert_int_equal(used->metrics[SCOPE_VCPU], VCPU_VCPU_TOTAL);
    assert_int_equal(ready->metrics[SCOPE_VCPU], VCPU_VCPU_STEAL);
    assert_int_equal(reads->metrics[SCOPE_VMDISK], VMDISK_DISK_READS);
    assert_int_equal(reads->metrics[SCOPE_VCPU], -1);
    assert_int_equal(received->metrics[SCOPE_VMNIC], VMNIC_NET_RECEIVEDBYTES);
    assert_ptr_equal(test_metric(t, FAMILY_VM, VM_NAME), test_own(t, FAMILY_VM, COLUMN_NAME));
    assert_ptr_equal(test_metric(t, FAMILY_VM, VM_STATE), test_own(t, FAMILY_VM, COLUMN_STATE));
    assert_ptr_equal(test_metric(t, FAMILY_BLOCKDEV, BLOCKDEV_DEVICE),
                     test_own(t, FAMILY_BLOCKDEV, COLUMN_NAME));
}

static void test_columns_are_found_by_key_and_title(void **state)
{
    struct test *t = *state;

    assert_ptr_equal(column_find(t->table, FAMILY_VM, "%rdy"),
                     test_metric(t, FAMILY_VM, VM_CPU_STEAL));
    assert_ptr_equal(column_find(t->table, FAMILY_VM, "LAT"),
                     test_own(t, FAMILY_VM, COLUMN_LATENCY));
    assert_ptr_equal(column_find(t->table, FAMILY_VM, "rdymx"),
                     test_metric(t, FAMILY_VM, VM_CPU_STEAL_MAX));
    assert_ptr_equal(column_find(t->table, FAMILY_NETDEV, "rx+tx"),
                     test_own(t, FAMILY_NETDEV, COLUMN_TRAFFIC));
    assert_null(column_find(t->table, FAMILY_VM, ""));
    assert_null(column_find(t->table, FAMILY_VM, "rd"));
    assert_null(column_find(t->table, FAMILY_BLOCKDEV, "rx"));
    assert_null(column_of(t->table, FAMILY_NETDEV, (struct column_ref)COLUMN_REF(COLUMN_WHY)));
}

static void test_first_order(void **state)
{
    struct test *t = *state;

    assert_true(column_ascends(test_own(t, FAMILY_VM, COLUMN_NAME)));
    assert_false(column_ascends(test_own(t, FAMILY_VM, COLUMN_WHY)));
    assert_false(column_ascends(test_metric(t, FAMILY_VM, VM_CPU_TOTAL)));
}

static void test_names(void **state)
{
    struct test *t = *state;
    const struct column *name = test_own(t, FAMILY_VM, COLUMN_NAME);
    size_t vm = made_frame_vm(&t->made, "db-01"), vcpu = made_frame_vcpu(&t->made, vm, 4095);
    uint32_t disk = test_add(t, SCOPE_VMDISK, vm), nic = test_add(t, SCOPE_VMNIC, vm);
    uint32_t device = test_add(t, SCOPE_NETDEV, 0), block = test_add(t, SCOPE_BLOCKDEV, 0);
    struct row_ref flat = {
        .shot = &t->shot, .scope = SCOPE_VMDISK, .row = disk, .vm = (uint32_t)vm, .flat = true};

    test_look(t);
    assert_text(test_vm(t, name, vm), "db-01", SEVERITY_NONE);
    assert_text(test_figure(t, name, SCOPE_VCPU, vcpu, vm), "vCPU 4095", SEVERITY_NONE);
    assert_none(test_figure(t, name, SCOPE_VMDISK, disk, vm));
    frame_set_text(test_frame(t, SCOPE_VMDISK), disk, VMDISK_DISK_NAME, "scsi0");
    frame_set_text(test_frame(t, SCOPE_VMNIC), nic, VMNIC_NIC, "net0");
    frame_set_text(test_frame(t, SCOPE_VMNIC), nic, VMNIC_NIC_NAME, "tap101i0");
    frame_set_text(test_frame(t, SCOPE_NETDEV), device, NETDEV_DEVICE, "eno1");
    frame_set_text(test_frame(t, SCOPE_BLOCKDEV), block, BLOCKDEV_DEVICE, "pve-root");
    assert_text(test_figure(t, name, SCOPE_VMDISK, disk, vm), "scsi0", SEVERITY_NONE);
    assert_text(test_figure(t, name, SCOPE_VMNIC, nic, vm), "net0", SEVERITY_NONE);
    assert_text(test_figure(t, test_own(t, FAMILY_NETDEV, COLUMN_NAME), SCOPE_NETDEV, device, 0),
                "eno1", SEVERITY_NONE);
    assert_text(test_figure(t, test_own(t, FAMILY_BLOCKDEV, COLUMN_NAME), SCOPE_BLOCKDEV, block, 0),
                "pve-root", SEVERITY_NONE);
    /* In a list of disks NAME tells whose it is, and DISK which. */
    assert_text(column_figure(name, &flat, &t->thresholds), "db-01", SEVERITY_NONE);
    assert_text(test_figure(t, test_own(t, FAMILY_VM, COLUMN_DISK), SCOPE_VMDISK, disk, vm),
                "scsi0", SEVERITY_NONE);
    assert_text(test_figure(t, test_own(t, FAMILY_VM, COLUMN_INTERFACE), SCOPE_VMNIC, nic, vm),
                "tap101i0", SEVERITY_NONE);
    assert_text(test_vm(t, test_own(t, FAMILY_VM, COLUMN_NIC), vm), "", SEVERITY_NONE);
}

static void test_id(void **state)
{
    struct test *t = *state;
    const struct column *id = test_own(t, FAMILY_VM, COLUMN_ID);
    size_t vm = made_frame_vm(&t->made, "a"), vcpu = made_frame_vcpu(&t->made, vm, 0);
    struct row_ref flat = {.shot = &t->shot,
                           .scope = SCOPE_VCPU,
                           .row = (uint32_t)vcpu,
                           .vm = (uint32_t)vm,
                           .flat = true};

    assert_none(test_vm(t, id, vm));
    test_set(t, SCOPE_VM, vm, VM_PID, 4711);
    assert_number(test_vm(t, id, vm), 4711, '\0', SEVERITY_NONE);
    frame_set_text(test_frame(t, SCOPE_VM), vm, VM_UUID, "c3c2-11");
    assert_text(test_vm(t, id, vm), "c3c2-11", SEVERITY_NONE);
    test_set(t, SCOPE_VM, vm, VM_VMID, 101);
    assert_number(test_vm(t, id, vm), 101, '\0', SEVERITY_NONE);
    assert_text(test_figure(t, id, SCOPE_VCPU, vcpu, vm), "", SEVERITY_NONE);
    assert_number(column_figure(id, &flat, &t->thresholds), 101, '\0', SEVERITY_NONE);
}

static void test_states(void **state)
{
    static const struct {
        enum vm_state state;
        const char *letter;
        enum severity severity;
        bool dim;
    } states[] = {
        {VM_STATE_RUNNING, "R", SEVERITY_NONE, false},
        {VM_STATE_PAUSED, "P", SEVERITY_NONE, true},
        {VM_STATE_IO_ERROR, "E", SEVERITY_CRIT, false},
        {VM_STATE_CRASHED, "X", SEVERITY_CRIT, false},
        {VM_STATE_INMIGRATE, "i", SEVERITY_NONE, false},
        {VM_STATE_MIGRATING, "o", SEVERITY_NONE, false},
        {VM_STATE_SUSPENDED, "s", SEVERITY_NONE, true},
        {VM_STATE_SAVING, "V", SEVERITY_NONE, false},
        {VM_STATE_SHUTDOWN, "D", SEVERITY_NONE, true},
        {VM_STATE_UNKNOWN, "?", SEVERITY_NONE, false},
    };
    struct test *t = *state;
    const struct column *column = test_own(t, FAMILY_VM, COLUMN_STATE);

    assert_int_equal(ARRAY_SIZE(states), VM_STATE__COUNT);
    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        size_t vm = made_frame_vm(&t->made, "a");
        struct figure figure;

        frame_set_text(test_frame(t, SCOPE_VM), vm, VM_STATE, vm_state_word(states[i].state));
        test_look(t);
        figure = test_vm(t, column, vm);
        assert_text(figure, states[i].letter, states[i].severity);
        assert_int_equal(figure.dim, states[i].dim);
    }
}

static void test_why(void **state)
{
    struct test *t = *state;
    const struct column *why = test_own(t, FAMILY_VM, COLUMN_WHY);
    size_t well = made_frame_vm(&t->made, "well"), slow = made_frame_vm(&t->made, "slow");
    size_t worse = made_frame_vm(&t->made, "worse"), dead = made_frame_vm(&t->made, "dead");
    double rank = 0;

    test_set(t, SCOPE_VM, slow, VM_NET_RECEIVEDDROP, 2); /* warn 1, crit 100 */
    test_set(t, SCOPE_VM, worse, VM_CPU_STEAL_MAX, 6);   /* warn 5, crit 10 */
    frame_set_text(test_frame(t, SCOPE_VM), dead, VM_STATE, "io-error");
    test_look(t);
    assert_text(test_vm(t, why, well), "", SEVERITY_NONE);
    assert_text(test_vm(t, why, slow), "DROP", SEVERITY_WARN);
    assert_text(test_vm(t, why, worse), "RDY", SEVERITY_WARN);
    assert_text(test_vm(t, why, dead), "IOERR", SEVERITY_CRIT);
    /* The worse, the larger, whatever the words are. */
    for (size_t vm = well; vm <= dead; vm++) {
        assert_true(test_vm(t, why, vm).number > rank || vm == well);
        rank = test_vm(t, why, vm).number;
    }
}

static void test_ready_time_is_judged_without_the_limit(void **state)
{
    struct test *t = *state;
    const struct column *ready = test_metric(t, FAMILY_VM, VM_CPU_STEAL);
    const struct column *most = test_metric(t, FAMILY_VM, VM_CPU_STEAL_MAX);
    size_t vm = made_frame_vm(&t->made, "a"), vcpu = made_frame_vcpu(&t->made, vm, 0);

    test_set(t, SCOPE_VM, vm, VM_CPU_STEAL, 12);
    test_set(t, SCOPE_VM, vm, VM_CPU_STEAL_MAX, 14);
    test_set(t, SCOPE_VCPU, vcpu, VCPU_VCPU_STEAL, 12);
    test_look(t);
    assert_number(test_vm(t, ready, vm), 12, '\0', SEVERITY_CRIT);
    assert_number(test_vm(t, most, vm), 14, '\0', SEVERITY_CRIT);
    assert_number(test_figure(t, ready, SCOPE_VCPU, vcpu, vm), 12, '\0', SEVERITY_CRIT);

    test_set(t, SCOPE_VM, vm, VM_CPU_THROTTLED, 8);
    test_look(t);
    /* 12 - 8 = 4 and 14 - 8 = 6, of 5 and 10. */
    assert_number(test_vm(t, ready, vm), 12, '\0', SEVERITY_NONE);
    assert_number(test_vm(t, most, vm), 14, '\0', SEVERITY_WARN);
    assert_number(test_figure(t, ready, SCOPE_VCPU, vcpu, vm), 12, '\0', SEVERITY_NONE);

    test_set(t, SCOPE_VM, vm, VM_CPU_THROTTLED, 40);
    test_look(t);
    assert_number(test_vm(t, ready, vm), 12, '\0', SEVERITY_NONE);
}

static void test_sums_of_disks(void **state)
{
    struct test *t = *state;
    const struct column *iops = test_own(t, FAMILY_VM, COLUMN_IOPS);
    const struct column *mbs = test_own(t, FAMILY_VM, COLUMN_THROUGHPUT);
    const struct column *reads = test_metric(t, FAMILY_VM, VM_DISK_READS);
    const struct column *rd = test_metric(t, FAMILY_VM, VM_DISK_LAT_RD);
    size_t vm = made_frame_vm(&t->made, "a"), vcpu = made_frame_vcpu(&t->made, vm, 0);
    uint32_t disk = test_add(t, SCOPE_VMDISK, vm), block = test_add(t, SCOPE_BLOCKDEV, 0);

    test_look(t);
    assert_none(test_vm(t, iops, vm));
    assert_none(test_vm(t, mbs, vm));
    assert_none(test_figure(t, iops, SCOPE_VMDISK, disk, vm));
    assert_text(test_figure(t, iops, SCOPE_VCPU, vcpu, vm), "", SEVERITY_NONE);

    test_set(t, SCOPE_VM, vm, VM_DISK_READS, 500);
    test_set(t, SCOPE_VM, vm, VM_DISK_WRITES, 10);
    test_set(t, SCOPE_VM, vm, VM_DISK_MBREAD, 4);
    test_set(t, SCOPE_VM, vm, VM_DISK_MBWRITE, 0.1);
    test_set(t, SCOPE_VM, vm, VM_DISK_LAT_RD, 1);
    test_set(t, SCOPE_VMDISK, disk, VMDISK_DISK_READS, 5);
    test_set(t, SCOPE_VMDISK, disk, VMDISK_DISK_WRITES, 6);
    test_set(t, SCOPE_VMDISK, disk, VMDISK_DISK_MBREAD, 1);
    test_set(t, SCOPE_VMDISK, disk, VMDISK_DISK_MBWRITE, 2);
    test_set(t, SCOPE_BLOCKDEV, block, BLOCKDEV_DISK_DEVICE_READS, 7);
    test_set(t, SCOPE_BLOCKDEV, block, BLOCKDEV_DISK_DEVICE_WRITES, 8);
    test_look(t);
    assert_number(test_vm(t, iops, vm), 510, '\0', SEVERITY_NONE);
    assert_number(test_vm(t, mbs, vm), 4.1, '\0', SEVERITY_NONE);
    assert_number(test_figure(t, iops, SCOPE_VMDISK, disk, vm), 11, '\0', SEVERITY_NONE);
    assert_number(test_figure(t, mbs, SCOPE_VMDISK, disk, vm), 3, '\0', SEVERITY_NONE);
    assert_number(
        test_figure(t, test_own(t, FAMILY_BLOCKDEV, COLUMN_IOPS), SCOPE_BLOCKDEV, block, 0), 15,
        '\0', SEVERITY_NONE);

    test_frame(t, SCOPE_VM)->notes[vm] |= ROW_DISK_PARTIAL;
    assert_number(test_vm(t, iops, vm), 510, '>', SEVERITY_NONE);
    assert_number(test_vm(t, mbs, vm), 4.1, '>', SEVERITY_NONE);
    assert_number(test_vm(t, reads, vm), 500, '>', SEVERITY_NONE);
    /* A mean is no sum; a disk is whole. */
    assert_number(test_vm(t, rd, vm), 1, '\0', SEVERITY_NONE);
    assert_number(test_figure(t, iops, SCOPE_VMDISK, disk, vm), 11, '\0', SEVERITY_NONE);
}

static void test_sums_of_nics(void **state)
{
    struct test *t = *state;
    const struct column *traffic = test_own(t, FAMILY_VM, COLUMN_TRAFFIC);
    const struct column *received = test_metric(t, FAMILY_VM, VM_NET_RECEIVEDBYTES);
    const struct column *io = test_own(t, FAMILY_VM, COLUMN_IO_THROUGHPUT);
    size_t vm = made_frame_vm(&t->made, "a");
    uint32_t nic = test_add(t, SCOPE_VMNIC, vm), device = test_add(t, SCOPE_NETDEV, 0);

    test_look(t);
    assert_none(test_vm(t, traffic, vm));
    test_set(t, SCOPE_VM, vm, VM_NET_RECEIVEDBYTES, 1000);
    test_set(t, SCOPE_VM, vm, VM_NET_TRANSMITTEDBYTES, 500);
    test_set(t, SCOPE_VM, vm, VM_IO_MBRD_S, 1.5);
    test_set(t, SCOPE_VM, vm, VM_IO_MBWR_S, 2);
    test_set(t, SCOPE_VMNIC, nic, VMNIC_NET_RECEIVEDBYTES, 10);
    test_set(t, SCOPE_VMNIC, nic, VMNIC_NET_TRANSMITTEDBYTES, 20);
    test_set(t, SCOPE_NETDEV, device, NETDEV_NET_HOST_RECEIVEDBYTES, 1);
    test_set(t, SCOPE_NETDEV, device, NETDEV_NET_HOST_TRANSMITTEDBYTES, 2);
    assert_number(test_vm(t, traffic, vm), 1500, '\0', SEVERITY_NONE);
    assert_number(test_vm(t, received, vm), 1000, '\0', SEVERITY_NONE);
    assert_number(test_vm(t, io, vm), 3.5, '\0', SEVERITY_NONE);
    assert_number(test_figure(t, traffic, SCOPE_VMNIC, nic, vm), 30, '\0', SEVERITY_NONE);
    assert_number(
        test_figure(t, test_own(t, FAMILY_NETDEV, COLUMN_TRAFFIC), SCOPE_NETDEV, device, 0), 3,
        '\0', SEVERITY_NONE);
    assert_text(test_figure(t, io, SCOPE_VMNIC, nic, vm), "", SEVERITY_NONE);
    test_frame(t, SCOPE_VM)->notes[vm] |= ROW_NET_PARTIAL;
    assert_number(test_vm(t, traffic, vm), 1500, '>', SEVERITY_NONE);
    assert_number(test_vm(t, received, vm), 1000, '>', SEVERITY_NONE);
}

/* Sums are lower bounds when one of their parts is not known; means and estimates of
 * a share are none, and what comes from the process knows no parts. */
static void test_lower_bounds(void **state)
{
    struct test *t = *state;
    size_t vm = made_frame_vm(&t->made, "a");

    for (unsigned m = 0; m < VM__COUNT; m++) {
        if (metric_at(SCOPE_VM, m)->type != METRIC_TYPE_STR)
            test_set(t, SCOPE_VM, vm, m, 1);
    }
    test_look(t);
    for (unsigned notes = 0; notes < 4; notes++) {
        test_frame(t, SCOPE_VM)->notes[vm] =
            (notes & 1 ? ROW_DISK_PARTIAL : 0u) | (notes & 2 ? ROW_NET_PARTIAL : 0u);
        for (unsigned m = 0; m < VM__COUNT; m++) {
            const struct metric *metric = metric_at(SCOPE_VM, m);
            bool is_mean = strcmp(metric->unit, "ms") == 0 || strcmp(metric->unit, "%") == 0;
            char mark = '\0';

            if (metric->type == METRIC_TYPE_STR)
                continue;
            if (metric->collector == COLLECTOR_DISK && !is_mean && m != VM_DISK_DELAYBLKIO)
                mark = notes & 1 ? '>' : '\0';
            else if (metric->collector == COLLECTOR_NET)
                mark = notes & 2 ? '>' : '\0';
            assert_int_equal(test_vm(t, test_metric(t, FAMILY_VM, m), vm).mark, mark);
        }
    }
}

static void test_estimate(void **state)
{
    struct test *t = *state;
    const struct column *used = test_metric(t, FAMILY_VM, VM_RAM_USED);
    const struct column *resident = test_metric(t, FAMILY_VM, VM_RAM_RSS);
    size_t vm = made_frame_vm(&t->made, "a"), vcpu = made_frame_vcpu(&t->made, vm, 0);

    test_frame(t, SCOPE_VM)->notes[vm] |= ROW_RAM_USED_FROM_RSS;
    assert_none(test_vm(t, used, vm));
    test_set(t, SCOPE_VM, vm, VM_RAM_USED, 1024);
    test_set(t, SCOPE_VM, vm, VM_RAM_RSS, 1024);
    assert_number(test_vm(t, used, vm), 1024, '~', SEVERITY_NONE);
    assert_number(test_vm(t, resident, vm), 1024, '\0', SEVERITY_NONE);
    assert_text(test_figure(t, used, SCOPE_VCPU, vcpu, vm), "", SEVERITY_NONE);
}

static void test_metrics_are_judged(void **state)
{
    struct test *t = *state;
    size_t vm = made_frame_vm(&t->made, "a");
    char allowed[200];

    test_set(t, SCOPE_VM, vm, VM_RAM_MAJFLT, 10);
    test_set(t, SCOPE_VM, vm, VM_CPU_THROTTLED, 20);
    frame_set_text(test_frame(t, SCOPE_VM), vm, VM_NET_INTERFACES, "tap1;tap2");
    test_look(t);
    assert_number(test_vm(t, test_metric(t, FAMILY_VM, VM_RAM_MAJFLT), vm), 10, '\0',
                  SEVERITY_WARN);
    assert_number(test_vm(t, test_metric(t, FAMILY_VM, VM_CPU_THROTTLED), vm), 20, '\0',
                  SEVERITY_CRIT);
    assert_text(test_vm(t, test_metric(t, FAMILY_VM, VM_NET_INTERFACES), vm), "tap1;tap2",
                SEVERITY_NONE);
    assert_int_equal(thresholds_set(&t->thresholds, metric_at(SCOPE_VM, VM_RAM_MAJFLT)->key,
                                    "20 30", allowed, sizeof(allowed)),
                     0);
    assert_number(test_vm(t, test_metric(t, FAMILY_VM, VM_RAM_MAJFLT), vm), 10, '\0',
                  SEVERITY_NONE);
}

/* Latencies of 60 ms, critical, with as many requests as make 9 or 10 in 2 s. */
static void test_latency_counts_from_10_requests_on(void **state)
{
    static const struct {
        enum scope scope;
        enum column_family family;
        unsigned column, metric; /* of the main scope, of the row's */
        unsigned requests;
    } times[] = {
        {SCOPE_VM, FAMILY_VM, VM_DISK_LAT_RD, VM_DISK_LAT_RD, VM_DISK_READS},
        {SCOPE_VM, FAMILY_VM, VM_DISK_LAT_WR, VM_DISK_LAT_WR, VM_DISK_WRITES},
        {SCOPE_VM, FAMILY_VM, VM_DISK_LAT_FL, VM_DISK_LAT_FL, VM_DISK_STATS_FLUSHREQ},
        {SCOPE_VM, FAMILY_VM, VM_DISK_LAT_AVG, VM_DISK_LAT_AVG, VM_DISK_STATS_FLUSHREQ},
        {SCOPE_VMDISK, FAMILY_VM, VM_DISK_LAT_RD, VMDISK_DISK_LAT_RD, VMDISK_DISK_READS},
        {SCOPE_VMDISK, FAMILY_VM, VM_DISK_LAT_WR, VMDISK_DISK_LAT_WR, VMDISK_DISK_WRITES},
        {SCOPE_VMDISK, FAMILY_VM, VM_DISK_LAT_FL, VMDISK_DISK_LAT_FL, VMDISK_DISK_STATS_FLUSHREQ},
        {SCOPE_VMDISK, FAMILY_VM, VM_DISK_LAT_AVG, VMDISK_DISK_LAT_AVG, VMDISK_DISK_WRITES},
        {SCOPE_BLOCKDEV, FAMILY_BLOCKDEV, BLOCKDEV_DISK_DEVICE_AWAIT, BLOCKDEV_DISK_DEVICE_AWAIT,
         BLOCKDEV_DISK_DEVICE_WRITES},
    };
    struct test *t = *state;

    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        enum scope scope = times[i].scope;
        const struct column *column = test_metric(t, times[i].family, times[i].column);
        size_t vm = made_frame_vm(&t->made, "a");
        size_t row = scope == SCOPE_VM ? vm : test_add(t, scope, vm);

        test_set(t, scope, row, times[i].metric, 60);
        test_look(t);
        assert_number(test_figure(t, column, scope, row, vm), 60, '\0', SEVERITY_NONE);
        test_set(t, scope, row, times[i].requests, 4.5);
        assert_number(test_figure(t, column, scope, row, vm), 60, '\0', SEVERITY_NONE);
        test_set(t, scope, row, times[i].requests, 5);
        assert_number(test_figure(t, column, scope, row, vm), 60, '\0', SEVERITY_CRIT);
    }
}

static void test_latency_is_that_of_the_worst_disk(void **state)
{
    struct test *t = *state;
    const struct column *latency = test_own(t, FAMILY_VM, COLUMN_LATENCY);
    size_t vm = made_frame_vm(&t->made, "a"), vcpu = made_frame_vcpu(&t->made, vm, 0);
    uint32_t slow = test_add(t, SCOPE_VMDISK, vm), quick = test_add(t, SCOPE_VMDISK, vm);

    test_set(t, SCOPE_VMDISK, slow, VMDISK_DISK_LAT_AVG, 30);
    test_set(t, SCOPE_VMDISK, slow, VMDISK_DISK_READS, 4);
    test_set(t, SCOPE_VMDISK, slow, VMDISK_DISK_WRITES, 2);
    test_set(t, SCOPE_VMDISK, quick, VMDISK_DISK_LAT_AVG, 1);
    test_set(t, SCOPE_VMDISK, quick, VMDISK_DISK_READS, 400);
    test_set(t, SCOPE_VMDISK, quick, VMDISK_DISK_WRITES, 0);
    test_look(t);
    assert_number(test_vm(t, latency, vm), 30, '\0', SEVERITY_WARN);
    assert_number(test_figure(t, latency, SCOPE_VMDISK, slow, vm), 30, '\0', SEVERITY_WARN);
    assert_number(test_figure(t, latency, SCOPE_VMDISK, quick, vm), 1, '\0', SEVERITY_NONE);
    assert_text(test_figure(t, latency, SCOPE_VCPU, vcpu, vm), "", SEVERITY_NONE);
}

/* Every column can be asked about every row, whatever is known of it. */
static void test_each_cell_can_be_asked(void **state)
{
    struct test *t = *state;
    size_t vm = made_frame_vm(&t->made, "a");

    made_frame_vcpu(&t->made, vm, 0);
    for (size_t i = 2; i < ARRAY_SIZE(test_scopes); i++)
        test_add(t, test_scopes[i].scope, vm);
    for (unsigned looked = 0; looked < 2; looked++) {
        for (size_t i = 0; i < ARRAY_SIZE(test_scopes); i++) {
            enum column_family family = test_scopes[i].family;

            for (size_t c = 0; c < column_count(t->table, family); c++) {
                struct figure figure =
                    test_figure(t, column_at(t->table, family, c), test_scopes[i].scope, 0, vm);

                assert_true(figure.kind != FIGURE_TEXT || figure.text);
                assert_true(figure.kind != FIGURE_NUMBER || isfinite(figure.number));
            }
        }
        test_look(t);
    }
    assert_none(test_vm(t, test_own(t, FAMILY_VM, COLUMN_HISTORY), vm));
}

static void assert_needs(const struct column *column, enum scope scope, const unsigned *wanted,
                         size_t count)
{
    struct selection needs = {0};

    column_add_needs(column, &needs);
    for (size_t i = 0; i < count; i++)
        assert_true(needs.wanted[scope][wanted[i]]);
    assert_int_equal(needs.scopes[scope].count, count);
}
#define NEEDS(column, scope, ...)                                                                  \
    assert_needs(column, scope, (const unsigned[]){__VA_ARGS__},                                   \
                 ARRAY_SIZE(((const unsigned[]){__VA_ARGS__})))

static void test_needs(void **state)
{
    struct test *t = *state;
    const struct column *why = test_own(t, FAMILY_VM, COLUMN_WHY);

    NEEDS(test_own(t, FAMILY_VM, COLUMN_NAME), SCOPE_VM, VM_NAME);
    NEEDS(test_own(t, FAMILY_VM, COLUMN_STATE), SCOPE_VM, VM_STATE);
    NEEDS(test_own(t, FAMILY_VM, COLUMN_ID), SCOPE_VM, VM_VMID, VM_UUID, VM_PID);
    NEEDS(test_own(t, FAMILY_VM, COLUMN_HISTORY), SCOPE_VM, VM_CPU_TOTAL);
    NEEDS(test_own(t, FAMILY_VM, COLUMN_IOPS), SCOPE_VM, VM_DISK_READS, VM_DISK_WRITES);
    NEEDS(test_own(t, FAMILY_VM, COLUMN_DISK), SCOPE_VMDISK, VMDISK_DISK_NAME);
    NEEDS(test_own(t, FAMILY_VM, COLUMN_IO_THROUGHPUT), SCOPE_VM, VM_IO_MBRD_S, VM_IO_MBWR_S);
    NEEDS(test_own(t, FAMILY_BLOCKDEV, COLUMN_IOPS), SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS,
          BLOCKDEV_DISK_DEVICE_WRITES);
    NEEDS(test_own(t, FAMILY_NETDEV, COLUMN_TRAFFIC), SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDBYTES,
          NETDEV_NET_HOST_TRANSMITTEDBYTES);
    NEEDS(test_metric(t, FAMILY_VM, VM_CPU_STEAL), SCOPE_VM, VM_CPU_STEAL, VM_CPU_THROTTLED);
    NEEDS(test_metric(t, FAMILY_VM, VM_CPU_STEAL), SCOPE_VCPU, VCPU_VCPU_STEAL);
    NEEDS(test_metric(t, FAMILY_VM, VM_CPU_STEAL_MAX), SCOPE_VM, VM_CPU_STEAL_MAX,
          VM_CPU_THROTTLED);
    NEEDS(test_metric(t, FAMILY_VM, VM_DISK_LAT_FL), SCOPE_VMDISK, VMDISK_DISK_LAT_FL,
          VMDISK_DISK_STATS_FLUSHREQ);
    NEEDS(test_own(t, FAMILY_VM, COLUMN_LATENCY), SCOPE_VMDISK, VMDISK_DISK_READS,
          VMDISK_DISK_WRITES, VMDISK_DISK_STATS_FLUSHREQ, VMDISK_DISK_LAT_AVG);
    NEEDS(why, SCOPE_VMDISK, VMDISK_DISK_READS, VMDISK_DISK_WRITES, VMDISK_DISK_STATS_FLUSHREQ,
          VMDISK_DISK_LAT_AVG);
    NEEDS(why, SCOPE_VM, VM_STATE, VM_STALE, VM_RAM_SWAPIN, VM_RAM_SWAPOUT, VM_RAM_HOSTSWAP,
          VM_CPU_STEAL_MAX, VM_CPU_THROTTLED, VM_NET_RECEIVEDERRS, VM_NET_RECEIVEDDROP,
          VM_NET_TRANSMITTEDERRS, VM_NET_TRANSMITTEDDROP, VM_DISK_ERRORS, VM_DISK_READS,
          VM_DISK_WRITES, VM_DISK_STATS_FLUSHREQ, VM_DISK_LAT_AVG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_metric_has_one_column),
        TEST(test_columns_are_whole),
        TEST(test_parts_share_the_column_of_their_vm),
        TEST(test_columns_are_found_by_key_and_title),
        TEST(test_first_order),
        TEST(test_names),
        TEST(test_id),
        TEST(test_states),
        TEST(test_why),
        TEST(test_ready_time_is_judged_without_the_limit),
        TEST(test_sums_of_disks),
        TEST(test_sums_of_nics),
        TEST(test_lower_bounds),
        TEST(test_estimate),
        TEST(test_metrics_are_judged),
        TEST(test_latency_counts_from_10_requests_on),
        TEST(test_latency_is_that_of_the_worst_disk),
        TEST(test_each_cell_can_be_asked),
        TEST(test_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
