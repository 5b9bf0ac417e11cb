/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting and limiting the connections of an evhttp. */
#include "output/serve_clients.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"

#define CLIENTS_MAX         256
#define CLIENTS_MIN         4
#define CLIENTS_FILES_EACH  16 /* of the descriptors, one of so many is for clients */
#define CLIENTS_INPUT_MAX   (16u * 1024)
#define CLIENTS_REFUSALS    32 /* at a time */
#define CLIENTS_SWEEP_S     1
#define CLIENTS_UNCOUNTED_S 5

struct serve_client {
    struct bufferevent *bev;
    struct mono since;
    bool asked;
};

enum clients_state {
    CLIENTS_LISTEN,
    CLIENTS_REFUSE, /* all places are taken */
    CLIENTS_PAUSE,  /* connections cannot be taken: until the next sweep */
    CLIENTS_STOPPED,
};

struct serve_clients {
    struct event_base *base;
    struct evhttp *http;
    struct evhttp_bound_socket *bound;
    struct evconnlistener *listener;
    struct event *sweep;  /* while there are clients */
    struct event *refuse; /* on the listener's socket, instead of the listener */
    enum clients_state state;
    const char *name;
    struct complaint full, failing;
    size_t most, count;
    struct serve_client list[];
};

size_t serve_clients_most(void)
{
    struct rlimit limit;
    rlim_t most;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return CLIENTS_MIN;
    /* The soft limit is raised to the hard one at the start. */
    most = limit.rlim_max / CLIENTS_FILES_EACH;
    return most < CLIENTS_MIN ? CLIENTS_MIN : most > CLIENTS_MAX ? CLIENTS_MAX : (size_t)most;
}

/* evhttp sees the end of the connection and frees it. One that does not take
 * its answer gets a reset, else the kernel would keep the rest of it. */
static void clients_cut(const struct serve_client *client)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    evutil_socket_t fd = bufferevent_getfd(client->bev);

    if (fd < 0)
        return;
    if (client->asked)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    (void)shutdown(fd, SHUT_RDWR);
}

/* Drops what has ended and ends what takes too long. */
static void clients_sweep(struct serve_clients *clients)
{
    struct mono now = clock_mono(&clock_system);

    for (size_t i = 0; i < clients->count;) {
        struct serve_client *client = &clients->list[i];

        if (bufferevent_decref(client->bev)) { /* it was the last one */
            *client = clients->list[--clients->count];
            continue;
        }
        bufferevent_incref(client->bev);
        if (mono_seconds_between(client->since, now) >
            (client->asked ? SERVE_TAKE_S : SERVE_ASK_S)) {
            clients_cut(client);
            client->since = now;
        }
        i++;
    }
}

/* The events go first: they are on the descriptor that the listener watches. */
static void clients_set_state(struct serve_clients *clients, enum clients_state state)
{
    if (clients->state == state || clients->state == CLIENTS_STOPPED)
        return;
    if (clients->state == CLIENTS_REFUSE)
        event_del(clients->refuse);
    if (clients->state == CLIENTS_LISTEN)
        evconnlistener_disable(clients->listener);
    clients->state = state;
    if (state == CLIENTS_LISTEN)
        evconnlistener_enable(clients->listener);
    else if (state == CLIENTS_REFUSE)
        event_add(clients->refuse, NULL);
}

static void clients_arm(struct serve_clients *clients)
{
    static const struct timeval pause = {.tv_sec = CLIENTS_SWEEP_S};

    if (!evtimer_pending(clients->sweep, NULL))
        evtimer_add(clients->sweep, &pause);
}

static void clients_on_sweep(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct serve_clients *clients = argument;

    clients_sweep(clients);
    if (clients->count < clients->most)
        clients_set_state(clients, CLIENTS_LISTEN);
    if (clients->count * 2 < clients->most)
        complaint_recover(&clients->full, "'%s' has room for clients again", clients->name);
    if (clients->count)
        clients_arm(clients);
}

static void clients_on_accept_error(struct evconnlistener *listener UNUSED, void *argument)
{
    struct serve_clients *clients = argument;

    complain(&clients->failing, LOG_WARNING, "cannot take a connection to '%s': %s", clients->name,
             strerror(errno));
    clients_set_state(clients, CLIENTS_PAUSE);
    clients_arm(clients);
}

