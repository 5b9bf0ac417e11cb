/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host-wide files: CPU times, memory, swapping, ZFS' cache. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "collect/slot.h"
#include "kernel/host_stat.h"
#include "kernel/key_values.h"

static void host_collect_cpu(struct collect *collect, struct host_sample *host)
{
    static const enum host_column columns[CPU_TIME__COUNT] = {
        [CPU_TIME_USER] = HOST_CPU_USER,       [CPU_TIME_NICE] = HOST_CPU_NICE,
        [CPU_TIME_SYSTEM] = HOST_CPU_SYSTEM,   [CPU_TIME_IDLE] = HOST_CPU_IDLE,
        [CPU_TIME_IOWAIT] = HOST_CPU_IOWAIT,   [CPU_TIME_IRQ] = HOST_CPU_IRQ,
        [CPU_TIME_SOFTIRQ] = HOST_CPU_SOFTIRQ, [CPU_TIME_STEAL] = HOST_CPU_STEAL,
        [CPU_TIME_GUEST] = HOST_CPU_GUEST,     [CPU_TIME_GUEST_NICE] = HOST_CPU_GUESTNICE,
    };
    struct host_stat stat;
    struct mono at;
    size_t len;

    if (kept_file_read(&collect->host_stat, &collect->budget, collect->config.proc_fd, "stat",
                       collect->text, COLLECT_TEXT_SIZE, &len) < 0 ||
        parse_host_stat(collect->text, len, &stat) < 0)
        return;
    at = clock_mono(collect->config.clock);
    for (unsigned i = 0; i < stat.times; i++)
        host->columns[columns[i]] = raw_of(stat.ticks[i], at);
    if (stat.online_cpus)
        host->columns[HOST_CPU_CORES] = raw_of(stat.online_cpus, at);
    host->boot_seconds = stat.boot_seconds;
}

/* In the order of the file, so that parsing finds each key at its first try. */
static const struct {
    const char *key;
    enum host_column column;
} meminfo_keys[] = {
    {"MemTotal:", HOST_RAM_TOTAL},
    {"MemFree:", HOST_RAM_FREE},
    {"MemAvailable:", HOST_RAM_AVAILABLE},
    {"Buffers:", HOST_RAM_BUFFERS},
    {"Cached:", HOST_RAM_CACHED},
    {"SwapCached:", HOST_RAM_SWAPCACHED},
    {"Active:", HOST_RAM_ACTIVE},
    {"Inactive:", HOST_RAM_INACTIVE},
    {"Active(anon):", HOST_RAM_ACTIVEANON},
    {"Inactive(anon):", HOST_RAM_INACTIVEANON},
    {"Active(file):", HOST_RAM_ACTIVEFILE},
    {"Inactive(file):", HOST_RAM_INACTIVEFILE},
    {"Unevictable:", HOST_RAM_UNEVICTABLE},
    {"Mlocked:", HOST_RAM_MLOCKED},
    {"SwapTotal:", HOST_RAM_SWAPTOTAL},
    {"SwapFree:", HOST_RAM_SWAPFREE},
    {"Dirty:", HOST_RAM_DIRTY},
    {"Writeback:", HOST_RAM_WRITEBACK},
    {"AnonPages:", HOST_RAM_ANONPAGES},
    {"Mapped:", HOST_RAM_MAPPED},
    {"Shmem:", HOST_RAM_SHMEM},
    {"Slab:", HOST_RAM_SLAB},
    {"SReclaimable:", HOST_RAM_SRECLAIMABLE},
    {"SUnreclaim:", HOST_RAM_SUNRECLAIM},
    {"KernelStack:", HOST_RAM_KERNELSTACK},
    {"PageTables:", HOST_RAM_PAGETABLES},
    {"NFS_Unstable:", HOST_RAM_NFSUNSTABLE},
    {"Bounce:", HOST_RAM_BOUNCE},
    {"WritebackTmp:", HOST_RAM_WRITEBACKTMP},
    {"CommitLimit:", HOST_RAM_COMMITLIMIT},
    {"Committed_AS:", HOST_RAM_COMMITTEDAS},
    {"VmallocTotal:", HOST_RAM_VMALLOCTOTAL},
    {"VmallocUsed:", HOST_RAM_VMALLOCUSED},
    {"VmallocChunk:", HOST_RAM_VMALLOCCHUNK},
    {"HardwareCorrupted:", HOST_RAM_HARDWARECORRUPTED},
    {"AnonHugePages:", HOST_RAM_ANONHUGEPAGES},
    {"ShmemHugePages:", HOST_RAM_SHMEMHUGEPAGES},
    {"ShmemPmdMapped:", HOST_RAM_SHMEMPMDMAPPED},
    {"HugePages_Total:", HOST_RAM_HUGEPAGESTOTAL},
    {"HugePages_Free:", HOST_RAM_HUGEPAGESFREE},
    {"HugePages_Rsvd:", HOST_RAM_HUGEPAGESRSVD},
    {"HugePages_Surp:", HOST_RAM_HUGEPAGESSURP},
    {"Hugepagesize:", HOST_RAM_HUGEPAGESIZE},
    {"Hugetlb:", HOST_RAM_HUGETLB},
    {"DirectMap4k:", HOST_RAM_DIRECTMAP4K},
    {"DirectMap2M:", HOST_RAM_DIRECTMAP2M},
    {"DirectMap1G:", HOST_RAM_DIRECTMAP1G},
};

