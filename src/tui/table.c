/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draws the table: titles, rows, or why there is none. */
#include "tui/table.h"

#include <string.h>

#include "tui/line.h"

#define TABLE_CURVE_WIDTH 10

unsigned table_indent(const struct table_row *row)
{
    return row->child ? 2 : 0;
}

/* Every VM could show its vCPUs; where that is not what the view is about, only those that
 * do are marked. */
char table_fold_mark(const struct tui *tui, const struct table_row *row)
{
    if (!row->can_expand || row->child)
        return ' ';
    if (row->expanded)
        return '-';
    return views[tui->view].children != SCOPE__COUNT ? '+' : ' ';
}

bool table_has_long_id(struct tui *tui, size_t first, size_t last)
{
    const struct column *id =
        column_of(tui->columns, views[tui->view].family, (struct column_ref)COLUMN_REF(COLUMN_ID));

    for (size_t i = first; i < last; i++) {
        struct figure figure = column_figure(id, &tui->table.list[i].ref, &tui->thresholds);

        if (figure.kind == FIGURE_TEXT && strlen(figure.text) > TABLE_ID_MAX)
            return true;
    }
    return false;
}

static void table_draw_titles(struct tui *tui, struct canvas *canvas)
{
    const struct box *box = &tui->layout.titles;

    if (!box->rows)
        return;
    canvas_fill(canvas, box->row, box->col, box->cols, ' ', STYLE_TITLE);
    for (size_t i = 0; i < tui->shown_count; i++) {
        const struct shown_column *shown = &tui->shown[i];
        const char *title = view_title(tui->view, shown->column);
        unsigned mark = table_sort_mark(tui, shown->column), width = shown->width;
        enum style style = mark ? STYLE_SORTED : STYLE_TITLE;
        unsigned end;

        if (width <= mark)
            continue;
        width -= mark;
        end = shown->col + width;
        if (shown->column->left)
            end = shown->col + canvas_put(canvas, box->row, shown->col, width, title, style);
        else
            canvas_put_right(canvas, box->row, shown->col, width, title, style);
        if (mark)
            canvas_put(canvas, box->row, end, 1, tui_view(tui)->ascending ? "^" : "v", style);
    }
}

static enum style table_cell_style(const struct table_row *row, const struct column *column,
                                   const struct figure *figure)
{
    if (row->mark == ROW_MARK_ENDED)
        return STYLE_GONE;
    if (figure->severity != SEVERITY_NONE)
        return style_of_severity(figure->severity, STYLE_NORMAL);
    if (row->mark == ROW_MARK_NEW && column->kind == COLUMN_NAME)
        return STYLE_NEW;
    return figure->dim ? STYLE_DIM : STYLE_NORMAL;
}

static void table_draw_name(struct tui *tui, struct canvas *canvas, unsigned at,
                            const struct table_row *row, const struct shown_column *shown)
{
    struct figure figure = column_figure(shown->column, &row->ref, &tui->thresholds);
    enum style style = table_cell_style(row, shown->column, &figure);
    const char *text = table_cell_text(tui, &figure, shown->column);
    unsigned indent = table_indent(row), taken;
    char mark[2] = {table_fold_mark(tui, row), '\0'};

    if (indent >= shown->width)
        indent = 0;
    taken =
        indent + line_put_cut(canvas, at, shown->col + indent, shown->width - indent, text, style);
    if (mark[0] != ' ' && taken + 2 <= shown->width)
        canvas_put(canvas, at, shown->col + taken + 1, 1, mark, STYLE_DIM);
}

static void table_draw_curve(struct tui *tui, struct canvas *canvas, unsigned at,
                             const struct table_row *row, const struct shown_column *shown)
{
    float values[TABLE_CURVE_WIDTH];

    if (row->ref.scope != SCOPE_VM || row->ref.row >= row->ref.shot->facts.count)
        return;
    history_read(tui->history, row->ref.shot->facts.list[row->ref.row].id, HISTORY_USED, values,
                 ARRAY_SIZE(values));
    buf_clear(&tui->text);
    figure_curve(&tui->text, values, ARRAY_SIZE(values), 100, canvas->utf8);
    canvas_put(canvas, at, shown->col, shown->width, buf_text(&tui->text),
               row->mark == ROW_MARK_ENDED ? STYLE_GONE : STYLE_NORMAL);
}

static void table_draw_cell(struct tui *tui, struct canvas *canvas, unsigned at,
                            const struct table_row *row, const struct shown_column *shown)
{
    struct figure figure = column_figure(shown->column, &row->ref, &tui->thresholds);
    enum style style = table_cell_style(row, shown->column, &figure);
    const char *text = table_cell_text(tui, &figure, shown->column);

    if (shown->column->kind == COLUMN_ID)
        canvas_put(canvas, at, shown->col, shown->width, text, style); /* a UUID may be cut */
    else if (shown->column->left)
        line_put_cut(canvas, at, shown->col, shown->width, text, style);
    else
        canvas_put_right(canvas, at, shown->col, shown->width - table_sort_mark(tui, shown->column),
                         text, style);
}

static void table_draw_row(struct tui *tui, struct canvas *canvas, unsigned at,
                           const struct table_row *row)
{
    for (size_t i = 0; i < tui->shown_count; i++) {
        const struct shown_column *shown = &tui->shown[i];

        if (!shown->width)
            continue;
        if (shown->column->kind == COLUMN_NAME)
            table_draw_name(tui, canvas, at, row, shown);
        else if (shown->column->kind == COLUMN_HISTORY)
            table_draw_curve(tui, canvas, at, row, shown);
        else
            table_draw_cell(tui, canvas, at, row, shown);
    }
}

/* Why there is no row, in the middle of where they would be. */
static void table_draw_empty(struct tui *tui, struct canvas *canvas)
{
    const struct box *box = &tui->layout.table;
    const struct view_info *view = &views[tui->view];
    const struct frame *frame = tui->shots[0].frame;
    const char *text = view->empty;
    unsigned width;

    buf_clear(&tui->text);
    if (tui_view(tui)->flat && frame && frame->tables[SCOPE_VM].rows)
        text = view->empty_flat;
    if (!frame)
        text = "waiting for the first figures";
    else if (tui->filter[0] && tui->table.all) {
        buf_printf(&tui->text, "no row matches the filter '%s' (Esc clears)", tui->filter);
        text = buf_text(&tui->text);
    }
    if (!text || !box->rows)
        return;
    width = canvas_text_width(canvas, text);
    if (width > box->cols)
        width = box->cols;
    line_put_cut(canvas, box->row + (box->rows - 1) / 2, box->col + (box->cols - width) / 2, width,
                 text, STYLE_DIM);
}

void draw_table(struct tui *tui, struct canvas *canvas)
{
    const struct box *box = &tui->layout.table;
    size_t top = tui_view(tui)->top, selected = tui_selected_index(tui);

    table_draw_titles(tui, canvas);
    if (!tui->table.count) {
        table_draw_empty(tui, canvas);
        return;
    }
    for (unsigned i = 0; i < box->rows && top + i < tui->table.count; i++) {
        unsigned at = box->row + i;

        table_draw_row(tui, canvas, at, &tui->table.list[top + i]);
        if (top + i == selected) {
            canvas_put(canvas, at, box->col, 1, ">", STYLE_NORMAL);
            canvas_select(canvas, at, box->col, box->cols);
        }
    }
}
