/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields and sort orders of the views, as texts that people write. */
#include "tui/settings.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

#define SETTINGS_WORD_SIZE 64

/* "+KEY", "-KEY" or "KEY", out of a list. */
struct settings_word {
    const char *at; /* in the list, with its sign */
    size_t len;
    char sign;                     /* '+', '-'; '\0' = none */
    char name[SETTINGS_WORD_SIZE]; /* "" = nothing, or longer than any name is */
};

/* Takes the next word; false = there is none. Blanks round it do not count. */
static bool settings_next_word(const char **at, struct settings_word *ret)
{
    const char *p = *at;
    size_t len;

    p += strspn(p, ", \t");
    if (!*p)
        return false;
    len = strcspn(p, ",");
    *at = p + len;
    while (len && (p[len - 1] == ' ' || p[len - 1] == '\t'))
        len--;
    ret->at = p;
    ret->len = len;
    ret->sign = *p == '+' || *p == '-' ? *p : '\0';
    if (ret->sign) {
        p++;
        len--;
    }
    if (len >= sizeof(ret->name))
        len = 0;
    memcpy(ret->name, p, len);
    ret->name[len] = '\0';
    return true;
}

/* Whether the fields are changes to the usual ones: the first word tells. */
static bool settings_are_changes(const char *fields)
{
    struct settings_word word;

    return !settings_next_word(&fields, &word) || word.sign;
}

/* By key or title, also by the title that only this view gives it. */
static const struct column *settings_find(const struct column_table *table, enum view view,
                                          const char *name)
{
    enum column_family family = views[view].family;
    const struct column *column = column_find(table, family, name);

    for (size_t i = 0; !column && i < column_count(table, family); i++) {
        const struct column *other = column_at(table, family, i);

        if (strcasecmp(view_title(view, other), name) == 0)
            column = other;
    }
    return column;
}

/* What a word means; NULL = nothing. A sign where a list is, or none where changes
 * are, is a mistake. */
static const struct column *settings_column_of(const struct column_table *table, enum view view,
                                               const struct settings_word *word, bool changes)
{
    return (word->sign != '\0') == changes ? settings_find(table, view, word->name) : NULL;
}

static const struct column *settings_name_column(const struct column_table *table, enum view view)
{
    return column_of(table, views[view].family, (struct column_ref)COLUMN_REF(COLUMN_NAME));
}

void settings_defaults(struct tui_settings *settings)
{
    memset(settings, 0, sizeof(*settings));
    settings->view = VIEW_ALL;
    settings->units = UNITS_HUMAN;
    thresholds_defaults(&settings->thresholds);
}

/* Tells what is allowed beside the word that is not: the screen's own names, which no
 * list of metrics shows. */
static void settings_tell_names(const struct column_table *table, enum view view, const char *word,
                                bool to_sort_by, char *allowed, size_t size)
{
    enum column_family family = views[view].family;
    char own[256] = "";
    size_t len = 0;

    for (size_t i = 0; i < column_count(table, family); i++) {
        const struct column *column = column_at(table, family, i);
        int n;

        if (column->kind == COLUMN_METRIC || (to_sort_by && column->kind == COLUMN_HISTORY))
            continue;
        n = snprintf(own + len, sizeof(own) - len, "%s%s", len ? ", " : "", column->key);
        if (n < 0 || (size_t)n >= sizeof(own) - len)
            break;
        len += (size_t)n;
    }
    snprintf(allowed, size, "\"%s\" is no field of view %s%s: see --list-fields, or one of %s",
             word, views[view].word, to_sort_by ? " to sort by" : "", own);
}

bool settings_check_fields(const struct column_table *table, enum view view, const char *fields,
                           char *allowed, size_t size)
{
    bool changes = settings_are_changes(fields);
    struct settings_word word;

    if (strlen(fields) >= SETTINGS_FIELDS_SIZE) {
        snprintf(allowed, size, "at most %d characters", SETTINGS_FIELDS_SIZE - 1);
        return false;
    }
    while (settings_next_word(&fields, &word)) {
        const struct column *column = settings_find(table, view, word.name);

        if (!column) {
            char shown[SETTINGS_WORD_SIZE];

            copy_text(shown, min_size(word.len + 1, sizeof(shown)), word.at);
            settings_tell_names(table, view, shown, false, allowed, size);
            return false;
        }
        if ((word.sign != '\0') != changes) {
            snprintf(allowed, size,
                     "\"%s\": either a list of fields, or changes that each begin with + or -",
                     word.name);
            return false;
        }
        if (word.sign == '-' && column->kind == COLUMN_NAME) {
            snprintf(allowed, size, "\"%s\" cannot be left out", word.name);
            return false;
        }
    }
    return true;
}

/* Takes a sort order to pieces; false = it has more of them than a key and a direction. */
static bool settings_split_sort(const char *sort, char name[SETTINGS_WORD_SIZE], int *ret_direction)
{
    const char *colon = strchr(sort, ':');
    size_t len = colon ? (size_t)(colon - sort) : strlen(sort);

    *ret_direction = 0;
    if (len >= SETTINGS_WORD_SIZE)
        return false;
    memcpy(name, sort, len);
    name[len] = '\0';
    if (!colon)
        return true;
    if (strcasecmp(colon + 1, "asc") == 0)
        *ret_direction = 1;
    else if (strcasecmp(colon + 1, "desc") == 0)
        *ret_direction = -1;
    return *ret_direction != 0;
}

/* A curve has no order. */
static const struct column *settings_find_sort(const struct column_table *table, enum view view,
                                               const char *name)
{
    const struct column *column = settings_find(table, view, name);

    return column && column->kind != COLUMN_HISTORY ? column : NULL;
}

