/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON: one object per line and cycle, or (lines) one flat object per line and
 * row. Keys stand in the metric table's order; a cell without a value is null.
 */
#include <stdlib.h>
#include <string.h>

#include "print/column.h"
#include "print/json_write.h"

#define JSON_VERSION  "1"
#define JSON_TAG_SIZE 256 /* what is longer is cut */

/* A part of a domain, or of the host, that is an array of its own. */
struct json_part {
    enum scope scope;
    const char *array;
};
static const struct json_part json_vm_parts[] = {
    {SCOPE_VCPU, "vcpus"},
    {SCOPE_VMDISK, "disks"},
    {SCOPE_VMNIC, "nics"},
};
static const struct json_part json_host_parts[] = {
    {SCOPE_BLOCKDEV, "block_devices"},
    {SCOPE_NETDEV, "net_devices"},
};

/* Remarks on a VM's row, told where one of the columns that they are about is printed. */
static const struct {
    enum row_note note;
    enum vm_column first, last;
    const char *key, *value;
} json_notes[] = {
    {ROW_RAM_USED_FROM_RSS, VM_RAM_USED, VM_RAM_USED, "ram_used_source", "\"rss\""},
    {ROW_DISK_PARTIAL, VM_DISK_SIZE_CAPACITY, VM_DISK_STATS_FLUSHTOTALTIMES, "disk_partial",
     "true"},
    {ROW_NET_PARTIAL, VM_NET_RECEIVEDBYTES, VM_NET_TRANSMITTEDCOMPRESSED, "net_partial", "true"},
};

struct json_printer {
    struct print_options options;
    struct print_columns columns[SCOPE__COUNT];
    struct print_columns owner; /* for flat lines: which VM a part belongs to */
    uint32_t notes;             /* those that are about a printed column */
    struct print_columns vmid;  /* empty where it is one of the VMs' columns */
};

static uint32_t json_notes_of(const struct print_columns *columns)
{
    uint32_t notes = 0;

    for (size_t n = 0; n < ARRAY_SIZE(json_notes); n++) {
        for (unsigned i = 0; i < columns->count; i++) {
            if (columns->list[i].column >= json_notes[n].first &&
                columns->list[i].column <= json_notes[n].last)
                notes |= json_notes[n].note;
        }
    }
    return notes;
}

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
    json->notes = json_notes_of(&json->columns[SCOPE_VM]);
    if (!options->selection->wanted[SCOPE_VM][VM_VMID])
        print_columns_require(&json->vmid, SCOPE_VM, VM_VMID, options->names);
    print_columns_init_owner(&json->owner, options->names);
    return (struct printer *)json;
}

static void json_destroy(struct printer *printer)
{
    free(printer);
}

/* Keys of the metric table need no escapes (a test checks it). */
static void json_put_key_of(struct buf *out, const char *key, size_t len, bool *first)
{
    char *p;

    buf_reserve(out, len + 4);
    p = out->data + out->len;
    if (!*first)
        *p++ = ',';
    *first = false;
    *p++ = '"';
    memcpy(p, key, len);
    p += len;
    *p++ = '"';
    *p++ = ':';
    out->len = (size_t)(p - out->data);
}

static void json_put_key(struct buf *out, const char *key, bool *first)
{
    json_put_key_of(out, key, strlen(key), first);
}

static void json_put_cells(struct buf *out, const struct print_columns *columns,
                           const struct frame_table *table, size_t row, bool *first)
{
    for (unsigned i = 0; i < columns->count; i++) {
        const struct print_column *column = &columns->list[i];
        union cell cell = frame_value(table, row, column->column);

        json_put_key_of(out, column->name, column->name_len, first);
        if (!frame_has_value(table, row, column->column))
            buf_add(out, "null", 4);
        else if (column->type == METRIC_TYPE_STR)
            json_put_string(out, cell.text);
        else
            print_number(out, column, cell.number);
    }
}

static void json_put_notes(struct buf *out, uint32_t notes, bool *first)
{
    for (size_t n = 0; notes && n < ARRAY_SIZE(json_notes); n++) {
        if (!(notes & json_notes[n].note))
            continue;
        json_put_key(out, json_notes[n].key, first);
        buf_puts(out, json_notes[n].value);
    }
}

/* "a;b" as an array. */
static void json_put_tags(struct buf *out, const char *tags)
{
    bool first = true;

    buf_putc(out, '[');
    while (*tags) {
        size_t len = strcspn(tags, ";");
        char tag[JSON_TAG_SIZE];

        if (!first)
            buf_putc(out, ',');
        first = false;
        copy_text(tag, min_size(len + 1, sizeof(tag)), tags);
        json_put_string(out, tag);
        tags += len + (tags[len] == ';');
    }
    buf_putc(out, ']');
}

