/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which columns of the table are on the screen, where, and how wide. The mark of the
 * selected row and NAME stay at the left; the others follow as far as they fit whole.
 */
#include <string.h>

#include "tui/internal.h"
#include "tui/table.h"

#define TABLE_NAME_MIN  8
#define TABLE_NAME_MAX  40
#define TABLE_TEXT_MAX  36 /* of other texts: a UUID is whole, what is longer is cut */
#define TABLE_SHORT_ID  8
#define TABLE_LONG_ID   36
#define TABLE_FOLD_MARK 2 /* columns that '+' or '-' behind a name takes */

struct table_plan {
    struct tui *tui;
    unsigned *widths; /* of the family */
    unsigned cols;
    const struct column *list[COLUMNS_MAX];
    size_t count;
    size_t first, last;    /* rows on the screen: first..last, exclusive */
    size_t columns_behind; /* first column behind NAME that is not scrolled away */
};

/* Widths are measured before there is a canvas; where it shows '?' for a wide character,
 * the column is one wider than need be. */
static const struct canvas table_measure = {.utf8 = true};

static void table_begin(struct table_plan *plan, struct tui *tui)
{
    const struct view_state *view = tui_view(tui);
    const struct view_info *info = &views[tui->view];

    plan->tui = tui;
    plan->widths = tui->widths[info->family];
    plan->cols = tui->layout.table.cols;
    plan->count = settings_columns(tui->columns, tui->view, view->fields, tui->cols, plan->list);
    plan->first = min_size(view->top, tui->table.count);
    plan->last = min_size(plan->first + tui->layout.table.rows, tui->table.count);
    plan->columns_behind = 1 + (size_t)view->scroll;
    if (plan->count > 1 && plan->columns_behind >= plan->count)
        plan->columns_behind = plan->count - 1;
    if (tui->widths_of.view != tui->view || tui->widths_of.flat != view->flat ||
        tui->widths_of.units != tui->units || tui->widths_of.rows != tui->rows ||
        tui->widths_of.cols != tui->cols)
        memset(tui->widths, 0, sizeof(tui->widths));
    tui->widths_of.view = tui->view;
    tui->widths_of.flat = view->flat;
    tui->widths_of.units = tui->units;
    tui->widths_of.rows = tui->rows;
    tui->widths_of.cols = tui->cols;
}

unsigned table_sort_mark(struct tui *tui, const struct column *column)
{
    return tui_view(tui)->sort == column ? 1 : 0;
}

const char *table_cell_text(struct tui *tui, const struct figure *figure,
                            const struct column *column)
{
    buf_clear(&tui->text);
    figure_put(&tui->text, figure, column, tui->units);
    return buf_text(&tui->text);
}

static unsigned table_cell_width(const struct table_plan *plan, const struct column *column,
                                 const struct table_row *row)
{
    struct figure figure = column_figure(column, &row->ref, &plan->tui->thresholds);
    unsigned width = canvas_text_width(&table_measure, table_cell_text(plan->tui, &figure, column));

    if (column->kind == COLUMN_NAME)
        width += table_indent(row) + (table_fold_mark(plan->tui, row) != ' ' ? TABLE_FOLD_MARK : 0);
    else if (column->kind == COLUMN_ID && width > TABLE_ID_MAX)
        width = TABLE_SHORT_ID;
    else if (figure.kind == FIGURE_TEXT && width > TABLE_TEXT_MAX)
        width = TABLE_TEXT_MAX;
    return width;
}

/* The width that the column takes, with its sort mark. */
static unsigned table_measure_column(const struct table_plan *plan, const struct column *column)
{
    unsigned width = canvas_text_width(&table_measure, view_title(plan->tui->view, column));
    unsigned *grown = &plan->widths[column->number];

    if (column->width > width)
        width = column->width;
    if (*grown > width)
        width = *grown;
    for (size_t i = plan->first; i < plan->last && column->kind != COLUMN_HISTORY; i++) {
        unsigned cell = table_cell_width(plan, column, &plan->tui->table.list[i]);

        if (cell > width)
            width = cell;
    }
    if (column->kind == COLUMN_NAME && width > TABLE_NAME_MAX)
        width = TABLE_NAME_MAX;
    *grown = width;
    return width + table_sort_mark(plan->tui, column);
}

