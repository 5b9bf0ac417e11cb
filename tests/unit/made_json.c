/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON by another parser. */
#include "made_json.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

struct json_object *json_parse_line(const struct buf *out)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *root;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    root = json_tokener_parse_ex(tokener, out->data, (int)out->len - 1);
    assert_int_equal(json_tokener_get_error(tokener), json_tokener_success);
    assert_int_equal(json_tokener_get_parse_end(tokener), out->len - 1);
    assert_null(memchr(out->data, '\n', out->len - 1));
    assert_int_equal(out->data[out->len - 1], '\n');
    json_tokener_free(tokener);
    return root;
}

/* "a.b.0": members and elements. */
struct json_object *json_at(struct json_object *object, const char *path)
{
    while (*path) {
        size_t len = strcspn(path, ".");
        char *key = xstrndup(path, len);

        if (json_object_is_type(object, json_type_array)) {
            object = json_object_array_get_idx(object, strtoul(key, NULL, 10));
        } else if (!json_object_object_get_ex(object, key, &object)) {
            fail_msg("no %s", key);
        }
        free(key);
        path += len + (path[len] == '.');
    }
    return object;
}

const char *json_text_at(struct json_object *object, const char *path)
{
    return json_object_to_json_string_ext(json_at(object, path), JSON_C_TO_STRING_PLAIN);
}

void assert_json_at(struct json_object *object, const char *path, const char *text)
{
    assert_string_equal(json_text_at(object, path), text);
}

double json_number_at(struct json_object *object, const char *path)
{
    return json_object_get_double(json_at(object, path));
}
