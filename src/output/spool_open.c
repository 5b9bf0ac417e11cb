/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making a spool, or finding what an earlier run left in it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/log.h"
#include "base/util.h"
#include "output/spool_file.h"
#include "output/spool_internal.h"

/* A segment is an eighth of the spool, so that no more than that is dropped at once. */
#define SPOOL_SEGMENTS         8
#define SPOOL_SEGMENT_SIZE_MAX (16u * 1024 * 1024)
#define SPOOL_SUFFIX           ".records"

uint64_t spool_position_crc(const struct spool_position *position)
{
    return crc32_z(0, (const void *)position, offsetof(struct spool_position, crc));
}

void spool_segment_name(uint64_t number, char name[SPOOL_SEGMENT_NAME_SIZE])
{
    snprintf(name, SPOOL_SEGMENT_NAME_SIZE, SPOOL_SEGMENT_FORMAT, (unsigned long long)number);
}

int spool_open_file(const struct spool *s, const char *name, int flags)
{
    struct stat st;
    int fd =
        openat(s->directory_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return -EINVAL;
    }
    return fd;
}

static bool spool_name_is_good(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";

    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           strspn(name, letters) == strlen(name);
}

/* What somebody else can put there would be sent as our own, and files that
 * are links to other files would be overwritten. */
static int spool_check_directory(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    return st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)) ? 0 : -EPERM;
}

static int spool_make_directory(const char *directory, const char *name)
{
    int fd, parent, error;

    if (!spool_name_is_good(name))
        return -EINVAL;
    if (mkdir(directory, 0700) < 0 && errno != EEXIST)
        return -errno;
    parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return -errno;
    if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST) {
        fd = -errno;
    } else {
        fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        error = errno;
        fd = fd < 0 ? -error : fd;
    }
    close(parent);
    return fd;
}

static int spool_lock(struct spool *s)
{
    int fd = spool_open_file(s, "lock", O_CREAT);

    if (fd < 0)
        return fd;
    s->lock_fd = fd;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return 0;
}

static int spool_read_position(struct spool *s)
{
    struct spool_position position;
    int fd = spool_open_file(s, "position", O_CREAT);
    ssize_t n;

    if (fd < 0)
        return fd;
    s->position_fd = fd;
    n = pread(fd, &position, sizeof(position), 0);
    if (n < 0)
        return -errno;
    if (n == (ssize_t)sizeof(position) && position.magic == SPOOL_POSITION_MAGIC &&
        position.crc == spool_position_crc(&position) && position.number < SPOOL_FILE_NUMBER_MAX)
        s->acknowledged = position.number;
    else if (n)
        log_warning("'%s/position' is damaged: what was delivered before may be delivered again",
                    s->path);
    return 0;
}

/* False: it is none of a segment. */
static bool spool_parse_name(const char *name, uint64_t *ret)
{
    char again[SPOOL_SEGMENT_NAME_SIZE], *end;
    unsigned long long number;

    if (strspn(name, "0123456789abcdef") != 16 || strcmp(name + 16, SPOOL_SUFFIX) != 0)
        return false;
    number = strtoull(name, &end, 16);
    spool_segment_name(number, again);
    if (strcmp(name, again) != 0 || number >= SPOOL_FILE_NUMBER_MAX)
        return false;
    *ret = number;
    return true;
}

static void spool_add_segment(struct spool *s, uint64_t number, uint64_t size)
{
    size_t place = s->count;

    s->segments = array_grow(s->segments, &s->capacity, s->count + 1, sizeof(*s->segments));
    for (; place && s->segments[place - 1].number > number; place--)
        s->segments[place] = s->segments[place - 1];
    s->segments[place] = (struct spool_segment){.number = number, .size = size, .dirty = true};
    s->count++;
    s->total += size;
}

