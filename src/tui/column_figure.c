/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the cells say: values with their marks and severities. */
#include <math.h>

#include "base/util.h"
#include "tui/column.h"
#include "tui/vcpu_names.h"

static struct figure figure_text(const char *text)
{
    return (struct figure){.kind = FIGURE_TEXT, .text = text};
}

/* In rows that cannot have a value. */
static struct figure figure_blank(void)
{
    return figure_text("");
}

static struct figure figure_number(double number)
{
    if (!isfinite(number))
        return (struct figure){.kind = FIGURE_NONE};
    return (struct figure){.kind = FIGURE_NUMBER, .number = number};
}

/* A number of a row; NAN = there is none. */
static double figure_read(const struct row_ref *row, enum scope scope, uint32_t index, int metric)
{
    const struct frame_table *table = &row->shot->frame->tables[scope];

    if (index >= table->rows || !frame_has_value(table, index, (unsigned)metric))
        return NAN;
    return frame_value(table, index, (unsigned)metric).number;
}

static double figure_read_own(const struct row_ref *row, int metric)
{
    return figure_read(row, row->scope, row->row, metric);
}

static struct figure figure_read_text(const struct row_ref *row, enum scope scope, uint32_t index,
                                      int metric)
{
    const struct frame_table *table = &row->shot->frame->tables[scope];
    const char *text = NULL;

    if (index < table->rows && frame_has_value(table, index, (unsigned)metric))
        text = frame_value(table, index, (unsigned)metric).text;
    return text ? figure_text(text) : (struct figure){.kind = FIGURE_NONE};
}

/* NULL = nothing is known of the VM. */
static const struct vm_facts *figure_facts(const struct row_ref *row)
{
    const struct facts *facts = &row->shot->facts;

    return row->vm < facts->count ? &facts->list[row->vm] : NULL;
}

static bool figure_notes(const struct row_ref *row, enum row_note note)
{
    const struct frame_table *table = &row->shot->frame->tables[SCOPE_VM];

    return row->scope == SCOPE_VM && row->row < table->rows &&
           (table->notes[row->row] & (uint32_t)note);
}

static void figure_mark(struct figure *figure, bool is_so, char mark)
{
    if (is_so && figure->kind == FIGURE_NUMBER)
        figure->mark = mark;
}

/* Whether the row is below that of its VM, which says already what is the VM's. */
static bool figure_is_below(const struct row_ref *row)
{
    return scope_is_part_of_vm(row->scope) && !row->flat;
}

static struct figure figure_name(const struct row_ref *row)
{
    double id;

    switch (row->scope) {
    case SCOPE_NETDEV:
        return figure_read_text(row, SCOPE_NETDEV, row->row, NETDEV_DEVICE);
    case SCOPE_BLOCKDEV:
        return figure_read_text(row, SCOPE_BLOCKDEV, row->row, BLOCKDEV_DEVICE);
    default:
        break;
    }
    if (!figure_is_below(row))
        return figure_read_text(row, SCOPE_VM, row->vm, VM_NAME);
    if (row->scope == SCOPE_VMDISK)
        return figure_read_text(row, SCOPE_VMDISK, row->row, VMDISK_DISK_NAME);
    if (row->scope == SCOPE_VMNIC)
        return figure_read_text(row, SCOPE_VMNIC, row->row, VMNIC_NIC);
    id = figure_read_own(row, VCPU_VCPU_ID);
    return isnan(id) ? (struct figure){.kind = FIGURE_NONE} : figure_text(vcpu_name(id));
}

static struct figure figure_id(const struct row_ref *row)
{
    struct figure figure;

    if (figure_is_below(row))
        return figure_blank();
    figure = figure_number(figure_read(row, SCOPE_VM, row->vm, VM_VMID));
    if (figure.kind == FIGURE_NONE)
        figure = figure_read_text(row, SCOPE_VM, row->vm, VM_UUID);
    if (figure.kind == FIGURE_NONE)
        figure = figure_number(figure_read(row, SCOPE_VM, row->vm, VM_PID));
    return figure;
}

