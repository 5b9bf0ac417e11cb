/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON: one object per line and cycle, or (lines) one flat object per line and
 * row. Keys stand in the metric table's order; a cell without a value is null.
 */
#include <stdlib.h>
#include <string.h>

#include "print/column.h"
#include "print/json_write.h"

#define JSON_VERSION "1"

/* A part of a domain that is an array of its own. */
static const struct {
    enum scope scope;
    const char *array;
} json_parts[] = {
    {SCOPE_VCPU, "vcpus"},
};

struct json_printer {
    struct print_options options;
    struct print_columns columns[SCOPE__COUNT];
    struct print_columns owner; /* for flat lines: which VM a part belongs to */
};

static struct printer *json_create(const struct print_options *options)
{
    struct json_printer *json = xcalloc(1, sizeof(*json));
    bool lines = options->json == PRINT_JSON_LINES;

    json->options = *options;
    for (unsigned s = 0; s < SCOPE__COUNT; s++)
        print_columns_init(&json->columns[s], (enum scope)s, options);
    print_columns_require(&json->columns[SCOPE_VM], SCOPE_VM, VM_STATE, options->names);
    print_columns_require(&json->columns[SCOPE_VM], SCOPE_VM, VM_STALE, options->names);
    if (lines) { /* the line carries the host's name already */
        print_columns_remove(&json->columns[SCOPE_HOST], HOST_HOST_NAME);
        print_columns_remove(&json->columns[SCOPE_VM], VM_HOST_NAME);
    }
    print_columns_init_owner(&json->owner, options->names);
    return (struct printer *)json;
}

static void json_destroy(struct printer *printer)
{
    free(printer);
}

/* Keys of the metric table need no escapes (a test checks it). */
static void json_put_key(struct buf *out, const char *key, bool *first)
{
    size_t n = strlen(key);
    char *p;

    buf_reserve(out, n + 4);
    p = out->data + out->len;
    if (!*first)
        *p++ = ',';
    *first = false;
    *p++ = '"';
    for (size_t i = 0; i < n; i++)
        *p++ = key[i];
    *p++ = '"';
    *p++ = ':';
    out->len = (size_t)(p - out->data);
}

static void json_put_cells(struct buf *out, const struct print_columns *columns,
                           const struct frame_table *table, size_t row, bool *first)
{
    for (unsigned i = 0; i < columns->count; i++) {
        const struct print_column *column = &columns->list[i];
        union cell cell = frame_value(table, row, column->column);

        json_put_key(out, column->name, first);
        if (!frame_has_value(table, row, column->column))
            buf_add(out, "null", 4);
        else if (column->type == METRIC_TYPE_STR)
            json_put_string(out, cell.text);
        else
            print_number(out, column, cell.number);
    }
    if (table->scope == SCOPE_VM && (table->notes[row] & ROW_RAM_USED_FROM_RSS)) {
        for (unsigned i = 0; i < columns->count; i++) {
            if (columns->list[i].column == VM_RAM_USED) {
                json_put_key(out, "ram_used_source", first);
                buf_puts(out, "\"rss\"");
            }
        }
    }
}

static void json_put_stamp(struct buf *out, const struct frame *frame, bool *first)
{
    char stamp[CLOCK_STAMP_SIZE];

    clock_format_stamp(frame->wall, stamp);
    json_put_key(out, "timestamp", first);
    json_put_string(out, stamp);
    json_put_key(out, "host_name", first);
    json_put_string(out, frame->host_name);
    json_put_key(out, "interval", first);
    buf_put_fixed(out, frame->interval, 3);
}

/* The rows of a part that belong to the VM's row, from *next on: parts stand
 * in the order of their VMs. */
static void json_put_part(struct buf *out, const struct json_printer *json,
                          const struct frame *frame, size_t part, size_t vm_row, size_t *next)
{
    const struct frame_table *table = &frame->tables[json_parts[part].scope];
    bool first_row = true;

    buf_putc(out, '[');
    for (; *next < table->rows && table->parents[*next] == vm_row; (*next)++) {
        bool first = true;

        if (!first_row)
            buf_putc(out, ',');
        first_row = false;
        buf_putc(out, '{');
        json_put_cells(out, &json->columns[json_parts[part].scope], table, *next, &first);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void json_put_domains(struct buf *out, const struct json_printer *json,
                             const struct frame *frame)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];
    size_t next[ARRAY_SIZE(json_parts)] = {0};

    buf_putc(out, '[');
    for (size_t row = 0; row < vms->rows; row++) {
        bool first = true;

        if (row)
            buf_putc(out, ',');
        buf_putc(out, '{');
        json_put_cells(out, &json->columns[SCOPE_VM], vms, row, &first);
        for (size_t p = 0; json->options.devices && p < ARRAY_SIZE(json_parts); p++) {
            if (!json->columns[json_parts[p].scope].count)
                continue;
            json_put_key(out, json_parts[p].array, &first);
            json_put_part(out, json, frame, p, row, &next[p]);
        }
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void json_print_cycle(const struct json_printer *json, const struct frame *frame,
                             struct buf *out)
{
    enum scope scope = json->options.scope;
    bool first = true, first_cell = true;

    buf_putc(out, '{');
    json_put_key(out, "version", &first);
    buf_puts(out, JSON_VERSION);
    json_put_stamp(out, frame, &first);
    if (scope == PRINT_ALL_SCOPES || scope == SCOPE_HOST) {
        json_put_key(out, "host", &first);
        buf_putc(out, '{');
        json_put_cells(out, &json->columns[SCOPE_HOST], &frame->tables[SCOPE_HOST], 0, &first_cell);
        buf_putc(out, '}');
    }
    if (scope != SCOPE_HOST) {
        json_put_key(out, "domains", &first);
        json_put_domains(out, json, frame);
    }
    buf_puts(out, "}\n");
}

static void json_print_line(const struct json_printer *json, const struct frame *frame,
                            enum scope scope, size_t row, struct buf *out)
{
    const struct frame_table *table = &frame->tables[scope];
    bool first = true;

    buf_putc(out, '{');
    json_put_key(out, "version", &first);
    buf_puts(out, JSON_VERSION);
    json_put_key(out, "type", &first);
    json_put_string(out, scope_name(scope));
    json_put_stamp(out, frame, &first);
    if (scope_is_part_of_vm(scope))
        json_put_cells(out, &json->owner, &frame->tables[SCOPE_VM], table->parents[row], &first);
    json_put_cells(out, &json->columns[scope], table, row, &first);
    buf_puts(out, "}\n");
}

static bool json_prints_lines_of(const struct json_printer *json, enum scope scope)
{
    if (json->options.scope != PRINT_ALL_SCOPES)
        return json->options.scope == scope;
    return scope == SCOPE_HOST || scope == SCOPE_VM || json->options.devices;
}

static void json_print(struct printer *printer, const struct frame *frame, struct buf *out)
{
    const struct json_printer *json = (const struct json_printer *)printer;

    if (json->options.json == PRINT_JSON_CYCLE) {
        json_print_cycle(json, frame, out);
        return;
    }
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (!json_prints_lines_of(json, (enum scope)s) || !json->columns[s].count)
            continue;
        for (size_t row = 0; row < frame->tables[s].rows; row++)
            json_print_line(json, frame, (enum scope)s, row, out);
    }
}

const struct printer_ops printer_json = {
    .name = "json",
    .create = json_create,
    .print = json_print,
    .destroy = json_destroy,
};
