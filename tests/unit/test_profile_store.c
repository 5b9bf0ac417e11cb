/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profiler/store: what is kept comes back, whoever else is at the directory, whatever lies in it
 * and whenever the program is killed. What a state is, is made up here: "GOOD number filling END".
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/num.h"
#include "profiler/state.h"
#include "profiler/store.h"
#include "profiler/store_file.h"
#include "support.h"

#define UUID_A "6f1c0001-aaaa-4bbb-8ccc-000000000001"
#define UUID_B "6f1c0002-aaaa-4bbb-8ccc-000000000002"
#define PRINT  "0123456789abcdef"
#define DAY    86400

/* A reader of states stops at "HANG" until somebody posts this. */
static sem_t hang, hung;

void state_fingerprint(const struct profile_settings *settings UNUSED,
                       char text[STATE_FINGERPRINT_SIZE])
{
    copy_text(text, STATE_FINGERPRINT_SIZE, PRINT);
}

enum state_verdict state_read(const char *text, size_t len,
                              const struct profile_settings *settings UNUSED,
                              struct profile_settings *ret_settings UNUSED,
                              struct vm_identity *ret_vm, struct profile **ret, char *why,
                              size_t size)
{
    struct cursor c = cursor_of(text, len);
    uint64_t number;

    snprintf(why, size, "made up");
    if (cursor_word(&c, "HANG")) {
        sem_post(&hung);
        sem_wait(&hang);
        return STATE_OTHER;
    }
    if (cursor_word(&c, "OTHER"))
        return STATE_OTHER;
    if (!cursor_word(&c, "GOOD ") || !cursor_u64(&c, &number) || len < 4 ||
        memcmp(text + len - 4, " END", 4) != 0)
        return STATE_BAD;
    for (; c.at < c.end - 4; c.at++)
        if (*c.at != (char)('a' + number % 26))
            return STATE_BAD;
    *ret = xcalloc(1, sizeof(**ret));
    (*ret)->samples = number;
    *ret_vm = (struct vm_identity){.uuid = xstrdup("of the file")};
    return STATE_GOOD;
}

void vm_identity_done(struct vm_identity *vm)
{
    free(vm->uuid);
    *vm = (struct vm_identity){0};
}

void profile_free(struct profile *profile)
{
    free(profile);
}

struct fixture {
    char parent[40], path[64];
    struct profile_settings settings;
    struct store *store;
    int log_fd;
};

static void open_store(struct fixture *f, double keep_days)
{
    char error[256] = "";

    assert_int_equal(store_open(f->path, &f->settings, keep_days, &f->store, error, sizeof(error)),
                     0);
    assert_string_equal(error, "");
}

static bool close_store(struct fixture *f)
{
    bool hanging = true, written = store_close(f->store, 60, &hanging);

    assert_false(hanging);
    f->store = NULL;
    return written;
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));

    copy_text(f->parent, sizeof(f->parent), "/dev/shm/test-store-XXXXXX");
    if (!mkdtemp(f->parent))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/states", f->parent);
    f->log_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    log_divert(f->log_fd);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char command[128];
    enum log_level level;
    char line[512];

    while (log_next(&level, line, sizeof(line)))
        ;
    log_divert(-1);
    close(f->log_fd);
    snprintf(command, sizeof(command), "rm -rf '%s'", f->parent);
    if (system(command) != 0)
        return -1;
    free(f);
    return 0;
}

/* Lines of the log, up to now, that contain the text; all are gone then. */
static unsigned told(const char *text)
{
    enum log_level level;
    unsigned count = 0;
    char line[1024];

    while (log_next(&level, line, sizeof(line)))
        count += strstr(line, text) != NULL;
    return count;
}

static void make_text(struct buf *b, uint64_t number, size_t len)
{
    buf_clear(b);
    buf_printf(b, "GOOD %llu", (unsigned long long)number);
    while (b->len < len)
        buf_putc(b, (char)('a' + number % 26));
    buf_puts(b, " END");
}

