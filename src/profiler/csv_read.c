/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures from CSV files. */
#include "profiler/csv_read.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

#define CSV_CHUNK   65536
#define CSV_COLUMNS (CSV_VALUES_MAX + 1)
/* Of a text that is told in a message. */
#define CSV_TOLD 40

struct csv_field {
    size_t at, len; /* in reader->text, without quotes */
};

struct csv_reader {
    char *name;
    const struct csv_source *source;
    char chunk[CSV_CHUNK];
    size_t chunk_at, chunk_len;
    int failed; /* errno of the source; 0 = none */
    bool ended;
    uint64_t lines; /* newlines read */
    uint64_t line;  /* that the record begins in */
    struct buf text;
    struct csv_field fields[CSV_COLUMNS];
    size_t fields_count;
    bool quoted; /* the record has quotes: an empty line has none */
    char names[CSV_VALUES_MAX][CSV_NAME_SIZE];
    size_t count;
    bool has_time;
    char error[512];
};

struct csv_reader *csv_reader_new(const char *name, const struct csv_source *source)
{
    struct csv_reader *reader = xcalloc(1, sizeof(*reader));

    reader->name = xstrdup(name);
    reader->source = source;
    return reader;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (!reader)
        return;
    free(reader->name);
    buf_done(&reader->text);
    free(reader);
}

size_t csv_reader_count(const struct csv_reader *reader)
{
    return reader->count;
}

const char *csv_reader_name(const struct csv_reader *reader, size_t i)
{
    return reader->names[i];
}

const char *csv_reader_error(const struct csv_reader *reader)
{
    return reader->error;
}

static ATTR_PRINTF(2, 3) int csv_fail(struct csv_reader *reader, const char *format, ...)
{
    va_list args;
    int n = snprintf(reader->error, sizeof(reader->error), "%s:%llu: ", reader->name,
                     (unsigned long long)reader->line);

    if (n >= 0 && (size_t)n < sizeof(reader->error)) {
        va_start(args, format);
        vsnprintf(reader->error + n, sizeof(reader->error) - (size_t)n, format, args);
        va_end(args);
    }
    return -EINVAL;
}

/* The next byte, or -1 where there is none. */
static int csv_peek(struct csv_reader *reader)
{
    ssize_t n;

    if (reader->chunk_at < reader->chunk_len)
        return (unsigned char)reader->chunk[reader->chunk_at];
    if (reader->ended)
        return -1;
    do
        n = reader->source->read(reader->source->self, reader->chunk, sizeof(reader->chunk));
    while (n < 0 && errno == EINTR);
    if (n <= 0) {
        reader->ended = true;
        reader->failed = n < 0 ? errno : 0;
        return -1;
    }
    reader->chunk_at = 0;
    reader->chunk_len = (size_t)n;
    return (unsigned char)reader->chunk[0];
}

static int csv_take(struct csv_reader *reader)
{
    int c = csv_peek(reader);

    if (c >= 0)
        reader->chunk_at++;
    if (c == '\n')
        reader->lines++;
    return c;
}

static int csv_keep(struct csv_reader *reader, int c)
{
    if (reader->text.len >= CSV_RECORD_MAX)
        return csv_fail(reader, "longer than %u bytes", CSV_RECORD_MAX);
    if (c == '\0')
        return csv_fail(reader, "a byte of 0: this is no text");
    buf_putc(&reader->text, (char)c);
    return 0;
}

/* What stands in quotes; the first one is taken already. */
static int csv_read_quoted(struct csv_reader *reader)
{
    for (;;) {
        int c = csv_take(reader), r;

        if (c < 0)
            return reader->failed ? 0 : csv_fail(reader, "a quote is not closed");
        if (c == '"') {
            if (csv_peek(reader) != '"')
                return 0;
            csv_take(reader);
        }
        r = csv_keep(reader, c);
        if (r < 0)
            return r;
    }
}

/* Takes the end of a line, if there is one. */
static bool csv_take_newline(struct csv_reader *reader)
{
    if (csv_peek(reader) == '\r')
        csv_take(reader);
    if (csv_peek(reader) != '\n')
        return false;
    csv_take(reader);
    return true;
}

/* One field with what ends it. 1 = another one follows, 0 = the record is over. */
static int csv_read_field(struct csv_reader *reader)
{
    struct csv_field *field;
    int c, r = 0;

    if (reader->fields_count == CSV_COLUMNS)
        return csv_fail(reader, "more than %u columns", CSV_COLUMNS);
    field = &reader->fields[reader->fields_count++];
    field->at = reader->text.len;
    if (csv_peek(reader) == '"') {
        csv_take(reader);
        reader->quoted = true;
        r = csv_read_quoted(reader);
        field->len = reader->text.len - field->at;
        c = csv_peek(reader);
        if (r == 0 && c >= 0 && c != ',' && c != '\r' && c != '\n')
            r = csv_fail(reader, "text behind a closed quote");
    }
    for (c = csv_peek(reader); r == 0 && c >= 0 && c != ',' && c != '\r' && c != '\n';
         c = csv_peek(reader))
        r = csv_keep(reader, csv_take(reader));
    field->len = reader->text.len - field->at;
    if (r < 0)
        return r;
    if (c == ',') {
        csv_take(reader);
        return 1;
    }
    if (c >= 0 && !csv_take_newline(reader) && csv_peek(reader) >= 0)
        return csv_fail(reader, "a carriage return within a line");
    return 0;
}

