/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter. A person types it, and every state in between must make sense:
 * after "web|" the second alternative has yet to come, so that an empty one
 * matches nothing beside others; a filter of bars alone asks for nothing yet
 * and matches all. Blanks count, since names can have them.
 */
#include <stdbool.h>

#include "tui/fold.h"
#include "tui/rows.h"

/* Whether the text starts with the alternative, which ends with a bar or the filter. */
static bool filter_starts(const char *alternative, const char *text)
{
    while (*alternative && *alternative != '|') {
        uint32_t wanted, c;

        alternative += fold_next(alternative, &wanted);
        text += fold_next(text, &c);
        if (c != wanted)
            return false;
    }
    return true;
}

static bool filter_contains(const char *alternative, const char *text)
{
    uint32_t first, c;

    alternative += fold_next(alternative, &first);
    while (*text) {
        text += fold_next(text, &c);
        if (c == first && filter_starts(alternative, text))
            return true;
    }
    return false;
}

bool filter_matches(const char *filter, const char *text)
{
    bool asks = false;

    for (;;) {
        while (*filter == '|')
            filter++;
        if (!*filter)
            return !asks;
        asks = true;
        if (filter_contains(filter, text))
            return true;
        while (*filter && *filter != '|')
            filter++;
    }
}
