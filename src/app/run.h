/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: everything put together by the options, run, and taken apart. */
#ifndef PROXTOP_APP_RUN_H
#define PROXTOP_APP_RUN_H

#include "app/options.h"
#include "tui/settings.h"

/* `settings`: of the screen, if options->screen. Runs until the cycles asked for are done or a
 * signal ends it. Returns the exit status. Failures are logged. *ret_hanging: a thread hangs in a
 * call that nobody can end; leave by _exit(). */
int app_run(const struct options *options, const struct tui_settings *settings, bool *ret_hanging);

#endif
