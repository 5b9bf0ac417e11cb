/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connector for hosts without libvirt and Proxmox VE: every QEMU system
 * emulator that procfs shows is a VM; its command line tells name and UUID.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "connect/connector.h"
#include "connect/qemu_scan.h"

/* New VMs show within this many seconds, or the interval if that is longer. */
#define PROCESSES_BEAT_S  2.0
#define PROCESSES_SCAN_MS 5000

static int processes_open(const struct connector_config *config,
                          struct connector_guard *guard UNUSED, void **ret_state,
                          struct connector_error *error UNUSED)
{
    *ret_state = qemu_scan_new(config->proc_fd);
    return 0;
}

static void processes_close(void *state)
{
    qemu_scan_free(state);
}

static void processes_add(struct inventory *inventory, const struct qemu_process *qemu,
                          struct mono now)
{
    struct vm_info *vm = inventory_append(inventory);

    if (!vm)
        return;
    vm->key = xasprintf("%d@%" PRIu64, (int)qemu->pid, qemu->start_ticks);
    vm->name = qemu->argv.name[0] ? xstrndup(qemu->argv.name, INVENTORY_NAME_MAX)
                                  : xasprintf("qemu-%d", (int)qemu->pid);
    vm->uuid = qemu->argv.uuid[0] ? xstrdup(qemu->argv.uuid) : NULL;
    vm->pid = qemu->pid;
    vm->start_ticks = qemu->start_ticks;
    if (qemu->argv.memory_kb)
        vm->readings[READING_MEMORY_MAX_KB] = raw_of(qemu->argv.memory_kb, now);
    if (qemu->helper_count) {
        vm->helpers = xcalloc(qemu->helper_count, sizeof(*vm->helpers));
        memcpy(vm->helpers, qemu->helpers, qemu->helper_count * sizeof(*vm->helpers));
        vm->helper_count = qemu->helper_count;
    }
}

static int processes_round(void *state, struct connector_guard *guard,
                           const struct inventory *previous, struct inventory **ret_inventory,
                           struct connector_error *error)
{
    struct qemu_scan *scan = state;
    const struct qemu_process *list;
    struct inventory *inventory;
    size_t count;
    int r;

    /* The command line of a process that is stuck in the kernel can be, too. */
    connector_guard_set(guard, PROCESSES_SCAN_MS, "reading the process list");
    r = qemu_scan_update(scan);
    if (connector_guard_clear(guard))
        return -ECANCELED;
    if (r < 0) {
        snprintf(error->text, sizeof(error->text), "cannot read the process list: %s",
                 strerror(-r));
        return r;
    }
    if (r == 0 && previous)
        return 1;
    list = qemu_scan_list(scan, &count);
    inventory = inventory_new(connector_processes.name);
    for (size_t i = 0; i < count; i++)
        processes_add(inventory, &list[i], clock_mono(&clock_system));
    inventory_finish(inventory);
    *ret_inventory = inventory;
    return 0;
}

static double processes_beat(const struct connector_config *config, double last_round UNUSED)
{
    return config->interval > PROCESSES_BEAT_S ? config->interval : PROCESSES_BEAT_S;
}

const struct connector_ops connector_processes = {
    .name = "processes",
    .open = processes_open,
    .round = processes_round,
    .close = processes_close,
    .beat = processes_beat,
};
