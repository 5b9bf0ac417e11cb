/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output/http_client against a peer on a thread that says what its script
 * holds, whatever is asked: large bodies, early answers, words out of turn. The
 * body is freed as soon as the client says that it is done with it.
 */
#include "output/http_client.h"

#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "output/http_headers.h"
#include "output/output.h"
#include "output/target.h"
#include "support.h"

#define OK    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define LARGE (24u * 1024 * 1024)

/* What the peer does on one connection, by turns. */
struct turn {
    size_t read;      /* bytes to wait for, or the end; 0 = a whole request, by its length */
    const char *says; /* NULL = it closes the connection; "" = nothing */
};

struct peer {
    const struct turn *turns; /* the last one is {0, NULL} and closes; then the next connection */
    size_t connections;       /* that it takes */
    int fd;
    pthread_t thread;
    size_t got; /* bytes, of all */
};

struct fixture {
    struct peer peer;
    struct event_base *base;
    struct target target;
    struct http_headers *headers;
    struct http_client *client;
    char *body;
    int status; /* -1 = not done */
    char text[256];
    unsigned retry_after;
};

static size_t peer_read(struct peer *peer, int fd, size_t want)
{
    char text[65536];
    size_t got = 0, whole = want;

    while (!want || got < whole) {
        ssize_t n = read(fd, text + (want ? 0 : got),
                         want ? min_size(sizeof(text), whole - got) : sizeof(text) - 1 - got);
        const char *body;

        if (n <= 0)
            break;
        got += (size_t)n;
        text[want ? 0 : got] = '\0';
        if (want)
            continue;
        body = strstr(text, "\r\n\r\n");
        if (body && got >= (size_t)(body + 4 - text) +
                               strtoul(strstr(text, "Content-Length: ") + 16, NULL, 10))
            break;
    }
    peer->got += got;
    return got;
}

static void peer_serve(struct peer *peer, const struct turn **turn)
{
    int fd = accept(peer->fd, NULL, NULL);

    for (;; (*turn)++) {
        const char *says = (*turn)->says;

        if (!says)
            break;
        (void)peer_read(peer, fd, (*turn)->read);
        if (send(fd, says, strlen(says), MSG_NOSIGNAL) < 0)
            break;
    }
    while ((*turn)->says)
        (*turn)++;
    if ((*turn)->read) /* until the other side ends it */
        (void)peer_read(peer, fd, (*turn)->read);
    (*turn)++;
    close(fd);
}

static void *peer_run(void *argument)
{
    struct peer *peer = argument;
    const struct turn *turn = peer->turns;

    for (size_t i = 0; i < peer->connections; i++)
        peer_serve(peer, &turn);
    return NULL;
}

