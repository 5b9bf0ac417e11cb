/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the service manager is told, by the protocol of sd_notify(3): that the program is ready,
 * once it measures; that it is alive, with each completed cycle; and in a line for people what it
 * does. Not libsystemd's: the protocol is a datagram with text, documented as stable, and holds for
 * those who have no systemd.
 */
#ifndef PROXTOP_APP_NOTIFY_H
#define PROXTOP_APP_NOTIFY_H

#include "model/frame.h"

struct notify;

/* By $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID, which are taken out of the environment: to
 * be called before there are threads that read it (the log's does not). `interval`: seconds between
 * two cycles. If a watchdog is on that would bite between two of them, the manager is asked for a
 * longer time (three intervals) when the program is ready. NULL = nobody wants to be told, or
 * cannot be, which was logged. What is told goes without waiting; a manager that does not take it
 * is logged, and told again. */
struct notify *notify_new(double interval);
/* A cycle is complete: the first one makes the program ready, each one feeds the watchdog, at most
 * twice a second. The line for people goes along when it changed. NULL is allowed, here and below.
 */
void notify_cycle(struct notify *notify, const struct frame *frame);
/* The interval was changed by a person. */
void notify_interval(struct notify *notify, double interval);
/* It ends, and may take `seconds` for it. */
void notify_stopping(struct notify *notify, double seconds);
void notify_free(struct notify *notify);

#endif
