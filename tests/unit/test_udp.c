/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/udp: whole lines in datagrams that are short enough; peers that are not there. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "made_output.h"
#include "support.h"

static struct made_output m;
static char target[80], datagram[65536];

/* A receiver on the loopback; port 0 = any. Its port goes to *port. */
static int receiver_new(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4 << 20;

    assert_true(fd >= 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static void open_to(const char *host, uint16_t port, const char *header)
{
    made_output_init(&m, &output_udp);
    snprintf(target, sizeof(target), "%s:%u", host, port);
    m.config.target = target;
    m.config.header = header;
    m.settings.drain_timeout = 120;
    assert_int_equal(made_output_open(&m), 0);
}

/* The next datagram as a text, which the loop has two minutes to send. */
static const char *receive(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    ssize_t n;

    for (unsigned i = 0; i < 12000 && poll(&ready, 1, 10) == 0; i++)
        event_base_loop(m.base, EVLOOP_NONBLOCK);
    n = recv(fd, datagram, sizeof(datagram) - 1, MSG_DONTWAIT);
    assert_true(n > 0);
    datagram[n] = '\0';
    return datagram;
}

static void assert_silent(int fd)
{
    assert_int_equal(recv(fd, datagram, sizeof(datagram), MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

/* A line of `len` bytes, its newline among them. */
static void add_line(struct buf *text, char letter, size_t len)
{
    for (size_t i = 1; i < len; i++)
        buf_putc(text, letter);
    buf_putc(text, '\n');
}

static void test_whole_lines(void **state UNUSED)
{
    uint64_t seed = 7;
    uint16_t port = 0;
    int fd = receiver_new(&port);
    struct buf cycle = {0}, got = {0};

    open_to("127.0.0.1", port, "");
    for (unsigned round = 0; round < 20; round++) {
        unsigned datagrams = 0;
        const char *text;

        buf_clear(&cycle);
        buf_clear(&got);
        for (unsigned i = 0; i < 60; i++)
            add_line(&cycle, (char)('a' + i % 26), 1 + support_random_below(&seed, 700));
        made_output_write(&m, buf_text(&cycle));
        while (got.len < cycle.len) {
            size_t len = strlen(text = receive(fd));

            assert_true(len <= 1400);
            assert_int_equal(text[len - 1], '\n');
            /* Another line would not have fitted. */
            if (got.len + len < cycle.len)
                assert_true(len + (size_t)(strchr(cycle.data + got.len + len, '\n') + 1 -
                                           (cycle.data + got.len + len)) >
                            1400);
            buf_add(&got, text, len);
            datagrams++;
        }
        assert_string_equal(buf_text(&got), buf_text(&cycle));
        assert_true(datagrams > 1);
    }
    assert_silent(fd);
    assert_int_equal(made_output_finish(&m), 0);
    close(fd);
    buf_done(&cycle);
    buf_done(&got);
    made_output_done(&m);
}

static bool has_lost(struct made_output *made, const void *count)
{
    return made->ops->lost(made->output) == *(const uint64_t *)count;
}

static void test_long_lines(void **state UNUSED)
{
    const uint64_t lost = 2;
    const char *text;
    uint16_t port = 0;
    int fd = receiver_new(&port);
    struct buf cycle = {0};

    open_to("127.0.0.1", port, "");
    add_line(&cycle, 'a', 10);
    add_line(&cycle, 'b', 1401);
    add_line(&cycle, 'c', 65507);
    add_line(&cycle, 'd', 65508);
    add_line(&cycle, 'e', 1400);
    add_line(&cycle, 'f', 1399);
    add_line(&cycle, 'g', 1);
    add_line(&cycle, 'h', 1);
    made_output_write(&m, buf_text(&cycle));
    assert_int_equal(strlen(receive(fd)), 10);
    assert_int_equal(strlen(receive(fd)), 1401);
    assert_int_equal(strlen(receive(fd)), 65507);
    assert_int_equal(strlen(receive(fd)), 1400);
    assert_int_equal(strlen(receive(fd)), 1400);
    assert_string_equal(receive(fd), "\n");
    made_output_wait_log(&m, "a record of 65508 bytes is too long");
    assert_int_equal(m.ops->lost(m.output), 1);
    /* Now and then one is too long: that is told once. */
    for (unsigned i = 1; i < 1000; i++)
        made_output_write(&m, "short\n");
    made_output_write(&m, buf_text(&cycle));
    made_output_wait(&m, has_lost, &lost);
    assert_null(strstr(made_output_read(&m, m.log), "fit again"));
    for (unsigned i = 0; i < 1000; i++)
        made_output_write(&m, "short\n");
    made_output_wait_log(&m, "fit again");
    text = made_output_read(&m, m.log);
    assert_null(strstr(strstr(text, "is too long") + 1, "is too long"));
    assert_int_equal(made_output_finish(&m), 2);
    close(fd);
    buf_done(&cycle);
    made_output_done(&m);
}

static void test_headers(void **state UNUSED)
{
    uint16_t port = 0;
    int fd = receiver_new(&port);
    struct buf cycle = {0};

    open_to("127.0.0.1", port, "a,b\r\n");
    made_output_write(&m, "1,2\r\n3,4\r\n");
    made_output_write(&m, "5,6\r\n");
    assert_string_equal(receive(fd), "a,b\r\n1,2\r\n3,4\r\n");
    assert_string_equal(receive(fd), "5,6\r\n");
    assert_int_equal(made_output_finish(&m), 0);
    made_output_done(&m);
    /* Beside a line that leaves no room for it, it goes alone. */
    open_to("127.0.0.1", port, "a,b\r\n");
    add_line(&cycle, 'x', 1396);
    made_output_write(&m, buf_text(&cycle));
    made_output_write(&m, "5,6\r\n");
    assert_string_equal(receive(fd), "a,b\r\n");
    assert_int_equal(strlen(receive(fd)), 1396);
    assert_string_equal(receive(fd), "5,6\r\n");
    assert_int_equal(made_output_finish(&m), 0);
    close(fd);
    buf_done(&cycle);
    made_output_done(&m);
}

/* "localhost" may stand for more addresses than the receiver's. */
static void test_peer_comes(void **state UNUSED)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};

    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        uint16_t port = 0;
        int fd = receiver_new(&port);

        close(fd);
        open_to(hosts[i], port, "h\n");
        made_output_write(&m, "gone 1\n");
        made_output_wait_log(&m, "nobody listens");
        fd = receiver_new(&port);
        made_output_write(&m, "1\n");
        assert_non_null(strstr(receive(fd), "1\n"));
        made_output_write(&m, "2\n");
        assert_string_equal(receive(fd), "2\n");
        made_output_wait_log(&m, "works again");
        close(fd);
        made_output_write(&m, "gone 2\n");
        made_output_write(&m, "gone 3\n");
        assert_int_equal(made_output_finish(&m), 0); /* nobody knows */
        made_output_done(&m);
    }
}

/* The first record of all reaches the right one of a name's addresses. */
static void test_first_record_by_name(void **state UNUSED)
{
    uint16_t port = 0;
    int fd = receiver_new(&port);

    open_to("localhost", port, "h\n");
    made_output_write(&m, "1\n");
    assert_int_equal(made_output_finish(&m), 0);
    assert_string_equal(receive(fd), "h\n1\n");
    assert_silent(fd);
    close(fd);
    made_output_done(&m);
}

/* Before there is an address, cycles wait in bounded memory. */
static void test_no_address(void **state UNUSED)
{
    struct buf cycle = {0};

    add_line(&cycle, 'x', 10000);
    made_output_init(&m, &output_udp);
    m.config.target = "host.invalid:1";
    m.settings.buffer = 64 * 1024;
    m.settings.drain_timeout = 0;
    assert_int_equal(made_output_open(&m), 0);
    for (unsigned i = 0; i < 20; i++)
        made_output_write(&m, buf_text(&cycle));
    assert_true(m.ops->lost(m.output) >= 10 && m.ops->lost(m.output) < 20);
    assert_int_equal(made_output_finish(&m), 20);
    made_output_done(&m);
    buf_done(&cycle);
}

static void test_finish_without_cycles(void **state UNUSED)
{
    made_output_init(&m, &output_udp);
    m.config.target = "host.invalid:1";
    m.settings.drain_timeout = 1000;
    assert_int_equal(made_output_open(&m), 0);
    assert_int_equal(made_output_finish(&m), 0);
    made_output_done(&m);
}

static void test_wrong_targets(void **state UNUSED)
{
    static const char *const wrong[] = {"",    "x",       "x:",    ":5",
                                        "x:0", "x:65536", "::1:5", "http://x:1"};

    made_output_init(&m, &output_udp);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        m.config.target = wrong[i];
        assert_int_equal(made_output_open(&m), -EINVAL);
        assert_true(m.error.usage);
        assert_non_null(strstr(m.error.text, wrong[i]));
    }
    made_output_done(&m);
}

static void test_longest(void **state UNUSED)
{
    struct output_settings settings = {.datagram = 512};

    assert_int_equal(output_udp.longest(&settings), 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_lines),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_peer_comes),
        cmocka_unit_test(test_first_record_by_name),
        cmocka_unit_test(test_no_address),
        cmocka_unit_test(test_finish_without_cycles),
        cmocka_unit_test(test_wrong_targets),
        cmocka_unit_test(test_longest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
