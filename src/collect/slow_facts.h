/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts of the host that change slowly or are dear to read, kept current by a
 * thread of their own at a beat of 10 s: reading a CPU's frequency interrupts
 * it on kernels 4.13 to 5.17 and takes up to 10 ms each, and asking a NIC for
 * its link speed waits for the network stack's lock: no cycle pays that.
 */
#ifndef PROXTOP_COLLECT_SLOW_FACTS_H
#define PROXTOP_COLLECT_SLOW_FACTS_H

#include <stdbool.h>
#include <stdint.h>

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
 * kernel says. Without `frequencies` the CPUs are left in peace, without `speeds`
 * the NICs are. Reads nothing yet. */
struct slow_facts *slow_facts_new(int proc_fd, int sys_fd, const char *host_name, bool frequencies,
                                  bool speeds);

/* Reads everything once, on the calling thread. */
void slow_facts_update(struct slow_facts *facts);

/* Reads the names, which are cheap, and starts the thread; it updates at once
 * and then every 10 s. 0 or -errno. */
int slow_facts_start(struct slow_facts *facts);

/* A copy of the newest values; waits for nothing that could last. */
struct slow_values slow_facts_get(struct slow_facts *facts);

/* Calls `each` for every device of /sys/class/net but those with a VM's name
 * (see net_dev_is_vm_name()), if the table has changed since it had the serial
 * `seen` (0 = never seen: in any case): its link speed in Mbit/s, 0 = no link, or
 * not told. Returns the table's serial. A device that is not in it any more is
 * not told of. `each` is called under a lock, so it must neither wait nor call
 * back; nothing is allocated. */
uint64_t slow_facts_speeds(struct slow_facts *facts, uint64_t seen,
                           void (*each)(void *arg, const char *name, uint64_t mbps), void *arg);

/* Ends the thread (waiting for a reading that is under way) and frees. */
void slow_facts_free(struct slow_facts *facts);

#endif
