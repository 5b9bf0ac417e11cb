/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of users, and what clients say of themselves. */
#include "output/serve_users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

#define SHA256   "$5$rounds=1000$abcdefgh$"
#define SHA512   "$6$rounds=1000$abcdefgh$"
#define YESCRYPT "$y$j9T$abcdefghijklmnop$"
#define BCRYPT   "$2b$05$abcdefghijklmnopqrstuu"

static const char file[] = "# who may read\n"
                           "\n"
                           "alice:" SHA512 "x\n"
                           "  bob:" YESCRYPT "y \r\n"
                           "#mallory:no\n"
                           "zo\xc3\xab:" SHA256 "w\n"
                           "j\xc3\xbcrgen:" BCRYPT "z";

static void test_file(void **state UNUSED)
{
    struct serve_users users;
    const char *why;
    size_t line;

    assert_int_equal(serve_users_parse(file, sizeof(file) - 1, &users, &line, &why), 0);
    assert_int_equal(users.count, 4);
    assert_string_equal(serve_users_hash(&users, "zo\xc3\xab"), SHA256 "w");
    assert_string_equal(serve_users_hash(&users, "alice"), SHA512 "x");
    assert_string_equal(serve_users_hash(&users, "bob"), YESCRYPT "y");
    assert_string_equal(serve_users_hash(&users, "j\xc3\xbcrgen"), BCRYPT "z");
    assert_null(serve_users_hash(&users, "mallory"));
    assert_null(serve_users_hash(&users, "ali"));
    assert_null(serve_users_hash(&users, ""));
    serve_users_free(&users);
}

static void test_bad_files(void **state UNUSED)
{
    static const struct {
        const char *text;
        size_t line;
        const char *why;
    } bad[] = {
        {"", 0, "no user"},
        {"# nobody\n\n", 0, "no user"},
        {"alice\n", 1, "USER:HASH"},
        {"\n:" SHA512 "x\n", 2, "USER:HASH"},
        {"a\tb:" SHA512 "x\n", 1, "USER:HASH"},
        {"a:" SHA512 "x\na:" SHA512 "y\n", 2, "before"},
        {"a:" SHA512 "x\nb:secret\n", 2, "method"},
        {"a:\n", 1, "method"},
        {"a:!\n", 1, "method"},
        {"a:*\n", 1, "method"},
        {"a:abJnggxhB/yWI\n", 1, "method"},                         /* DES */
        {"a:$1$abcdefgh$irWbblnpmw.5z7wgBnprh0\n", 1, "method"},    /* MD5 */
        {"a:$apr1$abcdefgh$xsamYIkbaU0S8yOx9G5Nl1\n", 1, "method"}, /* of web servers */
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct serve_users users = {0};
        const char *why = "";
        size_t line = 99;

        assert_int_equal(serve_users_parse(bad[i].text, strlen(bad[i].text), &users, &line, &why),
                         -EINVAL);
        assert_int_equal(line, bad[i].line);
        assert_non_null(strstr(why, bad[i].why));
        assert_null(users.list);
    }
}

static void parse_users(const char *text, size_t len)
{
    struct serve_users users = {0};
    const char *why = NULL;
    size_t line = 0;

    if (serve_users_parse(text, len, &users, &line, &why) < 0) {
        assert_non_null(why);
        assert_null(users.list);
        return;
    }
    assert_true(users.count > 0);
    for (size_t i = 0; i < users.count; i++)
        assert_ptr_equal(serve_users_hash(&users, users.list[i].name), users.list[i].hash);
    serve_users_free(&users);
}

static void test_cut_and_spoilt_files(void **state UNUSED)
{
    support_each_prefix(file, sizeof(file) - 1, parse_users);
    support_each_garbage(file, sizeof(file) - 1, 3000, parse_users);
}

