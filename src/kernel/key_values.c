/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parser of "Key: number" files. */
#include "kernel/key_values.h"

#include <string.h>

#include "base/num.h"

/* The wanted key that the line begins with, tried from `first` on, once around. */
static struct key_value *key_values_match(struct cursor *line, struct key_value *wanted,
                                          size_t count, size_t first)
{
    const char *p = line->at;
    size_t n;

    while (p < line->end && *p != ' ' && *p != '\t')
        p++;
    n = (size_t)(p - line->at);
    for (size_t i = 0; i < count; i++) {
        struct key_value *kv = &wanted[(first + i) % count];

        if (strlen(kv->key) == n && memcmp(kv->key, line->at, n) == 0) {
            line->at = p;
            return kv;
        }
    }
    return NULL;
}

size_t parse_key_values(const char *text, size_t len, struct key_value *wanted, size_t count)
{
    struct cursor c = cursor_of(text, len), line;
    size_t next = 0, found = 0;

    for (size_t i = 0; i < count; i++)
        wanted[i].valid = false;
    while (found < count && cursor_line(&c, &line) && line.end < c.end && *line.end == '\n') {
        struct key_value *kv = key_values_match(&line, wanted, count, next);

        if (!kv || kv->valid)
            continue;
        cursor_skip_blanks(&line);
        kv->valid = cursor_u64(&line, &kv->value);
        found += kv->valid;
        next = ((size_t)(kv - wanted) + 1) % count;
    }
    return found;
}
