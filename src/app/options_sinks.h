/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that make up sinks: --sink, and --printer with --output and --target. */
#ifndef PROXTOP_APP_OPTIONS_SINKS_H
#define PROXTOP_APP_OPTIONS_SINKS_H

#include "app/options.h"

/* Adds the sink that "PRINTER[@SECONDS],OUTPUT[,TARGET]" describes; the target
 * is the rest of the text, commas included. 0, or -EINVAL with one line for
 * people in error[size]. */
int options_add_sink(struct options *options, const char *text, char *error, size_t size);

/* When all options are parsed: puts the sink of --printer, --output and
 * --target in front, unless only --sink was given, and checks each. 0 or
 * -EINVAL as above. */
int options_finish_sinks(struct options *options, char *error, size_t size);

#endif
