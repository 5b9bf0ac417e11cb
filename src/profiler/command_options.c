/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of the commands: one table, of which each command has its part. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/num.h"
#include "profiler/command_internal.h"

/* Contexts that a history of states can have. */
#define COMMAND_CONTEXTS_MAX 65536

enum option_kind {
    OPTION_FLAG,     /* bool */
    OPTION_TEXT,     /* const char * */
    OPTION_UNSIGNED, /* unsigned */
    OPTION_COUNT,    /* uint64_t */
    OPTION_NUMBER,   /* double */
    OPTION_SPECIAL,  /* take() */
};

/* Bits: which commands have it. */
#define OF_SHOW     1u
#define OF_DIFF     2u
#define OF_PREDICT  4u
#define OF_SIMULATE 8u
#define OF_TRAIN    16u
#define OF_SCORE    32u
#define OF_PLOT     64u
#define OF_SAVED    (OF_SHOW | OF_DIFF | OF_PREDICT | OF_SIMULATE | OF_SCORE | OF_PLOT)
#define OF_ALL      (OF_SAVED | OF_TRAIN)

struct command_option {
    const char *name, *argument; /* argument NULL = a flag */
    unsigned commands;
    enum option_kind kind;
    size_t offset;
    double min, max;
    bool (*take)(struct command_options *options, const char *value);
    const char *allowed; /* for people; NULL: numbers by min and max */
    const char *help;
};

static bool option_take_vm(struct command_options *options, const char *value)
{
    if (options->vms_count == ARRAY_SIZE(options->vms))
        return false;
    options->vms[options->vms_count++] = value;
    return true;
}

static bool option_take_hot(struct command_options *options, const char *value)
{
    return parse_i64(value, &options->hot) && options->hot >= 0 && options->hot < SCALE_STATES_MAX;
}

static bool option_take_fixed(struct command_options *options, const char *value UNUSED)
{
    options->settings.dynamic = false;
    return true;
}

static bool option_take_dynamic(struct command_options *options, const char *value UNUSED)
{
    options->settings.dynamic = true;
    return true;
}

static bool option_take_binning(struct command_options *options, const char *value)
{
    if (strcmp(value, "nearest") != 0 && strcmp(value, "equal") != 0)
        return false;
    options->settings.binning = value[0] == 'n' ? SCALE_NEAREST : SCALE_EQUAL;
    return true;
}

static bool option_take_calendar(struct command_options *options, const char *value)
{
    if (strcmp(value, "hour-of-day") != 0 && strcmp(value, "hour-of-week") != 0)
        return false;
    options->settings.calendar =
        strcmp(value, "hour-of-day") == 0 ? CALENDAR_HOUR_OF_DAY : CALENDAR_HOUR_OF_WEEK;
    return true;
}

static bool option_take_filter(struct command_options *options, const char *value)
{
    double deviations;

    if (!csv_number(value, strlen(value), &deviations) || deviations > 1000 ||
        (deviations < 0 && deviations != -1))
        return false;
    options->settings.filter_deviations = deviations;
    return true;
}

static bool option_take_periods(struct command_options *options, const char *value)
{
    struct cursor c = cursor_of(value, strlen(value));
    struct period_tree tree = {.count = 0};
    uint64_t size;

    do {
        if (tree.count == PERIOD_SIZES_MAX || !cursor_u64(&c, &size) || size < 1 ||
            size > PERIOD_SIZE_MAX)
            return false;
        tree.sizes[tree.count++] = (unsigned)size;
    } while (cursor_word(&c, ","));
    if (c.at != c.end || period_tree_nodes(&tree) > PERIOD_NODES_MAX)
        return false;
    options->settings.periods = tree;
    return true;
}

/* COLUMN:LO:HI, where the column may have colons too. */
static bool option_take_bounds(struct command_options *options, const char *value)
{
    const char *hi = strrchr(value, ':'), *lo;
    struct command_bounds *bounds = &options->bounds[options->bounds_count];

    if (options->bounds_count == COMMAND_BOUNDS_MAX || !hi)
        return false;
    lo = memrchr(value, ':', (size_t)(hi - value));
    if (!lo || lo == value || (size_t)(lo - value) >= sizeof(bounds->column) ||
        !csv_number(lo + 1, (size_t)(hi - lo) - 1, &bounds->lo) ||
        !csv_number(hi + 1, strlen(hi + 1), &bounds->hi) || bounds->lo >= bounds->hi)
        return false;
    memcpy(bounds->column, value, (size_t)(lo - value));
    bounds->column[lo - value] = '\0';
    options->bounds_count++;
    return true;
}