static void clients_on_refuse(evutil_socket_t fd, short what UNUSED, void *argument)
{
    static const char full[] = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
                               "Retry-After: 1\r\nContent-Length: 0\r\n\r\n";
    struct serve_clients *clients = argument;

    clients_sweep(clients);
    if (clients->count < clients->most) {
        clients_set_state(clients, CLIENTS_LISTEN);
        return;
    }
    complain(&clients->full, LOG_WARNING, "'%s' serves %zu clients already: more are turned away",
             clients->name, clients->count);
    for (unsigned i = 0; i < CLIENTS_REFUSALS; i++) {
        int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (client < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
                clients_on_accept_error(NULL, clients);
            return;
        }
        (void)send(client, full, sizeof(full) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(client);
    }
}

/* evhttp has taken a connection and asks for its bufferevent. */
static struct bufferevent *clients_on_new(struct event_base *base, void *argument)
{
    static const struct timeval uncounted = {.tv_sec = CLIENTS_UNCOUNTED_S};
    struct serve_clients *clients = argument;
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (!bev)
        return NULL;
    /* Also while an answer is written, evhttp reads, and would read on for ever. */
    bufferevent_setwatermark(bev, EV_READ, 0, CLIENTS_INPUT_MAX);
    complaint_recover(&clients->failing, "'%s' takes connections again", clients->name);
    clients_sweep(clients);
    if (clients->count >= clients->most) { /* a listener that goes on after it was disabled */
        bufferevent_set_timeouts(bev, &uncounted, &uncounted);
        clients_set_state(clients, CLIENTS_REFUSE);
        return bev;
    }
    bufferevent_incref(bev);
    clients->list[clients->count++] =
        (struct serve_client){.bev = bev, .since = clock_mono(&clock_system)};
    clients_arm(clients);
    if (clients->count == clients->most)
        clients_set_state(clients, CLIENTS_REFUSE);
    return bev;
}

static bool clients_listen(struct serve_clients *clients, int fd)
{
    clients->listener = evconnlistener_new(clients->base, NULL, NULL,
                                           LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (!clients->listener) {
        close(fd);
        return false;
    }
    evconnlistener_set_error_cb(clients->listener, clients_on_accept_error);
    clients->bound = evhttp_bind_listener(clients->http, clients->listener);
    if (clients->bound)
        return true;
    evconnlistener_free(clients->listener);
    return false;
}

struct serve_clients *serve_clients_new(struct event_base *base, struct evhttp *http, int fd,
                                        size_t most, const char *name)
{
    struct serve_clients *clients = xcalloc(1, sizeof(*clients) + most * sizeof(clients->list[0]));

    clients->base = base;
    clients->http = http;
    clients->most = most;
    clients->name = name;
    clients->sweep = evtimer_new(base, clients_on_sweep, clients);
    clients->refuse = event_new(base, fd, EV_READ | EV_PERSIST, clients_on_refuse, clients);
    if (clients_listen(clients, fd) && clients->sweep && clients->refuse) {
        evhttp_set_bevcb(http, clients_on_new, clients);
        return clients;
    }
    serve_clients_stop(clients);
    serve_clients_free(clients);
    return NULL;
}

void serve_clients_stop(struct serve_clients *clients)
{
    if (clients->refuse)
        event_del(clients->refuse);
    clients->state = CLIENTS_STOPPED;
    if (clients->bound)
        evhttp_del_accept_socket(clients->http, clients->bound);
    clients->bound = NULL;
    clients->listener = NULL;
}

void serve_clients_free(struct serve_clients *clients)
{
    if (!clients)
        return;
    for (size_t i = 0; i < clients->count; i++)
        (void)bufferevent_decref(clients->list[i].bev);
    if (clients->sweep)
        event_free(clients->sweep);
    if (clients->refuse)
        event_free(clients->refuse);
    free(clients);
}

static void clients_mark(struct serve_clients *clients, const struct bufferevent *bev, bool asked)
{
    for (size_t i = 0; i < clients->count; i++) {
        if (clients->list[i].bev == bev) {
            clients->list[i].since = clock_mono(&clock_system);
            clients->list[i].asked = asked;
        }
    }
}

void serve_clients_asked(struct serve_clients *clients, const struct bufferevent *bev)
{
    clients_mark(clients, bev, true);
}

void serve_clients_answered(struct serve_clients *clients, const struct bufferevent *bev)
{
    clients_mark(clients, bev, false);
}

size_t serve_clients_count(struct serve_clients *clients)
{
    clients_sweep(clients);
    return clients->count;
}
