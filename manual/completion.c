/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces for completion in bash and zsh. */
#include <string.h>

#include "manual.h"

#define BASH_WIDTH 98

/* name='word word ...', in lines. */
static void bash_variable(struct buf *out, const char *name, const char *words)
{
    size_t column = strlen(name) + 2;

    buf_printf(out, "%s='", name);
    while (*(words += strspn(words, " "))) {
        size_t len = strcspn(words, " ");

        if (column + len + 1 > BASH_WIDTH) {
            buf_puts(out, "\n    ");
            column = 4;
        }
        buf_printf(out, "%.*s ", (int)len, words);
        column += len + 1;
        words += len;
    }
    if (out->len && out->data[out->len - 1] == ' ')
        out->len--;
    buf_puts(out, "'\n");
}

/* The choices of the option of that name. */
static void bash_choices(struct buf *out, const struct program *program, const char *name)
{
    struct word_option option;
    struct buf variable = {0};

    for (size_t i = 0; words_of_program(program, i, &option); i++) {
        if (strcmp(option.names, name) != 0)
            continue;
        buf_printf(&variable, "_%s_%s", program->name, name);
        bash_variable(out, buf_text(&variable), option.choices);
    }
    buf_done(&variable);
}

/* All names of options; with a value behind a '='. */
static void bash_add_names(struct buf *out, const struct word_option *option)
{
    struct buf name = {0};

    for (size_t i = 0; words_name(option, i, &name); i++) {
        bool is_long = name.len > 2;

        buf_printf(out, " %s%s", buf_text(&name), is_long && option->kind != VALUE_NONE ? "=" : "");
    }
    buf_done(&name);
}

static void bash_options(struct buf *out, const struct program *program)
{
    struct word_option option;
    struct buf words = {0}, name = {0};

    for (size_t i = 0; words_of_program(program, i, &option); i++)
        bash_add_names(&words, &option);
    buf_printf(&name, "_%s_options", program->name);
    bash_variable(out, buf_text(&name), buf_text(&words));
    for (size_t c = 0; c < words_commands(program); c++) {
        buf_clear(&words);
        buf_clear(&name);
        for (size_t i = 0; words_of_command(&command_all[c], i, &option); i++)
            bash_add_names(&words, &option);
        buf_printf(&name, "_%s_options_%s", program->name, command_all[c].name);
        bash_variable(out, buf_text(&name), buf_text(&words));
    }
    buf_done(&name);
    buf_done(&words);
}

bool manual_bash_words(struct buf *out, const char *argument)
{
    const struct program *program = manual_program(argument);
    static const struct {
        const char *name;
        void (*add)(struct buf *out);
    } screen[] = {
        {"fields", words_keys},
        {"scope_fields", words_scope_keys},
        {"columns", words_columns},
    };
    struct buf words = {0}, name = {0};

    if (!program)
        return false;
    bash_options(out, program);
    bash_choices(out, program, "printer");
    bash_choices(out, program, "output");
    for (size_t i = 0; i < ARRAY_SIZE(screen); i++) {
        buf_clear(&words);
        buf_clear(&name);
        if (program->has_screen)
            screen[i].add(&words);
        buf_printf(&name, "_%s_%s", program->name, screen[i].name);
        bash_variable(out, buf_text(&name), buf_text(&words));
    }
    buf_clear(&words);
    for (size_t c = 0; c < words_commands(program); c++)
        buf_printf(&words, " %s", command_all[c].name);
    buf_clear(&name);
    buf_printf(&name, "_%s_commands", program->name);
    bash_variable(out, buf_text(&name), buf_text(&words));
    buf_clear(&words);
    if (program->commands)
        words_profile_metrics(&words);
    buf_clear(&name);
    buf_printf(&name, "_%s_metrics", program->name);
    bash_variable(out, buf_text(&name), buf_text(&words));
    buf_done(&name);
    buf_done(&words);
    return true;
}

/* What the shell's own part does for a value of that kind: the name of a function. */
static const char *bash_kind(enum value_kind kind)
{
    static const char *const kinds[] = {[VALUE_NONE] = "none",
                                        [VALUE_ANY] = "any",
                                        [VALUE_CHOICES] = "words",
                                        [VALUE_FILE] = "files",
                                        [VALUE_DIRECTORY] = "directories",
                                        [VALUE_FIELDS] = "fields",
                                        [VALUE_SORT] = "sort",
                                        [VALUE_NICS] = "nics",
                                        [VALUE_DISKS] = "disks",
                                        [VALUE_METRICS] = "metrics",
                                        [VALUE_METRIC] = "metric",
                                        [VALUE_SINK] = "sink"};

    return kinds[kind];
}