#define AT(member) offsetof(struct command_options, member)

static const struct command_option option_table[] = {
    {"metric", "NAME", OF_SAVED, OPTION_TEXT, AT(metric), 0, 0, NULL, "", "of this metric only"},
    {"vm", "NAME|UUID", OF_SAVED, OPTION_SPECIAL, 0, 0, 0, option_take_vm,
     "the name or the UUID of a VM, at most twice",
     "of this VM, where FILE has several (diff: A's, then B's)"},
    {"json", NULL, OF_SHOW | OF_DIFF | OF_PREDICT, OPTION_FLAG, AT(json), 0, 0, NULL, "",
     "as JSON, one line"},
    {"threshold", "D", OF_DIFF, OPTION_NUMBER, AT(threshold), 0, 1, NULL, NULL,
     "distance that is still the same (default 0.1)"},
    {"steps", "N", OF_PREDICT | OF_SIMULATE, OPTION_COUNT, AT(steps), 1, 10000000, NULL, NULL,
     "so many steps (predict: 5, at most 10000; simulate: 100)"},
    {"hot", "STATE", OF_PREDICT, OPTION_SPECIAL, 0, 0, 0, option_take_hot, "a state from 0 to 63",
     "states from this one on are hot (default: the highest)"},
    {"seed", "N", OF_SIMULATE, OPTION_COUNT, AT(seed), 0, 18446744073709551615.0, NULL,
     "a whole number of up to 64 bits", "which run is drawn (default 1)"},
    {"profile", "FILE", OF_SCORE, OPTION_TEXT, AT(profile), 0, 0, NULL, "",
     "the saved profile to score by (required)"},
    {"fail", NULL, OF_SCORE, OPTION_FLAG, AT(fail), 0, 0, NULL, "",
     "exit status 1 if an anomaly was found"},
    {"data", "FILE.csv", OF_PLOT, OPTION_TEXT, AT(data), 0, 0, NULL, "",
     "values over time from this file (see train)"},
    {"states", "N", OF_TRAIN, OPTION_UNSIGNED, AT(settings.states), SCALE_STATES_MIN,
     SCALE_STATES_MAX, NULL, NULL, "states of a metric (default 4)"},
    {"buffersize", "N", OF_TRAIN, OPTION_UNSIGNED, AT(settings.buffer), 1, 3600, NULL, NULL,
     "values that are averaged into a step (default 10)"},
    {"history", "N", OF_TRAIN, OPTION_UNSIGNED, AT(settings.history), 1, MATRIX_HISTORY_MAX, NULL,
     NULL, "states that the next one depends on (default 1)"},
    {"filterstddevs", "N", OF_TRAIN, OPTION_SPECIAL, 0, 0, 0, option_take_filter,
     "-1 (none), or 0 to 1000", "leave out values so far from the mean (default -1: none)"},
    {"fixedbound", NULL, OF_TRAIN, OPTION_SPECIAL, 0, 0, 0, option_take_fixed, "",
     "ranges are fixed (default)"},
    {"dynamicbound", NULL, OF_TRAIN, OPTION_SPECIAL, 0, 0, 0, option_take_dynamic, "",
     "ranges begin at 0 and double as values need it"},
    {"binning", "KIND", OF_TRAIN, OPTION_SPECIAL, 0, 0, 0, option_take_binning, "nearest, equal",
     "nearest (default): centred on multiples of the width; equal"},
    {"phantom-start", NULL, OF_TRAIN, OPTION_FLAG, AT(settings.phantom_start), 0, 0, NULL, "",
     "count a first transition from 0, as other profilers do"},
    {"periodsize", "N,N..", OF_TRAIN, OPTION_SPECIAL, 0, 0, 0, option_take_periods,
     "up to 8 numbers from 1 to 10000, and no more than 4096 slots",
     "sizes of the period tree; the last one: steps of a slot"},
    {"calendar", "SLOTS", OF_TRAIN, OPTION_SPECIAL, 0, 0, 0, option_take_calendar,
     "hour-of-day, hour-of-week",
     "per hour of the local clock, by the column time: hour-of-day, hour-of-week"},
    {"window", "N", OF_TRAIN, OPTION_UNSIGNED, AT(settings.window), 2, ANOMALY_WINDOW_MAX, NULL,
     NULL, "steps that anomalies and phases are judged by (default 30)"},
    {"interval", "SECONDS", OF_TRAIN, OPTION_NUMBER, AT(interval), 0.001, 86400, NULL, NULL,
     "between two rows (default: as the times say, else 2)"},
    {"min", "X", OF_TRAIN, OPTION_NUMBER, AT(min), -CSV_VALUE_MAX, CSV_VALUE_MAX, NULL, NULL,
     "lower end of the range of every column"},
    {"max", "X", OF_TRAIN, OPTION_NUMBER, AT(max), -CSV_VALUE_MAX, CSV_VALUE_MAX, NULL, NULL,
     "upper end of the range of every column"},
    {"bounds", "COLUMN:LO:HI", OF_TRAIN, OPTION_SPECIAL, 0, 0, 0, option_take_bounds,
     "COLUMN:LO:HI with LO below HI, at most 32 times",
     "range of one column; may be given for each"},
    {"name", "NAME", OF_TRAIN, OPTION_TEXT, AT(name), 0, 0, NULL, "",
     "name of the VM (default: that of the file)"},
    {"vcpus", "N", OF_TRAIN, OPTION_NUMBER, AT(vcpus), 1, 4096, NULL, NULL,
     "vCPUs that the VM has, for a recommendation"},
    {"memory", "KB", OF_TRAIN, OPTION_NUMBER, AT(mem_kb), 1, 1e15, NULL, NULL,
     "memory that the VM has, likewise"},
    {"output", "FILE", OF_TRAIN, OPTION_TEXT, AT(output), 0, 0, NULL, "",
     "write the profile to this file"},
    {"record", NULL, OF_TRAIN, OPTION_FLAG, AT(record), 0, 0, NULL, "",
     "print a record, as proxprofiler does, in its place"},
    {"help", NULL, OF_ALL, OPTION_FLAG, AT(help), 0, 0, NULL, "", "this text"},
};

