/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prometheus text exposition format 0.0.4, and OpenMetrics 1.0.0: families by
 * the metric table, each at its finest scope, in base units, without times.
 * What can change of a thing (its name is its identity) stands in info families
 * only.
 */
#include <stdlib.h>
#include <string.h>

#include "print/prometheus_internal.h"

#define PROMETHEUS_STATE_SIZE 64

struct prometheus_printer {
    struct print_options options;
    struct prometheus_families families;
    struct prometheus_labels labels;
    struct buf info;                                     /* labels of a sample, beside its row's */
    char states[VM_STATE__COUNT][PROMETHEUS_STATE_SIZE]; /* state="running" */
};

static struct printer *prometheus_create(const struct print_options *options)
{
    struct prometheus_printer *p = xcalloc(1, sizeof(*p));

    p->options = *options;
    prometheus_families_init(&p->families, options);
    prometheus_labels_init(&p->labels, options);
    for (unsigned s = 0; s < VM_STATE__COUNT; s++) {
        buf_clear(&p->info);
        prometheus_put_label(&p->info, "state", vm_state_word((enum vm_state)s));
        copy_text(p->states[s], sizeof(p->states[s]), buf_text(&p->info));
    }
    return (struct printer *)p;
}

static void prometheus_destroy(struct printer *printer)
{
    struct prometheus_printer *p = (struct prometheus_printer *)printer;

    prometheus_families_done(&p->families);
    prometheus_labels_done(&p->labels);
    buf_done(&p->info);
    free(p);
}

/* Whether the row's cell has what the family tells (CELL_VALUE, CELL_COUNTER),
 * and not from a source that has been silent for long. */
static bool prometheus_tells(const struct frame_table *table, size_t row, unsigned column,
                             const struct prometheus_row *labels, unsigned plane)
{
    unsigned valid = table->valid[frame_cell_index(table, row, column)];

    return valid & plane && !labels->hidden && !(valid & CELL_TOLD && labels->silent);
}

static void prometheus_put_states(const struct prometheus_printer *p, struct buf *out,
                                  const struct prometheus_family *family,
                                  const struct frame_table *table, size_t row)
{
    const char *state = frame_value(table, row, VM_STATE).text;

    for (unsigned s = 0; s < VM_STATE__COUNT; s++) {
        prometheus_put_series(out, &p->labels, &p->labels.rows[family->scope][row], family->name,
                              family->name_len, p->states[s], strlen(p->states[s]));
        prometheus_put_count(out, strcmp(state, vm_state_word((enum vm_state)s)) == 0);
    }
}

static const char *prometheus_text(const struct frame_table *table, size_t row, unsigned column)
{
    return frame_has_value(table, row, column) ? frame_value(table, row, column).text : NULL;
}

static void info_put_vm(struct buf *info, const struct frame_table *table, size_t row)
{
    const struct row_labels *labels = &table->labels[row];

    buf_puts(info, "id=\"");
    if (frame_has_value(table, row, VM_VMID)) {
        buf_puts(info, "qemu/");
        prometheus_put_identity(info, table, row, VM_VMID);
    }
    buf_puts(info, labels->is_template ? "\",template=\"1\"" : "\",template=\"0\"");
    prometheus_put_label(info, ",tags", labels->tags);
}

/* What stands in the row's info sample beside its labels. */
static void prometheus_make_info(struct prometheus_printer *p, const struct frame *frame,
                                 const struct frame_table *table, size_t row)
{
    const struct row_labels *labels = table->labels ? &table->labels[row] : NULL;
    struct buf *info = &p->info;

    buf_clear(info);
    if (table->scope == SCOPE_VM)
        info_put_vm(info, table, row);
    else if (table->scope == SCOPE_VMDISK) {
        prometheus_put_label(info, "backend", labels->backend);
        prometheus_put_label(info, ",source", labels->source);
        prometheus_put_label(info, ",device", labels->device);
    } else if (table->scope == SCOPE_VMNIC) {
        prometheus_put_label(info, "interface", prometheus_text(table, row, VMNIC_NIC_NAME));
        prometheus_put_label(info, ",mac", labels->mac);
        prometheus_put_label(info, ",bridge", labels->bridge);
        prometheus_put_label(info, ",kind", prometheus_text(table, row, VMNIC_NIC_KIND));
    } else {
        if (!p->labels.with_host) {
            prometheus_put_label(info, "host", frame->host_name);
            buf_putc(info, ',');
        }
        prometheus_put_label(info, "uuid", frame->host_uuid);
    }
}