static void host_collect_memory(struct collect *collect, struct host_sample *host)
{
    struct key_value wanted[ARRAY_SIZE(meminfo_keys)];
    struct mono at;
    size_t len;

    if (kept_file_read(&collect->meminfo, &collect->budget, collect->config.proc_fd, "meminfo",
                       collect->text, COLLECT_TEXT_SIZE, &len) < 0)
        return;
    at = clock_mono(collect->config.clock);
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        wanted[i].key = meminfo_keys[i].key;
    parse_key_values(collect->text, len, wanted, ARRAY_SIZE(wanted));
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (wanted[i].valid)
            host->columns[meminfo_keys[i].column] = raw_of(wanted[i].value, at);
    }
    /* HugePages_Total counts those of the default size, Hugetlb (4.19) all, in KB. */
    collect->no_huge_pages = raw_valid(host->columns[HOST_RAM_HUGEPAGESTOTAL]) &&
                             !host->columns[HOST_RAM_HUGEPAGESTOTAL].value &&
                             !host->columns[HOST_RAM_HUGETLB].value;
}

static void host_collect_swapping(struct collect *collect, struct host_sample *host)
{
    struct vmstat vmstat;
    struct mono at;

    if (collect->vmstat_fd < 0)
        collect->vmstat_fd = file_open_at(collect->config.proc_fd, "vmstat");
    if (collect->vmstat_fd < 0)
        return;
    /* A file of many records: a page at a time. */
    if (file_reread_all(collect->vmstat_fd, &collect->long_text, COLLECT_TEXT_SIZE) < 0) {
        close(collect->vmstat_fd);
        collect->vmstat_fd = -1;
        return;
    }
    if (parse_vmstat(collect->long_text.data, collect->long_text.len, &vmstat) < 0)
        return;
    at = clock_mono(collect->config.clock);
    host->columns[HOST_RAM_SWAPIN] = raw_of(vmstat.swap_in_pages, at);
    host->columns[HOST_RAM_SWAPOUT] = raw_of(vmstat.swap_out_pages, at);
}

static void host_collect_arc(struct collect *collect, struct host_sample *host)
{
    uint64_t bytes;
    size_t len;
    int r;

    if (collect->no_arc)
        return;
    r = kept_file_read(&collect->arcstats, &collect->budget, collect->config.proc_fd,
                       "spl/kstat/zfs/arcstats", collect->text, COLLECT_TEXT_SIZE, &len);
    collect->no_arc = r == -ENOENT;
    if (r == 0 && parse_arcstats_size(collect->text, len, &bytes) == 0)
        host->columns[HOST_RAM_ZFSARC] = raw_of(bytes, clock_mono(collect->config.clock));
}

