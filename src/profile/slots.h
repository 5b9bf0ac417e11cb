/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one metric does at which time: transitions, mean and maximum per slot of a period. Slots
 * are numbered from 0; those without data take no memory.
 *
 * Two kinds of periods: the calendar (24 or 168 slots by local wall clock), whose slot the caller
 * tells, and a tree of sizes p0,p1,...,pn in steps: the root has p0 children, each p1 children,
 * ..., and the last number is how many steps a leaf lasts, so that n+1 numbers make n levels. A
 * step belongs to one node of each level.
 */
#ifndef PROXTOP_PROFILE_SLOTS_H
#define PROXTOP_PROFILE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/matrix.h"

#define PERIOD_SIZES_MAX 8
#define PERIOD_SIZE_MAX  10000
#define PERIOD_NODES_MAX 4096

struct period_tree {
    unsigned sizes[PERIOD_SIZES_MAX];
    unsigned count; /* 0, 1 = no nodes */
};

/* Nodes below the root, all levels; PERIOD_NODES_MAX + 1 if there are more, or a size is not in
 * 1..PERIOD_SIZE_MAX. */
size_t period_tree_nodes(const struct period_tree *tree);
unsigned period_tree_levels(const struct period_tree *tree);
/* The node at `level` (0 = children of the root) that step number `step` (from 0) belongs to.
 * Nodes are numbered level by level, in the order of time within each. SIZE_MAX for a level or a
 * tree that there is not. */
size_t period_tree_node(const struct period_tree *tree, unsigned level, uint64_t step);

struct slot {
    uint64_t count; /* of the values */
    double mean, max;
    struct matrix *matrix; /* NULL = no transition yet */
};

struct slots; /* a sparse array of slots */

struct slots *slots_new(size_t count, const struct matrix_settings *settings);
void slots_free(struct slots *slots); /* NULL is allowed */
/* A step's value (NAN: none) and its transition (an empty context: none) into the slot; no-op
 * beyond count. */
void slots_take(struct slots *slots, size_t slot, double value, const struct context *context,
                unsigned state);
size_t slots_count(const struct slots *slots);
/* The slot, or NULL if it has no data. It stays where it is as long as the slots do. */
const struct slot *slots_at(const struct slots *slots, size_t slot);
/* The same, made if need be, for a saved one; its matrix is there. NULL beyond count. */
struct slot *slots_make(struct slots *slots, size_t slot);
/* See matrix_fold(). */
void slots_fold(struct slots *slots);
size_t slots_bytes(const struct slots *slots);

#endif
