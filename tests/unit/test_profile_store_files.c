/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/store's files: what lies in their way, and what interrupts their writing. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_state.h"
#include "profiler/store_file.h"

static void check_name(const char *uuid, const char *key, const char *expected)
{
    char name[STORE_NAME_SIZE];
    bool temporary;
    size_t len;

    store_name_make(uuid, key, name);
    assert_string_equal(name, expected);
    assert_true(store_name_parse(name, &len, &temporary));
    assert_int_equal(len, strlen(name));
    assert_false(temporary);
}

static void test_names(void **state UNUSED)
{
    char name[STORE_NAME_SIZE], other[STORE_NAME_SIZE], text[2000];
    bool temporary;
    size_t len;

    check_name(UUID_A, NULL, UUID_A);
    check_name(UUID_A, "100", UUID_A "+100");
    check_name("../../etc/passwd", NULL, "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd");
    check_name(".", NULL, "%2E");
    check_name("%2E", NULL, "%252E");
    check_name("a\n\xff", "\x01", "a%0A%FF+%01");
    check_name("", NULL, "%");
    check_name("", "k", "+k");
    for (size_t cut = 0; cut < 6; cut++) {
        for (size_t n = 1; n < sizeof(text) - 1; n += 1 + n / 10) {
            memset(text, 'x', n);
            memset(text + min_size(cut, n), '/', n - min_size(cut, n));
            text[n] = '\0';
            store_name_make(text, "key", name);
            assert_true(strlen(name) <= 200);
            assert_true(store_name_parse(name, &len, &temporary));
            assert_int_equal(len, strlen(name));
            text[n - 1] = 'y';
            store_name_make(text, "key", other);
            assert_string_not_equal(name, other);
        }
    }
    assert_true(store_name_parse("a." PRINT, &len, &temporary) && len == 1 && !temporary);
    assert_true(store_name_parse("a." PRINT ".bad", &len, &temporary) && len == 1 && !temporary);
    assert_true(store_name_parse("a." PRINT ".tmp", &len, &temporary) && len == 1 && temporary);
    assert_true(store_name_parse("ab.tmp", &len, &temporary) && len == 2 && temporary);
    assert_true(store_name_parse("%", &len, &temporary) && len == 1);
    assert_true(store_name_parse("%.bad", &len, &temporary) && len == 1);
    assert_false(store_name_parse("", &len, &temporary));
    assert_false(store_name_parse(".", &len, &temporary));
    assert_false(store_name_parse("..", &len, &temporary));
    assert_false(store_name_parse(".lock", &len, &temporary));
    assert_false(store_name_parse("notes.txt", &len, &temporary));
    assert_false(store_name_parse("a.0123456789abcde", &len, &temporary));
    assert_false(store_name_parse("a.0123456789ABCDEF", &len, &temporary));
    assert_false(store_name_parse("a." PRINT "0", &len, &temporary));
    assert_false(store_name_parse("a.bad.bad", &len, &temporary));
    assert_false(store_name_parse("a%2", &len, &temporary));
    assert_false(store_name_parse("a%2e", &len, &temporary));
    assert_false(store_name_parse("a b", &len, &temporary));
}

/* A fifo, a directory and links in the place of files: nobody waits, follows or replaces them. */
static void test_no_regular_files(void **state)
{
    static const char *const places[] = {UUID_A, UUID_A "." PRINT};
    struct made_store *f = *state;
    struct stat before, after;

    made_store_open(f, 30);
    made_store_write(f, "../target", "GOOD 1 END", 0600);
    for (size_t i = 0; i < 2 * 4; i++) {
        const char *place = places[i / 4];

        if (i % 4 == 0)
            assert_int_equal(mkfifo(made_store_path(f, place), 0600), 0);
        else if (i % 4 == 1)
            assert_int_equal(mkdir(made_store_path(f, place), 0700), 0);
        else
            assert_int_equal(
                symlink(i % 4 == 2 ? "../target" : "nothing", made_store_path(f, place)), 0);
        assert_int_equal(lstat(made_store_path(f, place), &before), 0);
        assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
        assert_int_equal(made_store_told("not a regular file"), 1);
        made_store_put(f, UUID_A, "1", 7);
        store_leave(f->store, UUID_A, "1");
        assert_int_equal(made_store_ask(f, UUID_B, "1"), -1);
        assert_int_equal(lstat(made_store_path(f, place), &after), 0);
        assert_true(before.st_ino == after.st_ino && before.st_mode == after.st_mode);
        made_store_check(f, "../target", "GOOD 1 END");
        if (i % 4 == 1)
            assert_int_equal(rmdir(made_store_path(f, place)), 0);
        else
            assert_int_equal(unlink(made_store_path(f, place)), 0);
    }
    assert_true(made_store_close(f));
}

