/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last five minutes of each VM, in steps of 2 s: how busy its vCPUs were, how
 * long they waited, how slow its disks were. A step without a reading of its own
 * that lies within a cycle holds that cycle's figure.
 */
#ifndef PROXTOP_TUI_HISTORY_H
#define PROXTOP_TUI_HISTORY_H

#include "tui/facts.h"

#define HISTORY_STEPS        150
#define HISTORY_STEP_SECONDS 2

enum history_series { HISTORY_USED, HISTORY_READY, HISTORY_LATENCY, HISTORY__COUNT };

struct history;

struct history *history_new(void);
void history_free(struct history *history); /* NULL is allowed */

/* Adds what the shot tells: %USED, %RDY and latency of each VM. VMs that have not been
 * seen for five minutes are forgotten; memory is bounded by the VMs of that time. */
void history_add(struct history *history, const struct shot *shot);

/* The newest `count` steps of a VM, oldest first, into values[count]; NAN = nothing
 * is known. */
void history_read(const struct history *history, uint64_t vm_id, enum history_series series,
                  float *values, size_t count);

#endif
