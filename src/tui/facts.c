/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a frame means for each of its VMs. */
#include "tui/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define FACTS_LATENCY_IOPS 1.0  /* a disk that does less has no latency worth telling */
#define FACTS_LATENCY_IOS  10.0 /* in a cycle: fewer prove nothing */

const char *why_word(enum why why)
{
    static const char *const words[WHY__COUNT] = {
        [WHY_NONE] = "",       [WHY_STUCK] = "STUCK", [WHY_IOERR] = "IOERR",
        [WHY_CRASH] = "CRASH", [WHY_SWAP] = "SWAP",   [WHY_RDY] = "RDY",
        [WHY_LIM] = "LIM",     [WHY_LAT] = "LAT",     [WHY_DROP] = "DROP",
    };

    return words[why];
}

/* A number of a row, NAN where there is none. */
static double facts_number(const struct frame_table *table, size_t row, unsigned column)
{
    return frame_has_value(table, row, column) ? frame_value(table, row, column).number : NAN;
}

static const char *facts_text(const struct frame_table *table, size_t row, unsigned column)
{
    return frame_has_value(table, row, column) ? frame_value(table, row, column).text : "";
}

/* Of two figures that are parts of one: what is known of them; NAN = nothing. */
static double facts_sum(double a, double b)
{
    if (isnan(a))
        return b;
    return isnan(b) ? a : a + b;
}

static enum severity facts_worse(enum severity a, enum severity b)
{
    return a > b ? a : b;
}

static enum vm_state facts_state(const char *word)
{
    for (unsigned s = 0; s < VM_STATE__COUNT; s++) {
        if (strcmp(vm_state_word((enum vm_state)s), word) == 0)
            return (enum vm_state)s;
    }
    return VM_STATE_UNKNOWN;
}

/* VMIDs and PIDs are numbers: `kind` keeps one from being taken for the other. */
static uint64_t facts_id_of_number(double number, uint64_t kind)
{
    return isnan(number) ? 0 : hash_bytes((const char *)&number, sizeof(number), kind);
}

static uint64_t facts_id_of_text(const char *text)
{
    return text && *text ? hash_text(text) : 0;
}

/* By the best that is known of the VM. */
static uint64_t facts_id(const struct frame_table *vms, size_t row)
{
    uint64_t id = facts_id_of_text(vms->labels ? vms->labels[row].key : NULL);

    if (!id)
        id = facts_id_of_text(facts_text(vms, row, VM_UUID));
    if (!id)
        id = facts_id_of_number(facts_number(vms, row, VM_VMID), 1);
    if (!id)
        id = facts_id_of_text(facts_text(vms, row, VM_NAME));
    if (!id)
        id = facts_id_of_number(facts_number(vms, row, VM_PID), 2);
    return id ? id : 1 + row;
}

static struct row_range *facts_range(struct vm_facts *vm, enum scope scope)
{
    return scope == SCOPE_VCPU ? &vm->vcpus : scope == SCOPE_VMDISK ? &vm->disks : &vm->nics;
}

/* Which rows of a table are whose. Parts of a VM stand together; what does not is
 * nobody's. */
static void facts_find_parts(struct facts *facts, const struct frame_table *table)
{
    for (size_t row = 0; row < table->rows; row++) {
        struct row_range *range;

        if (table->parents[row] >= facts->count)
            continue;
        range = facts_range(&facts->list[table->parents[row]], table->scope);
        if (!range->count)
            range->first = (uint32_t)row;
        if (range->first + range->count == row)
            range->count++;
    }
}

bool facts_latency_counts(double ios_per_s, double interval)
{
    /* I/Os are whole; that a source's readings lie a little further apart, or closer,
     * than the cycles must not make 9.99 of 10. */
    return round(ios_per_s * interval) >= FACTS_LATENCY_IOS;
}

/* The worst disk among those that do something. */
static void facts_look_at_disks(struct vm_facts *vm, const struct frame *frame, size_t row,
                                const struct thresholds *thresholds)
{
    const struct frame_table *disks = &frame->tables[SCOPE_VMDISK];
    double rate = NAN;

    for (size_t d = vm->disks.first; d < vm->disks.first + vm->disks.count; d++) {
        double requests = facts_sum(facts_sum(facts_number(disks, d, VMDISK_DISK_READS),
                                              facts_number(disks, d, VMDISK_DISK_WRITES)),
                                    facts_number(disks, d, VMDISK_DISK_STATS_FLUSHREQ));
        double latency = facts_number(disks, d, VMDISK_DISK_LAT_AVG);

        if (!(requests >= FACTS_LATENCY_IOPS) || isnan(latency))
            continue;
        if (isnan(vm->latency) || latency > vm->latency) {
            vm->latency = latency;
            rate = requests;
        }
    }
    if (!vm->disks.count && vm->iops >= FACTS_LATENCY_IOPS) {
        vm->latency = facts_number(&frame->tables[SCOPE_VM], row, VM_DISK_LAT_AVG);
        rate = vm->iops;
    }
    if (facts_latency_counts(rate, frame->interval))
        vm->latency_severity = thresholds_judge(thresholds, SCOPE_VM, VM_DISK_LAT_AVG, vm->latency);
}

