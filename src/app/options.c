/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing by the table of options, and the texts made from it. */
#include "app/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <string.h>

#include "app/options_sinks.h"
#include "base/buf.h"
#include "base/num.h"
#include "base/util.h"
#include "model/metric.h"
#include "print/printer.h"

/* getopt_long() returns this plus the row's number for long options. */
#define LONG_BASE 256
#define NAMES_MAX 80

/* A name for messages: "--interval", "-b". */
static void option_display_name(const struct option_row *row, char *name, size_t size)
{
    size_t n = strcspn(row->names, " ");

    if (n)
        snprintf(name, size, "--%.*s", (int)n, row->names);
    else
        snprintf(name, size, "-%c", row->shorts[0]);
}

void options_defaults(struct options *options)
{
    *options = (struct options){
        .interval = 2,
        .runs = -1,
        .log_level = -1,
        .libvirt_interval = -1,
        .qmp_interval = -1,
        .scope = SCOPE__COUNT,
        .outputs = {.buffer = 16u << 20,
                    .spool_size = 256u << 20,
                    .drain_timeout = 5,
                    .send_timeout = 10,
                    .datagram = 1400},
    };
}

/* Where parsing reports: which option with which value is wrong, and what is allowed. */
struct option_error {
    char *text;
    size_t size;
};

static int option_reject_as(struct option_error *error, const struct option_row *row,
                            const char *value, const char *allowed, const char *why)
{
    char name[64];

    option_display_name(row, name, sizeof(name));
    if (value)
        snprintf(error->text, error->size, "option %s: '%s' is not %s; allowed: %s", name, value,
                 why, allowed);
    else
        snprintf(error->text, error->size, "option %s: %s", name, allowed);
    return -EINVAL;
}

static int option_reject(struct option_error *error, const struct option_row *row,
                         const char *value, const char *allowed)
{
    return option_reject_as(error, row, value, allowed, "allowed");
}

static void choices_list(const struct option_row *row, bool missing, struct buf *out)
{
    for (const struct option_choice *c = row->choices; c->word; c++) {
        if (c->missing && !missing)
            continue;
        if (out->len)
            buf_puts(out, ", ");
        buf_puts(out, c->word);
    }
}

static int option_take_choice(const struct option_row *row, const char *value, void *member,
                              struct option_error *error)
{
    struct buf allowed = {0};
    bool missing = false;
    int r;

    for (const struct option_choice *c = row->choices; c->word; c++) {
        if (strcmp(c->word, value) != 0)
            continue;
        if (c->missing) {
            missing = true;
            break;
        }
        if (row->kind == OPTION_WORD)
            *(const char **)member = c->word;
        else
            *(int *)member = c->value;
        return 0;
    }
    choices_list(row, false, &allowed);
    r = option_reject_as(error, row, value, buf_text(&allowed),
                         missing ? "in this version" : "allowed");
    buf_done(&allowed);
    return r;
}

static int option_take_seconds(const struct option_row *row, const char *value, double *member,
                               struct option_error *error)
{
    char allowed[80];
    double seconds;

    if (parse_seconds(value, &seconds) && ((seconds >= row->min && seconds <= row->max) ||
                                           (row->zero_ok && fpclassify(seconds) == FP_ZERO))) {
        *member = seconds;
        return 0;
    }
    snprintf(allowed, sizeof(allowed), "%sseconds from %g to %g",
             row->zero_ok ? "0 (never), or " : "", row->min, row->max);
    return option_reject(error, row, value, allowed);
}

static int option_take_runs(const struct option_row *row, const char *value, int64_t *member,
                            struct option_error *error)
{
    int64_t runs;

    if (!parse_i64(value, &runs) || (runs != -1 && runs < 1))
        return option_reject(error, row, value, "-1 (without end), or a number from 1 on");
    *member = runs;
    return 0;
}

static int option_take_set(const struct option_row *row, int *member, struct option_error *error)
{
    if (*member && *member != row->value)
        return option_reject(error, row, NULL, "only one hypervisor can be chosen");
    *member = row->value;
    return 0;
}

static int option_take_size(const struct option_row *row, const char *value, uint64_t *member,
                            struct option_error *error)
{
    char allowed[80];
    uint64_t bytes;

    if (parse_size(value, &bytes) && (double)bytes >= row->min && (double)bytes <= row->max) {
        *member = bytes;
        return 0;
    }
    snprintf(allowed, sizeof(allowed), "bytes, or a number with K, M or G, from %.0f to %.0f",
             row->min, row->max);
    return option_reject(error, row, value, allowed);
}

