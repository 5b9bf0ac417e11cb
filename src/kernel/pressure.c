/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parser of pressure stall information. */
#include "kernel/pressure.h"

#include <errno.h>

#include "base/num.h"

/* "12.34" as 1234; the kernel always writes two decimals. */
static bool pressure_hundredths(struct cursor *c, uint64_t *ret)
{
    const char *point;
    uint64_t whole, part;

    if (!cursor_u64(c, &whole) || whole > 1000 || !cursor_word(c, "."))
        return false;
    point = c->at;
    if (!cursor_u64(c, &part) || c->at - point != 2)
        return false;
    *ret = whole * 100 + part;
    return true;
}

static bool pressure_line_parse(struct cursor c, const char *kind, struct pressure_line *ret)
{
    struct pressure_line line = {.valid = true};

    if (!cursor_word(&c, kind) || !cursor_word(&c, " avg10=") ||
        !pressure_hundredths(&c, &line.avg10) || !cursor_word(&c, " avg60=") ||
        !pressure_hundredths(&c, &line.avg60) || !cursor_word(&c, " avg300=") ||
        !pressure_hundredths(&c, &line.avg300) || !cursor_word(&c, " total=") ||
        !cursor_u64(&c, &line.total_us) || c.at != c.end)
        return false;
    *ret = line;
    return true;
}

int parse_pressure(const char *text, size_t len, struct pressure *ret)
{
    struct cursor c = cursor_of(text, len), line;
    struct pressure pressure = {.some = {.valid = false}};

    /* A line without its newline may have been cut. */
    while (cursor_line(&c, &line) && line.end < c.end && *line.end == '\n') {
        if (!pressure_line_parse(line, "some", &pressure.some))
            (void)pressure_line_parse(line, "full", &pressure.full);
    }
    if (!pressure.some.valid && !pressure.full.valid)
        return -EBADMSG;
    *ret = pressure;
    return 0;
}
