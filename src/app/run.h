/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: everything put together by the options, run, and taken apart. */
#ifndef PROXTOP_APP_RUN_H
#define PROXTOP_APP_RUN_H

#include "app/config.h"
#include "app/options.h"
#include "tui/settings.h"

/* Runs until the cycles asked for are done, a person leaves the screen, or a
 * signal ends it. Returns the exit status. Failures are logged. *ret_hanging:
 * a thread hangs in a call that nobody can end; leave by _exit(). `config` (may be NULL) tells
 * what was wrong in its files when messages have their place. */
int app_run(const struct options *options, const struct tui_settings *settings,
            const struct config *config, bool *ret_hanging);

#endif
