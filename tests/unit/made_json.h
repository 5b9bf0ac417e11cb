/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a test asks of printed JSON, by another parser. */
#ifndef PROXTOP_TESTS_UNIT_MADE_JSON_H
#define PROXTOP_TESTS_UNIT_MADE_JSON_H

#include <json-c/json.h>

#include "base/buf.h"

/* One line with its newline, strictly read. */
struct json_object *json_parse_line(const struct buf *out);

/* What stands at "a.b.0", of members and elements; that there is none fails. */
struct json_object *json_at(struct json_object *object, const char *path);
const char *json_text_at(struct json_object *object, const char *path);
double json_number_at(struct json_object *object, const char *path);
void assert_json_at(struct json_object *object, const char *path, const char *text);

#endif
