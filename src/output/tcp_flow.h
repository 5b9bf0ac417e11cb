/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records of a queue through one TCP connection, and which of them have
 * arrived: TCP has no word for that, but the kernel tells how many bytes the
 * peer's kernel has not acknowledged yet (SIOCOUTQ).
 *
 * What the peer's kernel has acknowledged can still be lost, if the peer ends
 * before it reads it. Therefore what was acknowledged last is held, and leaves
 * the queue when something later was acknowledged, or after a second.
 */
#ifndef PROXTOP_OUTPUT_TCP_FLOW_H
#define PROXTOP_OUTPUT_TCP_FLOW_H

#include <stdbool.h>

struct bufferevent;
struct queue;
struct tcp_flow;

/* On a connection; both are borrowed. header: bytes that begin it ("" = none). */
struct tcp_flow *tcp_flow_new(struct bufferevent *bev, struct queue *queue, bool tls,
                              const char *header);
/* Frees the flow, before its connection is freed. What is not acknowledged stays
 * taken from the queue: rewind that. NULL is allowed. */
void tcp_flow_free(struct tcp_flow *flow);

/* Hands records to the connection, as many as may be under way. */
void tcp_flow_fill(struct tcp_flow *flow);

/* Looks at what has arrived. True if the queue was told so. */
bool tcp_flow_look(struct tcp_flow *flow);

/* The connection has ended: what its peer surely read leaves the queue. whole:
 * the peer ended it after it had read all that it got, so that one record at
 * most may not have been worked on; otherwise nothing that is held counts. */
bool tcp_flow_end(struct tcp_flow *flow, bool whole);

/* All that is held counts as arrived. True if that was anything. */
bool tcp_flow_release(struct tcp_flow *flow);

/* Nothing is under way, nothing is left to be handed over; something may be held. */
bool tcp_flow_is_quiet(const struct tcp_flow *flow);

/* Seconds until tcp_flow_look() should be called next; < 0 = there is no need. */
double tcp_flow_pause(const struct tcp_flow *flow);

/* Seconds for which something has been under way without any progress. */
double tcp_flow_stalled(const struct tcp_flow *flow);

#endif
