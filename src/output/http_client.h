/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One POST at a time to one URL, by libevent's HTTP client over a connection that is kept. */
#ifndef PROXTOP_OUTPUT_HTTP_CLIENT_H
#define PROXTOP_OUTPUT_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct http_client;
struct http_headers;
struct target;
struct tls;

/* What became of a request. */
struct http_answer {
    int status;           /* of the response, 100 at least; 0 = none came */
    const char *text;     /* the response's first line, its Location; or why there is none */
    bool has_retry_after; /* it says when to come again: */
    unsigned retry_after; /* seconds, HTTP_PAUSE_MAX at most */
};

struct http_client_config {
    struct event_base *base;
    const struct target *target;        /* all these are borrowed, and outlive the client */
    const struct http_headers *headers; /* of the user; they go before those below */
    struct tls *tls;                    /* for https; else NULL */
    const char *content_type;
    bool gzip;      /* bodies are compressed by the caller */
    double timeout; /* seconds for a connection; without progress of a body; for the answer */
    /* Called on the loop, once for each post, never from within it. */
    void (*done)(void *argument, const struct http_answer *answer);
    void *argument;
};

/* NULL when out of memory. */
struct http_client *http_client_new(const struct http_client_config *config);
/* Cancels what is under way; not from within done(). NULL is allowed. */
void http_client_free(struct http_client *client);

/* Sends a body, whose bytes must stay until done() is called. There must be no
 * other one under way. */
void http_client_post(struct http_client *client, const char *body, size_t len);
bool http_client_is_busy(const struct http_client *client);

#endif
