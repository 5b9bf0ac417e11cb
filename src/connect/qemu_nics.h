/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's interfaces behind a QEMU's NICs, where its command line names a
 * descriptor or nothing at all: what procfs tells of its open files.
 */
#ifndef PROXTOP_CONNECT_QEMU_NICS_H
#define PROXTOP_CONNECT_QEMU_NICS_H

#include <stdbool.h>
#include <sys/types.h>

#include "kernel/qemu_devices.h"
#include "model/inventory.h"

/* Adds the interfaces that the process has open (/proc/PID/fdinfo, which takes
 * the privilege to trace it) to the NICs, and NICs for those taps that no NIC
 * has: they were plugged in later. sys_fd tells the names of macvtaps. True if
 * permission was denied and a NIC stays without its interface. */
bool qemu_nics_find(int proc_fd, int sys_fd, pid_t pid, struct qemu_devices *devices);

/* Appends the NICs to the VM. */
void qemu_nics_add(const struct qemu_devices *devices, struct vm_info *vm);

#endif