static unsigned option_bit(const struct command *command)
{
    return 1u << (command - command_all);
}

static void option_defaults(struct command_options *options)
{
    memset(options, 0, sizeof(*options));
    options->threshold = 0.1;
    options->seed = 1;
    options->hot = -1;
    options->interval = options->min = options->max = NAN;
    profile_settings_defaults(&options->settings);
}

static bool option_take_number(const struct command_option *option, const char *value, double *ret)
{
    double number;

    if (!csv_number(value, strlen(value), &number) || number < option->min || number > option->max)
        return false;
    *ret = number;
    return true;
}

static bool option_take_count(const struct command_option *option, const char *value, uint64_t *ret)
{
    uint64_t count;

    if (!parse_u64(value, &count) || (double)count < option->min || (double)count > option->max)
        return false;
    *ret = count;
    return true;
}

static bool option_take(const struct command_option *option, struct command_options *options,
                        const char *value)
{
    void *at = (char *)options + option->offset;
    uint64_t count;

    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)at = true;
        return true;
    case OPTION_TEXT:
        *(const char **)at = value;
        return true;
    case OPTION_UNSIGNED:
        if (!option_take_count(option, value, &count))
            return false;
        *(unsigned *)at = (unsigned)count;
        return true;
    case OPTION_COUNT:
        return option_take_count(option, value, at);
    case OPTION_NUMBER:
        return option_take_number(option, value, at);
    case OPTION_SPECIAL:
        break;
    }
    return option->take(options, value);
}

static int option_refuse(const struct command *command, const struct command_option *option,
                         const char *value)
{
    char allowed[64];

    snprintf(allowed, sizeof(allowed), "%.10g to %.10g", option->min, option->max);
    log_error("%s: option --%s: '%s' is not allowed; allowed: %s", command->name, option->name,
              value, option->allowed ? option->allowed : allowed);
    return -EINVAL;
}

