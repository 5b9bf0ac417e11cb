/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program knows of itself: its own use of CPU and memory, and whether
 * the source of the VMs answers. One thread owns an agent.
 */
#ifndef PROXTOP_APP_AGENT_H
#define PROXTOP_APP_AGENT_H

#include "connect/connector.h"
#include "model/frame.h"

struct agent;

struct agent *agent_new(void);
void agent_free(struct agent *agent);

/* Fills frame->agent, all but late_cycles. `connector`: where the frame's VMs come from; `started`:
 * when the cycle began, which ends now. */
void agent_fill(const struct agent *agent, struct connector *connector, struct mono started,
                struct frame *frame);

/* Whether a source answers: it was read (`answered`, ns 0 = never) within three
 * of its beats (seconds), or 10 s, and not every VM of the frame that has one
 * is silent. */
bool agent_source_is_up(struct mono answered, double beat, const struct frame *frame);

#endif
