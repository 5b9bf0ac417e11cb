/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line. One table (options_table.c) holds every option: its
 * names, its kind and limits, its help; parsing and --help go by it.
 */
#ifndef PROXTOP_APP_OPTIONS_H
#define PROXTOP_APP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "output/output.h"
#include "print/printer.h"

struct program;

enum option_action {
    ACTION_RUN,
    ACTION_HELP,
    ACTION_VERSION,
    ACTION_LIST_FIELDS,
};

enum option_hypervisor {
    HYPERVISOR_AUTO,
    HYPERVISOR_PROXMOX,
    HYPERVISOR_LIBVIRT,
    HYPERVISOR_PROCESSES,
};

/* A printer and where its bytes go. */
struct sink_option {
    const char *printer;
    const char *output;
    const char *target; /* NULL = none */
    double seconds;     /* between its cycles; 0 = every cycle */
};

/* Who says what an option is; what comes later counts more. */
enum option_layer {
    LAYER_DEFAULT,
    LAYER_SYSTEM, /* /etc/proxtop/config */
    LAYER_USER,   /* the user's file */
    LAYER_COMMAND_LINE,
};

#define OPTION_ROWS_MAX 128

/* How ranges are bounded. */
enum option_bounds { BOUNDS_DEFAULT, BOUNDS_FIXED, BOUNDS_DYNAMIC };

/* Of the program that learns. */
struct profiler_options {
    unsigned states, buffer, history;
    double filter_deviations; /* < 0 = off */
    int bounds;               /* enum option_bounds */
    int binning;              /* enum scale_binning */
    int phantom_start;
    const char *periods; /* "60,24": sizes; NULL = none */
    int calendar;        /* enum profile_calendar */
    double output_seconds;
    unsigned row_cap, rows_max, window;
    double half_life;      /* seconds */
    uint64_t io_max;       /* bytes per second */
    const char *log_scale; /* names of metrics; NULL = none */
    const char *state_dir; /* NULL = none */
    unsigned keep_days;    /* 0 = for ever */
    double save_seconds;   /* 0 = when something is printed */
};

/* What was asked for. Strings point into argv, belong to the configuration, or are
 * static. */
struct options {
    const struct program *program; /* whose options they are */
    int action;
    /* application */
    double interval;
    int64_t runs;           /* -1 = without end */
    const char *connection; /* NULL = $LIBVIRT_DEFAULT_URI or qemu:///system */
    const char *procfs;     /* NULL = /proc; set = the user named one */
    const char *sysfs;
    const char *host_name;
    int verbose, human;
    const char *log_file;
    const char *config; /* a file in place of the user's; NULL = the user's */
    int doctor;         /* look at what a run would need, and do not run */
    int no_config;
    int log_level; /* enum log_level; -1 = by itself */
    /* hypervisor */
    int hypervisor;
    int allow_hmp;
    double libvirt_interval, qmp_interval; /* < 0 = by itself */
    double guest_stats;                    /* 0 = never */
    const char *pve_run, *pve_conf;        /* directories; NULL = where Proxmox VE has them */
    /* collectors: bits of 1 << enum collector; 0 = the default ones */
    unsigned collectors;
    /* output */
    const char *printer; /* NULL = by the output */
    const char *output;
    const char *target;
    struct sink_option sinks[PRINT_SINKS_MAX]; /* those of --sink; options_parse() puts that of
                                                  the three options above in front */
    size_t sink_count;
    struct output_settings outputs;
    const char *fields;
    const char *netdev, *storedev;
    int names;
    int scope; /* enum scope; SCOPE__COUNT = all */
    int devices, timestamps;
    int json;
    int influx; /* enum print_influx */
    int prom_host_label;
    /* screen */
    int view;                  /* enum view; -1 = the configuration's, or ALL */
    int units;                 /* enum units; -1 = likewise */
    const char *sort, *filter; /* NULL = likewise */
    int no_mouse;
    bool terminal; /* standard input and output are a terminal that can have a screen: set before
                      options_parse() */
    const char *no_terminal; /* why they are not, for people; NULL = not known. Likewise */
    bool screen;  /* --printer=ncurses, or nothing else was asked for and there is a terminal: no
                     member of sinks. By options_parse() */
    bool unasked; /* nothing was asked for and there is no terminal, so that text is printed.
                     Likewise */
    struct profiler_options profiler;
    unsigned char said_by[OPTION_ROWS_MAX]; /* enum option_layer, by row of the table */
};

