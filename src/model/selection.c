/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing metrics. */
#include "model/selection.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

void selection_add(struct selection *selection, enum scope scope, unsigned column)
{
    struct column_list *list = &selection->scopes[scope];

    if (selection->wanted[scope][column])
        return;
    selection->wanted[scope][column] = true;
    list->columns[list->count++] = (unsigned short)column;
}

void selection_by_collectors(struct selection *selection, unsigned collectors, bool verbose)
{
    collectors |= 1u << COLLECTOR_BASE;
    memset(selection, 0, sizeof(*selection));
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        if ((collectors & (1u << m->collector)) && (verbose || !m->verbose))
            selection_add(selection, m->scope, m->column);
    }
}

/* Whether Prometheus tells something of the metric: of the vCPU that waits most
 * it tells a ratio, since no sum over its vCPUs shows it. */
static bool selection_has_family(const struct metric *m)
{
    return m->prometheus[0] || (m->scope == SCOPE_VM && m->column == VM_CPU_STEAL_MAX);
}

void selection_by_families(struct selection *selection, unsigned collectors)
{
    collectors |= 1u << COLLECTOR_BASE;
    memset(selection, 0, sizeof(*selection));
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        if ((collectors & (1u << m->collector)) && selection_has_family(m))
            selection_add(selection, m->scope, m->column);
    }
}

/* Adds what the element names; false if it names nothing. */
static bool selection_add_named(struct selection *selection, const char *element,
                                unsigned available)
{
    const char *dot = strchr(element, '.');
    char prefix[16];
    enum scope only = SCOPE__COUNT;
    bool found = false;

    if (dot && (size_t)(dot - element) < sizeof(prefix)) {
        memcpy(prefix, element, (size_t)(dot - element));
        prefix[dot - element] = '\0';
        if (!scope_by_name(prefix, &only))
            return false;
        element = dot + 1;
    }
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        if ((only != SCOPE__COUNT && m->scope != only) || strcmp(m->key, element) != 0 ||
            !(available & (1u << m->collector)))
            continue;
        selection_add(selection, m->scope, m->column);
        found = true;
    }
    return found;
}

int selection_by_fields(struct selection *selection, const char *fields, unsigned available,
                        char *ret_bad, size_t size)
{
    struct selection chosen = {0};
    char element[64];

    available |= 1u << COLLECTOR_BASE;
    for (const char *p = fields;;) {
        size_t n = strcspn(p, ",");

        memcpy(element, p, min_size(n, sizeof(element) - 1));
        element[min_size(n, sizeof(element) - 1)] = '\0';
        if (n >= sizeof(element) || !selection_add_named(&chosen, element, available)) {
            copy_text(ret_bad, size, element);
            return -EINVAL;
        }
        if (!p[n])
            break;
        p += n + 1;
    }
    *selection = chosen;
    return 0;
}

void selection_drop_scope(struct selection *selection, enum scope scope)
{
    memset(selection->wanted[scope], 0, sizeof(selection->wanted[scope]));
    selection->scopes[scope].count = 0;
}

void selection_limit_devices(struct selection *selection, bool devices, enum scope only)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        if (!devices && s != SCOPE_HOST && s != SCOPE_VM && s != (unsigned)only)
            selection_drop_scope(selection, (enum scope)s);
    }
}

void selection_merge(struct selection *into, const struct selection *from)
{
    into->thread_classes |= from->thread_classes;
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        for (unsigned i = 0; i < from->scopes[s].count; i++)
            selection_add(into, (enum scope)s, from->scopes[s].columns[i]);
    }
}

bool selection_wants_between(const struct selection *selection, enum scope scope, unsigned first,
                             unsigned last)
{
    for (unsigned column = first; column <= last; column++) {
        if (selection->wanted[scope][column])
            return true;
    }
    return false;
}

bool selection_wants_disks(const struct selection *selection)
{
    return selection->scopes[SCOPE_VMDISK].count ||
           selection_wants_between(selection, SCOPE_VM, VM_DISK_SIZE_CAPACITY,
                                   VM_DISK_STATS_FLUSHTOTALTIMES);
}

bool selection_wants_nics(const struct selection *selection)
{
    /* The host's network devices are told without those of the VMs. */
    return selection->scopes[SCOPE_VMNIC].count || selection->scopes[SCOPE_NETDEV].count ||
           selection_wants_between(selection, SCOPE_VM, VM_NET_RECEIVEDBYTES, VM_NET_INTERFACES);
}
