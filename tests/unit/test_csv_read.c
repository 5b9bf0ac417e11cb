/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profiler/csv_read: numbers, times, quotes, gaps, and what is refused with which words. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "profiler/csv_read.h"
#include "support.h"

/* A text that comes in pieces of so many bytes. */
struct pieces {
    const char *text;
    size_t len, at, piece;
    int error; /* at its end, in place of the end */
};

static ssize_t pieces_read(void *self, char *data, size_t size)
{
    struct pieces *pieces = self;
    size_t n = min_size(min_size(pieces->piece, size), pieces->len - pieces->at);

    if (!n && pieces->error) {
        errno = pieces->error;
        return -1;
    }
    memcpy(data, pieces->text + pieces->at, n);
    pieces->at += n;
    return (ssize_t)n;
}

struct file {
    struct pieces pieces;
    struct csv_source source;
    struct csv_reader *reader;
};

static void file_open(struct file *file, const char *text, size_t len, size_t piece)
{
    *file = (struct file){.pieces = {.text = text, .len = len, .piece = piece}};
    file->source = (struct csv_source){pieces_read, &file->pieces};
    file->reader = csv_reader_new("f.csv", &file->source);
}

static void test_numbers(void **state UNUSED)
{
    static const struct {
        const char *text;
        double value; /* NAN = none */
    } all[] = {
        {"0", 0},     {"-0", 0},      {"12", 12},         {"+1.5", 1.5},  {"-2.25", -2.25},
        {".5", .5},   {"5.", 5},      {"1e3", 1000},      {"1E-2", 0.01}, {"+1.e+2", 100},
        {"0.1", 0.1}, {"1e18", 1e18}, {"-1e18", -1e18},   {"1e-400", 0},  {"007", 7},
        {"", NAN},    {".", NAN},     {"-", NAN},         {"1e", NAN},    {"1e+", NAN},
        {"e5", NAN},  {"1.2.3", NAN}, {"1,5", NAN},       {"0x10", NAN},  {"nan", NAN},
        {"NaN", NAN}, {"inf", NAN},   {"-Infinity", NAN}, {"1e19", NAN},  {"1e999", NAN},
        {"--1", NAN}, {"1 ", NAN},    {"1e2000000", NAN}, {"1_000", NAN},
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        double value = 42;
        bool good = csv_number(all[i].text, strlen(all[i].text), &value);

        if (good == isnan(all[i].value))
            fail_msg("'%s'", all[i].text);
        assert_true(good ? value == all[i].value : value == 42);
    }
}

static void test_numbers_are_bounded(void **state UNUSED)
{
    char digits[200];
    double value;

    memset(digits, '1', sizeof(digits));
    digits[0] = '0';
    digits[1] = '.';
    assert_true(csv_number(digits, 127, &value));
    assert_near(value, 1.0 / 9);
    assert_false(csv_number(digits, 128, &value));
}

/* Expected seconds are those of date -u -d TEXT +%s. */
static void test_times(void **state UNUSED)
{
    static const struct {
        const char *text;
        double value; /* NAN = none */
    } all[] = {
        {"0", 0},
        {"1769903999.25", 1769903999.25},
        {"1.7e9", 1.7e9},
        {"1970-01-01T00:00:00Z", 0},
        {"2026-01-31T23:59:59Z", 1769903999},
        {"2026-01-31 23:59:59.25z", 1769903999.25},
        {"2026-02-01T00:59:59+01:00", 1769903999},
        {"2026-01-31T18:29:59-05:30", 1769903999},
        {"2000-02-29T12:00:00Z", 951825600},
        {"2100-03-01T00:00:00Z", 4107542400},
        {"1972-12-31T23:59:60Z", 94694399},
        {"9999-12-31T23:59:59Z", 253402300799},
        {"1969-12-31T23:59:59Z", NAN},
        {"-1", NAN},
        {"253402300800", NAN},
        {"2025-02-29T12:00:00Z", NAN},
        {"2100-02-29T12:00:00Z", NAN},
        {"2026-13-01T00:00:00Z", NAN},
        {"2026-00-01T00:00:00Z", NAN},
        {"2026-04-31T00:00:00Z", NAN},
        {"2026-01-01T24:00:00Z", NAN},
        {"2026-01-01T00:60:00Z", NAN},
        {"2026-01-01T00:00:61Z", NAN},
        {"2026-01-01T00:00:00", NAN},
        {"2026-01-01", NAN},
        {"2026-01-01T00:00:00.Z", NAN},
        {"2026-01-01T00:00:00+1:00", NAN},
        {"2026-01-01T00:00:00Z ", NAN},
        {"", NAN},
        {"now", NAN},
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        double value = 42;
        bool good = csv_time(all[i].text, strlen(all[i].text), &value);

        if (good == isnan(all[i].value))
            fail_msg("'%s'", all[i].text);
        if (good)
            assert_near(value, all[i].value);
        else
            assert_true(value == 42);
    }
}

