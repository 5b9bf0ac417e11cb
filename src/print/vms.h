/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What printers of series must know of the VMs of a cycle: which of them their
 * UUID does not tell from all others, and whose source has been silent for so
 * long that what it told last is no news any more.
 */
#ifndef PROXTOP_PRINT_VMS_H
#define PROXTOP_PRINT_VMS_H

#include "model/frame.h"

/* Which row has what: a hash table, open addressing. */
struct print_slot {
    uint64_t hash;
    size_t row; /* plus 1; 0 = free */
};

struct print_slots {
    struct print_slot *list;
    size_t capacity, count;
};

/* Empties the table, with room for so many rows. */
void print_slots_clear(struct print_slots *slots, size_t rows);
void print_slots_done(struct print_slots *slots);
/* The first slot on the hash's way, from *place on, that has this hash, or a
 * free one. The way begins at the hash; to go on, add 1 to *place. */
struct print_slot *print_slots_next(const struct print_slots *slots, uint64_t hash, size_t *place);

struct print_vm {
    bool needs_pid; /* its UUID is missing, or another's, too */
    bool silent;    /* what its source told (CELL_TOLD) is too old for counters */
};

struct print_vms {
    double patience; /* seconds that a silent source's last word counts */

    /* Of a cycle, by row; memory is kept. */
    struct print_vm *list;
    size_t capacity;
    struct print_slots slots;
    bool any_needs_pid;
};

/* interval: of the program's cycles, seconds */
void print_vms_init(struct print_vms *vms, double interval);
void print_vms_done(struct print_vms *vms);

/* Fills in the list from a frame's table of VMs. */
void print_vms_look(struct print_vms *vms, const struct frame_table *table);

#endif
