/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/http_text: headers, pauses, first lines, names of spools. */
#include "output/http_text.h"

#include <string.h>

#include "output/target.h"
#include "support.h"

/* 1994-11-06 08:49:37 UTC. */
#define FIXED_TIME 784111777

static void check_field(const char *line, const char *name, const char *value)
{
    struct http_field f;

    assert_null(http_parse_field(line, strlen(line), &f));
    assert_int_equal(f.name_len, strlen(name));
    assert_memory_equal(f.name, name, f.name_len);
    assert_int_equal(f.value_len, strlen(value));
    assert_memory_equal(f.value, value, f.value_len);
}

static void check_no_field(const char *line, size_t len, const char *why)
{
    struct http_field f = {.name = "untouched"};
    const char *told = http_parse_field(line, len, &f);

    assert_non_null(told);
    assert_non_null(strstr(told, why));
    assert_string_equal(f.name, "untouched");
}

static void test_fields(void **state UNUSED)
{
    check_field("Authorization: Token abc==", "Authorization", "Token abc==");
    check_field("X-Empty:", "X-Empty", "");
    check_field("X-Empty: \t ", "X-Empty", "");
    check_field("x:y", "x", "y");
    check_field("X!#$%&'*+-.^_`|~09:  a b: d \t", "X!#$%&'*+-.^_`|~09", "a b: d");
}

static void test_no_fields(void **state UNUSED)
{
    static const char *const no[] = {"",         "Name",      ": value", "Na me: value",
                                     " N: v",    "N : value", "(N): v",  "N\xc3\xa4: v",
                                     "N\x01: v", "\"N\": v"};
    static const char *const own[] = {
        "Content-Length: 5",       "content-length: 5",   "HOST: a",
        "Transfer-Encoding: gzip", "Connection: close",   "Expect: 100-continue",
        "Content-Encoding: br",    "TRANSFER-encoding:x", "Upgrade: h2c",
    };

    for (size_t i = 0; i < ARRAY_SIZE(no); i++)
        check_no_field(no[i], strlen(no[i]), "'Name: value'");
    for (size_t i = 0; i < ARRAY_SIZE(own); i++)
        check_no_field(own[i], strlen(own[i]), "by the program");
    check_field("Content-Lengths: 5", "Content-Lengths", "5");
    check_no_field("N: a\r\nB: c", 10, "control");
    check_no_field("N: a\nB: c", 9, "control");
    check_no_field("N: a\0b", 6, "control");
    check_no_field("N: a\x7f", 5, "control");
    check_no_field("N: a\tb", 6, "control");
}

static void test_long_field(void **state UNUSED)
{
    char line[8300];

    memset(line, 'x', sizeof(line));
    line[1] = ':';
    check_no_field(line, sizeof(line), "too long");
    assert_null(http_parse_field(line, 8192, &(struct http_field){0}));
}

/* What is taken lies within the line, and has nothing that could end it. */
static void parse_any_field(const char *text, size_t len)
{
    struct http_field f;

    if (http_parse_field(text, len, &f))
        return;
    assert_true(f.name == text && f.name_len > 0 && f.name_len < len);
    assert_true(f.value >= text && f.value + f.value_len <= text + len);
    for (size_t i = 0; i < f.value_len; i++)
        assert_true((unsigned char)f.value[i] >= ' ');
}

static void test_any_field(void **state UNUSED)
{
    static const char line[] = "Authorization: \tToken a+b/c== \t";

    support_each_prefix(line, sizeof(line) - 1, parse_any_field);
    support_each_garbage(line, sizeof(line) - 1, 20000, parse_any_field);
}

static void test_tokens(void **state UNUSED)
{
    assert_true(http_is_token("eyJhbGciOi.J9-_~+/==", 20));
    assert_true(http_is_token("x", 1));
    assert_false(http_is_token("", 0));
    assert_false(http_is_token("a b", 3));
    assert_false(http_is_token("a\r\nB: c", 7));
    assert_false(http_is_token("a\0b", 3));
    assert_false(http_is_token("\xc3\xa4", 2));
    assert_false(http_is_token("a\x7f", 2));
}

static void check_pause(const char *text, unsigned expected)
{
    unsigned seconds = 9999;

    assert_true(http_parse_retry_after(text, FIXED_TIME, &seconds));
    assert_int_equal(seconds, expected);
}

