/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an output that shows frames needs to make pages of them: printers, ready made. */
#ifndef PROXTOP_OUTPUT_PAGES_H
#define PROXTOP_OUTPUT_PAGES_H

#include "print/printer.h"

struct output_page {
    const struct printer_ops *ops;
    struct printer *printer; /* borrowed */
    const char *content_type;
};

struct output_pages {
    struct output_page metrics;     /* Prometheus text 0.0.4 */
    struct output_page openmetrics; /* the same as OpenMetrics 1.0.0 */
    struct output_page json;        /* a cycle */
    double interval;                /* of the cycles, seconds */
};

#endif
