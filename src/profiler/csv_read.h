/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading figures from CSV files (RFC 4180: quotes, doubled quotes and newlines within them, CRLF
 * or LF, an UTF-8 byte order mark is skipped): a header with names, then a row per sample. A column
 * per metric; the first one may be `time`: seconds since the epoch, or RFC 3339. An empty cell has
 * no value. Empty lines are skipped, unless there is one column only: there they are a row without
 * a value. What the file holds may be anything.
 */
#ifndef PROXTOP_PROFILER_CSV_READ_H
#define PROXTOP_PROFILER_CSV_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Columns of values, the time not counted. */
#define CSV_VALUES_MAX 32
/* Bytes of a header or a row, newlines within quotes included. */
#define CSV_RECORD_MAX (1u << 20)
/* Bytes of a column's name, NUL included. */
#define CSV_NAME_SIZE 64
/* Values may be so large, either way: sums and squares of them stay finite. */
#define CSV_VALUE_MAX 1e18
/* The end of the year 9999, in seconds since the epoch. */
#define CSV_TIME_MAX 253402300800.0

/* Where bytes come from, as by read(2): their number, 0 at the end, -1 with errno. */
struct csv_source {
    ssize_t (*read)(void *self, char *data, size_t size);
    void *self;
};

struct csv_row {
    uint64_t line;                 /* that it begins in, from 1 */
    double time;                   /* seconds since the epoch; NAN = the file has no times */
    double values[CSV_VALUES_MAX]; /* NAN = the cell is empty */
};

struct csv_reader;

/* `name`: of the file, for messages; copied. `source` is borrowed. */
struct csv_reader *csv_reader_new(const char *name, const struct csv_source *source);
void csv_reader_free(struct csv_reader *reader); /* NULL is allowed */

/* Reads the header; the first thing to do. 0, or -errno: see csv_reader_error(). */
int csv_reader_header(struct csv_reader *reader);
/* Columns of values, and their names; after the header. */
size_t csv_reader_count(const struct csv_reader *reader);
const char *csv_reader_name(const struct csv_reader *reader, size_t i);

/* The next row: 1; 0 at the end; -errno: see csv_reader_error(). *ret is untouched but for 1. */
int csv_reader_next(struct csv_reader *reader, struct csv_row *ret);

/* What was wrong, a line for people: "FILE:LINE: column 'cpu': 'x' is no number". */
const char *csv_reader_error(const struct csv_reader *reader);

/* A number as people and programs write it: sign, digits with a point, exponent; no hexadecimal, no
 * inf, no nan, nothing beyond CSV_VALUE_MAX. The whole text must be one. */
bool csv_number(const char *text, size_t len, double *ret);
/* "1769903999.25", or "2026-01-31T23:59:59.123Z", with "+01:00" or with a blank for the T. */
bool csv_time(const char *text, size_t len, double *ret);

#endif
