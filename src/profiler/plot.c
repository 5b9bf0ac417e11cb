/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A profile as a picture: the page and its parts. */
#include "profiler/plot.h"

#include <math.h>

#include "base/utf8.h"
#include "profiler/plot_internal.h"
#include "profiler/words.h"

#define PLOT_HEAD       84.0 /* title and subtitle */
#define PLOT_NAME       38.0 /* of a metric */
#define PLOT_GAP        34.0 /* between two metrics */
#define PLOT_TITLE_MAX  70   /* characters */
#define PLOT_DETAIL_MAX 140

/* Contrast of texts on their grounds is 4.5 at least, in both. */
static const char plot_style[] =
    "<style>"
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;"
    "font-size:12px;fill:#1f2328}"
    ".ground{fill:#ffffff}.h1{font-size:22px;font-weight:600}.h2{font-size:16px;font-weight:600}"
    ".soft{fill:#59636e}.small{font-size:11px;fill:#59636e}"
    ".cell{fill:#0b57d0}.empty{fill:#eef1f4}.on{fill:#ffffff}"
    ".bar{fill:#0b57d0}.long{stroke:#bc4c00;stroke-width:2}.longtext{fill:#bc4c00}"
    ".grid{stroke:#d8dee4;stroke-width:1}.frame{fill:none;stroke:#afb8c1;stroke-width:1}"
    ".value{fill:none;stroke:#0b57d0;stroke-width:1.4;stroke-linejoin:round}"
    ".score{fill:none;stroke:#8250df;stroke-width:1.4;stroke-linejoin:round}"
    ".limit{stroke:#d1242f;stroke-width:1;stroke-dasharray:5 4}.alarm{fill:#d1242f;"
    "fill-opacity:.16}.alarmtext{fill:#d1242f}"
    "@media(prefers-color-scheme:dark){"
    "text{fill:#e6edf3}.ground{fill:#0d1117}.soft,.small{fill:#9198a1}"
    ".cell,.bar{fill:#58a6ff}.empty{fill:#1b222b}.on{fill:#0d1117}"
    ".long{stroke:#f0883e}.longtext{fill:#f0883e}"
    ".grid{stroke:#2b323b}.frame{stroke:#4d5661}.value{stroke:#58a6ff}.score{stroke:#c297ff}"
    ".limit{stroke:#ff7b72}.alarm{fill:#ff7b72;fill-opacity:.22}.alarmtext{fill:#ff7b72}}"
    "</style>\n";

/* At most `max` characters. */
static void plot_put_cut(struct buf *out, const char *text, unsigned max)
{
    for (; *text && max; max--) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);

        if (!n || utf8_is_control(c) || c == 0xfffe || c == 0xffff)
            buf_puts(out, "\xef\xbf\xbd"); /* U+FFFD */
        else if (c == '<')
            buf_puts(out, "&lt;");
        else if (c == '>')
            buf_puts(out, "&gt;");
        else if (c == '&')
            buf_puts(out, "&amp;");
        else if (c == '"')
            buf_puts(out, "&quot;");
        else
            buf_add(out, text, n);
        text += n ? n : 1;
    }
    if (*text)
        buf_puts(out, "\xe2\x80\xa6");
}

void plot_put_text(struct buf *out, const char *text)
{
    plot_put_cut(out, text, UINT32_MAX);
}

void plot_put_number(struct buf *out, const char *name, double value)
{
    buf_printf(out, " %s=\"", name);
    buf_put_fixed(out, isfinite(value) ? value : 0, 1);
    buf_putc(out, '"');
}

void plot_begin_text(struct buf *out, const char *class, double x, double y, const char *anchor)
{
    buf_printf(out, "<text class=\"%s\"", class);
    plot_put_number(out, "x", x);
    plot_put_number(out, "y", y);
    if (anchor[0] != 's')
        buf_printf(out, " text-anchor=\"%s\"", anchor);
    buf_putc(out, '>');
}

void plot_end_text(struct buf *out)
{
    buf_puts(out, "</text>\n");
}

