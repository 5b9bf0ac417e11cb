/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/store: what is kept comes back, in order, to whom it belongs, and to nobody else. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_state.h"

/* In place of the library's: a disk that does not answer once, and one that is slow. */
static _Atomic bool deaf, slow;
static sem_t hears;

int mkdir(const char *path, mode_t mode)
{
    if (deaf) {
        deaf = false;
        sem_wait(&hears);
    }
    return mkdirat(AT_FDCWD, path, mode);
}

int fsync(int fd)
{
    if (slow)
        usleep(20000);
    return fdatasync(fd);
}

static void test_kept(void **state)
{
    struct made_store *f = *state;
    struct stat st;

    made_store_open(f, 30);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(made_store_ask(f, UUID_A, "100"), -1);
    made_store_put(f, UUID_A, "100", 1);
    made_store_put(f, UUID_A, "100", 2);
    store_leave(f->store, UUID_A, "100");
    assert_int_equal(made_store_ask(f, UUID_A, "100"), 2);
    made_store_put(f, UUID_A, "100", 3);
    assert_true(made_store_close(f));
    assert_int_equal(stat(made_store_path(f, UUID_A), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    made_store_check(f, UUID_A, "GOOD 3");
    assert_false(made_store_has(f, UUID_A ".tmp"));
    made_store_open(f, 30);
    /* Under another name of the VM as well: it may have come from another host. */
    assert_int_equal(made_store_ask(f, UUID_A, "200"), 3);
    assert_int_equal(made_store_ask(f, UUID_B, "100"), -1);
    assert_true(made_store_close(f));
    assert_int_equal(made_store_told(""), 0);
}

static void test_answers_in_order(void **state)
{
    struct made_store *f = *state;
    char uuid[64];

    made_store_open(f, 30);
    for (int i = 0; i < 100; i++) {
        snprintf(uuid, sizeof(uuid), "vm-%d", i);
        store_ask(f->store, uuid, "k");
        made_store_put(f, uuid, "k", (uint64_t)i);
        store_leave(f->store, uuid, "k");
        store_ask(f->store, uuid, "k");
    }
    for (int i = 0; i < 100; i++) {
        snprintf(uuid, sizeof(uuid), "vm-%d", i);
        assert_int_equal(made_store_answer(f, uuid, "k"), -1);
        assert_int_equal(made_store_answer(f, uuid, "k"), i);
    }
    /* Those that nobody fetches are freed. */
    for (int i = 0; i < 10; i++)
        store_ask(f->store, "vm-1", "k");
    assert_true(made_store_close(f));
}

/* A VM that is asked for twice is left twice, and one that is written is not asked for again. */
static void test_left_twice(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    store_leave(f->store, UUID_A, "1");
    made_store_put(f, UUID_A, "1", 5);
    /* It still has the name: another one gets its own. */
    assert_int_equal(made_store_ask(f, UUID_A, "2"), -1);
    store_leave(f->store, UUID_A, "1");
    store_leave(f->store, UUID_A, "1");
    store_leave(f->store, UUID_B, "1");
    made_store_put(f, UUID_B, "7", 6);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "GOOD 5");
    made_store_check(f, UUID_B, "GOOD 6");
}

static void test_same_uuid(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "100"), -1);
    assert_int_equal(made_store_ask(f, UUID_A, "vm/x"), -1);
    made_store_put(f, UUID_A, "100", 1);
    made_store_put(f, UUID_A, "vm/x", 2);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "GOOD 1");
    made_store_check(f, UUID_A "+vm%2Fx", "GOOD 2");
    /* Each gets its own back, whichever comes first. */
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "vm/x"), 2);
    assert_int_equal(made_store_ask(f, UUID_A, "100"), 1);
    assert_true(made_store_close(f));
    assert_int_equal(made_store_told(""), 0);
}

/* VMs without a UUID are told by their names, which can be made to look like another one's file. */
static void test_names_like_files(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    made_store_put(f, UUID_A "-100", UUID_A "-100", 1);
    made_store_put(f, UUID_A "+100", UUID_A "+100", 2);
    made_store_put(f, "db-db", "db-db", 3);
    assert_true(made_store_close(f));
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "100"), -1);
    assert_int_equal(made_store_ask(f, "db", "db"), -1);
    made_store_put(f, UUID_A, "100", 4);
    assert_int_equal(made_store_ask(f, UUID_A "-100", UUID_A "-100"), 1);
    assert_int_equal(made_store_ask(f, UUID_A "+100", UUID_A "+100"), 2);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "GOOD 4");
    assert_int_equal(made_store_told(""), 0);
}