static void put(struct fixture *f, const char *uuid, const char *key, uint64_t number)
{
    struct buf b = {0};

    make_text(&b, number, 100);
    store_put(f->store, uuid, key, &b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
}

/* The number that is kept of the next VM that is answered for; -1 = nothing. */
static int64_t answer(struct fixture *f, const char *uuid, const char *key)
{
    struct store_answer a;
    int64_t number;

    for (unsigned i = 0; !store_next(f->store, &a); i++) {
        assert_true(i < 100000);
        usleep(100);
    }
    assert_string_equal(a.uuid, uuid);
    assert_string_equal(a.key, key);
    number = a.profile ? (int64_t)a.profile->samples : -1;
    profile_free(a.profile);
    free(a.uuid);
    free(a.key);
    return number;
}

static int64_t ask(struct fixture *f, const char *uuid, const char *key)
{
    store_ask(f->store, uuid, key);
    return answer(f, uuid, key);
}

static const char *path_of(struct fixture *f, const char *file)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/%s", f->path, file);
    return path;
}

static void write_file(struct fixture *f, const char *file, const char *text, unsigned mode)
{
    int fd = open(path_of(f, file), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void check_file(struct fixture *f, const char *file, const char *start)
{
    char text[256] = "";
    FILE *stream = fopen(path_of(f, file), "re");

    assert_non_null(stream);
    assert_true(fread(text, 1, sizeof(text) - 1, stream) > 0 || !*start);
    fclose(stream);
    assert_memory_equal(text, start, strlen(start));
}

static bool is_there(struct fixture *f, const char *file)
{
    struct stat st;

    return lstat(path_of(f, file), &st) == 0;
}

static void make_old(struct fixture *f, const char *file, double days)
{
    struct timespec times[2];

    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= (time_t)(days * DAY);
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, path_of(f, file), times, AT_SYMLINK_NOFOLLOW), 0);
}

static void test_kept(void **state)
{
    struct fixture *f = *state;
    struct stat st;

    open_store(f, 30);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(ask(f, UUID_A, "100"), -1);
    put(f, UUID_A, "100", 1);
    put(f, UUID_A, "100", 2);
    store_leave(f->store, UUID_A, "100");
    assert_int_equal(ask(f, UUID_A, "100"), 2);
    put(f, UUID_A, "100", 3);
    assert_true(close_store(f));
    assert_int_equal(stat(path_of(f, UUID_A), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    check_file(f, UUID_A, "GOOD 3");
    assert_false(is_there(f, UUID_A ".tmp"));
    open_store(f, 30);
    /* Under another name of the VM as well: it may have come from another host. */
    assert_int_equal(ask(f, UUID_A, "200"), 3);
    assert_int_equal(ask(f, UUID_B, "100"), -1);
    assert_true(close_store(f));
    assert_int_equal(told(""), 0);
}

static void test_answers_in_order(void **state)
{
    struct fixture *f = *state;
    char uuid[64];

    open_store(f, 30);
    for (int i = 0; i < 100; i++) {
        snprintf(uuid, sizeof(uuid), "vm-%d", i);
        store_ask(f->store, uuid, "k");
        put(f, uuid, "k", (uint64_t)i);
        store_leave(f->store, uuid, "k");
        store_ask(f->store, uuid, "k");
    }
    for (int i = 0; i < 100; i++) {
        snprintf(uuid, sizeof(uuid), "vm-%d", i);
        assert_int_equal(answer(f, uuid, "k"), -1);
        assert_int_equal(answer(f, uuid, "k"), i);
    }
    /* Those that nobody fetches are freed. */
    for (int i = 0; i < 10; i++)
        store_ask(f->store, "vm-1", "k");
    assert_true(close_store(f));
}

/* A VM that is asked for twice is left twice, and one that is written is not asked for again. */
static void test_left_twice(void **state)
{
    struct fixture *f = *state;

    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    store_leave(f->store, UUID_A, "1");
    put(f, UUID_A, "1", 5);
    /* It still has the name: another one gets its own. */
    assert_int_equal(ask(f, UUID_A, "2"), -1);
    store_leave(f->store, UUID_A, "1");
    store_leave(f->store, UUID_A, "1");
    store_leave(f->store, UUID_B, "1");
    put(f, UUID_B, "7", 6);
    assert_true(close_store(f));
    check_file(f, UUID_A, "GOOD 5");
    check_file(f, UUID_B, "GOOD 6");
}

static void test_same_uuid(void **state)
{
    struct fixture *f = *state;

    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "100"), -1);
    assert_int_equal(ask(f, UUID_A, "vm/x"), -1);
    put(f, UUID_A, "100", 1);
    put(f, UUID_A, "vm/x", 2);
    assert_true(close_store(f));
    check_file(f, UUID_A, "GOOD 1");
    check_file(f, UUID_A "-vm%2Fx", "GOOD 2");
    /* Each gets its own back, whichever comes first. */
    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "vm/x"), 2);
    assert_int_equal(ask(f, UUID_A, "100"), 1);
    assert_true(close_store(f));
    assert_int_equal(told(""), 0);
}

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

