/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The message log: one line per event, cleaned of control bytes. Nobody waits
 * for it: a line that standard error does not take at once is dropped, a file
 * is written by a thread of its own.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/thread.h"
#include "base/utf8.h"

#define COMPLAINT_FIRST_PAUSE 10.0
#define COMPLAINT_LAST_PAUSE  3600.0

#define LOG_PENDING_MAX (64u * 1024)
#define LOG_CLOSE_S     1.0
#define LOG_LINE_SIZE   1024
#define LOG_KEPT_MAX    64

struct log_kept {
    enum log_level level;
    char line[LOG_LINE_SIZE];
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const char *name; /* of the program */
    enum log_level level;
    char *path; /* NULL = stderr */
    int fd;
    bool running, reopen, closing, ended;
    struct buf pending;
    struct log_kept *kept; /* a ring of LOG_KEPT_MAX; NULL = not diverted */
    size_t kept_first, kept_count;
    int wake_fd;
} log_sink = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
    .name = "proxtop",
    .level = LOG_NOTICE,
    .fd = STDERR_FILENO,
    .wake_fd = -1,
};

void log_set_name(const char *name)
{
    log_sink.name = name;
}

const char *log_name(void)
{
    return log_sink.name;
}

static int log_open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);

    return fd < 0 ? -errno : fd;
}

/* Called with the lock held, which it gives back while it may block. Only the
 * log's thread calls it, and only that one writes to the descriptor. */
static void log_do_reopen(void)
{
    int fd, old = log_sink.fd;

    log_sink.reopen = false;
    pthread_mutex_unlock(&log_sink.lock);
    fd = log_open_file(log_sink.path);
    if (fd >= 0)
        close(old);
    pthread_mutex_lock(&log_sink.lock);
    if (fd >= 0) /* else the old file still takes the lines */
        log_sink.fd = fd;
}

/* A log that cannot be written has nowhere to say so. */
static void log_write_all(const struct buf *lines)
{
    for (size_t done = 0; done < lines->len;) {
        ssize_t n = write(log_sink.fd, lines->data + done, lines->len - done);

        if (n < 0 && errno != EINTR)
            return;
        done += n > 0 ? (size_t)n : 0;
    }
}

static void *log_run(void *argument UNUSED)
{
    struct buf lines = {0};

    pthread_mutex_lock(&log_sink.lock);
    while (!log_sink.closing || log_sink.pending.len || log_sink.reopen) {
        struct buf empty = lines;

        if (log_sink.pending.len) {
            lines = log_sink.pending;
            log_sink.pending = empty;
            pthread_mutex_unlock(&log_sink.lock);
            log_write_all(&lines);
            buf_clear(&lines);
            pthread_mutex_lock(&log_sink.lock);
        } else if (log_sink.reopen) {
            log_do_reopen();
        } else {
            pthread_cond_wait(&log_sink.changed, &log_sink.lock);
        }
    }
    log_sink.ended = true;
    pthread_cond_broadcast(&log_sink.changed);
    pthread_mutex_unlock(&log_sink.lock);
    buf_done(&lines);
    return NULL;
}

int log_init(enum log_level level, const char *file)
{
    int fd = STDERR_FILENO;

    if (file) {
        fd = log_open_file(file);
        if (fd < 0)
            return fd;
    }
    pthread_mutex_lock(&log_sink.lock);
    log_sink.level = level;
    if (file) {
        log_sink.path = xstrdup(file);
        log_sink.fd = fd;
    }
    log_sink.running = thread_start(NULL, log_run, NULL) == 0;
    pthread_mutex_unlock(&log_sink.lock);
    return 0;
}

void log_reopen(void)
{
    pthread_mutex_lock(&log_sink.lock);
    log_sink.reopen = log_sink.running && log_sink.path;
    pthread_cond_broadcast(&log_sink.changed);
    pthread_mutex_unlock(&log_sink.lock);
}

void log_close(void)
{
    struct timespec until;

    pthread_mutex_lock(&log_sink.lock);
    log_sink.closing = true;
    pthread_cond_broadcast(&log_sink.changed);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)LOG_CLOSE_S;
    while (log_sink.running && !log_sink.ended &&
           pthread_cond_timedwait(&log_sink.changed, &log_sink.lock, &until) != ETIMEDOUT)
        ;
    if (!log_sink.running || log_sink.ended) {
        if (log_sink.path)
            close(log_sink.fd);
        free(log_sink.path);
        buf_done(&log_sink.pending);
        log_sink.path = NULL;
        log_sink.fd = STDERR_FILENO;
        log_sink.running = log_sink.ended = log_sink.closing = log_sink.reopen = false;
    }
    pthread_mutex_unlock(&log_sink.lock);
}

/* Names of VMs and files stand in messages: no control byte reaches a terminal,
 * and no byte that is not part of a character. */
static void log_clean_line(char *line)
{
    while (*line) {
        uint32_t c = 0;
        size_t n = utf8_next(line, &c);

        if (!n || utf8_is_control(c)) {
            memset(line, '?', n ? n : 1);
            n = n ? n : 1;
        }
        line += n;
    }
}

static void log_put_at_once(int fd, const char *line, size_t len)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};

    if (poll(&ready, 1, 0) == 1 && write(fd, line, len) < 0)
        return; /* a log that cannot be written has nowhere to say so */
}

