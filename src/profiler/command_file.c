/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where commands read from and write to. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/replace.h"
#include "profiler/command_internal.h"

#define COMMAND_WRITE_SOME 65536

int command_open(const char *file)
{
    struct stat st;
    bool standard = strcmp(file, "-") == 0;
    int fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                      : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        close(fd);
        errno = EISDIR;
        fd = -1;
    }
    if (fd >= 0)
        return fd;
    fd = -errno;
    log_error("cannot read %s: %s", standard ? "standard input" : file, strerror(-fd));
    return fd;
}

static ssize_t command_csv_read(void *self, char *data, size_t size)
{
    const struct command_csv *csv = self;

    return read(csv->fd, data, size);
}

int command_csv_open(struct command_csv *csv, const char *file)
{
    int r;

    csv->fd = command_open(file);
    if (csv->fd < 0)
        return csv->fd;
    csv->source = (struct csv_source){.read = command_csv_read, .self = csv};
    csv->reader = csv_reader_new(strcmp(file, "-") == 0 ? "standard input" : file, &csv->source);
    r = csv_reader_header(csv->reader);
    if (r < 0) {
        log_error("%s", csv_reader_error(csv->reader));
        command_csv_close(csv);
    }
    return r;
}

int command_csv_next(struct command_csv *csv, struct csv_row *ret)
{
    int r = csv_reader_next(csv->reader, ret);

    if (r < 0)
        log_error("%s", csv_reader_error(csv->reader));
    return r;
}

void command_csv_close(struct command_csv *csv)
{
    csv_reader_free(csv->reader);
    close(csv->fd);
}

int command_write(struct buf *text)
{
    int r = write_all(STDOUT_FILENO, text->data, text->len);

    buf_clear(text);
    if (r < 0 && r != -EPIPE)
        log_error("cannot write to standard output: %s", strerror(-r));
    return r;
}

int command_write_some(struct buf *text)
{
    return text->len < COMMAND_WRITE_SOME ? 0 : command_write(text);
}

/* Into what is no file: a pipe, a terminal, /dev/null. */
static int command_write_into(const char *file, const struct buf *text)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY), r;

    if (fd < 0)
        return -errno;
    r = write_all(fd, text->data, text->len);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    return r;
}

/* Behind a link is the file that is meant. */
static int command_write_file(const char *file, const struct buf *text, unsigned mode)
{
    struct stat st;
    char *target;
    int r;

    if (stat(file, &st) < 0)
        return errno == ENOENT && lstat(file, &st) < 0 ? replace_file(file, text, mode, NULL)
                                                       : -ENOENT; /* a link to nowhere */
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode))
        return command_write_into(file, text);
    target = realpath(file, NULL);
    if (!target)
        return -errno;
    r = replace_file(target, text, mode, &st);
    free(target);
    return r;
}

int command_replace(const char *file, const struct buf *text, unsigned mode)
{
    int r;

    if (strcmp(file, "-") == 0) {
        struct buf copy = {0};

        buf_add(&copy, text->data, text->len);
        r = command_write(&copy);
        buf_done(&copy);
        return r;
    }
    r = command_write_file(file, text, mode);
    if (r < 0)
        log_error("cannot write %s: %s", file, strerror(-r));
    return r;
}