/* Kinds of options. */
enum option_kind {
    OPTION_ACTION,    /* int: value */
    OPTION_FLAG,      /* int: 1 */
    OPTION_SET,       /* int: value; two different ones contradict each other (preset: how) */
    OPTION_COLLECTOR, /* unsigned: |= 1 << value */
    OPTION_SECONDS,   /* double: min..max, and 0 if it is `zero` */
    OPTION_RUNS,      /* int64_t */
    OPTION_NUMBER,    /* unsigned: min..max */
    OPTION_DECIMAL,   /* double: min..max, and -1 = off */
    OPTION_DURATION,  /* double: seconds, or 1h30m, 5m, 60s: min..max, and 0 if it is `zero` */
    OPTION_SIZE,      /* uint64_t: bytes, with K, M, G: min..max */
    OPTION_TEXT,      /* const char * */
    OPTION_TEXTS,     /* struct output_texts: each time one more */
    OPTION_SINK,      /* PRINTER[@SECONDS],OUTPUT[,TARGET]: one more of sinks */
    OPTION_CHOICE,    /* int: value of the choice */
    OPTION_WORD,      /* const char *: one of the choices */
    OPTION_PRESET,    /* const char *: the row's word, without an argument */
};

struct option_choice {
    const char *word;
    int value;
};

/* Bits of option_row.programs. */
#define OPTIONS_PROXTOP  1u
#define OPTIONS_PROFILER 2u

struct option_row {
    unsigned programs; /* those that know it; 0 = all. A name has one row in each */
    const char *group; /* non-NULL: starts a group of --help */
    const char *names; /* long names, separated by spaces; the first is the main one */
    const char *shorts;
    const char *argument; /* as --help shows it; NULL = none */
    enum option_kind kind;
    size_t offset; /* into struct options */
    int value;
    double min, max;                        /* of texts: max bytes; 0 = any */
    const char *zero;                       /* what 0 is allowed to mean; NULL = nothing */
    bool command_line_only;                 /* no name for a configuration file */
    const struct option_choice *choices;    /* ends with word NULL */
    const char *(*word_of)(unsigned value); /* in their place: values from 0 on; ends with NULL */
    const char *preset;
    const char *help;
};

extern const struct option_row option_rows[];
extern const size_t option_rows_count;

/* Whether the row is one of the program's. */
bool option_is_of(const struct option_row *row, const struct program *program);

/* Everything as if no option was given. */
void options_defaults(struct options *options, const struct program *program);

/* Parses argv. 0, or -EINVAL with one line for people in error[size]. An
 * option that ends the program (--help, --version, --list-fields) wins over
 * what stands behind it. What options hold already are a configuration's: the first
 * option of the command line that sets a member drops what the files said of it, also
 * where options add up (collectors, sinks). Where a rule between options is broken, what a
 * file says gives way; only what the command line says is refused. */
int options_parse(struct options *options, int argc, char **argv, char *error, size_t size);

/* The first half of it: each option by itself, without the rules between them. */
int options_parse_words(struct options *options, int argc, char **argv, char *error, size_t size);

/* Takes a line of a configuration file: an option by its long name; flags are yes or no,
 * true or false, on or off, 1 or 0. The value must live as long as the options. 0, or
 * -EINVAL with one line for people, and options unchanged. */
int options_set(struct options *options, enum option_layer layer, const char *name,
                const char *value, char *error, size_t size);

/* Whether text is a table of the screen: --view on the command line, and no screen. */
bool options_print_view(const struct options *options);

/* Who says what the member at the offset is, and back to its default. */
enum option_layer options_layer(const struct options *options, size_t offset);
void options_forget(struct options *options, size_t offset);

/* The word of the row's choice number i, its value in *ret; NULL = there are no more. */
const char *option_choice_word(const struct option_row *row, size_t i, int *ret);

/* The text of --help, made from the table, for a terminal of that width; 0 = an option's text stays
 * in one line. */
void options_print_help(const struct program *program, unsigned width, FILE *out);

/* --list-fields: a line per metric that can be read, tab-separated: scope,
 * key, unit, source, help. */
void options_print_fields(FILE *out, unsigned available);

#endif
