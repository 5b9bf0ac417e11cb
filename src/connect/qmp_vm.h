/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What proxtop asks the monitors of VMs in a round, whatever connector found
 * them: state, disks, balloon, and the guest's word on its memory. What a VM
 * costs it itself only: one that does not answer is asked more and more rarely.
 */
#ifndef PROXTOP_CONNECT_QMP_VM_H
#define PROXTOP_CONNECT_QMP_VM_H

#include "connect/images.h"
#include "connect/qmp.h"
#include "model/inventory.h"

/* The monitor of one VM. */
struct qmp_vm;

/* Where it is. */
struct qmp_place {
    const char *path; /* copied */
    pid_t pid;        /* the QEMU */
    int proc_fd;      /* stays the caller's */
    bool is_inside;   /* the path is as the process sees it, see qmp_connect_inside() */
    bool any_pid;     /* do not ask whether the socket is this process's */
};

struct qmp_vm *qmp_vm_new(const struct qmp_place *place);
void qmp_vm_free(struct qmp_vm *monitor);

/* One VM of a round. */
struct qmp_visit {
    struct qmp_vm *monitor;
    struct vm_info *vm; /* with what qmp_vm_keep() copied, if there was anything */
    bool wants_cpus;    /* its threads have no names: ask for those of the vCPUs */
};

/* Asks all whose turn it is, and puts into each VM what is known: has_source,
 * answered_at, stale_reason, disks, readings. `beat`: seconds between rounds.
 * Returns to how many monitors permission is denied; a VM whose monitor never
 * let us in has no source. It waits some ms first, other ones each time. */
size_t qmp_visit_all(const struct qmp_visit *visits, size_t count, double beat,
                     struct images *images);

/* The longest time that qmp_visit_all() takes, in milliseconds, unless the
 * file system of a socket hangs. */
unsigned qmp_visit_ms(size_t count);

/* Copies what monitors told of the VM before. */
void qmp_vm_keep(const struct vm_info *before, struct vm_info *vm);

#endif
