/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a frame means for each of its VMs beyond the cells: sums and the worst of
 * its disks, whether it suffers and from what (WHY), and which rows of other
 * tables are its own.
 */
#ifndef PROXTOP_TUI_FACTS_H
#define PROXTOP_TUI_FACTS_H

#include "model/frame.h"
#include "tui/thresholds.h"

/* What a VM suffers from; of several the worst one, and of equally bad ones the first. */
enum why {
    WHY_NONE,
    WHY_STUCK, /* its source (QMP, libvirt) does not answer */
    WHY_IOERR, /* stopped by an I/O error, or requests of its disks fail */
    WHY_CRASH,
    WHY_SWAP, /* the guest swaps, or the host swapped it out */
    WHY_RDY,  /* a vCPU waits for a host CPU; judged without %LIM */
    WHY_LIM,  /* its CPU limit holds it back */
    WHY_LAT,  /* a disk answers slowly */
    WHY_DROP, /* packets are dropped, or faulty */
    WHY__COUNT,
};

/* "RDY", ...; "" for WHY_NONE. */
const char *why_word(enum why why);

/* Rows of another table that belong to a VM: they stand together. */
struct row_range {
    uint32_t first, count;
};

struct vm_facts {
    enum vm_state state;
    double iops;       /* reads and writes per s; NAN = not known, as below */
    double throughput; /* MB/s, both ways */
    double latency;    /* ms: the mean of the VM's worst disk among those with at least 1 I/O
                          per s; without figures per disk, of all its disks */
    enum severity latency_severity; /* NONE below 10 I/Os in the interval */
    enum severity ready_severity;   /* of the vCPU that waits most, less %LIM */
    enum why why;
    enum severity severity; /* of `why` */
    uint64_t id;            /* of the VM: stays over cycles and restarts of the VM */
    struct row_range vcpus, disks, nics;
};

struct facts {
    struct vm_facts *list; /* by VM row of the frame */
    size_t count, capacity;
};

/* Whether a latency is the mean of enough I/Os to be judged: at least 10 in a cycle
 * of that many seconds, of so many per s (NAN = not known). */
bool facts_latency_counts(double ios_per_s, double interval);

/* Fills in the list from the frame; memory is kept. */
void facts_look(struct facts *facts, const struct frame *frame,
                const struct thresholds *thresholds);
void facts_done(struct facts *facts);

/* A frame that is or was shown, with its facts. */
struct shot {
    struct frame *frame; /* a reference; NULL = none */
    struct facts facts;
};

#endif
