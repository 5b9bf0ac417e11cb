/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing the connector: what was asked for, or the first one that is there. */
#ifndef PROXTOP_APP_DETECT_H
#define PROXTOP_APP_DETECT_H

#include "app/options.h"
#include "app/roots.h"
#include "connect/connector.h"

struct detected {
    struct connector *connector;
    struct connector *later; /* libvirt, which did not open in time and may yet; NULL = none */
    bool elsewhere; /* the connection names a host: until it is known, it may be another one */
    bool hanging;   /* a thread of a connector that was tried hangs: leave by _exit() */
    bool asked;     /* an option chose it */
    bool failing;   /* it was chosen, and does not open; it goes on trying */
    char why[600];  /* it was chosen, for people: "/etc/pve is there" */
    struct connector_error libvirt; /* why that, if it was tried, did not open; text "" = no */
};

/* What the options say of connectors; of devices and images nothing yet. */
struct connector_config detect_config(const struct options *options, const struct roots *roots);

/* Starts the connector. Without a choice in the options: Proxmox VE if this is
 * a host of its kind, else libvirt if it opens within 3 s, else the process
 * list, with libvirt kept as `later` if all that it may need is time. Returns the exit status for
 * the program, 0 = go on; a failure stands in ret->libvirt. */
int detect_choose(const struct options *options, const struct connector_config *config,
                  struct detected *ret);

/* The same; logs failures, and which one was found and why. */
int detect_connector(const struct options *options, const struct connector_config *config,
                     struct detected *ret);

/* "2 VMs", and the QEMUs that the connector does not know, if any; NULL: not known yet. */
void detect_describe_vms(const struct inventory *inventory, char *text, size_t size);

/* "libvirt: 2 VMs (qemu:///system answers)". */
void detect_describe(const struct detected *detected, char *text, size_t size);

/* Why this is a host of Proxmox VE, or NULL. `root`: where /etc is; "" but for tests. */
const char *detect_proxmox(const char *root);

#endif
