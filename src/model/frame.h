/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame: what one cycle means. One table per scope, a row per thing, a cell
 * per metric of the scope (its column number). A cell has two planes: value
 * (what is shown, in the metric's unit) and counter (what a rate is the rate
 * of, since the kernel or the hypervisor began to count), each with its own
 * valid bit. Counters are in base units whatever the metric's unit is: every
 * time in ns, every amount in bytes, all else as it is counted (requests,
 * packets, sectors, faults). They begin anew after 2^64, which in ns is 584
 * years of one CPU, or 14 months of 512. A published frame never changes and
 * refers to nothing that could change; whoever holds it holds a reference.
 */
#ifndef PROXTOP_MODEL_FRAME_H
#define PROXTOP_MODEL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "model/inventory.h"
#include "model/metric.h"

union cell {
    double number;
    const char *text; /* METRIC_TYPE_STR; belongs to the frame */
};

/* Remarks on a row that JSON tells beside the cells. */
enum row_note {
    ROW_RAM_USED_FROM_RSS = 1 << 0, /* ram_used is an estimate from outside */
    ROW_DISK_PARTIAL = 1 << 1,      /* a disk is not in the totals: they are lower bounds */
    ROW_NET_PARTIAL = 1 << 2,       /* likewise a NIC */
};

/* What is told of a row and is no metric; NULL = none, or not known. Texts belong
 * to the frame, are as hostile as those of the inventory, and may be empty. Each
 * table fills in its own part; the rest is NULL and false. */
struct row_labels {
    /* Of VMs, as in struct vm_info. */
    const char *key;
    const char *tags;
    const char *lock;
    const char *hostdevs;
    bool is_template;
    double cpu_limit; /* host CPUs that its cgroup allows it; 0 = no limit, or not known */
    /* Of a VM's disks, the first two as in struct vm_disk. */
    const char *backend;
    const char *source;
    /* Of the host, that holds the image, by the name that its own table shows;
     * known where host devices are collected or disks' shares of them. */
    const char *device;
    /* Of a VM's NICs, as in struct vm_nic. */
    const char *mac;
    const char *bridge;
};

/* The threads of a VM that are of one class. */
struct thread_use {
    unsigned threads;
    bool valid;     /* of all of them both figures are known */
    double used;    /* % of one host CPU, summed */
    double waiting; /* likewise, for a host CPU */
};

struct frame_table {
    enum scope scope;
    unsigned columns;
    size_t rows;
    size_t capacity;
    union cell *values;        /* rows * columns */
    uint64_t *counters;        /* likewise */
    uint8_t *valid;            /* likewise: CELL_VALUE | CELL_COUNTER | CELL_TOLD */
    uint32_t *parents;         /* per row: the VM row it belongs to (vcpu, vmdisk, vmnic) */
    uint32_t *notes;           /* per row: enum row_note bits */
    struct row_labels *labels; /* per row; NULL in tables that have none */
    /* Per row of the VMs' table, by enum thread_class; NULL unless the selection wants them. */
    struct thread_use (*threads)[THREAD_CLASS__COUNT];
    struct thread_use (*threads_kept)[THREAD_CLASS__COUNT]; /* their memory, wanted or not */
    size_t threads_capacity;
};

#define CELL_VALUE   1u
#define CELL_COUNTER 2u
/* The cell is what the VM's source (libvirt, QMP) told last: not from the
 * host's kernel, and as old as VM_STALE says. */
#define CELL_TOLD 4u

/* What the program tells of itself and of the source of its VMs. */
struct frame_agent {
    const char *source;      /* name of the connector, static; NULL = nothing of this is known */
    bool source_up;          /* it answers */
    double cycle_seconds;    /* wall time that collecting and deriving took */
    uint64_t cpu_ns;         /* of the process, all its threads */
    uint64_t resident_bytes; /* likewise; 0 = not known */
    uint64_t late_cycles;    /* so far: too late to be kept, or fetched by nobody */
};

struct frame {
    unsigned references; /* atomic; see frame_ref() */
    struct frame_pool *pool;
    struct timespec wall; /* when the cycle was read */
    struct mono at;
    double interval; /* measured seconds since the cycle before */
    char host_name[256];
    char host_uuid[64];
    struct inventory *inventory; /* owner of most texts; may be NULL */
    struct frame_text *texts;    /* of the others; see frame_keep_text() */
    struct frame_text *text;     /* of them the one that is being filled */
    struct frame_agent agent;
    struct frame_table tables[SCOPE__COUNT];
};

static inline size_t frame_cell_index(const struct frame_table *table, size_t row, unsigned column)
{
    return row * table->columns + column;
}

static inline bool frame_has_value(const struct frame_table *table, size_t row, unsigned column)
{
    return table->valid[frame_cell_index(table, row, column)] & CELL_VALUE;
}

static inline union cell frame_value(const struct frame_table *table, size_t row, unsigned column)
{
    return table->values[frame_cell_index(table, row, column)];
}

/* For those who fill a frame. CELL_TOLD belongs to a cell that is valid. */
static inline void frame_mark_told(struct frame_table *table, size_t row, unsigned column)
{
    uint8_t *valid = &table->valid[frame_cell_index(table, row, column)];

    if (*valid)
        *valid |= CELL_TOLD;
}

/* A number that is not finite stays invalid. */
void frame_set_number(struct frame_table *table, size_t row, unsigned column, double number);
void frame_set_text(struct frame_table *table, size_t row, unsigned column, const char *text);
void frame_set_counter(struct frame_table *table, size_t row, unsigned column, uint64_t counter);

/* Gives the VMs' table room for the threads of so many rows, all of them none and valid. */
void frame_want_threads(struct frame *frame, size_t rows);

/* A copy of the text that lives as long as the frame, for texts that nothing
 * else holds. Cheap: memory of earlier frames is used again. */
const char *frame_keep_text(struct frame *frame, const char *text);

/* Whether rows of the scope have labels: VMs, their disks and their NICs. */
bool frame_scope_has_labels(enum scope scope);

/* Adds a row of invalid cells, without labels, and returns its number. */
size_t frame_add_row(struct frame_table *table, uint32_t parent);

/* Frames are recycled: the memory of one that nobody holds any more serves the
 * next cycle, so that a steady state allocates nothing. Safe from every thread. */
struct frame_pool *frame_pool_new(void);
/* Drops the owner's hold; the memory goes when the last frame comes back. */
void frame_pool_free(struct frame_pool *pool);

/* An empty frame with one reference, one host row and no other. */
struct frame *frame_new(struct frame_pool *pool);
struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame); /* NULL is allowed */

#endif
