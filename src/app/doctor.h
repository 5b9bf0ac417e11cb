/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --doctor: looks at all that proxtop needs, says of each thing whether it is good, and if not,
 * what is missing for it and what to do. Changes nothing, starts nothing, asks no VM, waits for
 * nobody longer than some seconds.
 *
 *     ok    processes   /proc shows 214 processes
 *     warn  io          what 3 of 3 VMs read and write is missing: permission denied for 'web'
 * (process 812)
 *                       -> run as root, or: setcap cap_sys_ptrace,cap_dac_read_search+ep
 * /usr/bin/proxtop fail  connection  ... nothing blocks; 1 warning
 */
#ifndef PROXTOP_APP_DOCTOR_H
#define PROXTOP_APP_DOCTOR_H

#include <stdbool.h>
#include <stdio.h>

#include "app/config.h"
#include "app/options.h"

enum doctor_verdict {
    DOCTOR_OK,
    DOCTOR_NOTE, /* something is absent that a host need not have */
    DOCTOR_WARN, /* some figures will be missing, or others than one thinks */
    DOCTOR_FAIL, /* proxtop with these options cannot work */
    DOCTOR__COUNT,
};

struct doctor_config {
    const struct options *options;
    const struct tui_settings *settings;
    const struct config *config; /* NULL = none was read */
    const char *root;            /* where /etc and /usr are; "" but for tests */
    FILE *out;
};

/* Returns the exit status: 0 if nothing blocks (no DOCTOR_FAIL), else 1; 2 for options that a run
 * would refuse, which was logged. *ret_hanging: a thread hangs in a call that nobody can end; leave
 * by _exit(). */
int doctor_run(const struct doctor_config *config, bool *ret_hanging);

#endif
