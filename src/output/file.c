/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that grows: cycles are appended, whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "output/stream.h"

struct file {
    const char *path, *header;
    int fd; /* -1 = a FIFO that nobody reads */
    bool is_regular;
    dev_t device;
    ino_t inode;
    bool begins; /* the header is to be written, whatever the file holds */
    bool torn;   /* the file's last line has no end */
    /* Of what is no regular file, and can take a part of what it is given: */
    size_t begun; /* bytes of the header that are written */
    bool restart; /* it was opened anew: the cycle begins again */
    struct complaint away;
};

/* A FIFO is not waited for: without a reader it is ENXIO. */
static int file_open_path(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);

    return fd < 0 ? -errno : fd;
}

static bool file_is_fifo(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* Looks at what stands in a file that is not empty: whether it begins with the
 * header and ends with a line's end. A file that cannot be read is taken as one
 * that another program began. */
static void file_look(struct file *file, const struct stat *st)
{
    size_t len = strlen(file->header);
    char last = '\n', *first = xcalloc(1, len + 1);
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat same;
    bool known = false;

    if (fd >= 0 && fstat(fd, &same) == 0 && same.st_ino == st->st_ino &&
        same.st_dev == st->st_dev) {
        known = pread(fd, first, len, 0) == (ssize_t)len && memcmp(first, file->header, len) == 0;
        if (pread(fd, &last, 1, st->st_size - 1) != 1)
            last = '\n';
    }
    if (fd >= 0)
        close(fd);
    free(first);
    file->begins = !known;
    file->torn = last != '\n';
}

/* Goes on with the file behind this descriptor. */
static void file_take(struct file *file, int fd, const struct stat *st)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = fd;
    file->device = st->st_dev;
    file->inode = st->st_ino;
    file->is_regular = S_ISREG(st->st_mode);
    file->begins = file->torn = false;
    file->begun = 0;
    file->restart = true;
    if (file->is_regular && st->st_size > 0)
        file_look(file, st);
}

static bool file_is(const struct file *file, const struct stat *st)
{
    return file->fd >= 0 && st->st_ino == file->inode && st->st_dev == file->device;
}

/* Opens what the name stands for now. 0 or -errno, with the old one still there. */
static int file_open_now(struct file *file)
{
    int fd = file_open_path(file->path), error;
    struct stat st;

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0) {
        error = errno;
        close(fd);
        return -error;
    }
    if (file_is(file, &st))
        close(fd);
    else
        file_take(file, fd, &st);
    return 0;
}

/* A file that was moved away or removed is left: the name stands for another. */
static void file_follow(struct file *file)
{
    struct stat st;
    int r;

    if (stat(file->path, &st) == 0 && file_is(file, &st))
        r = 0;
    else
        r = file_open_now(file);
    if (r < 0)
        complain(&file->away, LOG_WARNING, "cannot open '%s' again: %s; going on with the old file",
                 file->path, strerror(-r));
    else
        complaint_recover(&file->away, "'%s' is open again", file->path);
}

/* Writes all of it; *ret_written, also if it fails, is how much. 0 or -errno. */
static int file_write_all(int fd, const char *data, size_t len, off_t *written)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, data + done, len - done);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0) {
            done += (size_t)n;
            *written += n;
        }
    }
    return 0;
}

/* Takes back what was written of a cycle that found no room, unless somebody
 * else has written behind it. */
static void file_take_back(struct file *file, off_t start, off_t written)
{
    struct stat st;

    if (!written)
        return;
    if (fstat(file->fd, &st) < 0 || st.st_size != start + written || ftruncate(file->fd, start) < 0)
        file->torn = true;
}

static int file_put_whole(struct file *file, const struct buf *cycle, size_t *done)
{
    off_t written = 0;
    struct stat st;
    bool begins;
    int r = 0;

    if (fstat(file->fd, &st) < 0)
        return -errno;
    begins = (file->begins || st.st_size == 0) && file->header[0];
    if (st.st_size > 0 && file->torn && (begins || cycle->len))
        r = file_write_all(file->fd, "\n", 1, &written);
    if (r == 0 && begins)
        r = file_write_all(file->fd, file->header, strlen(file->header), &written);
    if (r == 0)
        r = file_write_all(file->fd, cycle->data, cycle->len, &written);
    if (r < 0) {
        file_take_back(file, st.st_size, written);
        return r;
    }
    file->torn = file->torn && !written;
    file->begins = false;
    *done = cycle->len;
    return 1;
}

/* A FIFO or a device takes what it takes. */
static int file_put_through(struct file *file, const struct buf *cycle, size_t *done)
{
    size_t left = strlen(file->header + file->begun);
    ssize_t n = 0;

    if (file->restart)
        *done = 0;
    file->restart = false;
    if (left)
        n = write(file->fd, file->header + file->begun, left);
    else if (*done < cycle->len)
        n = write(file->fd, cycle->data + *done, cycle->len - *done);
    if (n < 0 && errno == EAGAIN)
        stream_await_room(file->fd);
    else if (n < 0 && errno == EPIPE) { /* the next reader gets whole lines */
        close(file->fd);
        file->fd = -1;
        return -EPIPE;
    } else if (n < 0 && errno != EINTR)
        return -errno;
    if (n > 0 && left)
        file->begun += (size_t)n;
    else if (n > 0)
        *done += (size_t)n;
    return !file->header[file->begun] && *done == cycle->len;
}

static int file_put(void *self, const struct buf *cycle, size_t *done)
{
    struct file *file = self;
    int r = 0;

    if (file->fd < 0)
        r = file_open_now(file);
    else if (!*done)
        file_follow(file);
    if (r < 0)
        return r;
    return file->is_regular ? file_put_whole(file, cycle, done)
                            : file_put_through(file, cycle, done);
}

static void file_reopen(void *self)
{
    struct file *file = self;

    if (file->fd >= 0)
        file_follow(file);
}

static void file_close(void *self)
{
    struct file *file = self;

    if (file->fd >= 0)
        close(file->fd);
    free(file);
}

int file_append_open(const struct output_config *config, struct output **ret,
                     struct output_error *error)
{
    static const struct stream_ops ops = {
        .put = file_put,
        .reopen = file_reopen,
        .close = file_close,
    };
    struct file *file = xcalloc(1, sizeof(*file));
    int r;

    file->path = config->target;
    file->header = config->header;
    file->fd = -1;
    r = file_open_now(file);
    if (r < 0 && !(r == -ENXIO && file_is_fifo(file->path))) {
        snprintf(error->text, sizeof(error->text), "cannot open '%s' for output: %s",
                 config->target, strerror(-r));
        file_close(file);
        return r;
    }
    return stream_start(config, &ops, file, file->path, ret, error);
}

static int file_open(const struct output_config *config, struct output **ret,
                     struct output_error *error)
{
    return config->replaces ? file_replace_open(config, ret, error)
                            : file_append_open(config, ret, error);
}

const struct output_ops output_file = {
    .name = "file",
    .needs_target = true,
    .open = file_open,
    .write = stream_write,
    .reopen = stream_reopen,
    .finish = stream_finish,
    .lost = stream_lost,
    .close = stream_close,
};
