/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream to a peer by TCP, with TLS if wished. */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "output/backoff.h"
#include "output/output.h"
#include "output/queue.h"
#include "output/target.h"
#include "output/tcp_dial.h"
#include "output/tcp_flow.h"
#include "output/tls.h"

#define TCP_READ_MAX (64u * 1024) /* of what a peer says, which nobody wants to know */
/* While the end waits, there is no time for long pauses. */
#define TCP_LAST_RETRY_S 0.5
/* For the peer to close, after all was sent and this side has. */
#define TCP_END_S 1.0

struct tcp {
    struct output_config config;
    struct target target;
    char name[300]; /* for messages */
    struct tls *tls;
    struct queue *queue;
    struct backoff backoff;
    struct complaint away;
    struct event *retry, *look, *deadline;
    struct tcp_dial *dial;   /* while it connects, */
    struct bufferevent *bev; /* and once it is connected; */
    struct tcp_flow *flow;   /* with it */
    bool finishing;
    bool half_closed; /* the connection is closed to this side's data */
    bool finished;
};

static void tcp_set_timer(struct event *event, double seconds)
{
    struct timeval time = clock_timeval(seconds);

    event_add(event, &time);
}

/* Never from within finish(). */
static void tcp_finished(struct tcp *o)
{
    if (o->finished)
        return;
    o->finished = true;
    event_del(o->retry);
    event_del(o->look);
    event_del(o->deadline);
    o->config.finished(o->config.argument);
}

/* Lets the connection go; a reset tells the kernels to throw away what is under
 * way, so that it does not arrive in addition to what is sent again. */
static void tcp_disconnect(struct tcp *o, bool reset)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    if (!o->bev)
        return;
    event_del(o->look);
    tcp_flow_free(o->flow);
    o->flow = NULL;
    if (reset)
        setsockopt(bufferevent_getfd(o->bev), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    /* It may live on for a moment, but must not look at the queue's bytes any more. */
    bufferevent_disable(o->bev, EV_READ | EV_WRITE);
    bufferevent_free(o->bev);
    o->bev = NULL;
    o->half_closed = false;
}

static void tcp_retry_later(struct tcp *o)
{
    double pause = backoff_next(&o->backoff);

    if (o->finishing && pause > TCP_LAST_RETRY_S)
        pause = TCP_LAST_RETRY_S;
    tcp_set_timer(o->retry, pause);
}

/* Something has left the queue for good. */
static void tcp_delivered(struct tcp *o)
{
    backoff_reset(&o->backoff);
    complaint_recover(&o->away, "%s: cycles get through again", o->name);
}

/* whole: see tcp_flow_end(). */
static void tcp_lost_connection(struct tcp *o, bool whole, const char *why)
{
    bool all = whole && o->half_closed;

    if (all ? tcp_flow_release(o->flow) : tcp_flow_end(o->flow, whole))
        tcp_delivered(o);
    tcp_disconnect(o, !all);
    queue_rewind(o->queue);
    if (all) {
        tcp_finished(o);
        return;
    }
    complain(&o->away, LOG_WARNING, "%s: %s; connecting again", o->name, why);
    tcp_retry_later(o);
}

static void tcp_on_event(struct bufferevent *bev, short what, void *argument)
{
    struct tcp *o = argument;
    int error = errno;
    char why[160];

    if (what & BEV_EVENT_EOF) {
        tcp_lost_connection(o, true, "it has closed the connection");
        return;
    }
    if (!o->tls || !tls_why(bev, why, sizeof(why)))
        copy_text(why, sizeof(why), strerror(error));
    tcp_lost_connection(o, false, why);
}

static void tcp_on_read(struct bufferevent *bev, void *argument UNUSED)
{
    struct evbuffer *input = bufferevent_get_input(bev);

    evbuffer_drain(input, evbuffer_get_length(input));
}

/* At the end of the run: whether this connection has brought all there is. What
 * waits in a spool is seen only when nothing is held any more. */
static bool tcp_has_sent_all(const struct tcp *o)
{
    return tcp_flow_is_quiet(o->flow) && (!o->config.settings->spool || queue_is_empty(o->queue));
}

static void tcp_half_close(struct tcp *o)
{
    o->half_closed = true;
    if (o->tls)
        tls_end(o->bev);
    shutdown(bufferevent_getfd(o->bev), SHUT_WR);
    tcp_set_timer(o->look, TCP_END_S);
}

/* Moves on what can be moved, and sets the time to look again. */
static void tcp_advance(struct tcp *o)
{
    double pause;

    if (o->half_closed)
        return;
    tcp_flow_fill(o->flow);
    if (o->finishing && tcp_has_sent_all(o)) {
        tcp_half_close(o);
        return;
    }
    pause = tcp_flow_pause(o->flow);
    if (pause >= 0)
        tcp_set_timer(o->look, pause);
    else
        event_del(o->look);
}

static void tcp_on_look(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct tcp *o = argument;
    double timeout = o->config.settings->send_timeout;
    char why[80];

    if (o->half_closed) { /* it keeps its side open: that is its right */
        (void)tcp_flow_release(o->flow);
        tcp_delivered(o);
        tcp_finished(o);
        return;
    }
    if (tcp_flow_look(o->flow))
        tcp_delivered(o);
    if (tcp_flow_stalled(o->flow) >= timeout) {
        snprintf(why, sizeof(why), "it has taken nothing for %.3g s", timeout);
        tcp_lost_connection(o, false, why);
        return;
    }
    tcp_advance(o);
}

