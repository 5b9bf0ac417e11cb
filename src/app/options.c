/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing by the table of options, and the texts made from it. */
#include "app/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "app/options_sinks.h"
#include "app/options_value.h"
#include "app/program.h"
#include "base/buf.h"
#include "base/util.h"
#include "model/metric.h"
#include "print/printer.h"

/* getopt_long() returns this plus the row's number for long options. */
#define LONG_BASE 256
#define NAMES_MAX (OPTION_ROWS_MAX + 16)

bool option_is_of(const struct option_row *row, const struct program *program)
{
    return !row->programs || (row->programs & program->options);
}

void options_defaults(struct options *options, const struct program *program)
{
    *options = (struct options){
        .program = program,
        .interval = 2,
        .runs = -1,
        .log_level = -1,
        .libvirt_interval = -1,
        .qmp_interval = -1,
        .scope = SCOPE__COUNT,
        .view = -1,
        .units = -1,
        .outputs = {.buffer = 16u << 20,
                    .spool_size = 256u << 20,
                    .drain_timeout = 5,
                    .send_timeout = 10,
                    .datagram = 1400},
    };
    if (program->defaults)
        program->defaults(options);
}

/* What getopt_long() wants, made from the table. */
struct getopt_tables {
    struct option longs[NAMES_MAX];
    char names[NAMES_MAX][32];
    size_t count;
    char shorts[2 * NAMES_MAX];
    unsigned char row_of_short[LONG_BASE];
};

static bool getopt_tables_have(const struct getopt_tables *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->names[i], name) == 0)
            return true;
    }
    return false;
}

/* The names that are not there yet. */
static void getopt_tables_add_names(struct getopt_tables *t, size_t i)
{
    const struct option_row *row = &option_rows[i];

    for (const char *p = row->names; *p && t->count + 1 < NAMES_MAX;) {
        size_t n = strcspn(p, " ");
        char *name = t->names[t->count];

        snprintf(name, sizeof(t->names[0]), "%.*s", (int)n, p);
        if (!getopt_tables_have(t, name))
            t->longs[t->count++] = (struct option){
                .name = name,
                .has_arg = row->argument ? required_argument : no_argument,
                .val = LONG_BASE + (int)i,
            };
        p += n + (p[n] == ' ');
    }
}

static void getopt_tables_init(struct getopt_tables *t, const struct program *program)
{
    size_t shorts = 0;

    memset(t, 0, sizeof(*t));
    t->shorts[shorts++] = ':'; /* a missing argument is reported as ':' */
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];

        if (!option_is_of(row, program))
            continue;
        getopt_tables_add_names(t, i);
        for (const char *p = row->shorts ? row->shorts : ""; *p; p++) {
            t->row_of_short[(unsigned char)*p] = (unsigned char)i;
            t->shorts[shorts++] = *p;
            if (row->argument)
                t->shorts[shorts++] = ':';
        }
    }
    /* A name of the other program must not pass for the beginning of one of this program's. */
    for (size_t i = 0; program->refuses && i < option_rows_count; i++) {
        if (!option_is_of(&option_rows[i], program))
            getopt_tables_add_names(t, i);
    }
}

/* What getopt_long() could not make sense of. It stays at a word whose letters
 * it has not all seen; a letter that is no ASCII comes as a negative one. */
static int options_reject_word(char **argv, int result, char *error, size_t size)
{
    bool inside = optopt < 0 && argv[optind] && argv[optind][0] == '-' && argv[optind][1] != '-' &&
                  strchr(argv[optind], optopt);
    const char *word = inside ? argv[optind] : optind > 0 ? argv[optind - 1] : "";

    if (result == ':')
        snprintf(error, size, "option '%s' needs a value; see --help", word);
    else if (optopt > 0 && optopt < LONG_BASE)
        snprintf(error, size, "unknown option '-%c'; see --help", optopt);
    else if (optopt >= LONG_BASE)
        snprintf(error, size, "option '%s' takes no value", word);
    else
        snprintf(error, size, "unknown or ambiguous option '%s'; see --help", word);
    return -EINVAL;
}

/* Rules between options: those that are broken name the options that break them. */
static int options_check(struct options *options, struct options_broken *broken, char *error,
                         size_t size)
{
    if (options->config && options->no_config) {
        snprintf(error, size, "option --config: '%s' has no meaning with --no-config",
                 options->config);
        return options_break(broken, offsetof(struct options, config), OPTIONS_NONE);
    }
    if (options->connection && (options->hypervisor == HYPERVISOR_PROCESSES ||
                                options->hypervisor == HYPERVISOR_PROXMOX)) {
        snprintf(error, size, "option --connection: '%s' has no meaning for --%s",
                 options->connection,
                 options->hypervisor == HYPERVISOR_PROXMOX ? "proxmox" : "processes");
        return options_break(broken, offsetof(struct options, connection),
                             offsetof(struct options, hypervisor));
    }
    if (options->program->check && options->program->check(options, broken, error, size) < 0)
        return -EINVAL;
    return options_finish_sinks(options, broken, error, size);
}

