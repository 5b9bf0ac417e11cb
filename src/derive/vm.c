/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identity and memory of a VM. */
#include <math.h>
#include <stdio.h>

#include "base/num.h"
#include "base/util.h"
#include "derive/internal.h"

/* Seconds since the VM's source answered; 0 while that is within two beats,
 * unless it never did. */
static double vm_stale_seconds(const struct sample *sample, const struct vm_info *info)
{
    double age = mono_seconds_between(info->answered_at, sample->at);

    if (!info->never_answered && age <= 2 * sample->inventory->beat)
        return 0;
    return fmax(1, floor(age));
}

static void derive_vm_base(struct derive *derive, const struct sample *sample,
                           const struct vm_sample *vm, struct frame *frame, size_t row)
{
    struct frame_table *table = &frame->tables[SCOPE_VM];
    const struct vm_info *info = vm->info;
    struct raw start = vm->columns[VM_START_TIME];
    uint64_t vmid;

    if (info->uuid)
        frame_set_text(table, row, VM_UUID, info->uuid);
    frame_set_text(table, row, VM_NAME, info->name);
    if (info->vmid && parse_u64(info->vmid, &vmid))
        frame_set_number(table, row, VM_VMID, (double)vmid);
    table->labels[row] = (struct row_labels){
        .key = info->key,
        .tags = info->tags,
        .lock = info->lock,
        .hostdevs = info->hostdevs,
        .is_template = info->is_template,
        .cpu_limit = vm->cpu_limit,
    };
    if (info->pid)
        frame_set_number(table, row, VM_PID, info->pid);
    frame_set_text(table, row, VM_STATE, vm_state_word(info->state));
    if (info->has_source) {
        frame_mark_told(table, row, VM_STATE);
        frame_set_number(table, row, VM_STALE, vm_stale_seconds(sample, info));
    }
    if (raw_valid(start) && sample->host.boot_seconds) {
        uint64_t seconds = start.value / derive->ticks_per_second;

        frame_set_number(table, row, VM_START_TIME,
                         (double)sample->host.boot_seconds + (double)seconds);
    }
    if (frame->host_name[0])
        frame_set_text(table, row, VM_HOST_NAME, frame->host_name);
}

/* Memory that the guest sees, in KB: the guest's own word, else the balloon's
 * size, else what is configured. */
static struct raw vm_memory_total(const struct vm_sample *vm)
{
    if (raw_valid(vm->guest_total_kb))
        return vm->guest_total_kb;
    if (raw_valid(vm->columns[VM_RAM_ACTUAL]))
        return vm->columns[VM_RAM_ACTUAL];
    return vm->columns[VM_RAM_MAX];
}

static void derive_vm_memory_used(struct derive *derive, const struct vm_sample *vm,
                                  struct frame_table *table, size_t row)
{
    struct raw total = vm_memory_total(vm), rss = vm->columns[VM_RAM_RSS];
    struct raw rest =
        raw_valid(vm->guest_usable_kb) ? vm->guest_usable_kb : vm->columns[VM_RAM_FREE];
    double used;

    if (raw_valid(total) && raw_valid(rest) && rest.value <= total.value) {
        frame_set_number(table, row, VM_RAM_USED, (double)(total.value - rest.value));
        frame_mark_told(table, row, VM_RAM_USED);
        return;
    }
    if (!raw_valid(rss) || vm->hugetlb_lost)
        return;
    used = (double)rss.value * derive->page_kb;
    if (raw_valid(vm->columns[VM_RAM_HUGETLB]))
        used += (double)vm->columns[VM_RAM_HUGETLB].value;
    if (raw_valid(total))
        used = clamp_high(used, (double)total.value);
    frame_set_number(table, row, VM_RAM_USED, used);
    table->notes[row] |= ROW_RAM_USED_FROM_RSS;
}

