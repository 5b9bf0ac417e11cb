/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * InfluxDB line protocol: a line per row and cycle, "measurement,tags fields
 * timestamp". What tells a row from the others of its table are its tags (the
 * metrics that the table calls labels), everything else are fields under the
 * metrics' names. A field has one type for ever: that of its metric. A VM whose
 * UUID is missing, or not its own, has its PID for one more tag: points of two
 * VMs under the same tags would be one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "print/column.h"
#include "print/vms.h"

#define INFLUX_LABEL    "label "
#define INFLUX_TAGS_MAX 8
#define INFLUX_TAG_PID  "process"             /* no name of a field, which the PID has, too */
#define INFLUX_INT_END  9223372036854775808.0 /* 2^63: the first that is no int64_t */

static const char *const influx_measurements[SCOPE__COUNT] = {
    [SCOPE_HOST] = "proxtop_host",   [SCOPE_VM] = "proxtop_vm",
    [SCOPE_VCPU] = "proxtop_vcpu",   [SCOPE_BLOCKDEV] = "proxtop_blockdev",
    [SCOPE_VMDISK] = "proxtop_disk", [SCOPE_NETDEV] = "proxtop_netdev",
    [SCOPE_VMNIC] = "proxtop_nic",
};

struct influx_tag {
    const char *key;
    enum scope scope; /* SCOPE_HOST: the frame's name of the host */
    unsigned column;
};

struct influx_table {
    struct influx_tag tags[INFLUX_TAGS_MAX]; /* sorted by key */
    size_t tag_count;
    struct print_columns fields;
};

struct influx_printer {
    struct print_options options;
    struct influx_table tables[SCOPE__COUNT];
    struct print_vms vms;
};

static bool influx_is_tag(const struct metric *metric)
{
    return strncmp(metric->prometheus, INFLUX_LABEL, strlen(INFLUX_LABEL)) == 0;
}

static void influx_add_tag(struct influx_table *table, struct influx_tag tag)
{
    size_t place = table->tag_count;

    if (place == INFLUX_TAGS_MAX)
        return;
    for (; place && strcmp(table->tags[place - 1].key, tag.key) > 0; place--)
        table->tags[place] = table->tags[place - 1];
    table->tags[place] = tag;
    table->tag_count++;
}

/* The labels of a scope, which are no fields then. */
static void influx_add_tags_of(struct influx_table *table, enum scope scope)
{
    for (unsigned column = 0; column < scope_columns(scope); column++) {
        const struct metric *metric = metric_at(scope, column);

        if (influx_is_tag(metric))
            influx_add_tag(table, (struct influx_tag){metric->prometheus + strlen(INFLUX_LABEL),
                                                      scope, column});
    }
}

/* Of a VM, or of a part of one. */
static void influx_add_tags_of_vm(struct influx_table *table)
{
    influx_add_tags_of(table, SCOPE_VM);
    influx_add_tag(table, (struct influx_tag){INFLUX_TAG_PID, SCOPE_VM, VM_PID});
}

static void influx_init_table(struct influx_table *table, enum scope scope,
                              const struct print_options *options)
{
    influx_add_tag(table, (struct influx_tag){"host", SCOPE_HOST, 0});
    if (scope != SCOPE_HOST && scope != SCOPE_VM)
        influx_add_tags_of(table, scope);
    if (scope == SCOPE_VM || scope_is_part_of_vm(scope))
        influx_add_tags_of_vm(table);
    print_columns_init(&table->fields, scope, options);
    for (size_t i = 0; i < table->tag_count; i++) {
        const struct influx_tag *tag = &table->tags[i];

        if (tag->scope == scope && scope != SCOPE_HOST &&
            influx_is_tag(metric_at(scope, tag->column)))
            print_columns_remove(&table->fields, tag->column);
    }
    if (scope == SCOPE_HOST) /* a tag already */
        print_columns_remove(&table->fields, HOST_HOST_NAME);
    else if (scope == SCOPE_VM)
        print_columns_remove(&table->fields, VM_HOST_NAME);
}

static struct printer *influx_create(const struct print_options *options)
{
    struct influx_printer *influx = xcalloc(1, sizeof(*influx));

    influx->options = *options;
    print_vms_init(&influx->vms, options->interval);
    for (unsigned s = 0; s < SCOPE__COUNT; s++)
        influx_init_table(&influx->tables[s], (enum scope)s, options);
    return (struct printer *)influx;
}

static void influx_destroy(struct printer *printer)
{
    print_vms_done(&((struct influx_printer *)printer)->vms);
    free(printer);
}

static bool influx_is_special(char c)
{
    return c == ',' || c == '=' || c == ' ';
}

/* A tag's value or a field's key, behind which something stands. Readers differ
 * in what two backslashes mean, and one before a separator would take it away:
 * where a backslash could be misread, a slash stands for it. */
static void influx_put_word(struct buf *out, const char *text)
{
    while (*text) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);

        if (!n || utf8_is_control(c)) {
            buf_putc(out, '?');
        } else if (c == '\\') {
            bool misread =
                !text[1] || text[1] == '\\' || text[1] == '"' || influx_is_special(text[1]);

            buf_putc(out, misread ? '/' : '\\');
        } else {
            if (influx_is_special(*text))
                buf_putc(out, '\\');
            buf_add(out, text, n);
        }
        text += n ? n : 1;
    }
}

static void influx_put_quoted(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    while (*text) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);

        if (!n || utf8_is_control(c)) {
            buf_putc(out, '?');
        } else {
            if (c == '"' || c == '\\')
                buf_putc(out, '\\');
            buf_add(out, text, n);
        }
        text += n ? n : 1;
    }
    buf_putc(out, '"');
}