static bool options_gives_way(const struct options *options, size_t offset)
{
    enum option_layer layer =
        offset == OPTIONS_NONE ? LAYER_DEFAULT : options_layer(options, offset);

    return layer == LAYER_SYSTEM || layer == LAYER_USER;
}

/* Goes through the rules until they hold. Each round drops something that a file says. */
static int options_finish(struct options *options, char *error, size_t size)
{
    for (;;) {
        struct options tried = *options;
        struct options_broken broken = {OPTIONS_NONE, OPTIONS_NONE};
        int r = options_check(&tried, &broken, error, size);

        if (r == 0) {
            *options = tried;
            return 0;
        }
        if (options_gives_way(options, broken.by))
            options_forget(options, broken.by);
        else if (options_gives_way(options, broken.with))
            options_forget(options, broken.with);
        else
            return r;
        error[0] = '\0';
    }
}

int options_parse_words(struct options *options, int argc, char **argv, char *error, size_t size)
{
    struct option_error rejected = {.text = error, .size = size};
    struct getopt_tables tables;
    int c;

    getopt_tables_init(&tables, options->program);
    opterr = 0;
    optind = 0; /* GNU: start anew, whoever parsed before */
    while ((c = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        const struct option_row *row;
        int r;

        if (c == '?' || c == ':')
            return options_reject_word(argv, c, error, size);
        row = &option_rows[c >= LONG_BASE ? c - LONG_BASE : tables.row_of_short[c]];
        r = option_take(options, row, optarg, LAYER_COMMAND_LINE, &rejected);
        if (r < 0)
            return r;
        if (options->action != ACTION_RUN)
            return 0;
    }
    if (optind < argc) {
        snprintf(error, size, "surplus argument '%s'; options start with '-', see --help",
                 argv[optind]);
        return -EINVAL;
    }
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, char *error, size_t size)
{
    const char *output = options->output;
    int r = options_parse_words(options, argc, argv, error, size);

    if (r < 0 || options->action != ACTION_RUN)
        return r;
    /* A file's target is one for the output that stands there, too. */
    if (!text_equal(output, options->output) &&
        options_gives_way(options, offsetof(struct options, target)))
        options_forget(options, offsetof(struct options, target));
    return options_finish(options, error, size);
}

static void help_print_usage(FILE *out, const struct program *program)
{
    fprintf(out, "Usage: %s [OPTION]...\n", program->name);
    if (program->commands)
        fprintf(out, "       %s COMMAND [ARGUMENT]...\n", program->name);
    fprintf(out, "%s\n", program->summary);
    if (program->commands) {
        fputs("\nCommands:\n", out);
        program->commands->print_help(out);
    }
}

/* Where the texts begin, the names in front of them. */
static unsigned help_column(unsigned width)
{
    return width && width < 100 ? 24 : 46;
}

static void help_print_names(FILE *out, const struct option_row *row, unsigned column)
{
    struct buf names = {0};

    for (const char *p = row->shorts ? row->shorts : ""; *p; p++)
        buf_printf(&names, "%s-%c", names.len ? ", " : "", *p);
    for (const char *p = row->names; *p;) {
        size_t n = strcspn(p, " ");

        buf_printf(&names, "%s--%.*s", names.len ? ", " : "", (int)n, p);
        p += n + (p[n] == ' ');
    }
    if (row->argument)
        buf_printf(&names, "=%s", row->argument);
    fprintf(out, "  %-*s", (int)column - 2, buf_text(&names));
    if (names.len + 2 >= column)
        fprintf(out, "\n%*s", (int)column, "");
    buf_done(&names);
}

/* The text, in lines that begin at the column and end before the width; 0 = in one line. */
static void help_print_text(FILE *out, const char *text, unsigned column, unsigned width)
{
    size_t at = column;

    while (*text) {
        size_t n = strcspn(text, " ");

        if (at > column && width && at + 1 + n >= width) {
            fprintf(out, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", (int)n, text);
        at += n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

void options_print_help(const struct program *program, unsigned width, FILE *out)
{
    unsigned column = help_column(width);

    help_print_usage(out, program);
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        struct buf text = {0}, choices = {0};

        if (!option_is_of(row, program))
            continue;
        if (row->group)
            fprintf(out, "\n%s:\n", row->group);
        help_print_names(out, row, column);
        options_list_choices(row, &choices);
        buf_printf(&text, "%s%s%s", row->help, choices.len ? ": " : "", buf_text(&choices));
        help_print_text(out, buf_text(&text), column, width);
        buf_done(&choices);
        buf_done(&text);
    }
    fputs("\nExit status: 0 normal, 1 failure, 2 wrong usage.\n"
          "Signals: TERM and INT end it, USR1 samples now, HUP opens files again.\n",
          out);
}

void options_print_fields(FILE *out, unsigned available)
{
    fputs("SCOPE\tKEY\tUNIT\tSOURCE\tMEANING\n", out);
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        if (available & (1u << m->collector))
            fprintf(out, "%s\t%s\t%s\t%s\t%s\n", scope_name(m->scope), m->key,
                    m->unit[0] ? m->unit : "-", m->source, m->help);
    }
}
