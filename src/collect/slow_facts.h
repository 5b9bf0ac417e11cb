/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts of the host that change slowly or are dear to read, kept current by a
 * thread of their own at a beat of 10 s: reading a CPU's frequency interrupts
 * it on kernels 4.13 to 5.17 and takes up to 10 ms each, which no cycle pays.
 */
#ifndef PROXTOP_COLLECT_SLOW_FACTS_H
#define PROXTOP_COLLECT_SLOW_FACTS_H

#include <stdbool.h>

#include "base/clock.h"

struct slow_values {
    double cpu_mhz; /* means over the CPUs; 0 = unknown */
    double cpu_min_mhz;
    double cpu_max_mhz;
    char host_name[256]; /* "" = unknown */
    char host_uuid[64];
};

struct slow_facts;

/* Directories stay the caller's. host_name (may be NULL) overrides what the
 * kernel says. Without `frequencies` the CPUs are left in peace. Reads nothing
 * yet. */
struct slow_facts *slow_facts_new(int proc_fd, int sys_fd, const char *host_name, bool frequencies);

/* Reads everything once, on the calling thread. */
void slow_facts_update(struct slow_facts *facts);

/* Reads the names, which are cheap, and starts the thread; it updates at once
 * and then every 10 s. 0 or -errno. */
int slow_facts_start(struct slow_facts *facts);

/* A copy of the newest values; waits for nothing that could last. */
struct slow_values slow_facts_get(struct slow_facts *facts);

/* Ends the thread (waiting for a reading that is under way) and frees. */
void slow_facts_free(struct slow_facts *facts);

#endif
