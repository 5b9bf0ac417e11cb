/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking up of names on a thread per request. */
#include "output/resolve.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/thread.h"
#include "base/util.h"

/* Shared by the loop and the thread; whoever is last frees it, so that neither
 * waits for the other. */
struct resolve {
    char *host, *port; /* of the thread */
    int socktype;
    int event_fd;
    struct event event; /* of the loop, as are the next two */
    resolve_done *done;
    void *argument;
    pthread_mutex_t lock;
    unsigned references;
    struct addrinfo *addresses;
    char error[128]; /* if there are none */
};

static void resolve_unref(struct resolve *resolve)
{
    bool last;

    pthread_mutex_lock(&resolve->lock);
    last = --resolve->references == 0;
    pthread_mutex_unlock(&resolve->lock);
    if (!last)
        return;
    if (resolve->addresses)
        freeaddrinfo(resolve->addresses);
    if (resolve->event_fd >= 0)
        close(resolve->event_fd);
    pthread_mutex_destroy(&resolve->lock);
    free(resolve->host);
    free(resolve->port);
    free(resolve);
}

static void *resolve_run(void *argument)
{
    struct resolve *resolve = argument;
    struct addrinfo hints = {.ai_socktype = resolve->socktype, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *addresses = NULL;
    int r = getaddrinfo(resolve->host, resolve->port, &hints, &addresses), system_error = errno;

    pthread_mutex_lock(&resolve->lock);
    if (r == 0)
        resolve->addresses = addresses;
    else
        copy_text(resolve->error, sizeof(resolve->error),
                  r == EAI_SYSTEM ? strerror(system_error) : gai_strerror(r));
    pthread_mutex_unlock(&resolve->lock);
    (void)eventfd_write(resolve->event_fd, 1);
    resolve_unref(resolve);
    return NULL;
}

static void resolve_on_event(evutil_socket_t fd UNUSED, short what UNUSED, void *argument)
{
    struct resolve *resolve = argument;
    struct addrinfo *addresses;

    event_del(&resolve->event);
    pthread_mutex_lock(&resolve->lock);
    addresses = resolve->addresses;
    resolve->addresses = NULL;
    pthread_mutex_unlock(&resolve->lock);
    resolve->done(resolve->argument, addresses, addresses ? NULL : resolve->error);
    resolve_unref(resolve);
}

struct resolve *resolve_start(struct event_base *base, const char *host, const char *port,
                              int socktype, resolve_done *done, void *argument)
{
    struct resolve *resolve = xcalloc(1, sizeof(*resolve));
    int r;

    resolve->host = xstrdup(host);
    resolve->port = xstrdup(port);
    resolve->socktype = socktype;
    resolve->done = done;
    resolve->argument = argument;
    resolve->references = 2;
    pthread_mutex_init(&resolve->lock, NULL);
    resolve->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = resolve->event_fd < 0 ? -errno : 0;
    event_assign(&resolve->event, base, resolve->event_fd, EV_READ, resolve_on_event, resolve);
    if (r == 0 && event_add(&resolve->event, NULL) < 0)
        r = -ENOMEM;
    if (r == 0)
        r = thread_start(NULL, resolve_run, resolve);
    if (r < 0) {
        resolve->references = 1;
        snprintf(resolve->error, sizeof(resolve->error), "cannot start the look-up: %s",
                 strerror(-r));
        event_active(&resolve->event, EV_READ, 0);
    }
    return resolve;
}

void resolve_cancel(struct resolve *resolve)
{
    if (!resolve)
        return;
    event_del(&resolve->event);
    resolve_unref(resolve);
}
