/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UDP: datagrams of whole lines. Nobody tells whether they arrive; what is
 * counted as lost is what was never sent.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "output/backoff.h"
#include "output/output.h"
#include "output/queue.h"
#include "output/resolve.h"
#include "output/target.h"

#define UDP_LONGEST   65507u /* what IPv4 can carry */
#define UDP_LOOK_S    180.0  /* between look-ups of a name that works */
#define UDP_AT_ONCE   256    /* datagrams before others on the loop have their turn */
#define UDP_TRIES_MAX 3      /* of a datagram that finds what was told of the one before it */
#define UDP_ROOM_S    0.05   /* until a kernel without memory is asked again */
/* Records in a row that were sent whole after one that was not, until that is told to be over: a
 * round of profiles is several records, and one VM's profile too long in one of them each time. */
#define UDP_FITTING 1000

struct udp {
    struct output_config config;
    struct target target;
    struct queue *queue;
    struct event *pump;     /* sends */
    struct event *look;     /* looks the name up */
    struct event *deadline; /* of finish() */
    struct event *room;     /* of fd */
    struct resolve *resolve;
    struct addrinfo *addresses;
    unsigned first; /* of them, the one to begin with */
    int fd;         /* -1 = none */
    bool look_soon; /* the next look-up is due for a failure */
    struct backoff backoff;

    const char *record; /* being sent; NULL = none */
    size_t len, sent;
    size_t header;        /* bytes of the header that have not gone out */
    bool header_now;      /* they went with this record */
    struct buf beginning; /* the datagram with the header */
    unsigned turns;       /* addresses that refused this record */
    bool refused;         /* something was, while this record was sent */
    bool hurt;            /* a part of this record was left out */
    uint64_t lost;        /* records of which a part was left out */
    unsigned fitting;     /* whole records since the last one of those, UDP_FITTING at most */
    bool finishing, finished;
    struct complaint lookup, failure, too_long;
};

static void udp_in(struct event *event, double seconds)
{
    struct timeval time = clock_timeval(seconds);

    event_add(event, &time);
}

/* Looks the name up again when the pause after a failure is over. */
static void udp_look_soon(struct udp *u)
{
    if (u->look_soon || u->resolve)
        return;
    u->look_soon = true;
    udp_in(u->look, backoff_next(&u->backoff));
}

static void udp_close_socket(struct udp *u)
{
    if (u->room)
        event_free(u->room);
    if (u->fd >= 0)
        close(u->fd);
    u->room = NULL;
    u->fd = -1;
}

static void udp_on_room(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct udp *u = argument;

    event_active(u->pump, EV_TIMEOUT, 0);
}

static unsigned udp_count(const struct udp *u)
{
    unsigned count = 0;

    for (const struct addrinfo *a = u->addresses; a; a = a->ai_next)
        count++;
    return count;
}

static const struct addrinfo *udp_address(const struct udp *u, unsigned i)
{
    const struct addrinfo *a = u->addresses;

    for (i %= udp_count(u); i; i--)
        a = a->ai_next;
    return a;
}

/* A socket for the first address that there is a way to, from u->first on.
 * 0 or -errno. */
static int udp_connect(struct udp *u)
{
    unsigned count = udp_count(u);
    int error = EADDRNOTAVAIL;

    udp_close_socket(u);
    for (unsigned i = 0; i < count; i++) {
        const struct addrinfo *a = udp_address(u, u->first);

        u->fd = socket(a->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
        if (u->fd >= 0 && connect(u->fd, a->ai_addr, a->ai_addrlen) == 0) {
            u->room = event_new(u->config.base, u->fd, EV_WRITE, udp_on_room, u);
            if (u->room)
                return 0;
            errno = ENOMEM;
        }
        error = errno;
        udp_close_socket(u);
        u->first++;
    }
    return -error;
}

/* Nothing can be sent by this socket: what waits stays until another look-up. */
static void udp_fail(struct udp *u, int error)
{
    complain(&u->failure, LOG_WARNING, "cannot send to udp %s: %s; trying again", u->config.target,
             strerror(error));
    udp_close_socket(u);
    u->first++;
    udp_look_soon(u);
}

/* Whether the socket's address is still one of the name's; u->first is its place. */
static bool udp_is_current(struct udp *u)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof(peer);
    unsigned i = 0;

    if (u->fd < 0 || getpeername(u->fd, (struct sockaddr *)&peer, &len) < 0)
        return false;
    for (const struct addrinfo *a = u->addresses; a; a = a->ai_next, i++) {
        if (a->ai_addrlen == len && memcmp(a->ai_addr, &peer, len) == 0) {
            u->first = i;
            return true;
        }
    }
    return false;
}