static void test_hostile_names(void **state)
{
    static const char *const names[] = {"../x", "/etc/x", "", ".", "..", ".lock", "a/b", "\n\x1b["};
    struct made_store *f = *state;
    char longest[5000];

    made_store_open(f, 30);
    for (uint64_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(made_store_ask(f, names[i], "../k"), -1);
        made_store_put(f, names[i], "../k", i);
    }
    memset(longest, '/', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    made_store_put(f, longest, longest, 77);
    assert_true(made_store_close(f));
    made_store_open(f, 30);
    for (uint64_t i = 0; i < ARRAY_SIZE(names); i++)
        assert_int_equal(made_store_ask(f, names[i], "../k"), i);
    assert_int_equal(made_store_ask(f, longest, longest), 77);
    assert_true(made_store_close(f));
    assert_false(made_store_has(f, "../x"));
}

static void test_bad(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    assert_true(made_store_close(f));
    made_store_write(f, UUID_A, "{\"absurd\":1e999}", 0600);
    made_store_write(f, UUID_A ".bad", "an older one", 0600);
    made_store_write(f, UUID_B, "", 0600);
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    made_store_check(f, UUID_A ".bad", "{\"absurd\"");
    assert_false(made_store_has(f, UUID_A));
    assert_int_equal(made_store_told("is no saved profile"), 1);
    made_store_put(f, UUID_A, "1", 4);
    assert_int_equal(made_store_ask(f, UUID_B, "1"), -1);
    assert_int_equal(made_store_told("is no saved profile"), 1);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "GOOD 4");
    made_store_check(f, UUID_A ".bad", "{\"absurd\"");
}

/* A place for .bad that nothing can be renamed to: nothing is lost, and nothing is written. */
static void test_bad_stays(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    made_store_write(f, UUID_A, "nonsense", 0600);
    assert_int_equal(mkdir(made_store_path(f, UUID_A ".bad"), 0700), 0);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    made_store_put(f, UUID_A, "1", 4);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "nonsense");
    assert_int_equal(made_store_told("cannot be renamed"), 1);
}

static void test_too_large(void **state)
{
    struct made_store *f = *state;
    struct buf b = {0};

    made_store_open(f, 30);
    made_store_write(f, UUID_A, "GOOD 1", 0600);
    assert_int_equal(truncate(made_store_path(f, UUID_A), (off_t)STATE_SIZE_MAX + 1), 0);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    assert_int_equal(made_store_told("too large"), 1);
    assert_true(made_store_has(f, UUID_A ".bad"));
    made_store_put(f, UUID_A, "1", 1);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), 1);
    buf_reserve(&b, STATE_SIZE_MAX + 1);
    memset(b.data, 'x', STATE_SIZE_MAX + 1);
    b.len = STATE_SIZE_MAX + 1;
    store_put(f->store, UUID_A, "1", &b);
    assert_false(made_store_close(f));
    made_store_check(f, UUID_A, "GOOD 1");
    assert_int_equal(made_store_told("cannot write"), 1);
}

static void test_other_settings(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    made_store_write(f, UUID_A, "OTHER", 0600);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    assert_int_equal(made_store_told("stays as it is"), 1);
    made_store_put(f, UUID_A, "1", 8);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "OTHER");
    made_store_check(f, UUID_A "." PRINT, "GOOD 8");
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), 8);
    made_store_put(f, UUID_A, "1", 9);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "OTHER");
    made_store_check(f, UUID_A "." PRINT, "GOOD 9");
    assert_int_equal(made_store_told(""), 0);
    /* That one is damaged: it is set aside, and the first one stays. */
    made_store_write(f, UUID_A "." PRINT, "damaged", 0600);
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    made_store_put(f, UUID_A, "1", 10);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "OTHER");
    made_store_check(f, UUID_A "." PRINT, "GOOD 10");
    made_store_check(f, UUID_A "." PRINT ".bad", "damaged");
}

static void test_both_others(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    made_store_write(f, UUID_A, "OTHER 1", 0600);
    made_store_write(f, UUID_A "." PRINT, "OTHER 2", 0600);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    assert_int_equal(made_store_told("is not kept"), 1);
    made_store_put(f, UUID_A, "1", 8);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "OTHER 1");
    made_store_check(f, UUID_A "." PRINT, "OTHER 2");
    /* The first one is ours again: it goes on. */
    made_store_write(f, UUID_A, "GOOD 3 END", 0600);
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), 3);
    made_store_put(f, UUID_A, "1", 4);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_A, "GOOD 4");
    made_store_check(f, UUID_A "." PRINT, "OTHER 2");
}

