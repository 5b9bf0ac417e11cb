/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/target: what is a target, what is not, and what is said of it. */
#include "output/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "output/output.h"
#include "support.h"

static void target_expect(const char *text, const char *default_port, const char *host,
                          const char *port)
{
    struct target target;
    struct output_error error = {.text = ""};

    assert_int_equal(target_parse_address(text, default_port, &target, &error), 0);
    assert_string_equal(target.host, host);
    assert_string_equal(target.port, port);
    assert_string_equal(target.path, "");
    assert_false(target.tls);
    assert_string_equal(error.text, "");
}

static void target_expect_error(int r, const struct target *target,
                                const struct output_error *error, const char *why)
{
    assert_int_equal(r, -EINVAL);
    assert_string_equal(target->host, "untouched");
    assert_true(error->usage);
    if (!strstr(error->text, why))
        fail_msg("'%s' does not say '%s'", error->text, why);
}

static void target_expect_bad(const char *text, const char *default_port, const char *why)
{
    struct target target = {.host = "untouched"};
    struct output_error error = {.text = ""};
    int r = target_parse_address(text, default_port, &target, &error);

    target_expect_error(r, &target, &error, why);
}

static void target_expect_url(const char *text, bool tls, const char *host, const char *port,
                              const char *path)
{
    struct target target;
    struct output_error error = {.text = ""};

    assert_int_equal(target_parse_url(text, &target, &error), 0);
    assert_int_equal(target.tls, tls);
    assert_string_equal(target.host, host);
    assert_string_equal(target.port, port);
    assert_string_equal(target.path, path);
}

static void target_expect_bad_url(const char *text, const char *why)
{
    struct target target = {.host = "untouched"};
    struct output_error error = {.text = ""};
    int r = target_parse_url(text, &target, &error);

    target_expect_error(r, &target, &error, why);
    assert_null(strstr(error.text, "secret"));
}

static void test_addresses(void **state UNUSED)
{
    target_expect("localhost:5000", NULL, "localhost", "5000");
    target_expect("192.0.2.1:514", NULL, "192.0.2.1", "514");
    target_expect("[2001:db8::1]:514", NULL, "2001:db8::1", "514");
    target_expect("[::1]:1", NULL, "::1", "1");
    target_expect("[::ffff:192.0.2.1]:65535", NULL, "::ffff:192.0.2.1", "65535");
    target_expect("[fe80::1%eth0]:80", NULL, "fe80::1%eth0", "80");
    target_expect("Log-1.example.com.:00514", NULL, "Log-1.example.com.", "514");
    target_expect("_svc:9", NULL, "_svc", "9");
    target_expect("7up.example:7", NULL, "7up.example", "7");
}

static void test_default_port(void **state UNUSED)
{
    target_expect("localhost", "9273", "localhost", "9273");
    target_expect("localhost:80", "9273", "localhost", "80");
    target_expect("[::1]", "9273", "::1", "9273");
    target_expect("[::1]:80", "9273", "::1", "80");
    target_expect_bad("localhost:", "9273", "the port is not from 1 to 65535");
    target_expect_bad("", "9273", "the host is missing");
}

static void test_bad_hosts(void **state UNUSED)
{
    /* What getaddrinfo() would take for 1.2.0.3, 0.0.0.7. */
    target_expect_bad("1.2.3:5000", NULL, "neither a name nor an address");
    target_expect_bad("7:7", NULL, "neither a name nor an address");
    target_expect_bad_url("http://10.0.0.256/", "neither a name nor an address");
    target_expect_bad("", NULL, "the host is missing");
    target_expect_bad(":514", NULL, "the host is missing");
    target_expect_bad("[]:514", NULL, "the host is missing");
    target_expect_bad("::1:514", NULL, "needs brackets");
    target_expect_bad("2001:db8::1", "514", "needs brackets");
    target_expect_bad("a:1:2", NULL, "needs brackets");
    target_expect_bad("[::1:514", NULL, "']' is missing");
    target_expect_bad("[localhost]:514", NULL, "no IPv6 address");
    target_expect_bad("[192.0.2.1]:514", NULL, "no IPv6 address");
    target_expect_bad("[::g]:514", NULL, "no IPv6 address");
    target_expect_bad("[fe80::1%]:514", NULL, "no IPv6 address");
    target_expect_bad("[fe80::1%a/b]:514", NULL, "no IPv6 address");
    target_expect_bad("[fe80::1%0123456789012345]:514", NULL, "no IPv6 address");
    target_expect_bad("-a:514", NULL, "neither a name nor an address");
    target_expect_bad(".:514", NULL, "neither a name nor an address");
    target_expect_bad("a..b:514", NULL, "neither a name nor an address");
    target_expect_bad("a b:514", NULL, "neither a name nor an address");
    target_expect_bad("user@host:514", NULL, "neither a name nor an address");
    target_expect_bad("h\xc3\xb6st:514", NULL, "neither a name nor an address");
    target_expect_bad("tcp://host:514", NULL, "a URL is not expected here");
}

