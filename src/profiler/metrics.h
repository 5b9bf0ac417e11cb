/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which figures of a frame are profiled, and the ranges that they are put into. */
#ifndef PROXTOP_PROFILER_METRICS_H
#define PROXTOP_PROFILER_METRICS_H

#include "model/frame.h"
#include "model/selection.h"
#include "profile/channel.h"

/* In the order of the output. */
enum profiler_metric {
    PROFILER_CPU, /* used + waited for, % of a vCPU */
    PROFILER_IO,  /* bytes read + written by the QEMU process per second */
    PROFILER_NET, /* bytes received + transmitted per second */
    PROFILER_CPU_USED,
    PROFILER_CPU_STEAL,
    PROFILER_DISK,     /* % of the time that its device was busy for it */
    PROFILER_DISK_LAT, /* ms per request; 0 where no request was made */
    PROFILER_MEM,      /* % of its memory that is resident on the host */
    PROFILER_PSI_CPU,  /* % of the time in which some tasks stalled: in its cgroup, else the host's
                        */
    PROFILER_PSI_IO,
    PROFILER_PSI_MEM,
    PROFILER_METRIC__COUNT,
};

/* Metrics of these collectors (bits of 1 << enum collector; 0 = all), as bits of 1 << enum
 * profiler_metric. */
unsigned profiler_metrics_of(unsigned collectors);

const char *profiler_metric_name(enum profiler_metric metric);
/* What it is, for people; and whose metric it is. */
const char *profiler_metric_help(enum profiler_metric metric);
enum collector profiler_metric_collector(enum profiler_metric metric);
/* The metric of that name; false = there is none. */
bool profiler_metric_by_name(const char *name, enum profiler_metric *ret);

/* Adds what a frame has to hold for these metrics, and for what is told of VMs and the host. */
void profiler_metrics_select(unsigned wanted, struct selection *selection);

/* What the ranges depend on. */
struct profiler_ranges {
    double io_max; /* B/s */
    unsigned
        log_scale; /* bits of 1 << enum profiler_metric: those asked for on a logarithmic scale */
    double link_mbit; /* speed of the host's network; <= 0 or NAN = not known: 1000 */
};

/* A mark of what was asked for, which is not 0 if that is not the usual; whatever the link. */
unsigned profiler_ranges_mark(const struct profiler_ranges *ranges);

/* The channel of a metric; by name, of a column of a CSV file, which may be none of the above:
 * linear, 0..100 then. */
void profiler_metric_spec(enum profiler_metric metric, const struct profiler_ranges *ranges,
                          struct channel_spec *ret);
void profiler_spec_by_name(const char *name, const struct profiler_ranges *ranges,
                           struct channel_spec *ret);

/* Reads metrics of VM rows. What is missing, a first reading, a counter that fell: NAN. Keeps what
 * differences need (pressure totals), by VM row key. */
struct pickup;
struct pickup *pickup_new(unsigned wanted);
void pickup_free(struct pickup *pickup); /* NULL is allowed */
/* Begins a frame, which must stay until the next one begins. */
void pickup_begin(struct pickup *pickup, const struct frame *frame);
/* The values of the VM's row, by enum profiler_metric; of metrics that were not asked for NAN.
 * `state`: what pickup keeps of one VM, zeroed at first, the caller's. */
struct pickup_vm {
    int64_t pid; /* whom the totals are of */
    double start;
    bool had[3], own[3]; /* psi_*: there is a total, of the VM's cgroup */
    double total_us[3];
    struct mono at;
};
void pickup_read(struct pickup *pickup, size_t row, struct pickup_vm *state,
                 double values[PROFILER_METRIC__COUNT]);
/* Speed of the host's network in Mbit/s, NAN = not known; its CPUs. */
double pickup_link_mbit(const struct pickup *pickup);
double pickup_host_cores(const struct pickup *pickup);
/* What the VM takes of the host, in cores (used by all its threads, or by its vCPUs); NAN. */
double pickup_vm_cores(const struct pickup *pickup, size_t row);

#endif
