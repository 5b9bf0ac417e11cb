/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The socket that is served on. */
#include "output/serve_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"
#include "output/output.h"

#define LISTEN_BACKLOG 128

/* Bytes that the kernel keeps for a client that reads slowly (it takes twice as
 * much); left alone it would go up to megabytes for each. Connections inherit it. */
#define LISTEN_SEND_BUFFER (128 * 1024)

int serve_listen_parse(const char *text, struct target *ret, struct output_error *error)
{
    char whole[sizeof(ret->host) + 32];
    bool port_only;

    if (!text)
        text = SERVE_DEFAULT_HOST;
    port_only = *text && strspn(text, "0123456789") == strlen(text);
    if ((port_only || *text == ':') && strlen(text) < sizeof(ret->host)) {
        snprintf(whole, sizeof(whole), SERVE_DEFAULT_HOST "%s%s", port_only ? ":" : "", text);
        text = whole;
    }
    return target_parse_address(text, SERVE_DEFAULT_PORT, ret, error);
}

static bool listen_is_loopback(const struct addrinfo *address)
{
    struct sockaddr_storage storage = {0};

    memcpy(&storage, address->ai_addr, min_size(address->ai_addrlen, sizeof(storage)));
    if (storage.ss_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)&storage;

        return ntohl(four->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)&storage)->sin6_addr);
}

static int listen_fail(const char *name, struct output_error *error)
{
    int rc = -errno;

    snprintf(error->text, sizeof(error->text),
             "cannot serve at '%s': %s; --target=ADDRESS:PORT chooses another place", name,
             strerror(-rc));
    return rc;
}

static int listen_open(const struct addrinfo *address, const char *name, struct output_error *error)
{
    const int on = 1, room = LISTEN_SEND_BUFFER;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc;

    if (fd < 0)
        return listen_fail(name, error);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    /* A program that is started again finds connections of the one before in TIME_WAIT. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    rc = listen_fail(name, error);
    close(fd);
    return rc;
}

int serve_listen(const char *text, char name[SERVE_NAME_SIZE], bool *ret_loopback,
                 struct output_error *error)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses;
    struct target target;
    const char *host;
    int rc = serve_listen_parse(text, &target, error);

    if (rc < 0)
        return rc;
    /* Names are not looked up: that can take its time, and has several answers. */
    host = strcmp(target.host, "localhost") == 0 ? SERVE_DEFAULT_HOST : target.host;
    if (getaddrinfo(host, target.port, &hints, &addresses) != 0) {
        error->usage = true;
        snprintf(error->text, sizeof(error->text),
                 "option --target: '%s' is not allowed for --output=serve; allowed: [ADDRESS:]PORT "
                 "with an address of this machine in numbers",
                 text);
        return -EINVAL;
    }
    snprintf(name, SERVE_NAME_SIZE, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, target.port);
    *ret_loopback = listen_is_loopback(addresses);
    rc = listen_open(addresses, name, error);
    freeaddrinfo(addresses);
    return rc;
}
