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
    check_name(UUID_A, "100", UUID_A "-100");
    check_name("../../etc/passwd", NULL, "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd");
    check_name(".", NULL, "%2E");
    check_name("%2E", NULL, "%252E");
    check_name("a\n\xff", "\x01", "a%0A%FF-%01");
    check_name("", NULL, "%");
    check_name("", "k", "-k");
    for (size_t cut = 0; cut < 6; cut++) {
        for (size_t n = 1; n < sizeof(text) - 1; n++) {
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
    struct store_fixture *f = *state;
    struct stat before, after;

    open_store(f, 30);
    write_file(f, "../target", "GOOD 1 END", 0600);
    for (size_t i = 0; i < 2 * 4; i++) {
        const char *place = places[i / 4];

        if (i % 4 == 0)
            assert_int_equal(mkfifo(path_of(f, place), 0600), 0);
        else if (i % 4 == 1)
            assert_int_equal(mkdir(path_of(f, place), 0700), 0);
        else
            assert_int_equal(symlink(i % 4 == 2 ? "../target" : "nothing", path_of(f, place)), 0);
        assert_int_equal(lstat(path_of(f, place), &before), 0);
        assert_int_equal(ask(f, UUID_A, "1"), -1);
        assert_int_equal(told("not a regular file"), 1);
        put(f, UUID_A, "1", 7);
        store_leave(f->store, UUID_A, "1");
        assert_int_equal(ask(f, UUID_B, "1"), -1);
        assert_int_equal(lstat(path_of(f, place), &after), 0);
        assert_true(before.st_ino == after.st_ino && before.st_mode == after.st_mode);
        check_file(f, "../target", "GOOD 1 END");
        if (i % 4 == 1)
            assert_int_equal(rmdir(path_of(f, place)), 0);
        else
            assert_int_equal(unlink(path_of(f, place)), 0);
    }
    assert_true(close_store(f));
}

/* The same for what we write through: a link at the temporary file is not followed. */
static void test_temporary_link(void **state)
{
    struct store_fixture *f = *state;

    open_store(f, 30);
    write_file(f, "../target", "precious", 0600);
    assert_int_equal(symlink("../target", path_of(f, UUID_A ".tmp")), 0);
    put(f, UUID_A, "1", 7);
    assert_true(close_store(f));
    check_file(f, "../target", "precious");
    check_file(f, UUID_A, "GOOD 7");
    assert_false(is_there(f, UUID_A ".tmp"));
}

static void check_refused(struct store_fixture *f, const char *path, int expected, const char *text)
{
    char error[256] = "";

    assert_int_equal(store_open(path, &f->settings, 30, &f->store, error, sizeof(error)), expected);
    assert_null(f->store);
    assert_non_null(strstr(error, text));
    assert_null(strchr(error, '\n'));
}

static void test_directories(void **state)
{
    struct store_fixture *f = *state;
    char path[128];

    snprintf(path, sizeof(path), "%s/none/states", f->parent);
    check_refused(f, path, -ENOENT, "cannot make");
    open_store(f, 30);
    assert_true(close_store(f));
    write_file(f, "file", "", 0600);
    snprintf(path, sizeof(path), "%s/file", f->path);
    check_refused(f, path, -ENOTDIR, "cannot use");
    for (unsigned mode = 0702; mode <= 0720; mode += 016) {
        assert_int_equal(chmod(f->path, mode), 0);
        check_refused(f, f->path, -EPERM, "others may write");
    }
    assert_int_equal(chmod(f->path, 01777), 0);
    check_refused(f, f->path, -EPERM, "others may write");
    assert_int_equal(chmod(f->path, 0755), 0);
    open_store(f, 30);
    assert_true(close_store(f));
    if (geteuid() == 0) {
        assert_int_equal(chown(f->path, 12345, 0), 0);
        check_refused(f, f->path, -EPERM, "belongs to another user");
        assert_int_equal(chown(f->path, 0, 0), 0);
    } else {
        assert_int_equal(unlink(path_of(f, ".lock")), 0);
        assert_int_equal(chmod(f->path, 0500), 0);
        check_refused(f, f->path, -EACCES, "cannot lock");
        assert_int_equal(chmod(f->path, 0700), 0);
    }
    assert_int_equal(unlink(path_of(f, ".lock")), 0);
    assert_int_equal(mkfifo(path_of(f, ".lock"), 0600), 0);
    check_refused(f, f->path, -EINVAL, "cannot lock");
    assert_int_equal(unlink(path_of(f, ".lock")), 0);
    assert_int_equal(symlink("file", path_of(f, ".lock")), 0);
    check_refused(f, f->path, -ELOOP, "cannot lock");
    /* By a link to it, the directory may be told. */
    assert_int_equal(unlink(path_of(f, ".lock")), 0);
    snprintf(path, sizeof(path), "%s/link", f->parent);
    assert_int_equal(symlink("states", path), 0);
    copy_text(f->path, sizeof(f->path), path);
    open_store(f, 30);
    assert_true(close_store(f));
}

static void keep_writing(struct store_fixture *f, uint64_t from, int fd)
{
    open_store(f, 30);
    if (ask(f, UUID_A, "1") != (int64_t)from)
        _exit(1);
    for (uint64_t number = from + 1;; number++) {
        struct buf b = {0};

        make_text(&b, number, 300000 + number % 7 * 100000);
        store_put(f->store, UUID_A, "1", &b);
        store_ask(f->store, UUID_A, "1");
        if (answer(f, UUID_A, "1") != (int64_t)number)
            _exit(2);
        if (write(fd, &number, sizeof(number)) != sizeof(number))
            _exit(3);
    }
}

/* Killed at any moment: what was reported as written is there, or what was written just then. */
static void test_killed(void **state)
{
    struct store_fixture *f = *state;
    uint64_t seed = 4, last = 0;

    open_store(f, 30);
    put(f, UUID_A, "1", 0);
    assert_true(close_store(f));
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
        for (uint64_t spin = support_random_below(&seed, 400000); spin > 0; spin--)
            __asm__ volatile("");
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        while (read(fds[0], &reported, sizeof(reported)) == sizeof(reported))
            ;
        close(fds[0]);
        open_store(f, 30);
        last = (uint64_t)ask(f, UUID_A, "1");
        assert_true(last == reported || last == reported + 1);
        assert_true(close_store(f));
        assert_false(is_there(f, UUID_A ".bad"));
    }
    assert_int_equal(told(""), 0);
}

