/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics that are profiled: their names, their ranges, and the cells that they come from. */
#include "profiler/metrics.h"

#include <string.h>

#include "base/buf.h"
#include "base/util.h"

/* 6 * 2^30 bytes per second: more than a VM moves on the storage of today. */
#define METRICS_IO_MAX    6442450944.0
#define METRICS_LINK_MBIT 1000.0
/* A Mbit is 10^6 bits on a wire. */
#define METRICS_BYTES_PER_MBIT 125000.0
#define METRICS_LATENCY_MAX_MS 1000.0
/* Widths of the first bucket of a histogram: a kB per second; a tenth of a millisecond. */
#define METRICS_FIRST_BYTES 1000.0
#define METRICS_FIRST_SMALL 0.1

#define CELLS_MAX 6

/* What a metric is to the profile, and what the frame has to hold for it. */
struct metric_entry {
    const char *name; /* NULL = the key of the first of its cells */
    enum collector collector;
    enum channel_role role;
    const char *unit;
    unsigned cell_count;
    enum vm_column cells[CELLS_MAX];
    const char *help;
};

#define METRICS_WAITED(what)                                                                       \
    "time in which some tasks of its cgroup waited for " what                                      \
    "; without a cgroup of its own: tasks of the host"

static const struct metric_entry metrics_entries[PROFILER_METRIC__COUNT] = {
    [PROFILER_CPU] = {"cpu",
                      COLLECTOR_CPU,
                      ROLE_CPU,
                      "%",
                      2,
                      {VM_CPU_TOTAL, VM_CPU_STEAL},
                      "CPU used and waited for, mean of the vCPUs"},
    [PROFILER_IO] = {"io",
                     COLLECTOR_IO,
                     ROLE_OTHER,
                     "B/s",
                     2,
                     {VM_IO_MBRD_S, VM_IO_MBWR_S},
                     "bytes that its QEMU reads and writes"},
    [PROFILER_NET] = {"net",
                      COLLECTOR_NET,
                      ROLE_OTHER,
                      "B/s",
                      2,
                      {VM_NET_RECEIVEDBYTES, VM_NET_TRANSMITTEDBYTES},
                      "bytes received and transmitted"},
    [PROFILER_CPU_USED] = {"cpu_used",
                           COLLECTOR_CPU,
                           ROLE_USED,
                           "%",
                           1,
                           {VM_CPU_TOTAL},
                           "CPU used, mean of the vCPUs"},
    [PROFILER_CPU_STEAL] = {NULL,
                            COLLECTOR_CPU,
                            ROLE_STEAL,
                            "%",
                            1,
                            {VM_CPU_STEAL},
                            "CPU waited for, mean of the vCPUs"},
    [PROFILER_DISK] = {"disk",
                       COLLECTOR_DISK,
                       ROLE_OTHER,
                       "%",
                       1,
                       {VM_DISK_IOUTIL},
                       "share of the time in which the host's device was busy for it"},
    [PROFILER_DISK_LAT] = {"disk_lat",
                           COLLECTOR_DISK,
                           ROLE_OTHER,
                           "ms",
                           4,
                           {VM_DISK_LAT_AVG, VM_DISK_READS, VM_DISK_WRITES, VM_DISK_STATS_FLUSHREQ},
                           "mean time of a request; 0 where no request was made"},
    [PROFILER_MEM] =
        {"mem",
         COLLECTOR_MEM,
         ROLE_MEM,
         "%",
         3,
         {VM_RAM_RSS, VM_RAM_HUGETLB, VM_RAM_FREE},
         "memory that is resident on the host, huge pages included, of what the VM has"},
    [PROFILER_PSI_CPU] = {"psi_cpu",
                          COLLECTOR_PRESSURE,
                          ROLE_OTHER,
                          "%",
                          1,
                          {VM_PSI_SOME_CPU_TOTAL},
                          METRICS_WAITED("a CPU")},
    [PROFILER_PSI_IO] = {"psi_io",
                         COLLECTOR_PRESSURE,
                         ROLE_OTHER,
                         "%",
                         1,
                         {VM_PSI_SOME_IO_TOTAL},
                         METRICS_WAITED("I/O")},
    [PROFILER_PSI_MEM] = {"psi_mem",
                          COLLECTOR_PRESSURE,
                          ROLE_OTHER,
                          "%",
                          1,
                          {VM_PSI_SOME_MEM_TOTAL},
                          METRICS_WAITED("memory")},
};

unsigned profiler_metrics_of(unsigned collectors)
{
    unsigned ret = 0;

    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++) {
        if (!collectors || collectors & 1u << metrics_entries[m].collector)
            ret |= 1u << m;
    }
    return ret;
}

const char *profiler_metric_name(enum profiler_metric metric)
{
    const struct metric_entry *entry = &metrics_entries[metric];

    return entry->name ? entry->name : metric_at(SCOPE_VM, entry->cells[0])->key;
}

