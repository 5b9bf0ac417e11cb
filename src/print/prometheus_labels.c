/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The labels of rows. Which they are, the metric table says. A VM whose UUID is
 * missing, or not its own, is told by its PID, too; rows that cannot be told
 * apart even so are left out, but for the first.
 */
#include <stdlib.h>
#include <string.h>

#include "print/prometheus_internal.h"

static const char labels_mark[] = "label ";

void prometheus_labels_init(struct prometheus_labels *labels, const struct print_options *options)
{
    print_vms_init(&labels->vms, options->interval);
    labels->with_host = options->host_label;
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];
        unsigned *count = &labels->counts[m->scope];

        if (strncmp(m->prometheus, labels_mark, strlen(labels_mark)) != 0 ||
            *count == PROMETHEUS_LABELS_MAX)
            continue;
        labels->of_scope[m->scope][(*count)++] =
            (struct prometheus_label){.column = m->column,
                                      .name = m->prometheus + strlen(labels_mark),
                                      .is_number = m->type != METRIC_TYPE_STR};
    }
}

void prometheus_labels_done(struct prometheus_labels *labels)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++)
        free(labels->rows[s]);
    print_vms_done(&labels->vms);
    print_slots_done(&labels->slots);
    buf_done(&labels->text);
}

void prometheus_put_identity(struct buf *out, const struct frame_table *table, size_t row,
                             unsigned column)
{
    double number =
        frame_has_value(table, row, column) ? frame_value(table, row, column).number : -1;

    if (number >= 0 && number < 1e19)
        buf_put_u64(out, (uint64_t)number);
}

static void labels_put_number(struct buf *out, const char *name, const struct frame_table *table,
                              size_t row, unsigned column)
{
    buf_puts(out, name);
    buf_puts(out, "=\"");
    prometheus_put_identity(out, table, row, column);
    buf_putc(out, '"');
}

static void labels_put_own(struct prometheus_labels *labels, const struct frame_table *table,
                           size_t row)
{
    struct buf *out = &labels->text;
    bool first = true;

    for (unsigned i = 0; i < labels->counts[table->scope]; i++) {
        const struct prometheus_label *label = &labels->of_scope[table->scope][i];

        if (table->scope == SCOPE_VM && label->column == VM_VMID && !labels->with_vmid)
            continue;
        if (!first)
            buf_putc(out, ',');
        first = false;
        if (label->is_number)
            labels_put_number(out, label->name, table, row, label->column);
        else
            prometheus_put_label(out, label->name,
                                 frame_has_value(table, row, label->column)
                                     ? frame_value(table, row, label->column).text
                                     : NULL);
    }
    if (table->scope != SCOPE_VM || !labels->vms.any_needs_pid)
        return;
    if (labels->vms.list[row].needs_pid)
        labels_put_number(out, ",pid", table, row, VM_PID);
    else
        prometheus_put_label(out, ",pid", NULL);
}

/* Whether an earlier row of the table has the same labels. `own`: where the
 * part of them begins that is not another row's. */
static bool labels_are_taken(struct prometheus_labels *labels, enum scope scope, size_t row,
                             size_t own, uint64_t seed)
{
    const struct prometheus_row *rows = labels->rows[scope], *mine = &rows[row];
    const char *text = labels->text.data;
    uint64_t hash = hash_bytes(text + own, mine->at + mine->len - own, seed);
    size_t place = hash;
    struct print_slot *slot = print_slots_next(&labels->slots, hash, &place);

    while (slot->row) {
        const struct prometheus_row *other = &rows[slot->row - 1];

        if (other->len == mine->len && memcmp(text + other->at, text + mine->at, mine->len) == 0)
            return true;
        place++;
        slot = print_slots_next(&labels->slots, hash, &place);
    }
    *slot = (struct print_slot){hash, row + 1};
    return false;
}

/* A copy of a part of the text goes to its end. */
static void labels_repeat(struct buf *text, size_t at, size_t len)
{
    buf_reserve(text, len + 1);
    memcpy(text->data + text->len, text->data + at, len);
    text->len += len;
    if (len)
        text->data[text->len++] = ',';
}

static void labels_make_row(struct prometheus_labels *labels, const struct frame *frame,
                            enum scope scope, size_t i)
{
    const struct frame_table *table = &frame->tables[scope];
    bool is_part = scope_is_part_of_vm(scope);
    size_t parent = table->parents[i], own;
    const struct prometheus_row *before =
        is_part ? &labels->rows[SCOPE_VM][parent] : &labels->rows[SCOPE_HOST][0];
    struct prometheus_row *row = &labels->rows[scope][i];

    row->hidden = before->hidden;
    row->silent = before->silent;
    if (scope == SCOPE_VM)
        row->silent = labels->vms.list[i].silent;
    row->at = labels->text.len;
    if (row->hidden)
        return;
    labels_repeat(&labels->text, before->at, before->len);
    own = labels->text.len;
    labels_put_own(labels, table, i);
    row->len = labels->text.len - row->at;
    row->hidden = labels_are_taken(labels, scope, i, own, is_part ? parent : 0);
}

void prometheus_labels_make(struct prometheus_labels *labels, const struct frame *frame)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];

    buf_clear(&labels->text);
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        size_t rows = frame->tables[s].rows;

        labels->rows[s] =
            array_grow(labels->rows[s], &labels->capacities[s], rows, sizeof(*labels->rows[s]));
        if (rows)
            memset(labels->rows[s], 0, rows * sizeof(*labels->rows[s]));
    }
    if (labels->with_host)
        prometheus_put_label(&labels->text, "host", frame->host_name);
    labels->rows[SCOPE_HOST][0].len = labels->text.len;
    print_vms_look(&labels->vms, vms);
    labels->with_vmid = false;
    for (size_t row = 0; row < vms->rows; row++)
        labels->with_vmid |= frame_has_value(vms, row, VM_VMID);
    for (unsigned s = SCOPE_HOST + 1; s < SCOPE__COUNT; s++) {
        print_slots_clear(&labels->slots, frame->tables[s].rows);
        for (size_t row = 0; row < frame->tables[s].rows; row++)
            labels_make_row(labels, frame, (enum scope)s, row);
    }
}

void prometheus_put_series(struct buf *out, const struct prometheus_labels *labels,
                           const struct prometheus_row *row, const char *name, size_t name_len,
                           const char *extra, size_t extra_len)
{
    char *p;

    buf_reserve(out, name_len + row->len + extra_len + 4 + PROMETHEUS_NUMBER_MAX);
    p = out->data + out->len;
    memcpy(p, name, name_len);
    p += name_len;
    if (row->len || extra_len) {
        *p++ = '{';
        if (row->len)
            memcpy(p, labels->text.data + row->at, row->len);
        p += row->len;
        if (row->len && extra_len)
            *p++ = ',';
        memcpy(p, extra, extra_len);
        p += extra_len;
        *p++ = '}';
    }
    *p++ = ' ';
    out->len = (size_t)(p - out->data);
}