static void peer_start(struct peer *peer, char *port, size_t size)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);

    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(peer->fd >= 0);
    assert_int_equal(bind(peer->fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(peer->fd, 5), 0);
    assert_int_equal(getsockname(peer->fd, (struct sockaddr *)&at, &len), 0);
    snprintf(port, size, "%u", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

static void on_done(void *argument, const struct http_answer *answer)
{
    struct fixture *f = argument;

    assert_int_equal(f->status, -1);
    assert_false(http_client_is_busy(f->client));
    f->status = answer->status;
    f->retry_after = answer->has_retry_after ? answer->retry_after : 0;
    copy_text(f->text, sizeof(f->text), answer->text);
    free(f->body);
    f->body = NULL;
    event_base_loopbreak(f->base);
}

static void begin(struct fixture *f, const struct turn *turns, size_t connections)
{
    static const struct output_settings settings;
    struct output_error error;
    struct http_client_config config = {
        .target = &f->target, .content_type = "text/plain", .timeout = 60, .done = on_done};

    *f = (struct fixture){.peer = {.turns = turns, .connections = connections}};
    copy_text(f->target.host, sizeof(f->target.host), "127.0.0.1");
    copy_text(f->target.path, sizeof(f->target.path), "/x");
    peer_start(&f->peer, f->target.port, sizeof(f->target.port));
    f->base = event_base_new();
    assert_int_equal(http_headers_new(&settings, &f->headers, &error), 0);
    config.base = f->base;
    config.headers = f->headers;
    config.argument = f;
    f->client = http_client_new(&config);
    assert_non_null(f->client);
}

static void end(struct fixture *f)
{
    http_client_free(f->client);
    assert_int_equal(pthread_join(f->peer.thread, NULL), 0);
    http_headers_free(f->headers);
    event_base_free(f->base);
    close(f->peer.fd);
    free(f->body);
}

static void start_post(struct fixture *f, size_t len)
{
    f->status = -1;
    f->body = xcalloc(1, len);
    memset(f->body, 'b', len);
    http_client_post(f->client, f->body, len);
    assert_true(http_client_is_busy(f->client));
}

/* Posts, and runs the loop until it is done. */
static void post(struct fixture *f, size_t len)
{
    start_post(f, len);
    assert_true(event_base_dispatch(f->base) >= 0);
    assert_true(f->status >= 0);
}

static void test_large_body(void **state UNUSED)
{
    static const struct turn turns[] = {{LARGE, OK}, {0, OK}, {SIZE_MAX, NULL}};
    struct fixture f;

    begin(&f, turns, 1);
    post(&f, LARGE);
    assert_int_equal(f.status, 200);
    assert_string_equal(f.text, "ok");
    post(&f, 5);
    assert_int_equal(f.status, 200);
    end(&f);
    assert_true(f.peer.got > LARGE + 5);
}

/* The answer is there before the body is, which goes on to be sent. */
static void test_early_answer(void **state UNUSED)
{
    static const struct turn turns[] = {
        {1000, "HTTP/1.1 413 Too Large\r\nRetry-After: 7\r\nContent-Length: 8\r\n\r\ntoo much"},
        {SIZE_MAX, NULL},
    };
    struct fixture f;

    begin(&f, turns, 1);
    post(&f, LARGE);
    assert_int_equal(f.status, 413);
    assert_int_equal(f.retry_after, 7);
    assert_string_equal(f.text, "too much");
    end(&f);
}

/* Here the peer does not even wait for the rest; whether its answer survives is
 * chance, but the body is left alone in either case. */
static void test_early_close(void **state UNUSED)
{
    static const struct turn turns[] = {
        {1000, "HTTP/1.1 413 Too Large\r\nContent-Length: 8\r\n\r\ntoo much"},
        {0, NULL},
    };
    struct fixture f;

    begin(&f, turns, 1);
    post(&f, LARGE);
    assert_true(f.status == 413 || (f.status == 0 && f.text[0]));
    end(&f);
}

/* A connection whose peer spoke out of turn is not used again. */
static void test_out_of_turn(void **state UNUSED)
{
    static const struct turn turns[] = {
        {0, OK "HTTP/1.1 500 Not asked for\r\nContent-Length: 0\r\n\r\n"},
        {0, NULL},
        {0, OK},
        {SIZE_MAX, NULL},
    };
    struct fixture f;

    begin(&f, turns, 2);
    post(&f, 10);
    assert_int_equal(f.status, 200);
    post(&f, 10);
    assert_int_equal(f.status, 200);
    end(&f);
}

/* The peer closes in the moment that the next request reaches it. */
static void test_closed_when_used(void **state UNUSED)
{
    static const struct turn turns[] = {{0, OK}, {10, NULL}, {0, OK}, {SIZE_MAX, NULL}};
    struct fixture f;

    begin(&f, turns, 2);
    post(&f, 10);
    post(&f, 10);
    assert_int_equal(f.status, 200);
    end(&f);
}

/* A new connection that ends like this is a failure. */
static void test_closed_when_new(void **state UNUSED)
{
    static const struct turn turns[] = {{0, ""}, {0, NULL}};
    struct fixture f;

    begin(&f, turns, 1);
    post(&f, 10);
    assert_int_equal(f.status, 0);
    assert_string_equal(f.text, "it closed the connection");
    end(&f);
}

static void check_answer(const char *says, int status, const char *text)
{
    struct turn turns[] = {{0, says}, {0, NULL}};
    struct fixture f;

    begin(&f, turns, 1);
    post(&f, 10);
    assert_int_equal(f.status, status);
    assert_string_equal(f.text, text);
    end(&f);
}

static void test_answers(void **state UNUSED)
{
    check_answer("HTTP/1.1 204 No Content\r\n\r\n", 204, "");
    check_answer("HTTP/1.0 200 OK\r\n\r\n\r\n fine \r\nmore", 200, "fine");
    check_answer("HTTP/1.1 400 Bad\r\nContent-Length: 1000\r\n\r\ncut", 400, "");
    check_answer("HTTP/1.1 302 There\r\nLocation: /y\r\nContent-Length: 1\r\n\r\nx", 302, "/y");
    check_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 200, "");
    check_answer("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx", 200, "");
    check_answer("HTTP/1.1 -5 What\r\nContent-Length: 0\r\n\r\n", 0, "it closed the connection");
    check_answer("HTTP/1.1 200 OK\r\nno header\r\n\r\n", 0, "its answer is not HTTP");
    check_answer("nonsense\r\n\r\n", 0, "its answer is not HTTP");
}

/* Given up in each phase: nothing is called, nothing is left. */
static void test_given_up(void **state UNUSED)
{
    static const struct turn turns[] = {{1, ""}, {1, NULL}};

    for (unsigned rounds = 0; rounds < 12; rounds++) {
        struct fixture f;

        begin(&f, turns, 1);
        start_post(&f, LARGE);
        for (unsigned i = 0; i < rounds; i++)
            assert_true(event_base_loop(f.base, EVLOOP_NONBLOCK) >= 0);
        shutdown(f.peer.fd, SHUT_RDWR); /* it may not have been reached */
        end(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_body),       cmocka_unit_test(test_early_answer),
        cmocka_unit_test(test_early_close),      cmocka_unit_test(test_out_of_turn),
        cmocka_unit_test(test_closed_when_used), cmocka_unit_test(test_closed_when_new),
        cmocka_unit_test(test_answers),          cmocka_unit_test(test_given_up),
    };

    signal(SIGPIPE, SIG_IGN); /* as the program does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
