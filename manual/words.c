/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What completion offers, whatever the shell. */
#include <ctype.h>
#include <string.h>

#include "app/options_value.h"
#include "manual.h"
#include "model/metric.h"
#include "profiler/metrics.h"
#include "tui/column.h"

/* By the words that --help uses for arguments. */
static enum value_kind words_kind(const char *name, const char *argument)
{
    static const struct {
        const char *argument;
        enum value_kind kind;
    } kinds[] = {
        {"FILE", VALUE_FILE},
        {"FILE.csv", VALUE_FILE},
        {"DIR", VALUE_DIRECTORY},
        {"PATH", VALUE_DIRECTORY},
        {"KEY,...", VALUE_FIELDS},
        {"KEY[:asc|desc]", VALUE_SORT},
        {"METRIC,...", VALUE_METRICS},
        {"PRINTER[@SECONDS],OUTPUT[,TARGET]", VALUE_SINK},
        {"PRINTER,OUTPUT[,TARGET]", VALUE_SINK},
        {"TARGET", VALUE_FILE},
        {"HEADER", VALUE_ANY},
    };

    if (!argument)
        return VALUE_NONE;
    if (strcmp(argument, "DEVICE,...") == 0)
        return strcmp(name, "netdev") == 0 ? VALUE_NICS : VALUE_DISKS;
    if (strcmp(argument, "NAME") == 0 && strcmp(name, "metric") == 0)
        return VALUE_METRIC;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].argument, argument) == 0)
            return kinds[i].kind;
    }
    return VALUE_ANY;
}

/* "a, b, c" becomes "a b c". */
static void words_take_choices(struct word_option *option, const char *list)
{
    size_t n = 0;

    for (; *list && n + 1 < sizeof(option->choices); list++) {
        if (*list != ',')
            option->choices[n++] = *list;
    }
    option->choices[n] = '\0';
    option->kind = VALUE_CHOICES;
}

bool words_of_program(const struct program *program, size_t i, struct word_option *ret)
{
    for (size_t n = 0; n < option_rows_count; n++) {
        const struct option_row *row = &option_rows[n];
        struct buf choices = {0};

        if (!option_is_of(row, program) || i-- > 0)
            continue;
        *ret = (struct word_option){
            .shorts = row->shorts ? row->shorts : "",
            .names = row->names,
            .argument = row->argument,
            .help = row->help,
            .kind = words_kind(row->names, row->argument),
            .repeated = row->kind == OPTION_TEXTS || row->kind == OPTION_SINK,
        };
        options_list_choices(row, &choices);
        if (choices.len && row->argument)
            words_take_choices(ret, buf_text(&choices));
        buf_done(&choices);
        return true;
    }
    return false;
}

/* Whether it is a list of words to choose from, and no sentence. */
static bool words_are_choices(const char *allowed)
{
    if (!allowed || !strchr(allowed, ','))
        return false;
    for (; *allowed; allowed++) {
        if (!islower(*allowed) && !strchr("-, ", *allowed))
            return false;
        if (*allowed == ' ' && allowed[-1] != ',')
            return false;
    }
    return true;
}

bool words_of_command(const struct command *command, size_t i, struct word_option *ret)
{
    struct command_option_text text;

    if (!command_option_at(command, i, &text))
        return false;
    *ret = (struct word_option){
        .shorts = strcmp(text.name, "help") == 0 ? "h" : "",
        .names = text.name,
        .argument = text.argument,
        .help = text.help,
        .kind = words_kind(text.name, text.argument),
    };
    if (text.argument && words_are_choices(text.allowed))
        words_take_choices(ret, text.allowed);
    return true;
}

size_t words_commands(const struct program *program)
{
    return program->commands ? command_count : 0;
}

bool words_name(const struct word_option *option, size_t i, struct buf *ret)
{
    size_t shorts = strlen(option->shorts);
    const char *p = option->names;

    buf_clear(ret);
    if (i < shorts) {
        buf_printf(ret, "-%c", option->shorts[i]);
        return true;
    }
    for (i -= shorts; *p && i > 0; i--) {
        p += strcspn(p, " ");
        p += *p == ' ';
    }
    if (*p)
        buf_printf(ret, "--%.*s", (int)strcspn(p, " "), p);
    return ret->len > 0;
}

/* Whether a metric in front of this one has its key. */
static bool words_key_is_known(size_t i)
{
    for (size_t n = 0; n < i; n++) {
        if (strcmp(metrics[n].key, metrics[i].key) == 0)
            return true;
    }
    return false;
}

void words_keys(struct buf *out)
{
    for (size_t i = 0; i < metrics_count; i++) {
        if (!words_key_is_known(i))
            buf_printf(out, " %s", metrics[i].key);
    }
}

void words_scope_keys(struct buf *out)
{
    for (size_t i = 0; i < metrics_count; i++)
        buf_printf(out, " %s.%s", scope_name(metrics[i].scope), metrics[i].key);
}

void words_columns(struct buf *out)
{
    struct column_table *table = column_table_new();

    for (enum column_family family = 0; family < FAMILY__COUNT; family++) {
        for (size_t i = 0; i < column_count(table, family); i++) {
            const char *key = column_at(table, family, i)->key;
            /* Views of host devices have some of the VMs' columns. */
            const struct column *first = column_find(table, FAMILY_VM, key);

            if (family == FAMILY_VM || !first || strcmp(first->key, key) != 0)
                buf_printf(out, " %s", key);
        }
    }
    column_table_free(table);
}

void words_profile_metrics(struct buf *out)
{
    for (enum profiler_metric m = 0; m < PROFILER_METRIC__COUNT; m++)
        buf_printf(out, " %s", profiler_metric_name(m));
}