static void test_full_disk(void **state)
{
    struct rlimit limit, small;
    struct store_fixture *f = *state;

    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    put(f, UUID_A, "1", 1);
    assert_int_equal(ask(f, UUID_A, "1"), 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 10, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    for (uint64_t i = 2; i < 6; i++) {
        put(f, UUID_A, "1", i);
        assert_int_equal(ask(f, UUID_A, "1"), 1);
    }
    assert_int_equal(told("cannot write"), 1);
    assert_false(is_there(f, UUID_A ".tmp"));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put(f, UUID_A, "1", 6);
    assert_int_equal(ask(f, UUID_A, "1"), 6);
    assert_int_equal(told("again"), 1);
    /* A VM that leaves unwritten is lost, which the end tells. */
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    put(f, UUID_A, "1", 7);
    store_leave(f->store, UUID_A, "1");
    assert_int_equal(ask(f, UUID_B, "1"), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    put(f, UUID_B, "1", 7);
    assert_false(close_store(f));
    check_file(f, UUID_A, "GOOD 6");
    check_file(f, UUID_B, "GOOD 7");
}

static void test_directory_is_gone(void **state)
{
    struct store_fixture *f = *state;

    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    assert_int_equal(unlink(path_of(f, ".lock")), 0);
    assert_int_equal(rmdir(f->path), 0);
    put(f, UUID_A, "1", 1);
    assert_false(close_store(f));
    assert_int_equal(told("cannot write"), 1);
}

static void test_old_files(void **state)
{
    static const char *const old[] = {UUID_A, UUID_A "-9." PRINT, UUID_A ".bad", "x." PRINT ".bad"};
    struct store_fixture *f = *state;
    int hold, ready, status;
    char byte;
    pid_t pid = other_profiler(f, &hold, &ready); /* has UUID_A */

    assert_int_equal(read(ready, &byte, 1), 1);
    for (size_t i = 0; i < ARRAY_SIZE(old); i++) {
        write_file(f, old[i], "GOOD 1 END", 0600);
        make_old(f, old[i], 31);
    }
    write_file(f, UUID_B, "GOOD 1 END", 0600);
    make_old(f, UUID_B, 31);
    write_file(f, "README", "not ours: others may read it", 0644);
    make_old(f, "README", 400);
    write_file(f, "notes.txt", "not ours", 0600);
    make_old(f, "notes.txt", 400);
    write_file(f, "young", "GOOD 1 END", 0600);
    make_old(f, "young", 29);
    assert_int_equal(symlink("README", path_of(f, "link")), 0);
    make_old(f, "link", 400);
    make_old(f, ".lock", 400);
    /* For ever. */
    open_store(f, 0);
    assert_true(close_store(f));
    for (size_t i = 0; i < ARRAY_SIZE(old); i++)
        assert_true(is_there(f, old[i]));
    /* UUID_B is here, UUID_A is with another one. */
    open_store(f, 30);
    assert_int_equal(ask(f, UUID_B, "1"), 1);
    assert_true(close_store(f));
    assert_true(is_there(f, UUID_A) && is_there(f, UUID_A ".bad"));
    assert_true(is_there(f, UUID_B));
    assert_false(is_there(f, UUID_A "-9." PRINT) || is_there(f, "x." PRINT ".bad"));
    close(hold);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    open_store(f, 30);
    assert_true(close_store(f));
    for (size_t i = 0; i < ARRAY_SIZE(old); i++)
        assert_false(is_there(f, old[i]));
    assert_false(is_there(f, UUID_B));
    assert_true(is_there(f, "README") && is_there(f, "notes.txt") && is_there(f, "young"));
    assert_true(is_there(f, "link") && is_there(f, ".lock"));
    close(ready);
}

static void test_left_over(void **state)
{
    struct store_fixture *f = *state;

    open_store(f, 0);
    assert_true(close_store(f));
    write_file(f, UUID_A ".tmp", "GOOD", 0600);
    make_old(f, UUID_A ".tmp", 0.05);
    write_file(f, UUID_B ".tmp", "GOOD", 0600);
    write_file(f, UUID_B "." PRINT ".tmp", "GOOD", 0600);
    make_old(f, UUID_B "." PRINT ".tmp", 0.05);
    open_store(f, 0);
    assert_true(close_store(f));
    assert_false(is_there(f, UUID_A ".tmp"));
    assert_true(is_there(f, UUID_B ".tmp"));
    assert_false(is_there(f, UUID_B "." PRINT ".tmp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_no_regular_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_temporary_link, setup, teardown),
        cmocka_unit_test_setup_teardown(test_directories, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_directory_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_over, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