static void test_two_profilers(void **state)
{
    struct made_store *f = *state;
    int hold, ready, status;
    char byte;
    pid_t pid = made_store_other(f, &hold, &ready);

    assert_int_equal(read(ready, &byte, 1), 1);
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    assert_int_equal(made_store_told("in use by another"), 1);
    made_store_put(f, UUID_A, "1", 99);
    made_store_put(f, UUID_B, "1", 98);
    assert_int_equal(made_store_ask(f, UUID_B, "1"), 98);
    made_store_check(f, UUID_A, "GOOD 1");
    assert_int_equal(made_store_told(""), 0);
    close(hold);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    /* It is free; but what was learned here without it does not replace it. */
    made_store_put(f, UUID_A, "1", 99);
    assert_int_equal(made_store_ask(f, UUID_B, "1"), 98);
    made_store_check(f, UUID_A, "GOOD 1");
    store_leave(f->store, UUID_A, "1");
    assert_int_equal(made_store_ask(f, UUID_A, "1"), 1);
    assert_true(made_store_close(f));
    close(ready);
}

/* Two stores of one process are two profilers. */
static void test_two_stores(void **state)
{
    struct made_store *f = *state, second = *f;

    made_store_open(f, 30);
    made_store_open(&second, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), -1);
    assert_int_equal(made_store_ask(&second, UUID_A, "1"), -1);
    assert_int_equal(made_store_told("in use by another"), 1);
    assert_true(made_store_close(f));
    store_leave(second.store, UUID_A, "1");
    assert_int_equal(made_store_ask(&second, UUID_A, "1"), -1);
    assert_int_equal(made_store_told("in use by another"), 0);
    assert_true(made_store_close(&second));
}

static void test_locks_end_with_process(void **state)
{
    struct made_store *f = *state;
    int hold, ready, status;
    char byte;
    pid_t pid = made_store_other(f, &hold, &ready);

    assert_int_equal(read(ready, &byte, 1), 1);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    made_store_open(f, 30);
    assert_int_equal(made_store_ask(f, UUID_A, "1"), 1);
    assert_true(made_store_close(f));
    close(hold);
    close(ready);
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
    struct made_store *f = *state;
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    made_store_open(f, 30);
    made_store_write(f, "hanging", "HANG", 0600);
    assert_true(inotify_add_watch(watch, f->path, IN_MOVED_TO) >= 0);
    store_ask(f->store, "hanging", "1");
    sem_wait(&hung);
    for (uint64_t i = 0; i < 10; i++) {
        made_store_put(f, UUID_A, "1", i);
        made_store_put(f, UUID_B, "1", 100 + i);
    }
    store_leave(f->store, UUID_A, "1");
    made_store_put(f, UUID_A, "1", 10);
    made_store_put(f, UUID_A, "1", 11);
    sem_post(&hang);
    assert_int_equal(made_store_answer(f, "hanging", "1"), -1);
    assert_true(made_store_close(f));
    assert_int_equal(renames(watch), 3);
    made_store_check(f, UUID_A, "GOOD 11");
    made_store_check(f, UUID_B, "GOOD 109");
    close(watch);
}

/* A thread that nobody can end keeps its store. */
static void test_hanging(void **state)
{
    static struct store *left;
    struct made_store *f = *state;
    bool hanging = false;

    made_store_open(f, 30);
    made_store_write(f, "hanging", "HANG", 0600);
    store_ask(f->store, "hanging", "1");
    sem_wait(&hung);
    made_store_put(f, UUID_A, "1", 1);
    left = f->store;
    assert_false(store_close(f->store, 0.01, &hanging));
    assert_true(hanging);
    assert_int_equal(made_store_told("does not answer"), 1);
    assert_non_null(left);
}

/* A directory that does not answer: the start goes on, and what is kept joins when it does. */
static void test_deaf_at_the_start(void **state)
{
    struct made_store *f = *state;
    struct store_answer answer;

    made_store_open(f, 30);
    made_store_put(f, UUID_A, "1", 5);
    assert_true(made_store_close(f));
    deaf = true;
    made_store_open(f, 30);
    assert_int_equal(made_store_told("does not answer"), 1);
    store_ask(f->store, UUID_A, "1");
    store_ask(f->store, UUID_B, "1");
    made_store_put(f, UUID_B, "1", 6);
    assert_false(store_next(f->store, &answer));
    sem_post(&hears);
    assert_int_equal(made_store_answer(f, UUID_A, "1"), 5);
    assert_int_equal(made_store_answer(f, UUID_B, "1"), -1);
    assert_int_equal(made_store_told("answers now"), 1);
    assert_true(made_store_close(f));
    made_store_check(f, UUID_B, "GOOD 6");
}

/* One that turns out not to be usable once nobody waits for it any more. */
static void test_deaf_then_refused(void **state)
{
    struct made_store *f = *state;

    deaf = true;
    made_store_open(f, 30);
    assert_int_equal(made_store_told("does not answer"), 1);
    assert_int_equal(symlink("/dev/null", f->path), 0);
    store_ask(f->store, UUID_A, "1");
    sem_post(&hears);
    assert_int_equal(made_store_answer(f, UUID_A, "1"), -1);
    made_store_put(f, UUID_A, "1", 6);
    store_leave(f->store, UUID_A, "1");
    assert_false(made_store_close(f));
    assert_int_equal(made_store_told("is not kept"), 1);
    assert_int_equal(unlink(f->path), 0);
}

