/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts that libvirt's QEMU driver and QEMU's monitor write for people and
 * for themselves. Pure functions: they open nothing.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_TEXT_H
#define PROXTOP_CONNECT_LIBVIRT_TEXT_H

#include <stddef.h>
#include <sys/types.h>

#include "model/inventory.h"

/* The PID in a pid file. -EBADMSG if the text is anything else. */
int parse_pid_file(const char *text, size_t len, pid_t *ret);

/* The vCPUs that the status file of a domain (/run/libvirt/qemu/NAME.xml)
 * tells, and the PID of the QEMU that they belong to. At most `max` go to
 * threads. -EBADMSG if it is no status file, -ENODATA if it tells no vCPUs,
 * other -errno as libvirt_xml_read(). */
int parse_domain_status(const char *text, size_t len, pid_t *ret_pid, struct vcpu_thread *threads,
                        size_t max, size_t *ret_count);

/* The vCPUs in the answer of QEMU's monitor command "info cpus", a line each:
 * "* CPU #0: thread_id=1234". -ENODATA if it tells none. */
int parse_info_cpus(const char *text, size_t len, struct vcpu_thread *threads, size_t max,
                    size_t *ret_count);

#endif
