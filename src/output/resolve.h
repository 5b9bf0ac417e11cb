/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host names to addresses without blocking the loop: getaddrinfo(3) on a thread
 * of its own, so that nsswitch.conf holds (libevent's resolver knows only DNS
 * and hosts).
 */
#ifndef PROXTOP_OUTPUT_RESOLVE_H
#define PROXTOP_OUTPUT_RESOLVE_H

#include <netdb.h>

struct event_base;
struct resolve;

/* Called on the loop, once, unless cancelled: addresses (the callee frees them
 * by freeaddrinfo()), or NULL and why. */
typedef void resolve_done(void *argument, struct addrinfo *addresses, const char *error);

/* Starts a look-up; numeric addresses go the same way. socktype SOCK_STREAM or
 * SOCK_DGRAM. Never fails: what fails is told by done(). The request is freed
 * after done(). */
struct resolve *resolve_start(struct event_base *base, const char *host, const char *port,
                              int socktype, resolve_done *done, void *argument);

/* done() will not be called; a thread that hangs in the look-up is left alone
 * and touches nothing of the caller's. NULL is allowed. */
void resolve_cancel(struct resolve *resolve);

#endif
