/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A web server with the newest cycle: for Prometheus, as JSON, and how it is. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "output/output.h"
#include "output/serve_accept.h"
#include "output/serve_auth.h"
#include "output/serve_clients.h"
#include "output/serve_listen.h"
#include "output/serve_pages.h"

#define SERVE_HEADERS_MAX  8192
#define SERVE_BODY_MAX     1024 /* nobody needs one; it is answered like what it comes with */
#define SERVE_LATE_CYCLES  3 /* after so many cycles without one, and at least so many seconds, */
#define SERVE_LATE_SECONDS 10.0 /* something is wrong */
#define SERVE_METHODS                                                                              \
    (EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE |     \
     EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE | EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH)

struct serve {
    struct output_config config;
    char name[SERVE_NAME_SIZE]; /* "127.0.0.1:9977" */
    struct evhttp *http;
    struct serve_clients *clients;
    struct serve_pages *pages;
    struct serve_auth *auth; /* NULL = everybody may read */
    struct complaint denied;
    struct event *finished;
    struct buf text; /* of an answer that is no page */
};

static void serve_header(struct evhttp_request *request, const char *name, const char *value)
{
    (void)evhttp_add_header(evhttp_request_get_output_headers(request), name, value);
}

static const char *serve_asked(struct evhttp_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request), name);
}

static void serve_size_header(struct evhttp_request *request, size_t size)
{
    char text[24];

    snprintf(text, sizeof(text), "%zu", size);
    serve_header(request, "Content-Length", text);
}

/* Behind the headers that answer HEAD is nothing, which evhttp leaves to us. */
static bool serve_has_body(struct evhttp_request *request)
{
    return evhttp_request_get_command(request) != EVHTTP_REQ_HEAD;
}

/* Answers with serve->text. */
static void serve_answer(struct serve *serve, struct evhttp_request *request, int code,
                         const char *reason, const char *content_type)
{
    struct evbuffer *out = evhttp_request_get_output_buffer(request);

    serve_header(request, "Content-Type", content_type);
    serve_header(request, "Cache-Control", "no-store");
    serve_size_header(request, serve->text.len);
    if (serve_has_body(request))
        (void)evbuffer_add(out, serve->text.data, serve->text.len);
    evhttp_send_reply(request, code, reason, NULL);
}

static void serve_line(struct serve *serve, struct evhttp_request *request, int code,
                       const char *reason, const char *line)
{
    buf_clear(&serve->text);
    buf_puts(&serve->text, line);
    buf_putc(&serve->text, '\n');
    serve_answer(serve, request, code, reason, "text/plain; charset=utf-8");
}

static void serve_page(struct serve *serve, struct evhttp_request *request, enum serve_form form)
{
    bool gzip = serve_accept_gzip(serve_asked(request, "Accept-Encoding"));
    struct serve_page *page;
    int rc = serve_pages_get(serve->pages, form, gzip, &page);

    serve_header(request, "Vary", "Accept, Accept-Encoding");
    if (rc < 0) {
        serve_header(request, "Retry-After", "1");
        serve_line(serve, request, HTTP_SERVUNAVAIL, "Service Unavailable",
                   rc == -ENODATA ? "there was no cycle yet"
                                  : "too many clients are still reading earlier cycles");
        return;
    }
    if (serve_has_body(request))
        rc = serve_page_append(page, evhttp_request_get_output_buffer(request));
    if (rc < 0) {
        serve_line(serve, request, HTTP_INTERNAL, "Internal Server Error", "out of memory");
    } else {
        serve_header(request, "Content-Type", serve_page_content_type(page));
        serve_header(request, "Cache-Control", "no-store");
        if (serve_page_is_gzip(page))
            serve_header(request, "Content-Encoding", "gzip");
        serve_size_header(request, serve_page_size(page));
        evhttp_send_reply(request, HTTP_OK, "OK", NULL);
    }
    serve_page_unref(page);
}

static void serve_metrics(struct serve *serve, struct evhttp_request *request)
{
    bool openmetrics = serve_accept_openmetrics(serve_asked(request, "Accept"));

    serve_page(serve, request, openmetrics ? SERVE_OPENMETRICS : SERVE_METRICS);
}