static struct figure figure_state(const struct row_ref *row)
{
    static const struct {
        const char *letter;
        enum severity severity;
        bool dim;
    } states[VM_STATE__COUNT] = {
        [VM_STATE_UNKNOWN] = {"?", SEVERITY_NONE, false},
        [VM_STATE_RUNNING] = {"R", SEVERITY_NONE, false},
        [VM_STATE_PAUSED] = {"P", SEVERITY_NONE, true},
        [VM_STATE_IO_ERROR] = {"E", SEVERITY_CRIT, false},
        [VM_STATE_CRASHED] = {"X", SEVERITY_CRIT, false},
        [VM_STATE_INMIGRATE] = {"i", SEVERITY_NONE, false},
        [VM_STATE_MIGRATING] = {"o", SEVERITY_NONE, false},
        [VM_STATE_SUSPENDED] = {"s", SEVERITY_NONE, true},
        [VM_STATE_SAVING] = {"V", SEVERITY_NONE, false},
        [VM_STATE_SHUTDOWN] = {"D", SEVERITY_NONE, true},
    };
    const struct vm_facts *facts = figure_facts(row);
    struct figure figure;

    if (figure_is_below(row))
        return figure_blank();
    if (!facts)
        return (struct figure){.kind = FIGURE_NONE};
    figure = figure_text(states[facts->state].letter);
    figure.severity = states[facts->state].severity;
    figure.dim = states[facts->state].dim;
    return figure;
}

static struct figure figure_why(const struct row_ref *row)
{
    const struct vm_facts *facts = figure_facts(row);
    struct figure figure;

    if (figure_is_below(row) || !facts || facts->why == WHY_NONE)
        return figure_blank();
    figure = figure_text(why_word(facts->why));
    figure.severity = facts->severity;
    figure.number = (double)facts->severity * WHY__COUNT + (WHY__COUNT - (double)facts->why);
    return figure;
}

/* Of two metrics that some scopes have: their sum, by scope. */
static struct figure figure_sum(const struct row_ref *row, const short pairs[SCOPE__COUNT][2])
{
    const short *pair = pairs[row->scope];

    if (!pair[0] && !pair[1])
        return figure_blank();
    return figure_number(figure_read_own(row, pair[0]) + figure_read_own(row, pair[1]));
}

static struct figure figure_iops(const struct row_ref *row)
{
    static const short pairs[SCOPE__COUNT][2] = {
        [SCOPE_VMDISK] = {VMDISK_DISK_READS, VMDISK_DISK_WRITES},
        [SCOPE_BLOCKDEV] = {BLOCKDEV_DISK_DEVICE_READS, BLOCKDEV_DISK_DEVICE_WRITES}};
    const struct vm_facts *facts = figure_facts(row);
    struct figure figure;

    if (row->scope != SCOPE_VM)
        return figure_sum(row, pairs);
    figure = figure_number(facts ? facts->iops : NAN);
    figure_mark(&figure, figure_notes(row, ROW_DISK_PARTIAL), '>');
    return figure;
}

static struct figure figure_throughput(const struct row_ref *row)
{
    static const short pairs[SCOPE__COUNT][2] = {
        [SCOPE_VMDISK] = {VMDISK_DISK_MBREAD, VMDISK_DISK_MBWRITE},
        [SCOPE_BLOCKDEV] = {BLOCKDEV_DISK_DEVICE_MBREAD, BLOCKDEV_DISK_DEVICE_MBWRITE}};
    const struct vm_facts *facts = figure_facts(row);
    struct figure figure;

    if (row->scope != SCOPE_VM)
        return figure_sum(row, pairs);
    figure = figure_number(facts ? facts->throughput : NAN);
    figure_mark(&figure, figure_notes(row, ROW_DISK_PARTIAL), '>');
    return figure;
}

