/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values of a VM's metrics, from the cells of a frame. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "profiler/metrics.h"

#define PICKUP_BYTES_PER_MB 1048576.0
#define PICKUP_US_PER_S     1e6

struct pickup {
    unsigned wanted; /* bits of 1 << enum profiler_metric */
    const struct frame *frame;
};

struct pickup *pickup_new(unsigned wanted)
{
    struct pickup *pickup = xcalloc(1, sizeof(*pickup));

    pickup->wanted = wanted;
    return pickup;
}

void pickup_free(struct pickup *pickup)
{
    free(pickup);
}

void pickup_begin(struct pickup *pickup, const struct frame *frame)
{
    pickup->frame = frame;
}

static double pickup_number(const struct pickup *pickup, enum scope scope, size_t row,
                            unsigned column)
{
    const struct frame_table *table = &pickup->frame->tables[scope];

    if (row >= table->rows || !frame_has_value(table, row, column))
        return NAN;
    return frame_value(table, row, column).number;
}

static double pickup_vm_number(const struct pickup *pickup, size_t row, enum vm_column column)
{
    return pickup_number(pickup, SCOPE_VM, row, column);
}

/* Resident memory, huge pages included, in % of what the guest has. Kernels that count no huge
 * pages of a process (before 4.4) do not tell their number: such a VM has what its RSS says. */
static double pickup_mem(const struct pickup *pickup, size_t row)
{
    double total = pickup_vm_number(pickup, row, VM_RAM_TOTAL);
    double resident = pickup_vm_number(pickup, row, VM_RAM_RSS);
    double huge = pickup_vm_number(pickup, row, VM_RAM_HUGETLB);

    if (!(total > 0))
        return NAN;
    return 100 * (resident + (isnan(huge) ? 0 : huge)) / total;
}

/* The mean time of a request. Where requests are counted and none completed nobody waited: that is
 * a latency of 0, and no gap in what is known. Sources that do not count flushes add none. */
static double pickup_latency(const struct pickup *pickup, size_t row)
{
    double latency = pickup_vm_number(pickup, row, VM_DISK_LAT_AVG);
    double reads = pickup_vm_number(pickup, row, VM_DISK_READS);
    double writes = pickup_vm_number(pickup, row, VM_DISK_WRITES);
    double flushes = pickup_vm_number(pickup, row, VM_DISK_STATS_FLUSHREQ);

    if (!isnan(latency))
        return latency;
    return reads <= 0 && writes <= 0 && !(flushes > 0) ? 0 : NAN;
}

/* Whether the row is of another process than the totals are. The start is calculated from the time
 * of the boot, which older kernels tell a second more or less at each reading. */
static bool pickup_is_other_process(const struct pickup_vm *state, int64_t pid, double start)
{
    if (pid != state->pid || isnan(start) != isnan(state->start))
        return true;
    return !isnan(start) && fabs(start - state->start) > 1.5;
}

/* Share of the time since the reading before in which tasks stalled, in %. */
static double pickup_pressure(const struct pickup *pickup, size_t row, unsigned i,
                              struct pickup_vm *state)
{
    static const struct {
        enum vm_column vm;
        enum host_column host;
    } totals[] = {
        {VM_PSI_SOME_CPU_TOTAL, HOST_PSI_SOME_CPU_TOTAL},
        {VM_PSI_SOME_IO_TOTAL, HOST_PSI_SOME_IO_TOTAL},
        {VM_PSI_SOME_MEM_TOTAL, HOST_PSI_SOME_MEM_TOTAL},
    };
    double total = pickup_vm_number(pickup, row, totals[i].vm), value = NAN, seconds;
    bool own = !isnan(total);

    if (!own)
        total = pickup_number(pickup, SCOPE_HOST, 0, totals[i].host);
    seconds = mono_seconds_between(state->at, pickup->frame->at);
    if (state->had[i] && state->own[i] == own && total >= state->total_us[i] && seconds > 0)
        value = (total - state->total_us[i]) / (seconds * PICKUP_US_PER_S) * 100;
    state->had[i] = !isnan(total);
    state->own[i] = own;
    state->total_us[i] = isnan(total) ? 0 : total;
    /* The files are read some moments after the frame's time: two readings may lie further apart
     * than two frames. */
    return value > 100 ? 100 : value;
}

static double pickup_value(const struct pickup *pickup, size_t row, enum profiler_metric metric)
{
    switch (metric) {
    case PROFILER_CPU:
        return pickup_vm_number(pickup, row, VM_CPU_TOTAL) +
               pickup_vm_number(pickup, row, VM_CPU_STEAL);
    case PROFILER_IO:
        return PICKUP_BYTES_PER_MB * (pickup_vm_number(pickup, row, VM_IO_MBRD_S) +
                                      pickup_vm_number(pickup, row, VM_IO_MBWR_S));
    case PROFILER_NET:
        return pickup_vm_number(pickup, row, VM_NET_RECEIVEDBYTES) +
               pickup_vm_number(pickup, row, VM_NET_TRANSMITTEDBYTES);
    case PROFILER_CPU_USED:
        return pickup_vm_number(pickup, row, VM_CPU_TOTAL);
    case PROFILER_CPU_STEAL:
        return pickup_vm_number(pickup, row, VM_CPU_STEAL);
    case PROFILER_DISK:
        return pickup_vm_number(pickup, row, VM_DISK_IOUTIL);
    case PROFILER_DISK_LAT:
        return pickup_latency(pickup, row);
    case PROFILER_MEM:
        return pickup_mem(pickup, row);
    default:
        return NAN;
    }
}

void pickup_read(struct pickup *pickup, size_t row, struct pickup_vm *state,
                 double values[PROFILER_METRIC__COUNT])
{
    double pid = pickup_vm_number(pickup, row, VM_PID);
    double start = pickup_vm_number(pickup, row, VM_START_TIME);

    if (pickup_is_other_process(state, isnan(pid) ? 0 : (int64_t)pid, start))
        memset(state->had, 0, sizeof(state->had));
    state->pid = isnan(pid) ? 0 : (int64_t)pid;
    state->start = start;
    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++) {
        values[m] = NAN;
        if (!(pickup->wanted & 1u << m))
            continue;
        values[m] = m >= PROFILER_PSI_CPU
                        ? pickup_pressure(pickup, row, m - PROFILER_PSI_CPU, state)
                        : pickup_value(pickup, row, m);
    }
    state->at = pickup->frame->at;
}

double pickup_link_mbit(const struct pickup *pickup)
{
    double speed = pickup_number(pickup, SCOPE_HOST, 0, HOST_NET_HOST_SPEED);

    return speed > 0 ? speed : NAN;
}

double pickup_host_cores(const struct pickup *pickup)
{
    return pickup_number(pickup, SCOPE_HOST, 0, HOST_CPU_CORES);
}

double pickup_vm_cores(const struct pickup *pickup, size_t row)
{
    double used = pickup_vm_number(pickup, row, VM_CPU_HOST_USED);

    if (!isnan(used))
        return used;
    return pickup_vm_number(pickup, row, VM_CPU_TOTAL) / 100 *
           pickup_vm_number(pickup, row, VM_CPU_CORES);
}
