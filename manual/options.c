/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and commands for manual pages. */
#include <string.h>

#include "manual.h"

/* "Fl f , Fl -interval Ns = Ns Ar SECONDS", as --help has it. */
static void manual_option_names(struct buf *out, const struct option_row *row)
{
    const char *between = "";

    for (const char *p = row->shorts ? row->shorts : ""; *p; p++) {
        buf_printf(out, "%sFl %c", between, *p);
        between = " , ";
    }
    for (const char *p = row->names; *p;) {
        size_t n = strcspn(p, " ");

        buf_printf(out, "%sFl -%.*s", between, (int)n, p);
        between = " , ";
        p += n + (p[n] == ' ');
    }
    if (row->argument) {
        buf_puts(out, " Ns = Ns Ar ");
        mdoc_word(out, row->argument);
    }
}

/* The help, and the choices behind it. */
static void manual_option_text(struct buf *out, const struct option_row *row)
{
    struct buf text = {0};
    const char *word;
    int value;

    buf_puts(&text, row->help);
    for (size_t i = 0; (word = option_choice_word(row, i, &value)); i++)
        buf_printf(&text, "%s%c%s", i ? ", " : ": ", MDOC_UNDIVIDED, word);
    mdoc_phrase(out, buf_text(&text));
    buf_done(&text);
}

bool manual_options(struct buf *out, const char *argument)
{
    const struct program *program = manual_program(argument);
    bool open = false;

    for (size_t i = 0; program && i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (!option_is_of(row, program))
            continue;
        if (row->group) {
            buf_printf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", open ? ".El\n" : "", row->group);
            open = true;
        }
        buf_puts(out, ".It ");
        manual_option_names(out, row);
        buf_putc(out, '\n');
        manual_option_text(out, row);
    }
    if (open)
        buf_puts(out, ".El\n");
    return program != NULL;
}

/* What a row's name in a file is followed by. */
static void manual_setting(struct buf *out, const struct option_row *row)
{
    buf_printf(out, ".It Cm %.*s No = ", (int)strcspn(row->names, " "), row->names);
    if (row->argument) {
        buf_puts(out, "Ar ");
        mdoc_word(out, row->argument);
    } else {
        buf_puts(out, "Cm yes | no");
    }
    buf_putc(out, '\n');
    manual_option_text(out, row);
}

bool manual_settings(struct buf *out, const char *argument)
{
    const struct program *program = manual_program(argument);
    unsigned of = program ? program->options : 0;

    if (!program && strcmp(argument, "both") != 0)
        return false;
    buf_puts(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (row->programs == of && row->names[0] && !row->command_line_only &&
            row->kind != OPTION_ACTION)
            manual_setting(out, row);
    }
    buf_puts(out, ".El\n");
    return true;
}

/* "FILE OUT.svg" as arguments of macros. */
static void manual_command_usage(struct buf *out, const struct command *command)
{
    buf_printf(out, ".Nm\n.Cm %s\n.Op Ar OPTION ...\n", command->name);
    for (const char *p = command->arguments; *p;) {
        size_t n = strcspn(p, " ");

        buf_printf(out, ".Ar %.*s\n", (int)n, p);
        p += n + (p[n] == ' ');
    }
}

static void manual_command(struct buf *out, const struct command *command)
{
    struct command_option_text option;

    buf_printf(out, ".Ss %s\n", command->name);
    manual_command_usage(out, command);
    buf_puts(out, ".Pp\n");
    /* As --help has it, where it stands behind the name. */
    mdoc_sentence(out, command->summary);
    mdoc_text(out, command->text);
    buf_puts(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; command_option_at(command, i, &option); i++) {
        buf_printf(out, ".It %sFl -%s", strcmp(option.name, "help") == 0 ? "Fl h , " : "",
                   option.name);
        if (option.argument) {
            buf_puts(out, " Ns = Ns Ar ");
            mdoc_word(out, option.argument);
        }
        buf_putc(out, '\n');
        mdoc_phrase(out, option.help);
    }
    buf_puts(out, ".El\n");
}

bool manual_commands(struct buf *out, const char *argument)
{
    for (size_t i = 0; i < command_count; i++)
        manual_command(out, &command_all[i]);
    return !*argument;
}
