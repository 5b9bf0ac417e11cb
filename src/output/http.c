/* SPDX-License-Identifier: GPL-2.0-or-later */
/* POSTs each cycle to a URL: one request at a time, in order, until it was answered. */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "output/backoff.h"
#include "output/gzip.h"
#include "output/http_client.h"
#include "output/http_headers.h"
#include "output/http_text.h"
#include "output/output.h"
#include "output/queue.h"
#include "output/target.h"
#include "output/tls.h"

/* Beyond what a peer asks for: timers go by a coarse clock, and can be some ms early. */
#define HTTP_RETRY_MARGIN_S 0.1

struct http {
    struct output_config config;
    struct target target;
    char *name; /* the URL without what stands behind '?', which may be a secret */
    struct tls *tls;
    struct http_headers *headers;
    struct http_client *client;
    struct queue *queue;
    struct gzip *gzip;
    struct buf body, packed; /* what is sent, where it is not the record itself */
    struct event *pause;     /* until the next try */
    struct event *end;       /* time to tell that all is delivered, or that there is no use */
    struct backoff backoff;
    bool pausing, told_to; /* between two tries; the peer said how long */
    bool finishing, finished;
    uint64_t refused; /* records */
    struct complaint failure, refusal;
};

static void http_on_end(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct http *o = argument;

    if (o->finished)
        return;
    o->finished = true;
    o->config.finished(o->config.argument);
}

static void http_pause(struct http *o, double seconds)
{
    struct timeval tv = clock_timeval(seconds);

    o->pausing = true;
    evtimer_add(o->pause, &tv);
}

/* The record as it is sent: behind the header, compressed; 0 or -ENOMEM. */
static int http_make_body(struct http *o, const char **data, size_t *len)
{
    int status;

    if (o->config.header[0]) {
        buf_clear(&o->body);
        buf_puts(&o->body, o->config.header);
        buf_add(&o->body, *data, *len);
        *data = o->body.data;
        *len = o->body.len;
    }
    if (!o->gzip)
        return 0;
    status = gzip_data(o->gzip, *data, *len, &o->packed);
    if (status < 0)
        return status;
    *data = o->packed.data;
    *len = o->packed.len;
    return 0;
}

/* Sends the next record, unless one is under way or it is no time for it. */
static void http_go_on(struct http *o)
{
    const char *data;
    size_t len;

    if (o->pausing || http_client_is_busy(o->client))
        return;
    if (!queue_take(o->queue, &data, &len)) {
        if (o->finishing && queue_is_empty(o->queue))
            event_active(o->end, EV_TIMEOUT, 0);
        return;
    }
    if (http_make_body(o, &data, &len) < 0) {
        queue_rewind(o->queue);
        http_pause(o, backoff_next(&o->backoff));
        return;
    }
    http_client_post(o->client, data, len);
}

static void http_on_pause(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct http *o = argument;

    o->pausing = o->told_to = false;
    http_go_on(o);
}

static void http_on_ready(void *argument)
{
    http_go_on(argument);
}

/* The same record again, later. */
static void http_try_later(struct http *o, const struct http_answer *answer)
{
    double seconds = backoff_next(&o->backoff);

    queue_rewind(o->queue);
    o->told_to = answer->has_retry_after && answer->retry_after;
    if (o->told_to)
        seconds = answer->retry_after + HTTP_RETRY_MARGIN_S;
    if (answer->status)
        complain(&o->failure, LOG_WARNING, "%s answers %d%s%s; trying again", o->name,
                 answer->status, answer->text[0] ? ": " : "", answer->text);
    else
        complain(&o->failure, LOG_WARNING, "cannot send to %s: %s; trying again", o->name,
                 answer->text);
    http_pause(o, seconds);
}

static void http_refused(struct http *o, const struct http_answer *answer)
{
    queue_acknowledge(o->queue, 1);
    o->refused++;
    backoff_reset(&o->backoff);
    complain(&o->refusal, LOG_WARNING,
             "%s refuses what it is sent: %d%s%s; such cycles are lost (%llu so far)", o->name,
             answer->status, answer->text[0] ? ": " : "", answer->text,
             (unsigned long long)o->refused);
}

static bool http_is_passing(int status)
{
    return status < 200 || status == 408 || status == 429 || status >= 500;
}

