/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts, numbers and heads of families, as Prometheus and OpenMetrics write them. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "print/prometheus_internal.h"

#define PROMETHEUS_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define PROMETHEUS_DECIMALS    9

/* How many bytes, up to `max`, stand for themselves: printable ASCII but quote
 * and backslash. */
static size_t value_plain_run(const char *text, size_t max)
{
    static const bool plain[256] = {
        [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};
    size_t n = 0;

    while (n < max && plain[(unsigned char)text[n]])
        n++;
    return n;
}

void prometheus_put_value(struct buf *out, const char *text)
{
    size_t left = PROMETHEUS_VALUE_MAX;

    for (;;) {
        size_t n = value_plain_run(text, left);
        uint32_t c = 0;

        buf_add(out, text, n);
        text += n;
        left -= n;
        if (!left || !*text)
            break;
        n = utf8_next(text, &c);
        if (n > left)
            break;
        if (c == '\n')
            buf_puts(out, "\\n");
        else if (n && (c == '"' || c == '\\')) {
            buf_putc(out, '\\');
            buf_putc(out, (char)c);
        } else if (!n || utf8_is_control(c))
            buf_puts(out, PROMETHEUS_REPLACEMENT);
        else
            buf_add(out, text, n);
        n = n ? n : 1;
        text += n;
        left -= n;
    }
}

void prometheus_put_label(struct buf *out, const char *name, const char *text)
{
    buf_puts(out, name);
    buf_puts(out, "=\"");
    if (text)
        prometheus_put_value(out, text);
    buf_putc(out, '"');
}

void prometheus_put_count(struct buf *out, uint64_t count)
{
    buf_put_u64(out, count);
    buf_putc(out, '\n');
}

/* What stands behind the point: `rest` of 10^9, without zeros at its end. */
static void number_put_rest(struct buf *out, uint32_t rest)
{
    char text[1 + PROMETHEUS_DECIMALS];
    size_t len = sizeof(text);

    if (!rest)
        return;
    memset(text, '0', sizeof(text));
    text[0] = '.';
    for (size_t i = len; rest; rest /= 10)
        text[--i] = (char)('0' + rest % 10);
    while (text[len - 1] == '0')
        len--;
    buf_add(out, text, len);
}

void prometheus_put_seconds(struct buf *out, uint64_t ns)
{
    buf_put_u64(out, ns / NS_PER_S);
    number_put_rest(out, (uint32_t)(ns % NS_PER_S));
    buf_putc(out, '\n');
}

void prometheus_put_number(struct buf *out, double number)
{
    double whole, fraction = modf(fabs(number), &whole);
    uint64_t rest = (uint64_t)(fraction * (double)NS_PER_S + 0.5);

    if (rest == NS_PER_S) {
        whole += 1;
        rest = 0;
    }
    if (number < 0 && (whole > 0 || rest))
        buf_putc(out, '-');
    if (whole < 1e19)
        buf_put_u64(out, (uint64_t)whole);
    else /* rare: let libc do it */
        buf_printf(out, "%.0f", whole);
    number_put_rest(out, (uint32_t)rest);
    buf_putc(out, '\n');
}

static bool name_has_suffix(const char *name, size_t len, const char *suffix)
{
    size_t n = strlen(suffix);

    return len > n && memcmp(name + len - n, suffix, n) == 0;
}

static void head_put(struct buf *out, const char *what, const char *name, size_t len,
                     const char *text)
{
    buf_puts(out, what);
    buf_add(out, name, len);
    buf_putc(out, ' ');
    buf_puts(out, text);
    buf_putc(out, '\n');
}

void prometheus_put_head(struct buf *out, bool openmetrics, const char *name, const char *type,
                         const char *help)
{
    static const char *const units[] = {"seconds", "bytes", "hertz", "ratio"};
    size_t len = strlen(name);
    bool is_info = strcmp(type, "info") == 0;

    /* To OpenMetrics these suffixes belong to the samples. */
    if (openmetrics && strcmp(type, "counter") == 0)
        len -= strlen("_total");
    if (openmetrics && is_info)
        len -= strlen("_info");
    head_put(out, "# HELP ", name, len, help);
    head_put(out, "# TYPE ", name, len, is_info && !openmetrics ? "gauge" : type);
    for (size_t i = 0; openmetrics && !is_info && i < ARRAY_SIZE(units); i++) {
        if (name_has_suffix(name, len, units[i]) && name[len - strlen(units[i]) - 1] == '_')
            head_put(out, "# UNIT ", name, len, units[i]);
    }
}
