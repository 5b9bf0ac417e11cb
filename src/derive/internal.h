/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside derive/: what is remembered between samples, and the parts that fill rows. */
#ifndef PROXTOP_DERIVE_INTERNAL_H
#define PROXTOP_DERIVE_INTERNAL_H

#include "derive/derive.h"
#include "derive/rules.h"

/* One of a changing set: a thread, a cgroup. */
struct member_state {
    uint64_t id;
    bool newborn;               /* it was not there at the cycle before */
    struct counter counters[2]; /* a thread's run and wait; a cgroup's throttled time */
};

/* The members, in the order of the sample's. */
struct member_list {
    uint64_t listing; /* of the sample that the order comes from; 0 = none */
    struct member_state *states;
    size_t count, capacity;
};

struct vm_state_kept {
    uint64_t birth; /* of the vm_sample it belongs to; 0 = unused */
    struct mono at; /* of the sample before */
    struct counter counters[VM__COUNT];

    struct member_list threads, throttles;
    struct sum vcpu_run, vcpu_wait, other_run, other_wait, throttled;
};

struct derive {
    struct frame_pool *pool;
    struct mono at; /* of the sample before; ns 0 = none */
    struct counter host[HOST__COUNT];
    uint64_t host_ticks[HOST__COUNT]; /* counters of CPU time; idle and iowait never fall */
    struct vm_state_kept *vms;        /* by vm_sample.slot */
    size_t vm_capacity;
    struct member_state *scratch; /* for members that move when a listing changes */
    size_t scratch_capacity;
    double ticks_per_second;
    double page_kb;
};

/* derive/host.c: the host row. */
void derive_host(struct derive *derive, const struct sample *sample, struct frame *frame);

/* derive/cpu.c: the CPU cells of a VM and the rows of its vCPUs. */
void derive_vm_cpu(struct derive *derive, struct vm_state_kept *state, const struct vm_sample *vm,
                   struct frame *frame, size_t row);
void derive_cpu_reset(struct vm_state_kept *state);

/* derive/vm.c: every other cell of a VM. */
void derive_vm(struct derive *derive, struct vm_state_kept *state, const struct sample *sample,
               const struct vm_sample *vm, struct frame *frame, size_t row);

/* A rate cell: the reading stepped and scaled, and its counter. */
void derive_rate(struct frame_table *table, size_t row, unsigned column, struct counter *counter,
                 struct raw reading, double scale);
/* The same of a source that is slower than the cycle; one that fell silent has
 * neither. */
void derive_slow_rate(struct frame_table *table, size_t row, unsigned column,
                      struct counter *counter, struct raw reading, double scale, bool silent);

static inline void derive_gauge(struct frame_table *table, size_t row, unsigned column,
                                struct raw reading, double scale)
{
    if (raw_valid(reading))
        frame_set_number(table, row, column, (double)reading.value * scale);
}

#endif
