/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns, JSON and CSV as commands print them. */
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "print/json_write.h"
#include "profiler/command_internal.h"
#include "profiler/record.h"

/* Characters, not bytes; a byte that is no UTF-8 is one. */
static unsigned command_length(const char *text)
{
    unsigned length = 0;

    while (*text) {
        uint32_t c;
        size_t n = utf8_next(text, &c);

        text += n ? n : 1;
        length++;
    }
    return length;
}

void command_put_left(struct buf *out, const char *text, unsigned width)
{
    buf_puts(out, text);
    for (unsigned n = command_length(text); n < width; n++)
        buf_putc(out, ' ');
}

void command_put_right(struct buf *out, const char *text, unsigned width)
{
    for (unsigned n = command_length(text); n < width; n++)
        buf_putc(out, ' ');
    buf_puts(out, text);
}

void command_put_member(struct buf *out, const char *key, double value)
{
    if (out->len && out->data[out->len - 1] != '{')
        buf_putc(out, ',');
    json_put_string(out, key);
    buf_putc(out, ':');
    record_put_number(out, value);
}

void command_put_csv(struct buf *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n") && text[0] != ' ' && text[0] != '\t') {
        buf_puts(out, text);
        return;
    }
    buf_putc(out, '"');
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            buf_putc(out, '"');
        buf_putc(out, *p);
    }
    buf_putc(out, '"');
}

void command_put_csv_number(struct buf *out, double value)
{
    if (isfinite(value))
        record_put_number(out, value);
}
