/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON strings. */
#include "print/json_write.h"

#include "base/utf8.h"

static void json_put_escape(struct buf *out, uint32_t c)
{
    static const char hex[] = "0123456789abcdef";
    const char escape[] = {'\\',       'u', hex[c >> 12 & 15], hex[c >> 8 & 15], hex[c >> 4 & 15],
                           hex[c & 15]};

    buf_add(out, escape, sizeof(escape));
}

/* How many bytes stand for themselves: printable ASCII but quote and backslash. */
static size_t json_plain_run(const char *text)
{
    static const bool plain[256] = {
        [' ' ... '!'] = true, ['#' ... '['] = true, [']' ... '~'] = true};
    size_t n = 0;

    while (plain[(unsigned char)text[n]])
        n++;
    return n;
}

void json_put_string(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    for (;;) {
        size_t n = json_plain_run(text);
        uint32_t c = 0;

        buf_add(out, text, n);
        text += n;
        if (!*text)
            break;
        n = utf8_next(text, &c);
        if (!n)
            json_put_escape(out, 0xfffd);
        else if (c == '"' || c == '\\') {
            buf_putc(out, '\\');
            buf_putc(out, (char)c);
        } else if (utf8_is_control(c))
            json_put_escape(out, c);
        else
            buf_add(out, text, n);
        text += n ? n : 1;
    }
    buf_putc(out, '"');
}