/* ... or that never answers. */
static void test_deaf_for_ever(void **state)
{
    static struct store *left;
    struct made_store *f = *state;
    bool hanging = false;

    deaf = true;
    made_store_open(f, 30);
    left = f->store;
    made_store_put(f, UUID_A, "1", 6);
    assert_false(store_close(f->store, 0.01, &hanging));
    assert_true(hanging);
    assert_non_null(left);
}

/* A disk that is slow, but gets on, gets the time that it needs. */
static void test_slow(void **state)
{
    struct made_store *f = *state;
    bool hanging = true;
    char uuid[16];

    made_store_open(f, 30);
    slow = true;
    for (uint64_t i = 0; i < 60; i++) {
        snprintf(uuid, sizeof(uuid), "vm-%d", (int)i);
        made_store_put(f, uuid, "k", i);
    }
    assert_true(store_close(f->store, 1, &hanging));
    assert_false(hanging);
    slow = false;
    for (int i = 0; i < 60; i++) {
        snprintf(uuid, sizeof(uuid), "vm-%d", i);
        assert_true(made_store_has(f, uuid));
    }
}

static void test_nothing_to_close(void **state UNUSED)
{
    bool hanging = true;

    assert_true(store_close(NULL, 1, &hanging));
    assert_false(hanging);
}

/* The number that is kept of the host; -1 = nothing. */
static int64_t ask_host(struct made_store *f)
{
    struct store_answer answer;
    int64_t number;

    store_ask_host(f->store);
    while (!store_next(f->store, &answer))
        usleep(1000);
    assert_null(answer.uuid);
    assert_null(answer.profile);
    number = answer.host ? (int64_t)answer.host->measured.samples : -1;
    free(answer.host);
    return number;
}

static void put_host(struct made_store *f, uint64_t number)
{
    struct buf text = {0};

    made_store_text(&text, number, 50);
    store_put_host(f->store, &text);
}

/* What is measured of the host has a file of its own, which no VM's can be. */
static void test_host(void **state)
{
    struct made_store *f = *state;

    made_store_open(f, 30);
    assert_int_equal(ask_host(f), -1);
    put_host(f, 5);
    put_host(f, 6);
    assert_int_equal(made_store_ask(f, ".host", ""), -1);
    made_store_put(f, ".host", "", 7);
    assert_true(made_store_close(f));
    made_store_check(f, ".host", "GOOD 6g");
    made_store_check(f, "%2Ehost", "GOOD 7h");

    made_store_age(f, ".host", 100);
    made_store_open(f, 30);
    assert_int_equal(ask_host(f), 6);
    assert_true(made_store_close(f));
    assert_true(made_store_has(f, ".host"));

    made_store_write(f, ".host", "nonsense", 0600);
    made_store_open(f, 30);
    assert_int_equal(ask_host(f), -1);
    put_host(f, 8);
    assert_true(made_store_close(f));
    made_store_check(f, ".host", "GOOD 8i");
    made_store_check(f, ".host.bad", "nonsense");
    assert_int_equal(made_store_told("'.host.bad'"), 1);

    made_store_write(f, ".host", "OTHER", 0600);
    made_store_open(f, 30);
    assert_int_equal(ask_host(f), -1);
    put_host(f, 9);
    assert_true(made_store_close(f));
    made_store_check(f, ".host", "OTHER");
    assert_int_equal(made_store_told("what is measured of the host is not kept"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kept, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_answers_in_order, made_store_setup,
                                        made_store_teardown),
        cmocka_unit_test_setup_teardown(test_left_twice, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_same_uuid, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_names_like_files, made_store_setup,
                                        made_store_teardown),
        cmocka_unit_test_setup_teardown(test_host, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_hostile_names, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_bad, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_bad_stays, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_too_large, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_other_settings, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_both_others, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_two_profilers, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_two_stores, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_locks_end_with_process, made_store_setup,
                                        made_store_teardown),
        cmocka_unit_test_setup_teardown(test_newest_only, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_hanging, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_deaf_at_the_start, made_store_setup,
                                        made_store_teardown),
        cmocka_unit_test_setup_teardown(test_deaf_then_refused, made_store_setup,
                                        made_store_teardown),
        cmocka_unit_test_setup_teardown(test_deaf_for_ever, made_store_setup, made_store_teardown),
        cmocka_unit_test_setup_teardown(test_slow, made_store_setup, made_store_teardown),
        cmocka_unit_test(test_nothing_to_close),
    };

    sem_init(&hang, 0, 0);
    sem_init(&hears, 0, 0);
    sem_init(&hung, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
