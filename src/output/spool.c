/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Appending to the spool, reading it, and giving up what is not needed. */
#include "output/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "output/spool_file.h"
#include "output/spool_internal.h"

const char *spool_path(const struct spool *s)
{
    return s->path;
}

uint64_t spool_waiting(const struct spool *s)
{
    return s->next - s->read;
}

uint64_t spool_next(const struct spool *s)
{
    return s->next;
}

uint64_t spool_acknowledged(const struct spool *s)
{
    return s->acknowledged;
}

uint64_t spool_dropped(const struct spool *s)
{
    return s->dropped;
}

uint64_t spool_damaged(const struct spool *s)
{
    return s->damaged;
}

static void spool_close_reading(struct spool *s)
{
    if (s->read_fd >= 0)
        close(s->read_fd);
    s->read_fd = -1;
}

static void spool_close_appending(struct spool *s)
{
    if (s->append_fd >= 0)
        close(s->append_fd);
    s->append_fd = -1;
}

/* The number behind those of the segment's records. */
static uint64_t spool_segment_end(const struct spool *s, size_t place)
{
    return place + 1 < s->count ? s->segments[place + 1].number : s->next;
}

static void spool_remove_oldest(struct spool *s)
{
    char name[SPOOL_SEGMENT_NAME_SIZE];

    spool_segment_name(s->segments[0].number, name);
    if (unlinkat(s->directory_fd, name, 0) < 0 && errno != ENOENT)
        log_warning("cannot remove '%s/%s': %s", s->path, name, strerror(errno));
    if (s->read_fd >= 0 && s->read_segment == s->segments[0].number)
        spool_close_reading(s);
    s->total -= s->segments[0].size;
    s->count--;
    memmove(s->segments, s->segments + 1, s->count * sizeof(*s->segments));
}

static void spool_drop_oldest(struct spool *s)
{
    uint64_t end = spool_segment_end(s, 0);

    if (s->read < end) {
        s->dropped += end - s->read;
        s->read = end;
    }
    spool_remove_oldest(s);
}

static int spool_begin_segment(struct spool *s)
{
    char name[SPOOL_SEGMENT_NAME_SIZE];
    struct spool_segment *last = s->count ? &s->segments[s->count - 1] : NULL;
    int fd;

    spool_segment_name(s->next, name);
    fd = spool_open_file(s, name, O_CREAT | O_TRUNC);
    if (fd < 0)
        return fd;
    spool_close_appending(s);
    s->append_fd = fd;
    s->names_dirty = true;
    if (last && last->number == s->next) { /* it had no good record */
        s->total -= last->size;
        last->size = 0;
        return 0;
    }
    s->segments = array_grow(s->segments, &s->capacity, s->count + 1, sizeof(*s->segments));
    s->segments[s->count++] = (struct spool_segment){.number = s->next};
    return 0;
}

int spool_append(struct spool *s, const char *data, size_t len, uint64_t *ret_number)
{
    uint64_t need = SPOOL_FILE_HEADER + (uint64_t)len;
    struct spool_segment *last = s->count ? &s->segments[s->count - 1] : NULL;
    int r = 0;

    if (len > SPOOL_FILE_RECORD_MAX)
        return -EFBIG;
    if (s->append_fd < 0 || !last || (last->size && last->size + need > s->segment_size))
        r = spool_begin_segment(s);
    if (r < 0)
        return r;
    while (s->total + need > s->limit && s->count > 1)
        spool_drop_oldest(s);
    last = &s->segments[s->count - 1];
    r = spool_file_write(s->append_fd, last->size, s->next, data, len);
    if (r < 0) {
        if (ftruncate(s->append_fd, (off_t)last->size) < 0)
            spool_close_appending(s); /* what is torn ends the segment */
        return r;
    }
    last->size += need;
    last->dirty = true;
    s->total += need;
    *ret_number = s->next++;
    return 0;
}

void spool_seek(struct spool *s, uint64_t number)
{
    if (s->count && number < s->segments[0].number) { /* its segment was dropped */
        s->dropped += s->segments[0].number - number;
        number = s->segments[0].number;
    }
    s->read = number;
    s->sought = true;
}

/* The place of the segment where the record is. */
static size_t spool_find_segment(const struct spool *s, uint64_t number)
{
    size_t place = s->count - 1;

    while (place && s->segments[place].number > number)
        place--;
    return place;
}

/* Goes on with the segment behind; error < 0 is why this one ends. */
static void spool_skip_segment(struct spool *s, size_t place, int error)
{
    char name[SPOOL_SEGMENT_NAME_SIZE];
    uint64_t end = spool_segment_end(s, place), missing = end - s->read;

    spool_segment_name(s->segments[place].number, name);
    if (error < 0 || missing)
        log_warning("'%s/%s' is damaged (%s): %llu cycles are skipped", s->path, name,
                    error < 0 && error != -EBADMSG ? strerror(-error) : "a cycle is not whole",
                    (unsigned long long)missing);
    s->damaged += missing;
    s->read = end;
    spool_close_reading(s);
    if (place + 1 == s->count) /* what is appended must not stand behind it */
        spool_close_appending(s);
}

