/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connecting, address by address. */
#include "output/tcp_dial.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "output/resolve.h"
#include "output/target.h"
#include "output/tls.h"

/* For one address to answer, and again for its TLS. */
#define TCP_DIAL_TIMEOUT_S 10
#define TCP_DIAL_PROBES    3

struct tcp_dial {
    struct event_base *base;
    const struct target *target;
    struct tls *tls;
    double timeout;
    tcp_dial_done *done;
    void *argument;
    struct resolve *resolve;           /* while the name is looked up */
    struct addrinfo *addresses, *next; /* all; the one to try next */
    struct event *event;               /* of the socket that connects, or of time */
    int fd;                            /* while it connects; -1 = none */
    struct bufferevent *bev;           /* while it shakes hands */
    char error[256];
};

static void tcp_dial_next(struct tcp_dial *dial);

/* Leaves the address that was tried. */
static void tcp_dial_drop(struct tcp_dial *dial)
{
    if (dial->event)
        event_free(dial->event);
    dial->event = NULL;
    if (dial->fd >= 0)
        close(dial->fd);
    dial->fd = -1;
    if (dial->bev)
        bufferevent_free(dial->bev);
    dial->bev = NULL;
}

void tcp_dial_cancel(struct tcp_dial *dial)
{
    if (!dial)
        return;
    tcp_dial_drop(dial);
    resolve_cancel(dial->resolve);
    if (dial->addresses)
        freeaddrinfo(dial->addresses);
    free(dial);
}

/* Ends with the connection, or with NULL and the last error. */
static void tcp_dial_finish(struct tcp_dial *dial, struct bufferevent *bev)
{
    tcp_dial_done *done = dial->done;
    void *argument = dial->argument;
    char error[sizeof(dial->error)];

    copy_text(error, sizeof(error), dial->error);
    dial->bev = NULL;
    tcp_dial_cancel(dial);
    done(argument, bev, bev ? NULL : error);
}

static void tcp_dial_fail(struct tcp_dial *dial, const char *what, const char *why)
{
    snprintf(dial->error, sizeof(dial->error), "%s: %s", what, why);
    tcp_dial_drop(dial);
    tcp_dial_next(dial);
}

static bool tcp_dial_watch(struct tcp_dial *dial, int fd, short what, event_callback_fn callback)
{
    static const struct timeval timeout = {.tv_sec = TCP_DIAL_TIMEOUT_S};

    dial->event = event_new(dial->base, fd, what, callback, dial);
    return dial->event && event_add(dial->event, &timeout) == 0;
}

static void tcp_dial_on_tls_timeout(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    tcp_dial_fail(argument, "no TLS", "no answer in time");
}

static void tcp_dial_on_tls(struct bufferevent *bev, short what, void *argument)
{
    struct tcp_dial *dial = argument;
    int error = errno;
    char why[128];

    if (what & BEV_EVENT_CONNECTED) {
        bufferevent_disable(bev, EV_READ | EV_WRITE);
        bufferevent_setcb(bev, NULL, NULL, NULL, NULL);
        tcp_dial_finish(dial, bev);
        return;
    }
    if (!tls_why(bev, why, sizeof(why)))
        copy_text(why, sizeof(why),
                  what & BEV_EVENT_EOF ? "the connection was closed" : strerror(error));
    tcp_dial_fail(dial, "no TLS", why);
}

static void tcp_dial_start_tls(struct tcp_dial *dial)
{
    dial->bev = tls_bufferevent(dial->tls, dial->base, dial->fd, dial->target->host);
    if (!dial->bev) {
        tcp_dial_fail(dial, "no TLS", strerror(ENOMEM));
        return;
    }
    dial->fd = -1;
    bufferevent_setcb(dial->bev, NULL, NULL, tcp_dial_on_tls, dial);
    if (!tcp_dial_watch(dial, -1, EV_TIMEOUT, tcp_dial_on_tls_timeout) ||
        bufferevent_enable(dial->bev, EV_READ | EV_WRITE) < 0)
        tcp_dial_fail(dial, "no TLS", strerror(ENOMEM));
}

/* A port of this host that nobody listens to may become the socket's own: then
 * it is connected to itself. */
