/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which QEMU process belongs to a domain: the one that carries its UUID and
 * its name, both in full. One thread owns it.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_PROCESSES_H
#define PROXTOP_CONNECT_LIBVIRT_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>

#include "connect/qemu_scan.h"

struct libvirt_processes;

/* proc_fd and run_dir (see libvirt_uri_run_dir(), may be NULL) stay the
 * caller's. */
struct libvirt_processes *libvirt_processes_new(int proc_fd, const char *run_dir);
void libvirt_processes_free(struct libvirt_processes *processes);

/* Begins a round. -errno when procfs cannot be read: nothing will be found. For
 * the guard see qemu_scan_update(). */
int libvirt_processes_update(struct libvirt_processes *processes, struct connector_guard *guard);

/* The process of the domain, or NULL; valid until the next update. Of several
 * it is the one that libvirt's pid file names, and without that none. */
const struct qemu_process *libvirt_processes_find(struct libvirt_processes *processes,
                                                  const char *uuid, const char *name);

/* How many processes of this round were asked for by no domain. */
size_t libvirt_processes_strangers(const struct libvirt_processes *processes);

/* Whether other users' processes are hidden from us. */
bool libvirt_processes_are_hidden(const struct libvirt_processes *processes);

#endif