/* The vCPU that waits most, less what the VM's own limit holds back: that is LIM. */
static enum severity facts_judge_ready(const struct frame_table *vms, size_t row,
                                       const struct thresholds *thresholds)
{
    double ready = facts_number(vms, row, VM_CPU_STEAL_MAX);
    double limited = facts_number(vms, row, VM_CPU_THROTTLED);

    if (isnan(ready))
        ready = facts_number(vms, row, VM_CPU_STEAL);
    if (isnan(ready))
        return SEVERITY_NONE;
    if (limited > 0)
        ready = ready > limited ? ready - limited : 0;
    return thresholds_judge(thresholds, SCOPE_VM, VM_CPU_STEAL_MAX, ready);
}

/* The worst of some columns of a VM. */
static enum severity facts_judge(const struct frame_table *vms, size_t row,
                                 const struct thresholds *thresholds, const unsigned *columns,
                                 size_t count)
{
    enum severity worst = SEVERITY_NONE;

    for (size_t i = 0; i < count; i++)
        worst = facts_worse(worst, thresholds_judge(thresholds, SCOPE_VM, columns[i],
                                                    facts_number(vms, row, columns[i])));
    return worst;
}

/* Nobody inside suffers while the VM is not meant to run: its memory may be swapped
 * out, and what is sent to it is dropped. */
static bool facts_runs(enum vm_state state)
{
    return state != VM_STATE_PAUSED && state != VM_STATE_SUSPENDED && state != VM_STATE_SHUTDOWN &&
           state != VM_STATE_SAVING && state != VM_STATE_INMIGRATE && state != VM_STATE_MIGRATING;
}

static void facts_find_why(struct vm_facts *vm, const struct frame_table *vms, size_t row,
                           const struct thresholds *thresholds)
{
    static const unsigned stuck[] = {VM_STALE}, limited[] = {VM_CPU_THROTTLED};
    static const unsigned swap[] = {VM_RAM_SWAPIN, VM_RAM_SWAPOUT, VM_RAM_HOSTSWAP};
    static const unsigned drop[] = {VM_NET_RECEIVEDDROP, VM_NET_RECEIVEDERRS,
                                    VM_NET_TRANSMITTEDDROP, VM_NET_TRANSMITTEDERRS};
    static const unsigned failed[] = {VM_DISK_ERRORS};
#define FACTS_JUDGE(columns) facts_judge(vms, row, thresholds, columns, ARRAY_SIZE(columns))
    enum severity of[WHY__COUNT] = {0};

    of[WHY_STUCK] = FACTS_JUDGE(stuck);
    of[WHY_IOERR] = vm->state == VM_STATE_IO_ERROR ? SEVERITY_CRIT : SEVERITY_NONE;
    of[WHY_CRASH] = vm->state == VM_STATE_CRASHED ? SEVERITY_CRIT : SEVERITY_NONE;
    if (facts_runs(vm->state)) {
        if (vm->state != VM_STATE_IO_ERROR)
            of[WHY_IOERR] = FACTS_JUDGE(failed);
        of[WHY_SWAP] = FACTS_JUDGE(swap);
        of[WHY_RDY] = vm->ready_severity;
        of[WHY_LIM] = FACTS_JUDGE(limited);
        of[WHY_LAT] = vm->latency_severity;
        of[WHY_DROP] = FACTS_JUDGE(drop);
    }
#undef FACTS_JUDGE
    for (unsigned w = WHY_NONE + 1; w < WHY__COUNT; w++) {
        if (of[w] > vm->severity) {
            vm->why = (enum why)w;
            vm->severity = of[w];
        }
    }
}

static void facts_look_at_vm(struct vm_facts *vm, const struct frame *frame, size_t row,
                             const struct thresholds *thresholds)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];

    vm->state = facts_state(facts_text(vms, row, VM_STATE));
    vm->id = facts_id(vms, row);
    vm->iops =
        facts_sum(facts_number(vms, row, VM_DISK_READS), facts_number(vms, row, VM_DISK_WRITES));
    vm->throughput =
        facts_sum(facts_number(vms, row, VM_DISK_MBREAD), facts_number(vms, row, VM_DISK_MBWRITE));
    vm->latency = NAN;
    facts_look_at_disks(vm, frame, row, thresholds);
    vm->ready_severity = facts_judge_ready(vms, row, thresholds);
    facts_find_why(vm, vms, row, thresholds);
}

void facts_look(struct facts *facts, const struct frame *frame, const struct thresholds *thresholds)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];

    if (vms->rows)
        facts->list = array_grow(facts->list, &facts->capacity, vms->rows, sizeof(*facts->list));
    facts->count = vms->rows;
    for (size_t row = 0; row < facts->count; row++)
        facts->list[row] = (struct vm_facts){0};
    facts_find_parts(facts, &frame->tables[SCOPE_VCPU]);
    facts_find_parts(facts, &frame->tables[SCOPE_VMDISK]);
    facts_find_parts(facts, &frame->tables[SCOPE_VMNIC]);
    for (size_t row = 0; row < facts->count; row++)
        facts_look_at_vm(&facts->list[row], frame, row, thresholds);
}

void facts_done(struct facts *facts)
{
    free(facts->list);
    *facts = (struct facts){0};
}
