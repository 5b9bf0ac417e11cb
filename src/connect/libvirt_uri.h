/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt connection URIs, driver[+transport]://[user@][host][:port]/path[?extra],
 * and the question whether a connection is to this host. Pure functions.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_URI_H
#define PROXTOP_CONNECT_LIBVIRT_URI_H

#include <stdbool.h>
#include <stddef.h>

/* The host part, cut to size, without user, port and brackets. False without
 * one: the connection is to this host. */
bool libvirt_uri_host(const char *uri, char *host, size_t size);

/* A copy under which ssh never asks for a password on the terminal. The caller
 * frees it. */
char *libvirt_uri_without_prompt(const char *uri);

/* The directory where the QEMU driver of the URI keeps NAME.pid and NAME.xml:
 * of the system's daemon, or of the user's session below runtime_dir
 * ($XDG_RUNTIME_DIR, may be NULL). NULL if there is none; the caller frees it. */
char *libvirt_uri_run_dir(const char *uri, const char *runtime_dir);

/* Whether two host names mean one host. A name without a domain equals any
 * that begins with it: one side may know its domain, the other may not. */
bool libvirt_same_host(const char *a, const char *b);

#endif
