/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reaching a peer by TCP: its name to addresses, each of which is tried in turn,
 * and the handshake of TLS.
 */
#ifndef PROXTOP_OUTPUT_TCP_DIAL_H
#define PROXTOP_OUTPUT_TCP_DIAL_H

struct bufferevent;
struct event_base;
struct target;
struct tcp_dial;
struct tls;

/* Called on the loop, once, unless cancelled: a connection on which nothing is
 * enabled, without callbacks (the callee frees it, which closes its socket), or
 * NULL and why, for people. */
typedef void tcp_dial_done(void *argument, struct bufferevent *bev, const char *error);

/* Starts; done() is never called from within. target and tls (NULL = plain) are
 * borrowed until done() or tcp_dial_cancel(). A socket whose peer has
 * acknowledged nothing for `timeout` seconds, of data or of probes, gets an error. */
struct tcp_dial *tcp_dial_start(struct event_base *base, const struct target *target,
                                struct tls *tls, double timeout, tcp_dial_done *done,
                                void *argument);

/* done() will not be called. NULL is allowed. */
void tcp_dial_cancel(struct tcp_dial *dial);

#endif
