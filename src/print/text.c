/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tab-separated text: a header line per table when the fields are new, then
 * per cycle a line for the host and one per VM; "-" where there is no value.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "print/column.h"

struct text_printer {
    struct print_options options;
    struct print_columns columns[SCOPE__COUNT];
    struct print_columns owner; /* of a VM's part: which VM it belongs to */
    bool header_printed;
};

static bool text_prints(const struct text_printer *text, enum scope scope)
{
    if (text->options.scope == PRINT_ALL_SCOPES)
        return scope == SCOPE_HOST || scope == SCOPE_VM || text->options.devices;
    return text->options.scope == scope;
}

/* Lines of many tables begin with the name of theirs. */
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
    print_columns_require(&text->owner, SCOPE_VM, VM_UUID, options->names);
    print_columns_require(&text->owner, SCOPE_VM, VM_NAME, options->names);
    return (struct printer *)text;
}

static void text_destroy(struct printer *printer)
{
    free(printer);
}

/* Text of a VM in a line of tab-separated columns on a terminal: control
 * characters and bytes that are no UTF-8 show as '?'. */
static void text_put_clean(struct buf *out, const char *text)
{
    while (*text) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);

        if (!n || utf8_is_control(c))
            buf_putc(out, '?');
        else
            buf_add(out, text, n);
        text += n ? n : 1;
    }
}

/* Units that grow by 1024 or by 1000, from the one the metric is in. */
struct text_units {
    const char *unit;
    double step;
    const char *suffixes;
};

/* "1.9G": three figures at most before the suffix; false if the unit has no
 * larger ones. */
static bool text_put_human(struct buf *out, const struct print_column *column, double number)
{
    static const struct text_units all[] = {
        {"KB", 1024, "KMGTPE"},   {"KB/s", 1024, "KMGTPE"}, {"bytes", 1024, "BKMGTPE"},
        {"B/s", 1024, "BKMGTPE"}, {"1/s", 1000, " kMGTPE"},
    };
    const struct text_units *units = NULL;
    size_t i = 0;

    for (size_t u = 0; u < ARRAY_SIZE(all); u++) {
        if (strcmp(all[u].unit, column->metric->unit) == 0)
            units = &all[u];
    }
    if (!units || column->scale != 1.0)
        return false;
    while (fabs(number) >= (i || column->digits ? 999.95 : 999.5) && units->suffixes[i + 1]) {
        number /= units->step;
        i++;
    }
    buf_put_fixed(out, number, i || column->digits ? 1 : 0);
    if (units->suffixes[i] != ' ')
        buf_putc(out, units->suffixes[i]);
    return true;
}

static void text_put_cell(struct buf *out, const struct text_printer *text,
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
        text_put_clean(out, cell.text);
    else if (!text->options.human || !text_put_human(out, column, cell.number))
        print_number(out, column, cell.number);
}

static void text_put_tab(struct buf *out, bool *first)
{
    if (!*first)
        buf_putc(out, '\t');
    *first = false;
}

static void text_put_header(struct buf *out, const struct text_printer *text, enum scope scope)
{
    const struct print_columns *columns = &text->columns[scope];
    bool first = true;

    if (text_names_scopes(text)) {
        buf_puts(out, "scope");
        first = false;
    }
    if (text->options.timestamps) {
        text_put_tab(out, &first);
        buf_puts(out, "timestamp");
    }
    for (unsigned i = 0; scope_is_part_of_vm(scope) && i < text->owner.count; i++) {
        text_put_tab(out, &first);
        buf_puts(out, text->owner.list[i].name);
    }
    for (unsigned i = 0; i < columns->count; i++) {
        text_put_tab(out, &first);
        buf_puts(out, columns->list[i].name);
    }
    buf_putc(out, '\n');
}

static void text_put_row(struct buf *out, const struct text_printer *text,
                         const struct frame *frame, enum scope scope, size_t row)
{
    const struct frame_table *table = &frame->tables[scope];
    const struct print_columns *columns = &text->columns[scope];
    bool first = true;

    if (text_names_scopes(text)) {
        buf_puts(out, scope_name(scope));
        first = false;
    }
    if (text->options.timestamps) {
        char stamp[CLOCK_STAMP_SIZE];

        clock_format_stamp(frame->wall, stamp);
        text_put_tab(out, &first);
        buf_puts(out, stamp);
    }
    for (unsigned i = 0; scope_is_part_of_vm(scope) && i < text->owner.count; i++) {
        text_put_tab(out, &first);
        text_put_cell(out, text, &text->owner.list[i], &frame->tables[SCOPE_VM],
                      table->parents[row]);
    }
    for (unsigned i = 0; i < columns->count; i++) {
        text_put_tab(out, &first);
        text_put_cell(out, text, &columns->list[i], table, row);
    }
    buf_putc(out, '\n');
}

static void text_print(struct printer *printer, const struct frame *frame, struct buf *out)
{
    struct text_printer *text = (struct text_printer *)printer;

    for (unsigned s = 0; s < SCOPE__COUNT && !text->header_printed; s++) {
        if (text_prints(text, (enum scope)s) && text->columns[s].count)
            text_put_header(out, text, (enum scope)s);
    }
    text->header_printed = true;
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (!text_prints(text, (enum scope)s) || !text->columns[s].count)
            continue;
        for (size_t row = 0; row < frame->tables[s].rows; row++)
            text_put_row(out, text, frame, (enum scope)s, row);
    }
}

const struct printer_ops printer_text = {
    .name = "text",
    .create = text_create,
    .print = text_print,
    .destroy = text_destroy,
};
