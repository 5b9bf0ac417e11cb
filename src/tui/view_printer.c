/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of the screen as text. */
#include "tui/view_printer.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/utf8.h"
#include "print/column.h"
#include "tui/rows.h"

#define VIEW_PRINTER_COLS 10000 /* as wide as it gets */
#define VIEW_PRINTER_GAP  1

/* The columns to print, in order. */
struct view_columns {
    const struct column *list[COLUMNS_MAX];
    size_t count;
};

struct view_printer {
    const struct tui_settings *settings;
    struct column_table *table;
    struct view_columns columns;
    const struct column *sort;
    bool ascending;
    bool begun; /* a cycle was printed */
    struct facts facts;
    struct table_rows rows;
    unsigned widths[COLUMNS_MAX];
    struct buf cells;  /* of one cycle: each with a NUL behind it, a row after the other */
    struct buf figure; /* of one cell, as it was told */
};

static const struct view_settings *view_own(const struct tui_settings *settings)
{
    return &settings->views[settings->view];
}

static bool view_has(const struct column *const list[], size_t count, const struct column *column)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == column)
            return true;
    }
    return false;
}

static bool view_lists(enum view view, const struct column_table *table,
                       const struct column *column)
{
    const struct view_info *info = &views[view];
    const struct column_ref *ref = info->wide     ? info->wide
                                   : info->medium ? info->medium
                                                  : info->narrow;

    for (; ref->kind >= 0; ref++) {
        if (column_of(table, info->family, *ref) == column)
            return true;
    }
    return false;
}

/* Of "+KEY,-KEY,..." those that are added, as a list. */
static void view_added(const char *fields, char ret[SETTINGS_FIELDS_SIZE])
{
    size_t len = 0;

    while (*fields) {
        size_t skip = strspn(fields, ", \t"), n = strcspn(fields + skip, ",");

        fields += skip;
        if (*fields == '+' && len + n < SETTINGS_FIELDS_SIZE) {
            memcpy(ret + len, fields + 1, n - 1);
            len += n;
            ret[len - 1] = ',';
        }
        fields += n;
    }
    ret[len] = '\0';
}

/* On the screen all other fields stand to the right of the view's own; here nobody could
 * scroll to them, so that only those are printed that were asked for. */
static void view_choose_columns(const struct tui_settings *settings,
                                const struct column_table *table, struct view_columns *ret)
{
    const struct column *all[COLUMNS_MAX], *added[COLUMNS_MAX];
    const char *fields = view_own(settings)->fields;
    char named[SETTINGS_FIELDS_SIZE];
    bool changes = fields[strspn(fields, ", \t")] == '+' || fields[strspn(fields, ", \t")] == '-';
    bool usual = !fields[strspn(fields, ", \t")];
    size_t all_count, added_count = 0;

    all_count = settings_columns(table, settings->view, fields, VIEW_PRINTER_COLS, all);
    view_added(fields, named);
    if (changes && named[0])
        added_count = settings_columns(table, settings->view, named, VIEW_PRINTER_COLS, added);
    ret->count = 0;
    for (size_t i = 0; i < all_count; i++) {
        if (all[i]->kind == COLUMN_HISTORY)
            continue;
        if ((!changes && !usual) || view_lists(settings->view, table, all[i]) ||
            view_has(added, added_count, all[i]))
            ret->list[ret->count++] = all[i];
    }
}

void view_printer_select(const struct tui_settings *settings, struct selection *selection)
{
    struct column_table *table = column_table_new();
    struct view_columns columns;
    bool ascending;

    view_choose_columns(settings, table, &columns);
    for (size_t i = 0; i < columns.count; i++)
        column_add_needs(columns.list[i], selection);
    column_add_needs(
        settings_sort_column(table, settings->view, view_own(settings)->sort, &ascending),
        selection);
    column_table_free(table);
}

static struct printer *view_create(const struct print_options *options)
{
    struct view_printer *view = xcalloc(1, sizeof(*view));

    view->settings = options->screen;
    view->table = column_table_new();
    view_choose_columns(view->settings, view->table, &view->columns);
    view->sort = settings_sort_column(view->table, view->settings->view,
                                      view_own(view->settings)->sort, &view->ascending);
    return (struct printer *)view;
}

static void view_destroy(struct printer *printer)
{
    struct view_printer *view = (struct view_printer *)printer;

    column_table_free(view->table);
    facts_done(&view->facts);
    table_rows_done(&view->rows);
    buf_done(&view->cells);
    buf_done(&view->figure);
    free(view);
}