static const char sample[] = "\xef\xbb\xbf"
                             "time,cpu, net ,\"a \"\"b\"\", c\"\r\n"
                             "1970-01-01T00:00:10Z,1.5, -2e3 ,\r\n"
                             "\r\n"
                             "12,,\"7\",\"\n8\"\n"
                             "14,+3,,0";

/* The same whatever the pieces it comes in: an unclosed \n within quotes is no number. */
static void test_rows(void **state UNUSED)
{
    for (size_t piece = 3; piece <= sizeof(sample); piece++) {
        struct csv_row row;
        struct file f;

        file_open(&f, sample, sizeof(sample) - 1, piece);
        assert_int_equal(csv_reader_header(f.reader), 0);
        assert_int_equal(csv_reader_count(f.reader), 3);
        assert_string_equal(csv_reader_name(f.reader, 0), "cpu");
        assert_string_equal(csv_reader_name(f.reader, 1), "net");
        assert_string_equal(csv_reader_name(f.reader, 2), "a \"b\", c");
        assert_int_equal(csv_reader_next(f.reader, &row), 1);
        assert_int_equal(row.line, 2);
        assert_near(row.time, 10);
        assert_near(row.values[0], 1.5);
        assert_near(row.values[1], -2000);
        assert_true(isnan(row.values[2]));
        assert_int_equal(csv_reader_next(f.reader, &row), -EINVAL);
        assert_string_equal(csv_reader_error(f.reader),
                            "f.csv:4: column 'a \"b\", c': '\n8' is no number between -1e18 and "
                            "1e18");
        assert_int_equal(row.line, 2);
        /* Who goes on reads the next record. */
        assert_int_equal(csv_reader_next(f.reader, &row), 1);
        assert_int_equal(row.line, 6);
        assert_near(row.values[0], 3);
        assert_int_equal(csv_reader_next(f.reader, &row), 0);
        csv_reader_free(f.reader);
    }
}

static void test_one_column(void **state UNUSED)
{
    static const char text[] = "cpu\n1\n\n\"\"\n3\n";
    static const double expected[] = {1, NAN, NAN, 3};
    struct csv_row row;
    struct file f;

    file_open(&f, text, sizeof(text) - 1, 100);
    assert_int_equal(csv_reader_header(f.reader), 0);
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_int_equal(csv_reader_next(f.reader, &row), 1);
        assert_true(isnan(row.time));
        assert_true(isnan(expected[i]) ? isnan(row.values[0]) : row.values[0] == expected[i]);
    }
    assert_int_equal(csv_reader_next(f.reader, &row), 0);
    assert_int_equal(csv_reader_next(f.reader, &row), 0);
    csv_reader_free(f.reader);
}

/* Reads all of it: the message of what is refused. */
static void assert_refused(const char *text, size_t len, const char *error)
{
    struct csv_row row;
    struct file f;
    int r;

    file_open(&f, text, len, 4096);
    r = csv_reader_header(f.reader);
    while (r == 0 || r == 1) {
        r = csv_reader_next(f.reader, &row);
        if (r == 0)
            fail_msg("'%s' was taken", text);
    }
    assert_int_equal(r, -EINVAL);
    assert_string_equal(csv_reader_error(f.reader), error);
    csv_reader_free(f.reader);
}