static void test_bad_ports(void **state UNUSED)
{
    static const char *const bad[] = {"localhost:",
                                      "localhost:0",
                                      "localhost:00",
                                      "localhost:65536",
                                      "localhost:-1",
                                      "localhost:+1",
                                      "localhost: 1",
                                      "localhost:1 ",
                                      "localhost:http",
                                      "localhost:1/path",
                                      "[::1]:",
                                      "[::1]:0",
                                      "localhost:18446744073709551617",
                                      "localhost:000000000000000000000000000001"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        target_expect_bad(bad[i], NULL, "the port is not from 1 to 65535");
    target_expect_bad("localhost", NULL, "the port is missing");
    target_expect_bad("[::1]", NULL, "the port is missing");
    target_expect_bad("[::1]514", NULL, "behind ']' is no port");
}

static void test_long_hosts(void **state UNUSED)
{
    char text[600];

    memset(text, 'a', sizeof(text));
    memcpy(text + 253, ":514", sizeof(":514"));
    text[253] = '\0';
    target_expect(text, "514", text, "514");
    text[253] = 'a';
    memcpy(text + 254, ":514", sizeof(":514"));
    target_expect_bad(text, NULL, "too long");
    memset(text, 'a', sizeof(text));
    memcpy(text + 590, ":514", sizeof(":514"));
    target_expect_bad(text, NULL, "too long");
    target_expect_bad(text, NULL, "...' is not allowed");
}

static void test_urls(void **state UNUSED)
{
    target_expect_url("http://host", false, "host", "80", "/");
    target_expect_url("https://host", true, "host", "443", "/");
    target_expect_url("HTTPS://host:8443/", true, "host", "8443", "/");
    target_expect_url("http://192.0.2.1:8086/api/v2/write?org=a&bucket=b%20c", false, "192.0.2.1",
                      "8086", "/api/v2/write?org=a&bucket=b%20c");
    target_expect_url("http://[2001:db8::1]/x@y", false, "2001:db8::1", "80", "/x@y");
    target_expect_url("http://host?a=b", false, "host", "80", "/?a=b");
}

static void test_bad_urls(void **state UNUSED)
{
    target_expect_bad_url("", "no URL");
    target_expect_bad_url("host:80", "no URL");
    target_expect_bad_url("ftp://host", "no URL");
    target_expect_bad_url("http:/host", "no URL");
    target_expect_bad_url("http://", "the host is missing");
    target_expect_bad_url("http:///path", "the host is missing");
    target_expect_bad_url("http://host:/", "the port is not");
    target_expect_bad_url("http://host:65536/", "the port is not");
    target_expect_bad_url("http://user:secret@host/", "user and password");
    target_expect_bad_url("http://token@host", "user and password");
    target_expect_bad_url("http://host:0/x?token=secret", "'http://host:0/x...'");
    target_expect_bad_url("ftp://user:secret@host", "'ftp://...'");
    target_expect_bad_url("http://host/a b", "%XX");
    target_expect_bad_url("http://host/a\r\nX: y", "%XX");
    target_expect_bad_url("http://host/\xc3\xb6", "%XX");
    target_expect_bad_url("http://host/a#b", "never sent");
    target_expect_bad_url("http://host#b", "never sent");
}

static void test_long_paths(void **state UNUSED)
{
    char text[4000] = "http://host/";
    size_t begin = strlen(text);

    memset(text + begin, 'p', sizeof(text) - begin);
    text[begin + 2045] = '\0';
    target_expect_url(text, false, "host", "80", text + begin - 1);
    text[begin + 2045] = 'p';
    text[begin + 2047] = '\0';
    target_expect_bad_url(text, "too long");
}

/* Whatever is accepted is what others rely on. */
static void target_check(const struct target *target)
{
    uint64_t port;

    assert_true(parse_u64(target->port, &port) && port >= 1 && port <= 65535);
    assert_true(target->host[0] != '\0' && strlen(target->host) <= 253);
    for (const char *c = target->host; *c; c++)
        assert_true(*c > ' ' && *c < 0x7f && *c != '[' && *c != ']' && *c != '/');
    for (const char *c = target->path; *c; c++)
        assert_true(*c > ' ' && *c < 0x7f);
}

static void target_parse_any(const char *text, size_t len)
{
    char *copy = xstrndup(text, len);
    struct output_error error = {.text = ""};
    struct target target;

    if (target_parse_address(copy, NULL, &target, &error) == 0)
        target_check(&target);
    else
        assert_true(error.usage && strlen(error.text) > 20);
    if (target_parse_address(copy, "514", &target, &error) == 0)
        target_check(&target);
    if (target_parse_url(copy, &target, &error) == 0) {
        target_check(&target);
        assert_true(target.path[0] == '/');
    }
    free(copy);
}

static void test_any_text(void **state UNUSED)
{
    static const char *const seeds[] = {"[2001:db8::1%eth0]:514", "log-1.example.com:5000",
                                        "https://[::1]:8443/write?db=a%20b"};

    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        support_each_prefix(seeds[i], strlen(seeds[i]), target_parse_any);
        support_each_garbage(seeds[i], strlen(seeds[i]), 20000, target_parse_any);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),  cmocka_unit_test(test_default_port),
        cmocka_unit_test(test_bad_hosts),  cmocka_unit_test(test_bad_ports),
        cmocka_unit_test(test_long_hosts), cmocka_unit_test(test_urls),
        cmocka_unit_test(test_bad_urls),   cmocka_unit_test(test_long_paths),
        cmocka_unit_test(test_any_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
