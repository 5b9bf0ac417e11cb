/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metric table as data, and its names. */
#include "model/metric.h"

#include <math.h>
#include <string.h>

#include "base/util.h"

#define METRIC_ROW(row_scope, row_column, row_collector, row_key, row_label, row_alias,            \
                   row_alias_scale, row_unit, row_type, row_digits, row_kind, row_verbose,         \
                   row_source, row_help, row_prometheus, row_prometheus_type, row_warn, row_crit)  \
    {                                                                                              \
        .scope = row_scope,                                                                        \
        .column = row_column,                                                                      \
        .collector = COLLECTOR_##row_collector,                                                    \
        .key = row_key,                                                                            \
        .label = row_label,                                                                        \
        .alias = row_alias,                                                                        \
        .alias_scale = row_alias_scale,                                                            \
        .unit = row_unit,                                                                          \
        .type = METRIC_TYPE_##row_type,                                                            \
        .digits = row_digits,                                                                      \
        .kind = METRIC_KIND_##row_kind,                                                            \
        .verbose = row_verbose,                                                                    \
        .source = row_source,                                                                      \
        .help = row_help,                                                                          \
        .prometheus = row_prometheus,                                                              \
        .prometheus_type = row_prometheus_type,                                                    \
        .warn = row_warn,                                                                          \
        .crit = row_crit,                                                                          \
    },

const struct metric metrics[] = {
#define HOST(...)     METRIC_ROW(SCOPE_HOST, __VA_ARGS__)
#define VM(...)       METRIC_ROW(SCOPE_VM, __VA_ARGS__)
#define VCPU(...)     METRIC_ROW(SCOPE_VCPU, __VA_ARGS__)
#define BLOCKDEV(...) METRIC_ROW(SCOPE_BLOCKDEV, __VA_ARGS__)
#define VMDISK(...)   METRIC_ROW(SCOPE_VMDISK, __VA_ARGS__)
#define NETDEV(...)   METRIC_ROW(SCOPE_NETDEV, __VA_ARGS__)
#define VMNIC(...)    METRIC_ROW(SCOPE_VMNIC, __VA_ARGS__)
#include "model/metric.def"
};

#define METRICS_COUNT ARRAY_SIZE(metrics)
const size_t metrics_count = METRICS_COUNT;

/* Index into metrics[] by scope and column, in the .def file's order. */
enum {
#define METRIC_INDEX(id, ...) INDEX_##id,
#define HOST                  METRIC_INDEX
#define VM                    METRIC_INDEX
#define VCPU                  METRIC_INDEX
#define BLOCKDEV              METRIC_INDEX
#define VMDISK                METRIC_INDEX
#define NETDEV                METRIC_INDEX
#define VMNIC                 METRIC_INDEX
#include "model/metric.def"
};

static const unsigned short metric_index[SCOPE__COUNT][METRIC_COLUMNS_MAX] = {
#define METRIC_PLACE(scope, id) [scope][id] = INDEX_##id,
#define HOST(id, ...)           METRIC_PLACE(SCOPE_HOST, id)
#define VM(id, ...)             METRIC_PLACE(SCOPE_VM, id)
#define VCPU(id, ...)           METRIC_PLACE(SCOPE_VCPU, id)
#define BLOCKDEV(id, ...)       METRIC_PLACE(SCOPE_BLOCKDEV, id)
#define VMDISK(id, ...)         METRIC_PLACE(SCOPE_VMDISK, id)
#define NETDEV(id, ...)         METRIC_PLACE(SCOPE_NETDEV, id)
#define VMNIC(id, ...)          METRIC_PLACE(SCOPE_VMNIC, id)
#include "model/metric.def"
};

static const struct {
    const char *name;
    unsigned columns;
} scopes[SCOPE__COUNT] = {
    [SCOPE_HOST] = {"host", HOST__COUNT},       [SCOPE_VM] = {"vm", VM__COUNT},
    [SCOPE_VCPU] = {"vcpu", VCPU__COUNT},       [SCOPE_BLOCKDEV] = {"blockdev", BLOCKDEV__COUNT},
    [SCOPE_VMDISK] = {"vmdisk", VMDISK__COUNT}, [SCOPE_NETDEV] = {"netdev", NETDEV__COUNT},
    [SCOPE_VMNIC] = {"vmnic", VMNIC__COUNT},
};
_Static_assert(HOST__COUNT <= METRIC_COLUMNS_MAX && VM__COUNT <= METRIC_COLUMNS_MAX,
               "METRIC_COLUMNS_MAX is too small");

static const char *const collectors[COLLECTOR__COUNT] = {
    [COLLECTOR_BASE] = "base",         [COLLECTOR_CPU] = "cpu",   [COLLECTOR_MEM] = "mem",
    [COLLECTOR_DISK] = "disk",         [COLLECTOR_NET] = "net",   [COLLECTOR_IO] = "io",
    [COLLECTOR_PRESSURE] = "pressure", [COLLECTOR_HOST] = "host",
};

const struct metric *metric_at(enum scope scope, unsigned column)
{
    return &metrics[metric_index[scope][column]];
}

unsigned scope_columns(enum scope scope)
{
    return scopes[scope].columns;
}

bool scope_is_part_of_vm(enum scope scope)
{
    return scope == SCOPE_VCPU || scope == SCOPE_VMDISK || scope == SCOPE_VMNIC;
}

const char *scope_name(enum scope scope)
{
    return scopes[scope].name;
}

bool scope_by_name(const char *name, enum scope *ret)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (strcmp(scopes[s].name, name) == 0) {
            *ret = (enum scope)s;
            return true;
        }
    }
    return false;
}

const char *collector_name(enum collector collector)
{
    return collectors[collector];
}

bool collector_by_name(const char *name, enum collector *ret)
{
    for (unsigned c = 0; c < COLLECTOR__COUNT; c++) {
        if (strcmp(collectors[c], name) == 0) {
            *ret = (enum collector)c;
            return true;
        }
    }
    return false;
}