static void serve_json(struct serve *serve, struct evhttp_request *request)
{
    serve_page(serve, request, SERVE_JSON);
}

static void serve_health(struct serve *serve, struct evhttp_request *request)
{
    const struct frame *frame = serve_pages_frame(serve->pages);
    double late = serve->config.pages->interval * SERVE_LATE_CYCLES, age;
    bool good;

    if (!frame) {
        serve_line(serve, request, HTTP_SERVUNAVAIL, "Service Unavailable",
                   "there was no cycle yet");
        return;
    }
    age = mono_seconds_between(frame->at, clock_mono(&clock_system));
    good = age <= (late > SERVE_LATE_SECONDS ? late : SERVE_LATE_SECONDS);
    buf_clear(&serve->text);
    buf_puts(&serve->text, good ? "ok, last cycle " : "late, last cycle ");
    buf_put_fixed(&serve->text, age > 0 ? age : 0, 1);
    buf_puts(&serve->text, " s ago\n");
    serve_answer(serve, request, good ? HTTP_OK : HTTP_SERVUNAVAIL,
                 good ? "OK" : "Service Unavailable", "text/plain; charset=utf-8");
}

static void serve_index(struct serve *serve, struct evhttp_request *request)
{
    const char *title = log_name();

    buf_clear(&serve->text);
    buf_printf(&serve->text,
               "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
               "<title>%s</title></head>\n<body>\n<h1>%s " PROXTOP_VERSION "</h1>\n<ul>\n",
               title, title);
    buf_puts(&serve->text,
             "<li><a href=\"/metrics\">/metrics</a>: the last cycle for Prometheus</li>\n"
             "<li><a href=\"/json\">/json</a>: the last cycle as JSON</li>\n"
             "<li><a href=\"/healthz\">/healthz</a>: whether cycles come</li>\n"
             "</ul>\n</body></html>\n");
    serve_answer(serve, request, HTTP_OK, "OK", "text/html; charset=utf-8");
}

/* Answers those who may not read; false = they may. */
static bool serve_denies(struct serve *serve, struct evhttp_request *request)
{
    const char *authorization = serve_asked(request, "Authorization");
    enum serve_verdict verdict;
    char *peer = NULL, realm[80];
    uint16_t port = 0;

    if (!serve->auth)
        return false;
    verdict = serve_auth_check(serve->auth, authorization, clock_mono(&clock_system));
    if (verdict == SERVE_ALLOWED)
        return false;
    if (verdict == SERVE_LATER) {
        serve_header(request, "Retry-After", "1");
        serve_line(serve, request, 429, "Too Many Requests", "too many passwords at a time");
        return true;
    }
    if (authorization) {
        evhttp_connection_get_peer(evhttp_request_get_connection(request), &peer, &port);
        complain(&serve->denied, LOG_WARNING, "a client of '%s', %s, has no right to read",
                 serve->name, peer ? peer : "?");
    }
    snprintf(realm, sizeof(realm), "Basic realm=\"%s\", charset=\"UTF-8\"", log_name());
    serve_header(request, "WWW-Authenticate", realm);
    serve_line(serve, request, 401, "Unauthorized", "this needs a name and a password");
    return true;
}

static void serve_route(struct serve *serve, struct evhttp_request *request)
{
    static const struct {
        const char *path;
        void (*handle)(struct serve *serve, struct evhttp_request *request);
    } routes[] = {{"/metrics", serve_metrics},
                  {"/json", serve_json},
                  {"/healthz", serve_health},
                  {"/", serve_index}};
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;

    for (size_t i = 0; path && i < ARRAY_SIZE(routes); i++) {
        if (strcmp(path, routes[i].path) == 0) {
            routes[i].handle(serve, request);
            return;
        }
    }
    serve_line(serve, request, HTTP_NOTFOUND, "Not Found",
               "there are /metrics, /json, /healthz and /");
}

static struct bufferevent *serve_bufferevent(struct evhttp_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);

    return connection ? evhttp_connection_get_bufferevent(connection) : NULL;
}

static void serve_on_answered(struct evhttp_request *request, void *argument)
{
    struct serve *serve = argument;

    serve_clients_answered(serve->clients, serve_bufferevent(request));
}

