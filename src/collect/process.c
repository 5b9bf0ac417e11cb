/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A VM's process: /proc/PID/stat, status and io. */
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

static void process_collect_io(struct collect *collect, struct vm_slot *slot)
{
    static const struct {
        const char *key;
        enum vm_column column;
    } fields[] = {
        {"rchar:", VM_IO_RCHAR},
        {"wchar:", VM_IO_WCHAR},
        {"syscr:", VM_IO_RDOPS},
        {"syscw:", VM_IO_WROPS},
        {"read_bytes:", VM_IO_MBRD_S},
        {"write_bytes:", VM_IO_MBWR_S},
        {"cancelled_write_bytes:", VM_IO_CANCELLED_WRITE_BYTES},
    };
    struct key_value keys[ARRAY_SIZE(fields)];
    char path[32], text[512];
    struct mono at;
    size_t len;
    int r;

    if (slot->io_denied)
        return;
    if (slot->io.fd < 0)
        snprintf(path, sizeof(path), "%d/io", (int)slot->sample.info->pid);
    r = kept_file_read(&slot->io, &collect->budget, collect->config.proc_fd, path, text,
                       sizeof(text), &len);
    slot->io_denied = r == -EACCES || r == -EPERM;
    if (slot->io_denied)
        collect->lacks |= COLLECT_LACKS_IO;
    if (r < 0)
        return;
    at = clock_mono(collect->config.clock);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        keys[i].key = fields[i].key;
    parse_key_values(text, len, keys, ARRAY_SIZE(keys));
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        if (keys[i].valid)
            slot->sample.columns[fields[i].column] = raw_of(keys[i].value, at);
    }
}

static void process_store_blkio(const struct collect *collect, struct vm_sample *vm,
                                const char *text, size_t len, struct mono at)
{
    uint64_t ticks;

    if (collect->needs.blkio && !collect->no_delayacct &&
        parse_pid_stat_blkio(text, len, &ticks) == 0)
        vm->columns[VM_DISK_DELAYBLKIO] = raw_of(ticks, at);
}

bool process_collect(struct collect *collect, struct vm_slot *slot)
{
    const struct vm_info *info = slot->sample.info;
    char path[32], text[FILE_RECORD_SIZE];
    struct pid_stat stat;
    struct mono at;
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
        at = clock_mono(collect->config.clock);
        process_store(&slot->sample, &stat, at);
        process_store_blkio(collect, &slot->sample, text, len, at);
        if (stat.num_threads != slot->num_threads) {
            slot->relist = true;
            slot->num_threads = stat.num_threads;
        }
    }
    slot->sample.hugetlb_lost = false;
    if (process_needs_status(collect, &slot->sample))
        process_collect_status(collect, slot);
    if (collect->needs.io)
        process_collect_io(collect, slot);
    return true;
}