static void host_take_slow_facts(struct collect *collect, struct host_sample *host)
{
    struct slow_values slow = slow_facts_get(collect->config.slow_facts);
    struct mono at = collect->sample.at;

    memcpy(host->name, slow.host_name, sizeof(host->name));
    memcpy(host->uuid, slow.host_uuid, sizeof(host->uuid));
    if (slow.cpu_mhz > 0)
        host->columns[HOST_CPU_CURFREQ] = raw_of((uint64_t)lround(slow.cpu_mhz), at);
    if (slow.cpu_min_mhz > 0)
        host->columns[HOST_CPU_MINFREQ] = raw_of((uint64_t)lround(slow.cpu_min_mhz), at);
    if (slow.cpu_max_mhz > 0)
        host->columns[HOST_CPU_MAXFREQ] = raw_of((uint64_t)lround(slow.cpu_max_mhz), at);
}

/* Whether the kernel counts block I/O delay (sysctl kernel.task_delayacct,
 * Linux 5.14; without it: always). */
static void host_collect_delayacct(struct collect *collect)
{
    char text[32];
    size_t len;
    int r = kept_file_read(&collect->delayacct, &collect->budget, collect->config.proc_fd,
                           "sys/kernel/task_delayacct", text, sizeof(text), &len);

    collect->no_delayacct = r == 0 ? text[0] == '0' : r != -ENOENT;
}

static void host_take_speed(void *argument, const char *name, uint64_t mbps)
{
    struct collect *collect = argument;

    netdevs_set_speed(collect->netdevs, name,
                      mbps ? raw_of(mbps, collect->sample.at) : (struct raw){0});
}

/* Hands link speeds to the devices, when they or the devices changed. */
static void host_take_speeds(struct collect *collect)
{
    uint64_t listing = netdevs_listing(collect->netdevs);
    uint64_t seen = listing == collect->speeds_listing ? collect->speeds : 0;

    collect->speeds_listing = listing;
    collect->speeds = slow_facts_speeds(collect->config.slow_facts, seen, host_take_speed, collect);
}

/* Devices that VMs need, or the host's row, or rows of their own. */
static void host_collect_devices(struct collect *collect, struct host_sample *host)
{
    if (collect->needs.blockdevs)
        blockdevs_collect(collect->blockdevs, host);
    if (collect->needs.netdevs)
        netdevs_collect(collect->netdevs, host);
    if (collect->needs.speeds && collect->config.slow_facts)
        host_take_speeds(collect);
}

/* The row of a host that is not the one whose /proc is read here: its name. */
static void host_take_elsewhere(const struct collect *collect, struct host_sample *host)
{
    const struct inventory *inventory = collect->inventory;
    const char *name = collect->config.host_name;

    if (!name)
        name = inventory ? inventory->host_name : "";
    copy_text(host->name, sizeof(host->name), name);
    host->uuid[0] = '\0';
    host->boot_seconds = 0;
    host->blockdev_count = 0;
    host->netdev_count = 0;
}

void host_collect(struct collect *collect, struct host_sample *host)
{
    bool elsewhere = collect->inventory ? collect->inventory->elsewhere : collect->config.elsewhere;

    memset(host->columns, 0, sizeof(host->columns));
    if (elsewhere) {
        host_take_elsewhere(collect, host);
        return;
    }
    if (collect->config.slow_facts)
        host_take_slow_facts(collect, host);
    if (collect->needs.cpu_times)
        host_collect_cpu(collect, host);
    if (collect->needs.host_memory)
        host_collect_memory(collect, host);
    if (collect->needs.host_swapping)
        host_collect_swapping(collect, host);
    if (collect->needs.host_arc)
        host_collect_arc(collect, host);
    if (collect->needs.blkio)
        host_collect_delayacct(collect);
    if (collect->needs.pressure)
        pressure_collect(collect, host);
    host_collect_devices(collect, host);
}
