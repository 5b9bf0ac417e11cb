/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The metric table (model/metric.def): keys, units, types and texts of every
 * metric. Everything that names a metric to a person or a machine loops over
 * it; code that fills one in uses its column number.
 */
#ifndef PROXTOP_MODEL_METRIC_H
#define PROXTOP_MODEL_METRIC_H

#include <stdbool.h>
#include <stddef.h>

/* What a row of a frame is about. */
enum scope {
    SCOPE_HOST,
    SCOPE_VM,
    SCOPE_VCPU,
    SCOPE_BLOCKDEV, /* block device of the host */
    SCOPE_VMDISK,
    SCOPE_NETDEV, /* network device of the host */
    SCOPE_VMNIC,
    SCOPE__COUNT,
};

enum collector {
    COLLECTOR_BASE, /* identity and state: always on */
    COLLECTOR_CPU,
    COLLECTOR_MEM,
    COLLECTOR_DISK,
    COLLECTOR_NET,
    COLLECTOR_IO,
    COLLECTOR_PRESSURE,
    COLLECTOR_HOST,
    COLLECTOR__COUNT,
};

enum metric_type { METRIC_TYPE_STR, METRIC_TYPE_INT, METRIC_TYPE_DEC };

enum metric_kind {
    METRIC_KIND_INFO,
    METRIC_KIND_GAUGE,
    METRIC_KIND_RATE,  /* value = rate, counter = what it is the rate of */
    METRIC_KIND_TOTAL, /* value = the cumulative figure itself */
};

struct metric {
    enum scope scope;
    unsigned column; /* number within its scope: enum host_column, vm_column, ... */
    enum collector collector;
    const char *key;
    const char *label; /* column title */
    const char *alias; /* key under --names=esxtop; "" = none */
    double alias_scale;
    const char *unit; /* "" = none; KB = 1024 bytes, MB = 2^20 bytes */
    enum metric_type type;
    unsigned digits; /* decimals of METRIC_TYPE_DEC */
    enum metric_kind kind;
    bool verbose; /* only with --verbose, or asked for by name */
    const char *source;
    const char *help;
    const char *prometheus; /* family, or "label NAME", or "" */
    const char *prometheus_type;
    double warn; /* thresholds of colour; NAN = none */
    double crit;
};

/* Column numbers, one enum per scope. */
#define METRIC_COLUMN(id, ...) id,
#define METRIC_SKIP(...)
enum host_column {
#define HOST     METRIC_COLUMN
#define VM       METRIC_SKIP
#define VCPU     METRIC_SKIP
#define BLOCKDEV METRIC_SKIP
#define VMDISK   METRIC_SKIP
#define NETDEV   METRIC_SKIP
#define VMNIC    METRIC_SKIP
#include "model/metric.def"
    HOST__COUNT
};
enum vm_column {
#define HOST     METRIC_SKIP
#define VM       METRIC_COLUMN
#define VCPU     METRIC_SKIP
#define BLOCKDEV METRIC_SKIP
#define VMDISK   METRIC_SKIP
#define NETDEV   METRIC_SKIP
#define VMNIC    METRIC_SKIP
#include "model/metric.def"
    VM__COUNT
};
enum vcpu_column {
#define HOST     METRIC_SKIP
#define VM       METRIC_SKIP
#define VCPU     METRIC_COLUMN
#define BLOCKDEV METRIC_SKIP
#define VMDISK   METRIC_SKIP
#define NETDEV   METRIC_SKIP
#define VMNIC    METRIC_SKIP
#include "model/metric.def"
    VCPU__COUNT
};
enum blockdev_column {
#define HOST     METRIC_SKIP
#define VM       METRIC_SKIP
#define VCPU     METRIC_SKIP
#define BLOCKDEV METRIC_COLUMN
#define VMDISK   METRIC_SKIP
#define NETDEV   METRIC_SKIP
#define VMNIC    METRIC_SKIP
#include "model/metric.def"
    BLOCKDEV__COUNT
};
enum vmdisk_column {
#define HOST     METRIC_SKIP
#define VM       METRIC_SKIP
#define VCPU     METRIC_SKIP
#define BLOCKDEV METRIC_SKIP
#define VMDISK   METRIC_COLUMN
#define NETDEV   METRIC_SKIP
#define VMNIC    METRIC_SKIP
#include "model/metric.def"
    VMDISK__COUNT
};
enum netdev_column {
#define HOST     METRIC_SKIP
#define VM       METRIC_SKIP
#define VCPU     METRIC_SKIP
#define BLOCKDEV METRIC_SKIP
#define VMDISK   METRIC_SKIP
#define NETDEV   METRIC_COLUMN
#define VMNIC    METRIC_SKIP
#include "model/metric.def"
    NETDEV__COUNT
};
enum vmnic_column {
#define HOST     METRIC_SKIP
#define VM       METRIC_SKIP
#define VCPU     METRIC_SKIP
#define BLOCKDEV METRIC_SKIP
#define VMDISK   METRIC_SKIP
#define NETDEV   METRIC_SKIP
#define VMNIC    METRIC_COLUMN
#include "model/metric.def"
    VMNIC__COUNT
};
#undef METRIC_COLUMN
#undef METRIC_SKIP

/* The largest number of columns of a scope. */
#define METRIC_COLUMNS_MAX 128

/* The whole table, in the order of the .def file. */
extern const struct metric metrics[];
extern const size_t metrics_count;

/* The metric of a column. column < scope_columns(scope). */
const struct metric *metric_at(enum scope scope, unsigned column);
unsigned scope_columns(enum scope scope);

/* Whether rows of the scope are parts of a VM: vCPUs, its disks, its NICs. */
bool scope_is_part_of_vm(enum scope scope);

/* Names as the command line writes them: "vm", "vmdisk"; "cpu", "mem". */
const char *scope_name(enum scope scope);
bool scope_by_name(const char *name, enum scope *ret);
const char *collector_name(enum collector collector);
bool collector_by_name(const char *name, enum collector *ret);

#endif
