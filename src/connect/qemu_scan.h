/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The QEMU processes of a procfs, kept current at little cost: /proc is walked
 * only when processes were started since the last time, and the command line
 * of a process is read when it is new, and again now and then (a process can
 * turn into a QEMU by exec). One thread owns a scan.
 */
#ifndef PROXTOP_CONNECT_QEMU_SCAN_H
#define PROXTOP_CONNECT_QEMU_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "connect/connector.h"
#include "kernel/qemu_argv.h"

struct qemu_process {
    pid_t pid;
    uint64_t start_ticks; /* field 22 of its stat */
    struct qemu_argv argv;
    pid_t *helpers; /* kernel threads that work for it, outside of it */
    size_t helper_count;
};

struct qemu_scan;

/* proc_fd stays the caller's and must outlive the scan. */
struct qemu_scan *qemu_scan_new(int proc_fd);
void qemu_scan_free(struct qemu_scan *scan);

/* Brings the list up to date. 0 when it is as before, 1 when it changed,
 * -errno when procfs cannot be read. A command line can be one that nobody
 * gets to read, as that of a process that is stuck in the kernel: each is
 * announced to the guard (NULL is allowed), which is the caller's to clear, and
 * one at which another thread hangs is left as it is known. */
int qemu_scan_update(struct qemu_scan *scan, struct connector_guard *guard);

/* The processes, sorted by PID; valid until the next update. */
const struct qemu_process *qemu_scan_list(const struct qemu_scan *scan, size_t *ret_count);

/* Whether other processes are hidden from us (only our own and none of PID 1
 * are visible): hidepid, a PID namespace or a security module. */
bool qemu_scan_is_blind(const struct qemu_scan *scan);

#endif