static void test_refusals(void **state UNUSED)
{
    static const struct {
        const char *text, *error;
    } all[] = {
        {"", "f.csv:1: there is nothing in it: a header line with the names of the columns is "
             "expected"},
        {"\n\n", "f.csv:3: there is nothing in it: a header line with the names of the columns is "
                 "expected"},
        {"time\n1\n", "f.csv:1: there is no column of values"},
        {"a,,b\n", "f.csv:1: column 2 has no name"},
        {"a,b,a\n", "f.csv:1: two columns are named 'a'"},
        {"a\x01\n", "f.csv:1: the name of column 1 is no text"},
        {"\xff\xff\n", "f.csv:1: the name of column 1 is no text"},
        {"a,b\n1,2\n1\n", "f.csv:3: 1 cells where the header has 2"},
        {"a,b\n1,2,3\n", "f.csv:2: 3 cells where the header has 2"},
        {"a\n1\nx\n", "f.csv:3: column 'a': 'x' is no number between -1e18 and 1e18"},
        {"a\nnan\n", "f.csv:2: column 'a': 'nan' is no number between -1e18 and 1e18"},
        {"a,b\n1,-inf\n", "f.csv:2: column 'b': '-inf' is no number between -1e18 and 1e18"},
        {"time,a\n,1\n",
         "f.csv:2: column 'time': '' is no time: seconds since the epoch, or RFC 3339"},
        {"time,a\nsoon,1\n",
         "f.csv:2: column 'time': 'soon' is no time: seconds since the epoch, or RFC 3339"},
        {"a\n\"1\n2\n", "f.csv:2: a quote is not closed"},
        {"a\n\"1\"2\n", "f.csv:2: text behind a closed quote"},
        {"a\n1\r2\n", "f.csv:2: a carriage return within a line"},
        {"a\n0123456789012345678901234567890123456789xyz\n",
         "f.csv:2: column 'a': '0123456789012345678901234567890123456789...' is no number between "
         "-1e18 and 1e18"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        assert_refused(all[i].text, strlen(all[i].text), all[i].error);
    assert_refused("a\n1\0\n", 5, "f.csv:2: a byte of 0: this is no text");
}

static void test_bounds(void **state UNUSED)
{
    struct buf text = {0};

    for (unsigned i = 0; i < 32; i++)
        buf_printf(&text, "%sc%u", i ? "," : "time,", i);
    buf_puts(&text, ",c32\n");
    assert_refused(text.data, text.len, "f.csv:1: more than 33 columns");
    buf_clear(&text);
    for (unsigned i = 0; i < 33; i++)
        buf_printf(&text, "%sc%u", i ? "," : "", i);
    assert_refused(text.data, text.len, "f.csv:1: more than 32 columns of values");
    buf_clear(&text);
    buf_puts(&text, "a\n");
    while (text.len < 2 + (1u << 20))
        buf_putc(&text, '1');
    buf_puts(&text, "1\n");
    assert_refused(text.data, text.len, "f.csv:2: longer than 1048576 bytes");
    buf_clear(&text);
    for (unsigned i = 0; i < 64; i++)
        buf_putc(&text, 'n');
    assert_refused(text.data, text.len, "f.csv:1: the name of column 1 is longer than 63 bytes");
    buf_done(&text);
}

static void test_source_that_fails(void **state UNUSED)
{
    struct csv_row row;
    struct file f;

    file_open(&f, "a\n1\n\"2", 6, 3);
    f.pieces.error = EISDIR;
    assert_int_equal(csv_reader_header(f.reader), 0);
    assert_int_equal(csv_reader_next(f.reader, &row), 1);
    assert_int_equal(csv_reader_next(f.reader, &row), -EISDIR);
    assert_string_equal(csv_reader_error(f.reader), "f.csv:3: cannot read: Is a directory");
    csv_reader_free(f.reader);
}

/* Whatever it is: rows are finite or none, all have a time or none has, lines go up, an error has a
 * text. */
static void parse(const char *text, size_t len)
{
    struct csv_row row = {.line = 0};
    bool has_time = false;
    uint64_t line = 0;
    struct file f;
    int r;

    file_open(&f, text, len, 7);
    r = csv_reader_header(f.reader);
    assert_true(r <= 0);
    while (r == 0 && (r = csv_reader_next(f.reader, &row)) == 1) {
        assert_true(row.line > line);
        assert_true(!line || has_time == !isnan(row.time));
        has_time = !isnan(row.time);
        line = row.line;
        for (size_t i = 0; i < csv_reader_count(f.reader); i++)
            assert_true(isnan(row.values[i]) || fabs(row.values[i]) <= CSV_VALUE_MAX);
        r = 0;
    }
    assert_true(r == 0 || strncmp(csv_reader_error(f.reader), "f.csv:", 6) == 0);
    csv_reader_free(f.reader);
}

static void test_prefixes_and_garbage(void **state UNUSED)
{
    support_each_prefix(sample, sizeof(sample) - 1, parse);
    support_each_garbage(sample, sizeof(sample) - 1, 4000, parse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_numbers_are_bounded),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_one_column),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_source_that_fails),
        cmocka_unit_test(test_prefixes_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