/* Opens the segment where the next record is. 0; -EAGAIN if it was skipped; -errno. */
static int spool_open_segment(struct spool *s, size_t place)
{
    char name[SPOOL_SEGMENT_NAME_SIZE];
    int fd;

    spool_close_reading(s);
    s->sought = false;
    spool_segment_name(s->segments[place].number, name);
    fd = spool_open_file(s, name, 0);
    if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
        return fd;
    if (fd < 0) {
        spool_skip_segment(s, place, fd);
        return -EAGAIN;
    }
    s->read_fd = fd;
    s->read_segment = s->segments[place].number;
    s->read_at = 0;
    return 0;
}

/* The header of the next record: 1, 0 or -errno. */
static int spool_find(struct spool *s, struct spool_record *ret)
{
    while (s->read < s->next && s->count) {
        size_t place = spool_find_segment(s, s->read);
        struct spool_record record = {0};
        int r = 0;

        if (s->sought || s->read_fd < 0 || s->read_segment != s->segments[place].number)
            r = spool_open_segment(s, place);
        if (r == -EAGAIN)
            continue;
        if (r < 0)
            return r;
        r = spool_file_peek(s->read_fd, s->read_at, s->segments[place].size, &record);
        if (r == 1 && record.number < s->read) {
            s->read_at += SPOOL_FILE_HEADER + record.len;
        } else if (r == 1 && record.number == s->read) {
            *ret = record;
            return 1;
        } else if (r == 1 && !s->read_at && record.number < spool_segment_end(s, place)) {
            s->read = record.number; /* the segment was used before */
        } else {
            spool_skip_segment(s, place, r == 0 ? 0 : r == 1 ? -EBADMSG : r);
        }
    }
    return 0;
}

int spool_peek(struct spool *s, size_t *ret_len)
{
    struct spool_record record;
    int r = spool_find(s, &record);

    if (r == 1)
        *ret_len = record.len;
    return r;
}

int spool_read(struct spool *s, struct buf *data, uint64_t *ret_number)
{
    struct spool_record record;
    int r;

    while ((r = spool_find(s, &record)) == 1) {
        r = spool_file_read(s->read_fd, s->read_at, &record, data);
        if (r == 0) {
            s->read_at += SPOOL_FILE_HEADER + record.len;
            *ret_number = s->read++;
            return 1;
        }
        spool_skip_segment(s, spool_find_segment(s, s->read), r);
    }
    buf_clear(data);
    return r;
}

/* Empties the last segment, where nothing is needed any more. */
static void spool_empty_last(struct spool *s)
{
    struct spool_segment *last = &s->segments[0];

    if (s->append_fd < 0 || (last->size && ftruncate(s->append_fd, 0) < 0)) {
        spool_close_appending(s);
        spool_remove_oldest(s);
        return;
    }
    s->sought = true;
    s->total -= last->size;
    last->size = 0;
    last->dirty = false;
}

int spool_acknowledge(struct spool *s, uint64_t number)
{
    struct spool_position position = {.magic = SPOOL_POSITION_MAGIC, .number = number};
    ssize_t n;
    int r = 0;

    position.crc = spool_position_crc(&position);
    n = pwrite(s->position_fd, &position, sizeof(position), 0);
    if (n != (ssize_t)sizeof(position))
        r = n < 0 ? -errno : -ENOSPC;
    s->acknowledged = number;
    if (s->read < number) {
        s->read = number;
        s->sought = true;
    }
    while (s->count > 1 && s->segments[1].number <= number)
        spool_remove_oldest(s);
    if (s->count == 1 && number >= s->next)
        spool_empty_last(s);
    return r;
}

int spool_sync(struct spool *s)
{
    int r = 0;

    for (size_t i = 0; i < s->count; i++) {
        bool last = i + 1 == s->count && s->append_fd >= 0;
        char name[SPOOL_SEGMENT_NAME_SIZE];
        int fd;

        if (!s->segments[i].dirty)
            continue;
        spool_segment_name(s->segments[i].number, name);
        fd = last ? s->append_fd : spool_open_file(s, name, 0);
        if (fd < 0 || fdatasync(fd) < 0)
            r = fd < 0 ? fd : -errno;
        else
            s->segments[i].dirty = false;
        if (fd >= 0 && !last)
            close(fd);
    }
    if (s->names_dirty && r == 0) {
        if (fsync(s->directory_fd) < 0)
            return -errno;
        s->names_dirty = false;
    }
    return r;
}