static void udp_on_resolved(void *argument, struct addrinfo *addresses, const char *error)
{
    struct udp *u = argument;
    int r = 0;

    u->resolve = NULL;
    if (!addresses) {
        complain(&u->lookup, LOG_WARNING, "cannot find the address of udp %s: %s; trying again",
                 u->config.target, error);
        udp_look_soon(u);
        return;
    }
    complaint_recover(&u->lookup, "the address of udp %s is found", u->config.target);
    if (u->addresses)
        freeaddrinfo(u->addresses);
    u->addresses = addresses;
    if (!udp_is_current(u))
        r = udp_connect(u);
    if (r < 0) {
        udp_fail(u, -r);
        return;
    }
    udp_in(u->look, UDP_LOOK_S);
    event_active(u->pump, EV_TIMEOUT, 0);
}

static void udp_on_look(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct udp *u = argument;

    u->look_soon = false;
    if (!u->resolve)
        u->resolve = resolve_start(u->config.base, u->target.host, u->target.port, SOCK_DGRAM,
                                   udp_on_resolved, u);
}

/* As many whole lines as `limit` bytes hold, or one that is longer. */
static size_t udp_pack(const char *data, size_t len, size_t limit)
{
    size_t packed = 0;

    while (packed < len) {
        const char *newline = memchr(data + packed, '\n', len - packed);
        size_t end = newline ? (size_t)(newline + 1 - data) : len;

        if (packed && end > limit)
            break;
        packed = end;
    }
    return packed;
}

/* What goes into the next datagram: *ret_header bytes of the header, and then
 * *ret_lines of the record. */
static void udp_plan(const struct udp *u, size_t *ret_header, size_t *ret_lines)
{
    size_t limit = u->config.settings->datagram, header = u->header;
    size_t room = header < limit ? limit - header : 1;
    size_t lines = udp_pack(u->record + u->sent, u->len - u->sent, room);

    *ret_header = header;
    *ret_lines = header && header + lines > limit ? 0 : lines;
}

static ssize_t udp_send_once(struct udp *u, size_t header, size_t lines)
{
    if (!header)
        return send(u->fd, u->record + u->sent, lines, MSG_NOSIGNAL);
    buf_clear(&u->beginning);
    buf_add(&u->beginning, u->config.header, header);
    buf_add(&u->beginning, u->record + u->sent, lines);
    return send(u->fd, u->beginning.data, u->beginning.len, MSG_NOSIGNAL);
}

static void udp_leave_out(struct udp *u, size_t bytes)
{
    u->hurt = true;
    complain(&u->too_long, LOG_WARNING,
             "udp %s: a record of %zu bytes is too long for a datagram and is left out",
             u->config.target, bytes);
}

/* Nobody listens. The record goes to the name's next address, from its
 * beginning, if there is one that has not refused it. */
static bool udp_turn(struct udp *u)
{
    complain(&u->failure, LOG_WARNING, "nobody listens at udp %s; sending on", u->config.target);
    u->refused = true;
    if (u->turns + 1 >= udp_count(u)) {
        udp_look_soon(u);
        return false;
    }
    u->turns++;
    u->first++;
    u->sent = 0;
    if (u->header_now)
        u->header = strlen(u->config.header);
    u->header_now = false;
    if (udp_connect(u) < 0)
        udp_fail(u, ECONNREFUSED);
    return true;
}

/* 0, EMSGSIZE if it is too long, ERESTART if the record begins again, or why it
 * was not sent. A refusal is told of the datagram before this one. */
static int udp_send_again(struct udp *u, size_t header, size_t lines)
{
    int error = header + lines > UDP_LONGEST ? EMSGSIZE : ECONNREFUSED;

    for (unsigned tries = 0; error == ECONNREFUSED && tries < UDP_TRIES_MAX; tries++) {
        error = udp_send_once(u, header, lines) < 0 ? errno : 0;
        if (error == ECONNREFUSED && udp_turn(u))
            return ERESTART;
    }
    return error == ECONNREFUSED ? 0 : error;
}

/* Sends the next datagram. 0 = go on; -errno = not now. */
static int udp_send_next(struct udp *u)
{
    size_t header, lines;
    int error;

    udp_plan(u, &header, &lines);
    error = udp_send_again(u, header, lines);
    if (error == ERESTART || error == EINTR)
        return 0;
    if (error == EMSGSIZE)
        udp_leave_out(u, header + lines);
    else if (error)
        return -error;
    u->sent += lines;
    u->header -= header;
    u->header_now |= header > 0;
    return 0;
}

