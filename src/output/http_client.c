/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * evhttp frees and reports in an order of its own, so that nothing is freed or
 * told from within its callbacks: they note what happened, and an event of ours
 * goes on from there. A connection that failed is thrown away, with its
 * bufferevent: one of TLS cannot connect again.
 */
#include "output/http_client.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/util.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "base/util.h"
#include "output/http_headers.h"
#include "output/http_text.h"
#include "output/resolve.h"
#include "output/target.h"
#include "output/tls.h"

#define HTTP_ANSWER_HEADERS_MAX 16384
#define HTTP_ANSWER_BODY_MAX    65536

struct http_client {
    struct http_client_config config;
    struct event *timer, *over; /* time is up; a request came to its end */
    struct resolve *resolve;
    struct addrinfo *addresses, *address; /* all of them; the one that is tried */
    struct evhttp_connection *connection;
    struct bufferevent *bev; /* the connection's */
    const char *body;
    size_t len;
    bool busy;
    bool used;    /* the connection has brought an answer before this request */
    bool sent;    /* something went out: it is connected */
    bool dropped; /* evhttp closed the connection, or it is of no more use */
    bool late;    /* the time was up */
    struct http_answer answer;
    char text[256];
};

static void http_client_connect(struct http_client *c);

static void http_client_disconnect(struct http_client *c)
{
    struct evhttp_connection *connection = c->connection;

    c->connection = NULL;
    c->bev = NULL;
    if (connection)
        evhttp_connection_free(connection); /* and its request; calls only ..._on_close() */
    c->used = c->sent = c->dropped = false;
}

static void http_client_forget_addresses(struct http_client *c)
{
    if (c->addresses)
        freeaddrinfo(c->addresses);
    c->addresses = c->address = NULL;
}

static void http_client_set_timer(struct http_client *c)
{
    struct timeval tv = clock_timeval(c->config.timeout);

    evtimer_add(c->timer, &tv);
}

/* The request came to its end; the event's callback does the rest. */
static void http_client_end(struct http_client *c)
{
    evtimer_del(c->timer);
    event_active(c->over, EV_TIMEOUT, 0);
}

static void http_client_fail(struct http_client *c, const char *why)
{
    copy_text(c->text, sizeof(c->text), why);
    c->dropped = true;
    http_client_end(c);
}

/* ---- what evhttp calls ---- */

static void http_client_on_close(struct evhttp_connection *connection UNUSED, void *argument)
{
    struct http_client *c = argument;

    c->dropped = true;
}

/* The headers of a response are there, the body is not. */
static int http_client_on_headers(struct evhttp_request *request, void *argument)
{
    struct http_client *c = argument;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const char *retry = evhttp_find_header(headers, "Retry-After");
    const char *location = evhttp_find_header(headers, "Location");
    int status = evhttp_request_get_response_code(request);

    if (status < 100 || status > 999)
        return -1;
    c->answer.status = status;
    c->answer.has_retry_after =
        retry && http_parse_retry_after(retry, time(NULL), &c->answer.retry_after);
    c->text[0] = '\0';
    if (status / 100 == 3 && location)
        http_first_line(location, strlen(location), c->text, sizeof(c->text));
    return 0;
}

/* evhttp tells an end and an error alike, and errno may be an old one: only
 * what a connection can end with is believed. */
static bool http_client_is_reason(int error_number)
{
    return error_number == ECONNRESET || error_number == ECONNREFUSED || error_number == EPIPE ||
           error_number == ETIMEDOUT || error_number == EHOSTUNREACH ||
           error_number == ENETUNREACH || error_number == EADDRNOTAVAIL;
}

static const char *http_client_error(enum evhttp_request_error error, int error_number)
{
    switch (error) {
    case EVREQ_HTTP_TIMEOUT:
        return "it does not answer";
    case EVREQ_HTTP_INVALID_HEADER:
        return "its answer is not HTTP";
    case EVREQ_HTTP_DATA_TOO_LONG:
        return "its answer is too long";
    case EVREQ_HTTP_EOF:
        return http_client_is_reason(error_number) ? strerror(error_number)
                                                   : "it closed the connection";
    case EVREQ_HTTP_BUFFER_ERROR:
    case EVREQ_HTTP_REQUEST_CANCEL:
        break;
    }
    return "the connection failed";
}

