/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking libvirt about all active domains such that a QEMU that does not
 * answer costs no other domain anything.
 *
 * A statistics call on a hung QEMU waits until that QEMU answers. Listing,
 * virDomainGetInfo() and virDomainGetControlInfo() never wait for a QEMU, and
 * the last one tells whether somebody does: so only domains that are free are
 * asked, under a guard for the one that hangs between the two calls.
 * virDomainGetXMLDesc() does not wait for a QEMU either.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_DOMAINS_H
#define PROXTOP_CONNECT_LIBVIRT_DOMAINS_H

#include <stdbool.h>
#include <stddef.h>

#include "connect/connector.h"
#include "connect/libvirt_api.h"
#include "connect/libvirt_statistics.h"

/* A connection, and what was learnt of its other end. */
struct libvirt_link {
    struct libvirt_api api;
    virConnectPtr connection; /* NULL = none */
    char *uri;                /* as libvirt understood it */
    bool has_statistics;      /* they are wanted, and the driver has them */
    bool has_nowait;          /* it can leave out what another client holds (libvirt 4.5) */
    bool wants_disks, wants_nics;
};

struct libvirt_domain {
    virDomainPtr handle;
    const char *name; /* the handle's */
    char uuid[VIR_UUID_STRING_BUFLEN];
    unsigned id;   /* libvirt's, another one after each start */
    bool gone;     /* ended while it was asked about: no VM any more */
    bool can_ask;  /* its QEMU waits for commands */
    bool answered; /* with nothing of this round missing */
    enum vm_state state;
    struct raw readings[READING__COUNT];           /* those of this round */
    struct mono answered_at;                       /* of this round; ns 0 = never */
    struct libvirt_statistics statistics;          /* of its devices, of this round */
    const struct libvirt_description *description; /* borrowed; NULL = none, or not wanted */
    char stale_reason[sizeof(((struct vm_info *)NULL)->stale_reason)];
};

struct libvirt_domains {
    struct libvirt_domain *list;
    size_t count;
    virDomainPtr *handles; /* one reference each */
};

/* Lists the active domains and reads them. 0; -ECANCELED when the guard gave
 * up; other -errno, with *error, when the connection is of no use any more.
 * Unless 0 is returned *ret is untouched; libvirt_domains_done() frees it. */
int libvirt_domains_read(struct libvirt_link *link, struct connector_guard *guard,
                         struct libvirt_domains *ret, struct connector_error *error);
void libvirt_domains_done(const struct libvirt_link *link, struct libvirt_domains *domains);

/* The XML of a domain: *ret_text is the caller's to free, NULL = it gives none
 * this time. Returns as libvirt_domains_read(). */
int libvirt_domain_read_xml(const struct libvirt_link *link, struct connector_guard *guard,
                            struct libvirt_domain *domain, char **ret_text,
                            struct connector_error *error);

/* Closes the connection if there is one; may wait for the daemon. */
void libvirt_link_close(struct libvirt_link *link, struct connector_guard *guard);

#endif
