/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --doctor: looks at all that proxtop needs, says of each thing whether it is good, and if not, what
 * is missing for it and what to do. Changes nothing, starts nothing, waits for nobody longer than
 * some seconds.
 *
 *     ok    processes   /proc shows all 214 processes
 *     warn  io          the I/O of 3 of 3 VMs cannot be read: permission denied for process 812 ('web')
 *                       -> run as root, or: setcap cap_sys_ptrace+ep /usr/bin/proxtop
 *     fail  connection  ...
 */
#ifndef PROXTOP_APP_DOCTOR_H
#define PROXTOP_APP_DOCTOR_H

#include <stdio.h>

#include "app/config.h"
#include "app/options.h"

enum doctor_verdict {
    DOCTOR_OK,
    DOCTOR_NOTE, /* something is absent that a host need not have */
    DOCTOR_WARN, /* some figures will be missing, or others than one thinks */
    DOCTOR_FAIL, /* proxtop with these options cannot work */
};

struct doctor_config {
    const struct options *options;
    const struct config *config; /* NULL = none was read */
    const char *root;            /* where /etc and /usr are; "" but for tests */
    FILE *out;
};

/* Returns the exit status: 0 if nothing blocks (no DOCTOR_FAIL), else 1. */
int doctor_run(const struct doctor_config *config);

#endif