/* Called before http_client_on_answer(), which gets no request then. */
static void http_client_on_error(enum evhttp_request_error error, void *argument)
{
    struct http_client *c = argument;
    const char *why = http_client_error(error, errno);
    char text[200];

    if (c->answer.status) { /* that its body was cut, or was too long, changes nothing */
        c->dropped = true;
        http_client_end(c);
        return;
    }
    if (c->config.tls && !c->sent && tls_why(c->bev, text, sizeof(text)))
        why = text;
    http_client_fail(c, why);
}

static void http_client_on_answer(struct evhttp_request *request, void *argument)
{
    struct http_client *c = argument;
    struct evbuffer *body;
    char start[512];
    ev_ssize_t n;

    if (!request)
        return;
    if (!evhttp_request_get_response_code(request)) { /* evhttp tells this one so */
        http_client_fail(c, "connection refused");
        return;
    }
    body = evhttp_request_get_input_buffer(request);
    n = evbuffer_copyout(body, start, sizeof(start));
    if (!c->text[0] && n > 0)
        http_first_line(start, (size_t)n, c->text, sizeof(c->text));
    http_client_end(c);
}

/* Bytes of the request were taken: the peer has its time again. */
static void http_client_on_sent(struct evbuffer *buffer UNUSED, const struct evbuffer_cb_info *info,
                                void *argument)
{
    struct http_client *c = argument;

    if (!info->n_deleted || !c->busy || !c->connection)
        return;
    /* With that flag evhttp waits for the rest of an answer that was cut by its end. */
    if (info->orig_size + info->n_added == info->n_deleted)
        evhttp_connection_set_flags(c->connection, 0);
    c->sent = true;
    http_client_set_timer(c);
}

/* ---- a request ---- */

static void http_client_add_headers(const struct http_client *c, struct evkeyvalq *out)
{
    const struct http_headers *user = c->config.headers;
    const char *name, *value;
    char host[300], agent[64];

    http_put_host(c->config.target, host, sizeof(host));
    evhttp_add_header(out, "Host", host);
    if (!http_headers_have(user, "User-Agent")) {
        snprintf(agent, sizeof(agent), "%s/" PROXTOP_VERSION, log_name());
        evhttp_add_header(out, "User-Agent", agent);
    }
    if (!http_headers_have(user, "Content-Type") && c->config.content_type[0])
        evhttp_add_header(out, "Content-Type", c->config.content_type);
    if (c->config.gzip)
        evhttp_add_header(out, "Content-Encoding", "gzip");
    for (size_t i = 0; http_headers_at(user, i, &name, &value); i++)
        evhttp_add_header(out, name, value);
}

static void http_client_send(struct http_client *c)
{
    struct evhttp_request *request = evhttp_request_new(http_client_on_answer, c);
    int fd;

    if (!request) {
        http_client_fail(c, "out of memory");
        return;
    }
    evhttp_request_set_header_cb(request, http_client_on_headers);
    evhttp_request_set_error_cb(request, http_client_on_error);
    http_client_add_headers(c, evhttp_request_get_output_headers(request));
    evbuffer_add_reference(evhttp_request_get_output_buffer(request), c->body, c->len, NULL, NULL);
    c->sent = false;
    /* A peer that does not want it all may answer and close while it is being sent. */
    evhttp_connection_set_flags(c->connection, EVHTTP_CON_READ_ON_WRITE_ERROR);
    http_client_set_timer(c);
    if (evhttp_make_request(c->connection, request, EVHTTP_REQ_POST, c->config.target->path) < 0) {
        http_client_fail(c, "out of memory");
        return;
    }
    fd = bufferevent_getfd(c->bev); /* libevent makes its sockets without close-on-exec */
    if (fd >= 0)
        evutil_make_socket_closeonexec(fd);
}