static void influx_put_tag_key(struct buf *out, const struct influx_tag *tag)
{
    buf_putc(out, ',');
    buf_puts(out, tag->key);
    buf_putc(out, '=');
}

/* The VM that the row is, or is a part of; NULL = none. */
static const struct print_vm *influx_vm(const struct influx_printer *influx,
                                        const struct frame_table *table, size_t row)
{
    if (scope_is_part_of_vm(table->scope))
        return &influx->vms.list[table->parents[row]];
    return table->scope == SCOPE_VM ? &influx->vms.list[row] : NULL;
}

/* A tag without a value is left out, key and all: readers refuse empty ones.
 * vm: that of the row, or NULL */
static void influx_put_tag(struct buf *out, const struct influx_tag *tag, const struct print_vm *vm,
                           const struct frame *frame, const struct frame_table *table, size_t row)
{
    if (tag->scope == SCOPE_HOST) {
        if (frame->host_name[0]) {
            influx_put_tag_key(out, tag);
            influx_put_word(out, frame->host_name);
        }
        return;
    }
    if (tag->scope == SCOPE_VM && tag->column == VM_PID && !vm->needs_pid)
        return;
    if (tag->scope != table->scope) {
        row = table->parents[row];
        table = &frame->tables[tag->scope];
    }
    if (!frame_has_value(table, row, tag->column))
        return;
    if (metric_at(tag->scope, tag->column)->type != METRIC_TYPE_STR) {
        influx_put_tag_key(out, tag);
        buf_put_fixed(out, frame_value(table, row, tag->column).number, 0);
    } else if (frame_value(table, row, tag->column).text[0]) {
        influx_put_tag_key(out, tag);
        influx_put_word(out, frame_value(table, row, tag->column).text);
    }
}

static void influx_put_field_key(struct buf *out, const char *key, const char *suffix, bool *first)
{
    if (!*first)
        buf_putc(out, ',');
    *first = false;
    influx_put_word(out, key);
    buf_puts(out, suffix);
    buf_putc(out, '=');
}

static void influx_put_value(struct buf *out, const struct print_column *column,
                             const struct frame_table *table, size_t row, bool *first)
{
    union cell cell = frame_value(table, row, column->column);
    bool integer = column->type == METRIC_TYPE_INT;

    if (!frame_has_value(table, row, column->column))
        return;
    if (column->type == METRIC_TYPE_STR) {
        influx_put_field_key(out, column->name, "", first);
        influx_put_quoted(out, cell.text);
        return;
    }
    if (integer && fabs(cell.number * column->scale) >= INFLUX_INT_END)
        return;
    influx_put_field_key(out, column->name, "", first);
    print_number(out, column, cell.number);
    if (integer)
        buf_putc(out, 'i');
    else if (!column->digits)
        buf_puts(out, ".0");
}

/* What a source told that has been silent for long is no counter any more: it
 * stands still while the thing goes on. */
static void influx_put_counter(struct buf *out, const struct print_column *column,
                               const struct print_vm *vm, const struct frame_table *table,
                               size_t row, bool *first)
{
    size_t i = frame_cell_index(table, row, column->column);
    enum metric_kind kind = column->metric->kind;

    if (kind != METRIC_KIND_RATE && kind != METRIC_KIND_TOTAL)
        return;
    if (!(table->valid[i] & CELL_COUNTER) || table->counters[i] > INT64_MAX ||
        (table->valid[i] & CELL_TOLD && vm && vm->silent))
        return;
    influx_put_field_key(out, column->name, "_total", first);
    buf_put_u64(out, table->counters[i]);
    buf_putc(out, 'i');
}

static void influx_print_row(const struct influx_printer *influx, const struct frame *frame,
                             enum scope scope, size_t row, struct buf *out)
{
    const struct influx_table *own = &influx->tables[scope];
    const struct frame_table *table = &frame->tables[scope];
    const struct print_vm *vm = influx_vm(influx, table, row);
    size_t start = out->len;
    bool first = true;

    buf_puts(out, influx_measurements[scope]);
    for (size_t i = 0; i < own->tag_count; i++)
        influx_put_tag(out, &own->tags[i], vm, frame, table, row);
    buf_putc(out, ' ');
    for (unsigned i = 0; i < own->fields.count; i++) {
        const struct print_column *column = &own->fields.list[i];

        if (influx->options.influx != PRINT_INFLUX_COUNTERS)
            influx_put_value(out, column, table, row, &first);
        if (influx->options.influx != PRINT_INFLUX_VALUES)
            influx_put_counter(out, column, vm, table, row, &first);
    }
    if (first) { /* no line without a field */
        out->len = start;
        return;
    }
    buf_putc(out, ' ');
    buf_put_u64(out, (uint64_t)frame->wall.tv_sec * NS_PER_S + (uint64_t)frame->wall.tv_nsec);
    buf_putc(out, '\n');
}

static void influx_print(struct printer *printer, const struct frame *frame, struct buf *out)
{
    struct influx_printer *influx = (struct influx_printer *)printer;

    print_vms_look(&influx->vms, &frame->tables[SCOPE_VM]);
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (!print_wants_lines_of(&influx->options, (enum scope)s))
            continue;
        for (size_t row = 0; row < frame->tables[s].rows; row++)
            influx_print_row(influx, frame, (enum scope)s, row, out);
    }
}

static const char *influx_content_type(const struct print_options *options UNUSED)
{
    return "text/plain; charset=utf-8";
}

const struct printer_ops printer_influx = {
    .name = "influx",
    .content_type = influx_content_type,
    .create = influx_create,
    .print = influx_print,
    .destroy = influx_destroy,
};
