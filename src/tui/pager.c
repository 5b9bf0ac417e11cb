/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A long text in a box of the screen. */
#include "tui/pager.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define PAGER_TEXT_SIZE 512
#define PAGER_GAP       2 /* blanks between fields */

void overlay_clear(struct canvas *canvas, const struct box *box)
{
    for (unsigned row = box->row; row < box->row + box->rows; row++)
        canvas_fill(canvas, row, box->col, box->cols, ' ', STYLE_NORMAL);
}

size_t overlay_break(const struct canvas *canvas, const char *text, unsigned width)
{
    size_t at = 0, word = 0;
    unsigned used = 0;

    while (text[at]) {
        char one[5] = "";
        uint32_t c;
        size_t len = utf8_next(text + at, &c);

        if (!len)
            len = 1;
        memcpy(one, text + at, len);
        unsigned columns = canvas_text_width(canvas, one);

        if (used + columns > width) {
            if (word)
                return word;
            return at ? at : len;
        }
        used += columns;
        at += len;
        if (text[at] == ' ')
            word = at;
    }
    return at;
}

static bool pager_in_sight(const struct pager *pager)
{
    return pager->line >= pager->top && pager->line - pager->top < pager->box.rows;
}

unsigned pager_left(const struct pager *pager)
{
    return pager->col < pager->box.cols ? pager->box.cols - pager->col : 0;
}

void pager_to(struct pager *pager, unsigned col)
{
    if (col > pager->col)
        pager->col = col;
}

void pager_put(struct pager *pager, enum style style, const char *text)
{
    unsigned left = pager_left(pager), width = canvas_text_width(pager->canvas, text);

    if (pager_in_sight(pager))
        canvas_put(pager->canvas, pager->box.row + (unsigned)(pager->line - pager->top),
                   pager->box.col + pager->col, left, text, style);
    pager->col += width < left ? width : left;
}

void pager_printf(struct pager *pager, enum style style, const char *format, ...)
{
    char text[PAGER_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    /* What does not fit into the text does not fit into a line of the screen either. */
    if (vsnprintf(text, sizeof(text), format, arguments) < 0)
        text[0] = '\0';
    va_end(arguments);
    pager_put(pager, style, text);
}

void pager_next(struct pager *pager)
{
    pager->line++;
    pager->col = 0;
}

void pager_heading(struct pager *pager, const char *text)
{
    if (pager->line)
        pager_next(pager);
    pager_put(pager, STYLE_HEADING, text);
    pager_next(pager);
}

/* Whether a word would be cut here that a line of its own holds. */
static bool pager_should_begin_line(const struct pager *pager, unsigned indent, const char *text)
{
    size_t here = overlay_break(pager->canvas, text, pager_left(pager));

    if (pager->col <= indent || !text[here] || text[here] == ' ')
        return false;
    size_t there = overlay_break(pager->canvas, text, pager->box.cols - indent);

    return !text[there] || text[there] == ' ';
}

void pager_wrap(struct pager *pager, unsigned indent, enum style style, const char *text)
{
    if (indent >= pager->box.cols)
        indent = 0;
    while (*text) {
        if (!pager_left(pager) || pager_should_begin_line(pager, indent, text)) {
            pager_next(pager);
            pager_to(pager, indent);
        }
        char piece[4 * PAGER_TEXT_SIZE];
        size_t len = overlay_break(pager->canvas, text, pager_left(pager));

        if (len >= sizeof(piece))
            len = sizeof(piece) - 1;
        memcpy(piece, text, len);
        piece[len] = '\0';
        pager_put(pager, style, piece);
        text += len;
        while (*text == ' ')
            text++;
        if (*text)
            pager->col = pager->box.cols;
    }
}

void pager_field(struct pager *pager, unsigned indent, const char *name, enum style style,
                 const char *value)
{
    unsigned width = canvas_text_width(pager->canvas, name) +
                     canvas_text_width(pager->canvas, value) + (*name ? 1 : 0);

    if (pager->col > indent) {
        if (width + PAGER_GAP > pager_left(pager))
            pager_next(pager);
        else
            pager->col += PAGER_GAP;
    }
    pager_to(pager, indent);
    if (*name) {
        pager_put(pager, STYLE_DIM, name);
        pager->col++;
    }
    pager_wrap(pager, indent, style, value);
}

/* Between status bar and footer. */
static struct box pager_box(const struct tui *tui, const struct canvas *canvas)
{
    const struct layout *layout = &tui->layout;
    unsigned top = layout->status.rows ? layout->status.row + layout->status.rows : 0;
    unsigned end = layout->footer.rows ? layout->footer.row : canvas->rows;

    return (struct box){
        .row = top, .rows = end > top ? end - top : 0, .col = 0, .cols = canvas->cols};
}

/* The title, and where in the text one is. */
static void pager_show_title(struct pager *pager, unsigned row, const char *title)
{
    size_t rows = pager->box.rows, lines = pager->line;
    size_t last = pager->top + rows < lines ? pager->top + rows : lines;
    bool more = last < lines;
    unsigned cols = pager->box.cols;
    char place[96];

    snprintf(place, sizeof(place), "%s%zu-%zu of %zu  Esc closes", more ? "(more below)  " : "",
             lines ? pager->top + 1 : 0, last, lines);
    unsigned width = canvas_text_width(pager->canvas, title);
    unsigned place_width = canvas_text_width(pager->canvas, place);

    if (width + place_width + 3 > cols) {
        copy_text(place, sizeof(place), more ? "(more below)" : "Esc closes");
        place_width = canvas_text_width(pager->canvas, place);
    }
    canvas_fill(pager->canvas, row, 0, cols, ' ', STYLE_TITLE);
    if (place_width + 2 < cols) {
        canvas_put(pager->canvas, row, cols - place_width - 1, place_width, place, STYLE_TITLE);
        cols -= place_width + 2;
    }
    canvas_put(pager->canvas, row, 1, cols > 1 ? cols - 1 : 0, title, STYLE_TITLE);
}

void pager_show(struct tui *tui, struct canvas *canvas, const char *title, pager_make *make,
                void *argument)
{
    struct box box = pager_box(tui, canvas);
    bool titled = box.rows >= 3;
    struct pager pager = {.canvas = canvas, .box = box};

    overlay_clear(canvas, &box);
    if (titled) {
        pager.box.row++;
        pager.box.rows--;
    }
    /* A column on the left stays free. */
    if (box.cols > 8) {
        pager.box.col++;
        pager.box.cols--;
    }
    for (;;) {
        pager.top = tui->overlay_top;
        pager.line = 0;
        pager.col = 0;
        if (pager.box.rows)
            make(&pager, argument);
        size_t end = pager.line > pager.box.rows ? pager.line - pager.box.rows : 0;

        tui->overlay_lines = pager.line;
        tui->overlay_rows = pager.box.rows;
        if (tui->overlay_top <= end)
            break;
        tui->overlay_top = end;
        overlay_clear(canvas, &pager.box);
    }
    if (titled) {
        pager.box.cols = box.cols;
        pager_show_title(&pager, box.row, title);
    }
}