/* Columns of a terminal. The text is UTF-8. */
static unsigned view_width(const char *text)
{
    unsigned width = 0;
    uint32_t c;
    size_t n;

    for (; *text && (n = utf8_next(text, &c)); text += n) {
        int columns = wcwidth((wchar_t)c);

        width += columns < 0 ? 1 : (unsigned)columns;
    }
    return width;
}

static void view_pad(struct buf *out, unsigned columns)
{
    while (columns--)
        buf_putc(out, ' ');
}

/* Appends the cell to view->cells and widens its column for it. */
static void view_take_cell(struct view_printer *view, const struct table_row *row, size_t number)
{
    const struct column *column = view->columns.list[number];
    struct figure figure = column_figure(column, &row->ref, &view->settings->thresholds);
    size_t start = view->cells.len;
    unsigned width;

    buf_clear(&view->figure);
    figure_put(&view->figure, &figure, column, view->settings->units);
    if (row->child && column->kind == COLUMN_NAME)
        view_pad(&view->cells, 2);
    print_clean(&view->cells, buf_text(&view->figure));
    buf_putc(&view->cells, '\0');
    width = view_width(view->cells.data + start);
    if (width > view->widths[number])
        view->widths[number] = width;
}

static void view_take_rows(struct view_printer *view)
{
    buf_clear(&view->cells);
    for (size_t i = 0; i < view->columns.count; i++) {
        const struct column *column = view->columns.list[i];
        unsigned width = view_width(view_title(view->settings->view, column));

        view->widths[i] = width > column->width ? width : column->width;
    }
    for (size_t i = 0; i < view->rows.count; i++) {
        for (size_t c = 0; c < view->columns.count; c++)
            view_take_cell(view, &view->rows.list[i], c);
    }
}

/* No blanks at the end of a line. */
static void view_put_cell(struct buf *out, const struct view_printer *view, size_t number,
                          const char *text)
{
    bool last = number + 1 == view->columns.count, left = view->columns.list[number]->left;
    unsigned gap = view->widths[number] - view_width(text);

    if (number)
        view_pad(out, VIEW_PRINTER_GAP);
    if (!left)
        view_pad(out, gap);
    buf_puts(out, text);
    if (left && !last)
        view_pad(out, gap);
}

static void view_put_table(struct view_printer *view, struct buf *out)
{
    const char *cell = view->cells.data;

    for (size_t i = 0; i < view->columns.count; i++)
        view_put_cell(out, view, i, view_title(view->settings->view, view->columns.list[i]));
    buf_putc(out, '\n');
    for (size_t i = 0; i < view->rows.count; i++) {
        for (size_t c = 0; c < view->columns.count; c++) {
            view_put_cell(out, view, c, cell);
            cell += strlen(cell) + 1;
        }
        buf_putc(out, '\n');
    }
    if (!view->rows.count) {
        buf_puts(out, views[view->settings->view].empty);
        buf_putc(out, '\n');
    }
}

static void view_print(struct printer *printer, const struct frame *frame, struct buf *out)
{
    struct view_printer *view = (struct view_printer *)printer;
    const struct tui_settings *settings = view->settings;
    static const struct id_set none;
    /* Nobody takes a reference by it, and nobody changes the frame. */
    union {
        const struct frame *told;
        struct frame *shown;
    } borrowed = {.told = frame};
    struct shot shot = {.frame = borrowed.shown};
    struct rows_request request = {
        .shot = &shot,
        .fresh = &none,
        .view = settings->view,
        .filter = settings->filter,
        .sort = view->sort,
        .ascending = view->ascending,
        .expand_all = views[settings->view].children != SCOPE__COUNT,
        .toggled = &none,
        .thresholds = &settings->thresholds,
    };

    facts_look(&view->facts, frame, &settings->thresholds);
    shot.facts = view->facts;
    table_rows_build(&view->rows, &request);
    view_take_rows(view);
    if (view->begun)
        buf_putc(out, '\n');
    view->begun = true;
    view_put_table(view, out);
}

static const char *view_content_type(const struct print_options *options UNUSED)
{
    return "text/plain; charset=utf-8";
}

const struct printer_ops printer_view = {
    .name = "text",
    .content_type = view_content_type,
    .create = view_create,
    .print = view_print,
    .destroy = view_destroy,
};
