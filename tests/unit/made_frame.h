/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hand-made frame, and a printer to run over it. */
#ifndef PROXTOP_TESTS_UNIT_MADE_FRAME_H
#define PROXTOP_TESTS_UNIT_MADE_FRAME_H

#include "print/printer.h"

struct made_frame {
    struct frame_pool *pool;
    struct frame *frame;
    struct selection selection;
    struct print_options options;
    struct buf out;
};

/* An empty frame of host "node1", taken on 2026-01-31; everything is selected. */
void made_frame_init(struct made_frame *m);
void made_frame_done(struct made_frame *m);

/* Selects these fields only. */
void made_frame_select(struct made_frame *m, const char *fields);

/* A VM of that name, state running; the number of its row. */
size_t made_frame_vm(struct made_frame *m, const char *name);
size_t made_frame_vcpu(struct made_frame *m, size_t vm_row, unsigned id);

/* What a new printer prints of the frame, `times` times over. */
const char *made_frame_print(struct made_frame *m, const struct printer_ops *ops, unsigned times);

/* Names that VMs must not be able to do harm with. `text` is how a reader of
 * JSON gets it back. */
struct hostile_name {
    const char *name;
    const char *text;
};
extern const struct hostile_name hostile_names[];
extern const size_t hostile_names_count;

#endif
