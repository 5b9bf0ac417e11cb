/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS of the client's side, by OpenSSL through libevent's bufferevents. */
#ifndef PROXTOP_OUTPUT_TLS_H
#define PROXTOP_OUTPUT_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bufferevent;
struct event_base;
struct output_error;
struct output_settings;
struct tls;

/* Reads the authorities, the certificate and its key (at start, so that wrong
 * ones are told at once). TLS 1.2 at least. 0 or -errno with *error filled. */
int tls_new(const struct output_settings *settings, struct tls **ret, struct output_error *error);
void tls_free(struct tls *tls); /* NULL is allowed */

/* A bufferevent for one connection to `host` (a name or a numeric address),
 * which has to show a valid certificate for it; SNI is sent for names. fd -1 =
 * to be connected. NULL when out of memory. */
struct bufferevent *tls_bufferevent(struct tls *tls, struct event_base *base, int fd,
                                    const char *host);

/* Why the last handshake of this bufferevent failed, for people, in text[size]:
 * "certificate has expired", "hostname mismatch". False: not by TLS. */
bool tls_why(struct bufferevent *bev, char *text, size_t size);

/* Bytes that the connection has given to its socket, TLS's own included. */
uint64_t tls_written(struct bufferevent *bev);

/* Tells the peer that nothing more comes (close_notify); wants an output buffer
 * that is empty. */
void tls_end(struct bufferevent *bev);

#endif
