/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field selector and the sort menu: a list of columns over the table. */
#include <stdio.h>
#include <string.h>

#include "tui/pager.h"

#define CHOOSE_COLS       100 /* at most */
#define CHOOSE_COLS_LEAST 60
#define CHOOSE_ROWS_LEAST 6
#define CHOOSE_HELP       2 /* lines for what the chosen column says */
#define CHOOSE_TITLE      12
#define CHOOSE_KEY        28

/* Where a list is drawn. */
struct choose {
    struct tui *tui;
    struct canvas *canvas;
    struct box inner; /* inside the frame */
    const struct column *list[COLUMNS_MAX];
    size_t count;
    bool on[COLUMNS_MAX];    /* by number of the column */
    bool usual[COLUMNS_MAX]; /* likewise: the view has it by itself */
    const char *title;
    const char *keys, *keys_short; /* what they do */
};

size_t fields_list(const struct tui *tui, const struct column **list)
{
    bool listed[COLUMNS_MAX] = {false};
    size_t count = 0;
    enum column_family family = views[tui->view].family;
    const struct column *usual[COLUMNS_MAX];
    /* The order must not depend on what is on, nor on the screen: the cursor stays where it is. */
    size_t usual_count = view_default_columns(tui->view, tui->columns, 1000, usual);

    for (size_t i = 0; i < usual_count + column_count(tui->columns, family); i++) {
        const struct column *column =
            i < usual_count ? usual[i] : column_at(tui->columns, family, i - usual_count);

        if (listed[column->number] || !view_offers(tui->view, column))
            continue;
        /* A curve has no order. */
        if (tui->mode == MODE_SORT && column->kind == COLUMN_HISTORY)
            continue;
        listed[column->number] = true;
        list[count++] = column;
    }
    return count;
}

static void choose_frame(const struct choose *choose, const struct box *box)
{
    struct canvas *canvas = choose->canvas;
    bool utf8 = canvas->utf8;
    uint32_t across = utf8 ? 0x2500 : '-', down = utf8 ? 0x2502 : '|';
    unsigned right = box->col + box->cols - 1, bottom = box->row + box->rows - 1;

    canvas_fill(canvas, box->row, box->col, box->cols, across, STYLE_NORMAL);
    canvas_fill(canvas, bottom, box->col, box->cols, across, STYLE_NORMAL);
    for (unsigned row = box->row + 1; row < bottom; row++) {
        canvas_fill(canvas, row, box->col, 1, down, STYLE_NORMAL);
        canvas_fill(canvas, row, right, 1, down, STYLE_NORMAL);
    }
    canvas_fill(canvas, box->row, box->col, 1, utf8 ? 0x250c : '+', STYLE_NORMAL);
    canvas_fill(canvas, box->row, right, 1, utf8 ? 0x2510 : '+', STYLE_NORMAL);
    canvas_fill(canvas, bottom, box->col, 1, utf8 ? 0x2514 : '+', STYLE_NORMAL);
    canvas_fill(canvas, bottom, right, 1, utf8 ? 0x2518 : '+', STYLE_NORMAL);
    canvas_printf(canvas, box->row, box->col + 2, box->cols - 4, STYLE_HEADING, " %s ",
                  choose->title);
    const char *keys =
        canvas_text_width(canvas, choose->keys) + 6 > box->cols ? choose->keys_short : choose->keys;

    canvas_printf(canvas, bottom, box->col + 2, box->cols - 4, STYLE_KEY, " %s ", keys);
}

/* The part of a text that fits, up to the end of a word; what it took. */
static size_t choose_put_words(const struct choose *choose, unsigned row, unsigned col,
                               const char *text, enum style style)
{
    unsigned end = choose->inner.col + choose->inner.cols;

    if (col >= end)
        return 0;
    size_t len = overlay_break(choose->canvas, text, end - col);

    canvas_printf(choose->canvas, row, col, end - col, style, "%.*s", (int)min_size(len, 500),
                  text);
    return len;
}

static void choose_entry(const struct choose *choose, unsigned row, size_t number)
{
    const struct column *column = choose->list[number];
    struct canvas *canvas = choose->canvas;
    const struct box *inner = &choose->inner;
    bool chosen = number == choose->tui->overlay_cursor, sort = choose->tui->mode == MODE_SORT;
    bool on = choose->on[column->number];
    unsigned col = inner->col, end = inner->col + inner->cols;
    bool off_at_first = !choose->usual[column->number];
    /* What is dim cannot be read on the cursor's bar. */
    enum style style = off_at_first && !on && !chosen ? STYLE_DIM : STYLE_NORMAL;

    canvas_printf(canvas, row, col, inner->cols, style, "%c%s %s", chosen ? '>' : ' ',
                  sort ? (on ? "(*)" : "( )") : (on ? "[x]" : "[ ]"),
                  view_title(choose->tui->view, column));
    col += 5 + CHOOSE_TITLE;
    if (end > col) {
        canvas_fill(canvas, row, col - 1, end - col + 1, ' ', STYLE_NORMAL);
        canvas_printf(canvas, row, col, end - col, style, "%s%s", column->key,
                      off_at_first ? " *" : "");
    }
    col += CHOOSE_KEY;
    if (end > col + 10) {
        canvas_fill(canvas, row, col - 1, end - col + 1, ' ', STYLE_NORMAL);
        choose_put_words(choose, row, col, column->help, chosen ? STYLE_NORMAL : STYLE_DIM);
    }
    if (chosen)
        canvas_select(canvas, row, inner->col, inner->cols);
}

