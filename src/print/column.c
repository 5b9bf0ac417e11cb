/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns, lines and cells as they are printed. */
#include "print/column.h"

#include <string.h>

#include "base/utf8.h"
#include "base/util.h"

static struct print_column print_column_of(enum scope scope, unsigned column,
                                           enum print_names names)
{
    const struct metric *metric = metric_at(scope, column);
    struct print_column c = {
        .column = column,
        .metric = metric,
        .name = metric->key,
        .scale = 1,
        .type = metric->type,
        .digits = metric->type == METRIC_TYPE_DEC ? metric->digits : 0,
    };

    if (names == PRINT_NAMES_ESXTOP && metric->alias[0]) {
        c.name = metric->alias;
        c.scale = metric->alias_scale;
        if (c.scale < 1) { /* B/s that become Mb/s need decimals */
            c.type = METRIC_TYPE_DEC;
            c.digits = 2;
        }
    }
    c.name_len = strlen(c.name);
    return c;
}

void print_columns_init(struct print_columns *columns, enum scope scope,
                        const struct print_options *options)
{
    const struct column_list *list = &options->selection->scopes[scope];

    columns->count = list->count;
    for (unsigned i = 0; i < list->count; i++)
        columns->list[i] = print_column_of(scope, list->columns[i], options->names);
}

void print_columns_require(struct print_columns *columns, enum scope scope, unsigned column,
                           enum print_names names)
{
    unsigned place = columns->count;
    bool in_order = true;

    for (unsigned i = 0; i < columns->count; i++) {
        if (columns->list[i].column == column)
            return;
        if (i && columns->list[i].column < columns->list[i - 1].column)
            in_order = false;
        if (columns->list[i].column > column && place == columns->count)
            place = i;
    }
    if (!in_order)
        place = columns->count;
    memmove(&columns->list[place + 1], &columns->list[place],
            (columns->count - place) * sizeof(columns->list[0]));
    columns->list[place] = print_column_of(scope, column, names);
    columns->count++;
}

void print_columns_remove(struct print_columns *columns, unsigned column)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < columns->count; i++) {
        if (columns->list[i].column != column)
            columns->list[kept++] = columns->list[i];
    }
    columns->count = kept;
}

void print_columns_init_owner(struct print_columns *columns, enum print_names names)
{
    columns->count = 0;
    print_columns_require(columns, SCOPE_VM, VM_UUID, names);
    print_columns_require(columns, SCOPE_VM, VM_NAME, names);
}

bool print_wants_lines_of(const struct print_options *options, enum scope scope)
{
    if (options->scope != PRINT_ALL_SCOPES)
        return options->scope == scope;
    return scope == SCOPE_HOST || scope == SCOPE_VM || options->devices;
}

void print_number(struct buf *out, const struct print_column *column, double number)
{
    buf_put_fixed(out, number * column->scale, column->digits);
}

void print_clean(struct buf *out, const char *text)
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

void print_stamp(struct buf *out, const struct frame *frame)
{
    char stamp[CLOCK_STAMP_SIZE];

    clock_format_stamp(frame->wall, stamp);
    buf_puts(out, stamp);
}

void print_line_names(struct print_line *line, const char *prefix,
                      const struct print_columns *columns)
{
    for (unsigned i = 0; i < columns->count; i++) {
        buf_puts(print_line_next(line), prefix);
        buf_puts(line->out, columns->list[i].name);
    }
}

void print_line_cells(struct print_line *line, const struct print_options *options, print_cell *put,
                      const struct print_columns *columns, const struct frame_table *table,
                      size_t row)
{
    for (unsigned i = 0; i < columns->count; i++)
        put(print_line_next(line), options, &columns->list[i], table, row);
}