static void test_hostile_names(void **state)
{
    static const char *const names[] = {"../x", "/etc/x", "", ".", "..", ".lock", "a/b", "\n\x1b["};
    struct fixture *f = *state;
    char longest[5000];

    open_store(f, 30);
    for (uint64_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(ask(f, names[i], "../k"), -1);
        put(f, names[i], "../k", i);
    }
    memset(longest, '/', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    put(f, longest, longest, 77);
    assert_true(close_store(f));
    open_store(f, 30);
    for (uint64_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(ask(f, names[i], "../k"), i);
    assert_int_equal(ask(f, longest, longest), 77);
    assert_true(close_store(f));
    assert_false(is_there(f, "../x"));
}

static void test_bad(void **state)
{
    struct fixture *f = *state;

    open_store(f, 30);
    assert_true(close_store(f));
    write_file(f, UUID_A, "{\"absurd\":1e999}", 0600);
    write_file(f, UUID_A ".bad", "an older one", 0600);
    write_file(f, UUID_B, "", 0600);
    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    check_file(f, UUID_A ".bad", "{\"absurd\"");
    assert_false(is_there(f, UUID_A));
    assert_int_equal(told("is no saved profile"), 1);
    put(f, UUID_A, "1", 4);
    assert_int_equal(ask(f, UUID_B, "1"), -1);
    assert_int_equal(told("is no saved profile"), 1);
    assert_true(close_store(f));
    check_file(f, UUID_A, "GOOD 4");
    check_file(f, UUID_A ".bad", "{\"absurd\"");
}

/* A place for .bad that nothing can be renamed to: nothing is lost, and nothing is written. */
static void test_bad_stays(void **state)
{
    struct fixture *f = *state;

    open_store(f, 30);
    write_file(f, UUID_A, "nonsense", 0600);
    assert_int_equal(mkdir(path_of(f, UUID_A ".bad"), 0700), 0);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    put(f, UUID_A, "1", 4);
    assert_true(close_store(f));
    check_file(f, UUID_A, "nonsense");
    assert_int_equal(told("cannot be renamed"), 1);
}

static void test_too_large(void **state)
{
    struct fixture *f = *state;
    struct buf b = {0};

    open_store(f, 30);
    write_file(f, UUID_A, "GOOD 1", 0600);
    assert_int_equal(truncate(path_of(f, UUID_A), (off_t)STATE_SIZE_MAX + 1), 0);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    assert_int_equal(told("too large"), 1);
    assert_true(is_there(f, UUID_A ".bad"));
    put(f, UUID_A, "1", 1);
    assert_int_equal(ask(f, UUID_A, "1"), 1);
    buf_reserve(&b, STATE_SIZE_MAX + 1);
    memset(b.data, 'x', STATE_SIZE_MAX + 1);
    b.len = STATE_SIZE_MAX + 1;
    store_put(f->store, UUID_A, "1", &b);
    assert_false(close_store(f));
    check_file(f, UUID_A, "GOOD 1");
    assert_int_equal(told("cannot write"), 1);
}

static void test_other_settings(void **state)
{
    struct fixture *f = *state;

    open_store(f, 30);
    write_file(f, UUID_A, "OTHER", 0600);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    assert_int_equal(told("stays as it is"), 1);
    put(f, UUID_A, "1", 8);
    assert_true(close_store(f));
    check_file(f, UUID_A, "OTHER");
    check_file(f, UUID_A "." PRINT, "GOOD 8");
    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), 8);
    put(f, UUID_A, "1", 9);
    assert_true(close_store(f));
    check_file(f, UUID_A, "OTHER");
    check_file(f, UUID_A "." PRINT, "GOOD 9");
    assert_int_equal(told(""), 0);
    /* That one is damaged: it is set aside, and the first one stays. */
    write_file(f, UUID_A "." PRINT, "damaged", 0600);
    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    put(f, UUID_A, "1", 10);
    assert_true(close_store(f));
    check_file(f, UUID_A, "OTHER");
    check_file(f, UUID_A "." PRINT, "GOOD 10");
    check_file(f, UUID_A "." PRINT ".bad", "damaged");
}

