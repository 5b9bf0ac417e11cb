/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of hostile names and odd numbers: as many lines and cells as without them. */
#include "base/utf8.h"
#include "fuzz_frame.h"

/* Bytes of that kind; every character must be one that a terminal may be sent. */
static size_t count(const char *text, char wanted)
{
    size_t found = 0;

    while (*text) {
        uint32_t c = 0;
        size_t n = utf8_next(text, &c);

        CHECK(n && (c == '\n' || c == '\t' || !utf8_is_control(c)));
        found += *text == wanted;
        text += n;
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t plain[FUZZ_HEAD + 1] = {[FUZZ_HEAD] = 'x'};
    uint8_t same[sizeof(plain)];
    struct buf out = {0}, expected = {0};

    if (!fuzz_print(&printer_text, data, size, &out))
        return 0;
    memcpy(same, plain, sizeof(same));
    same[0] = data[0];
    CHECK(fuzz_print(&printer_text, same, sizeof(same), &expected));
    CHECK(count(buf_text(&out), '\n') == count(buf_text(&expected), '\n'));
    CHECK(count(buf_text(&out), '\t') == count(buf_text(&expected), '\t'));
    buf_done(&out);
    buf_done(&expected);
    return 0;
}
