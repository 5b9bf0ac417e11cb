/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for people: 1.9G in place of 1992294 KB. */
#ifndef PROXTOP_PRINT_HUMAN_H
#define PROXTOP_PRINT_HUMAN_H

#include "base/buf.h"

enum human_style {
    HUMAN_WHOLE,    /* "999K", "1.0M", "117.7M" */
    HUMAN_DECIMAL,  /* the same with a decimal also where there is no suffix yet: "12.3" */
    HUMAN_FIGURES3, /* "999K", "1.0M", "118M": never more than three figures */
};

/* Appends a number of a unit of the metric table that has larger ones ("KB", "KB/s",
 * "bytes", "B/s" by 1024; "1/s" by 1000) with the suffix of that which suits it. False,
 * and nothing is appended, for any other unit. The number must be finite. */
bool human_put(struct buf *out, const char *unit, enum human_style style, double number);

#endif
