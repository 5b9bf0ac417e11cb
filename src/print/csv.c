/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CSV (RFC 4180): a header line, then a line per row of one table and cycle,
 * each ended by CR LF. An empty field is a cell without a value.
 */
#include <stdlib.h>
#include <string.h>

#include "print/column.h"

#define CSV_HOST_PREFIX "host."

struct csv_printer {
    struct print_options options;
    enum scope scope;           /* the table whose rows are lines */
    bool nothing;               /* it has no column */
    struct print_columns host;  /* that stand in front of the VM's */
    struct print_columns owner; /* of a VM's part: which VM it belongs to */
    struct print_columns own;
};

/* Without --scope, the VMs, each with what --fields asks for of the host; or
 * that alone. */
static void csv_init_default(struct csv_printer *csv)
{
    print_columns_init(&csv->own, SCOPE_VM, &csv->options);
    if (csv->options.by_fields)
        print_columns_init(&csv->host, SCOPE_HOST, &csv->options);
    if (csv->host.count && !csv->own.count)
        csv->scope = SCOPE_HOST;
}

static struct printer *csv_create(const struct print_options *options)
{
    struct csv_printer *csv = xcalloc(1, sizeof(*csv));

    csv->options = *options;
    csv->scope = options->scope == PRINT_ALL_SCOPES ? SCOPE_VM : options->scope;
    if (options->scope == PRINT_ALL_SCOPES)
        csv_init_default(csv);
    else
        print_columns_init(&csv->own, csv->scope, options);
    csv->nothing = !csv->own.count && !csv->host.count;
    if (scope_is_part_of_vm(csv->scope))
        print_columns_init_owner(&csv->owner, options->names);
    /* Each line carries the host's name already. */
    print_columns_remove(&csv->host, HOST_HOST_NAME);
    if (csv->scope == SCOPE_HOST)
        print_columns_remove(&csv->own, HOST_HOST_NAME);
    else if (csv->scope == SCOPE_VM)
        print_columns_remove(&csv->own, VM_HOST_NAME);
    return (struct printer *)csv;
}

static void csv_destroy(struct printer *printer)
{
    free(printer);
}

/* Puts quotes around what stands behind `start`, and doubles those in it, if a
 * reader would misunderstand or trim it otherwise. */
static void csv_quote(struct buf *out, size_t start)
{
    size_t len = out->len - start, quotes = 0, to;
    bool needed = len && (out->data[start] == ' ' || out->data[start] == '\t' ||
                          out->data[out->len - 1] == ' ' || out->data[out->len - 1] == '\t');

    for (size_t i = start; i < out->len; i++) {
        char c = out->data[i];

        quotes += c == '"';
        needed |= c == '"' || c == ',' || c == '\r' || c == '\n';
    }
    if (!needed)
        return;
    buf_reserve(out, quotes + 2);
    to = out->len + quotes + 2;
    out->data[--to] = '"';
    for (size_t from = out->len; from > start;) {
        out->data[--to] = out->data[--from];
        if (out->data[from] == '"')
            out->data[--to] = '"';
    }
    out->data[--to] = '"';
    out->len += quotes + 2;
}

static void csv_put_text(struct buf *out, const char *text)
{
    size_t start = out->len;

    print_clean(out, text);
    csv_quote(out, start);
}

static void csv_put_cell(struct buf *out, const struct print_options *options UNUSED,
                         const struct print_column *column, const struct frame_table *table,
                         size_t row)
{
    union cell cell = frame_value(table, row, column->column);

    if (!frame_has_value(table, row, column->column))
        return;
    if (column->type == METRIC_TYPE_STR)
        csv_put_text(out, cell.text);
    else
        print_number(out, column, cell.number);
}

/* Names of metrics need no quotes (a test checks it). */
static void csv_header(const struct printer *printer, struct buf *out)
{
    const struct csv_printer *csv = (const struct csv_printer *)printer;
    struct print_line line = print_line_start(out, ',');

    if (csv->nothing)
        return;
    buf_puts(print_line_next(&line), "timestamp");
    buf_puts(print_line_next(&line), "host_name");
    print_line_names(&line, CSV_HOST_PREFIX, &csv->host);
    print_line_names(&line, "", &csv->owner);
    print_line_names(&line, "", &csv->own);
    buf_puts(out, "\r\n");
}

static void csv_put_row(struct buf *out, const struct csv_printer *csv, const struct frame *frame,
                        const struct frame_table *table, size_t row)
{
    struct print_line line = print_line_start(out, ',');

    print_stamp(print_line_next(&line), frame);
    csv_put_text(print_line_next(&line), frame->host_name);
    print_line_cells(&line, &csv->options, csv_put_cell, &csv->host, &frame->tables[SCOPE_HOST], 0);
    if (csv->owner.count)
        print_line_cells(&line, &csv->options, csv_put_cell, &csv->owner, &frame->tables[SCOPE_VM],
                         table->parents[row]);
    print_line_cells(&line, &csv->options, csv_put_cell, &csv->own, table, row);
    buf_puts(out, "\r\n");
}

static void csv_print(struct printer *printer, const struct frame *frame, struct buf *out)
{
    struct csv_printer *csv = (struct csv_printer *)printer;
    const struct frame_table *table = &frame->tables[csv->scope];

    if (csv->nothing)
        return;
    for (size_t row = 0; row < table->rows; row++)
        csv_put_row(out, csv, frame, table, row);
}

static const char *csv_content_type(const struct print_options *options UNUSED)
{
    return "text/csv; charset=utf-8";
}

const struct printer_ops printer_csv = {
    .name = "csv",
    .content_type = csv_content_type,
    .create = csv_create,
    .header = csv_header,
    .print = csv_print,
    .destroy = csv_destroy,
};