static int spool_list_segments(struct spool *s)
{
    int fd = openat(s->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    int r;

    if (!directory) {
        r = -errno;
        if (fd >= 0)
            close(fd);
        return r;
    }
    while ((entry = readdir(directory))) {
        struct stat st;
        uint64_t number;

        if (spool_parse_name(entry->d_name, &number) &&
            fstatat(s->directory_fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode))
            spool_add_segment(s, number, (uint64_t)st.st_size);
    }
    closedir(directory);
    return 0;
}

/* The last segment tells which number is the next. */
static int spool_scan_last(struct spool *s)
{
    struct spool_segment *last = &s->segments[s->count - 1];
    char name[SPOOL_SEGMENT_NAME_SIZE];
    uint64_t end;
    int fd, r;

    spool_segment_name(last->number, name);
    fd = spool_open_file(s, name, 0);
    if (fd < 0)
        return fd;
    s->append_fd = fd;
    r = spool_file_scan(fd, last->size, last->number, &end, &s->next);
    if (r < 0 && r != -EBADMSG)
        return r;
    if (r == -EBADMSG) {
        log_warning("'%s/%s' is damaged: %llu bytes at its end are skipped", s->path, name,
                    (unsigned long long)(last->size - end));
        if (ftruncate(fd, (off_t)end) < 0) { /* then it ends there */
            close(fd);
            s->append_fd = -1;
            return 0;
        }
        s->total -= last->size - end;
        last->size = end;
    }
    return 0;
}

/* The oldest record: the first segment may have been used before, and then
 * begins with a number above its name. */
static uint64_t spool_find_first(const struct spool *s)
{
    const struct spool_segment *first = &s->segments[0];
    char name[SPOOL_SEGMENT_NAME_SIZE];
    struct spool_record record;
    uint64_t number = first->number;
    int fd;

    spool_segment_name(first->number, name);
    fd = spool_open_file(s, name, 0);
    if (fd < 0)
        return number;
    if (spool_file_peek(fd, 0, first->size, &record) == 1 && record.number > number &&
        record.number < (s->count > 1 ? s->segments[1].number : s->next))
        number = record.number;
    close(fd);
    return number;
}

static int spool_recover(struct spool *s)
{
    int r = spool_read_position(s);

    if (r == 0)
        r = spool_list_segments(s);
    if (r == 0 && s->count)
        r = spool_scan_last(s);
    if (r < 0)
        return r;
    if (s->acknowledged > s->next) { /* a power cut took records that were done with */
        s->next = s->acknowledged;
        if (s->append_fd >= 0)
            close(s->append_fd);
        s->append_fd = -1;
    }
    s->read = s->next;
    if (s->count)
        s->read = spool_find_first(s);
    s->sought = true;
    return spool_acknowledge(s, s->acknowledged);
}

static int spool_start(struct spool *s, const char *directory, const char *name)
{
    int r = spool_make_directory(directory, name);

    if (r < 0)
        return r;
    s->directory_fd = r;
    r = spool_check_directory(r);
    if (r == 0)
        r = spool_lock(s);
    return r < 0 ? r : spool_recover(s);
}

int spool_open(const char *directory, const char *name, uint64_t size, struct spool **ret,
               char *error, size_t error_size)
{
    struct spool *s = xcalloc(1, sizeof(*s));
    int r;

    s->path = xasprintf("%s/%s", directory, name);
    s->limit = size;
    s->segment_size = size / SPOOL_SEGMENTS;
    if (s->segment_size > SPOOL_SEGMENT_SIZE_MAX)
        s->segment_size = SPOOL_SEGMENT_SIZE_MAX;
    s->directory_fd = s->lock_fd = s->position_fd = s->append_fd = s->read_fd = -1;
    r = spool_start(s, directory, name);
    if (r == 0) {
        *ret = s;
        return 0;
    }
    if (r == -EBUSY)
        snprintf(error, error_size,
                 "the spool '%s' is in use, by another process or another sink of this one; name "
                 "another directory by --spool",
                 s->path);
    else if (r == -EPERM)
        snprintf(error, error_size,
                 "cannot use the spool '%s': others can write to it; it has to be of the user who "
                 "runs %s, with mode 0700",
                 s->path, log_name());
    else
        snprintf(error, error_size, "cannot use the spool '%s': %s", s->path, strerror(-r));
    spool_close(s);
    return r;
}

void spool_close(struct spool *s)
{
    const int fds[] = {s->append_fd, s->read_fd, s->position_fd, s->lock_fd, s->directory_fd};

    for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    free(s->segments);
    free(s->path);
    free(s);
}
