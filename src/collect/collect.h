/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Collecting: fills a sample from /proc and /sys once per cycle. Files that
 * are read every cycle stay open; directories are walked only when something
 * says that their content changed. One thread owns a collect object.
 */
#ifndef PROXTOP_COLLECT_COLLECT_H
#define PROXTOP_COLLECT_COLLECT_H

#include "base/clock.h"
#include "collect/slow_facts.h"
#include "model/sample.h"
#include "model/selection.h"

struct collect;

struct collect_config {
    int proc_fd; /* directories; stay the caller's */
    int sys_fd;
    const struct clock_source *clock;
    const char *host_name;         /* named by the user; NULL = as the kernel or the source says */
    bool elsewhere;                /* until there is an inventory: the VMs may be another host's */
    struct slow_facts *slow_facts; /* borrowed; NULL = frequencies and host name are missing */
    const char *storedev, *netdev; /* what makes up the host's row, see blockdevs_new(); or NULL */
};

struct collect *collect_new(const struct collect_config *config);
void collect_free(struct collect *collect);

/* The collectors that exist, as a set of 1 << enum collector bits. */
unsigned collect_available(void);

/* Reads from now on what the selection needs and nothing else. */
void collect_select(struct collect *collect, const struct selection *selection);

/* Takes the inventory over (its reference too): opens nothing yet, closes the
 * files of VMs that are no longer in it. */
void collect_set_inventory(struct collect *collect, struct inventory *inventory);

/* Reads one cycle. The sample belongs to the collect object and holds until
 * its next call. */
const struct sample *collect_cycle(struct collect *collect);

/* A line for people about what this host or this user lacks, which was found
 * out since the last call: call until it is NULL. Static text. */
const char *collect_notice(struct collect *collect);

#endif
