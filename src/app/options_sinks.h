/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that make up sinks: --sink, and --printer with --output and --target. */
#ifndef PROXTOP_APP_OPTIONS_SINKS_H
#define PROXTOP_APP_OPTIONS_SINKS_H

#include "app/options_value.h"

/* Adds the sink that "PRINTER[@SECONDS],OUTPUT[,TARGET]" describes; the target
 * is the rest of the text, commas included. 0, or -EINVAL with one line for
 * people in error->text. */
int options_add_sink(struct options *options, const char *text, const struct option_error *error);

/* When all options are parsed: decides about the screen, puts the sink of --printer,
 * --output and --target in front, unless only --sink was given, and checks each. Sinks of a
 * file that another one is in the way of are left out. 0 or -EINVAL as above, and in *broken
 * who breaks the rule. */
int options_finish_sinks(struct options *options, struct options_broken *broken, char *error,
                         size_t size);

#endif
