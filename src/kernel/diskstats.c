/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of /proc/diskstats. */
#include "kernel/diskstats.h"

#include <limits.h>

static bool diskstats_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* A number that fills its field; else the cursor stays where it was. This is
 * where the time goes when a host has thousands of devices. */
static bool diskstats_number(struct cursor *line, uint64_t *ret)
{
    const char *start = line->at;

    while (line->at < line->end && diskstats_is_blank(*line->at))
        line->at++;
    if (cursor_u64(line, ret) && (line->at == line->end || diskstats_is_blank(*line->at)))
        return true;
    line->at = start;
    return false;
}

static bool diskstats_parse(struct cursor c, struct diskstats_line *ret)
{
    uint64_t major, minor;

    if (!diskstats_number(&c, &major) || !diskstats_number(&c, &minor) || major > UINT_MAX ||
        minor > UINT_MAX)
        return false;
    ret->major = (unsigned)major;
    ret->minor = (unsigned)minor;
    cursor_skip_blanks(&c);
    ret->name = c.at;
    /* Control characters stand in no name; a NUL would cut the string made of it. */
    while (c.at < c.end && (unsigned char)*c.at > ' ')
        c.at++;
    ret->name_len = (size_t)(c.at - ret->name);
    if (!ret->name_len || (c.at < c.end && !diskstats_is_blank(*c.at)))
        return false;
    ret->counted = 0;
    while (ret->counted < DISKSTAT__COUNT && diskstats_number(&c, &ret->counters[ret->counted]))
        ret->counted++;
    for (unsigned i = ret->counted; i < DISKSTAT__COUNT; i++)
        ret->counters[i] = 0;
    return ret->counted >= DISKSTAT__ALWAYS;
}

bool diskstats_next(struct cursor *c, struct diskstats_line *ret)
{
    struct diskstats_line parsed;
    struct cursor line;

    /* A line without its newline may have been cut, and so its last number. */
    while (cursor_line(c, &line) && line.end < c->end) {
        if (diskstats_parse(line, &parsed)) {
            *ret = parsed;
            return true;
        }
    }
    return false;
}
