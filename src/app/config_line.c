/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of a configuration file. */
#include "app/config_line.h"

#include <string.h>

#include "base/utf8.h"
#include "base/util.h"

#define CONFIG_BOM "\xef\xbb\xbf"

struct config_lines config_lines_of(const char *text, size_t len)
{
    struct config_lines lines = {.rest = cursor_of(text, len)};

    lines.bom = cursor_word(&lines.rest, CONFIG_BOM);
    return lines;
}

void config_text(struct cursor piece, char *text, size_t size)
{
    size_t len = min_size((size_t)(piece.end - piece.at), size - 1);

    memcpy(text, piece.at, len);
    text[len] = '\0';
}

static struct cursor config_trim(struct cursor c)
{
    cursor_skip_blanks(&c);
    while (c.end > c.at && (c.end[-1] == ' ' || c.end[-1] == '\t'))
        c.end--;
    return c;
}

static bool config_is(struct cursor c, const char *word)
{
    size_t len = strlen(word);

    return (size_t)(c.end - c.at) == len && memcmp(c.at, word, len) == 0;
}

/* What no line may have in it, or NULL. The text is at most CONFIG_LINE_MAX bytes. */
static const char *config_text_wrong(struct cursor c)
{
    char text[CONFIG_LINE_MAX + 1];
    size_t len = (size_t)(c.end - c.at);

    config_text(c, text, sizeof(text));
    for (size_t i = 0; i < len;) {
        uint32_t code;
        size_t n = utf8_next(text + i, &code);

        if (!n)
            return "is not UTF-8";
        if (utf8_is_control(code) && code != '\t')
            return "has a control character in it";
        i += n;
    }
    return NULL;
}

/* "view disk", "thresholds", "proxtop", "proxprofiler"; what is none of them is CONFIG_UNKNOWN. */
static void config_enter_section(struct config_lines *lines, struct cursor name)
{
    char word[32];
    struct cursor rest = name;

    lines->section = CONFIG_UNKNOWN;
    if (config_is(name, "proxtop")) {
        lines->section = CONFIG_OPTIONS;
    } else if (config_is(name, "proxprofiler")) {
        lines->section = CONFIG_PROFILER;
    } else if (config_is(name, "thresholds")) {
        lines->section = CONFIG_THRESHOLDS;
    } else if (cursor_word(&rest, "view") && rest.at < rest.end &&
               (*rest.at == ' ' || *rest.at == '\t')) {
        config_text(config_trim(rest), word, sizeof(word));
        if (view_by_word(word, &lines->view))
            lines->section = CONFIG_VIEW;
    }
}

static void config_parse_section(struct config_lines *lines, struct cursor text,
                                 struct config_line *line)
{
    const char *end = memchr(text.at, ']', (size_t)(text.end - text.at));

    line->kind = CONFIG_LINE_WRONG;
    lines->section = CONFIG_UNKNOWN; /* what follows belongs to nothing that is known */
    if (!end) {
        line->wrong = "has no ']'";
    } else if (end + 1 != text.end) {
        line->wrong = "has something behind its ']'";
    } else {
        line->kind = CONFIG_LINE_SECTION;
        line->name = config_trim((struct cursor){text.at + 1, end});
        config_enter_section(lines, line->name);
    }
}

static void config_parse_setting(struct cursor text, struct config_line *line)
{
    const char *sign = memchr(text.at, '=', (size_t)(text.end - text.at));

    line->kind = CONFIG_LINE_WRONG;
    if (!sign) {
        line->wrong = "has no '='";
    } else if (sign == text.at) {
        line->wrong = "has no name in front of its '='";
    } else {
        line->kind = CONFIG_LINE_SETTING;
        line->name = config_trim((struct cursor){text.at, sign});
        line->value = config_trim((struct cursor){sign + 1, text.end});
    }
}

static void config_parse_line(struct config_lines *lines, struct cursor text,
                              struct config_line *line)
{
    if (text.end - text.at > CONFIG_LINE_MAX) {
        line->wrong = "is longer than 8192 bytes";
        return;
    }
    line->wrong = config_text_wrong(text);
    if (line->wrong)
        return;
    text = config_trim(text);
    line->kind = CONFIG_LINE_BLANK;
    if (text.at == text.end)
        return;
    line->comment = *text.at == '#' || *text.at == ';';
    if (*text.at == '[')
        config_parse_section(lines, text, line);
    else if (!line->comment)
        config_parse_setting(text, line);
}

bool config_lines_next(struct config_lines *lines, struct config_line *ret)
{
    struct config_line line = {.kind = CONFIG_LINE_WRONG};
    struct cursor text;

    line.whole = lines->rest;
    if (!cursor_line(&lines->rest, &text))
        return false;
    line.whole.end = lines->rest.at;
    lines->number++;
    if (text.end > text.at && text.end[-1] == '\r') {
        line.carriage_return = true;
        text.end--;
    }
    config_parse_line(lines, text, &line);
    line.section = lines->section;
    line.view = lines->view;
    *ret = line;
    return true;
}
