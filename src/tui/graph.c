/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A curve over time as some lines of characters. */
#include "tui/graph.h"

#include <math.h>

/* From nothing to a full character. */
static const char *const graph_blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
static const char *const graph_ascii[] = {" ", ".", ":", "*"};

/* The largest value that the column stands for; NAN = none is known. */
static float graph_column(const struct graph *graph, unsigned col)
{
    size_t from = (size_t)col * graph->count / graph->cols;
    size_t to = (size_t)(col + 1) * graph->count / graph->cols;
    float largest = NAN;

    if (to == from && to < graph->count)
        to++;
    for (size_t i = from; i < to; i++)
        largest = fmaxf(largest, graph->values[i]);
    return largest;
}

void graph_put_line(struct buf *out, const struct graph *graph, unsigned row, bool utf8)
{
    const char *const *marks = utf8 ? graph_blocks : graph_ascii;
    unsigned steps = (unsigned)(utf8 ? ARRAY_SIZE(graph_blocks) : ARRAY_SIZE(graph_ascii)) - 1;
    unsigned below = (graph->rows - 1 - row) * steps; /* steps of the lines below this one */

    for (unsigned col = 0; col < graph->cols; col++) {
        float value = graph_column(graph, col);
        unsigned level = 0;

        if (!isnan(value)) {
            float part = fminf(fmaxf(value / graph->full, 0), 1);

            level = (unsigned)lroundf(part * (float)(graph->rows * steps));
            if (!level)
                level = 1;
        }
        level = level > below ? level - below : 0;
        buf_puts(out, marks[level < steps ? level : steps]);
    }
}

float graph_scale(const float *values, size_t count)
{
    float largest = 1, scale = 1;

    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, values[i]);
    /* From 1 to 2, to 5, to 10; far beyond what any unit is good for. */
    for (unsigned i = 0; i < 27 && scale < largest; i++)
        scale *= i % 3 == 1 ? 2.5F : 2;
    return scale;
}