static void http_on_answer(void *argument, const struct http_answer *answer)
{
    struct http *o = argument;

    if (http_is_passing(answer->status)) {
        http_try_later(o, answer);
        return;
    }
    complaint_recover(&o->failure, "%s answers again", o->name);
    if (answer->status < 300) {
        queue_acknowledge(o->queue, 1);
        backoff_reset(&o->backoff);
        complaint_recover(&o->refusal, "%s takes what it is sent again", o->name);
    } else if ((answer->status == 401 || answer->status == 403) && http_headers_renew(o->headers)) {
        queue_rewind(o->queue);
    } else {
        http_refused(o, answer);
    }
    http_go_on(o);
}

static struct output_end http_close(struct output *output)
{
    struct http *o = (struct http *)output;
    struct output_end end = {o->refused, false};

    http_client_free(o->client); /* before the queue, whose bytes it may be sending */
    if (o->queue)
        end.lost += queue_close(o->queue, &end.hanging);
    if (o->pause)
        event_free(o->pause);
    if (o->end)
        event_free(o->end);
    http_headers_free(o->headers);
    tls_free(o->tls);
    gzip_free(o->gzip);
    buf_done(&o->body);
    buf_done(&o->packed);
    free(o->name);
    free(o);
    return end;
}

static int http_open_queue(struct http *o, struct output_error *error)
{
    const struct output_settings *s = o->config.settings;
    char name[TARGET_SPOOL_NAME_SIZE];
    const struct queue_config config = {
        .base = o->config.base,
        .peer = o->name,
        .memory = s->buffer,
        .spool = s->spool,
        .name = name,
        .spool_size = s->spool_size,
        .ready = http_on_ready,
        .argument = o,
    };

    target_spool_name(o->config.form, "http", &o->target, name);
    return queue_new(&config, &o->queue, error);
}

static int http_open_client(struct http *o, struct output_error *error)
{
    const struct http_client_config config = {
        .base = o->config.base,
        .target = &o->target,
        .headers = o->headers,
        .tls = o->tls,
        .content_type = o->config.content_type,
        .gzip = o->gzip != NULL,
        .timeout = o->config.settings->send_timeout,
        .done = http_on_answer,
        .argument = o,
    };

    o->client = http_client_new(&config);
    o->pause = evtimer_new(o->config.base, http_on_pause, o);
    o->end = evtimer_new(o->config.base, http_on_end, o);
    if (o->client && o->pause && o->end)
        return 0;
    snprintf(error->text, sizeof(error->text), "cannot send to %s: out of memory", o->name);
    return -ENOMEM;
}

static int http_open_parts(struct http *o, struct output_error *error)
{
    const struct output_settings *s = o->config.settings;
    int status = target_parse_url(o->config.target, &o->target, error);
    char host[300];

    if (status < 0)
        return status;
    http_put_host(&o->target, host, sizeof(host));
    o->name = xasprintf("%s://%s%.*s", o->target.tls ? "https" : "http", host,
                        (int)strcspn(o->target.path, "?"), o->target.path);
    status = http_headers_new(s, &o->headers, error);
    if (!status && o->target.tls)
        status = tls_new(s, &o->tls, error);
    if (status)
        return status;
    if (s->http_gzip)
        o->gzip = gzip_new();
    status = http_open_client(o, error);
    return status ? status : http_open_queue(o, error);
}

static int http_open(const struct output_config *config, struct output **ret,
                     struct output_error *error)
{
    struct http *o = xcalloc(1, sizeof(*o));
    int status;

    o->config = *config;
    status = http_open_parts(o, error);
    if (status < 0) {
        (void)http_close((struct output *)o);
        return status;
    }
    *ret = (struct output *)o;
    return 0;
}

static void http_write(struct output *output, struct buf *cycle)
{
    struct http *o = (struct http *)output;

    queue_push(o->queue, cycle);
    http_go_on(o);
}

/* The only file that is kept is the token. */
static void http_reopen(struct output *output)
{
    struct http *o = (struct http *)output;

    (void)http_headers_renew(o->headers);
}

static void http_finish(struct output *output)
{
    struct http *o = (struct http *)output;
    struct timeval tv = clock_timeval(o->config.settings->drain_timeout);

    o->finishing = true;
    evtimer_add(o->end, &tv);
    if (o->pausing && !o->told_to) { /* no time to lose */
        backoff_reset(&o->backoff);
        evtimer_del(o->pause);
        o->pausing = false;
    }
    http_go_on(o);
}

static uint64_t http_lost(const struct output *output)
{
    const struct http *o = (const struct http *)output;

    return o->refused + queue_lost(o->queue);
}

const struct output_ops output_http = {
    .name = "http",
    .needs_target = true,
    .open = http_open,
    .write = http_write,
    .reopen = http_reopen,
    .finish = http_finish,
    .lost = http_lost,
    .close = http_close,
};
