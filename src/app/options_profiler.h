/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of the program that learns: what the table cannot say of them. */
#ifndef PROXTOP_APP_OPTIONS_PROFILER_H
#define PROXTOP_APP_OPTIONS_PROFILER_H

#include "app/options_value.h"
#include "profiler/profiler.h"

/* See struct program. */
void options_profiler_defaults(struct options *options);
bool options_profiler_accepts(const struct option_row *row, const char *value, char *allowed,
                              size_t size);
int options_profiler_check(const struct options *options, struct options_broken *broken,
                           char *error, size_t size);

/* What the options, which are checked, mean. Texts are borrowed from them. */
void options_profiler_settings(const struct options *options, struct profiler_settings *ret);

#endif