/* What is known at once of the record's last datagram. */
static bool udp_is_refused(const struct udp *u)
{
    int error = 0;
    socklen_t len = sizeof(error);

    return getsockopt(u->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == ECONNREFUSED;
}

static void udp_record_done(struct udp *u)
{
    if (udp_is_refused(u) && udp_turn(u))
        return;
    if (!u->refused) {
        complaint_recover(&u->failure, "sending to udp %s works again", u->config.target);
        backoff_reset(&u->backoff);
    }
    if (u->hurt) {
        u->lost++;
        u->fitting = 0;
    } else if (u->fitting < UDP_FITTING && ++u->fitting == UDP_FITTING) {
        complaint_recover(&u->too_long, "records for udp %s fit again", u->config.target);
    }
    u->record = NULL;
    u->header_now = false;
    queue_acknowledge(u->queue, 1);
}

static bool udp_take(struct udp *u)
{
    if (u->record)
        return true;
    if (!queue_take(u->queue, &u->record, &u->len))
        return false;
    u->sent = 0;
    u->turns = 0;
    u->refused = u->hurt = false;
    return true;
}

static void udp_endure(struct udp *u, int error)
{
    if (error == EAGAIN)
        event_add(u->room, NULL);
    else if (error == ENOBUFS || error == ENOMEM)
        udp_in(u->pump, UDP_ROOM_S);
    else if (u->fd >= 0)
        udp_fail(u, error);
}

static void udp_finish_now(struct udp *u)
{
    if (!u->finishing || u->finished)
        return;
    u->finished = true;
    u->config.finished(u->config.argument);
}

static void udp_on_pump(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct udp *u = argument;
    int r = 0;

    for (unsigned i = 0; r == 0 && u->fd >= 0 && i < UDP_AT_ONCE; i++) {
        if (!udp_take(u)) {
            udp_finish_now(u); /* last: it may close all */
            return;
        }
        r = udp_send_next(u);
        if (r == 0 && u->sent == u->len)
            udp_record_done(u);
    }
    if (r < 0)
        udp_endure(u, -r);
    else if (u->fd >= 0)
        event_active(u->pump, EV_TIMEOUT, 0);
    else if (queue_is_empty(u->queue))
        udp_finish_now(u);
}

static void udp_on_ready(void *argument)
{
    struct udp *u = argument;

    event_active(u->pump, EV_TIMEOUT, 0);
}

static void udp_on_deadline(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    udp_finish_now(argument);
}

static struct output_end udp_close(struct output *output)
{
    struct udp *u = (struct udp *)output;
    struct output_end end = {.lost = u->lost};

    resolve_cancel(u->resolve);
    if (u->queue)
        end.lost += queue_close(u->queue, &end.hanging);
    udp_close_socket(u);
    for (size_t i = 0; i < 3; i++) {
        struct event *events[] = {u->pump, u->look, u->deadline};

        if (events[i])
            event_free(events[i]);
    }
    if (u->addresses)
        freeaddrinfo(u->addresses);
    buf_done(&u->beginning);
    if (!end.hanging)
        free(u);
    return end;
}

static int udp_open(const struct output_config *config, struct output **ret,
                    struct output_error *error)
{
    struct udp *u = xcalloc(1, sizeof(*u));
    char *peer = xasprintf("udp %s", config->target);
    struct queue_config queue = {
        .base = config->base,
        .peer = peer,
        .memory = config->settings->buffer,
        .name = "udp",
        .ready = udp_on_ready,
        .argument = u,
    };
    int r = target_parse_address(config->target, NULL, &u->target, error);

    u->config = *config;
    u->fd = -1;
    u->header = strlen(config->header);
    u->pump = event_new(config->base, -1, 0, udp_on_pump, u);
    u->look = event_new(config->base, -1, 0, udp_on_look, u);
    u->deadline = event_new(config->base, -1, 0, udp_on_deadline, u);
    if (r == 0 && (!u->pump || !u->look || !u->deadline)) {
        snprintf(error->text, sizeof(error->text), "no memory for udp %s", config->target);
        r = -ENOMEM;
    }
    if (r == 0)
        r = queue_new(&queue, &u->queue, error);
    free(peer);
    if (r < 0) {
        (void)udp_close((struct output *)u);
        return r;
    }
    udp_on_look(-1, 0, u);
    *ret = (struct output *)u;
    return 0;
}

static void udp_write(struct output *output, struct buf *cycle)
{
    struct udp *u = (struct udp *)output;

    queue_push(u->queue, cycle);
    if (u->fd >= 0 && !event_pending(u->room, EV_WRITE, NULL))
        event_active(u->pump, EV_TIMEOUT, 0);
}

static void udp_finish(struct output *output)
{
    struct udp *u = (struct udp *)output;

    u->finishing = true;
    event_active(u->pump, EV_TIMEOUT, 0);
    udp_in(u->deadline, u->config.settings->drain_timeout);
}

static uint64_t udp_lost(const struct output *output)
{
    const struct udp *u = (const struct udp *)(const void *)output;

    return u->lost + queue_lost(u->queue);
}

static size_t udp_longest(const struct output_settings *settings)
{
    return settings->datagram;
}

const struct output_ops output_udp = {
    .name = "udp",
    .needs_target = true,
    .longest = udp_longest,
    .open = udp_open,
    .write = udp_write,
    .finish = udp_finish,
    .lost = udp_lost,
    .close = udp_close,
};
