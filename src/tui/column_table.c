/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of columns, made from the metric table and the screen's own texts. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "tui/column_internal.h"

/* Metrics of a vCPU that stand in the column of the VM's mean of them. */
static const struct {
    short vm, vcpu;
} column_of_vcpus[] = {
    {VM_CPU_TOTAL, VCPU_VCPU_TOTAL},
    {VM_CPU_STEAL, VCPU_VCPU_STEAL},
};

_Static_assert(COLUMNS_MAX <= 32767, "numbers of columns are kept as short");

enum scope column_main_scope(enum column_family family)
{
    static const enum scope scopes[FAMILY__COUNT] = {
        [FAMILY_VM] = SCOPE_VM, [FAMILY_NETDEV] = SCOPE_NETDEV, [FAMILY_BLOCKDEV] = SCOPE_BLOCKDEV};

    return scopes[family];
}

static struct column *column_add(struct column_table *table, enum column_family family,
                                 enum column_kind kind)
{
    size_t number = table->counts[family];
    struct column *column = &table->columns[family][number];

    /* A test counts them; a table that is too small leaves columns out. */
    if (number == COLUMNS_MAX)
        return NULL;
    table->counts[family]++;
    *column = (struct column){.family = family, .kind = kind, .number = (unsigned)number};
    for (unsigned s = 0; s < SCOPE__COUNT; s++)
        column->metrics[s] = -1;
    if (kind != COLUMN_METRIC)
        table->by_kind[family][kind] = (short)number;
    return column;
}

static void column_set_metric(struct column_table *table, struct column *column, enum scope scope,
                              unsigned metric)
{
    column->metrics[scope] = (short)metric;
    if (scope == column_main_scope(column->family))
        table->by_metric[column->family][metric] = (short)column->number;
}

static void column_add_own(struct column_table *table, const struct column_own *own)
{
    struct column *column = column_add(table, own->family, own->kind);

    if (!column)
        return;
    if (own->metric >= 0)
        column_set_metric(table, column, own->scope, (unsigned)own->metric);
    column->key = own->key ? own->key : metric_at(own->scope, (unsigned)own->metric)->key;
    column->title = own->title;
    column->help = own->help;
    column->left = own->left;
    column->width = own->width;
}

static const struct column_text *column_find_text(enum scope scope, unsigned metric)
{
    for (size_t i = 0; i < column_texts_count; i++) {
        if (column_texts[i].scope == scope && column_texts[i].metric == (short)metric)
            return &column_texts[i];
    }
    return NULL;
}

/* Room for the numbers that such a unit usually shows, as people's units have them. */
static unsigned column_usual_width(const struct metric *metric)
{
    static const struct {
        const char *unit;
        unsigned width;
    } widths[] = {{"%", 6},   {"KB", 7},   {"bytes", 7}, {"B/s", 6},
                  {"1/s", 7}, {"MB/s", 6}, {"ms", 6},    {"KB/s", 7}};

    for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
        if (strcmp(widths[i].unit, metric->unit) == 0)
            return widths[i].width;
    }
    return metric->type == METRIC_TYPE_STR ? 8 : 5;
}

static void column_add_metric(struct column_table *table, enum column_family family,
                              const struct metric *metric)
{
    const struct column_text *text = column_find_text(metric->scope, metric->column);
    struct column *column = column_add(table, family, COLUMN_METRIC);
    size_t width;

    if (!column)
        return;
    column_set_metric(table, column, metric->scope, metric->column);
    column->metric = metric;
    column->key = metric->key;
    column->title = text && text->title ? text->title : metric->label;
    column->help = text && text->help ? text->help : metric->help;
    column->left = metric->type == METRIC_TYPE_STR;
    column->verbose = metric->verbose;
    width = text && text->width ? text->width : column_usual_width(metric);
    if (width < strlen(column->title))
        width = strlen(column->title);
    column->width = (unsigned char)width;
}

/* The column that a metric joins: the screen's own that stands for it, that of the
 * same key, or that of the VM's mean. */
static struct column *column_joined(struct column_table *table, enum column_family family,
                                    const struct metric *metric)
{
    for (size_t i = 0; i < table->counts[family]; i++) {
        struct column *column = &table->columns[family][i];

        if (column->metrics[metric->scope] == (short)metric->column ||
            strcmp(column->key, metric->key) == 0)
            return column;
    }
    if (metric->scope != SCOPE_VCPU)
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(column_of_vcpus); i++) {
        if (column_of_vcpus[i].vcpu == (short)metric->column)
            return &table->columns[family][table->by_metric[family][column_of_vcpus[i].vm]];
    }
    return NULL;
}

static void column_add_scope(struct column_table *table, enum column_family family,
                             enum scope scope)
{
    for (unsigned m = 0; m < scope_columns(scope); m++) {
        const struct metric *metric = metric_at(scope, m);
        struct column *joined = column_joined(table, family, metric);

        if (joined)
            column_set_metric(table, joined, scope, m);
        else
            column_add_metric(table, family, metric);
    }
}

struct column_table *column_table_new(void)
{
    struct column_table *table = xcalloc(1, sizeof(*table));

    memset(table->by_metric, 0xff, sizeof(table->by_metric));
    memset(table->by_kind, 0xff, sizeof(table->by_kind));
    for (size_t i = 0; i < column_owns_count; i++)
        column_add_own(table, &column_owns[i]);
    column_add_scope(table, FAMILY_VM, SCOPE_VM);
    column_add_scope(table, FAMILY_VM, SCOPE_VCPU);
    column_add_scope(table, FAMILY_VM, SCOPE_VMDISK);
    column_add_scope(table, FAMILY_VM, SCOPE_VMNIC);
    column_add_scope(table, FAMILY_NETDEV, SCOPE_NETDEV);
    column_add_scope(table, FAMILY_BLOCKDEV, SCOPE_BLOCKDEV);
    return table;
}

void column_table_free(struct column_table *table)
{
    free(table);
}
