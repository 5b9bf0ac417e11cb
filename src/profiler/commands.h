/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What proxprofiler does with saved profiles: show, diff, predict, simulate, score, train, plot.
 * Results go to standard output, messages to standard error.
 */
#ifndef PROXTOP_PROFILER_COMMANDS_H
#define PROXTOP_PROFILER_COMMANDS_H

#include <stdbool.h>

/* Whether the word is the name of a command. */
bool command_is_known(const char *word);
/* Runs it, argv[0] being its name. Returns the exit status: 0; diff: 1 if the profiles differ by
 * more than the threshold; score --fail: 1 if there was an anomaly; 2 for wrong usage, unreadable
 * or not comparable files; 1 if output could not be written (diff: 2). */
int command_run(int argc, char **argv);
/* A line per command for --help. */
void command_print_help(void *file);

#endif
