/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of parts. What is too much for a line's memory is left out, like what is too wide. */
#include "tui/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void line_begin(struct line *line, const struct canvas *canvas)
{
    line->canvas = canvas;
    line->part_count = line->run_count = line->len = 0;
}

void line_part(struct line *line, unsigned rank, const char *gap, enum style gap_style)
{
    if (line->part_count == LINE_PARTS_MAX)
        return;
    line->parts[line->part_count++] = (struct line_part){
        .gap = gap, .gap_style = gap_style, .rank = rank, .first = line->run_count};
}

void line_put(struct line *line, enum style style, const char *text, unsigned columns)
{
    struct line_part *part;
    size_t size = strlen(text) + 1;
    unsigned width;

    if (!line->part_count || line->run_count == LINE_RUNS_MAX || !*text)
        return;
    if (size > sizeof(line->text) - line->len)
        return;
    memcpy(line->text + line->len, text, size);
    width = canvas_text_width(line->canvas, text);
    if (width > columns)
        width = columns;
    part = &line->parts[line->part_count - 1];
    line->runs[line->run_count++] =
        (struct line_run){.text = line->len, .width = width, .style = style};
    line->len += size;
    part->runs++;
    part->width += width;
}

void line_printf(struct line *line, enum style style, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    if (vsnprintf(text, sizeof(text), format, args) >= 0)
        line_put(line, style, text, sizeof(text));
    va_end(args);
}

unsigned line_width(const struct line *line)
{
    unsigned width = 0;
    bool first = true;

    for (size_t i = 0; i < line->part_count; i++) {
        const struct line_part *part = &line->parts[i];

        if (part->left_out || !part->runs)
            continue;
        width += part->width + (first ? 0 : canvas_text_width(line->canvas, part->gap));
        first = false;
    }
    return width;
}

/* The part that goes first; NULL = none is left. */
static struct line_part *line_least(struct line *line)
{
    struct line_part *least = NULL;

    for (size_t i = 0; i < line->part_count; i++) {
        struct line_part *part = &line->parts[i];

        if (!part->left_out && part->runs && (!least || part->rank >= least->rank))
            least = part;
    }
    return least;
}

unsigned line_fit(struct line *line, unsigned columns)
{
    unsigned width = line_width(line);

    while (width > columns) {
        struct line_part *least = line_least(line);

        if (!least)
            break;
        least->left_out = true;
        width = line_width(line);
    }
    return width;
}

unsigned line_draw(struct line *line, struct canvas *canvas, unsigned row, unsigned col,
                   unsigned columns)
{
    unsigned width = line_fit(line, columns), at = col;
    bool first = true;

    for (size_t i = 0; i < line->part_count; i++) {
        const struct line_part *part = &line->parts[i];

        if (part->left_out || !part->runs)
            continue;
        if (!first)
            at += canvas_put(canvas, row, at, col + width - at, part->gap, part->gap_style);
        first = false;
        for (size_t r = part->first; r < part->first + part->runs; r++) {
            const struct line_run *run = &line->runs[r];

            line_put_cut(canvas, row, at, run->width, line->text + run->text, run->style);
            at += run->width;
        }
    }
    return width;
}

enum style style_of_severity(enum severity severity, enum style usual)
{
    switch (severity) {
    case SEVERITY_CRIT:
        return STYLE_CRIT;
    case SEVERITY_WARN:
        return STYLE_WARN;
    default:
        return usual;
    }
}

unsigned line_put_cut(struct canvas *canvas, unsigned row, unsigned col, unsigned width,
                      const char *text, enum style style)
{
    unsigned taken;

    if (!width || canvas_text_width(canvas, text) <= width)
        return canvas_put(canvas, row, col, width, text, style);
    taken = canvas_put(canvas, row, col, width - 1, text, style);
    return taken +
           canvas_put(canvas, row, col + taken, 1, canvas->utf8 ? "\xe2\x80\xa6" : "+", style);
}
