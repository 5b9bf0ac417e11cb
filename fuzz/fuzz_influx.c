/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Line protocol of hostile names and odd numbers: another reader takes every
 * line, and no byte is one that a terminal obeys. */
#include "../tests/unit/influx_reader.h"
#include "base/utf8.h"
#include "fuzz_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct influx_line line;
    struct buf out = {0};
    const char *at;

    if (!fuzz_print(&printer_influx, data, size, &out))
        return 0;
    for (at = buf_text(&out); *at;)
        CHECK(influx_reader_line(&at, &line));
    CHECK(at == out.data + out.len);
    for (at = out.data; *at;) {
        uint32_t c = 0;
        size_t n = utf8_next(at, &c);

        CHECK(n && (c == '\n' || !utf8_is_control(c)));
        at += n;
    }
    buf_done(&out);
    return 0;
}
