/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be collected for the screen as it is. */
#include "tui/internal.h"

/* What rows are told apart by and judged by, whatever columns they have. */
static const unsigned char needs_always[] = {VM_UUID, VM_NAME, VM_PID, VM_VMID, VM_STATE, VM_STALE};

/* Whether rows of vCPUs can stand below those of VMs. */
static bool needs_vcpus(const struct tui *tui)
{
    const struct view_info *info = &views[tui->view];
    const struct view_state *view = &tui->views[tui->view];

    return info->family == FAMILY_VM && !view->flat &&
           (info->children == SCOPE__COUNT || info->children == SCOPE_VCPU) &&
           (view->expand_all || view->toggled.count);
}

static void needs_add_columns(const struct tui *tui, struct selection *needs)
{
    for (size_t i = 0; i < tui->shown_count; i++) {
        if (tui->shown[i].width)
            column_add_needs(tui->shown[i].column, needs);
    }
    column_add_needs(tui->views[tui->view].sort, needs);
    panel_add_needs(tui, needs);
}

/* Of what collectors are on. */
static void needs_merge(struct selection *into, const struct selection *from, unsigned collectors)
{
    collectors |= 1u << COLLECTOR_BASE;
    into->thread_classes |= from->thread_classes && (collectors & (1u << COLLECTOR_CPU));
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        for (unsigned i = 0; i < from->scopes[s].count; i++) {
            const struct metric *metric = metric_at((enum scope)s, from->scopes[s].columns[i]);

            if (collectors & (1u << metric->collector))
                selection_add(into, metric->scope, metric->column);
        }
    }
}

void tui_find_needs(const struct tui *tui, struct selection *ret)
{
    struct selection more = {0};

    selection_by_collectors(ret, tui->collectors, false);
    for (size_t i = 0; i < ARRAY_SIZE(needs_always); i++)
        selection_add(ret, SCOPE_VM, needs_always[i]);
    needs_add_columns(tui, &more);
    needs_merge(ret, &more, tui->collectors);
    /* A row per thread is what costs most of all. */
    if (!needs_vcpus(tui))
        selection_drop_scope(ret, SCOPE_VCPU);
    if (tui_details_are_open(tui)) {
        more = (struct selection){0};
        details_add_needs(tui, &more);
        needs_merge(ret, &more, tui->collectors);
    }
}
