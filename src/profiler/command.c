/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands by their names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "profiler/command_internal.h"
#include "profiler/commands.h"

#define COMMAND_ABOUT_FILES                                                                        \
    "FILE is a saved profile: a file of the state directory, what train wrote, or printed\n"       \
    "records (JSON lines), of which the last one of a VM counts; - is standard input.\n"

const struct command command_all[] = {
    {"show", "FILE", "what a saved profile knows, for people (--json: its record)",
     COMMAND_ABOUT_FILES, 1, 1, command_show},
    {"diff", "A B", "how far apart two saved profiles are; exit status 1 if too far",
     COMMAND_ABOUT_FILES
     "The distance of a metric is between 0 (same) and 1; that of the profiles is the largest of\n"
     "the metrics that can be compared: same states, same range, history 1. Exit status 0 if it\n"
     "is at most the threshold, 1 if it is larger, 2 if nothing can be compared.\n",
     2, 2, command_diff},
    {"predict", "FILE", "the next steps, from the state that was the last one",
     COMMAND_ABOUT_FILES
     "Hot is the probability that the metric is in the state --hot or a higher one at least once\n"
     "up to then. A prediction is worth something only if it was right more often than that all\n"
     "stays as it is.\n",
     1, 1, command_predict},
    {"simulate", "FILE", "a made-up run, drawn from what was learned",
     COMMAND_ABOUT_FILES
     "CSV: step, state and value of each metric. The same seed gives the same run everywhere.\n",
     1, 1, command_simulate},
    {"train", "FILE.csv", "learns a profile from figures in a CSV file",
     "FILE.csv has a header with the names of the metrics and a row per sample; the first column\n"
     "may be `time`: seconds since the epoch, or RFC 3339. An empty cell is a gap. Columns named\n"
     "as metrics of the profiler have their ranges, others 0 to 100. - is standard input.\n"
     "The profile goes to standard output, or to --output.\n",
     1, 1, command_train},
    {"score", "FILE.csv", "how unusual figures in a CSV file are for a profile",
     "Each step of FILE.csv (see train) is judged by the profile as it is: nothing is learned and\n"
     "no file changes. CSV: step, time, metric, value, state, surprisal (-ln p of the step), z\n"
     "(mean surprisal of the last steps against what the profile expects) and whether it is an\n"
     "anomaly; a summary on standard error.\n",
     1, 1, command_score},
    {"plot", "FILE OUT.svg", "a picture of a saved profile (SVG)",
     COMMAND_ABOUT_FILES
     "Per metric the matrix, the values over time and how unusual they were: of the last steps\n"
     "that a state keeps, or of --data. OUT.svg may be - for standard output.\n",
     2, 2, command_plot},
};
const size_t command_count = ARRAY_SIZE(command_all);

static const struct command *command_find(const char *word)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(command_all[i].name, word) == 0)
            return &command_all[i];
    }
    return NULL;
}

bool command_is_known(const char *word)
{
    return command_find(word) != NULL;
}

int command_status(int r)
{
    return r < 0 ? COMMAND_FAILED : COMMAND_OK;
}

static int command_print_own_help(const struct command *command)
{
    struct buf out = {0};
    int r;

    command_options_help(command, &out);
    r = command_write(&out);
    buf_done(&out);
    return command_status(r);
}

int command_run(int argc, char **argv)
{
    const struct command *command = argc > 0 ? command_find(argv[0]) : NULL;
    struct command_options options;
    char *const *files;
    size_t count;

    if (!command) {
        log_error("'%s' is no command; --help lists them", argc > 0 ? argv[0] : "");
        return COMMAND_WRONG;
    }
    if (command_options_parse(command, argc, argv, &options, &files, &count) < 0)
        return COMMAND_WRONG;
    return options.help ? command_print_own_help(command) : command->run(&options, files, count);
}

void command_print_help(void *file)
{
    for (size_t i = 0; i < command_count; i++)
        fprintf(file, "  %-9s%-14s%s\n", command_all[i].name, command_all[i].arguments,
                command_all[i].summary);
}
