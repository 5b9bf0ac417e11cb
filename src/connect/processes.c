/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connector for hosts without libvirt and Proxmox VE: every QEMU system
 * emulator that procfs shows is a VM; its command line tells name, UUID, NICs
 * and the socket of its monitor, which is asked for the rest.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/util.h"
#include "connect/connector.h"
#include "connect/qemu_nics.h"
#include "connect/qemu_scan.h"
#include "connect/qmp_vm.h"

/* New VMs show within this many seconds, or the interval if that is longer. */
#define PROCESSES_BEAT_S  2.0
#define PROCESSES_SCAN_MS 5000
/* Monitors are asked by the QEMUs' main threads: pause so much longer than it took. */
#define PROCESSES_BEAT_ROUNDS 4.0
/* Beats are kept within this part of them: what is due a little later is due now. */
#define PROCESSES_SLACK       0.1
#define PROCESSES_DEVICES_S   60.0 /* NICs are plugged in and out seldom */
#define PROCESSES_CMDLINE_MAX (256 * 1024)
#define PROCESSES_KEY_SIZE    40

struct processes_vm {
    pid_t pid;
    uint64_t start_ticks;
    struct mono devices_at; /* when the devices were read; ns 0 = not yet */
    struct qemu_devices devices;
    struct qmp_vm *monitor; /* NULL = none that may be asked */
};

struct processes_state {
    struct connector_config config;
    struct qemu_scan *scan;
    struct processes_vm *vms; /* as the scan's list: sorted by PID */
    size_t count;
    struct mono scanned_at, asked_at;
    unsigned asked; /* rounds in which monitors were asked */
    struct buf text;
    bool told_monitors, told_nics;
};

static int processes_open(const struct connector_config *config,
                          struct connector_guard *guard UNUSED, void **ret_state,
                          struct connector_error *error UNUSED)
{
    struct processes_state *p = xcalloc(1, sizeof(*p));

    p->config = *config;
    p->scan = qemu_scan_new(config->proc_fd);
    *ret_state = p;
    return 0;
}

static void processes_vm_done(struct processes_vm *vm)
{
    qmp_vm_free(vm->monitor);
    qemu_devices_done(&vm->devices);
}

static void processes_close(void *state)
{
    struct processes_state *p = state;

    for (size_t i = 0; i < p->count; i++)
        processes_vm_done(&p->vms[i]);
    free(p->vms);
    qemu_scan_free(p->scan);
    buf_done(&p->text);
    free(p);
}

/* Makes the list of VMs that of the scan; those that are still there keep what
 * is known of them. Both are sorted by PID. */
static void processes_follow_scan(struct processes_state *p)
{
    size_t count, old = 0;
    const struct qemu_process *list = qemu_scan_list(p->scan, &count);
    struct processes_vm *vms = count ? xcalloc(count, sizeof(*vms)) : NULL;

    for (size_t i = 0; i < count; i++) {
        while (old < p->count && p->vms[old].pid < list[i].pid)
            processes_vm_done(&p->vms[old++]);
        if (old < p->count && p->vms[old].pid == list[i].pid &&
            p->vms[old].start_ticks == list[i].start_ticks) {
            vms[i] = p->vms[old++];
            continue;
        }
        vms[i].pid = list[i].pid;
        vms[i].start_ticks = list[i].start_ticks;
    }
    while (old < p->count)
        processes_vm_done(&p->vms[old++]);
    free(p->vms);
    p->vms = vms;
    p->count = count;
}

static bool processes_same_nics(const struct qemu_devices *a, const struct qemu_devices *b)
{
    if (a->nic_count != b->nic_count)
        return false;
    for (size_t i = 0; i < a->nic_count; i++) {
        const struct qemu_nic *x = &a->nics[i], *y = &b->nics[i];

        if (strcmp(x->name, y->name) != 0 || strcmp(x->interface, y->interface) != 0 ||
            strcmp(x->bridge, y->bridge) != 0 || strcmp(x->mac, y->mac) != 0 || x->kind != y->kind)
            return false;
    }
    return true;
}

