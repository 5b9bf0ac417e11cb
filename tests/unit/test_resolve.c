/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/resolve: names and addresses, failures, and requests that are given up. */
#include "output/resolve.h"

#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

#define RESOLVE_PATIENCE_S 60

struct answer {
    struct event_base *base;
    unsigned count;
    struct addrinfo *addresses;
    char error[128];
};

static void answer_take(void *argument, struct addrinfo *addresses, const char *error)
{
    struct answer *answer = argument;

    answer->count++;
    answer->addresses = addresses;
    snprintf(answer->error, sizeof(answer->error), "%s", error ? error : "");
    assert_true((addresses == NULL) == (error != NULL));
    event_base_loopbreak(answer->base);
}

static void answer_await(struct answer *answer)
{
    struct timeval patience = {.tv_sec = RESOLVE_PATIENCE_S};

    event_base_loopexit(answer->base, &patience);
    event_base_dispatch(answer->base);
    assert_int_equal(answer->count, 1);
}

static void resolve_ask(struct answer *answer, const char *host, const char *port)
{
    answer->base = event_base_new();
    assert_non_null(resolve_start(answer->base, host, port, SOCK_STREAM, answer_take, answer));
    assert_int_equal(answer->count, 0); /* never at once */
    answer_await(answer);
}

static void answer_done(struct answer *answer)
{
    if (answer->addresses)
        freeaddrinfo(answer->addresses);
    event_base_free(answer->base);
}

static void test_localhost(void **state UNUSED)
{
    struct answer answer = {0};

    resolve_ask(&answer, "localhost", "514");
    assert_non_null(answer.addresses);
    for (const struct addrinfo *a = answer.addresses; a; a = a->ai_next) {
        assert_int_equal(a->ai_socktype, SOCK_STREAM);
        if (a->ai_family == AF_INET) {
            const struct sockaddr_in *in = (const void *)a->ai_addr;

            assert_int_equal(ntohs(in->sin_port), 514);
            assert_int_equal(ntohl(in->sin_addr.s_addr), INADDR_LOOPBACK);
        }
    }
    answer_done(&answer);
}

/* Also on a host that has no IPv6 address but that of its loopback. */
static void test_numeric_ipv6(void **state UNUSED)
{
    struct answer answer = {0};
    const struct sockaddr_in6 *in;

    resolve_ask(&answer, "::1", "65535");
    assert_non_null(answer.addresses);
    assert_null(answer.addresses->ai_next);
    assert_int_equal(answer.addresses->ai_family, AF_INET6);
    in = (const void *)answer.addresses->ai_addr;
    assert_memory_equal(&in->sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
    assert_int_equal(ntohs(in->sin6_port), 65535);
    answer_done(&answer);
}

static void test_failure(void **state UNUSED)
{
    struct answer answer = {0};

    resolve_ask(&answer, "there.is.no.such.name.invalid", "514");
    assert_null(answer.addresses);
    assert_true(strlen(answer.error) > 5);
    answer_done(&answer);
}

static void test_cancelled(void **state UNUSED)
{
    struct answer answer = {.base = event_base_new()}, other = {.base = answer.base};

    for (unsigned i = 0; i < 20; i++)
        resolve_cancel(
            resolve_start(answer.base, "localhost", "1", SOCK_STREAM, answer_take, &answer));
    resolve_cancel(NULL);
    resolve_start(answer.base, "127.0.0.1", "1", SOCK_DGRAM, answer_take, &other);
    answer_await(&other);
    assert_int_equal(other.addresses->ai_socktype, SOCK_DGRAM);
    assert_int_equal(answer.count, 0);
    answer_done(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_localhost),
        cmocka_unit_test(test_numeric_ipv6),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_cancelled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
