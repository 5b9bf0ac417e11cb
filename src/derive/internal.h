/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside derive/: what is remembered between samples, and the parts that fill rows. */
#ifndef PROXTOP_DERIVE_INTERNAL_H
#define PROXTOP_DERIVE_INTERNAL_H

#include "derive/derive.h"
#include "derive/members.h"
#include "derive/rules.h"

#define BYTES_PER_MB 1048576.0

/* One of a changing set: a thread, a cgroup. */
struct member_state {
    uint64_t id;
    bool newborn;               /* it was not there at the cycle before */
    struct counter counters[2]; /* a thread's run and wait; a cgroup's throttled time */
};

/* The members, in the order of the sample's. */
struct member_list {
    uint64_t listing;       /* of the sample that the order comes from; 0 = none */
    struct members members; /* struct member_state */
};

/* Counters of a virtual disk, and of all of a VM's. */
enum disk_counter {
    DISK_READS,
    DISK_WRITES,
    DISK_FLUSHES,
    DISK_READ_BYTES,
    DISK_WRITTEN_BYTES,
    DISK_READ_NS,
    DISK_WRITE_NS,
    DISK_FLUSH_NS,
    DISK_ERRORS,
    DISK_COUNTER__COUNT,
};

struct vm_state_kept {
    uint64_t birth; /* of the vm_sample it belongs to; 0 = unused */
    struct mono at; /* of the sample before */
    struct counter counters[VM__COUNT];

    struct member_list threads, throttles;
    struct sum vcpu_run, vcpu_wait, other_run, other_wait, throttled;

    struct members disks, nics;
    struct sum disk_sums[DISK_COUNTER__COUNT];
    struct sum nic_sums[NET_DEV__COUNT];
    bool disks_seen, nics_seen; /* something of them was read */
};

/* A block device of the host. */
struct blockdev_state {
    uint64_t birth; /* of the blockdev_sample it belongs to; 0 = unused */
    struct counter counters[DISKSTAT__COUNT];
    struct sum sums[DISKSTAT__COUNT]; /* do not wrap as the kernel's times do */
    uint64_t breaks;                  /* steps that were not valid: what was between is unknown */
    struct mono at;                   /* of its newest reading */
};

/* A network device of the host. */
struct netdev_state {
    uint64_t birth;
    struct counter counters[NET_DEV__COUNT];
};

struct derive {
    struct frame_pool *pool;
    struct mono at; /* of the sample before; ns 0 = none */
    struct counter host[HOST__COUNT];
    uint64_t host_ticks[HOST__COUNT]; /* of CPU time; idle and iowait never fall */
    struct vm_state_kept *vms;        /* by vm_sample.slot */
    size_t vm_capacity;

    struct blockdev_state *blockdevs; /* by blockdev_sample.slot */
    struct netdev_state *netdevs;     /* by netdev_sample.slot */
    size_t blockdev_capacity, netdev_capacity;
    struct sum blockdev_sums[DISKSTAT__COUNT]; /* over the considered devices */
    struct sum netdev_sums[NET_DEV__COUNT];
    bool blockdevs_seen, netdevs_seen;

    bool rows[SCOPE__COUNT]; /* rows of that table are wanted */
    bool thread_classes;     /* likewise */
    bool disks, nics;        /* of the VMs are wanted, as rows or in their own */
    uint64_t ticks_per_second;
    double page_kb;
};

/* A VM on its way into the frame. */
struct vm_work {
    struct derive *derive;
    struct vm_state_kept *state;
    const struct vm_sample *vm;
    bool silent; /* its source does not answer */
    struct frame *frame;
    size_t row;
};

/* derive/host.c: the host row. */
void derive_host(struct derive *derive, const struct sample *sample, struct frame *frame);

/* derive/blockdev.c: the host's block devices, and their sum on the host row. */
void derive_blockdevs(struct derive *derive, const struct sample *sample, struct frame *frame);

/* derive/netdev.c: the same of network devices. */
void derive_netdevs(struct derive *derive, const struct sample *sample, struct frame *frame);

/* derive/cpu.c: the CPU cells of a VM and the rows of its vCPUs. */
void derive_vm_cpu(const struct vm_work *work);
void derive_cpu_reset(struct vm_state_kept *state);

/* derive/vm_disk.c: the disks of a VM, and their sum; after derive_blockdevs(). */
void derive_vm_disks(const struct vm_work *work);

/* derive/vm_nic.c: the same of NICs. */
void derive_vm_nics(const struct vm_work *work);

/* derive/vm.c: every other cell of a VM. */
void derive_vm(const struct vm_work *work, const struct sample *sample);

/* Whether the VM has a source and that does not answer. */
bool derive_vm_is_silent(const struct sample *sample, const struct vm_info *info);

/* From the unit of a reading to those of its cell: of the rate that is shown,
 * and of the counter (ns, bytes, or a count: see frame.h). */
struct derive_unit {
    double scale;
    uint64_t base;
};
#define DERIVE_COUNT ((struct derive_unit){1, 1})

/* A rate cell of a step, and the counter of its reading. */
void derive_step(struct frame_table *table, size_t row, unsigned column, struct step step,
                 struct raw reading, struct derive_unit unit);
/* A rate cell: the reading stepped and scaled, and its counter. */
void derive_rate(struct frame_table *table, size_t row, unsigned column, struct counter *counter,
                 struct raw reading, struct derive_unit unit);
/* The same of a source that is slower than the cycle; one that fell silent has
 * no rate, and the counter that it told last. */
void derive_slow_rate(struct frame_table *table, size_t row, unsigned column,
                      struct counter *counter, struct raw reading, struct derive_unit unit,
                      bool silent);

/* A time in clock ticks, in ns. */
uint64_t derive_ticks_ns(const struct derive *derive, uint64_t ticks);

static inline void derive_gauge(struct frame_table *table, size_t row, unsigned column,
                                struct raw reading, double scale)
{
    if (raw_valid(reading))
        frame_set_number(table, row, column, (double)reading.value * scale);
}

/* The same of what the VM's source tells. */
static inline void derive_told_gauge(struct frame_table *table, size_t row, unsigned column,
                                     struct raw reading)
{
    derive_gauge(table, row, column, reading, 1);
    frame_mark_told(table, row, column);
}

#endif
