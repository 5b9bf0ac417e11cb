/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/tcp_flow: what counts as arrived, what is held, what is sent again. */
#include "output/tcp_flow.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/thread.h"
#include "output/output.h"
#include "output/queue.h"
#include "support.h"

/* A flow over the loopback, and the socket at its other end. */
struct line {
    struct event_base *base;
    struct queue *queue;
    struct bufferevent *bev;
    struct tcp_flow *flow;
    int peer;
};

static void line_on_ready(void *argument UNUSED)
{
}

/* receive: bytes that the peer's kernel takes; 0 = as many as it likes. */
static void line_connect(struct line *line, int receive, int *ret_fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (receive)
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &receive, sizeof(receive));
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *ret_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(*ret_fd, (struct sockaddr *)&address, sizeof(address)), 0);
    line->peer = accept(listener, NULL, NULL);
    assert_true(line->peer >= 0);
    close(listener);
}

static struct line line_make(int receive, const char *header)
{
    struct line line = {.base = event_base_new()};
    struct queue_config config = {
        .base = line.base, .peer = "peer", .memory = 64 << 20, .ready = line_on_ready};
    struct output_error error;
    int fd;

    line_connect(&line, receive, &fd);
    evutil_make_socket_nonblocking(fd);
    line.bev = bufferevent_socket_new(line.base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_enable(line.bev, EV_WRITE);
    assert_int_equal(queue_new(&config, &line.queue, &error), 0);
    line.flow = tcp_flow_new(line.bev, line.queue, false, header);
    return line;
}

static void line_done(struct line *line)
{
    bool hanging;

    tcp_flow_free(line->flow);
    bufferevent_free(line->bev);
    (void)queue_close(line->queue, &hanging);
    assert_false(hanging);
    close(line->peer);
    event_base_free(line->base);
}

static void line_push(struct line *line, size_t len)
{
    struct buf record = {0};

    for (size_t i = 0; i < len; i++)
        buf_putc(&record, i + 1 < len ? 'r' : '\n');
    queue_push(line->queue, &record);
    buf_done(&record);
}

/* Until all that was handed over has arrived at the peer's kernel. */
static void line_settle(struct line *line)
{
    tcp_flow_fill(line->flow);
    do {
        event_base_loop(line->base, EVLOOP_NONBLOCK);
        (void)tcp_flow_look(line->flow);
        usleep(1000);
    } while (!tcp_flow_is_quiet(line->flow));
}

static void test_idle(void **state UNUSED)
{
    struct line line = line_make(0, "");

    assert_false(tcp_flow_is_quiet(line.flow)); /* nobody has asked the queue yet */
    tcp_flow_fill(line.flow);
    assert_true(tcp_flow_is_quiet(line.flow));
    assert_true(tcp_flow_pause(line.flow) < 0);
    assert_true(tcp_flow_stalled(line.flow) <= 0);
    assert_false(tcp_flow_release(line.flow));
    line_done(&line);
}

/* What has arrived stays in the queue until it was held for a second. */
static void test_held(void **state UNUSED)
{
    struct line line = line_make(0, "header\n");
    struct mono until = mono_in(1);
    char text[64] = "";

    line_push(&line, 10);
    line_settle(&line);
    assert_int_equal(read(line.peer, text, sizeof(text)), 17);
    assert_string_equal(text, "header\nrrrrrrrrr\n");
    assert_int_equal(queue_taken(line.queue), 1);
    assert_true(tcp_flow_pause(line.flow) <= 1);
    assert_true(tcp_flow_pause(line.flow) > 0 || clock_mono(&clock_system).ns >= until.ns);
    while (!tcp_flow_look(line.flow))
        usleep(10000);
    assert_int_equal(queue_taken(line.queue), 0);
    assert_true(queue_is_empty(line.queue));
    assert_true(tcp_flow_pause(line.flow) < 0);
    line_done(&line);
}

/* What arrives later lets go of what arrived before. */
static void test_later_releases(void **state UNUSED)
{
    struct line line = line_make(0, "");

    for (unsigned i = 0; i < 50; i++) {
        line_push(&line, 100);
        line_settle(&line);
        assert_int_equal(queue_taken(line.queue), 1);
    }
    assert_true(tcp_flow_release(line.flow));
    assert_true(queue_is_empty(line.queue));
    line_done(&line);
}

static void test_end_whole(void **state UNUSED)
{
    struct line line = line_make(0, "");

    for (unsigned i = 0; i < 5; i++)
        line_push(&line, 100);
    line_settle(&line);
    assert_int_equal(queue_taken(line.queue), 5);
    (void)tcp_flow_end(line.flow, true);
    assert_int_equal(queue_taken(line.queue), 1);
    assert_true(tcp_flow_release(line.flow));
    assert_true(queue_is_empty(line.queue));
    line_done(&line);
}

/* Killed with unread data: the reset does not make it look as if it had arrived. */
static void test_end_by_reset(void **state UNUSED)
{
    struct line line = line_make(0, "");
    struct mono until = mono_in(0.9); /* what is held for a second is let go of */

    for (unsigned i = 0; i < 5; i++)
        line_push(&line, 100);
    line_settle(&line);
    line_push(&line, 100);
    close(line.peer);
    line.peer = -1;
    tcp_flow_fill(line.flow);
    for (unsigned i = 0; i < 20; i++) {
        event_base_loop(line.base, EVLOOP_NONBLOCK);
        usleep(1000);
    }
    assert_true(!tcp_flow_end(line.flow, false) || clock_mono(&clock_system).ns > until.ns);
    assert_true(queue_taken(line.queue) == 6 || clock_mono(&clock_system).ns > until.ns);
    assert_true(queue_taken(line.queue) >= 1);
    assert_true(!tcp_flow_is_quiet(line.flow) || clock_mono(&clock_system).ns > until.ns);
    line_done(&line);
}

/* A peer that takes nothing: little is handed over, and it is noticed. */
static void test_stalled(void **state UNUSED)
{
    struct line line = line_make(4096, "");
    double stalled;

    for (unsigned i = 0; i < 40; i++)
        line_push(&line, 256 << 10);
    tcp_flow_fill(line.flow);
    do {
        event_base_loop(line.base, EVLOOP_NONBLOCK);
        (void)tcp_flow_look(line.flow);
        tcp_flow_fill(line.flow);
        usleep(10000);
        stalled = tcp_flow_stalled(line.flow);
    } while (stalled < 0.3);
    assert_in_range(queue_taken(line.queue), 1, 6);
    assert_false(tcp_flow_is_quiet(line.flow));
    assert_true(tcp_flow_pause(line.flow) > 0);
    line_done(&line);
}

/* Many small records: all get through, with a part of them under way at a time. */
static void test_many(void **state UNUSED)
{
    struct line line = line_make(0, "");
    char text[65536];
    size_t total = 0;

    for (unsigned i = 0; i < 5000; i++)
        line_push(&line, 20);
    while (total < 5000 * 20) {
        ssize_t n;

        tcp_flow_fill(line.flow);
        assert_true(queue_taken(line.queue) <= 1024);
        event_base_loop(line.base, EVLOOP_NONBLOCK);
        n = recv(line.peer, text, sizeof(text), MSG_DONTWAIT);
        total += n > 0 ? (size_t)n : 0;
        (void)tcp_flow_look(line.flow);
        usleep(100);
    }
    line_settle(&line);
    assert_true(tcp_flow_release(line.flow));
    assert_true(queue_is_empty(line.queue));
    line_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle),           cmocka_unit_test(test_held),
        cmocka_unit_test(test_later_releases), cmocka_unit_test(test_end_whole),
        cmocka_unit_test(test_end_by_reset),   cmocka_unit_test(test_stalled),
        cmocka_unit_test(test_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