void plot_put_line(struct buf *out, const char *class, double x1, double y1, double x2, double y2)
{
    buf_printf(out, "<line class=\"%s\"", class);
    plot_put_number(out, "x1", x1);
    plot_put_number(out, "y1", y1);
    plot_put_number(out, "x2", x2);
    plot_put_number(out, "y2", y2);
    buf_puts(out, "/>\n");
}

void plot_put_rect(struct buf *out, const char *class, double x, double y, double width,
                   double height)
{
    buf_printf(out, "<rect class=\"%s\"", class);
    plot_put_number(out, "x", x);
    plot_put_number(out, "y", y);
    plot_put_number(out, "width", width);
    plot_put_number(out, "height", height);
    buf_puts(out, "/>\n");
}

static double plot_metric_height(const struct plot_metric *metric)
{
    return PLOT_NAME + plot_heat_height(metric->channel) +
           (metric->track ? plot_time_height() : 0) + PLOT_GAP;
}

/* "P50 12, P95 90": nothing without values. */
static void plot_quantiles(struct buf *out, const struct channel *channel)
{
    static const struct {
        const char *name;
        double q;
    } all[] = {{"P50", 0.5}, {"P95", 0.95}, {"P99", 0.99}};

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        double value = histogram_quantile(&channel->histogram, all[i].q);

        if (!isfinite(value))
            continue;
        buf_printf(out, " \xc2\xb7 %s ", all[i].name);
        words_put_value(out, &channel->spec, value, true);
    }
}

static void plot_metric(struct buf *out, const struct plot_metric *metric, double step_seconds,
                        double y)
{
    const struct channel *channel = metric->channel;
    struct buf text = {0};

    plot_put_line(out, "grid", PLOT_EDGE, y, PLOT_WIDTH - PLOT_EDGE, y);
    plot_begin_text(out, "h2", PLOT_EDGE, y + 26, "start");
    plot_put_text(out, channel->spec.name);
    plot_end_text(out);
    words_put_value(&text, &channel->spec, channel->scale.lo, false);
    buf_puts(&text, " to ");
    words_put_value(&text, &channel->spec, channel->scale.hi, true);
    if (channel->scale.kind == SCALE_LOG)
        buf_puts(&text, ", logarithmic");
    buf_printf(&text, " \xc2\xb7 %llu steps", (unsigned long long)channel->steps);
    if (channel->samples) {
        buf_puts(&text, " \xc2\xb7 mean ");
        words_put_value(&text, &channel->spec, channel->moments.mean, true);
    }
    plot_quantiles(&text, channel);
    plot_begin_text(out, "soft", PLOT_WIDTH - PLOT_EDGE, y + 26, "end");
    plot_put_text(out, buf_text(&text));
    plot_end_text(out);
    buf_done(&text);
    y += PLOT_NAME;
    y += plot_heat(out, channel, y);
    if (metric->track)
        plot_time(out, channel, metric->track, step_seconds, y);
}

void plot_print(const struct plot *plot, struct buf *out)
{
    double height = PLOT_HEAD, y = PLOT_HEAD;

    for (size_t i = 0; i < plot->count; i++)
        height += plot_metric_height(&plot->metrics[i]);
    buf_printf(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
               "viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>",
               PLOT_WIDTH, height, PLOT_WIDTH, height);
    plot_put_cut(out, plot->title, PLOT_TITLE_MAX);
    buf_puts(out, "</title>\n");
    buf_puts(out, plot_style);
    plot_put_rect(out, "ground", 0, 0, PLOT_WIDTH, height);
    plot_begin_text(out, "h1", PLOT_EDGE, 40, "start");
    plot_put_cut(out, plot->title, PLOT_TITLE_MAX);
    plot_end_text(out);
    plot_begin_text(out, "soft", PLOT_EDGE, 62, "start");
    plot_put_cut(out, plot->subtitle, PLOT_DETAIL_MAX);
    plot_end_text(out);
    for (size_t i = 0; i < plot->count; i++) {
        plot_metric(out, &plot->metrics[i], plot->step_seconds, y);
        y += plot_metric_height(&plot->metrics[i]);
    }
    buf_puts(out, "</svg>\n");
}
