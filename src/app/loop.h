/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main thread's event loop: frames from the sampler go through the
 * printer to the output; signals end, reopen, or sample at once.
 */
#ifndef PROXTOP_APP_LOOP_H
#define PROXTOP_APP_LOOP_H

#include "app/sampler.h"
#include "output/output.h"
#include "print/printer.h"

struct loop_config {
    struct sampler *sampler; /* all borrowed */
    const struct printer_ops *printer_ops;
    struct printer *printer;
    struct output *output;
    bool stdout_is_output;
};

enum loop_end {
    LOOP_DONE,    /* all cycles that were asked for */
    LOOP_STOPPED, /* a signal, or nobody reads any more */
    LOOP_FAILED,  /* could not run at all; logged */
};

/* Keeps SIGHUP and SIGUSR1 until loop_run(); unhandled they would end the program. */
void loop_hold_signals(void);

enum loop_end loop_run(const struct loop_config *config);

#endif
