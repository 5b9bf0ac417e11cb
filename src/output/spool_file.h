/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records in a file of the spool, one behind the other: a header (magic, length,
 * number, CRC-32 of the bytes, CRC-32 of the header; in the byte order of the
 * host, as it stays there), then the bytes. A file is what a power cut left of it, or
 * anything else: nothing of it is believed that does not check.
 */
#ifndef PROXTOP_OUTPUT_SPOOL_FILE_H
#define PROXTOP_OUTPUT_SPOOL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define SPOOL_FILE_HEADER     24
#define SPOOL_FILE_RECORD_MAX (UINT32_C(1) << 30)
#define SPOOL_FILE_NUMBER_MAX (UINT64_C(1) << 62)

struct spool_record {
    uint64_t number;
    uint32_t len; /* of its bytes */
    uint32_t crc; /* of its bytes */
};

/* Writes a record at the offset. 0, or -errno with some of it written. */
int spool_file_write(int fd, uint64_t at, uint64_t number, const char *data, size_t len);

/* The header at the offset of a file of `size` bytes: 1; 0 where the file ends;
 * -EBADMSG if there is no whole record, -errno. */
int spool_file_peek(int fd, uint64_t at, uint64_t size, struct spool_record *ret);

/* The bytes of the record whose header is at the offset, instead of *data's. 0,
 * -EBADMSG or -errno; *data is undefined then. */
int spool_file_read(int fd, uint64_t at, const struct spool_record *record, struct buf *data);

/* Reads all records from the start of the file, whose numbers ascend by one and
 * the first of which is `number` or higher. *ret_end is where the last good one ends,
 * *ret_next its number + 1 (or `number` without any). 1 if the file ends there,
 * -EBADMSG if something else follows, -errno. */
int spool_file_scan(int fd, uint64_t size, uint64_t number, uint64_t *ret_end, uint64_t *ret_next);

#endif
