/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connector for hosts without libvirt and Proxmox VE: every QEMU system
 * emulator that procfs shows is a VM; its command line tells name, UUID, NICs
 * and the socket of its monitor, which is asked for the rest.
 */
#include <inttypes.h>

#include "base/util.h"
#include "connect/connector.h"
#include "connect/qemu_nics.h"
#include "connect/qemu_vms.h"

static void processes_describe(void *self UNUSED, const struct qemu_vm *vm,
                               const struct inventory *previous UNUSED, struct vm_info *info,
                               struct mono now)
{
    const struct qemu_argv *argv = &vm->process->argv;

    info->key = xasprintf("%d@%" PRIu64, (int)vm->pid, vm->start_ticks);
    info->name = argv->name[0] ? xstrndup(argv->name, INVENTORY_NAME_MAX)
                               : xasprintf("qemu-%d", (int)vm->pid);
    qemu_vms_describe_process(vm->process, info, now);
    qemu_nics_add(&vm->devices, info);
}

static const struct qemu_vms_ops processes_vms_ops = {
    .source = "processes",
    .finds_taps = true,
    .describe = processes_describe,
};

static int processes_open(const struct connector_config *config,
                          struct connector_guard *guard UNUSED, void **ret_state,
                          struct connector_error *error UNUSED)
{
    *ret_state = qemu_vms_new(&processes_vms_ops, NULL, config);
    return 0;
}

static void processes_close(void *state)
{
    qemu_vms_free(state);
}

static int processes_round(void *state, struct connector_guard *guard,
                           const struct inventory *previous, struct inventory **ret_inventory,
                           struct connector_error *error)
{
    return qemu_vms_round(state, guard, previous, ret_inventory, error);
}

const struct connector_ops connector_processes = {
    .name = "processes",
    .open = processes_open,
    .round = processes_round,
    .close = processes_close,
    .beat = qemu_vms_beat,
};
