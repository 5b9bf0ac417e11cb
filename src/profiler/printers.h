/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printers of profiles: by print_options.profiler, which has learned from the frame before it is
 * printed. A cycle in which nothing is due prints nothing. With print_options.page all VMs are
 * printed whether due or not.
 *
 * json: a line per VM, of which print() and next() bring out about a megabyte each, so that no
 * cycle of an output grows with the number of VMs. text: a heading once, a line per VM, one for the
 * host, an empty line between rounds. prometheus: gauges of all VMs.
 */
#ifndef PROXTOP_PROFILER_PRINTERS_H
#define PROXTOP_PROFILER_PRINTERS_H

#include "print/printer.h"

extern const struct printer_ops printer_profile_json;
extern const struct printer_ops printer_profile_text;
extern const struct printer_ops printer_profile_prometheus;

/* By their common names json, text, prometheus; NULL = no such printer. */
const struct printer_ops *printer_profile_by_name(const char *name);

#endif
