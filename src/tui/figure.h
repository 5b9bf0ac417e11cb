/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures as text: units, digits, curves. */
#ifndef PROXTOP_TUI_FIGURE_H
#define PROXTOP_TUI_FIGURE_H

#include "base/buf.h"
#include "tui/column.h"

enum units {
    UNITS_HUMAN, /* 1.9G; network in Mb/s */
    UNITS_BYTES, /* the same, network in bytes per s */
    UNITS_RAW,   /* as the metric table has it */
    UNITS__COUNT,
};

/* "human", "bytes", "raw". */
const char *units_word(enum units units);

/* Appends the figure as the column shows it, hostile text as it is: "-" for none,
 * '~' or '>' in front. A number takes as few columns as its unit allows. */
void figure_put(struct buf *out, const struct figure *figure, const struct column *column,
                enum units units);

/* Single figures, for panel and details. KB, bytes: "51.9G"; a rate of bytes as
 * the units want it, without naming them ("92.1" Mb/s); a plain number with that
 * many digits. */
void figure_put_kb(struct buf *out, double kb);
void figure_put_bytes(struct buf *out, double bytes);
void figure_put_traffic(struct buf *out, double bytes_per_s, enum units units);
/* "Mb/s", "B/s" (a suffix K, M, G may stand before it), "B/s". */
const char *figure_traffic_unit(enum units units);

/* One character per value from 0 to `full`, oldest first: block elements, or ASCII
 * without UTF-8; a blank for NAN. */
void figure_curve(struct buf *out, const float *values, size_t count, float full, bool utf8);

#endif