static int option_take_texts(const struct option_row *row, const char *value,
                             struct output_texts *member, struct option_error *error)
{
    if (!*value)
        return option_reject(error, row, value, "a text that is not empty");
    if (member->count == ARRAY_SIZE(member->items))
        return option_reject(error, row, NULL, "may be repeated 16 times at most");
    member->items[member->count++] = value;
    return 0;
}

static int option_take(struct options *options, const struct option_row *row, const char *value,
                       struct option_error *error)
{
    void *member = (char *)options + row->offset;

    switch (row->kind) {
    case OPTION_ACTION:
        *(int *)member = row->value;
        return 0;
    case OPTION_FLAG:
        *(int *)member = 1;
        return 0;
    case OPTION_SET:
        return option_take_set(row, member, error);
    case OPTION_COLLECTOR:
        *(unsigned *)member |= 1u << row->value;
        return 0;
    case OPTION_SECONDS:
        return option_take_seconds(row, value, member, error);
    case OPTION_RUNS:
        return option_take_runs(row, value, member, error);
    case OPTION_SIZE:
        return option_take_size(row, value, member, error);
    case OPTION_TEXTS:
        return option_take_texts(row, value, member, error);
    case OPTION_SINK:
        return options_add_sink(options, value, error->text, error->size);
    case OPTION_TEXT:
        if (!*value)
            return option_reject(error, row, value, "a text that is not empty");
        *(const char **)member = value;
        return 0;
    case OPTION_CHOICE:
    case OPTION_WORD:
        return option_take_choice(row, value, member, error);
    case OPTION_PRESET:
        *(const char **)member = row->preset;
        return 0;
    }
    return -EINVAL;
}

/* What getopt_long() wants, made from the table. */
struct getopt_tables {
    struct option longs[NAMES_MAX];
    char names[NAMES_MAX][32];
    char shorts[2 * NAMES_MAX];
    unsigned char row_of_short[LONG_BASE];
};

static void getopt_tables_init(struct getopt_tables *t)
{
    size_t names = 0, shorts = 0;

    memset(t, 0, sizeof(*t));
    t->shorts[shorts++] = ':'; /* a missing argument is reported as ':' */
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];

        for (const char *p = row->names; *p && names + 1 < NAMES_MAX;) {
            size_t n = strcspn(p, " ");

            snprintf(t->names[names], sizeof(t->names[names]), "%.*s", (int)n, p);
            t->longs[names] = (struct option){
                .name = t->names[names],
                .has_arg = row->argument ? required_argument : no_argument,
                .val = LONG_BASE + (int)i,
            };
            names++;
            p += n + (p[n] == ' ');
        }
        for (const char *p = row->shorts ? row->shorts : ""; *p; p++) {
            t->row_of_short[(unsigned char)*p] = (unsigned char)i;
            t->shorts[shorts++] = *p;
            if (row->argument)
                t->shorts[shorts++] = ':';
        }
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

/* Rules between options. */
static int options_check(struct options *options, char *error, size_t size)
{
    if (options->connection && (options->hypervisor == HYPERVISOR_PROCESSES ||
                                options->hypervisor == HYPERVISOR_PROXMOX)) {
        snprintf(error, size, "option --connection: '%s' has no meaning for --%s",
                 options->connection,
                 options->hypervisor == HYPERVISOR_PROXMOX ? "proxmox" : "processes");
        return -EINVAL;
    }
    return options_finish_sinks(options, error, size);
}

int options_parse(struct options *options, int argc, char **argv, char *error, size_t size)
{
    struct option_error rejected = {.text = error, .size = size};
    struct getopt_tables tables;
    int c;

    getopt_tables_init(&tables);
    opterr = 0;
    optind = 0; /* GNU: start anew, whoever parsed before */
    while ((c = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        const struct option_row *row;
        int r;

        if (c == '?' || c == ':')
            return options_reject_word(argv, c, error, size);
        row = &option_rows[c >= LONG_BASE ? c - LONG_BASE : tables.row_of_short[c]];
        r = option_take(options, row, optarg, &rejected);
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
    return options_check(options, error, size);
}

static void help_print_names(FILE *out, const struct option_row *row)
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
    fprintf(out, "  %-44s", buf_text(&names));
    if (names.len >= 44)
        fprintf(out, "\n  %-44s", "");
    buf_done(&names);
}

void options_print_help(FILE *out)
{
    fputs("Usage: proxtop [OPTION]...\n"
          "Shows what virtual machines cost and what they wait for, seen from the host.\n",
          out);
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        struct buf choices = {0};

        if (row->group)
            fprintf(out, "\n%s:\n", row->group);
        help_print_names(out, row);
        fputs(row->help, out);
        if (row->choices) {
            choices_list(row, false, &choices);
            fprintf(out, ": %s", buf_text(&choices));
        }
        fputs("\n", out);
        buf_done(&choices);
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