/* The VMID of a VM of Proxmox VE, where it is no column. */
static void json_put_vmid(struct buf *out, const struct json_printer *json,
                          const struct frame_table *table, size_t row, bool *first)
{
    if (json->vmid.count != 1 || !frame_has_value(table, row, VM_VMID))
        return;
    json_put_cells(out, &json->vmid, table, row, first);
}

static void json_put_labels(struct buf *out, const struct row_labels *labels, bool flat,
                            bool *first)
{
    if (labels->tags) {
        json_put_key(out, "tags", first);
        if (flat)
            json_put_string(out, labels->tags);
        else
            json_put_tags(out, labels->tags);
    }
    if (labels->lock) {
        json_put_key(out, "lock", first);
        json_put_string(out, labels->lock);
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

static bool json_prints_part(const struct json_printer *json, enum scope scope)
{
    return json->columns[scope].count && json->options.devices;
}

/* The rows of a part that belong to the VM's row (of the host: all), from
 * *next on: parts stand in the order of their VMs. */
static void json_put_part(struct buf *out, const struct json_printer *json,
                          const struct frame *frame, struct json_part part, size_t vm_row,
                          size_t *next, bool *first)
{
    const struct frame_table *table = &frame->tables[part.scope];
    bool first_row = true;

    json_put_key(out, part.array, first);
    buf_putc(out, '[');
    for (; *next < table->rows && table->parents[*next] == vm_row; (*next)++) {
        bool first_cell = true;

        if (!first_row)
            buf_putc(out, ',');
        first_row = false;
        buf_putc(out, '{');
        json_put_cells(out, &json->columns[part.scope], table, *next, &first_cell);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void json_put_domains(struct buf *out, const struct json_printer *json,
                             const struct frame *frame)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];
    size_t next[ARRAY_SIZE(json_vm_parts)] = {0};

    buf_putc(out, '[');
    for (size_t row = 0; row < vms->rows; row++) {
        bool first = true;

        if (row)
            buf_putc(out, ',');
        buf_putc(out, '{');
        json_put_cells(out, &json->columns[SCOPE_VM], vms, row, &first);
        json_put_notes(out, vms->notes[row] & json->notes, &first);
        json_put_vmid(out, json, vms, row, &first);
        json_put_labels(out, &vms->labels[row], false, &first);
        for (size_t p = 0; p < ARRAY_SIZE(json_vm_parts); p++) {
            if (json_prints_part(json, json_vm_parts[p].scope))
                json_put_part(out, json, frame, json_vm_parts[p], row, &next[p], &first);
        }
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void json_put_host(struct buf *out, const struct json_printer *json,
                          const struct frame *frame)
{
    bool first = true;

    buf_putc(out, '{');
    json_put_cells(out, &json->columns[SCOPE_HOST], &frame->tables[SCOPE_HOST], 0, &first);
    for (size_t p = 0; p < ARRAY_SIZE(json_host_parts); p++) {
        size_t next = 0;

        if (json_prints_part(json, json_host_parts[p].scope))
            json_put_part(out, json, frame, json_host_parts[p], 0, &next, &first);
    }
    buf_putc(out, '}');
}

static void json_print_cycle(const struct json_printer *json, const struct frame *frame,
                             struct buf *out)
{
    enum scope scope = json->options.scope;
    bool first = true;

    buf_putc(out, '{');
    json_put_key(out, "version", &first);
    buf_puts(out, JSON_VERSION);
    json_put_stamp(out, frame, &first);
    if (scope == PRINT_ALL_SCOPES || scope == SCOPE_HOST) {
        json_put_key(out, "host", &first);
        json_put_host(out, json, frame);
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
    if (scope == SCOPE_VM) {
        json_put_notes(out, table->notes[row] & json->notes, &first);
        json_put_vmid(out, json, table, row, &first);
        json_put_labels(out, &table->labels[row], true, &first);
    }
    buf_puts(out, "}\n");
}

static void json_print(struct printer *printer, const struct frame *frame, struct buf *out)
{
    const struct json_printer *json = (const struct json_printer *)printer;

    if (json->options.json == PRINT_JSON_CYCLE) {
        json_print_cycle(json, frame, out);
        return;
    }
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (!print_wants_lines_of(&json->options, (enum scope)s) || !json->columns[s].count)
            continue;
        for (size_t row = 0; row < frame->tables[s].rows; row++)
            json_print_line(json, frame, (enum scope)s, row, out);
    }
}

static const char *json_content_type(const struct print_options *options)
{
    return options->json == PRINT_JSON_LINES ? "application/x-ndjson" : "application/json";
}

const struct printer_ops printer_json = {
    .name = "json",
    .content_type = json_content_type,
    .create = json_create,
    .print = json_print,
    .destroy = json_destroy,
};
