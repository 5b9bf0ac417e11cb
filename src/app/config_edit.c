/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen's layout put into a configuration file that a person wrote. */
#include <stdlib.h>
#include <string.h>

#include "app/config_file.h"
#include "app/config_line.h"

#define EDIT_ITEMS_MAX (3 + 2 * VIEW__COUNT)
#define EDIT_GROUPS    (1 + VIEW__COUNT) /* the options, then each view */

/* A setting of the layout. */
struct edit_item {
    unsigned group;
    const char *name, *alias; /* alias NULL = none */
    char value[SETTINGS_FIELDS_SIZE];
    bool wanted; /* not the same without the line */
    bool written;
};

struct edit {
    struct edit_item items[EDIT_ITEMS_MAX];
    size_t count;
    unsigned after[EDIT_GROUPS]; /* number of the line that new ones stand behind; 0 = none */
    unsigned head;               /* likewise for options: lines of a comment at the beginning */
    bool head_ends;              /* what follows it is a blank line */
    bool empty_below;            /* what follows the place for options is nothing, or blank */
    const char *end;             /* of a line */
    struct buf *out;
};

static void edit_add(struct edit *edit, unsigned group, const char *name, const char *value,
                     const char *base)
{
    struct edit_item *item = &edit->items[edit->count++];

    item->group = group;
    item->name = name;
    copy_text(item->value, sizeof(item->value), value);
    item->wanted = strcmp(value, base) != 0;
}

static void edit_add_items(struct edit *edit, const struct config_layout *layout,
                           const struct config_layout *base)
{
    const struct tui_settings *now = layout->settings, *usual = base->settings;
    char interval[32], usual_interval[32];

    snprintf(interval, sizeof(interval), "%g", layout->interval);
    snprintf(usual_interval, sizeof(usual_interval), "%g", base->interval);
    edit_add(edit, 0, "interval", interval, usual_interval);
    edit->items[0].alias = "frequency";
    edit_add(edit, 0, "view", views[now->view].word, views[usual->view].word);
    edit_add(edit, 0, "units", units_word(now->units), units_word(usual->units));
    for (unsigned view = 0; view < VIEW__COUNT; view++) {
        const struct view_settings *a = &now->views[view], *b = &usual->views[view];

        edit_add(edit, 1 + view, "fields", a->fields, b->fields);
        edit_add(edit, 1 + view, "sort", a->sort, b->sort);
    }
}

/* The group that the line belongs to; EDIT_GROUPS = none. */
static unsigned edit_group(const struct config_line *line)
{
    return line->section == CONFIG_OPTIONS ? 0
           : line->section == CONFIG_VIEW  ? 1 + (unsigned)line->view
                                           : EDIT_GROUPS;
}

static struct edit_item *edit_find(struct edit *edit, const struct config_line *line)
{
    char name[32];

    if (line->kind != CONFIG_LINE_SETTING)
        return NULL; /* it has no name */
    config_text(line->name, name, sizeof(name));
    for (size_t i = 0; i < edit->count; i++) {
        struct edit_item *item = &edit->items[i];

        if (item->group == edit_group(line) &&
            (strcmp(item->name, name) == 0 || (item->alias && strcmp(item->alias, name) == 0)))
            return item;
    }
    return NULL;
}

/* Finds the places for what is not there yet: behind the last setting of its section. */
static void edit_look(struct edit *edit, const char *text, size_t len)
{
    struct config_lines lines = config_lines_of(text, len);
    struct config_line line;
    bool in_head = true, blank = false;

    edit->end = "\n";
    edit->empty_below = true;
    while (config_lines_next(&lines, &line)) {
        unsigned group = edit_group(&line);

        if (lines.number == 1 && line.carriage_return)
            edit->end = "\r\n";
        blank = line.kind == CONFIG_LINE_BLANK && !line.comment;
        if (lines.number == 1)
            edit->empty_below = blank;
        if (in_head && !line.comment) {
            in_head = false;
            edit->head_ends = blank;
        }
        edit->head += in_head;
        if (group < EDIT_GROUPS &&
            (line.kind == CONFIG_LINE_SETTING || line.kind == CONFIG_LINE_SECTION))
            edit->after[group] = lines.number;
    }
    if (edit->head && (edit->head_ends || in_head))
        edit->empty_below = true;
    else
        edit->head = 0; /* the comment is one on what follows it */
}