static void test_both_others(void **state)
{
    struct fixture *f = *state;

    open_store(f, 30);
    write_file(f, UUID_A, "OTHER 1", 0600);
    write_file(f, UUID_A "." PRINT, "OTHER 2", 0600);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    assert_int_equal(told("is not kept"), 1);
    put(f, UUID_A, "1", 8);
    assert_true(close_store(f));
    check_file(f, UUID_A, "OTHER 1");
    check_file(f, UUID_A "." PRINT, "OTHER 2");
    /* The first one is ours again: it goes on. */
    write_file(f, UUID_A, "GOOD 3 END", 0600);
    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), 3);
    put(f, UUID_A, "1", 4);
    assert_true(close_store(f));
    check_file(f, UUID_A, "GOOD 4");
    check_file(f, UUID_A "." PRINT, "OTHER 2");
}

/* A fifo, a directory and links in the place of files: nobody waits, follows or replaces them. */
static void test_no_regular_files(void **state)
{
    static const char *const places[] = {UUID_A, UUID_A "." PRINT};
    struct fixture *f = *state;
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
    struct fixture *f = *state;

    open_store(f, 30);
    write_file(f, "../target", "precious", 0600);
    assert_int_equal(symlink("../target", path_of(f, UUID_A ".tmp")), 0);
    put(f, UUID_A, "1", 7);
    assert_true(close_store(f));
    check_file(f, "../target", "precious");
    check_file(f, UUID_A, "GOOD 7");
    assert_false(is_there(f, UUID_A ".tmp"));
}

static void check_refused(struct fixture *f, const char *path, int expected, const char *text)
{
    char error[256] = "";

    assert_int_equal(store_open(path, &f->settings, 30, &f->store, error, sizeof(error)), expected);
    assert_null(f->store);
    assert_non_null(strstr(error, text));
    assert_null(strchr(error, '\n'));
}

static void test_directories(void **state)
{
    struct fixture *f = *state;
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

/* A child that has the VM until its standard input ends. */
static pid_t other_profiler(struct fixture *f, int *ret_hold, int *ret_ready)
{
    int hold[2], ready[2];
    pid_t pid;

    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char byte;

        close(hold[1]);
        open_store(f, 30);
        (void)ask(f, UUID_A, "1");
        put(f, UUID_A, "1", 1);
        store_leave(f->store, UUID_A, "1");
        (void)ask(f, UUID_A, "1");
        (void)!write(ready[1], "r", 1);
        (void)!read(hold[0], &byte, 1);
        _exit(close_store(f) ? 0 : 1);
    }
    close(hold[0]);
    close(ready[1]);
    *ret_hold = hold[1];
    *ret_ready = ready[0];
    return pid;
}

static void test_two_profilers(void **state)
{
    struct fixture *f = *state;
    int hold, ready, status;
    char byte;
    pid_t pid = other_profiler(f, &hold, &ready);

    assert_int_equal(read(ready, &byte, 1), 1);
    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    assert_int_equal(told("in use by another"), 1);
    put(f, UUID_A, "1", 99);
    put(f, UUID_B, "1", 98);
    assert_int_equal(ask(f, UUID_B, "1"), 98);
    check_file(f, UUID_A, "GOOD 1");
    assert_int_equal(told(""), 0);
    close(hold);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    /* It is free; but what was learned here without it does not replace it. */
    put(f, UUID_A, "1", 99);
    assert_int_equal(ask(f, UUID_B, "1"), 98);
    check_file(f, UUID_A, "GOOD 1");
    store_leave(f->store, UUID_A, "1");
    assert_int_equal(ask(f, UUID_A, "1"), 1);
    assert_true(close_store(f));
    close(ready);
}

