/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics for manual pages and docs/METRICS.md. */
#include <math.h>
#include <string.h>

#include "manual.h"
#include "model/metric.h"
#include "profiler/metrics.h"

/* A line in front of the metrics of a collector. */
static void manual_collector(struct buf *out, enum collector collector)
{
    if (collector == COLLECTOR_BASE)
        buf_puts(out, "Always collected:\n");
    else
        buf_printf(out, "Collector\n.Fl -%s :\n", collector_name(collector));
    buf_puts(out, ".Bl -tag -width Ds\n");
}

static void manual_metric(struct buf *out, const struct metric *metric)
{
    struct buf text = {0};

    buf_puts(out, ".It Cm ");
    mdoc_word(out, metric->key);
    buf_puts(&text, metric->label);
    if (metric->unit[0])
        buf_printf(&text, ", %s", metric->unit);
    if (metric->verbose)
        buf_puts(&text, ", verbose");
    buf_puts(out, " Pq ");
    mdoc_word(out, buf_text(&text));
    buf_putc(out, '\n');
    mdoc_sentence(out, metric->help);
    buf_clear(&text);
    buf_printf(&text, "Source: %s", metric->source);
    mdoc_sentence(out, buf_text(&text));
    buf_done(&text);
}

bool manual_metrics(struct buf *out, const char *argument)
{
    int collector = -1;
    enum scope scope;

    if (!scope_by_name(argument, &scope))
        return false;
    for (unsigned i = 0; i < scope_columns(scope); i++) {
        const struct metric *metric = metric_at(scope, i);

        if ((int)metric->collector != collector) {
            if (collector >= 0)
                buf_puts(out, ".El\n.Pp\n");
            collector = (int)metric->collector;
            manual_collector(out, metric->collector);
        }
        manual_metric(out, metric);
    }
    buf_puts(out, ".El\n");
    return true;
}

/* In the unit of the metric: the shortest form. */
bool manual_thresholds(struct buf *out, const char *argument)
{
    buf_puts(out,
             ".Bl -column \"netdev.net_host_transmittedErrs\" \"warning\" \"critical\" \"unit\"\n"
             ".It Sy Metric Ta Sy warning Ta Sy critical Ta Sy unit\n");
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        if (isnan(m->warn) && isnan(m->crit))
            continue;
        buf_printf(out, ".It Cm %s.%s Ta %.10g Ta %.10g Ta %s\n", scope_name(m->scope), m->key,
                   m->warn, m->crit, m->unit);
    }
    buf_puts(out, ".El\n");
    return !*argument;
}

static void manual_profile_range(struct buf *out, enum profiler_metric metric)
{
    struct profiler_ranges usual = {.io_max = 0, .link_mbit = NAN};
    struct channel_spec spec;

    profiler_metric_spec(metric, &usual, &spec);
    buf_printf(out, "%.10g to %.10g %s%s", spec.lo, spec.hi, spec.unit,
               spec.scale == SCALE_LOG ? ", logarithmic" : "");
}

bool manual_profile_metrics(struct buf *out, const char *argument)
{
    buf_puts(out, ".Bl -tag -width 14n\n");
    for (enum profiler_metric m = 0; m < PROFILER_METRIC__COUNT; m++) {
        buf_printf(out, ".It Cm %s Pq ", profiler_metric_name(m));
        manual_profile_range(out, m);
        buf_printf(out, " ; Fl -%s\n", collector_name(profiler_metric_collector(m)));
        mdoc_phrase(out, profiler_metric_help(m));
    }
    buf_puts(out, ".El\n");
    return !*argument;
}

/* A cell of a table. */
static void markdown_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\|*<>[]`", *text))
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_puts(out, " | ");
}

static void markdown_code(struct buf *out, const char *text)
{
    if (*text)
        buf_printf(out, "`%s`", text);
    buf_puts(out, " | ");
}

static const char *markdown_type(const struct metric *metric)
{
    static const char *const types[] = {
        [METRIC_TYPE_STR] = "text", [METRIC_TYPE_INT] = "integer", [METRIC_TYPE_DEC] = "decimal"};

    return types[metric->type];
}

static const char *markdown_kind(const struct metric *metric)
{
    static const char *const kinds[] = {[METRIC_KIND_INFO] = "",
                                        [METRIC_KIND_GAUGE] = ", gauge",
                                        [METRIC_KIND_RATE] = ", rate",
                                        [METRIC_KIND_TOTAL] = ", total"};

    return kinds[metric->kind];
}

bool manual_markdown_metrics(struct buf *out, const char *argument)
{
    enum scope scope;

    if (!scope_by_name(argument, &scope))
        return false;
    buf_puts(out, "| key | title | unit | type | collector | verbose | meaning | source "
                  "| Prometheus |\n|---|---|---|---|---|---|---|---|---|\n");
    for (unsigned i = 0; i < scope_columns(scope); i++) {
        const struct metric *metric = metric_at(scope, i);

        buf_puts(out, "| ");
        markdown_code(out, metric->key);
        markdown_text(out, metric->label);
        markdown_text(out, metric->unit);
        buf_printf(out, "%s%s | %s | %s | ", markdown_type(metric), markdown_kind(metric),
                   collector_name(metric->collector), metric->verbose ? "yes" : "");
        markdown_text(out, metric->help);
        markdown_text(out, metric->source);
        markdown_code(out, metric->prometheus);
        out->len--; /* the blank behind the last bar */
        buf_putc(out, '\n');
    }
    return true;
}

bool manual_markdown_profile_metrics(struct buf *out, const char *argument)
{
    buf_puts(out, "| metric | meaning | range | collector |\n|---|---|---|---|\n");
    for (enum profiler_metric m = 0; m < PROFILER_METRIC__COUNT; m++) {
        buf_puts(out, "| ");
        markdown_code(out, profiler_metric_name(m));
        markdown_text(out, profiler_metric_help(m));
        manual_profile_range(out, m);
        buf_printf(out, " | %s |\n", collector_name(profiler_metric_collector(m)));
    }
    return !*argument;
}