/* A connection to the address that is to be tried, and the request on it. */
static void http_client_open(struct http_client *c)
{
    const struct addrinfo *a = c->address;
    const struct timeval idle = {.tv_sec = 2 * (time_t)c->config.timeout + 60};
    char host[NI_MAXHOST], port[NI_MAXSERV];
    uint64_t number;

    if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
        !parse_u64(port, &number)) {
        http_client_fail(c, "its address is of no known kind");
        return;
    }
    c->bev = c->config.tls
                 ? tls_bufferevent(c->config.tls, c->config.base, -1, c->config.target->host)
                 : bufferevent_socket_new(c->config.base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (c->bev)
        c->connection = evhttp_connection_base_bufferevent_new(c->config.base, NULL, c->bev, host,
                                                               (uint16_t)number);
    if (!c->connection) {
        if (c->bev)
            bufferevent_free(c->bev);
        c->bev = NULL;
        http_client_fail(c, "out of memory");
        return;
    }
    /* The time that counts is kept by our own timer; this one closes what nobody uses. */
    evhttp_connection_set_timeout_tv(c->connection, &idle);
    evhttp_connection_set_max_headers_size(c->connection, HTTP_ANSWER_HEADERS_MAX);
    evhttp_connection_set_max_body_size(c->connection, HTTP_ANSWER_BODY_MAX);
    evhttp_connection_set_closecb(c->connection, http_client_on_close, c);
    evbuffer_add_cb(bufferevent_get_output(c->bev), http_client_on_sent, c);
    http_client_send(c);
}

static void http_client_on_resolved(void *argument, struct addrinfo *addresses, const char *error)
{
    struct http_client *c = argument;

    c->resolve = NULL;
    if (!c->busy || c->dropped) { /* it came too late */
        if (addresses)
            freeaddrinfo(addresses);
        return;
    }
    if (!addresses) {
        http_client_fail(c, error);
        return;
    }
    c->addresses = c->address = addresses;
    http_client_open(c);
}

/* A new connection: what the name means now is asked each time. A look-up that
 * hangs is waited for again: another one would take another thread. */
static void http_client_connect(struct http_client *c)
{
    http_client_disconnect(c);
    http_client_forget_addresses(c);
    http_client_set_timer(c);
    if (!c->resolve)
        c->resolve = resolve_start(c->config.base, c->config.target->host, c->config.target->port,
                                   SOCK_STREAM, http_client_on_resolved, c);
}

static void http_client_on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct http_client *c = argument;
    const char *phase = c->resolve ? "no address of it" : c->sent ? "no answer" : "no connection";

    c->late = true;
    if (!c->answer.status)
        snprintf(c->text, sizeof(c->text), "%s within %g s", phase, c->config.timeout);
    c->dropped = true;
    http_client_end(c);
}

/* Whether a request that got no answer begins anew. A peer may close a kept
 * connection in the very moment it is used; that is no failure of the peer. */
static bool http_client_goes_on(struct http_client *c)
{
    bool used = c->used, sent = c->sent;

    if (c->answer.status)
        return false;
    http_client_disconnect(c);
    if (used && !c->late) {
        http_client_connect(c);
        return true;
    }
    c->late = false;
    if (sent || !c->address || !c->address->ai_next)
        return false;
    c->address = c->address->ai_next;
    http_client_open(c);
    return true;
}

static void http_client_on_over(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct http_client *c = argument;

    if (http_client_goes_on(c))
        return;
    /* A peer that answered before it had everything: the rest of the body is not ours to keep. */
    if (c->dropped || (c->bev && evbuffer_get_length(bufferevent_get_output(c->bev))))
        http_client_disconnect(c);
    http_client_forget_addresses(c);
    evtimer_del(c->timer); /* evhttp empties its buffer at the end, which looks like progress */
    c->used = c->connection != NULL;
    c->busy = false;
    c->answer.text = c->text;
    c->config.done(c->config.argument, &c->answer);
}

struct http_client *http_client_new(const struct http_client_config *config)
{
    struct http_client *c = xcalloc(1, sizeof(*c));

    c->config = *config;
    c->timer = evtimer_new(config->base, http_client_on_timer, c);
    c->over = evtimer_new(config->base, http_client_on_over, c);
    if (c->timer && c->over)
        return c;
    http_client_free(c);
    return NULL;
}

void http_client_free(struct http_client *client)
{
    if (!client)
        return;
    client->busy = false;
    resolve_cancel(client->resolve);
    http_client_disconnect(client);
    http_client_forget_addresses(client);
    if (client->timer)
        event_free(client->timer);
    if (client->over)
        event_free(client->over);
    free(client);
}

void http_client_post(struct http_client *client, const char *body, size_t len)
{
    struct http_client *c = client;

    c->body = body;
    c->len = len;
    c->busy = true;
    c->late = false;
    c->answer = (struct http_answer){0};
    c->text[0] = '\0';
    if (c->connection && !c->dropped && !evbuffer_get_length(bufferevent_get_input(c->bev)))
        http_client_send(c);
    else
        http_client_connect(c);
}

bool http_client_is_busy(const struct http_client *client)
{
    return client->busy;
}