/* Called with the lock held. */
static void log_put_line(const char *line, size_t len)
{
    if (log_sink.running) {
        if (log_sink.pending.len + len <= LOG_PENDING_MAX)
            buf_add(&log_sink.pending, line, len);
        pthread_cond_broadcast(&log_sink.changed);
    } else {
        log_put_at_once(log_sink.fd, line, len);
    }
}

/* Keeps a clean message for log_next(). Called with the lock held. */
static void log_keep(enum log_level level, const char *text)
{
    const uint64_t one = 1;
    struct log_kept *kept;

    if (log_sink.kept_count == LOG_KEPT_MAX) {
        log_sink.kept_first = (log_sink.kept_first + 1) % LOG_KEPT_MAX;
        log_sink.kept_count--;
    }
    kept = &log_sink.kept[(log_sink.kept_first + log_sink.kept_count++) % LOG_KEPT_MAX];
    kept->level = level;
    copy_text(kept->line, sizeof(kept->line), text);
    if (write(log_sink.wake_fd, &one, sizeof(one)) < 0)
        return; /* it is kept until the next one wakes */
}

/* Called with the lock held, and with something kept. */
static const struct log_kept *log_take_kept(void)
{
    const struct log_kept *kept = &log_sink.kept[log_sink.kept_first];

    log_sink.kept_first = (log_sink.kept_first + 1) % LOG_KEPT_MAX;
    log_sink.kept_count--;
    return kept;
}

/* What was kept for nobody. Called with the lock held. */
static void log_tell_kept(void)
{
    while (log_sink.kept_count) {
        const struct log_kept *kept = log_take_kept();
        char line[LOG_LINE_SIZE + 32];
        int n;

        if (kept->level > LOG_WARNING)
            continue;
        n = snprintf(line, sizeof(line), "%s: %s\n", log_sink.name, kept->line);
        if (log_sink.path)
            log_put_at_once(STDERR_FILENO, line, (size_t)n);
        else
            log_put_line(line, (size_t)n);
    }
}

void log_divert(int wake_fd)
{
    pthread_mutex_lock(&log_sink.lock);
    log_sink.wake_fd = wake_fd;
    if (wake_fd >= 0 && !log_sink.kept) {
        log_sink.kept = xcalloc(LOG_KEPT_MAX, sizeof(*log_sink.kept));
        log_sink.kept_first = log_sink.kept_count = 0;
    } else if (wake_fd < 0 && log_sink.kept) {
        log_tell_kept();
        free(log_sink.kept);
        log_sink.kept = NULL;
    }
    pthread_mutex_unlock(&log_sink.lock);
}

bool log_next(enum log_level *ret_level, char *line, size_t size)
{
    bool found;

    pthread_mutex_lock(&log_sink.lock);
    found = log_sink.kept && log_sink.kept_count;
    if (found) {
        const struct log_kept *kept = log_take_kept();

        *ret_level = kept->level;
        copy_text(line, size, kept->line);
    }
    pthread_mutex_unlock(&log_sink.lock);
    return found;
}

static ATTR_PRINTF(2, 0) void log_write(enum log_level level, const char *format, va_list args)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    char line[LOG_LINE_SIZE], stamp[CLOCK_STAMP_SIZE];
    int head, body;
    size_t len;

    if (log_sink.path) {
        clock_format_stamp(clock_system.wall(NULL), stamp);
        head = snprintf(line, sizeof(line), "%s %s: ", stamp, names[level]);
    } else {
        head = snprintf(line, sizeof(line), "%s: ", log_sink.name);
    }
    body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, args);
    if (body < 0)
        return;
    log_clean_line(line);
    if (log_sink.kept)
        log_keep(level, line + head);
    if (log_sink.kept && !log_sink.path)
        return;
    len = strlen(line);
    line[len++] = '\n';
    log_put_line(line, len);
}

static ATTR_PRINTF(2, 0) void log_vmessage(enum log_level level, const char *format, va_list args)
{
    pthread_mutex_lock(&log_sink.lock);
    if (level <= log_sink.level)
        log_write(level, format, args);
    pthread_mutex_unlock(&log_sink.lock);
}

void log_message(enum log_level level, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    log_vmessage(level, format, args);
    va_end(args);
}

void complain(struct complaint *c, enum log_level level, const char *format, ...)
{
    struct mono now = clock_mono(&clock_system);
    va_list args;

    if (c->active && mono_seconds_between(c->told_at, now) < c->pause) {
        c->suppressed++;
        return;
    }
    va_start(args, format);
    log_vmessage(level, format, args);
    va_end(args);
    if (c->suppressed)
        log_message(level, "(the line above stands for %u more like it)", c->suppressed);
    c->pause = c->active ? c->pause * 2 : COMPLAINT_FIRST_PAUSE;
    if (c->pause > COMPLAINT_LAST_PAUSE)
        c->pause = COMPLAINT_LAST_PAUSE;
    c->active = true;
    c->level = level;
    c->suppressed = 0;
    c->told_at = now;
}

void complaint_recover(struct complaint *c, const char *format, ...)
{
    va_list args;

    if (!c->active)
        return;
    va_start(args, format);
    log_vmessage(c->level, format, args);
    va_end(args);
    *c = (struct complaint){0};
}
