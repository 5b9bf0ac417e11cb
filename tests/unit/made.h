/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hand-made sample of one VM, to be changed between cycles and derived: time
 * stands still until made_pass().
 */
#ifndef PROXTOP_TESTS_UNIT_MADE_H
#define PROXTOP_TESTS_UNIT_MADE_H

#include "derive/derive.h"

#define MADE_THREADS_MAX   16
#define MADE_THROTTLES_MAX 4

#define MS INT64_C(1000000) /* in ns */

struct made {
    struct frame_pool *pool;
    struct derive *derive;
    struct inventory *inventory;
    struct vm_info *info;
    struct vm_sample vm;
    struct vm_sample *vms[1];
    struct thread_sample threads[MADE_THREADS_MAX];
    struct throttle_sample throttles[MADE_THROTTLES_MAX];
    struct sample sample;
    struct frame *frame; /* of the last cycle */
};

/* A VM "vm" that runs, with PID 100 and no threads; the clock stands at 1000 s.
 * Its address must not change. */
void made_init(struct made *m);
void made_done(struct made *m);

void made_pass(struct made *m, double seconds);
/* A reading at the time that it is now. */
struct raw made_now(const struct made *m, uint64_t value);

/* Sets the thread's times in ms; appends it (vcpu -1 = overhead) if it is new. */
void made_thread(struct made *m, pid_t tid, int vcpu, uint64_t run_ms, uint64_t wait_ms);
void made_thread_leaves(struct made *m, pid_t tid);
/* Two vCPUs (TIDs 101, 102) and a main thread (100), all at 0 ms. */
void made_threads(struct made *m);

/* Derives the sample as it is; the frame before is given back. */
const struct frame *made_cycle(struct made *m);

/* Cells of the last frame. Fails if the cell has no value, or no counter. */
double made_value(const struct made *m, enum scope scope, size_t row, unsigned column);
uint64_t made_counter(const struct made *m, enum scope scope, size_t row, unsigned column);
bool made_has(const struct made *m, enum scope scope, size_t row, unsigned column);
bool made_has_counter(const struct made *m, enum scope scope, size_t row, unsigned column);
/* Whether it is the VM's source that told it. */
bool made_is_told(const struct made *m, enum scope scope, size_t row, unsigned column);

#define vm_value(m, column)       made_value(m, SCOPE_VM, 0, column)
#define vm_counter(m, column)     made_counter(m, SCOPE_VM, 0, column)
#define vm_has(m, column)         made_has(m, SCOPE_VM, 0, column)
#define vm_has_counter(m, column) made_has_counter(m, SCOPE_VM, 0, column)
#define host_value(m, column)     made_value(m, SCOPE_HOST, 0, column)
#define host_has(m, column)       made_has(m, SCOPE_HOST, 0, column)

#endif
