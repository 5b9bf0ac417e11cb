/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tab-separated text: a header line per table when the fields are new, then
 * per cycle a line for the host and one per VM; "-" where there is no value.
 */
#include <stdlib.h>

#include "print/column.h"
#include "print/human.h"

struct text_printer {
    struct print_options options;
    struct print_columns columns[SCOPE__COUNT];
    struct print_columns owner; /* of a VM's part: which VM it belongs to */
};

/* Lines of many tables begin with the name of theirs, header lines too: who takes
 * the lines of one name has a table with its header. */
static bool text_names_scopes(const struct text_printer *text)
{
    return text->options.devices && text->options.scope == PRINT_ALL_SCOPES;
}

static struct printer *text_create(const struct print_options *options)
{
    struct text_printer *text = xcalloc(1, sizeof(*text));

    text->options = *options;
    for (unsigned s = 0; s < SCOPE__COUNT; s++)
        print_columns_init(&text->columns[s], (enum scope)s, options);
    print_columns_init_owner(&text->owner, options->names);
    return (struct printer *)text;
}

static void text_destroy(struct printer *printer)
{
    free(printer);
}

/* "1.9G": three figures at most before the suffix; false if the unit has no
 * larger ones, or the name stands for another one than the metric's. */
static bool text_put_human(struct buf *out, const struct print_column *column, double number)
{
    return column->scale == 1.0 && human_put(out, column->metric->unit,
                                             column->digits ? HUMAN_DECIMAL : HUMAN_WHOLE, number);
}

static void text_put_cell(struct buf *out, const struct print_options *options,
                          const struct print_column *column, const struct frame_table *table,
                          size_t row)
{
    union cell cell;

    if (!frame_has_value(table, row, column->column)) {
        buf_putc(out, '-');
        return;
    }
    cell = frame_value(table, row, column->column);
    if (column->type == METRIC_TYPE_STR)
        print_clean(out, cell.text);
    else if (!options->human || !text_put_human(out, column, cell.number))
        print_number(out, column, cell.number);
}

static void text_put_header(struct buf *out, const struct text_printer *text, enum scope scope)
{
    struct print_line line = print_line_start(out, '\t');

    if (text_names_scopes(text))
        buf_puts(print_line_next(&line), scope_name(scope));
    if (text->options.timestamps)
        buf_puts(print_line_next(&line), "timestamp");
    if (scope_is_part_of_vm(scope))
        print_line_names(&line, "", &text->owner);
    print_line_names(&line, "", &text->columns[scope]);
    buf_putc(out, '\n');
}

static void text_put_row(struct buf *out, const struct text_printer *text,
                         const struct frame *frame, enum scope scope, size_t row)
{
    const struct frame_table *table = &frame->tables[scope];
    struct print_line line = print_line_start(out, '\t');

    if (text_names_scopes(text))
        buf_puts(print_line_next(&line), scope_name(scope));
    if (text->options.timestamps)
        print_stamp(print_line_next(&line), frame);
    if (scope_is_part_of_vm(scope))
        print_line_cells(&line, &text->options, text_put_cell, &text->owner,
                         &frame->tables[SCOPE_VM], table->parents[row]);
    print_line_cells(&line, &text->options, text_put_cell, &text->columns[scope], table, row);
    buf_putc(out, '\n');
}

static void text_header(const struct printer *printer, struct buf *out)
{
    const struct text_printer *text = (const struct text_printer *)printer;

    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (print_wants_lines_of(&text->options, (enum scope)s) && text->columns[s].count)
            text_put_header(out, text, (enum scope)s);
    }
}

static void text_print(struct printer *printer, const struct frame *frame, struct buf *out)
{
    struct text_printer *text = (struct text_printer *)printer;

    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (!print_wants_lines_of(&text->options, (enum scope)s) || !text->columns[s].count)
            continue;
        for (size_t row = 0; row < frame->tables[s].rows; row++)
            text_put_row(out, text, frame, (enum scope)s, row);
    }
}

static const char *text_content_type(const struct print_options *options UNUSED)
{
    return "text/plain; charset=utf-8";
}

const struct printer_ops printer_text = {
    .name = "text",
    .content_type = text_content_type,
    .create = text_create,
    .header = text_header,
    .print = text_print,
    .destroy = text_destroy,
};