/* Two stores of one process are two profilers. */
static void test_two_stores(void **state)
{
    struct fixture *f = *state, second = *f;

    open_store(f, 30);
    open_store(&second, 30);
    assert_int_equal(ask(f, UUID_A, "1"), -1);
    assert_int_equal(ask(&second, UUID_A, "1"), -1);
    assert_int_equal(told("in use by another"), 1);
    assert_true(close_store(f));
    store_leave(second.store, UUID_A, "1");
    assert_int_equal(ask(&second, UUID_A, "1"), -1);
    assert_int_equal(told("in use by another"), 0);
    assert_true(close_store(&second));
}

static void test_locks_end_with_process(void **state)
{
    struct fixture *f = *state;
    int hold, ready, status;
    char byte;
    pid_t pid = other_profiler(f, &hold, &ready);

    assert_int_equal(read(ready, &byte, 1), 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    open_store(f, 30);
    assert_int_equal(ask(f, UUID_A, "1"), 1);
    assert_true(close_store(f));
    close(hold);
    close(ready);
}

static void keep_writing(struct fixture *f, uint64_t from, int fd)
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
    struct fixture *f = *state;
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
    struct fixture *f = *state;

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
    struct fixture *f = *state;

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
    struct fixture *f = *state;
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
    struct fixture *f = *state;

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

static unsigned renames(int watch)
{
    char events[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
    struct pollfd ready = {.fd = watch, .events = POLLIN};
    unsigned count = 0;

    while (poll(&ready, 1, 0) > 0) {
        ssize_t n = read(watch, events, sizeof(events));
        const struct inotify_event *event;

        assert_true(n > 0);
        for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*event) + event->len)) {
            event = (const struct inotify_event *)(const void *)(events + at);
            count += (event->mask & IN_MOVED_TO) != 0;
        }
    }
    return count;
}

/* While the disk hangs: of ten texts of a VM, the last one is written, and what is left meanwhile
 * stays in order. */
static void test_newest_only(void **state)
{
    struct fixture *f = *state;
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    open_store(f, 30);
    write_file(f, "hanging", "HANG", 0600);
    assert_true(inotify_add_watch(watch, f->path, IN_MOVED_TO) >= 0);
    store_ask(f->store, "hanging", "1");
    sem_wait(&hung);
    for (uint64_t i = 0; i < 10; i++) {
        put(f, UUID_A, "1", i);
        put(f, UUID_B, "1", 100 + i);
    }
    store_leave(f->store, UUID_A, "1");
    put(f, UUID_A, "1", 10);
    put(f, UUID_A, "1", 11);
    sem_post(&hang);
    assert_int_equal(answer(f, "hanging", "1"), -1);
    assert_true(close_store(f));
    assert_int_equal(renames(watch), 3);
    check_file(f, UUID_A, "GOOD 11");
    check_file(f, UUID_B, "GOOD 109");
    close(watch);
}

/* A thread that nobody can end keeps its store. */
static void test_hanging(void **state)
{
    static struct store *left;
    struct fixture *f = *state;
    bool hanging = false;

    open_store(f, 30);
    write_file(f, "hanging", "HANG", 0600);
    store_ask(f->store, "hanging", "1");
    sem_wait(&hung);
    put(f, UUID_A, "1", 1);
    left = f->store;
    assert_false(store_close(f->store, 0.01, &hanging));
    assert_true(hanging);
    assert_int_equal(told("does not answer"), 1);
    assert_non_null(left);
}

static void test_nothing_to_close(void **state UNUSED)
{
    bool hanging = true;

    assert_true(store_close(NULL, 1, &hanging));
    assert_false(hanging);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_uuid, setup, teardown),
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_hostile_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_both_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_regular_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_temporary_link, setup, teardown),
        cmocka_unit_test_setup_teardown(test_directories, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_profilers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_stores, setup, teardown),
        cmocka_unit_test_setup_teardown(test_locks_end_with_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_disk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_directory_is_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_over, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newest_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hanging, setup, teardown),
        cmocka_unit_test(test_nothing_to_close),
    };

    sem_init(&hang, 0, 0);
    sem_init(&hung, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
