/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connections of an HTTP server: how many there are, and for how long.
 * evhttp tells nobody of either. So each connection's bufferevent is made
 * here, with a reference of our own; a connection has ended when ours is the
 * last one.
 *
 * Whoever does not ask within some seconds, or does not take the answer within
 * some more, is cut off, whatever trickles; when all places are taken, more are
 * turned away.
 */
#ifndef PROXTOP_OUTPUT_SERVE_CLIENTS_H
#define PROXTOP_OUTPUT_SERVE_CLIENTS_H

#include <stddef.h>

#define SERVE_ASK_S  10.0 /* from the connection, or the answer before, to a whole request */
#define SERVE_TAKE_S 30.0 /* from there until the answer is taken */

struct bufferevent;
struct event_base;
struct evhttp;
struct serve_clients;

/* How many clients may be served at once, by the limit of open files. */
size_t serve_clients_most(void);

/* Serves those who connect to the listening socket, which becomes its own also
 * on failure, `most` at once. `name` is for messages, borrowed. NULL = cannot. */
struct serve_clients *serve_clients_new(struct event_base *base, struct evhttp *http, int fd,
                                        size_t most, const char *name);

/* No more clients are taken: at the latest before evhttp_free(). */
void serve_clients_stop(struct serve_clients *clients);

/* After evhttp_free(). NULL is allowed. */
void serve_clients_free(struct serve_clients *clients);

/* The client of that bufferevent has asked; has got its answer. */
void serve_clients_asked(struct serve_clients *clients, const struct bufferevent *bev);
void serve_clients_answered(struct serve_clients *clients, const struct bufferevent *bev);

/* How many there are now. */
size_t serve_clients_count(struct serve_clients *clients);

#endif
