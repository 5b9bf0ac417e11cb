/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/diskstats (kernel Documentation/admin-guide/iostats.rst, block/genhd.c
 * diskstats_show()). Pure functions.
 */
#ifndef PROXTOP_KERNEL_DISKSTATS_H
#define PROXTOP_KERNEL_DISKSTATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* In the order of the file. A sector is 512 bytes whatever the device's is.
 * All times are ms, printed as 32-bit numbers that wrap. */
enum diskstat {
    DISKSTAT_READS, /* completed */
    DISKSTAT_READS_MERGED,
    DISKSTAT_SECTORS_READ,
    DISKSTAT_MS_READING,
    DISKSTAT_WRITES,
    DISKSTAT_WRITES_MERGED,
    DISKSTAT_SECTORS_WRITTEN,
    DISKSTAT_MS_WRITING,
    DISKSTAT_IN_FLIGHT, /* now; no counter */
    DISKSTAT_MS_BUSY,
    DISKSTAT_MS_WEIGHTED,
    DISKSTAT_DISCARDS, /* Linux 4.18 */
    DISKSTAT_DISCARDS_MERGED,
    DISKSTAT_SECTORS_DISCARDED,
    DISKSTAT_MS_DISCARDING,
    DISKSTAT_FLUSHES, /* Linux 5.5 */
    DISKSTAT_MS_FLUSHING,
    DISKSTAT__COUNT,
};
#define DISKSTAT__ALWAYS 11 /* counters that every kernel has */

struct diskstats_line {
    unsigned major, minor;
    const char *name; /* in the text, not ended by NUL */
    size_t name_len;
    uint64_t counters[DISKSTAT__COUNT]; /* those behind `counted` are 0 */
    unsigned counted;                   /* fields that the line has: at least DISKSTAT__ALWAYS */
};

/* The next device of the text; lines that are none are left out (a partition
 * with 4 counters of Linux 2.6, for one), as is a last line without its newline,
 * whose end may be missing. Numbers behind the known fields are a later kernel's.
 * A name is never empty and holds no blanks and no control characters. False,
 * with *ret untouched, at the end of the text. */
bool diskstats_next(struct cursor *c, struct diskstats_line *ret);

#endif
