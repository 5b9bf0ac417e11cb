/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vCPU threads of a QEMU whose threads carry no names (-name without
 * debug-threads=on): from the cgroups that libvirt made for them, its status
 * file or QEMU itself. Found once for each process, then remembered.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_VCPUS_H
#define PROXTOP_CONNECT_LIBVIRT_VCPUS_H

#include <stddef.h>

#include "model/inventory.h"

/* How to ask QEMU for "info cpus": *ret_text is the caller's to free. -errno;
 * -ECANCELED when the round has to end at once. */
struct libvirt_monitor {
    int (*ask)(void *self, char **ret_text);
    void *self;
};

struct libvirt_vcpus;

/* The descriptors and run_dir (see libvirt_uri_run_dir(), may be NULL) stay
 * the caller's. One thread owns it. */
struct libvirt_vcpus *libvirt_vcpus_new(int proc_fd, int sys_fd, const char *run_dir);
void libvirt_vcpus_free(struct libvirt_vcpus *vcpus);

/* Fills vm->vcpus if the process of vm (pid, start_ticks, name and
 * READING_VCPUS are there) has vCPU threads without names. monitor NULL = may
 * not ask. 0, also when nothing was found, or -ECANCELED. */
int libvirt_vcpus_find(struct libvirt_vcpus *vcpus, struct vm_info *vm,
                       const struct libvirt_monitor *monitor);

/* Ends a round: processes that it did not ask about are forgotten. */
void libvirt_vcpus_end_round(struct libvirt_vcpus *vcpus);

#endif
