/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where to serve. */
#include "output/serve_listen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/output.h"
#include "support.h"

static void test_targets(void **state UNUSED)
{
    static const struct {
        const char *text, *host, *port;
    } good[] = {
        {NULL, "127.0.0.1", "9977"},        {"9100", "127.0.0.1", "9100"},
        {":9100", "127.0.0.1", "9100"},     {"0.0.0.0:9977", "0.0.0.0", "9977"},
        {"192.0.2.1", "192.0.2.1", "9977"}, {"[::]:9977", "::", "9977"},
        {"[::1]", "::1", "9977"},           {"localhost:1", "localhost", "1"},
    };
    static const char *const bad[] = {
        "",   ":",  "0",     ":0",         "65536",       ":65536", "99999999999999999999",
        ":x", "::", "1:2:3", "127.0.0.1:", "127.0.0.1:x", "[::1",   "[::1]:",
    };
    struct output_error error;
    struct target target;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_int_equal(serve_listen_parse(good[i].text, &target, &error), 0);
        assert_string_equal(target.host, good[i].host);
        assert_string_equal(target.port, good[i].port);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        error = (struct output_error){0};
        if (serve_listen_parse(bad[i], &target, &error) != -EINVAL)
            fail_msg("'%s' was taken", bad[i]);
        assert_true(error.usage);
        assert_true(error.text[0]);
    }
}

static void parse_any(const char *bytes, size_t len)
{
    struct output_error error = {0};
    struct target target;
    char *text = xstrndup(bytes, len);

    if (serve_listen_parse(text, &target, &error) < 0)
        assert_true(error.usage && error.text[0]);
    else
        assert_true(target.host[0] && target.port[0]);
    free(text);
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    support_each_prefix("[2001:db8::1%eth0]:9977", 23, parse_any);
    support_each_garbage("[2001:db8::1%eth0]:9977", 23, 3000, parse_any);
    support_each_garbage(":9977", 5, 1000, parse_any);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_cut_and_spoilt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
