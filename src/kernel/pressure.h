/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/pressure/{cpu,io,memory} (kernel Documentation/accounting/psi.rst,
 * kernel/sched/psi.c psi_show()). Pure functions.
 */
#ifndef PROXTOP_KERNEL_PRESSURE_H
#define PROXTOP_KERNEL_PRESSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pressure_line {
    bool valid;
    uint64_t avg10, avg60, avg300; /* hundredths of a percent */
    uint64_t total_us;             /* since boot; exact, where the averages lag */
};

struct pressure {
    struct pressure_line some; /* some tasks were stalled */
    struct pressure_line full; /* all were; of the CPU it means nothing for a whole system */
};

/* -EBADMSG if neither line is there whole. */
int parse_pressure(const char *text, size_t len, struct pressure *ret);

#endif
