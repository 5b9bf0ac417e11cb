/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which metrics are wanted, in which order: what printers show, and what
 * collectors need to read.
 */
#ifndef PROXTOP_MODEL_SELECTION_H
#define PROXTOP_MODEL_SELECTION_H

#include "model/metric.h"

struct column_list {
    unsigned short columns[METRIC_COLUMNS_MAX];
    unsigned count;
};

struct selection {
    struct column_list scopes[SCOPE__COUNT];
    bool wanted[SCOPE__COUNT][METRIC_COLUMNS_MAX];
    bool thread_classes; /* see struct thread_use */
};

/* Every metric of the collectors (a set of 1 << enum collector bits; base is
 * always in) in table order; verbose ones only if asked for. */
void selection_by_collectors(struct selection *selection, unsigned collectors, bool verbose);

/* Every metric of the collectors that has a Prometheus family, and those that the
 * Prometheus printer makes families of its own of. */
void selection_by_families(struct selection *selection, unsigned collectors);

/* The metrics of a comma-separated list "KEY,scope.KEY,...": KEY stands for
 * every scope that has it. Order is kept, repetitions count once. Only metrics
 * of `available` collectors are known. On failure -EINVAL, and the offending
 * element stands in ret_bad[size]. */
int selection_by_fields(struct selection *selection, const char *fields, unsigned available,
                        char *ret_bad, size_t size);

/* Drops the tables of devices that are not printed: all but that of `only`
 * (SCOPE__COUNT = none) unless `devices`. */
void selection_limit_devices(struct selection *selection, bool devices, enum scope only);

/* Drops one table. */
void selection_drop_scope(struct selection *selection, enum scope scope);

/* Adds one metric; no-op if it is wanted already. */
void selection_add(struct selection *selection, enum scope scope, unsigned column);

/* Adds to `into` what `from` wants beside it. */
void selection_merge(struct selection *into, const struct selection *from);

/* Whether any of the scope's columns first..last is wanted. */
bool selection_wants_between(const struct selection *selection, enum scope scope, unsigned first,
                             unsigned last);
/* Whether the VMs' disks, NICs need to be known. */
bool selection_wants_disks(const struct selection *selection);
bool selection_wants_nics(const struct selection *selection);

#endif
