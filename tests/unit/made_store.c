/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state directory to test on. */
#include "made_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define DAY 86400

void made_store_open(struct made_store *f, double keep_days)
{
    char error[256] = "";

    assert_int_equal(store_open(f->path, &f->settings, keep_days, &f->store, error, sizeof(error)),
                     0);
    assert_string_equal(error, "");
}

bool made_store_close(struct made_store *f)
{
    bool hanging = true, written = store_close(f->store, 60, &hanging);

    assert_false(hanging);
    f->store = NULL;
    return written;
}

int made_store_setup(void **state)
{
    struct made_store *f = xcalloc(1, sizeof(*f));

    copy_text(f->parent, sizeof(f->parent), "/dev/shm/test-store-XXXXXX");
    if (!mkdtemp(f->parent))
        return -1;
    snprintf(f->path, sizeof(f->path), "%s/states", f->parent);
    f->log_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    log_divert(f->log_fd);
    *state = f;
    return 0;
}

int made_store_teardown(void **state)
{
    struct made_store *f = *state;
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

unsigned made_store_told(const char *text)
{
    enum log_level level;
    unsigned count = 0;
    char line[1024];

    while (log_next(&level, line, sizeof(line)))
        count += strstr(line, text) != NULL;
    return count;
}

void made_store_text(struct buf *b, uint64_t number, size_t len)
{
    buf_clear(b);
    buf_printf(b, "GOOD %llu", (unsigned long long)number);
    while (b->len < len)
        buf_putc(b, (char)('a' + number % 26));
    buf_puts(b, " END");
}

void made_store_put(struct made_store *f, const char *uuid, const char *key, uint64_t number)
{
    struct buf b = {0};

    made_store_text(&b, number, 100);
    store_put(f->store, uuid, key, &b);
    assert_null(b.data);
    assert_int_equal(b.len, 0);
}

int64_t made_store_answer(struct made_store *f, const char *uuid, const char *key)
{
    struct store_answer a;
    int64_t number;

    for (unsigned i = 0; !store_next(f->store, &a); i++) {
        assert_true(i < 1000000);
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

int64_t made_store_ask(struct made_store *f, const char *uuid, const char *key)
{
    store_ask(f->store, uuid, key);
    return made_store_answer(f, uuid, key);
}

const char *made_store_path(struct made_store *f, const char *file)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/%s", f->path, file);
    return path;
}

void made_store_write(struct made_store *f, const char *file, const char *text, unsigned mode)
{
    int fd = open(made_store_path(f, file), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

void made_store_check(struct made_store *f, const char *file, const char *start)
{
    char text[256] = "";
    FILE *stream = fopen(made_store_path(f, file), "re");

    assert_non_null(stream);
    assert_true(fread(text, 1, sizeof(text) - 1, stream) > 0 || !*start);
    fclose(stream);
    assert_memory_equal(text, start, strlen(start));
}

bool made_store_has(struct made_store *f, const char *file)
{
    struct stat st;

    return lstat(made_store_path(f, file), &st) == 0;
}

void made_store_age(struct made_store *f, const char *file, double days)
{
    struct timespec times[2];

    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= (time_t)(days * DAY);
    times[1] = times[0];
    assert_int_equal(utimensat(AT_FDCWD, made_store_path(f, file), times, AT_SYMLINK_NOFOLLOW), 0);
}

pid_t made_store_other(struct made_store *f, int *ret_hold, int *ret_ready)
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
        made_store_open(f, 30);
        (void)made_store_ask(f, UUID_A, "1");
        made_store_put(f, UUID_A, "1", 1);
        store_leave(f->store, UUID_A, "1");
        (void)made_store_ask(f, UUID_A, "1");
        (void)!write(ready[1], "r", 1);
        (void)!read(hold[0], &byte, 1);
        _exit(made_store_close(f) ? 0 : 1);
    }
    close(hold[0]);
    close(ready[1]);
    *ret_hold = hold[1];
    *ret_ready = ready[0];
    return pid;
}