/* The same for what we write through: a link at the temporary file is not followed. */
static void test_temporary_link(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    made_store_write(f, "../target", "precious", 0600);
    assert_int_equal(symlink("../target", made_store_path(f, UUID_A ".tmp")), 0);
    made_store_put(f, UUID_A, "1", 7);
    assert_true(made_store_close(f));
    made_store_check(f, "../target", "precious");
    made_store_check(f, UUID_A, "GOOD 7");
    assert_false(made_store_has(f, UUID_A ".tmp"));
}

static void check_refused(struct made_store *f, const char *path, int expected, const char *text)
{
    char error[256] = "";

    assert_int_equal(store_open(path, &f->settings, 30, &f->store, error, sizeof(error)), expected);
    assert_null(f->store);
    assert_non_null(strstr(error, text));
    assert_null(strchr(error, '\n'));
}

static void test_directories(void **state)
{
    struct made_store *f = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/none/states", f->parent);
    check_refused(f, path, -ENOENT, "cannot make");
    made_store_open(f, 30);
    assert_true(made_store_close(f));
    made_store_write(f, "file", "", 0600);
    snprintf(path, sizeof(path), "%s/file", f->path);
    check_refused(f, path, -ENOTDIR, "cannot use");
    for (unsigned mode = 0702; mode <= 0720; mode += 016) {
        assert_int_equal(chmod(f->path, mode), 0);
        check_refused(f, f->path, -EPERM, "others may write");
    }
    assert_int_equal(chmod(f->path, 01777), 0);
    check_refused(f, f->path, -EPERM, "others may write");
    assert_int_equal(chmod(f->path, 0755), 0);
    made_store_open(f, 30);
    assert_true(made_store_close(f));
    if (geteuid() == 0) {
        assert_int_equal(chown(f->path, 12345, 0), 0);
        check_refused(f, f->path, -EPERM, "belongs to another user");
        assert_int_equal(chown(f->path, 0, 0), 0);
    } else {
        assert_int_equal(unlink(made_store_path(f, ".lock")), 0);
        assert_int_equal(chmod(f->path, 0500), 0);
        check_refused(f, f->path, -EACCES, "cannot lock");
        assert_int_equal(chmod(f->path, 0700), 0);
    }
    assert_int_equal(unlink(made_store_path(f, ".lock")), 0);
    assert_int_equal(mkfifo(made_store_path(f, ".lock"), 0600), 0);
    check_refused(f, f->path, -EINVAL, "cannot lock");
    assert_int_equal(unlink(made_store_path(f, ".lock")), 0);
    assert_int_equal(symlink("file", made_store_path(f, ".lock")), 0);
    check_refused(f, f->path, -ELOOP, "cannot lock");
    /* By a link to it, the directory may be told. */
    assert_int_equal(unlink(made_store_path(f, ".lock")), 0);
    snprintf(path, sizeof(path), "%s/link", f->parent);
    assert_int_equal(symlink("states", path), 0);
    copy_text(f->path, sizeof(f->path), path);
    made_store_open(f, 30);
    assert_true(made_store_close(f));
}