static struct figure figure_traffic(const struct row_ref *row)
{
    static const short pairs[SCOPE__COUNT][2] = {
        [SCOPE_VM] = {VM_NET_RECEIVEDBYTES, VM_NET_TRANSMITTEDBYTES},
        [SCOPE_VMNIC] = {VMNIC_NET_RECEIVEDBYTES, VMNIC_NET_TRANSMITTEDBYTES},
        [SCOPE_NETDEV] = {NETDEV_NET_HOST_RECEIVEDBYTES, NETDEV_NET_HOST_TRANSMITTEDBYTES}};
    struct figure figure = figure_sum(row, pairs);

    figure_mark(&figure, figure_notes(row, ROW_NET_PARTIAL), '>');
    return figure;
}

static struct figure figure_io_throughput(const struct row_ref *row)
{
    static const short pairs[SCOPE__COUNT][2] = {[SCOPE_VM] = {VM_IO_MBRD_S, VM_IO_MBWR_S}};

    return figure_sum(row, pairs);
}

/* The requests per s that a mean time is the mean of; false = it is no such time. */
static bool figure_requests(const struct row_ref *row, short metric, double *ret)
{
    /* The last of a row's metrics are -1: there are fewer. */
    static const struct {
        enum scope scope;
        short latency, requests[3];
    } times[] = {
        {SCOPE_VM, VM_DISK_LAT_RD, {VM_DISK_READS, -1, -1}},
        {SCOPE_VM, VM_DISK_LAT_WR, {VM_DISK_WRITES, -1, -1}},
        {SCOPE_VM, VM_DISK_LAT_FL, {VM_DISK_STATS_FLUSHREQ, -1, -1}},
        {SCOPE_VM, VM_DISK_LAT_AVG, {VM_DISK_READS, VM_DISK_WRITES, VM_DISK_STATS_FLUSHREQ}},
        {SCOPE_VMDISK, VMDISK_DISK_LAT_RD, {VMDISK_DISK_READS, -1, -1}},
        {SCOPE_VMDISK, VMDISK_DISK_LAT_WR, {VMDISK_DISK_WRITES, -1, -1}},
        {SCOPE_VMDISK, VMDISK_DISK_LAT_FL, {VMDISK_DISK_STATS_FLUSHREQ, -1, -1}},
        {SCOPE_VMDISK,
         VMDISK_DISK_LAT_AVG,
         {VMDISK_DISK_READS, VMDISK_DISK_WRITES, VMDISK_DISK_STATS_FLUSHREQ}},
        {SCOPE_BLOCKDEV,
         BLOCKDEV_DISK_DEVICE_AWAIT,
         {BLOCKDEV_DISK_DEVICE_READS, BLOCKDEV_DISK_DEVICE_WRITES, -1}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        if (times[i].scope != row->scope || times[i].latency != metric)
            continue;
        *ret = 0;
        for (size_t j = 0; j < 3 && times[i].requests[j] >= 0; j++) {
            double requests = figure_read_own(row, times[i].requests[j]);

            *ret += isnan(requests) ? 0 : requests;
        }
        return true;
    }
    return false;
}

/* Less what the VM's own limit is to blame for. */
static double figure_without_limit(const struct row_ref *row, double ready)
{
    double limited = figure_read(row, SCOPE_VM, row->vm, VM_CPU_THROTTLED);

    return isnan(limited) ? ready : fmax(ready - limited, 0);
}

static enum severity figure_judge(const struct row_ref *row, short metric, double value,
                                  const struct thresholds *thresholds)
{
    const struct vm_facts *facts;
    double requests;

    if (row->scope == SCOPE_VM && metric == VM_CPU_STEAL_MAX) {
        facts = figure_facts(row);
        return facts ? facts->ready_severity : SEVERITY_NONE;
    }
    if ((row->scope == SCOPE_VM && metric == VM_CPU_STEAL) ||
        (row->scope == SCOPE_VCPU && metric == VCPU_VCPU_STEAL))
        value = figure_without_limit(row, value);
    else if (figure_requests(row, metric, &requests) &&
             !facts_latency_counts(requests, row->shot->frame->interval))
        return SEVERITY_NONE;
    return thresholds_judge(thresholds, row->scope, (unsigned)metric, value);
}

/* Sums over the VM's disks, or NICs, of which one that is not measured is missing. */
static bool figure_is_lower_bound(const struct row_ref *row, short metric)
{
    if (metric >= VM_DISK_SIZE_CAPACITY && metric <= VM_DISK_STATS_FLUSHTOTALTIMES)
        return metric != VM_DISK_IOUTIL &&
               !(metric >= VM_DISK_LAT_RD && metric <= VM_DISK_LAT_AVG) &&
               figure_notes(row, ROW_DISK_PARTIAL);
    if (metric >= VM_NET_RECEIVEDBYTES && metric <= VM_NET_TRANSMITTEDCOMPRESSED)
        return figure_notes(row, ROW_NET_PARTIAL);
    return false;
}

static struct figure figure_metric(const struct column *column, const struct row_ref *row,
                                   const struct thresholds *thresholds)
{
    short metric = column->metrics[row->scope];
    struct figure figure;

    if (metric < 0)
        return figure_blank();
    if (metric_at(row->scope, (unsigned)metric)->type == METRIC_TYPE_STR)
        return figure_read_text(row, row->scope, row->row, metric);
    figure = figure_number(figure_read_own(row, metric));
    if (figure.kind == FIGURE_NONE)
        return figure;
    figure.severity = figure_judge(row, metric, figure.number, thresholds);
    if (row->scope != SCOPE_VM)
        return figure;
    figure_mark(&figure, figure_is_lower_bound(row, metric), '>');
    figure_mark(&figure, metric == VM_RAM_USED && figure_notes(row, ROW_RAM_USED_FROM_RSS), '~');
    return figure;
}

static struct figure figure_latency(const struct row_ref *row, const struct thresholds *thresholds)
{
    const struct vm_facts *facts = figure_facts(row);
    struct figure figure;

    if (row->scope == SCOPE_VMDISK) {
        figure = figure_number(figure_read_own(row, VMDISK_DISK_LAT_AVG));
        if (figure.kind != FIGURE_NONE)
            figure.severity = figure_judge(row, VMDISK_DISK_LAT_AVG, figure.number, thresholds);
        return figure;
    }
    if (row->scope != SCOPE_VM)
        return figure_blank();
    if (!facts)
        return (struct figure){.kind = FIGURE_NONE};
    figure = figure_number(facts->latency);
    if (figure.kind != FIGURE_NONE)
        figure.severity = facts->latency_severity;
    return figure;
}

struct figure column_figure(const struct column *column, const struct row_ref *row,
                            const struct thresholds *thresholds)
{
    switch (column->kind) {
    case COLUMN_NAME:
        return figure_name(row);
    case COLUMN_ID:
        return figure_id(row);
    case COLUMN_STATE:
        return figure_state(row);
    case COLUMN_WHY:
        return figure_why(row);
    case COLUMN_IOPS:
        return figure_iops(row);
    case COLUMN_THROUGHPUT:
        return figure_throughput(row);
    case COLUMN_LATENCY:
        return figure_latency(row, thresholds);
    case COLUMN_TRAFFIC:
        return figure_traffic(row);
    case COLUMN_IO_THROUGHPUT:
        return figure_io_throughput(row);
    case COLUMN_HISTORY:
        return (struct figure){.kind = FIGURE_NONE};
    case COLUMN_METRIC:
    case COLUMN_DISK:
    case COLUMN_NIC:
    case COLUMN_INTERFACE:
    case COLUMN_KIND__COUNT:
        break;
    }
    return figure_metric(column, row, thresholds);
}