static void serve_on_request(struct evhttp_request *request, void *argument)
{
    struct serve *serve = argument;
    enum evhttp_cmd_type method = evhttp_request_get_command(request);

    serve_clients_asked(serve->clients, serve_bufferevent(request));
    evhttp_request_set_on_complete_cb(request, serve_on_answered, serve);
    serve_header(request, "X-Content-Type-Options", "nosniff");
    if (serve_denies(serve, request))
        return;
    if (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD) {
        serve_route(serve, request);
        return;
    }
    serve_header(request, "Allow", "GET, HEAD");
    serve_line(serve, request, HTTP_BADMETHOD, "Method Not Allowed", "allowed: GET, HEAD");
}

static void serve_on_finished(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct serve *serve = argument;

    serve->config.finished(serve->config.argument);
}

static void serve_finish(struct output *output)
{
    struct serve *serve = (struct serve *)output;

    serve_clients_stop(serve->clients);
    event_active(serve->finished, EV_TIMEOUT, 0);
}

/* Whatever there is of it. */
static void serve_free(struct serve *serve)
{
    if (serve->clients)
        serve_clients_stop(serve->clients);
    if (serve->http)
        evhttp_free(serve->http);
    serve_clients_free(serve->clients);
    if (serve->finished)
        event_free(serve->finished);
    serve_pages_free(serve->pages);
    serve_auth_free(serve->auth);
    buf_done(&serve->text);
    free(serve);
}

static struct output_end serve_close(struct output *output)
{
    serve_free((struct serve *)output);
    return (struct output_end){0};
}

/* Takes over the listening socket. */
static int serve_start(struct serve *serve, int fd, struct output_error *error)
{
    struct event_base *base = serve->config.base;

    serve->pages = serve_pages_new(serve->config.pages);
    serve->http = evhttp_new(base);
    serve->finished = event_new(base, -1, 0, serve_on_finished, serve);
    if (serve->http)
        serve->clients =
            serve_clients_new(base, serve->http, fd, serve_clients_most(), serve->name);
    else
        close(fd);
    if (!serve->clients || !serve->finished) {
        snprintf(error->text, sizeof(error->text), "cannot serve at '%s': out of memory",
                 serve->name);
        return -ENOMEM;
    }
    evhttp_set_max_headers_size(serve->http, SERVE_HEADERS_MAX);
    evhttp_set_max_body_size(serve->http, SERVE_BODY_MAX);
    evhttp_set_allowed_methods(serve->http, SERVE_METHODS);
    evhttp_set_default_content_type(serve->http, "text/html; charset=utf-8");
    evhttp_set_gencb(serve->http, serve_on_request, serve);
    return 0;
}

static int serve_open(const struct output_config *config, struct output **ret,
                      struct output_error *error)
{
    struct serve *serve = xcalloc(1, sizeof(*serve));
    const char *auth_file = config->settings->serve_auth_file;
    bool loopback = true;
    int fd, rc = 0;

    serve->config = *config;
    if (auth_file)
        rc = serve_auth_new(auth_file, &serve->auth, error->text, sizeof(error->text));
    if (!rc) {
        fd = rc = serve_listen(config->target, serve->name, &loopback, error);
        if (fd >= 0)
            rc = serve_start(serve, fd, error);
    }
    if (rc < 0) {
        serve_free(serve);
        return rc;
    }
    if (!loopback && !auth_file)
        log_notice("everybody who can reach %s can read what is served there; --serve-auth-file "
                   "limits it",
                   serve->name);
    *ret = (struct output *)serve;
    return 0;
}

static void serve_show(struct output *output, struct frame *frame)
{
    serve_pages_show(((struct serve *)output)->pages, frame);
}

static void serve_reopen(struct output *output)
{
    struct serve *serve = (struct serve *)output;

    if (serve->auth)
        serve_auth_reload(serve->auth);
}

static uint64_t serve_lost(const struct output *output UNUSED)
{
    return 0;
}

const struct output_ops output_serve = {
    .name = "serve",
    .open = serve_open,
    .show = serve_show,
    .reopen = serve_reopen,
    .finish = serve_finish,
    .lost = serve_lost,
    .close = serve_close,
};
