/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which families there are: those of the metric table, and few beside it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "print/prometheus_internal.h"

/* Families that are no metric's. */
static const struct {
    enum scope scope;
    unsigned column; /* that has to be wanted; METRIC_COLUMNS_MAX = any of the scope */
    const char *text, *type;
} families_beside[] = {
    {SCOPE_VM, VM_CPU_STEAL_MAX, "proxtop_vm_ready_max_ratio", "gauge"},
    {SCOPE_VM, METRIC_COLUMNS_MAX, "proxtop_vm_info", "info"},
    {SCOPE_VMDISK, METRIC_COLUMNS_MAX, "proxtop_vm_disk_info", "info"},
};

/* From the metric's unit to the base unit that its family has. */
static double family_scale(const struct metric *metric)
{
    static const struct {
        const char *unit;
        double scale;
    } scales[] = {
        {"KB", 1024},
        {"MHz", 1e6},
        {"Mbps", 125000},
        {"%", 0.01},
    };

    for (size_t i = 0; i < ARRAY_SIZE(scales); i++) {
        if (strcmp(metric->unit, scales[i].unit) == 0)
            return scales[i].scale;
    }
    return 1;
}

static enum prometheus_kind family_kind(const char *name, const char *type,
                                        const struct metric *metric)
{
    if (strcmp(type, "info") == 0)
        return PROMETHEUS_INFO;
    if (strcmp(type, "counter") == 0)
        return strstr(name, "_seconds_total") ? PROMETHEUS_SECONDS : PROMETHEUS_COUNTS;
    return metric->scope == SCOPE_VM && metric->column == VM_STATE ? PROMETHEUS_STATES
                                                                   : PROMETHEUS_VALUES;
}

static char *family_head(const char *name, const char *type, const char *help, bool openmetrics)
{
    struct buf head = {0};

    prometheus_put_head(&head, openmetrics, name, type, help);
    buf_putc(&head, '\0');
    return head.data;
}

/* The family of that name, made if it is not there. */
static struct prometheus_family *families_get(struct prometheus_families *families,
                                              const char *text, size_t len, const char *type,
                                              const struct metric *metric, bool openmetrics)
{
    struct prometheus_family *family;
    const char *help;

    for (size_t i = 0; i < families->count; i++) {
        family = &families->list[i];
        if (family->name_len == len && memcmp(family->name, text, len) == 0)
            return family;
    }
    families->list = array_grow(families->list, &families->capacity, families->count + 1,
                                sizeof(*families->list));
    family = &families->list[families->count++];
    family->name = xstrndup(text, len);
    family->name_len = len;
    family->scope = metric->scope;
    family->kind = family_kind(family->name, type, metric);
    help = prometheus_help(family->name);
    family->head = family_head(family->name, type, help ? help : metric->help, openmetrics);
    return family;
}

/* The labels in "{disk,mode="user"}" that have a value: what else stands there
 * are the names of the row's own. */
static char *family_fixed_labels(const char *braces)
{
    struct buf fixed = {0};

    while (*braces && *braces != '}') {
        size_t len = strcspn(++braces, ",}");

        if (memchr(braces, '=', len)) {
            if (fixed.len)
                buf_putc(&fixed, ',');
            buf_add(&fixed, braces, len);
        }
        braces += len;
    }
    buf_putc(&fixed, '\0');
    return fixed.data;
}

/* text: NAME or NAME{...}, as in the metric table. */
static void families_add(struct prometheus_families *families, const char *text, const char *type,
                         const struct metric *metric, bool openmetrics)
{
    size_t len = strcspn(text, "{");
    struct prometheus_family *family = families_get(families, text, len, type, metric, openmetrics);
    struct prometheus_member *member;

    family->members =
        array_grow(family->members, &family->capacity, family->count + 1, sizeof(*member));
    member = &family->members[family->count++];
    member->column = metric->column;
    member->scale = family_scale(metric);
    member->fixed = family_fixed_labels(text + len);
    member->fixed_len = strlen(member->fixed);
}

static bool families_print_scope(const struct print_options *options, enum scope scope)
{
    return options->scope == PRINT_ALL_SCOPES || options->scope == scope;
}

void prometheus_families_init(struct prometheus_families *families,
                              const struct print_options *options)
{
    const struct selection *selection = options->selection;

    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        if (m->prometheus_type[0] && selection->wanted[m->scope][m->column] &&
            families_print_scope(options, m->scope))
            families_add(families, m->prometheus, m->prometheus_type, m, options->openmetrics);
    }
    for (size_t i = 0; i < ARRAY_SIZE(families_beside); i++) {
        enum scope scope = families_beside[i].scope;
        unsigned column = families_beside[i].column;
        bool any = column == METRIC_COLUMNS_MAX;

        if ((any ? selection->scopes[scope].count > 0 : selection->wanted[scope][column]) &&
            families_print_scope(options, scope))
            families_add(families, families_beside[i].text, families_beside[i].type,
                         metric_at(scope, any ? 0 : column), options->openmetrics);
    }
}

void prometheus_families_done(struct prometheus_families *families)
{
    for (size_t i = 0; i < families->count; i++) {
        struct prometheus_family *family = &families->list[i];

        for (size_t k = 0; k < family->count; k++)
            free(family->members[k].fixed);
        free(family->members);
        free(family->name);
        free(family->head);
    }
    free(families->list);
}