/* "    -p | --printer) _proxtop_words 'ncurses text' ;;" */
static void bash_arm(struct buf *out, const struct program *program, const char *command,
                     const struct word_option *option)
{
    struct buf name = {0};
    const char *between = "    ";

    for (size_t i = 0; words_name(option, i, &name); i++) {
        buf_printf(out, "%s%s:%s", between, command, buf_text(&name));
        between = " | ";
    }
    buf_printf(out, ") _%s_value_%s", program->name, bash_kind(option->kind));
    if (option->choices[0])
        buf_printf(out, " '%s'", option->choices);
    buf_puts(out, " ;;\n");
    buf_done(&name);
}

bool manual_bash_values(struct buf *out, const char *argument)
{
    const struct program *program = manual_program(argument);
    struct word_option option;

    if (!program)
        return false;
    for (size_t i = 0; words_of_program(program, i, &option); i++) {
        if (option.kind != VALUE_NONE)
            bash_arm(out, program, "", &option);
    }
    for (size_t c = 0; c < words_commands(program); c++) {
        for (size_t i = 0; words_of_command(&command_all[c], i, &option); i++) {
            if (option.kind != VALUE_NONE)
                bash_arm(out, program, command_all[c].name, &option);
        }
    }
    return true;
}

/* Text inside '...' and, with `special`, behind backslashes of zsh's own. */
static void zsh_text(struct buf *out, const char *text, const char *special)
{
    for (; *text; text++) {
        if (*text == '\'') {
            buf_puts(out, "'\\''");
            continue;
        }
        if (strchr(special, *text))
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
}

static void zsh_action(struct buf *out, const struct program *program,
                       const struct word_option *option)
{
    switch (option->kind) {
    case VALUE_NONE:
    case VALUE_ANY:
        buf_putc(out, ' ');
        break;
    case VALUE_CHOICES:
        buf_printf(out, "(%s)", option->choices);
        break;
    case VALUE_FILE:
        buf_puts(out, "_files");
        break;
    case VALUE_DIRECTORY:
        buf_puts(out, "_files -/");
        break;
    default:
        buf_printf(out, "_%s_value_%s", program->name, bash_kind(option->kind));
    }
}

/* '(-p --printer)'{-p+,--printer=}'[help]:PRINTER:(text json)' */
static void zsh_option(struct buf *out, const struct program *program,
                       const struct word_option *option)
{
    struct buf name = {0}, names = {0}, forms = {0};
    size_t count = 0;

    while (words_name(option, count, &name)) {
        buf_printf(&names, "%s%s", count ? " " : "", buf_text(&name));
        buf_printf(&forms, "%s%s%s", count ? "," : "", buf_text(&name),
                   option->kind == VALUE_NONE ? ""
                   : name.len > 2             ? "="
                                              : "+");
        count++;
    }
    if (option->repeated)
        buf_printf(out, "        '*'%s'", buf_text(&forms));
    else if (count > 1)
        buf_printf(out, "        '(%s)'{%s}'", buf_text(&names), buf_text(&forms));
    else
        buf_printf(out, "        '%s", buf_text(&forms));
    buf_putc(out, '[');
    zsh_text(out, option->help, "[]\\");
    buf_putc(out, ']');
    if (option->kind != VALUE_NONE) {
        buf_putc(out, ':');
        zsh_text(out, option->argument, ":\\");
        buf_putc(out, ':');
        zsh_action(out, program, option);
    }
    buf_puts(out, "' \\\n");
    buf_done(&forms);
    buf_done(&names);
    buf_done(&name);
}

/* PROGRAM, or PROGRAM and a command. */
bool manual_zsh_options(struct buf *out, const char *argument)
{
    const struct program *program = manual_program(argument);
    struct word_option option;

    for (size_t i = 0; program && words_of_program(program, i, &option); i++)
        zsh_option(out, program, &option);
    return program != NULL;
}

/* Arms of a case, one per command. */
bool manual_zsh_commands(struct buf *out, const char *argument)
{
    const struct program *program = manual_program(argument);
    struct word_option option;

    for (size_t c = 0; program && c < words_commands(program); c++) {
        const struct command *command = &command_all[c];

        buf_printf(out, "    %s)\n        _arguments -s \\\n", command->name);
        for (size_t i = 0; words_of_command(command, i, &option); i++)
            zsh_option(out, program, &option);
        buf_printf(out, "        '*:");
        zsh_text(out, command->arguments, ":\\");
        buf_puts(out, ":_files'\n        ;;\n");
    }
    return program != NULL;
}
