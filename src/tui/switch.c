/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From view to view, and what a view is sorted by. */
#include "tui/internal.h"

/* As people call what a collector collects. */
static const char *switch_subject(enum collector collector)
{
    static const char *const subjects[COLLECTOR__COUNT] = {
        [COLLECTOR_BASE] = "",
        [COLLECTOR_CPU] = "CPU use",
        [COLLECTOR_MEM] = "memory",
        [COLLECTOR_DISK] = "disk use",
        [COLLECTOR_NET] = "network use",
        [COLLECTOR_IO] = "I/O of processes",
        [COLLECTOR_PRESSURE] = "pressure",
        [COLLECTOR_HOST] = "the host's name",
    };

    return subjects[collector];
}

bool tui_view_is_on(const struct tui *tui, enum view view)
{
    enum collector collector = views[view].collector;

    return collector == COLLECTOR_BASE || (tui->collectors & (1u << collector));
}

/* The first press of its key only says so: whoever left a collector out had a reason. */
static bool switch_turn_on(struct tui *tui, enum view view, struct mono now)
{
    const struct view_info *info = &views[view];
    const char *subject = switch_subject(info->collector);

    if (tui_view_is_on(tui, view))
        return true;
    if (tui->offered != view) {
        tui->offered = view;
        if (tui->started_with[0])
            tui_say(tui, LOG_NOTICE, now,
                    "%s is not collected (started with %s); %c again switches it on", subject,
                    tui->started_with, info->key);
        else
            tui_say(tui, LOG_NOTICE, now, "%s is not collected; %c again switches it on", subject,
                    info->key);
        return false;
    }
    tui->collectors |= 1u << info->collector;
    tui_say(tui, LOG_NOTICE, now, "%s is collected from now on", subject);
    return true;
}

/* To the flat list of all disks or NICs, and back. A disk that is selected stays it; a VM is
 * in no list of disks. */
static void switch_flat(struct tui *tui)
{
    struct view_state *view = tui_view(tui);
    const struct table_row *row = tui_selected_row(tui);
    const struct column *sort = view->sort;
    bool ascending = view->ascending;

    view->flat = !view->flat;
    view->sort = view->other_sort;
    view->ascending = view->other_ascending;
    view->other_sort = sort;
    view->other_ascending = ascending;
    if (view->flat && (!row || row->ref.scope != views[tui->view].children)) {
        view->selected = 0;
        view->top = 0;
    }
}

void tui_switch(struct tui *tui, enum view view, struct mono now)
{
    if (!switch_turn_on(tui, view, now))
        return;
    if (tui->view == view && (view == VIEW_DISK || view == VIEW_NET))
        switch_flat(tui);
    tui->view = view;
    if (view == VIEW_DISKS && !tui->told_interval_key) {
        tui->told_interval_key = true;
        tui_say(tui, LOG_NOTICE, now, "s = disks; interval: + -");
    }
    tui->stale = true;
    tui->dirty = true;
}

void tui_switch_next(struct tui *tui, bool back, struct mono now)
{
    unsigned step = back ? VIEW__COUNT - 1 : 1;
    unsigned view = (tui->view + step) % VIEW__COUNT;

    while (view != tui->view && !tui_view_is_on(tui, (enum view)view))
        view = (view + step) % VIEW__COUNT;
    if (view != tui->view)
        tui_switch(tui, (enum view)view, now);
}

/* Scrolls sideways until a column is on the screen, which narrow ones may have no room for. */
static void switch_show_column(struct tui *tui, const struct column *column)
{
    struct view_state *view = tui_view(tui);
    size_t i = 0;

    tui_refresh(tui);
    while (i < tui->shown_count && tui->shown[i].column != column)
        i++;
    if (i == 0 || i >= tui->shown_count || tui->shown[i].width)
        return;
    if (i - 1 < view->scroll)
        view->scroll = (unsigned)i - 1;
    table_place_columns(tui);
    while (!tui->shown[i].width && view->scroll + 1 < i) {
        view->scroll++;
        table_place_columns(tui);
    }
    tui->needs_stale = true;
}

void tui_sort_by(struct tui *tui, const struct column *column)
{
    struct view_state *view = tui_view(tui);

    if (view->sort != column) {
        view->sort = column;
        view->ascending = column_ascends(column);
    }
    tui->stale = true;
    tui->dirty = true;
    switch_show_column(tui, column);
}

void tui_sort_beside(struct tui *tui, bool left)
{
    const struct column *list[COLUMNS_MAX];
    struct view_state *view = tui_view(tui);
    size_t count = settings_columns(tui->columns, tui->view, view->fields, tui->cols, list);
    size_t sortable = 0, at;

    /* A curve has no order. */
    for (size_t i = 0; i < count; i++) {
        if (list[i]->kind != COLUMN_HISTORY)
            list[sortable++] = list[i];
    }
    if (!sortable)
        return;
    for (at = 0; at < sortable && list[at] != view->sort; at++)
        ;
    if (at == sortable)
        at = left ? sortable - 1 : 0;
    else if (left)
        at -= at > 0;
    else
        at += at + 1 < sortable;
    tui_sort_by(tui, list[at]);
}

void tui_sort_why(struct tui *tui, struct mono now)
{
    static const struct column_ref why = COLUMN_REF(COLUMN_WHY);
    struct view_state *view = tui_view(tui);

    if (views[tui->view].family != FAMILY_VM) {
        tui_say(tui, LOG_NOTICE, now, "only VMs can be sorted by WHY");
        return;
    }
    tui_sort_by(tui, column_of(tui->columns, FAMILY_VM, why));
    view->ascending = false;
    tui->stale = true;
}
