/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cursor, scrolling, what is expanded, the mouse. */
#include "tui/internal.h"

#define MOVE_WHEEL_ROWS 3

/* index + by, within [0, count). count > 0. */
static size_t move_bounded(size_t index, long by, size_t count)
{
    if (by < 0)
        return (size_t)-by > index ? 0 : index - (size_t)-by;
    return (size_t)by >= count - min_size(index, count) ? count - 1 : index + (size_t)by;
}

void tui_select(struct tui *tui, size_t index)
{
    if (index >= tui->table.count)
        return;
    tui_refresh_selected(tui, index);
    /* Columns are as wide as what is in sight. */
    table_place_columns(tui);
    tui->needs_stale = true;
}

static void move_choice(struct tui *tui, long by)
{
    const struct column *list[COLUMNS_MAX];
    size_t count = fields_list(tui, list);

    tui->overlay_cursor = count ? move_bounded(tui->overlay_cursor, by, count) : 0;
}

void tui_move(struct tui *tui, long by)
{
    switch (tui->mode) {
    case MODE_HELP:
    case MODE_DETAILS:
        tui->overlay_top =
            tui->overlay_lines ? move_bounded(tui->overlay_top, by, tui->overlay_lines) : 0;
        break;
    case MODE_FIELDS:
    case MODE_SORT:
        move_choice(tui, by);
        break;
    default:
        if (tui->table.count)
            tui_select(tui, move_bounded(tui_selected_index(tui), by, tui->table.count));
    }
}

void tui_move_page(struct tui *tui, bool up)
{
    size_t rows = tui->layout.table.rows;
    bool over_table = tui->mode != MODE_TABLE && tui->mode != MODE_FILTER;
    long page;

    /* What lies over the table can be higher, or lower. */
    if (over_table && tui->overlay_rows)
        rows = tui->overlay_rows;
    page = rows > 1 ? (long)rows - 1 : 1;

    tui_move(tui, up ? -page : page);
}

void tui_scroll(struct tui *tui, bool left)
{
    struct view_state *view = tui_view(tui);

    if (left && view->scroll)
        view->scroll--;
    else if (!left && view->scroll + 2 < tui->shown_count &&
             !tui->shown[tui->shown_count - 1].width)
        view->scroll++;
    table_place_columns(tui);
    tui->needs_stale = true;
}

static bool move_can_expand(const struct tui *tui)
{
    return views[tui->view].family == FAMILY_VM && !tui->views[tui->view].flat;
}

/* vCPUs are read while somebody looks at them: the first who does waits for them. */
static void move_tell_wait(struct tui *tui)
{
    const struct frame *frame = tui->shots[0].frame;

    if (frame && views[tui->view].children == SCOPE__COUNT && !frame->tables[SCOPE_VCPU].rows &&
        (tui->collectors & 1u << COLLECTOR_CPU))
        tui_say(tui, LOG_NOTICE, tui->now, "vCPUs are read from the next cycle on");
}

void tui_expand(struct tui *tui)
{
    const struct table_row *row = tui_selected_row(tui);
    struct view_state *view = tui_view(tui);
    uint64_t vm;

    if (!row || !move_can_expand(tui) || !(vm = tui_vm_of_row(row)))
        return;
    id_set_toggle(&view->toggled, vm);
    if (view->expand_all != id_set_has(&view->toggled, vm))
        move_tell_wait(tui);
    /* The rule must not turn round below what was chosen. */
    view->fold_chosen = true;
    /* The first row is no thing that is followed: what is expanded must not run away. */
    tui_refresh_selected(tui, tui_selected_index(tui));
    tui->stale = true;
}

void tui_expand_all(struct tui *tui)
{
    struct view_state *view = tui_view(tui);

    if (!move_can_expand(tui))
        return;
    view->expand_all = !view->expand_all;
    view->fold_chosen = true;
    id_set_clear(&view->toggled);
    if (view->expand_all)
        move_tell_wait(tui);
    tui->stale = true;
}

static void move_click_title(struct tui *tui, unsigned col)
{
    struct view_state *view = tui_view(tui);

    for (size_t i = 0; i < tui->shown_count; i++) {
        const struct shown_column *shown = &tui->shown[i];

        if (col < shown->col || col >= shown->col + shown->width ||
            shown->column->kind == COLUMN_HISTORY)
            continue;
        if (view->sort == shown->column)
            view->ascending = !view->ascending;
        tui_sort_by(tui, shown->column);
        return;
    }
}

static bool move_is_in(const struct box *box, unsigned row, unsigned col)
{
    return row >= box->row && row - box->row < box->rows && col >= box->col &&
           col - box->col < box->cols;
}

void tui_take_mouse(struct tui *tui, unsigned row, unsigned col, int button, int wheel,
                    struct mono now)
{
    if (now.ns > tui->now.ns)
        tui->now = now;
    tui_refresh(tui);
    tui->dirty = true;
    if (wheel)
        tui_move(tui, wheel < 0 ? -MOVE_WHEEL_ROWS : MOVE_WHEEL_ROWS);
    else if (button != 1 || (tui->mode != MODE_TABLE && tui->mode != MODE_FILTER))
        return;
    else if (move_is_in(&tui->layout.titles, row, col))
        move_click_title(tui, col);
    else if (move_is_in(&tui->layout.table, row, col))
        tui_select(tui, tui_view(tui)->top + (row - tui->layout.table.row));
}