/* Whether NAME makes room for the column: those that the view has at this width. */
static bool table_is_main_column(const struct table_plan *plan, const struct column *column)
{
    const struct view_info *view = &views[plan->tui->view];
    const struct column_ref *list = view->narrow;
    const char *fields = tui_view(plan->tui)->fields;

    if (*fields && *fields != '+' && *fields != '-')
        return true;
    if (plan->tui->cols >= 120 && view->medium)
        list = view->medium;
    if (plan->tui->cols >= 140 && view->wide)
        list = view->wide;
    for (; list && list->kind >= 0; list++) {
        if (column_of(plan->tui->columns, view->family, *list) == column)
            return true;
    }
    return false;
}

/* NAME gets what the main columns leave, but at least a part. */
static unsigned table_name_width(const struct table_plan *plan, unsigned wanted,
                                 const unsigned *widths)
{
    unsigned room = plan->cols > 1 ? plan->cols - 1 : 0;
    unsigned least = TABLE_NAME_MIN + table_sort_mark(plan->tui, plan->list[0]), main = 0;

    for (size_t i = plan->columns_behind; i < plan->count; i++) {
        if (table_is_main_column(plan, plan->list[i]))
            main += 1 + widths[i];
    }
    if (least > room)
        least = room;
    if (wanted + main > room)
        wanted = room > main ? room - main : 0;
    return wanted < least ? least : wanted;
}

/* What is left over goes to NAME, then to UUIDs. */
static void table_spread_rest(const struct table_plan *plan, unsigned *widths, unsigned wanted,
                              unsigned rest)
{
    unsigned more = wanted > widths[0] ? wanted - widths[0] : 0;

    if (more > rest)
        more = rest;
    widths[0] += more;
    rest -= more;
    for (size_t i = 1; i < plan->count; i++) {
        if (plan->list[i]->kind == COLUMN_ID && widths[i] && rest >= TABLE_LONG_ID &&
            table_has_long_id(plan->tui, plan->first, plan->last))
            widths[i] = TABLE_LONG_ID + table_sort_mark(plan->tui, plan->list[i]);
    }
}

/* Widths by the column's place in the list; 0 = not on the screen. */
static void table_find_widths(const struct table_plan *plan, unsigned *widths)
{
    unsigned wanted = table_measure_column(plan, plan->list[0]), at;
    size_t i;

    for (i = plan->columns_behind, at = 1; i < plan->count && at < plan->cols; i++) {
        widths[i] = table_measure_column(plan, plan->list[i]);
        at += 1 + widths[i];
    }
    plan->tui->shown_count = plan->count;
    widths[0] = table_name_width(plan, wanted, widths);
    at = 1 + widths[0];
    for (i = plan->columns_behind; i < plan->count; i++) {
        if (!widths[i] || at + 1 + widths[i] > plan->cols)
            break;
        at += 1 + widths[i];
    }
    for (; i < plan->count; i++)
        widths[i] = 0;
    table_spread_rest(plan, widths, wanted, plan->cols > at ? plan->cols - at : 0);
}

void table_place_columns(struct tui *tui)
{
    struct table_plan plan;
    unsigned widths[COLUMNS_MAX] = {0}, at = 1;

    table_begin(&plan, tui);
    tui->shown_count = plan.count;
    if (!plan.count)
        return;
    table_find_widths(&plan, widths);
    for (size_t i = 0; i < plan.count; i++) {
        tui->shown[i] = (struct shown_column){
            .column = plan.list[i], .col = tui->layout.table.col + at, .width = widths[i]};
        if (widths[i])
            at += widths[i] + 1;
    }
}
