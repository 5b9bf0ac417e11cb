/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table as it is to be shown: rows, the selected one, what is scrolled away. */
#include "tui/internal.h"

#define REFRESH_SCREENS_SHOWN                                                                      \
    3 /* that a list with all its disks, NICs may take; else it is folded */
#define REFRESH_SCREENS_FOLDED 2 /* below which it is unfolded again */

uint64_t tui_vm_of_row(const struct table_row *row)
{
    const struct row_ref *ref = &row->ref;

    if (ref->scope != SCOPE_VM && !scope_is_part_of_vm(ref->scope))
        return 0;
    return ref->vm < ref->shot->facts.count ? ref->shot->facts.list[ref->vm].id : 0;
}

bool tui_find_vm(const struct tui *tui, uint64_t id, struct row_ref *ret)
{
    const struct shot *shot = &tui->shots[0];

    for (size_t i = 0; shot->frame && i < shot->facts.count; i++) {
        if (shot->facts.list[i].id == id) {
            *ret = (struct row_ref){
                .shot = shot, .scope = SCOPE_VM, .row = (uint32_t)i, .vm = (uint32_t)i};
            return true;
        }
    }
    return false;
}

size_t tui_selected_index(const struct tui *tui)
{
    return tui->views[tui->view].selected_index;
}

const struct table_row *tui_selected_row(const struct tui *tui)
{
    size_t index = tui_selected_index(tui);

    return index < tui->table.count ? &tui->table.list[index] : NULL;
}

/* Many disks or NICs stand folded, until a person chooses; between two bounds it stays as it
 * is, so that one disk more does not make the list jump to and fro. */
static void refresh_fold(struct tui *tui)
{
    struct view_state *view = tui_view(tui);
    enum scope children = views[tui->view].children;
    size_t screens = view->expand_all ? REFRESH_SCREENS_SHOWN : REFRESH_SCREENS_FOLDED;
    const struct frame *frame = tui->shots[0].frame;

    if (children == SCOPE__COUNT || view->fold_chosen || view->flat)
        return;
    view->expand_all = frame->tables[SCOPE_VM].rows + frame->tables[children].rows <=
                       screens * tui->layout.table.rows;
}

static void refresh_rows(struct tui *tui)
{
    struct view_state *view = tui_view(tui);
    struct rows_request request = {
        .shot = &tui->shots[0],
        .ended_count = tui->ended_count,
        .fresh = &tui->fresh,
        .view = tui->view,
        .flat = view->flat,
        .filter = tui->filter,
        .sort = view->sort,
        .ascending = view->ascending,
        .expand_all = view->expand_all,
        .toggled = &view->toggled,
        .thresholds = &tui->thresholds,
    };

    if (tui->ended_count)
        tui->ended_rows = array_grow(tui->ended_rows, &tui->ended_rows_capacity, tui->ended_count,
                                     sizeof(*tui->ended_rows));
    for (size_t i = 0; i < tui->ended_count; i++)
        tui->ended_rows[i] = (struct ended_row){&tui->shots[tui->ended[i].shot], tui->ended[i].row};
    request.ended = tui->ended_rows;
    table_rows_build(&tui->table, &request);
}

/* As many rows as there are; the selected one is among them. */
static void refresh_top(struct tui *tui)
{
    struct view_state *view = tui_view(tui);
    size_t shown = tui->layout.table.rows, count = tui->table.count;

    if (!shown)
        return;
    if (view->top + shown > count)
        view->top = count > shown ? count - shown : 0;
    if (view->selected_index < view->top)
        view->top = view->selected_index;
    if (view->selected_index >= view->top + shown)
        view->top = view->selected_index - shown + 1;
}

void tui_refresh_selected(struct tui *tui, size_t index)
{
    struct view_state *view = tui_view(tui);
    const struct table_row *row = &tui->table.list[index];

    view->selected = row->id;
    view->selected_vm = tui_vm_of_row(row);
    view->selected_index = index;
    refresh_top(tui);
}

/* The place of an id; SIZE_MAX = it has none. */
static size_t refresh_find(const struct tui *tui, uint64_t id)
{
    for (size_t i = 0; id && i < tui->table.count; i++) {
        if (tui->table.list[i].id == id)
            return i;
    }
    return SIZE_MAX;
}

/* The thing that was selected stays it wherever it stands now. When it is gone: its VM, else
 * what stands at its place now. */
static void refresh_selection(struct tui *tui)
{
    struct view_state *view = tui_view(tui);
    size_t count = tui->table.count, index = view->selected_index;

    if (!count || !view->selected) {
        view->selected_index = 0;
        refresh_top(tui);
        return;
    }
    /* Where it was comes first: two that are alike must not draw the cursor to the first one. */
    if (index >= count || tui->table.list[index].id != view->selected) {
        index = refresh_find(tui, view->selected);
        if (index == SIZE_MAX)
            index = refresh_find(tui, view->selected_vm);
        if (index == SIZE_MAX)
            index = min_size(view->selected_index, count - 1);
    }
    tui_refresh_selected(tui, index);
}

static bool refresh_sees_last_column(const struct tui *tui)
{
    return tui->shown_count && tui->shown[tui->shown_count - 1].width;
}

/* Nothing is scrolled away that would have room, as after a resize. */
static void refresh_columns(struct tui *tui)
{
    struct view_state *view = tui_view(tui);

    table_place_columns(tui);
    if (view->scroll + 1 >= tui->shown_count && view->scroll) {
        view->scroll = tui->shown_count > 2 ? (unsigned)tui->shown_count - 2 : 0;
        table_place_columns(tui);
    }
    while (view->scroll && refresh_sees_last_column(tui)) {
        view->scroll--;
        table_place_columns(tui);
        if (!refresh_sees_last_column(tui)) {
            view->scroll++;
            table_place_columns(tui);
            break;
        }
    }
}

void tui_refresh(struct tui *tui)
{
    if (!tui->stale)
        return;
    tui->stale = false;
    tui->needs_stale = true;
    tui->dirty = true;
    layout_compute(tui->rows, tui->cols, panel_lines(tui), &tui->layout);
    if (tui->shots[0].frame) {
        refresh_fold(tui);
        refresh_rows(tui);
    } else {
        tui->table.count = tui->table.things = tui->table.all = 0;
    }
    refresh_selection(tui);
    refresh_columns(tui);
}
