/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prometheus text exposition format 0.0.4, and OpenMetrics 1.0.0. */
#include <stdlib.h>

#include "base/util.h"
#include "print/printer.h"

struct prometheus_printer {
    struct print_options options;
};

static struct printer *prometheus_create(const struct print_options *options)
{
    struct prometheus_printer *prometheus = xcalloc(1, sizeof(*prometheus));

    prometheus->options = *options;
    return (struct printer *)prometheus;
}

static void prometheus_destroy(struct printer *printer)
{
    free(printer);
}

static void prometheus_print(struct printer *printer UNUSED, const struct frame *frame UNUSED,
                             struct buf *out)
{
    buf_puts(out, "");
}

static const char *prometheus_content_type(const struct print_options *options)
{
    return options->openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8";
}

const struct printer_ops printer_prometheus = {
    .name = "prometheus",
    .replaces = true,
    .content_type = prometheus_content_type,
    .create = prometheus_create,
    .print = prometheus_print,
    .destroy = prometheus_destroy,
};