bool settings_check_sort(const struct column_table *table, enum view view, const char *sort,
                         char *allowed, size_t size)
{
    char name[SETTINGS_WORD_SIZE];
    int direction;

    if (!*sort)
        return true;
    if (strlen(sort) >= SETTINGS_SORT_SIZE || !settings_split_sort(sort, name, &direction)) {
        snprintf(allowed, size, "KEY, KEY:asc or KEY:desc");
        return false;
    }
    if (!settings_find_sort(table, view, name)) {
        settings_tell_names(table, view, name, true, allowed, size);
        return false;
    }
    return true;
}

const struct column *settings_sort_column(const struct column_table *table, enum view view,
                                          const char *sort, bool *ret_ascending)
{
    const struct view_info *info = &views[view];
    const struct column *column = NULL;
    char name[SETTINGS_WORD_SIZE];
    int direction;

    if (settings_split_sort(sort, name, &direction))
        column = settings_find_sort(table, view, name);
    if (!column) {
        *ret_ascending = info->ascending;
        return column_of(table, info->family, info->sort);
    }
    *ret_ascending = direction ? direction > 0 : column_ascends(column);
    return column;
}

/* Columns in order, each once. */
struct settings_list {
    const struct column **list;
    size_t count;
};

static bool settings_list_find(const struct settings_list *list, const struct column *column,
                               size_t *ret)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->list[i] == column) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static void settings_list_add(struct settings_list *list, const struct column *column)
{
    size_t at;

    if (!settings_list_find(list, column, &at) && list->count < COLUMNS_MAX)
        list->list[list->count++] = column;
}

static void settings_list_remove(struct settings_list *list, const struct column *column)
{
    size_t at;

    if (!settings_list_find(list, column, &at) || column->kind == COLUMN_NAME)
        return;
    list->count--;
    memmove(&list->list[at], &list->list[at + 1], (list->count - at) * sizeof(struct column *));
}

size_t settings_columns(const struct column_table *table, enum view view, const char *fields,
                        unsigned cols, const struct column **list)
{
    struct settings_list columns = {.list = list};
    bool changes = settings_are_changes(fields);
    struct settings_word word;

    if (changes)
        columns.count = view_default_columns(view, table, cols, list);
    else
        settings_list_add(&columns, settings_name_column(table, view));
    while (settings_next_word(&fields, &word)) {
        const struct column *column = settings_column_of(table, view, &word, changes);

        if (!column)
            continue;
        if (word.sign == '-')
            settings_list_remove(&columns, column);
        else
            settings_list_add(&columns, column);
    }
    return columns.count;
}

/* Appends a word to a list; false = there is no room. */
static bool settings_append(char ret[SETTINGS_FIELDS_SIZE], size_t *len, char sign,
                            const char *word, size_t word_len)
{
    size_t more = word_len + (*len ? 1 : 0) + (sign ? 1 : 0);

    if (more >= SETTINGS_FIELDS_SIZE - *len)
        return false;
    if (*len)
        ret[(*len)++] = ',';
    if (sign)
        ret[(*len)++] = sign;
    memcpy(ret + *len, word, word_len);
    *len += word_len;
    ret[*len] = '\0';
    return true;
}

/* Whether the column is on without any changes. */
static bool settings_is_usual(const struct column_table *table, enum view view,
                              const struct column *column)
{
    const struct column *list[COLUMNS_MAX];
    struct settings_list usual = {.list = list};
    size_t at;

    /* Which columns there are does not depend on the width, only their order does. */
    usual.count = view_default_columns(view, table, 0, list);
    return settings_list_find(&usual, column, &at);
}

/* The words of a list but those that mean the column, and those that are a mistake
 * and would come to mean something: the first word tells whether it is a list or
 * changes. False = they do not fit. */
static bool settings_copy_others(const struct column_table *table, enum view view,
                                 const char *fields, const struct column *column,
                                 char ret[SETTINGS_FIELDS_SIZE], size_t *len)
{
    bool changes = settings_are_changes(fields);
    struct settings_word word;

    while (settings_next_word(&fields, &word)) {
        if ((word.sign != '\0') != changes ||
            settings_column_of(table, view, &word, changes) == column)
            continue;
        if (!settings_append(ret, len, '\0', word.at, word.len))
            return false;
    }
    return true;
}

void settings_toggle_field(const struct column_table *table, enum view view, const char *fields,
                           const struct column *column, char ret[SETTINGS_FIELDS_SIZE])
{
    const struct column *list[COLUMNS_MAX], *added = NULL;
    struct settings_list shown = {.list = list};
    bool changes = settings_are_changes(fields), fits, is_on;
    char made[SETTINGS_FIELDS_SIZE] = "";
    size_t len = 0, at;

    shown.count = settings_columns(table, view, fields, 0, list);
    is_on = settings_list_find(&shown, column, &at);
    fits = column->kind != COLUMN_NAME &&
           settings_copy_others(table, view, fields, column, made, &len);
    if (changes)
        added = is_on == settings_is_usual(table, view, column) ? column : NULL;
    else if (!is_on)
        added = column;
    else if (!len) /* an empty list would mean the usual fields */
        added = settings_name_column(table, view);
    if (fits && added)
        fits = settings_append(made, &len, changes ? (is_on ? '-' : '+') : '\0', added->key,
                               strlen(added->key));
    if (fits)
        copy_text(ret, SETTINGS_FIELDS_SIZE, made);
    else if (ret != fields)
        copy_text(ret, SETTINGS_FIELDS_SIZE, fields);
}
