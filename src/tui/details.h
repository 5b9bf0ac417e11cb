/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the details of one VM: what its parts share. */
#ifndef PROXTOP_TUI_DETAILS_H
#define PROXTOP_TUI_DETAILS_H

#include "tui/pager.h"

#define DETAILS_INDENT 1

struct details {
    struct tui *tui;
    struct pager *pager;
    struct row_ref vm; /* in the newest shot */
    const struct vm_facts *facts;
    const struct row_labels *labels;
    unsigned indent; /* of its lines */
};

/* The table of a scope, in the frame that the VM is shown of. */
static inline const struct frame_table *details_table(const struct details *details,
                                                      enum scope scope)
{
    return &details->vm.shot->frame->tables[scope];
}

/* Text of a cell; NULL = it has none. */
const char *details_text(const struct details *details, enum scope scope, uint32_t row,
                         unsigned column);
/* Number of a cell; NAN = it has none. */
double details_number(const struct details *details, enum scope scope, uint32_t row,
                      unsigned column);

/* A field with the figure of a row of the VM's family: `column` is the metric's number
 * for VMs. Named by the column's title unless there is a name. */
void details_metric(const struct details *details, const struct row_ref *row, unsigned column,
                    const char *name);
/* Likewise a column of the screen's own. */
void details_own(const struct details *details, enum column_kind kind);
/* A field with a text; not shown when it is NULL or empty. */
void details_label(const struct details *details, const char *name, const char *text);

/* tui/details_parts.c: what a VM consists of. */
void details_vcpus(const struct details *details);
void details_threads(const struct details *details);
void details_disks(const struct details *details);
void details_nics(const struct details *details);
void details_parts_add_needs(struct selection *needs);

#endif
