/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON of hostile names and odd numbers: another parser takes every line. */
#include <json-c/json.h>

#include "base/utf8.h"
#include "fuzz_frame.h"

static void check_line(struct json_tokener *tokener, const char *line, size_t len)
{
    struct json_object *object;

    json_tokener_reset(tokener);
    object = json_tokener_parse_ex(tokener, line, (int)len);
    CHECK(json_tokener_get_error(tokener) == json_tokener_success);
    CHECK(json_tokener_get_parse_end(tokener) == len);
    CHECK(json_object_get_type(object) == json_type_object);
    json_object_put(object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_tokener *tokener;
    struct buf out = {0};

    if (!fuzz_print(&printer_json, data, size, &out))
        return 0;
    tokener = json_tokener_new();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    for (const char *line = buf_text(&out), *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        CHECK(end);
        check_line(tokener, line, (size_t)(end - line));
    }
    for (const char *p = out.data; *p;) {
        uint32_t c = 0;
        size_t n = utf8_next(p, &c);

        CHECK(n && (c == '\n' || !utf8_is_control(c)));
        p += n;
    }
    json_tokener_free(tokener);
    buf_done(&out);
    return 0;
}