static void tcp_on_written(struct bufferevent *bev UNUSED, void *argument)
{
    tcp_advance(argument);
}

static void tcp_on_connected(void *argument, struct bufferevent *bev, const char *error)
{
    struct tcp *o = argument;

    o->dial = NULL;
    if (!bev) {
        complain(&o->away, LOG_WARNING, "%s: %s; trying again", o->name, error);
        tcp_retry_later(o);
        return;
    }
    log_info("%s: connected", o->name);
    o->bev = bev;
    o->flow = tcp_flow_new(bev, o->queue, o->tls, o->config.header);
    bufferevent_setcb(bev, tcp_on_read, tcp_on_written, tcp_on_event, o);
    bufferevent_setwatermark(bev, EV_READ, 0, TCP_READ_MAX);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
    tcp_advance(o);
}

static void tcp_on_retry(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct tcp *o = argument;

    o->dial = tcp_dial_start(o->config.base, &o->target, o->tls, o->config.settings->send_timeout,
                             tcp_on_connected, o);
}

static void tcp_on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    tcp_finished(argument);
}

static void tcp_on_ready(void *argument)
{
    struct tcp *o = argument;

    if (o->bev)
        tcp_advance(o);
}

static int tcp_open_queue(struct tcp *o, struct output_error *error)
{
    const struct output_settings *settings = o->config.settings;
    struct queue_config config = {
        .base = o->config.base,
        .peer = o->name,
        .memory = settings->buffer,
        .spool = settings->spool,
        .spool_size = settings->spool_size,
        .ready = tcp_on_ready,
        .argument = o,
    };
    char name[TARGET_SPOOL_NAME_SIZE];

    target_spool_name(o->config.form, "tcp", &o->target, name);
    config.name = name;
    return queue_new(&config, &o->queue, error);
}

static void tcp_free(struct tcp *o)
{
    if (o->retry)
        event_free(o->retry);
    if (o->look)
        event_free(o->look);
    if (o->deadline)
        event_free(o->deadline);
    tls_free(o->tls);
    free(o);
}

static int tcp_start(struct tcp *o, struct output_error *error)
{
    bool brackets = strchr(o->target.host, ':') != NULL;
    int r = 0;

    snprintf(o->name, sizeof(o->name), "tcp %s%s%s:%s", brackets ? "[" : "", o->target.host,
             brackets ? "]" : "", o->target.port);
    o->retry = evtimer_new(o->config.base, tcp_on_retry, o);
    o->look = evtimer_new(o->config.base, tcp_on_look, o);
    o->deadline = evtimer_new(o->config.base, tcp_on_deadline, o);
    if (!o->retry || !o->look || !o->deadline) {
        snprintf(error->text, sizeof(error->text), "%s: cannot make its timers", o->name);
        return -ENOMEM;
    }
    if (o->config.settings->tls)
        r = tls_new(o->config.settings, &o->tls, error);
    if (r == 0)
        r = tcp_open_queue(o, error);
    if (r == 0)
        tcp_set_timer(o->retry, 0);
    return r;
}

static int tcp_open(const struct output_config *config, struct output **ret,
                    struct output_error *error)
{
    struct tcp *o = xcalloc(1, sizeof(*o));
    int r;

    o->config = *config;
    r = target_parse_address(config->target, NULL, &o->target, error);
    if (r == 0)
        r = tcp_start(o, error);
    if (r < 0) {
        tcp_free(o);
        return r;
    }
    *ret = (struct output *)o;
    return 0;
}

static void tcp_write(struct output *output, struct buf *cycle)
{
    struct tcp *o = (struct tcp *)output;

    queue_push(o->queue, cycle);
    if (o->bev)
        tcp_advance(o);
}

static void tcp_finish(struct output *output)
{
    struct tcp *o = (struct tcp *)output;
    double seconds = o->config.settings->drain_timeout;

    o->finishing = true;
    if (!o->bev && queue_is_empty(o->queue))
        seconds = 0;
    tcp_set_timer(o->deadline, seconds);
    if (o->bev)
        tcp_set_timer(o->look, 0);
    else if (!o->dial)
        tcp_set_timer(o->retry, 0);
}

static uint64_t tcp_lost(const struct output *output)
{
    return queue_lost(((const struct tcp *)output)->queue);
}

static struct output_end tcp_close(struct output *output)
{
    struct tcp *o = (struct tcp *)output;
    struct output_end end = {0};

    tcp_dial_cancel(o->dial);
    if (o->flow) { /* what has arrived is not lost, though the peer may end before it reads it */
        (void)tcp_flow_look(o->flow);
        (void)tcp_flow_release(o->flow);
    }
    tcp_disconnect(o, false);
    end.lost = queue_close(o->queue, &end.hanging);
    tcp_free(o);
    return end;
}

const struct output_ops output_tcp = {
    .name = "tcp",
    .needs_target = true,
    .open = tcp_open,
    .write = tcp_write,
    .finish = tcp_finish,
    .lost = tcp_lost,
    .close = tcp_close,
};