static bool tcp_dial_is_self(int fd)
{
    struct sockaddr_storage here = {.ss_family = AF_UNSPEC}, there = {.ss_family = AF_UNSPEC};
    socklen_t here_size = sizeof(here), there_size = sizeof(there);

    return getsockname(fd, (struct sockaddr *)&here, &here_size) == 0 &&
           getpeername(fd, (struct sockaddr *)&there, &there_size) == 0 &&
           here_size == there_size && memcmp(&here, &there, here_size) == 0;
}

static void tcp_dial_on_connected(evutil_socket_t fd, short what, void *argument)
{
    struct tcp_dial *dial = argument;
    struct bufferevent *bev;
    int error = 0;
    socklen_t size = sizeof(error);

    if (what & EV_TIMEOUT)
        error = ETIMEDOUT;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    else if (!error && tcp_dial_is_self(fd))
        error = ECONNREFUSED;
    if (error) {
        tcp_dial_fail(dial, "cannot connect", strerror(error));
        return;
    }
    event_free(dial->event);
    dial->event = NULL;
    if (dial->tls) {
        tcp_dial_start_tls(dial);
        return;
    }
    bev = bufferevent_socket_new(dial->base, dial->fd,
                                 BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (!bev) {
        tcp_dial_fail(dial, "cannot connect", strerror(ENOMEM));
        return;
    }
    dial->fd = -1;
    bufferevent_disable(bev, EV_READ | EV_WRITE);
    tcp_dial_finish(dial, bev);
}

static void tcp_dial_set(int fd, int level, int option, int value)
{
    /* A kernel that has none of it is no reason not to send. */
    (void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* A peer that vanished without a word is noticed after `seconds` when data waits
 * for it (TCP_USER_TIMEOUT, in ms), and in about twice the time when none does. */
static void tcp_dial_set_options(int fd, double seconds)
{
    int whole = seconds < 3 ? 3 : seconds > 3600 ? 3600 : (int)seconds;

    tcp_dial_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    tcp_dial_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, whole);
    tcp_dial_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, whole / TCP_DIAL_PROBES);
    tcp_dial_set(fd, IPPROTO_TCP, TCP_KEEPCNT, TCP_DIAL_PROBES);
    tcp_dial_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, whole * 1000);
    tcp_dial_set(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* a cycle is sent in one piece */
}

/* 0 = it is being connected to. */
static int tcp_dial_connect(struct tcp_dial *dial, const struct addrinfo *address)
{
    dial->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (dial->fd < 0)
        return -errno;
    tcp_dial_set_options(dial->fd, dial->timeout);
    if (connect(dial->fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
        return -errno;
    return tcp_dial_watch(dial, dial->fd, EV_WRITE, tcp_dial_on_connected) ? 0 : -ENOMEM;
}

/* Goes on with the next address; without one it ends. */
static void tcp_dial_next(struct tcp_dial *dial)
{
    while (dial->next) {
        const struct addrinfo *address = dial->next;
        int r;

        dial->next = address->ai_next;
        r = tcp_dial_connect(dial, address);
        if (r == 0)
            return;
        snprintf(dial->error, sizeof(dial->error), "cannot connect: %s", strerror(-r));
        tcp_dial_drop(dial);
    }
    tcp_dial_finish(dial, NULL);
}

static void tcp_dial_on_resolved(void *argument, struct addrinfo *addresses, const char *error)
{
    struct tcp_dial *dial = argument;

    dial->resolve = NULL; /* it frees itself */
    dial->addresses = dial->next = addresses;
    if (!addresses)
        snprintf(dial->error, sizeof(dial->error), "cannot find its address: %s", error);
    tcp_dial_next(dial);
}

struct tcp_dial *tcp_dial_start(struct event_base *base, const struct target *target,
                                struct tls *tls, double timeout, tcp_dial_done *done,
                                void *argument)
{
    struct tcp_dial *dial = xcalloc(1, sizeof(*dial));

    *dial = (struct tcp_dial){
        .base = base,
        .target = target,
        .tls = tls,
        .timeout = timeout,
        .done = done,
        .argument = argument,
        .fd = -1,
    };
    dial->resolve =
        resolve_start(base, target->host, target->port, SOCK_STREAM, tcp_dial_on_resolved, dial);
    return dial;
}
