/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The piece for completion in fish. */
#include <string.h>

#include "manual.h"

static void fish_text(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

/* What may stand behind the option: flags and words of complete(1). */
static void fish_value(struct buf *out, const struct program *program,
                       const struct word_option *option)
{
    const char *function = NULL;

    switch (option->kind) {
    case VALUE_NONE:
        return;
    case VALUE_ANY:
        buf_puts(out, " -x");
        return;
    case VALUE_CHOICES:
        buf_printf(out, " -x -a '%s'", option->choices);
        return;
    case VALUE_FILE:
        buf_puts(out, " -r -F");
        return;
    case VALUE_DIRECTORY:
        buf_puts(out, " -x -a '(__fish_complete_directories (commandline -ct))'");
        return;
    case VALUE_FIELDS:
        function = "fields";
        break;
    case VALUE_SORT:
        function = "sort";
        break;
    case VALUE_NICS:
        function = "nics";
        break;
    case VALUE_DISKS:
        function = "disks";
        break;
    case VALUE_METRICS:
    case VALUE_METRIC:
        function = "metrics";
        break;
    case VALUE_SINK:
        function = "sink";
        break;
    }
    buf_printf(out, " -x -a '(__%s_%s)'", program->name, function);
}

static void fish_option(struct buf *out, const struct program *program, const char *condition,
                        const struct word_option *option)
{
    buf_printf(out, "complete -c %s", program->name);
    if (condition)
        buf_printf(out, " -n '%s'", condition);
    for (const char *p = option->shorts; *p; p++)
        buf_printf(out, " -s %c", *p);
    for (const char *p = option->names; *p;) {
        size_t n = strcspn(p, " ");

        buf_printf(out, " -l %.*s", (int)n, p);
        p += n + (p[n] == ' ');
    }
    fish_value(out, program, option);
    buf_puts(out, " -d ");
    fish_text(out, option->help);
    buf_putc(out, '\n');
}

static void fish_variable(struct buf *out, const struct program *program, const char *name,
                          void (*add)(struct buf *out))
{
    struct buf words = {0};

    add(&words);
    buf_printf(out, "set -g __%s_words_%s%s\n", program->name, name, buf_text(&words));
    buf_done(&words);
}

static void fish_choices(struct buf *out, const struct program *program, const char *name)
{
    struct word_option option;

    for (size_t i = 0; words_of_program(program, i, &option); i++) {
        if (strcmp(option.names, name) == 0)
            buf_printf(out, "set -g __%s_words_%s %s\n", program->name, name, option.choices);
    }
}

static void fish_commands(struct buf *out, const struct program *program)
{
    struct word_option option;

    for (size_t c = 0; c < words_commands(program); c++) {
        const struct command *command = &command_all[c];
        struct buf condition = {0};

        buf_printf(out, "complete -c %s -n __fish_use_subcommand -a %s -d ", program->name,
                   command->name);
        fish_text(out, command->summary);
        buf_putc(out, '\n');
        buf_printf(&condition, "__fish_seen_subcommand_from %s", command->name);
        buf_printf(out, "complete -c %s -n '%s' -F\n", program->name, buf_text(&condition));
        for (size_t i = 0; words_of_command(command, i, &option); i++)
            fish_option(out, program, buf_text(&condition), &option);
        buf_done(&condition);
    }
}

bool manual_fish(struct buf *out, const char *argument)
{
    const struct program *program = manual_program(argument);
    const char *condition = program && program->commands ? "__fish_use_subcommand" : NULL;
    struct word_option option;

    if (!program)
        return false;
    fish_choices(out, program, "printer");
    fish_choices(out, program, "output");
    if (program->has_screen) {
        fish_variable(out, program, "fields", words_keys);
        fish_variable(out, program, "scope_fields", words_scope_keys);
        fish_variable(out, program, "columns", words_columns);
    }
    if (program->commands)
        fish_variable(out, program, "metrics", words_profile_metrics);
    for (size_t i = 0; words_of_program(program, i, &option); i++)
        fish_option(out, program, condition, &option);
    fish_commands(out, program);
    return true;
}