static void keep_writing(struct made_store *f, uint64_t from, int fd)
{
    made_store_open(f, 30);
    if (made_store_ask(f, UUID_A, "1") != (int64_t)from)
        _exit(1);
    for (uint64_t number = from + 1;; number++) {
        struct buf b = {0};

        made_store_text(&b, number, 300000 + number % 7 * 100000);
        store_put(f->store, UUID_A, "1", &b);
        store_ask(f->store, UUID_A, "1");
        if (made_store_answer(f, UUID_A, "1") != (int64_t)number)
            _exit(2);
        if (write(fd, &number, sizeof(number)) != sizeof(number))
            _exit(3);
    }
}

/* Killed at any moment: what was reported as written is there, or what was written just then. */
static void test_killed(void **state)
{
    struct made_store *f = *state;
    uint64_t seed = 4, last = 0;

    made_store_open(f, 30);
    made_store_put(f, UUID_A, "1", 0);
    assert_true(made_store_close(f));
    for (unsigned round = 0; round < 100; round++) {
        uint64_t reported = last, wanted = last + 1 + support_random_below(&seed, 3);
        int fds[2], status;
        pid_t pid;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            keep_writing(f, last, fds[1]);
        close(fds[1]);
        while (reported < wanted)
            assert_int_equal(read(fds[0], &reported, sizeof(reported)), sizeof(reported));
        /* At no moment there is none. */
        for (uint64_t spin = support_random_below(&seed, 2000); spin > 0; spin--)
            assert_true(made_store_has(f, UUID_A));
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(fds[0], &reported, sizeof(reported)) == sizeof(reported))
            ;
        close(fds[0]);
        made_store_open(f, 30);
        last = (uint64_t)made_store_ask(f, UUID_A, "1");
        assert_true(last == reported || last == reported + 1);
        assert_true(made_store_close(f));
        assert_false(made_store_has(f, UUID_A ".bad"));
    }
    assert_int_equal(made_store_told(""), 0);
}

static void test_full_disk(void **state)
{
    struct rlimit limit, small;
    struct made_store *f = *state;

    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    made_store_put(f, UUID_A, "1", 1);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 10, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (uint64_t i = 2; i < 6; i++) {
        made_store_put(f, UUID_A, "1", i);
        assert_int_equal(made_store_ask(f, UUID_A, "1"), 1);
    }
    assert_int_equal(made_store_told("cannot write"), 1);
    assert_false(made_store_has(f, UUID_A ".tmp"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    made_store_put(f, UUID_A, "1", 6);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), 6);
    assert_int_equal(made_store_told("again"), 1);
    /* A VM that leaves unwritten is lost, which the end tells. */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    made_store_put(f, UUID_A, "1", 7);
    store_leave(f->store, UUID_A, "1");
    assert_int_equal(made_store_ask(f, UUID_B, "1"), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    made_store_put(f, UUID_B, "1", 7);
    assert_false(made_store_close(f));
    made_store_check(f, UUID_A, "GOOD 6");
    made_store_check(f, UUID_B, "GOOD 7");
}

static void test_directory_is_gone(void **state)
{
    struct made_store *f = *state, second = *f;

    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    assert_int_equal(unlink(made_store_path(f, ".lock")), 0);
    assert_int_equal(rmdir(f->path), 0);
    made_store_put(f, UUID_A, "1", 1);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), 1);
    assert_int_equal(made_store_told("is made again"), 1);
    made_store_check(f, UUID_A, "GOOD 1");
    /* Its names are taken there, too. */
    made_store_open(&second, 30);
    assert_int_equal(made_store_ask(&second, UUID_A, "1"), -1);
    assert_int_equal(made_store_told("in use by another"), 1);
    assert_true(made_store_close(&second));
    assert_true(made_store_close(f));
}

