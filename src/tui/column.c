/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns: finding them, and what they need. */
#include "tui/column.h"

#include <strings.h>

#include "base/util.h"
#include "tui/column_internal.h"

size_t column_count(const struct column_table *table, enum column_family family)
{
    return table->counts[family];
}

const struct column *column_at(const struct column_table *table, enum column_family family,
                               size_t number)
{
    return &table->columns[family][number];
}

const struct column *column_of(const struct column_table *table, enum column_family family,
                               struct column_ref ref)
{
    short number = ref.kind == COLUMN_METRIC ? table->by_metric[family][ref.metric]
                                             : table->by_kind[family][ref.kind];

    return number < 0 ? NULL : &table->columns[family][number];
}

const struct column *column_find(const struct column_table *table, enum column_family family,
                                 const char *name)
{
    const struct column *columns = table->columns[family];

    for (size_t i = 0; i < table->counts[family]; i++) {
        if (strcasecmp(columns[i].key, name) == 0)
            return &columns[i];
    }
    for (size_t i = 0; i < table->counts[family]; i++) {
        if (strcasecmp(columns[i].title, name) == 0)
            return &columns[i];
    }
    return NULL;
}

/* What a column needs besides its own metrics: a row per metric. */
struct column_need {
    short kind;   /* enum column_kind; for COLUMN_METRIC: */
    short metric; /* of the family's main scope */
    enum scope scope;
    short needed;
};

