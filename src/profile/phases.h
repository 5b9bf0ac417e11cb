/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways of behaving that a VM changes between (day and night, idle and batch): up to 8 matrices of
 * order 1 per metric. Transitions come in blocks of `window` steps of the VM. A full block is
 * judged by the current phase, if that has at least `window` transitions: if it is surprised (z >=
 * 3 for any of the metrics), the phase that is surprised least (smallest mean surprisal over the
 * metrics, the lowest number of equal ones) among those with z < 3 takes over, else a new one is
 * opened; where all 8 are in use, the one with the fewest transitions is emptied for it. Then the
 * block is counted in the phase that was chosen: learning comes after deciding.
 * Means, deviations and shares are the phase's own (see chain_surprise()). A metric of which the
 * current phase has fewer than `window` transitions does not speak; a block without any transition
 * is dropped.
 */
#ifndef PROXTOP_PROFILE_PHASES_H
#define PROXTOP_PROFILE_PHASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/matrix.h"

#define PHASES_MAX 8

struct phases;

/* Of `metrics` chains, each with its own settings (of which order counts as 1). */
struct phases *phases_new(unsigned window, unsigned metrics, const struct matrix_settings *each);
void phases_free(struct phases *phases); /* NULL is allowed */

/* A transition of one metric in the step that is under way; each metric at most once a step. */
void phases_take(struct phases *phases, unsigned metric, unsigned from, unsigned to);
/* The step is over; returns whether a block was full and judged. */
bool phases_end_step(struct phases *phases);
/* What comes does not follow what was: the unfinished block is dropped. */
void phases_break(struct phases *phases);
/* The metric's states i become floor(i/2), everywhere. */
void phases_fold(struct phases *phases, unsigned metric);

/* 0 before the first block was judged; the current one is 0 then. */
unsigned phases_count(const struct phases *phases);
unsigned phases_current(const struct phases *phases);
/* The phase's matrix of the metric; NULL = no such phase, or nothing in it of the metric. */
const struct matrix *phases_matrix(const struct phases *phases, unsigned phase, unsigned metric);
/* How often a block of phase `to` followed one of phase `from` without a break between. */
uint32_t phases_follows(const struct phases *phases, unsigned from, unsigned to);
size_t phases_bytes(const struct phases *phases);

/* For saved ones: the matrices first, which make the phases; then the rest. The unfinished block is
 * taken again: phases_take() may be called for as many transitions of a metric as a block can have,
 * phases_end_step() for its steps. phases_set_current() also says that the last block was that
 * phase's: the next one follows it, unless phases_break() is called. */
struct matrix *phases_make(struct phases *phases, unsigned phase, unsigned metric); /* or NULL */
bool phases_set_current(struct phases *phases, unsigned phase);
bool phases_set_follows(struct phases *phases, unsigned from, unsigned to, uint32_t count);
/* Whether the unfinished block follows one of the current phase: no break since. A phase that was
 * set is followed, unless phases_break() says otherwise. */
bool phases_follows_one(const struct phases *phases);
/* The unfinished block: how many steps it has; its transitions of one metric by number. */
unsigned phases_block_steps(const struct phases *phases);
bool phases_block_at(const struct phases *phases, unsigned metric, unsigned i, unsigned *ret_from,
                     unsigned *ret_to);

#endif
