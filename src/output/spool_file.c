/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The records in a file of the spool. */
#include "output/spool_file.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <zlib.h>

#define SPOOL_FILE_MAGIC UINT32_C(0x70785331)
#define SPOOL_FILE_CHUNK 16384

struct spool_file_header {
    uint32_t magic;
    uint32_t len;
    uint64_t number;
    uint32_t data_crc;
    uint32_t crc; /* of all above */
};

_Static_assert(sizeof(struct spool_file_header) == SPOOL_FILE_HEADER, "no padding");

static uint32_t spool_file_crc(uint32_t crc, const void *data, size_t len)
{
    return (uint32_t)crc32_z(crc, data, len);
}

static uint32_t spool_file_header_crc(const struct spool_file_header *header)
{
    return spool_file_crc(0, header, offsetof(struct spool_file_header, crc));
}

/* The rest of the two parts from `done` on. */
static int spool_file_parts(struct iovec parts[2], const struct iovec all[2], size_t done)
{
    size_t skip = min_size(done, all[0].iov_len);

    parts[0].iov_base = (char *)all[0].iov_base + skip;
    parts[0].iov_len = all[0].iov_len - skip;
    parts[1].iov_base = (char *)all[1].iov_base + (done - skip);
    parts[1].iov_len = all[1].iov_len - (done - skip);
    return parts[0].iov_len ? 0 : 1;
}

int spool_file_write(int fd, uint64_t at, uint64_t number, const char *data, size_t len)
{
    struct spool_file_header header = {.magic = SPOOL_FILE_MAGIC,
                                       .len = (uint32_t)len,
                                       .number = number,
                                       .data_crc = spool_file_crc(0, data, len)};
    union {
        const char *data;
        void *base; /* an iovec knows no const */
    } bytes = {.data = data};
    struct iovec all[2] = {{&header, sizeof(header)}, {bytes.base, len}}, parts[2];
    size_t done = 0;

    header.crc = spool_file_header_crc(&header);
    while (done < sizeof(header) + len) {
        int first = spool_file_parts(parts, all, done);
        ssize_t n = pwritev(fd, parts + first, 2 - first, (off_t)(at + done));

        if (n == 0)
            return -ENOSPC;
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* Whole, or -EBADMSG where the file ends too early. */
static int spool_file_pread(int fd, void *data, size_t len, uint64_t at)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pread(fd, (char *)data + done, len - done, (off_t)(at + done));

        if (n == 0)
            return -EBADMSG;
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

int spool_file_peek(int fd, uint64_t at, uint64_t size, struct spool_record *ret)
{
    struct spool_file_header header;
    int r;

    if (at >= size)
        return 0;
    if (size - at < sizeof(header))
        return -EBADMSG;
    r = spool_file_pread(fd, &header, sizeof(header), at);
    if (r < 0)
        return r;
    if (header.magic != SPOOL_FILE_MAGIC || header.crc != spool_file_header_crc(&header) ||
        header.number >= SPOOL_FILE_NUMBER_MAX || header.len > SPOOL_FILE_RECORD_MAX ||
        header.len > size - at - sizeof(header))
        return -EBADMSG;
    *ret = (struct spool_record){header.number, header.len, header.data_crc};
    return 1;
}

int spool_file_read(int fd, uint64_t at, const struct spool_record *record, struct buf *data)
{
    int r;

    buf_clear(data);
    buf_reserve(data, record->len);
    r = spool_file_pread(fd, data->data, record->len, at + SPOOL_FILE_HEADER);
    if (r < 0)
        return r;
    data->len = record->len;
    return spool_file_crc(0, data->data, data->len) == record->crc ? 0 : -EBADMSG;
}

static int spool_file_check(int fd, uint64_t at, const struct spool_record *record)
{
    char chunk[SPOOL_FILE_CHUNK];
    uint32_t crc = 0;

    for (size_t done = 0; done < record->len;) {
        size_t n = min_size(sizeof(chunk), record->len - done);
        int r = spool_file_pread(fd, chunk, n, at + SPOOL_FILE_HEADER + done);

        if (r < 0)
            return r;
        crc = spool_file_crc(crc, chunk, n);
        done += n;
    }
    return crc == record->crc ? 0 : -EBADMSG;
}

int spool_file_scan(int fd, uint64_t size, uint64_t number, uint64_t *ret_end, uint64_t *ret_next)
{
    struct spool_record record;
    uint64_t at = 0, next = number;
    int r;

    while ((r = spool_file_peek(fd, at, size, &record)) == 1) {
        bool follows = at ? record.number == next : record.number >= next;

        r = follows ? spool_file_check(fd, at, &record) : -EBADMSG;
        if (r < 0)
            break;
        at += SPOOL_FILE_HEADER + record.len;
        next = record.number + 1;
    }
    if (r < 0 && r != -EBADMSG)
        return r;
    *ret_end = at;
    *ret_next = next;
    return r == 0 ? 1 : r;
}
