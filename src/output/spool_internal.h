/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the halves of the spool share: spool_open.c finds what is there, spool.c works with it. */
#ifndef PROXTOP_OUTPUT_SPOOL_INTERNAL_H
#define PROXTOP_OUTPUT_SPOOL_INTERNAL_H

#include <stdbool.h>

#include "output/spool.h"

/* 16 hexadecimal digits: names sort as numbers do. */
#define SPOOL_SEGMENT_FORMAT    "%016llx.records"
#define SPOOL_SEGMENT_NAME_SIZE 32

/* What the file "position" holds. */
#define SPOOL_POSITION_MAGIC UINT64_C(0x7078706f73697431)
struct spool_position {
    uint64_t magic;
    uint64_t number; /* of the oldest record that is not acknowledged */
    uint64_t crc;    /* of both */
};

uint64_t spool_position_crc(const struct spool_position *position);

struct spool_segment {
    uint64_t number; /* its name; its records have this one or higher ones */
    uint64_t size;
    bool dirty; /* something is not on the platter */
};

struct spool {
    char *path; /* for messages */
    uint64_t limit, segment_size;
    int directory_fd, lock_fd, position_fd;
    struct spool_segment *segments; /* oldest first, by ascending numbers */
    size_t capacity, count;
    uint64_t total; /* bytes of all */
    uint64_t next, acknowledged;
    int append_fd;    /* of the last segment; -1 = the next record begins a new one */
    bool names_dirty; /* segments came whose names are not on the platter */

    uint64_t read; /* number of the record that is read next */
    int read_fd;   /* of the segment `read_segment`; -1 = none */
    uint64_t read_segment, read_at;
    bool sought; /* read_at is not where `read` is */

    uint64_t dropped, damaged;
};

void spool_segment_name(uint64_t number, char name[SPOOL_SEGMENT_NAME_SIZE]);
/* Opens for reading and writing; never a link, a device or a pipe. The
 * descriptor or -errno. */
int spool_open_file(const struct spool *s, const char *name, int flags);

#endif