static void prometheus_put_infos(struct prometheus_printer *p, struct buf *out,
                                 const struct prometheus_family *family, const struct frame *frame)
{
    const struct frame_table *table = &frame->tables[family->scope];
    const struct prometheus_row *labels = p->labels.rows[family->scope];

    for (size_t row = 0; row < table->rows; row++) {
        if (labels[row].hidden)
            continue;
        prometheus_make_info(p, frame, table, row);
        prometheus_put_series(out, &p->labels, &labels[row], family->name, family->name_len,
                              p->info.data, p->info.len);
        prometheus_put_count(out, 1);
    }
}

static void prometheus_put_sample(const struct prometheus_printer *p, struct buf *out,
                                  const struct prometheus_family *family,
                                  const struct prometheus_member *member,
                                  const struct frame_table *table, size_t row)
{
    size_t cell = frame_cell_index(table, row, member->column);

    prometheus_put_series(out, &p->labels, &p->labels.rows[family->scope][row], family->name,
                          family->name_len, member->fixed, member->fixed_len);
    if (family->kind == PROMETHEUS_SECONDS)
        prometheus_put_seconds(out, table->counters[cell]);
    else if (family->kind == PROMETHEUS_COUNTS)
        prometheus_put_count(out, table->counters[cell]);
    else
        prometheus_put_number(out, table->values[cell].number * member->scale);
}

static void prometheus_put_samples(const struct prometheus_printer *p, struct buf *out,
                                   const struct prometheus_family *family,
                                   const struct frame *frame)
{
    const struct frame_table *table = &frame->tables[family->scope];
    const struct prometheus_row *labels = p->labels.rows[family->scope];
    bool counts = family->kind == PROMETHEUS_SECONDS || family->kind == PROMETHEUS_COUNTS;
    unsigned plane = counts ? CELL_COUNTER : CELL_VALUE;

    for (size_t k = 0; k < family->count; k++) {
        const struct prometheus_member *member = &family->members[k];

        for (size_t row = 0; row < table->rows; row++) {
            if (!prometheus_tells(table, row, member->column, &labels[row], plane))
                continue;
            if (family->kind == PROMETHEUS_STATES)
                prometheus_put_states(p, out, family, table, row);
            else
                prometheus_put_sample(p, out, family, member, table, row);
        }
    }
}

static void prometheus_print(struct printer *printer, const struct frame *frame, struct buf *out)
{
    struct prometheus_printer *p = (struct prometheus_printer *)printer;

    prometheus_labels_make(&p->labels, frame);
    for (size_t i = 0; i < p->families.count; i++) {
        const struct prometheus_family *family = &p->families.list[i];
        size_t before = out->len, empty;

        buf_puts(out, family->head);
        empty = out->len;
        if (family->kind == PROMETHEUS_INFO)
            prometheus_put_infos(p, out, family, frame);
        else
            prometheus_put_samples(p, out, family, frame);
        if (out->len == empty) /* a head alone says nothing */
            out->len = before;
    }
    prometheus_put_agent(out, &p->info, &p->labels, &p->options, frame);
    if (p->options.openmetrics)
        buf_puts(out, "# EOF\n");
}

static const char *prometheus_content_type(const struct print_options *options)
{
    return options->openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8";
}

const struct printer_ops printer_prometheus = {
    .name = "prometheus",
    .replaces = true,
    .content_type = prometheus_content_type,
    .create = prometheus_create,
    .print = prometheus_print,
    .destroy = prometheus_destroy,
};
