/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What printers share: columns under their printed names, lines of cells, texts and numbers. */
#ifndef PROXTOP_PRINT_COLUMN_H
#define PROXTOP_PRINT_COLUMN_H

#include "print/printer.h"

struct print_column {
    unsigned column;
    const struct metric *metric;
    const char *name; /* key, or alias under --names=esxtop */
    size_t name_len;
    double scale; /* to the unit of the name */
    enum metric_type type;
    unsigned digits;
};

struct print_columns {
    struct print_column list[METRIC_COLUMNS_MAX];
    unsigned count;
};

/* The columns of a scope that the options select, under the chosen names. */
void print_columns_init(struct print_columns *columns, enum scope scope,
                        const struct print_options *options);

/* Puts a column of the scope in if it is not there: at its place if the
 * columns stand in the table's order, else at the end. */
void print_columns_require(struct print_columns *columns, enum scope scope, unsigned column,
                           enum print_names names);
void print_columns_remove(struct print_columns *columns, unsigned column);
/* The columns of the VM's table that tell which VM a part of it belongs to. */
void print_columns_init_owner(struct print_columns *columns, enum print_names names);

/* Whether a printer with a line per row of every table prints those of this one. */
bool print_wants_lines_of(const struct print_options *options, enum scope scope);

/* A number as its column wants it: scaled, with its digits. */
void print_number(struct buf *out, const struct print_column *column, double number);

/* Text of a VM within a line: control characters, and bytes that are no UTF-8,
 * show as '?'. */
void print_clean(struct buf *out, const char *text);

/* When the frame was read, as clock_format_stamp() writes it. */
void print_stamp(struct buf *out, const struct frame *frame);

/* A line of cells, for headers and rows alike. `first` is kept per line: true
 * before its first cell. */
struct print_line {
    struct buf *out;
    char separator;
    bool first;
};

static inline struct print_line print_line_start(struct buf *out, char separator)
{
    return (struct print_line){.out = out, .separator = separator, .first = true};
}

/* Begins a cell: what is put into line->out next belongs to it. */
static inline struct buf *print_line_next(struct print_line *line)
{
    if (!line->first)
        buf_putc(line->out, line->separator);
    line->first = false;
    return line->out;
}

/* The names of columns as cells of a header, each behind the prefix. */
void print_line_names(struct print_line *line, const char *prefix,
                      const struct print_columns *columns);

/* How a printer writes a cell: frame_has_value() tells whether there is one. */
typedef void print_cell(struct buf *out, const struct print_options *options,
                        const struct print_column *column, const struct frame_table *table,
                        size_t row);

/* The cells of a row. */
void print_line_cells(struct print_line *line, const struct print_options *options, print_cell *put,
                      const struct print_columns *columns, const struct frame_table *table,
                      size_t row);

#endif