static void processes_open_monitor(struct processes_state *p, struct processes_vm *vm)
{
    struct qmp_place place = {
        .path = vm->devices.qmp,
        .pid = vm->pid,
        .proc_fd = p->config.proc_fd,
        /* A foreign procfs shows processes with other mounts and other numbers. */
        .is_inside = p->config.procfs_given || vm->devices.qmp[0] != '/',
        .any_pid = p->config.procfs_given,
    };

    qmp_vm_free(vm->monitor);
    vm->monitor = vm->devices.qmp[0] && p->config.qmp_interval != 0 ? qmp_vm_new(&place) : NULL;
}

/* Reads the VM's devices anew; true if they changed. *denied is set if its NICs
 * have interfaces that may not be seen. */
static bool processes_read_devices(struct processes_state *p, struct processes_vm *vm,
                                   struct mono now, bool *denied)
{
    bool first = !vm->devices_at.ns, changed, other_socket;
    struct qemu_devices devices;
    char path[32];

    vm->devices_at = now;
    snprintf(path, sizeof(path), "%d/cmdline", (int)vm->pid);
    if (file_read_all(p->config.proc_fd, path, &p->text, PROCESSES_CMDLINE_MAX) < 0)
        return false; /* it is gone, or will be told at the next time */
    parse_qemu_devices(p->text.data, p->text.len, &devices);
    *denied |= qemu_nics_find(p->config.proc_fd, p->config.sys_fd, vm->pid, &devices);
    changed = first || !processes_same_nics(&vm->devices, &devices);
    other_socket = first || strcmp(vm->devices.qmp, devices.qmp) != 0;
    qemu_devices_done(&vm->devices);
    vm->devices = devices;
    if (other_socket)
        processes_open_monitor(p, vm);
    return changed;
}

static bool processes_update_devices(struct processes_state *p)
{
    struct mono now = clock_mono(&clock_system);
    bool changed = false;
    size_t denied_count = 0;

    for (size_t i = 0; i < p->count; i++) {
        struct processes_vm *vm = &p->vms[i];
        bool denied = false;

        if (vm->devices_at.ns && mono_seconds_between(vm->devices_at, now) < PROCESSES_DEVICES_S)
            continue;
        changed |= processes_read_devices(p, vm, now, &denied);
        denied_count += denied;
    }
    if (denied_count && !p->told_nics) {
        log_notice("the interfaces of %zu VM%s cannot be told, as their QEMUs were handed them as "
                   "open files: it takes root or CAP_SYS_PTRACE to see those",
                   denied_count, denied_count == 1 ? "" : "s");
        p->told_nics = true;
    }
    return changed;
}

/* What the inventory before knew of the VM with this key and name. */
static const struct vm_info *processes_find_before(const struct inventory *previous,
                                                   const struct vm_info *vm)
{
    if (!previous || !previous->count)
        return NULL;
    return bsearch(vm, previous->vms, previous->count, sizeof(*vm), vm_info_compare);
}

static void processes_add(const struct qemu_process *qemu, const struct processes_vm *known,
                          const struct inventory *previous, struct vm_info *vm, struct mono now)
{
    const struct vm_info *before;

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
    qemu_nics_add(&known->devices, vm);
    before = processes_find_before(previous, vm);
    if (before && known->monitor)
        qmp_vm_keep(before, vm);
}

static double processes_scan_beat(const struct connector_config *config)
{
    return config->interval > PROCESSES_BEAT_S ? config->interval : PROCESSES_BEAT_S;
}

/* 0 = never */
static double processes_qmp_beat(const struct connector_config *config)
{
    return config->qmp_interval < 0 ? processes_scan_beat(config) : config->qmp_interval;
}

static bool processes_is_due(struct mono last, double beat, struct mono now)
{
    return !last.ns || mono_seconds_between(last, now) >= beat * (1 - PROCESSES_SLACK);
}

