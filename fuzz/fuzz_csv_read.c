/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures from any bytes, in pieces of any size: the same rows whatever the pieces, finite or none,
 * and a message of one line where something is wrong. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"
#include "profiler/csv_read.h"

struct pieces {
    const char *text;
    size_t len, at, piece;
};

static ssize_t pieces_read(void *self, char *data, size_t size)
{
    struct pieces *pieces = self;
    size_t n = pieces->len - pieces->at;

    if (n > pieces->piece)
        n = pieces->piece;
    if (n > size)
        n = size;
    memcpy(data, pieces->text + pieces->at, n);
    pieces->at += n;
    return (ssize_t)n;
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || a == b;
}

static void check_row(const struct csv_reader *reader, const struct csv_row *row)
{
    CHECK(row->line > 0);
    CHECK(isnan(row->time) || (row->time >= 0 && row->time < CSV_TIME_MAX));
    for (size_t i = 0; i < csv_reader_count(reader); i++)
        CHECK(isnan(row->values[i]) || fabs(row->values[i]) <= CSV_VALUE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    struct pieces whole = {text, size, 0, SIZE_MAX};
    /* A mark of the byte order is looked for in the first piece. */
    struct pieces parts = {text, size, 0, 3 + (size ? data[0] % 16 : 0)};
    struct csv_source a_source = {pieces_read, &whole}, b_source = {pieces_read, &parts};
    struct csv_reader *a = csv_reader_new("f", &a_source), *b = csv_reader_new("f", &b_source);
    int r = csv_reader_header(a), has_time = -1; /* not known yet */

    CHECK(csv_reader_header(b) == r);
    if (r == 0)
        CHECK(csv_reader_count(a) > 0 && csv_reader_count(a) == csv_reader_count(b));
    while (r == 0) {
        struct csv_row x, y;
        int got = csv_reader_next(a, &x);

        CHECK(csv_reader_next(b, &y) == got);
        if (got <= 0) {
            r = got < 0 ? got : 1;
            break;
        }
        check_row(a, &x);
        CHECK(has_time == -1 || has_time == !isnan(x.time));
        has_time = !isnan(x.time);
        CHECK(x.line == y.line && same(x.time, y.time));
        for (size_t i = 0; i < csv_reader_count(a); i++)
            CHECK(same(x.values[i], y.values[i]));
    }
    if (r < 0)
        CHECK(strcmp(csv_reader_error(a), csv_reader_error(b)) == 0 && csv_reader_error(a)[0]);
    csv_reader_free(a);
    csv_reader_free(b);
    free(text);
    return 0;
}
