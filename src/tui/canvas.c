/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The canvas. Cells stay consistent whatever is put over what: a cell of width 2
 * is followed by one of width 0 with the same style, and by nothing else.
 */
#include "tui/canvas.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#include "base/utf8.h"

static const struct canvas_cell canvas_blank = {.text = {' '}, .width = 1};

void canvas_done(struct canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct canvas){0};
}

void canvas_resize(struct canvas *canvas, unsigned rows, unsigned cols)
{
    canvas->cells =
        array_grow(canvas->cells, &canvas->capacity, (size_t)rows * cols, sizeof(*canvas->cells));
    canvas->rows = rows;
    canvas->cols = cols;
    canvas_clear(canvas);
}

void canvas_clear(struct canvas *canvas)
{
    size_t count = (size_t)canvas->rows * canvas->cols;

    for (size_t i = 0; i < count; i++)
        canvas->cells[i] = canvas_blank;
}

/* Characters that are not seen themselves but change how wide some terminals show those
 * beside them: joiners, variation selectors, tags. */
static bool canvas_is_invisible(uint32_t c)
{
    return (c >= 0x200b && c <= 0x200d) || (c >= 0x2060 && c <= 0x2064) ||
           (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff);
}

/* How a character shows: *c and its width (0 = it joins the one before; *c = 0: it is left
 * out). */
static unsigned canvas_shape(const struct canvas *canvas, uint32_t *c)
{
    int width;

    if (*c >= 0x20 && *c < 0x7f)
        return 1;
    width = canvas->utf8 && !utf8_is_control(*c) ? wcwidth((wchar_t)*c) : -1;
    if (width < 0 || width > 2) {
        *c = '?';
        return 1;
    }
    if (canvas_is_invisible(*c)) {
        *c = 0;
        return 0;
    }
    return (unsigned)width;
}

/* The next character of *text as it shows, and its width; *text moves behind it. */
static unsigned canvas_next(const struct canvas *canvas, const char **text, uint32_t *ret)
{
    size_t n = utf8_next(*text, ret);

    if (!n) {
        *ret = 0x7f; /* as any other that cannot be shown */
        n = 1;
    }
    *text += n;
    return canvas_shape(canvas, ret);
}

unsigned canvas_text_width(const struct canvas *canvas, const char *text)
{
    unsigned width = 0;
    uint32_t c;

    while (*text)
        width += canvas_next(canvas, &text, &c);
    return width;
}

static struct canvas_cell *canvas_row(const struct canvas *canvas, unsigned row)
{
    return canvas->cells + (size_t)row * canvas->cols;
}

/* How many columns from `col` on may be written to: `width`, or what there is. */
static unsigned canvas_room(const struct canvas *canvas, unsigned row, unsigned col, unsigned width)
{
    if (row >= canvas->rows || col >= canvas->cols)
        return 0;
    return width < canvas->cols - col ? width : canvas->cols - col;
}

/* What is left of a wide character of which a half is written over is a blank. */
static void canvas_blank_half(struct canvas_cell *cell)
{
    cell->text[0] = ' ';
    for (size_t i = 1; i <= CANVAS_MARKS; i++)
        cell->text[i] = 0;
    cell->width = 1;
}

/* Makes [from, to) of the row free for other characters. */
static void canvas_cut(const struct canvas *canvas, struct canvas_cell *cells, unsigned from,
                       unsigned to)
{
    if (from >= to)
        return;
    if (cells[from].width == 0 && from > 0)
        canvas_blank_half(&cells[from - 1]);
    if (cells[to - 1].width == 2 && to < canvas->cols)
        canvas_blank_half(&cells[to]);
}

static void canvas_add_mark(struct canvas_cell *cell, uint32_t c)
{
    for (size_t i = 1; i <= CANVAS_MARKS; i++) {
        if (!cell->text[i]) {
            cell->text[i] = c;
            return;
        }
    }
}