static bool edit_wants(const struct edit *edit, unsigned group)
{
    for (size_t i = 0; i < edit->count; i++) {
        const struct edit_item *item = &edit->items[i];

        if (item->group == group && item->wanted && !item->written)
            return true;
    }
    return false;
}

/* Ends the line that was written last, where the file did not. */
static void edit_end_line(struct edit *edit, size_t start)
{
    if (edit->out->len > start && edit->out->data[edit->out->len - 1] != '\n')
        buf_puts(edit->out, edit->end);
}

static void edit_put_group(struct edit *edit, unsigned group, size_t start)
{
    for (size_t i = 0; i < edit->count; i++) {
        struct edit_item *item = &edit->items[i];

        if (item->group != group || !item->wanted || item->written)
            continue;
        edit_end_line(edit, start);
        buf_printf(edit->out, "%s =%s%s%s", item->name, item->value[0] ? " " : "", item->value,
                   edit->end);
        item->written = true;
    }
}

/* Options for which the file has no place yet. */
static void edit_put_head(struct edit *edit, size_t start)
{
    if (!edit_wants(edit, 0))
        return;
    edit_end_line(edit, start);
    if (edit->head)
        buf_puts(edit->out, edit->end);
    edit_put_group(edit, 0, start);
    if (!edit->empty_below)
        buf_puts(edit->out, edit->end);
}

static void edit_put_piece(struct edit *edit, const char *from, const char *to)
{
    buf_add(edit->out, from, (size_t)(to - from));
}

static void edit_put_line(struct edit *edit, const struct config_line *line)
{
    struct edit_item *item = edit_find(edit, line);

    if (!item) {
        edit_put_piece(edit, line->whole.at, line->whole.end);
    } else if (item->wanted && !item->written) {
        edit_put_piece(edit, line->whole.at, line->value.at);
        buf_puts(edit->out, item->value);
        edit_put_piece(edit, line->value.end, line->whole.end);
        item->written = true;
    }
}

static void edit_put_sections(struct edit *edit, size_t start)
{
    for (unsigned group = 1; group < EDIT_GROUPS; group++) {
        if (!edit_wants(edit, group))
            continue;
        edit_end_line(edit, start);
        if (edit->out->len > start)
            buf_puts(edit->out, edit->end);
        buf_printf(edit->out, "[view %s]%s", views[group - 1].word, edit->end);
        edit_put_group(edit, group, start);
    }
}

void config_edit(const char *text, size_t len, const struct config_layout *layout,
                 const struct config_layout *base, struct buf *out)
{
    struct config_lines lines = config_lines_of(text, len);
    struct edit *edit = xcalloc(1, sizeof(*edit));
    struct config_line line;
    size_t start;

    edit->out = out;
    edit_add_items(edit, layout, base);
    edit_look(edit, text, len);
    edit_put_piece(edit, text, lines.rest.at); /* a byte order mark */
    start = out->len;
    if (!edit->after[0] && !edit->head)
        edit_put_head(edit, start);
    while (config_lines_next(&lines, &line)) {
        edit_put_line(edit, &line);
        for (unsigned group = 0; group < EDIT_GROUPS; group++) {
            if (edit->after[group] == lines.number)
                edit_put_group(edit, group, start);
        }
        if (!edit->after[0] && edit->head == lines.number)
            edit_put_head(edit, start);
    }
    edit_put_sections(edit, start);
    free(edit);
}
