/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What connectors have in common that know VMs by their QEMU processes: they
 * follow the list of processes, read devices off command lines, ask monitors,
 * and make an inventory of it. Who is a VM, and what it is called, is the
 * connector's. One thread owns it.
 */
#ifndef PROXTOP_CONNECT_QEMU_VMS_H
#define PROXTOP_CONNECT_QEMU_VMS_H

#include "connect/connector.h"
#include "connect/qemu_scan.h"
#include "kernel/qemu_devices.h"

struct qmp_vm;

/* A QEMU process. */
struct qemu_vm {
    const struct qemu_process *process; /* the scan's */
    pid_t pid;
    uint64_t start_ticks;
    bool is_foreign;        /* set by the connector: no VM of its own, nothing is asked */
    void *own;              /* the connector's, NULL at first */
    struct mono devices_at; /* when the devices were read; ns 0 = not yet */
    struct qemu_devices devices;
    struct qmp_vm *monitor; /* NULL = none that may be asked */
};

struct qemu_vms_ops {
    const char *source;  /* name of the connector */
    bool finds_taps;     /* looks for NICs' interfaces among open files */
    bool counts_foreign; /* tells processes that are no VMs of its own as strangers */

    /* Looks which processes are VMs, after each look at the list. 1 = something
     * changed, 0 = nothing, -errno ends the round. NULL = all are. */
    int (*follow)(void *self, struct qemu_vm *list, size_t count, struct connector_guard *guard);
    /* Fills in key and name, and what else the connector knows. */
    void (*describe)(void *self, const struct qemu_vm *vm, const struct inventory *previous,
                     struct vm_info *info, struct mono now);
    /* Corrects what monitors told. May be NULL. */
    void (*complete)(void *self, const struct qemu_vm *vm, struct vm_info *info, struct mono now);
    /* Frees vm->own, if it is not NULL. May be NULL. */
    void (*forget)(void *own);
};

struct qemu_vms;

/* `self` is handed to the operations. The config is copied. */
struct qemu_vms *qemu_vms_new(const struct qemu_vms_ops *ops, void *self,
                              const struct connector_config *config);
void qemu_vms_free(struct qemu_vms *vms);

/* Somebody else tells that monitors are denied: no notice of that. */
void qemu_vms_hush_monitors(struct qemu_vms *vms);

/* round and beat of connector_ops. */
int qemu_vms_round(struct qemu_vms *vms, struct connector_guard *guard,
                   const struct inventory *previous, struct inventory **ret_inventory,
                   struct connector_error *error);
double qemu_vms_beat(const struct connector_config *config, double last_round);

/* UUID and memory as the command line tells them, where nothing better is known. */
void qemu_vms_describe_process(const struct qemu_process *process, struct vm_info *info,
                               struct mono now);

#endif
