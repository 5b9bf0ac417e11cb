/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another reader of the InfluxDB line protocol, for tests and fuzzing: stricter
 * than any server, since it refuses what servers read in different ways.
 */
#ifndef PROXTOP_TESTS_UNIT_INFLUX_READER_H
#define PROXTOP_TESTS_UNIT_INFLUX_READER_H

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

#define INFLUX_READER_MAX 512

struct influx_pair {
    size_t key, value; /* places in text, each ended by NUL */
    char type;         /* of a field: 's', 'i', 'f'; of a tag 0 */
};

struct influx_line {
    struct buf text;
    size_t measurement;
    struct influx_pair tags[INFLUX_READER_MAX];
    struct influx_pair fields[INFLUX_READER_MAX];
    size_t tag_count, field_count;
    size_t timestamp;
};

static inline const char *influx_reader_text(const struct influx_line *line, size_t place)
{
    return line->text.data + place;
}

/* A word up to an unescaped comma, equals sign, space or newline. */
static inline bool influx_reader_word(const char **at, struct influx_line *line, size_t *ret)
{
    const char *p = *at;

    *ret = line->text.len;
    for (; !strchr(",= \n", *p); p++) { /* the NUL is found, too */
        if (*p == '\\') {
            if (!p[1] || strchr("\\\"\n\t\r", p[1]))
                return false; /* differs from reader to reader */
            if (strchr(",= ", p[1]))
                p++;
        }
        buf_putc(&line->text, *p);
    }
    if (p == *at)
        return false;
    buf_putc(&line->text, '\0');
    *at = p;
    return true;
}

static inline bool influx_reader_quoted(const char **at, struct influx_line *line, size_t *ret)
{
    const char *p = *at + 1;

    *ret = line->text.len;
    for (; *p != '"'; p++) {
        if (!*p || *p == '\n')
            return false;
        if (*p == '\\') {
            p++;
            if (*p != '"' && *p != '\\')
                return false;
        }
        buf_putc(&line->text, *p);
    }
    buf_putc(&line->text, '\0');
    *at = p + 1;
    return true;
}

/* -?[0-9]+i, or -?[0-9]+\.[0-9]+ */
static inline bool influx_reader_number(const char **at, struct influx_line *line,
                                        struct influx_pair *ret)
{
    const char *p = *at, *digits;

    p += *p == '-';
    digits = p;
    p += strspn(p, "0123456789");
    if (p == digits)
        return false;
    ret->type = 'i';
    if (*p == '.') {
        digits = ++p;
        p += strspn(p, "0123456789");
        if (p == digits)
            return false;
        ret->type = 'f';
    }
    ret->value = line->text.len;
    buf_add(&line->text, *at, (size_t)(p - *at));
    buf_putc(&line->text, '\0');
    if (ret->type == 'i' && *p++ != 'i')
        return false;
    *at = p;
    return true;
}

static inline bool influx_reader_pair(const char **at, struct influx_line *line,
                                      struct influx_pair *pairs, size_t *count, bool field)
{
    struct influx_pair pair = {0};

    if (*count == INFLUX_READER_MAX || !influx_reader_word(at, line, &pair.key) || **at != '=')
        return false;
    ++*at;
    if (!field) {
        if (!influx_reader_word(at, line, &pair.value))
            return false;
    } else if (**at == '"') {
        pair.type = 's';
        if (!influx_reader_quoted(at, line, &pair.value))
            return false;
    } else if (!influx_reader_number(at, line, &pair)) {
        return false;
    }
    for (size_t i = 0; i < *count; i++) {
        int order =
            strcmp(influx_reader_text(line, pairs[i].key), influx_reader_text(line, pair.key));

        if (order == 0 || (!field && order > 0)) /* twice, or not sorted */
            return false;
    }
    pairs[(*count)++] = pair;
    return true;
}

/* Reads a line, its newline included; false if there is none that is whole and
 * right. line->text is used again. */
static inline bool influx_reader_line(const char **at, struct influx_line *line)
{
    line->tag_count = line->field_count = 0;
    buf_clear(&line->text);
    if (!influx_reader_word(at, line, &line->measurement))
        return false;
    while (**at == ',') {
        ++*at;
        if (!influx_reader_pair(at, line, line->tags, &line->tag_count, false))
            return false;
    }
    do {
        if (**at != (line->field_count ? ',' : ' '))
            return false;
        ++*at;
        if (!influx_reader_pair(at, line, line->fields, &line->field_count, true))
            return false;
    } while (**at == ',');
    if (**at != ' ')
        return false;
    ++*at;
    line->timestamp = line->text.len;
    buf_add(&line->text, *at, strspn(*at, "0123456789"));
    if (line->text.len == line->timestamp)
        return false;
    *at += line->text.len - line->timestamp;
    buf_putc(&line->text, '\0');
    if (**at != '\n')
        return false;
    ++*at;
    return true;
}

#endif
