/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a scenario tells of its VMs beside /proc and /sys: what a connector
 * with an interface to the hypervisor knows. It is read at the scenario's
 * pace and holds until it is told anew, as of a source slower than the cycle.
 */
#ifndef PROXTOP_GOLDEN_TOLD_H
#define PROXTOP_GOLDEN_TOLD_H

#include "connect/connector.h"
#include "scenario.h"

/* Takes the step's directives into `told`, an inventory of nothing but what
 * was told so far. They are about VMs of `seen`. */
void told_take(struct inventory *told, const struct scenario *scenario,
               const struct scenario_step *step, const struct inventory *seen);

/* A new inventory: that which was seen, and what was told of its VMs. Disks
 * and NICs are left out where the config does not want them. */
struct inventory *told_merge(const struct inventory *told, const struct inventory *seen,
                             const struct connector_config *config);

#endif
