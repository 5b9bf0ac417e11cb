/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows of the screen are called, and by what they are known again. */
#ifndef PROXTOP_TUI_ROW_NAME_H
#define PROXTOP_TUI_ROW_NAME_H

#include "tui/column.h"

/* A text of the row's own table, or with SCOPE_VM of its VM's; hostile. NULL = it has none. */
const char *row_text(const struct row_ref *ref, enum scope scope, unsigned column);

/* The name in the row's own table; hostile. NULL = it has none, as vCPUs have. */
const char *row_name(const struct row_ref *ref);

/* The rows of vCPUs, disks, NICs of a row's VM; none for other scopes. */
struct row_range row_children(const struct row_ref *ref, enum scope scope);

/* What the row is known by over cycles, never 0: the VM's id; for what is below a VM,
 * a mix of that with its name or number, so that it does not matter which row it is
 * in; a device's name. */
uint64_t row_id(const struct row_ref *ref);

#endif
