/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "vCPU 0" and so on, as texts that are there for good: figures refer to texts. */
#ifndef PROXTOP_TUI_VCPU_NAMES_H
#define PROXTOP_TUI_VCPU_NAMES_H

/* Of a vCPU by its number; "vCPU" beyond INVENTORY_VCPUS_MAX. */
const char *vcpu_name(double id);

#endif
