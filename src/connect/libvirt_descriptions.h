/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptions (XML) of domains, kept because each costs libvirtd a call
 * and us the reading: read when a domain is new, when its statistics tell of
 * other devices (hot plug), and now and then.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_DESCRIPTIONS_H
#define PROXTOP_CONNECT_LIBVIRT_DESCRIPTIONS_H

#include "connect/libvirt_domains.h"

struct libvirt_descriptions;

/* One thread owns it; the clock outlives it. */
struct libvirt_descriptions *libvirt_descriptions_new(const struct clock_source *clock);
void libvirt_descriptions_free(struct libvirt_descriptions *descriptions);

/* Gives every domain the description that is known of it, which is ours and
 * holds until the next call, and reads those that are missing or not to be
 * trusted any more. Only domains that wait for commands are asked: none should
 * let us wait for its QEMU, but who knows every version. Those that did not
 * answer keep what was known of them. 0, -ECANCELED or, when the connection is
 * lost, other -errno and *error. */
int libvirt_descriptions_update(struct libvirt_descriptions *descriptions,
                                const struct libvirt_link *link, struct connector_guard *guard,
                                struct libvirt_domains *domains, struct connector_error *error);

#endif