const char *profiler_metric_help(enum profiler_metric metric)
{
    return metrics_entries[metric].help;
}

enum collector profiler_metric_collector(enum profiler_metric metric)
{
    return metrics_entries[metric].collector;
}

bool profiler_metric_by_name(const char *name, enum profiler_metric *ret)
{
    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++) {
        if (strcmp(profiler_metric_name(m), name) == 0) {
            *ret = m;
            return true;
        }
    }
    return false;
}

void profiler_metrics_select(unsigned wanted, struct selection *selection)
{
    /* Who a VM is, what it has, and what it takes of the host. */
    static const enum vm_column always[] = {VM_UUID,      VM_NAME,      VM_PID,
                                            VM_VMID,      VM_STATE,     VM_START_TIME,
                                            VM_CPU_CORES, VM_RAM_TOTAL, VM_CPU_HOST_USED};
    static const struct {
        enum profiler_metric metric;
        enum host_column column;
    } host[] = {
        {PROFILER_NET, HOST_NET_HOST_SPEED},
        {PROFILER_PSI_CPU, HOST_PSI_SOME_CPU_TOTAL},
        {PROFILER_PSI_IO, HOST_PSI_SOME_IO_TOTAL},
        {PROFILER_PSI_MEM, HOST_PSI_SOME_MEM_TOTAL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        selection_add(selection, SCOPE_VM, always[i]);
    selection_add(selection, SCOPE_HOST, HOST_CPU_CORES);
    selection_add(selection, SCOPE_HOST, HOST_HOST_NAME);
    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++) {
        for (unsigned i = 0; wanted & 1u << m && i < metrics_entries[m].cell_count; i++)
            selection_add(selection, SCOPE_VM, metrics_entries[m].cells[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(host); i++) {
        if (wanted & 1u << host[i].metric)
            selection_add(selection, SCOPE_HOST, host[i].column);
    }
}

/* The upper end of the range, where it is not 100 %. */
static double metrics_high(enum profiler_metric metric, const struct profiler_ranges *ranges)
{
    switch (metric) {
    case PROFILER_IO:
        return ranges->io_max > 0 ? ranges->io_max : METRICS_IO_MAX;
    case PROFILER_NET: /* NAN is not above 0 either */
        return METRICS_BYTES_PER_MBIT *
               (ranges->link_mbit > 0 ? ranges->link_mbit : METRICS_LINK_MBIT);
    case PROFILER_DISK_LAT:
        return METRICS_LATENCY_MAX_MS;
    default:
        return 100;
    }
}

/* By names: metrics may come to stand at other places of their table. */
unsigned profiler_ranges_mark(const struct profiler_ranges *ranges)
{
    double io_max = metrics_high(PROFILER_IO, ranges);
    struct buf all = {0};
    uint64_t hash;

    if (io_max != METRICS_IO_MAX)
        buf_printf(&all, "%.17g", io_max);
    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++) {
        /* Its scale is logarithmic anyway. */
        if (ranges->log_scale & 1u << m && m != PROFILER_DISK_LAT)
            buf_printf(&all, " %s", profiler_metric_name(m));
    }
    hash = all.len ? hash_bytes(all.data, all.len, 0) | 1 : 0;
    buf_done(&all);
    return (unsigned)(hash & UINT32_MAX);
}

void profiler_metric_spec(enum profiler_metric metric, const struct profiler_ranges *ranges,
                          struct channel_spec *ret)
{
    const struct metric_entry *entry = &metrics_entries[metric];
    bool percent = strcmp(entry->unit, "%") == 0;
    /* Waiting times spread over many magnitudes whatever the disk is. */
    bool log_scale = metric == PROFILER_DISK_LAT || ranges->log_scale & 1u << metric;

    *ret = (struct channel_spec){
        .role = entry->role,
        .scale = log_scale ? SCALE_LOG : SCALE_LINEAR,
        .lo = 0,
        .hi = metrics_high(metric, ranges),
        .percent = percent,
        .first = metric == PROFILER_DISK_LAT || percent ? METRICS_FIRST_SMALL : METRICS_FIRST_BYTES,
        .unit = entry->unit,
    };
    copy_text(ret->name, sizeof(ret->name), profiler_metric_name(metric));
}

void profiler_spec_by_name(const char *name, const struct profiler_ranges *ranges,
                           struct channel_spec *ret)
{
    enum profiler_metric metric;

    if (profiler_metric_by_name(name, &metric)) {
        profiler_metric_spec(metric, ranges, ret);
        return;
    }
    /* Not said to be a percentage: its values may lie anywhere, so its histogram grows. */
    *ret = (struct channel_spec){
        .role = ROLE_OTHER,
        .scale = SCALE_LINEAR,
        .lo = 0,
        .hi = 100,
        .first = METRICS_FIRST_SMALL,
        .unit = "",
    };
    copy_text(ret->name, sizeof(ret->name), name);
}
