/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/http_headers: headers and tokens from options and files. */
#include "output/http_headers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/output.h"
#include "support.h"

static char directory[] = "/tmp/test_http_headers.XXXXXX";

static int set_up(void **state UNUSED)
{
    return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state UNUSED)
{
    static const char *const names[] = {"headers", "token", "pipe"};
    char path[100];

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        (void)unlink(path);
    }
    return rmdir(directory);
}

/* Makes a file of that name; "@PATH" of it is in at[100]. */
static void put_file(const char *name, const char *text, size_t len, char at[100])
{
    FILE *f;

    snprintf(at, 100, "@%s/%s", directory, name);
    f = fopen(at + 1, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void check_at(const struct http_headers *h, size_t place, const char *name,
                     const char *value)
{
    const char *got_name = NULL, *got_value = NULL;

    assert_true(http_headers_at(h, place, &got_name, &got_value));
    assert_string_equal(got_name, name);
    assert_string_equal(got_value, value);
}

static void check_count(const struct http_headers *h, size_t count)
{
    const char *name, *value;

    assert_false(http_headers_at(h, count, &name, &value));
    assert_false(http_headers_at(h, count + 1, &name, &value));
}

static void check_fails(const struct output_settings *settings, bool usage, const char *text,
                        const char *secret)
{
    struct output_error error = {.text = ""};
    struct http_headers *h = NULL;

    assert_true(http_headers_new(settings, &h, &error) < 0);
    assert_null(h);
    assert_int_equal(error.usage, usage);
    assert_non_null(strstr(error.text, text));
    if (secret)
        assert_null(strstr(error.text, secret));
}

static void test_none(void **state UNUSED)
{
    struct output_settings settings = {0};
    struct output_error error;
    struct http_headers *h;

    assert_int_equal(http_headers_new(&settings, &h, &error), 0);
    check_count(h, 0);
    assert_false(http_headers_have(h, "Host"));
    assert_false(http_headers_renew(h));
    http_headers_free(h);
    http_headers_free(NULL);
}

static void test_options_and_files(void **state UNUSED)
{
    static const char text[] =
        "# to whom\r\nX-Scope-OrgID: 1\r\n\n#\nAuthorization:Token abc\nLast: x";
    char path[100];
    struct output_settings settings = {
        .http_headers = {.items = {"A: 1", path, "B: 2"}, .count = 3}};
    struct output_error error;
    struct http_headers *h;

    put_file("headers", text, sizeof(text) - 1, path);
    assert_int_equal(http_headers_new(&settings, &h, &error), 0);
    check_at(h, 0, "A", "1");
    check_at(h, 1, "X-Scope-OrgID", "1");
    check_at(h, 2, "Authorization", "Token abc");
    check_at(h, 3, "Last", "x");
    check_at(h, 4, "B", "2");
    check_count(h, 5);
    assert_true(http_headers_have(h, "x-scope-orgid"));
    assert_false(http_headers_have(h, "x-scope"));
    http_headers_free(h);
}

static void test_wrong_options(void **state UNUSED)
{
    struct output_settings settings = {.http_headers = {.items = {"A: 1", "nonsense"}, .count = 2}};

    check_fails(&settings, true, "option --http-header: 'nonsense' is not allowed", NULL);
    settings.http_headers.items[1] = "X-Token: secret\n";
    check_fails(&settings, true, "'X-Token...' is not allowed", "secret");
    settings.http_headers.items[1] = "Host: x";
    check_fails(&settings, true, "made by the program", NULL);
    settings.http_headers.items[1] = "@/nowhere/at/all";
    check_fails(&settings, false, "cannot read '/nowhere/at/all': No such file", NULL);
    settings.http_headers.items[1] = "@/";
    check_fails(&settings, false, "cannot read '/': Is a directory", NULL);
}

static void test_wrong_files(void **state UNUSED)
{
    char path[100], *large = xcalloc(1, 70000);
    struct output_settings settings = {.http_headers = {.items = {path}, .count = 1}};

    put_file("headers", "A: 1\n\nsecret\n", 13, path);
    check_fails(&settings, false, "headers', line 3: it is not 'Name: value'", "secret");
    put_file("headers", "A: sec\0ret\n", 11, path);
    check_fails(&settings, false, "line 1: it has a control character", "sec");
    put_file("headers", large, 70000, path);
    check_fails(&settings, false, "File too large", NULL);
    memset(large, '\n', 60000);
    for (unsigned i = 0; i < 65; i++)
        memcpy(large + 4 * (size_t)i, "A:1\n", 4);
    put_file("headers", large, 60000, path);
    check_fails(&settings, false, "line 65: there are too many headers", NULL);
    put_file("headers", large + 4, 60000, path);
    free(large);
}

static void test_token(void **state UNUSED)
{
    char path[100];
    struct output_settings settings = {.http_headers = {.items = {"A: 1"}, .count = 1}};
    struct output_error error;
    struct http_headers *h;

    put_file("token", "\n abc.def \r\n", 12, path);
    settings.http_token_file = path + 1;
    assert_int_equal(http_headers_new(&settings, &h, &error), 0);
    check_at(h, 0, "A", "1");
    check_at(h, 1, "Authorization", "Bearer abc.def");
    check_count(h, 2);
    assert_true(http_headers_have(h, "authorization"));
    assert_false(http_headers_renew(h));
    put_file("token", "new", 3, path);
    assert_true(http_headers_renew(h));
    assert_false(http_headers_renew(h));
    check_at(h, 1, "Authorization", "Bearer new");
    put_file("token", "two words", 9, path);
    assert_false(http_headers_renew(h));
    assert_int_equal(unlink(path + 1), 0);
    assert_false(http_headers_renew(h));
    check_at(h, 1, "Authorization", "Bearer new");
    /* Nobody writes into it: reading it must not wait for that. */
    assert_int_equal(mkfifo(path + 1, 0600), 0);
    assert_false(http_headers_renew(h));
    assert_int_equal(unlink(path + 1), 0);
    http_headers_free(h);
}

static void test_wrong_tokens(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
        size_t len;
    } wrong[] = {
        {"", "empty", 0},
        {" \r\n", "empty", 3},
        {"sec\nret", "more than one word", 7},
        {"sec\0ret", "more than one word", 7},
        {"sec ret", "more than one word", 7},
    };
    char path[100];
    struct output_settings settings = {.http_token_file = "/nowhere/at/all"};

    check_fails(&settings, false, "cannot take a token from '/nowhere/at/all': No such", NULL);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        put_file("token", wrong[i].text, wrong[i].len, path);
        settings.http_token_file = path + 1;
        check_fails(&settings, false, wrong[i].why, "sec");
    }
    settings.http_headers = (struct output_texts){.items = {"authorization: x"}, .count = 1};
    check_fails(&settings, true, "has no meaning with a header Authorization", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),          cmocka_unit_test(test_options_and_files),
        cmocka_unit_test(test_wrong_options), cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_token),         cmocka_unit_test(test_wrong_tokens),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