static void test_read(void **state UNUSED)
{
    char path[] = "/tmp/test_serve_users.XXXXXX", error[512];
    struct serve_users users;
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a:" SHA512 "x\nwrong\n", strlen("a:" SHA512 "x\nwrong\n")),
                     strlen("a:" SHA512 "x\nwrong\n"));
    assert_int_equal(serve_users_read(path, &users, error, sizeof(error)), -EINVAL);
    assert_non_null(strstr(error, "line 2 of '/tmp/test_serve_users."));
    assert_int_equal(ftruncate(fd, (off_t)strlen("a:" SHA512 "x\n")), 0);
    assert_int_equal(serve_users_read(path, &users, error, sizeof(error)), 0);
    assert_int_equal(users.count, 1);
    serve_users_free(&users);
    assert_int_equal(ftruncate(fd, 1024 * 1024), 0);
    assert_int_equal(serve_users_read(path, &users, error, sizeof(error)), -EFBIG);
    close(fd);
    unlink(path);
    assert_int_equal(serve_users_read(path, &users, error, sizeof(error)), -ENOENT);
    assert_non_null(strstr(error, path));
    assert_int_equal(serve_users_read("/tmp", &users, error, sizeof(error)), -EINVAL);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes to it: no waiting */
    assert_int_equal(serve_users_read(path, &users, error, sizeof(error)), -EINVAL);
    unlink(path);
}

static void test_credentials(void **state UNUSED)
{
    static const struct {
        const char *header, *user, *password;
    } good[] = {
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"},
        {"basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ== ", "Aladdin", "open sesame"},
        {"Basic YTpi", "a", "b"},
        {"Basic YTpiOmM=", "a", "b:c"},
        {"Basic Og==", "", ""},
        {"Basic Ojo6", "", "::"},
        {"Basic w7w6/+8/", "\xc3\xbc", "\xff\xef?"},
    };
    char user[SERVE_CREDENTIALS_SIZE];
    const char *password;

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_int_equal(serve_users_credentials(good[i].header, user, &password), 0);
        assert_string_equal(user, good[i].user);
        assert_string_equal(password, good[i].password);
        assert_ptr_equal(password, user + strlen(user) + 1);
    }
}

static void test_bad_credentials(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "Basic",
        "Basic ",
        "BasicYTpi",
        "Bearer YTpi",
        "Basic YTp",
        "Basic YTp=",
        "Basic YQ==",
        "Basic Og",
        "Basic Og=",
        "Basic Oh==",
        "Basic YTpj=",
        "Basic ====",
        "Basic =",
        "Basic YTpi YTpi",
        "Basic YT-_",
        "Basic Y:pi",
        "Basic YToAYg==" /* a NUL */,
        "Basic YTpiOmN=",
        "Basic YTpi\nYTpi",
        "Basic Og==Og==",
    };
    char user[SERVE_CREDENTIALS_SIZE], longest[2000] = "Basic YTpi";
    const char *password = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        if (serve_users_credentials(bad[i], user, &password) != -EINVAL)
            fail_msg("'%s' was taken", bad[i]);
    }
    memset(longest + 10, 'A' + 1, sizeof(longest) - 11); /* no NUL in it */
    for (size_t len = 10; len < sizeof(longest) - 4; len += 4) {
        char *text = xstrndup(longest, len);
        bool fits = (len - 6) / 4 * 3 < SERVE_CREDENTIALS_SIZE;

        assert_int_equal(serve_users_credentials(text, user, &password), fits ? 0 : -EINVAL);
        free(text);
    }
}

static void parse_credentials(const char *bytes, size_t len)
{
    char *text = xstrndup(bytes, len), user[SERVE_CREDENTIALS_SIZE];
    const char *password;

    if (serve_users_credentials(text, user, &password) == 0)
        assert_true(strlen(user) + 1 + strlen(password) < sizeof(user));
    free(text);
}

static void test_cut_and_spoilt_credentials(void **state UNUSED)
{
    static const char header[] = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    char user[SERVE_CREDENTIALS_SIZE];
    const char *password;

    support_each_prefix(header, sizeof(header) - 1, parse_credentials);
    support_each_garbage(header, sizeof(header) - 1, 5000, parse_credentials);
    /* A prefix is whole where groups of four end, behind the colon. */
    for (size_t len = 0; len < sizeof(header) - 1; len++) {
        char *text = xstrndup(header, len);
        bool whole = len >= 18 && len < 38 && (len - 6) % 4 == 0;

        assert_int_equal(serve_users_credentials(text, user, &password), whole ? 0 : -EINVAL);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_cut_and_spoilt_files),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_bad_credentials),
        cmocka_unit_test(test_cut_and_spoilt_credentials),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
