/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM's process: /proc/PID/stat and /proc/PID/status. */
#include <errno.h>
#include <stdio.h>

#include "collect/slot.h"
#include "kernel/key_values.h"
#include "kernel/pid_stat.h"

static void process_store(struct vm_sample *vm, const struct pid_stat *stat, struct mono at)
{
    vm->columns[VM_START_TIME] = raw_of(stat->start_ticks, at);
    vm->columns[VM_RAM_VSIZE] = raw_of(stat->vsize_bytes, at);
    vm->columns[VM_RAM_RSS] = raw_of(stat->rss_pages, at);
    vm->columns[VM_RAM_MINFLT] = raw_of(stat->min_faults, at);
    vm->columns[VM_RAM_CMINFLT] = raw_of(stat->child_min_faults, at);
    vm->columns[VM_RAM_MAJFLT] = raw_of(stat->maj_faults, at);
    vm->columns[VM_RAM_CMAJFLT] = raw_of(stat->child_maj_faults, at);
}

static void process_collect_status(struct collect *collect, struct vm_slot *slot)
{
    struct key_value keys[] = {{.key = "VmSwap:"}, {.key = "HugetlbPages:"}};
    char path[32], text[FILE_RECORD_SIZE];
    struct mono at;
    size_t len;

    slot->sample.hugetlb_lost = slot->hugetlb_seen;
    if (slot->status.fd < 0)
        snprintf(path, sizeof(path), "%d/status", (int)slot->sample.info->pid);
    if (kept_file_read(&slot->status, &collect->budget, collect->config.proc_fd, path, text,
                       sizeof(text), &len) < 0)
        return;
    at = clock_mono(collect->config.clock);
    parse_key_values(text, len, keys, ARRAY_SIZE(keys));
    if (keys[0].valid)
        slot->sample.columns[VM_RAM_HOSTSWAP] = raw_of(keys[0].value, at);
    if (keys[1].valid)
        slot->sample.columns[VM_RAM_HUGETLB] = raw_of(keys[1].value, at);
    slot->hugetlb_seen |= keys[1].valid;
    slot->sample.hugetlb_lost = slot->hugetlb_seen && !keys[1].valid;
}

/* Reading status is dear (more than everything else of the VM): only for those
 * who ask for it, or whose huge pages stand in for the guest's own word. */
static bool process_needs_status(const struct collect *collect, const struct vm_sample *vm)
{
    if (collect->needs.status)
        return true;
    return collect->needs.memory_estimate && !collect->no_huge_pages &&
           !raw_valid(vm->guest_usable_kb) && !raw_valid(vm->columns[VM_RAM_FREE]);
}

bool process_collect(struct collect *collect, struct vm_slot *slot)
{
    const struct vm_info *info = slot->sample.info;
    char path[32], text[FILE_RECORD_SIZE];
    struct pid_stat stat;
    size_t len;
    int r;

    if (slot->stat.fd < 0)
        snprintf(path, sizeof(path), "%d/stat", (int)info->pid);
    r = kept_file_read(&slot->stat, &collect->budget, collect->config.proc_fd, path, text,
                       sizeof(text), &len);
    if (r == -ENOENT || r == -ESRCH)
        return false;
    /* Unreadable or garbled: its cells are invalid, nothing more. */
    if (r == 0 && parse_pid_stat(text, len, &stat) == 0) {
        if (stat.start_ticks != info->start_ticks || stat.state == 'Z' || stat.state == 'X')
            return false;
        process_store(&slot->sample, &stat, clock_mono(collect->config.clock));
        if (stat.num_threads != slot->num_threads) {
            slot->relist = true;
            slot->num_threads = stat.num_threads;
        }
    }
    slot->sample.hugetlb_lost = false;
    if (process_needs_status(collect, &slot->sample))
        process_collect_status(collect, slot);
    return true;
}
