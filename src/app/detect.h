/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing the connector: what was asked for, or the first one that is there. */
#ifndef PROXTOP_APP_DETECT_H
#define PROXTOP_APP_DETECT_H

#include "app/options.h"
#include "connect/connector.h"

struct detected {
    struct connector *connector;
    bool elsewhere; /* the connection names a host: until it is known, it may be another one */
    bool hanging;   /* a thread of a connector that was tried hangs: leave by _exit() */
};

/* Starts the connector. Without a choice in the options: Proxmox VE if this is
 * a host of its kind, else libvirt if it opens within 3 s, else the process
 * list; a notice says which and why. Returns the
 * exit status for the program, 0 = go on; failures are logged. */
int detect_connector(const struct options *options, const struct connector_config *config,
                     struct detected *ret);

#endif
