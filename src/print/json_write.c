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

void json_put_string(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    while (*text) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);

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