/* clang-format off */
static const struct column_need column_needs[] = {
    {COLUMN_ID, 0, SCOPE_VM, VM_VMID},
    {COLUMN_ID, 0, SCOPE_VM, VM_UUID},
    {COLUMN_ID, 0, SCOPE_VM, VM_PID},

    {COLUMN_WHY, 0, SCOPE_VM, VM_STATE},
    {COLUMN_WHY, 0, SCOPE_VM, VM_STALE},
    {COLUMN_WHY, 0, SCOPE_VM, VM_RAM_SWAPIN},
    {COLUMN_WHY, 0, SCOPE_VM, VM_RAM_SWAPOUT},
    {COLUMN_WHY, 0, SCOPE_VM, VM_RAM_HOSTSWAP},
    {COLUMN_WHY, 0, SCOPE_VM, VM_CPU_STEAL_MAX},
    {COLUMN_WHY, 0, SCOPE_VM, VM_CPU_THROTTLED},
    {COLUMN_WHY, 0, SCOPE_VM, VM_DISK_ERRORS},
    {COLUMN_WHY, 0, SCOPE_VM, VM_NET_RECEIVEDERRS},
    {COLUMN_WHY, 0, SCOPE_VM, VM_NET_RECEIVEDDROP},
    {COLUMN_WHY, 0, SCOPE_VM, VM_NET_TRANSMITTEDERRS},
    {COLUMN_WHY, 0, SCOPE_VM, VM_NET_TRANSMITTEDDROP},
    /* and what COLUMN_LATENCY needs: see column_add_needs() */

    {COLUMN_LATENCY, 0, SCOPE_VM, VM_DISK_READS},
    {COLUMN_LATENCY, 0, SCOPE_VM, VM_DISK_WRITES},
    {COLUMN_LATENCY, 0, SCOPE_VM, VM_DISK_STATS_FLUSHREQ},
    {COLUMN_LATENCY, 0, SCOPE_VM, VM_DISK_LAT_AVG},
    {COLUMN_LATENCY, 0, SCOPE_VMDISK, VMDISK_DISK_READS},
    {COLUMN_LATENCY, 0, SCOPE_VMDISK, VMDISK_DISK_WRITES},
    {COLUMN_LATENCY, 0, SCOPE_VMDISK, VMDISK_DISK_STATS_FLUSHREQ},
    {COLUMN_LATENCY, 0, SCOPE_VMDISK, VMDISK_DISK_LAT_AVG},

    {COLUMN_IOPS, 0, SCOPE_VM, VM_DISK_READS},
    {COLUMN_IOPS, 0, SCOPE_VM, VM_DISK_WRITES},
    {COLUMN_IOPS, 0, SCOPE_VMDISK, VMDISK_DISK_READS},
    {COLUMN_IOPS, 0, SCOPE_VMDISK, VMDISK_DISK_WRITES},
    {COLUMN_IOPS, 0, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS},
    {COLUMN_IOPS, 0, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_WRITES},

    {COLUMN_THROUGHPUT, 0, SCOPE_VM, VM_DISK_MBREAD},
    {COLUMN_THROUGHPUT, 0, SCOPE_VM, VM_DISK_MBWRITE},
    {COLUMN_THROUGHPUT, 0, SCOPE_VMDISK, VMDISK_DISK_MBREAD},
    {COLUMN_THROUGHPUT, 0, SCOPE_VMDISK, VMDISK_DISK_MBWRITE},
    {COLUMN_THROUGHPUT, 0, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_MBREAD},
    {COLUMN_THROUGHPUT, 0, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_MBWRITE},

    {COLUMN_TRAFFIC, 0, SCOPE_VM, VM_NET_RECEIVEDBYTES},
    {COLUMN_TRAFFIC, 0, SCOPE_VM, VM_NET_TRANSMITTEDBYTES},
    {COLUMN_TRAFFIC, 0, SCOPE_VMNIC, VMNIC_NET_RECEIVEDBYTES},
    {COLUMN_TRAFFIC, 0, SCOPE_VMNIC, VMNIC_NET_TRANSMITTEDBYTES},
    {COLUMN_TRAFFIC, 0, SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDBYTES},
    {COLUMN_TRAFFIC, 0, SCOPE_NETDEV, NETDEV_NET_HOST_TRANSMITTEDBYTES},

    {COLUMN_HISTORY, 0, SCOPE_VM, VM_CPU_TOTAL},

    {COLUMN_IO_THROUGHPUT, 0, SCOPE_VM, VM_IO_MBRD_S},
    {COLUMN_IO_THROUGHPUT, 0, SCOPE_VM, VM_IO_MBWR_S},

    /* What the colour is judged by. */
    {COLUMN_METRIC, VM_CPU_STEAL, SCOPE_VM, VM_CPU_THROTTLED},
    {COLUMN_METRIC, VM_CPU_STEAL_MAX, SCOPE_VM, VM_CPU_THROTTLED},
    {COLUMN_METRIC, VM_DISK_LAT_RD, SCOPE_VM, VM_DISK_READS},
    {COLUMN_METRIC, VM_DISK_LAT_RD, SCOPE_VMDISK, VMDISK_DISK_READS},
    {COLUMN_METRIC, VM_DISK_LAT_WR, SCOPE_VM, VM_DISK_WRITES},
    {COLUMN_METRIC, VM_DISK_LAT_WR, SCOPE_VMDISK, VMDISK_DISK_WRITES},
    {COLUMN_METRIC, VM_DISK_LAT_FL, SCOPE_VM, VM_DISK_STATS_FLUSHREQ},
    {COLUMN_METRIC, VM_DISK_LAT_FL, SCOPE_VMDISK, VMDISK_DISK_STATS_FLUSHREQ},
    {COLUMN_METRIC, VM_DISK_LAT_AVG, SCOPE_VM, VM_DISK_READS},
    {COLUMN_METRIC, VM_DISK_LAT_AVG, SCOPE_VM, VM_DISK_WRITES},
    {COLUMN_METRIC, VM_DISK_LAT_AVG, SCOPE_VM, VM_DISK_STATS_FLUSHREQ},
    {COLUMN_METRIC, VM_DISK_LAT_AVG, SCOPE_VMDISK, VMDISK_DISK_READS},
    {COLUMN_METRIC, VM_DISK_LAT_AVG, SCOPE_VMDISK, VMDISK_DISK_WRITES},
    {COLUMN_METRIC, VM_DISK_LAT_AVG, SCOPE_VMDISK, VMDISK_DISK_STATS_FLUSHREQ},
    {COLUMN_METRIC, BLOCKDEV_DISK_DEVICE_AWAIT, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_READS},
    {COLUMN_METRIC, BLOCKDEV_DISK_DEVICE_AWAIT, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_WRITES},
};
/* clang-format on */

static enum column_family column_family_of(enum scope scope)
{
    if (scope == SCOPE_NETDEV)
        return FAMILY_NETDEV;
    return scope == SCOPE_BLOCKDEV ? FAMILY_BLOCKDEV : FAMILY_VM;
}

static void column_add_needs_of(const struct column *column, enum column_kind kind,
                                struct selection *needs)
{
    short metric = column->metrics[column_main_scope(column->family)];

    for (size_t i = 0; i < ARRAY_SIZE(column_needs); i++) {
        const struct column_need *need = &column_needs[i];

        if (need->kind == (short)kind && column_family_of(need->scope) == column->family &&
            (kind != COLUMN_METRIC || need->metric == metric))
            selection_add(needs, need->scope, (unsigned)need->needed);
    }
}

void column_add_needs(const struct column *column, struct selection *needs)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (column->metrics[s] >= 0)
            selection_add(needs, (enum scope)s, (unsigned)column->metrics[s]);
    }
    column_add_needs_of(column, column->kind, needs);
    if (column->kind == COLUMN_WHY)
        column_add_needs_of(column, COLUMN_LATENCY, needs);
}
