/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of users, and what peers answer: pauses, first lines. */
#include <string.h>

#include "fuzz.h"
#include "output/http_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    char *text = fuzz_text(data, size), line[40];
    struct http_field field;
    unsigned seconds;

    if (!http_parse_field(bytes, size, &field)) {
        CHECK(field.name == bytes && field.name_len > 0 && field.name_len < size);
        CHECK(field.value + field.value_len <= bytes + size);
        CHECK(!memchr(field.value, '\n', field.value_len));
    }
    (void)http_is_token(bytes, size);
    if (http_parse_retry_after(text, 784111777, &seconds))
        CHECK(seconds <= HTTP_PAUSE_MAX);
    http_first_line(bytes, size, line, sizeof(line));
    CHECK(strlen(line) < sizeof(line) && !strpbrk(line, "\r\n\t\x1b"));
    free(text);
    return 0;
}