/* Rules between options. */
static int option_check(const struct command *command, const struct command_options *options)
{
    const struct profile_settings *settings = &options->settings;
    double contexts = pow(settings->states, settings->history);

    if (contexts > COMMAND_CONTEXTS_MAX) {
        log_error("%s: option --history: %u with --states=%u makes %.0f contexts; allowed: %d",
                  command->name, settings->history, settings->states, contexts,
                  COMMAND_CONTEXTS_MAX);
        return -EINVAL;
    }
    if (options->min >= options->max) { /* false where one is not told */
        log_error("%s: option --min: %g is not below --max=%g", command->name, options->min,
                  options->max);
        return -EINVAL;
    }
    if (options->vms_count > 1 && command->run != command_diff) {
        log_error("%s: option --vm: may be given once", command->name);
        return -EINVAL;
    }
    if (command->run == command_score && !options->profile) {
        log_error("%s: option --profile=FILE is required", command->name);
        return -EINVAL;
    }
    return 0;
}

static int option_count_files(const struct command *command, char **argv, int first, int argc)
{
    unsigned count = (unsigned)(argc - first);

    if (count < command->files_min)
        log_error("%s: needs %s; see proxprofiler %s --help", command->name, command->arguments,
                  command->name);
    else if (count > command->files_max)
        log_error("%s: surplus argument '%s'", command->name, argv[first + command->files_max]);
    return count < command->files_min || count > command->files_max ? -EINVAL : 0;
}

/* The command's part of the table, for getopt_long(3): val is the place in the table. */
static void option_list(const struct command *command,
                        struct option list[ARRAY_SIZE(option_table) + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(option_table); i++) {
        if (option_table[i].commands & option_bit(command))
            list[n++] = (struct option){.name = option_table[i].name,
                                        .has_arg = option_table[i].argument ? required_argument
                                                                            : no_argument,
                                        .val = (int)i + 256};
    }
    list[n] = (struct option){0};
}

static int option_unknown(const struct command *command, int c, char *const *argv)
{
    const char *word = argv[optind - 1];

    if (c == ':')
        log_error("%s: option '%s' needs a value", command->name, word);
    else if (optopt >= 256)
        log_error("%s: option --%s takes no value", command->name, option_table[optopt - 256].name);
    else if (optopt)
        log_error("%s: option '-%c' is not known; see proxprofiler %s --help", command->name,
                  optopt, command->name);
    else
        log_error("%s: option '%s' is not known; see proxprofiler %s --help", command->name, word,
                  command->name);
    return -EINVAL;
}

int command_options_parse(const struct command *command, int argc, char **argv,
                          struct command_options *options, char *const **ret_files,
                          size_t *ret_count)
{
    struct option list[ARRAY_SIZE(option_table) + 1];
    int c, r;

    option_defaults(options);
    option_list(command, list);
    opterr = 0;
    optind = 0; /* anew, after the program's own options */
    while ((c = getopt_long(argc, argv, ":h", list, NULL)) != -1) {
        const struct command_option *option;

        if (c == 'h') {
            options->help = true;
            continue;
        }
        if (c < 256)
            return option_unknown(command, c, argv);
        option = &option_table[c - 256];
        if (!option_take(option, options, optarg ? optarg : ""))
            return option_refuse(command, option, optarg);
    }
    if (!options->help) {
        r = option_check(command, options);
        if (r == 0)
            r = option_count_files(command, argv, optind, argc);
        if (r < 0)
            return r;
    }
    *ret_files = argv + optind;
    *ret_count = (size_t)(argc - optind);
    return 0;
}

void command_options_help(const struct command *command, struct buf *out)
{
    buf_printf(out, "Usage: proxprofiler %s [OPTION...] %s\n", command->name, command->arguments);
    buf_printf(out, "%s\n\n%s\nOptions:\n", command->summary, command->text);
    for (size_t i = 0; i < ARRAY_SIZE(option_table); i++) {
        const struct command_option *option = &option_table[i];
        char name[48];

        if (!(option->commands & option_bit(command)))
            continue;
        snprintf(name, sizeof(name), "--%s%s%s", option->name, option->argument ? "=" : "",
                 option->argument ? option->argument : "");
        buf_printf(out, "  %-22s %s\n", name, option->help);
    }
}

bool command_option_at(const struct command *command, size_t i, struct command_option_text *ret)
{
    for (size_t n = 0; n < ARRAY_SIZE(option_table); n++) {
        const struct command_option *option = &option_table[n];

        if (!(option->commands & option_bit(command)) || i-- > 0)
            continue;
        *ret = (struct command_option_text){option->name, option->argument, option->help,
                                            option->allowed};
        return true;
    }
    return false;
}