static void test_pauses(void **state UNUSED)
{
    check_pause("0", 0);
    check_pause("1", 1);
    check_pause("007", 7);
    check_pause("299", 299);
    check_pause("300", 300);
    check_pause("301", 300);
    check_pause("86400", 300);
    check_pause("99999999999999999999999999", 300);
    check_pause("Sun, 06 Nov 1994 08:49:37 GMT", 0);
    check_pause("Sun, 06 Nov 1994 08:49:38 GMT", 1);
    check_pause("Sun, 06 Nov 1994 08:49:36 GMT", 0);
    check_pause("Sun, 06 Nov 1994 08:51:37 GMT", 120);
    check_pause("Sun, 06 Nov 1994 08:54:38 GMT", 300);
    check_pause("Mon, 07 Nov 1994 08:49:37 GMT", 300);
    check_pause("Fri, 31 Dec 9999 23:59:60 GMT", 300);
    check_pause("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    check_pause("Sat, 01 Jan 0000 00:00:00 GMT", 0);
}

static void test_no_pauses(void **state UNUSED)
{
    static const char *const no[] = {
        "",
        " 5",
        "-5",
        "+5",
        "5 ",
        "1.5",
        "0x10",
        "soon",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun 06 Nov 1994 08:49:37 GMT",
        "Xxx, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nob 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    };

    for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
        unsigned seconds = 77;

        assert_false(http_parse_retry_after(no[i], FIXED_TIME, &seconds));
        assert_int_equal(seconds, 77);
    }
}

static void parse_any_pause(const char *text, size_t len)
{
    char copy[64];
    unsigned seconds = 0;

    copy_text(copy, min_size(sizeof(copy), len + 1), ""); /* text[len] is not ours to read */
    memcpy(copy, text, min_size(len, sizeof(copy) - 1));
    copy[min_size(len, sizeof(copy) - 1)] = '\0';
    (void)http_parse_retry_after(copy, FIXED_TIME, &seconds);
    assert_true(seconds <= HTTP_PAUSE_MAX);
}

static void test_any_pause(void **state UNUSED)
{
    static const char text[] = "Sun, 06 Nov 1994 08:51:37 GMT";

    support_each_prefix(text, sizeof(text) - 1, parse_any_pause);
    support_each_garbage(text, sizeof(text) - 1, 20000, parse_any_pause);
}

static void check_first_line(const char *text, const char *expected)
{
    char line[12] = "before";

    http_first_line(text, strlen(text), line, sizeof(line));
    assert_string_equal(line, expected);
}

static void test_first_lines(void **state UNUSED)
{
    check_first_line("", "");
    check_first_line(" \r\n\t", "");
    check_first_line("one", "one");
    check_first_line("one\ntwo", "one");
    check_first_line("\r\n  one \r\ntwo", "one");
    check_first_line("a\x1b[31m\x01"
                     "b",
                     "a [31m b");
    check_first_line("0123456789abcdef", "0123456789a");
    check_first_line("0123456789  cdef", "0123456789");
}

static void check_host(const char *host, const char *port, bool tls, const char *expected)
{
    struct target target = {.tls = tls};
    char text[300];

    copy_text(target.host, sizeof(target.host), host);
    copy_text(target.port, sizeof(target.port), port);
    http_put_host(&target, text, sizeof(text));
    assert_string_equal(text, expected);
}

static void test_hosts(void **state UNUSED)
{
    check_host("a.example", "80", false, "a.example");
    check_host("a.example", "443", false, "a.example:443");
    check_host("a.example", "443", true, "a.example");
    check_host("192.0.2.1", "8086", false, "192.0.2.1:8086");
    check_host("2001:db8::1", "80", true, "[2001:db8::1]:80");
    check_host("2001:db8::1", "80", false, "[2001:db8::1]");
}

static void test_spool_names(void **state UNUSED)
{
    struct target a = {.host = "2001:db8::1", .port = "80", .path = "/write/x?token=secret"};
    char name[TARGET_SPOOL_NAME_SIZE], other[TARGET_SPOOL_NAME_SIZE];

    target_spool_name("json", "http", &a, name);
    assert_memory_equal(name, "json-http-2001_db8__1-80_write_x-", 33);
    assert_int_equal(strlen(name), 33 + 16);
    assert_int_equal(strspn(name + 33, "0123456789abcdef"), 16);
    target_spool_name("json", "http", &a, other);
    assert_string_equal(name, other);
    copy_text(a.path, sizeof(a.path), "/write/x?token=others");
    target_spool_name("json", "http", &a, other);
    assert_string_not_equal(name, other);
    a.tls = true;
    target_spool_name("json", "http", &a, name);
    assert_string_not_equal(name, other);
    memset(a.path, '/', sizeof(a.path) - 1);
    memset(a.host, 'h', sizeof(a.host) - 1);
    target_spool_name("json", "http", &a, name);
    assert_true(strlen(name) < TARGET_SPOOL_NAME_SIZE);
    assert_int_equal(name[strlen(name) - 17], '-');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),      cmocka_unit_test(test_no_fields),
        cmocka_unit_test(test_long_field),  cmocka_unit_test(test_any_field),
        cmocka_unit_test(test_tokens),      cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_no_pauses),   cmocka_unit_test(test_any_pause),
        cmocka_unit_test(test_first_lines), cmocka_unit_test(test_hosts),
        cmocka_unit_test(test_spool_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