/* The next record into fields[]. 1; 0 = the end; -errno. */
static int csv_read_record(struct csv_reader *reader)
{
    int r;

    reader->line = reader->lines + 1;
    buf_clear(&reader->text);
    reader->fields_count = 0;
    reader->quoted = false;
    if (csv_peek(reader) >= 0) {
        do
            r = csv_read_field(reader);
        while (r == 1);
        if (r < 0)
            return r;
    }
    if (reader->failed) {
        csv_fail(reader, "cannot read: %s", strerror(reader->failed));
        return -reader->failed;
    }
    return reader->fields_count ? 1 : 0;
}

/* An empty line. */
static bool csv_is_blank(const struct csv_reader *reader)
{
    return reader->fields_count == 1 && !reader->fields[0].len && !reader->quoted;
}

/* The field without blanks around it. */
static struct csv_field csv_trim(const struct csv_reader *reader, struct csv_field field)
{
    const char *text = reader->text.data;

    while (field.len && (text[field.at] == ' ' || text[field.at] == '\t')) {
        field.at++;
        field.len--;
    }
    while (field.len &&
           (text[field.at + field.len - 1] == ' ' || text[field.at + field.len - 1] == '\t'))
        field.len--;
    return field;
}

static void csv_skip_mark(struct csv_reader *reader)
{
    /* A first chunk of less than three bytes that is the beginning of a mark is refused by the name
     * of the column: files and pipes do not come like that. */
    if (csv_peek(reader) == 0xef && reader->chunk_len >= 3 &&
        memcmp(reader->chunk, "\xef\xbb\xbf", 3) == 0)
        reader->chunk_at = 3;
}

/* A name of a column, from the text's field. */
static int csv_take_name(struct csv_reader *reader, struct csv_field field, size_t number)
{
    char *name = reader->names[reader->count];

    field = csv_trim(reader, field);
    if (!field.len)
        return csv_fail(reader, "column %zu has no name", number);
    if (field.len >= CSV_NAME_SIZE)
        return csv_fail(reader, "the name of column %zu is longer than %d bytes", number,
                        CSV_NAME_SIZE - 1);
    memcpy(name, reader->text.data + field.at, field.len);
    name[field.len] = '\0';
    for (const char *p = name; *p;) {
        uint32_t c = 0;
        size_t n = utf8_next(p, &c);

        if (!n || utf8_is_control(c))
            return csv_fail(reader, "the name of column %zu is no text", number);
        p += n;
    }
    for (size_t i = 0; i < reader->count; i++) {
        if (strcmp(reader->names[i], name) == 0)
            return csv_fail(reader, "two columns are named '%s'", name);
    }
    reader->count++;
    return 0;
}

int csv_reader_header(struct csv_reader *reader)
{
    struct csv_field first;
    int r;

    csv_skip_mark(reader);
    do
        r = csv_read_record(reader);
    while (r == 1 && csv_is_blank(reader));
    if (r < 0)
        return r;
    if (r == 0)
        return csv_fail(reader, "there is nothing in it: a header line with the names of the "
                                "columns is expected");
    first = csv_trim(reader, reader->fields[0]);
    reader->has_time = first.len == 4 && memcmp(reader->text.data + first.at, "time", 4) == 0;
    if (reader->fields_count - reader->has_time > CSV_VALUES_MAX)
        return csv_fail(reader, "more than %d columns of values", CSV_VALUES_MAX);
    for (size_t i = reader->has_time; i < reader->fields_count; i++) {
        r = csv_take_name(reader, reader->fields[i], i + 1);
        if (r < 0)
            return r;
    }
    return reader->count ? 0 : csv_fail(reader, "there is no column of values");
}

static int csv_fail_cell(struct csv_reader *reader, const char *column, struct csv_field field,
                         const char *wanted)
{
    return csv_fail(reader, "column '%s': '%.*s%s' %s", column, (int)min_size(field.len, CSV_TOLD),
                    reader->text.data + field.at, field.len > CSV_TOLD ? "..." : "", wanted);
}

int csv_reader_next(struct csv_reader *reader, struct csv_row *ret)
{
    struct csv_row row = {.time = NAN};
    size_t columns = reader->count + reader->has_time;
    int r;

    do
        r = csv_read_record(reader);
    while (r == 1 && columns > 1 && csv_is_blank(reader));
    if (r <= 0)
        return r;
    if (reader->fields_count != columns)
        return csv_fail(reader, "%zu cells where the header has %zu", reader->fields_count,
                        columns);
    row.line = reader->line;
    for (size_t i = 0; i < columns; i++) {
        struct csv_field field = csv_trim(reader, reader->fields[i]);
        const char *text = reader->text.len ? reader->text.data + field.at : "";
        size_t value = i - reader->has_time;

        if (reader->has_time && i == 0) {
            if (!csv_time(text, field.len, &row.time))
                return csv_fail_cell(reader, "time", field,
                                     "is no time: seconds since the epoch, or RFC 3339");
        } else if (!field.len) {
            row.values[value] = NAN;
        } else if (!csv_number(text, field.len, &row.values[value])) {
            return csv_fail_cell(reader, reader->names[value], field,
                                 "is no number between -1e18 and 1e18");
        }
    }
    *ret = row;
    return 1;
}
