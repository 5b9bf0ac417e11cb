/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passwords: right, wrong, remembered, too many. */
#include "output/serve_auth.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "support.h"

#define ALICE_SECRET "Basic YWxpY2U6c2VjcmV0" /* alice:secret */
#define ALICE_WRONG  "Basic YWxpY2U6d3Jvbmc=" /* alice:wrong */
#define BOB_SECRET   "Basic Ym9iOnNlY3JldA==" /* bob:secret */
#define EVE_SECRET   "Basic ZXZlOnNlY3JldA==" /* eve:secret */

struct fixture {
    char path[64];
    struct serve_auth *auth;
    struct mono now;
};

static void write_users(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void write_user(const char *path, const char *user, const char *password)
{
    struct crypt_data data = {0};
    const char *hash = crypt_r(password, "$6$rounds=1000$saltsalt", &data);
    char *line = xasprintf("%s:%s\n", user, hash);

    write_users(path, line);
    free(line);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    char error[512];
    int fd;

    copy_text(f->path, sizeof(f->path), "/tmp/test_serve_auth.XXXXXX");
    fd = mkstemp(f->path);
    assert_true(fd >= 0);
    close(fd);
    write_user(f->path, "alice", "secret");
    assert_int_equal(serve_auth_new(f->path, &f->auth, error, sizeof(error)), 0);
    f->now = (struct mono){5 * (int64_t)NS_PER_S};
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    serve_auth_free(f->auth);
    unlink(f->path);
    free(f);
    return 0;
}

static enum serve_verdict check(struct fixture *f, const char *authorization)
{
    return serve_auth_check(f->auth, authorization, f->now);
}

static void pass(struct fixture *f, double seconds)
{
    f->now = mono_add_seconds(f->now, seconds);
}

static void test_right_is_remembered(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(check(f, ALICE_SECRET), SERVE_ALLOWED);
    assert_int_equal(serve_auth_computed(f->auth), 1);
}

static void test_wrong(void **state)
{
    static const char *const wrong[] = {ALICE_WRONG, BOB_SECRET, EVE_SECRET};
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_int_equal(check(f, wrong[i]), SERVE_DENIED);
        pass(f, 1);
    }
    /* Users that there are not cost the same. */
    assert_int_equal(serve_auth_computed(f->auth), 3);
    assert_int_equal(check(f, NULL), SERVE_DENIED);
    assert_int_equal(check(f, ""), SERVE_DENIED);
    assert_int_equal(check(f, "Basic alice:secret"), SERVE_DENIED);
    assert_int_equal(check(f, "Bearer YWxpY2U6c2VjcmV0"), SERVE_DENIED);
    assert_int_equal(serve_auth_computed(f->auth), 3);
    assert_int_equal(check(f, ALICE_SECRET), SERVE_ALLOWED);
}

static void test_guessing_is_slow(void **state)
{
    struct fixture *f = *state;
    unsigned later = 0;

    assert_int_equal(check(f, ALICE_SECRET), SERVE_ALLOWED);
    pass(f, 10);
    for (unsigned i = 0; i < 100; i++) {
        later += check(f, ALICE_WRONG) == SERVE_LATER;
        pass(f, 0.1);
        /* Who was let in before is not kept waiting. */
        assert_int_equal(check(f, ALICE_SECRET), SERVE_ALLOWED);
    }
    assert_in_range(serve_auth_computed(f->auth), 20, 23); /* ten seconds, two a second */
    assert_int_equal(later, 101 - serve_auth_computed(f->auth));
}

static void test_reload(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(check(f, ALICE_SECRET), SERVE_ALLOWED);
    write_users(f->path, "no such line\n");
    serve_auth_reload(f->auth); /* logged; the users stay */
    assert_int_equal(check(f, ALICE_SECRET), SERVE_ALLOWED);
    write_user(f->path, "bob", "secret");
    serve_auth_reload(f->auth);
    assert_int_equal(check(f, ALICE_SECRET), SERVE_DENIED); /* what was remembered is gone, too */
    pass(f, 1);
    assert_int_equal(check(f, BOB_SECRET), SERVE_ALLOWED);
}

/* "Basic " and base64 of two letters and ":p". */
static char *authorize(unsigned first, unsigned second)
{
    static const char base[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    return xasprintf("Basic %c%c%c%ccA==", base[first >> 2], base[(first & 3) << 4 | second >> 4],
                     base[(second & 15) << 2 | ':' >> 6], base[':' & 63]);
}

/* More credentials than are remembered, each of them right. */
static void test_many(void **state)
{
    struct fixture *f = *state;
    struct crypt_data data = {0};
    const char *hash = crypt_r("p", "$6$rounds=1000$saltsalt", &data);
    struct buf text = {0};

    for (unsigned i = 0; i < 80; i++)
        buf_printf(&text, "%c%c:%s\n", (char)('a' + i / 26), (char)('a' + i % 26), hash);
    write_users(f->path, buf_text(&text));
    buf_done(&text);
    serve_auth_reload(f->auth);
    for (unsigned i = 0; i < 160; i++) {
        char *authorization = authorize('a' + i % 80 / 26, 'a' + i % 80 % 26);

        pass(f, 1);
        assert_int_equal(check(f, authorization), SERVE_ALLOWED);
        free(authorization);
    }
    assert_in_range(serve_auth_computed(f->auth), 81, 160); /* some were forgotten */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_right_is_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(test_guessing_is_slow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