unsigned canvas_put(struct canvas *canvas, unsigned row, unsigned col, unsigned width,
                    const char *text, enum style style)
{
    unsigned room = canvas_room(canvas, row, col, width), taken = 0;
    struct canvas_cell *cells, *last = NULL;

    if (!room)
        return 0;
    cells = canvas_row(canvas, row);
    while (*text) {
        uint32_t c;
        unsigned n = canvas_next(canvas, &text, &c), at = col + taken;

        if (n > room - taken)
            break;
        if (n) {
            canvas_cut(canvas, cells, at, at + n);
            last = &cells[at];
            *last = (struct canvas_cell){.text = {c}, .width = (uint8_t)n, .style = (uint8_t)style};
            if (n == 2)
                last[1] = (struct canvas_cell){.style = (uint8_t)style};
            taken += n;
        } else if (c && last) { /* marks without a character before them join no stranger's */
            canvas_add_mark(last, c);
        }
    }
    return taken;
}

void canvas_put_right(struct canvas *canvas, unsigned row, unsigned col, unsigned width,
                      const char *text, enum style style)
{
    unsigned need = canvas_text_width(canvas, text), shift = need < width ? width - need : 0;

    if (canvas_room(canvas, row, col, width) > shift)
        canvas_put(canvas, row, col + shift, width - shift, text, style);
}

unsigned canvas_printf(struct canvas *canvas, unsigned row, unsigned col, unsigned width,
                       enum style style, const char *format, ...)
{
    char line[501];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (n < 0)
        return 0;
    if ((size_t)n >= sizeof(line)) { /* not half a character at the end */
        size_t len = sizeof(line) - 1;

        while (len && (line[len - 1] & 0xc0) == 0x80)
            len--;
        if (len && (line[len - 1] & 0x80))
            len--;
        line[len] = '\0';
    }
    return canvas_put(canvas, row, col, width, line, style);
}

void canvas_fill(struct canvas *canvas, unsigned row, unsigned col, unsigned width, uint32_t c,
                 enum style style)
{
    unsigned room = canvas_room(canvas, row, col, width);
    struct canvas_cell *cells;

    if (!room)
        return;
    if (canvas_shape(canvas, &c) != 1)
        c = '?';
    cells = canvas_row(canvas, row);
    canvas_cut(canvas, cells, col, col + room);
    for (unsigned i = col; i < col + room; i++)
        cells[i] = (struct canvas_cell){.text = {c}, .width = 1, .style = (uint8_t)style};
}

void canvas_select(struct canvas *canvas, unsigned row, unsigned col, unsigned width)
{
    unsigned room = canvas_room(canvas, row, col, width), end = col + room;
    struct canvas_cell *cells;

    if (!room)
        return;
    cells = canvas_row(canvas, row);
    /* Both halves of a wide character, or none. */
    if (cells[col].width == 0 && col > 0)
        col--;
    if (cells[end - 1].width == 2 && end < canvas->cols)
        end++;
    for (unsigned i = col; i < end; i++)
        cells[i].selected = true;
}

static void canvas_add_utf8(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
        return;
    }
    if (c < 0x800) {
        buf_putc(out, (char)(0xc0 | c >> 6));
    } else if (c < 0x10000) {
        buf_putc(out, (char)(0xe0 | c >> 12));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    } else {
        buf_putc(out, (char)(0xf0 | c >> 18));
        buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
        buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
    }
    buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

void canvas_row_text(const struct canvas *canvas, unsigned row, struct buf *out)
{
    const struct canvas_cell *cells;
    unsigned end = canvas->cols;

    if (row >= canvas->rows)
        return;
    cells = canvas_row(canvas, row);
    while (end && cells[end - 1].width == 1 && cells[end - 1].text[0] == ' ' &&
           !cells[end - 1].text[1])
        end--;
    for (unsigned i = 0; i < end; i++) {
        for (size_t k = 0; cells[i].width && k <= CANVAS_MARKS && cells[i].text[k]; k++)
            canvas_add_utf8(out, cells[i].text[k]);
    }
}