/* Asks the monitors of all VMs that have one. The VMs are in the order of p->vms. */
static void processes_ask(struct processes_state *p, struct inventory *inventory, double beat)
{
    struct qmp_visit *visits = xcalloc(inventory->count + 1, sizeof(*visits));
    size_t count = 0, denied;

    for (size_t i = 0; i < inventory->count; i++) {
        if (p->vms[i].monitor)
            visits[count++] = (struct qmp_visit){.monitor = p->vms[i].monitor,
                                                 .vm = &inventory->vms[i],
                                                 .wants_cpus = !p->vms[i].devices.names_threads};
    }
    denied = qmp_visit_all(visits, count, beat, p->config.images);
    free(visits);
    if (!denied || p->told_monitors)
        return;
    log_notice("the monitors of %zu VM%s do not let this user in: their disks, the memory inside "
               "and the state are missing; it takes root or CAP_DAC_OVERRIDE",
               denied, denied == 1 ? "" : "s");
    p->told_monitors = true;
}

static bool processes_has_monitors(const struct processes_state *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->vms[i].monitor)
            return true;
    }
    return false;
}

/* Looks for processes and their devices; 1 when something changed. */
static int processes_scan(struct processes_state *p, struct connector_error *error)
{
    double beat = processes_scan_beat(&p->config), rounds = processes_qmp_beat(&p->config);
    struct mono now = clock_mono(&clock_system);
    int r;

    /* Monitors may be asked more often than processes are looked for. */
    if (rounds > 0 && rounds < beat && !processes_is_due(p->scanned_at, beat, now))
        return 0;
    r = qemu_scan_update(p->scan);
    if (r < 0) {
        snprintf(error->text, sizeof(error->text), "cannot read the process list: %s",
                 strerror(-r));
        return r;
    }
    p->scanned_at = now;
    if (r)
        processes_follow_scan(p);
    return processes_update_devices(p) || r;
}

static int processes_round(void *state, struct connector_guard *guard,
                           const struct inventory *previous, struct inventory **ret_inventory,
                           struct connector_error *error)
{
    struct processes_state *p = state;
    const struct qemu_process *list;
    struct inventory *inventory;
    double qmp_beat = processes_qmp_beat(&p->config);
    struct mono now;
    bool ask, gave_up = false;
    size_t count;
    int r;

    /* The command line of a process that is stuck in the kernel can be, too. */
    connector_guard_set(guard, PROCESSES_SCAN_MS, "reading the process list");
    r = processes_scan(p, error);
    if (connector_guard_clear(guard))
        return -ECANCELED;
    if (r < 0)
        return r;
    now = clock_mono(&clock_system);
    /* The second reading, which makes the first rates, comes soon after the first. */
    ask = qmp_beat > 0 && processes_has_monitors(p) &&
          (p->asked < 2 || processes_is_due(p->asked_at, qmp_beat, now));
    if (r == 0 && previous && !ask)
        return 1;
    list = qemu_scan_list(p->scan, &count);
    inventory = inventory_new(connector_processes.name);
    inventory->beat = qmp_beat;
    for (size_t i = 0; i < count && i < INVENTORY_VMS_MAX; i++)
        processes_add(&list[i], &p->vms[i], previous, inventory_append(inventory), now);
    if (ask) {
        connector_guard_set(guard, qmp_visit_ms(count) + PROCESSES_SCAN_MS, "asking monitors");
        processes_ask(p, inventory, qmp_beat);
        p->asked_at = now;
        p->asked++;
        gave_up = connector_guard_clear(guard);
    }
    if (gave_up) {
        inventory_unref(inventory);
        return -ECANCELED;
    }
    inventory_finish(inventory);
    *ret_inventory = inventory;
    return 0;
}

static double processes_beat(const struct connector_config *config, double last_round)
{
    double scan = processes_scan_beat(config), qmp = processes_qmp_beat(config);

    if (config->qmp_interval < 0 && last_round * PROCESSES_BEAT_ROUNDS > scan)
        return last_round * PROCESSES_BEAT_ROUNDS;
    return qmp > 0 && qmp < scan ? qmp : scan;
}

const struct connector_ops connector_processes = {
    .name = "processes",
    .open = processes_open,
    .round = processes_round,
    .close = processes_close,
    .beat = processes_beat,
};