static void derive_vm_memory(struct derive *derive, struct vm_state_kept *state,
                             const struct vm_sample *vm, struct frame_table *table, size_t row,
                             bool silent)
{
    static const enum vm_column rates[] = {VM_RAM_MINFLT, VM_RAM_CMINFLT, VM_RAM_MAJFLT,
                                           VM_RAM_CMAJFLT};
    static const enum vm_column slow_rates[] = {VM_RAM_SWAPIN, VM_RAM_SWAPOUT};
    static const enum vm_column told[] = {VM_RAM_FREE, VM_RAM_ACTUAL, VM_RAM_MAX};
    static const enum vm_column gauges[] = {VM_RAM_HOSTSWAP, VM_RAM_HUGETLB};

    derive_told_gauge(table, row, VM_RAM_TOTAL, vm_memory_total(vm));
    derive_vm_memory_used(derive, vm, table, row);
    derive_gauge(table, row, VM_RAM_VSIZE, vm->columns[VM_RAM_VSIZE], 1.0 / 1024);
    derive_gauge(table, row, VM_RAM_RSS, vm->columns[VM_RAM_RSS], derive->page_kb);
    for (size_t i = 0; i < ARRAY_SIZE(told); i++)
        derive_told_gauge(table, row, told[i], vm->columns[told[i]]);
    for (size_t i = 0; i < ARRAY_SIZE(gauges); i++)
        derive_gauge(table, row, gauges[i], vm->columns[gauges[i]], 1);
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
        derive_rate(table, row, rates[i], &state->counters[rates[i]], vm->columns[rates[i]],
                    DERIVE_COUNT);
    for (size_t i = 0; i < ARRAY_SIZE(slow_rates); i++)
        derive_slow_rate(table, row, slow_rates[i], &state->counters[slow_rates[i]],
                         vm->columns[slow_rates[i]], (struct derive_unit){1, 1024}, silent);
}

bool derive_vm_is_silent(const struct sample *sample, const struct vm_info *info)
{
    return info->has_source && vm_stale_seconds(sample, info) > 0;
}

static void derive_vm_io(struct derive *derive, struct vm_state_kept *state,
                         const struct vm_sample *vm, struct frame_table *table, size_t row)
{
    static const struct {
        enum vm_column column;
        double scale;
    } rates[] = {
        {VM_IO_MBRD_S, 1 / BYTES_PER_MB},
        {VM_IO_MBWR_S, 1 / BYTES_PER_MB},
        {VM_IO_RDOPS, 1},
        {VM_IO_WROPS, 1},
        {VM_IO_RCHAR, 1},
        {VM_IO_WCHAR, 1},
        {VM_IO_CANCELLED_WRITE_BYTES, 1},
    };
    struct raw delay = vm->columns[VM_DISK_DELAYBLKIO];

    for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
        derive_rate(table, row, rates[i].column, &state->counters[rates[i].column],
                    vm->columns[rates[i].column], (struct derive_unit){rates[i].scale, 1});
    delay.value = derive_ticks_ns(derive, delay.value);
    derive_rate(table, row, VM_DISK_DELAYBLKIO, &state->counters[VM_DISK_DELAYBLKIO], delay,
                (struct derive_unit){1 / (double)NS_PER_MS, 1});
}

/* Totals come in us, as they are shown. */
static void derive_vm_pressure(const struct vm_sample *vm, struct frame_table *table, size_t row)
{
    static const enum vm_column totals[] = {VM_PSI_SOME_CPU_TOTAL, VM_PSI_SOME_IO_TOTAL,
                                            VM_PSI_SOME_MEM_TOTAL};

    for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
        struct raw total = vm->columns[totals[i]];

        derive_gauge(table, row, totals[i], total, 1);
        if (raw_valid(total))
            frame_set_counter(table, row, totals[i], total.value * NS_PER_US);
    }
}

void derive_vm(const struct vm_work *work, const struct sample *sample)
{
    struct frame_table *table = &work->frame->tables[SCOPE_VM];

    derive_vm_base(work->derive, sample, work->vm, work->frame, work->row);
    derive_vm_memory(work->derive, work->state, work->vm, table, work->row, work->silent);
    derive_vm_io(work->derive, work->state, work->vm, table, work->row);
    derive_vm_pressure(work->vm, table, work->row);
}