/* What the column under the cursor says, in the last lines. */
static void choose_help(const struct choose *choose, unsigned row, unsigned rows)
{
    const char *text = choose->list[choose->tui->overlay_cursor]->help;

    for (unsigned i = 0; i < rows && *text; i++) {
        text += choose_put_words(choose, row + i, choose->inner.col + 1, text, STYLE_NORMAL);
        while (*text == ' ')
            text++;
    }
}

/* Keeps the cursor in the list, and in sight. */
static void choose_scroll(struct tui *tui, size_t count, size_t rows)
{
    if (tui->overlay_cursor >= count)
        tui->overlay_cursor = count - 1;
    if (tui->overlay_top > tui->overlay_cursor)
        tui->overlay_top = tui->overlay_cursor;
    if (tui->overlay_cursor - tui->overlay_top >= rows)
        tui->overlay_top = tui->overlay_cursor - rows + 1;
    if (tui->overlay_top + rows > count)
        tui->overlay_top = count > rows ? count - rows : 0;
}

static void choose_mark(bool *marks, const struct column *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        marks[list[i]->number] = true;
}

/* Over titles and table, and not over all of them where there is room beside it. */
static struct box choose_box(const struct tui *tui, size_t count)
{
    const struct layout *layout = &tui->layout;
    unsigned area = layout->titles.rows + layout->table.rows, cols = layout->status.cols;
    unsigned rows = (unsigned)count + 3 + CHOOSE_HELP;

    if (rows > area && area >= CHOOSE_ROWS_LEAST)
        rows = area;
    if (cols > CHOOSE_COLS_LEAST)
        cols = cols * 7 / 8 > CHOOSE_COLS_LEAST ? cols * 7 / 8 : CHOOSE_COLS_LEAST;
    return layout_overlay(layout, rows, cols < CHOOSE_COLS ? cols : CHOOSE_COLS);
}

static void choose_draw(struct choose *choose)
{
    struct tui *tui = choose->tui;
    struct box box = choose_box(tui, choose->count);
    bool framed = box.rows >= 4 && box.cols >= 16;
    const struct column *usual[COLUMNS_MAX];
    unsigned help = box.rows >= 10 ? CHOOSE_HELP + 1 : 0;

    if (!box.rows || !box.cols || !choose->count)
        return;
    choose_mark(choose->usual, usual,
                view_default_columns(tui->view, tui->columns, tui->cols, usual));
    overlay_clear(choose->canvas, &box);
    choose->inner = box;
    if (framed) {
        choose_frame(choose, &box);
        choose->inner = (struct box){box.row + 1, box.col + 1, box.rows - 2, box.cols - 2};
    }
    unsigned rows = choose->inner.rows - help;

    tui->overlay_rows = rows;
    choose_scroll(tui, choose->count, rows);
    for (unsigned i = 0; i < rows && tui->overlay_top + i < choose->count; i++)
        choose_entry(choose, choose->inner.row + i, tui->overlay_top + i);
    if (help)
        choose_help(choose, choose->inner.row + rows + 1, help - 1);
    if (framed && box.cols >= 60)
        canvas_printf(choose->canvas, box.row, box.col + box.cols - 22, 20, STYLE_NORMAL,
                      " %zu of %zu ", tui->overlay_cursor + 1, choose->count);
}

void draw_fields(struct tui *tui, struct canvas *canvas)
{
    struct choose choose = {
        .tui = tui,
        .canvas = canvas,
        .title = "Fields (* = off at first)",
        .keys = "Space, Enter: on or off   f, Esc: close",
        .keys_short = "Space   Esc",
    };
    const struct column *shown[COLUMNS_MAX];
    size_t count =
        settings_columns(tui->columns, tui->view, tui->views[tui->view].fields, tui->cols, shown);

    choose_mark(choose.on, shown, count);
    choose.count = fields_list(tui, choose.list);
    choose_draw(&choose);
}

void draw_sort_menu(struct tui *tui, struct canvas *canvas)
{
    const struct view_state *view = &tui->views[tui->view];
    struct choose choose = {
        .tui = tui,
        .canvas = canvas,
        .title = view->ascending ? "Sort by, smallest first" : "Sort by, largest first",
        .keys = "Enter: sort by it   Esc: close",
        .keys_short = "Enter   Esc",
    };

    if (view->sort)
        choose.on[view->sort->number] = true;
    choose.count = fields_list(tui, choose.list);
    choose_draw(&choose);
}