/* In its place is one that others can write to, or a link to such: nothing goes there. */
static void test_directory_is_replaced(void **state)
{
    struct made_store *f = *state;
    char elsewhere[128];
    struct stat st;

    snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", f->parent);
    assert_int_equal(mkdir(elsewhere, 0700), 0);
    assert_int_equal(chmod(elsewhere, 0777), 0);
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    assert_int_equal(unlink(made_store_path(f, ".lock")), 0);
    assert_int_equal(rmdir(f->path), 0);
    assert_int_equal(symlink(elsewhere, f->path), 0);
    made_store_put(f, UUID_A, "1", 1);
    assert_false(made_store_close(f));
    assert_int_equal(made_store_told("cannot write"), 1);
    assert_int_equal(rmdir(elsewhere), 0);
    assert_int_equal(lstat(f->path, &st), 0);
}

static void test_old_files(void **state)
{
    static const char *const old[] = {UUID_A, UUID_A "-9." PRINT, UUID_A ".bad", "x." PRINT ".bad"};
    struct made_store *f = *state;
    int hold, ready, status;
    char byte;
    pid_t pid = made_store_other(f, &hold, &ready); /* has UUID_A */

    assert_int_equal(read(ready, &byte, 1), 1);
    for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
        made_store_write(f, old[i], "GOOD 1 END", 0600);
        made_store_age(f, old[i], 31);
    }
    made_store_write(f, UUID_B, "GOOD 1 END", 0600);
    made_store_age(f, UUID_B, 31);
    made_store_write(f, "README", "not ours: others may read it", 0644);
    made_store_age(f, "README", 400);
    made_store_write(f, "notes.txt", "not ours", 0600);
    made_store_age(f, "notes.txt", 400);
    made_store_write(f, "young", "GOOD 1 END", 0600);
    made_store_age(f, "young", 29);
    assert_int_equal(symlink("README", made_store_path(f, "link")), 0);
    made_store_age(f, "link", 400);
    made_store_age(f, ".lock", 400);
    /* For ever. */
    made_store_open(f, 0);
    assert_true(made_store_close(f));
    for (size_t i = 0; i < ARRAY_SIZE(old); i++)
        assert_true(made_store_has(f, old[i]));
    /* UUID_B is here, UUID_A is with another one. */
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_B, "1"), 1);
    assert_true(made_store_close(f));
    assert_true(made_store_has(f, UUID_A) && made_store_has(f, UUID_A ".bad"));
    assert_true(made_store_has(f, UUID_B));
    assert_false(made_store_has(f, UUID_A "-9." PRINT) || made_store_has(f, "x." PRINT ".bad"));
    close(hold);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    made_store_open(f, 30);
    assert_true(made_store_close(f));
    for (size_t i = 0; i < ARRAY_SIZE(old); i++)
        assert_false(made_store_has(f, old[i]));
    assert_false(made_store_has(f, UUID_B));
    assert_true(made_store_has(f, "README") && made_store_has(f, "notes.txt") &&
                made_store_has(f, "young"));
    assert_true(made_store_has(f, "link") && made_store_has(f, ".lock"));
    close(ready);
}

static void test_left_over(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 0);
    assert_true(made_store_close(f));
    made_store_write(f, UUID_A ".tmp", "GOOD", 0600);
    made_store_age(f, UUID_A ".tmp", 0.05);
    made_store_write(f, UUID_B ".tmp", "GOOD", 0600);
    made_store_write(f, UUID_B "." PRINT ".tmp", "GOOD", 0600);
    made_store_age(f, UUID_B "." PRINT ".tmp", 0.05);
    made_store_open(f, 0);
    assert_true(made_store_close(f));
    assert_false(made_store_has(f, UUID_A ".tmp"));
    assert_true(made_store_has(f, UUID_B ".tmp"));
    assert_false(made_store_has(f, UUID_B "." PRINT ".tmp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_no_regular_files, made_store_setup,
                                        made_store_teardown),
        cmocka_unit_test_setup_teardown(test_temporary_link, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_directories, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_killed, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_directory_is_gone, made_store_setup,
                                        made_store_teardown),
        cmocka_unit_test_setup_teardown(test_directory_is_replaced, made_store_setup,
                                        made_store_teardown),
        cmocka_unit_test_setup_teardown(test_old_files, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_left_over, made_store_setup, made_store_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
