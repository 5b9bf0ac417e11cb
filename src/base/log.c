/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The message log: one writev-sized line per event, cleaned of control bytes. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMPLAINT_FIRST_PAUSE 10.0
#define COMPLAINT_LAST_PAUSE  3600.0

static struct {
    pthread_mutex_t lock;
    enum log_level level;
    char *path; /* NULL = stderr */
    int fd;
} log_sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_NOTICE, .fd = STDERR_FILENO};

static int log_open_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);

    return fd < 0 ? -errno : fd;
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
    if (log_sink.path)
        close(log_sink.fd);
    free(log_sink.path);
    log_sink.level = level;
    log_sink.path = file ? xstrdup(file) : NULL;
    log_sink.fd = fd;
    pthread_mutex_unlock(&log_sink.lock);
    return 0;
}

void log_reopen(void)
{
    int fd;

    pthread_mutex_lock(&log_sink.lock);
    if (log_sink.path) {
        fd = log_open_file(log_sink.path);
        if (fd >= 0) {
            close(log_sink.fd);
            log_sink.fd = fd;
        }
    }
    pthread_mutex_unlock(&log_sink.lock);
}

/* Names of VMs and files stand in messages: no control byte reaches a terminal. */
static void log_clean_line(char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)line[i];

        if (c < 0x20 || c == 0x7f)
            line[i] = '?';
    }
}

static ATTR_PRINTF(2, 0) void log_write(enum log_level level, const char *format, va_list args)
{
    static const char *const names[] = {"error", "warning", "notice", "info", "debug"};
    char line[1024], stamp[CLOCK_STAMP_SIZE];
    int head, body;
    size_t len;

    if (log_sink.path) {
        clock_format_stamp(clock_system.wall(NULL), stamp);
        head = snprintf(line, sizeof(line), "%s %s: ", stamp, names[level]);
    } else {
        head = snprintf(line, sizeof(line), "proxtop: ");
    }
    body = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format, args);
    if (body < 0)
        return;
    len = min_size((size_t)head + (size_t)body, sizeof(line) - 2);
    log_clean_line(line, len);
    line[len++] = '\n';
    if (write(log_sink.fd, line, len) < 0)
        return; /* a log that cannot be written has nowhere to say so */
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
