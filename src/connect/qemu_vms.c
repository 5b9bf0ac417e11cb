/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Following QEMU processes and asking their monitors. */
#include "connect/qemu_vms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/util.h"
#include "connect/qemu_nics.h"
#include "connect/qmp_vm.h"

/* New VMs show within this many seconds, or the interval if that is longer. */
#define VMS_BEAT_S  2.0
#define VMS_SCAN_MS 5000
/* Monitors are asked by the QEMUs' main threads: pause so much longer than it took. */
#define VMS_BEAT_ROUNDS 4.0
/* Beats are kept within this part of them: what is due a little later is due now. */
#define VMS_SLACK       0.1
#define VMS_DEVICES_S   60.0 /* NICs are plugged in and out seldom */
#define VMS_CMDLINE_MAX (256 * 1024)

/* What is announced to the guard. */
static const char vms_asking[] = "asking monitors";
static const char vms_reading[] = "reading the command line and the open files of QEMU";

struct qemu_vms {
    const struct qemu_vms_ops *ops;
    void *self;
    struct connector_config config;
    struct qemu_scan *scan;
    struct qemu_vm *list; /* as the scan's list: sorted by PID */
    size_t count;
    struct mono scanned_at, asked_at;
    unsigned asked; /* rounds in which monitors were asked */
    struct buf text;
    bool told_monitors, told_nics;
};

struct qemu_vms *qemu_vms_new(const struct qemu_vms_ops *ops, void *self,
                              const struct connector_config *config)
{
    struct qemu_vms *v = xcalloc(1, sizeof(*v));

    v->ops = ops;
    v->self = self;
    v->config = *config;
    v->scan = qemu_scan_new(config->proc_fd);
    return v;
}

static void vms_forget(struct qemu_vms *v, struct qemu_vm *vm)
{
    if (vm->own)
        v->ops->forget(vm->own);
    qmp_vm_free(vm->monitor);
    qemu_devices_done(&vm->devices);
}

void qemu_vms_free(struct qemu_vms *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->count; i++)
        vms_forget(v, &v->list[i]);
    free(v->list);
    qemu_scan_free(v->scan);
    buf_done(&v->text);
    free(v);
}

void qemu_vms_hush_monitors(struct qemu_vms *v)
{
    v->told_monitors = true;
}

/* Makes the list of VMs that of the scan; those that are still there keep what
 * is known of them. Both are sorted by PID. */
static void vms_follow_scan(struct qemu_vms *v)
{
    size_t count, old = 0;
    const struct qemu_process *processes = qemu_scan_list(v->scan, &count);
    struct qemu_vm *list = count ? xcalloc(count, sizeof(*list)) : NULL;

    for (size_t i = 0; i < count; i++) {
        while (old < v->count && v->list[old].pid < processes[i].pid)
            vms_forget(v, &v->list[old++]);
        if (old < v->count && v->list[old].pid == processes[i].pid &&
            v->list[old].start_ticks == processes[i].start_ticks)
            list[i] = v->list[old++];
        list[i].process = &processes[i];
        list[i].pid = processes[i].pid;
        list[i].start_ticks = processes[i].start_ticks;
    }
    while (old < v->count)
        vms_forget(v, &v->list[old++]);
    free(v->list);
    v->list = list;
    v->count = count;
}

static bool vms_same_nics(const struct qemu_devices *a, const struct qemu_devices *b)
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

static void vms_open_monitor(struct qemu_vms *v, struct qemu_vm *vm)
{
    struct qmp_place place = {
        .path = vm->devices.qmp,
        .pid = vm->pid,
        .proc_fd = v->config.proc_fd,
        /* A foreign procfs shows processes with other mounts and other numbers. */
        .is_inside = v->config.procfs_given || vm->devices.qmp[0] != '/',
        .any_pid = v->config.procfs_given,
        .guest_stats_s = v->config.guest_stats_s,
    };

    qmp_vm_free(vm->monitor);
    vm->monitor = vm->devices.qmp[0] && v->config.qmp_interval != 0 ? qmp_vm_new(&place) : NULL;
}

/* Reads the VM's devices anew; true if they changed. *denied is set if its NICs
 * have interfaces that may not be seen. */
static bool vms_read_devices(struct qemu_vms *v, struct qemu_vm *vm, struct mono now, bool *denied)
{
    bool first = !vm->devices_at.ns, changed, other_socket;
    struct qemu_devices devices;
    char path[32];

    vm->devices_at = now;
    snprintf(path, sizeof(path), "%d/cmdline", (int)vm->pid);
    if (file_read_all(v->config.proc_fd, path, &v->text, VMS_CMDLINE_MAX) < 0)
        return false; /* it is gone, or will be told at the next time */
    parse_qemu_devices(v->text.data, v->text.len, &devices);
    if (v->ops->finds_taps)
        *denied |= qemu_nics_find(v->config.proc_fd, v->config.sys_fd, vm->pid, &devices);
    changed = first || !vms_same_nics(&vm->devices, &devices) ||
              strcmp(vm->devices.hostdevs, devices.hostdevs) != 0;
    other_socket = first || strcmp(vm->devices.qmp, devices.qmp) != 0;
    qemu_devices_done(&vm->devices);
    vm->devices = devices;
    if (other_socket)
        vms_open_monitor(v, vm);
    return changed;
}

static bool vms_update_devices(struct qemu_vms *v, struct connector_guard *guard)
{
    struct mono now = clock_mono(&clock_system);
    bool changed = false;
    size_t denied_count = 0;

    for (size_t i = 0; i < v->count; i++) {
        struct qemu_vm *vm = &v->list[i];
        bool denied = false;

        if (vm->is_foreign ||
            (vm->devices_at.ns && mono_seconds_between(vm->devices_at, now) < VMS_DEVICES_S) ||
            connector_guard_others_hang(guard, vms_reading, vm->pid))
            continue;
        connector_guard_set_for(guard, VMS_SCAN_MS, vms_reading, vm->pid);
        changed |= vms_read_devices(v, vm, now, &denied);
        denied_count += denied;
    }
    if (denied_count && !v->told_nics) {
        log_notice(
            "the interfaces of %zu VM%s cannot be told, as their QEMUs were handed them as "
            "open files: it takes root, or CAP_SYS_PTRACE with CAP_DAC_READ_SEARCH, to see those "
            "(proxtop --doctor has the command)",
            denied_count, denied_count == 1 ? "" : "s");
        v->told_nics = true;
    }
    return changed;
}

void qemu_vms_describe_process(const struct qemu_process *process, struct vm_info *info,
                               struct mono now)
{
    if (!info->uuid && process->argv.uuid[0])
        info->uuid = xstrdup(process->argv.uuid);
    if (!raw_valid(info->readings[READING_MEMORY_MAX_KB]) && process->argv.memory_kb)
        info->readings[READING_MEMORY_MAX_KB] = raw_of(process->argv.memory_kb, now);
}

static void vms_add(struct qemu_vms *v, const struct qemu_vm *vm, const struct inventory *previous,
                    struct vm_info *info, struct mono now)
{
    const struct qemu_process *process = vm->process;
    const struct vm_info *before;

    info->pid = vm->pid;
    info->start_ticks = vm->start_ticks;
    vm_info_set_helpers(info, process->helpers, process->helper_count);
    if (vm->devices.hostdevs[0])
        info->hostdevs = xstrdup(vm->devices.hostdevs);
    v->ops->describe(v->self, vm, previous, info, now);
    before = vm->monitor ? inventory_find_before(previous, info) : NULL;
    if (before)
        qmp_vm_keep(before, info);
}

/* The VMs of the inventory are those of the list that are not foreign, in its order. */
static struct inventory *vms_make_inventory(struct qemu_vms *v, const struct inventory *previous,
                                            struct mono now)
{
    struct inventory *inventory = inventory_new(v->ops->source);

    for (size_t i = 0; i < v->count; i++) {
        struct vm_info *info;

        if (v->list[i].is_foreign) {
            inventory->strangers += v->ops->counts_foreign;
            continue;
        }
        info = inventory_append(inventory);
        if (!info)
            break;
        vms_add(v, &v->list[i], previous, info, now);
    }
    return inventory;
}

static double vms_scan_beat(const struct connector_config *config)
{
    return config->interval > VMS_BEAT_S ? config->interval : VMS_BEAT_S;
}

/* 0 = never */
static double vms_qmp_beat(const struct connector_config *config)
{
    return config->qmp_interval < 0 ? vms_scan_beat(config) : config->qmp_interval;
}

static bool vms_is_due(struct mono last, double beat, struct mono now)
{
    return !last.ns || mono_seconds_between(last, now) >= beat * (1 - VMS_SLACK);
}

/* Asks the monitors of all VMs that have one. */
static void vms_ask(struct qemu_vms *v, struct inventory *inventory, double beat)
{
    struct qmp_visit *visits = xcalloc(inventory->count + 1, sizeof(*visits));
    size_t count = 0, denied, at = 0;

    for (size_t i = 0; i < v->count && at < inventory->count; i++) {
        struct qemu_vm *vm = &v->list[i];

        if (vm->is_foreign)
            continue;
        if (vm->monitor)
            visits[count++] = (struct qmp_visit){.monitor = vm->monitor,
                                                 .vm = &inventory->vms[at],
                                                 .wants_cpus = !vm->devices.names_threads};
        at++;
    }
    denied = qmp_visit_all(visits, count, beat, v->config.images);
    free(visits);
    if (!denied || v->told_monitors)
        return;
    log_notice("the monitors of %zu VM%s do not let this user in: their disks, the memory inside "
               "and the state are missing; it takes root or CAP_DAC_OVERRIDE (proxtop --doctor has "
               "the command)",
               denied, denied == 1 ? "" : "s");
    v->told_monitors = true;
}

static bool vms_has_monitors(const struct qemu_vms *v)
{
    for (size_t i = 0; i < v->count; i++) {
        if (v->list[i].monitor && !v->list[i].is_foreign)
            return true;
    }
    return false;
}

static void vms_complete(struct qemu_vms *v, struct inventory *inventory, struct mono now)
{
    size_t at = 0;

    if (!v->ops->complete)
        return;
    for (size_t i = 0; i < v->count && at < inventory->count; i++) {
        if (!v->list[i].is_foreign)
            v->ops->complete(v->self, &v->list[i], &inventory->vms[at++], now);
    }
}

static int vms_scan(struct qemu_vms *v, struct connector_guard *guard,
                    struct connector_error *error)
{
    int r = qemu_scan_update(v->scan, guard);

    if (r < 0)
        snprintf(error->text, sizeof(error->text), "cannot read the process list: %s",
                 strerror(-r));
    else if (r)
        vms_follow_scan(v);
    return r;
}

/* What nobody is asked for now. */
static void vms_note_hang(struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->count; i++) {
        struct vm_info *info = &inventory->vms[i];

        if (info->has_source && !info->stale_reason[0])
            copy_text(info->stale_reason, sizeof(info->stale_reason),
                      "QMP: connecting to some monitor hangs");
    }
}

/* Looks for processes, VMs among them and their devices; 1 when something changed. */
static int vms_look(struct qemu_vms *v, struct connector_guard *guard,
                    struct connector_error *error)
{
    struct mono now = clock_mono(&clock_system);
    double beat = vms_scan_beat(&v->config), qmp_beat = vms_qmp_beat(&v->config);
    bool changed;
    int r;

    /* Rounds come more often only where monitors are to be asked more often. */
    if (qmp_beat > 0 && qmp_beat < beat && !vms_is_due(v->scanned_at, beat, now))
        return 0;
    connector_guard_set(guard, VMS_SCAN_MS, "reading the process list");
    r = vms_scan(v, guard, error);
    if (connector_guard_clear(guard))
        return -ECANCELED;
    if (r < 0)
        return r;
    v->scanned_at = now;
    changed = r;
    r = v->ops->follow ? v->ops->follow(v->self, v->list, v->count, guard) : 0;
    if (r < 0)
        return r;
    changed |= r > 0;
    changed |= vms_update_devices(v, guard);
    return connector_guard_clear(guard) ? -ECANCELED : changed;
}

int qemu_vms_round(struct qemu_vms *v, struct connector_guard *guard,
                   const struct inventory *previous, struct inventory **ret_inventory,
                   struct connector_error *error)
{
    struct inventory *inventory;
    double qmp_beat = vms_qmp_beat(&v->config);
    struct mono now;
    bool ask, hangs, gave_up = false;
    int r = vms_look(v, guard, error);

    if (r < 0)
        return r;
    now = clock_mono(&clock_system);
    /* The second reading, which makes the first rates, comes soon after the first. */
    hangs = connector_guard_others_hang(guard, vms_asking, 0);
    ask = qmp_beat > 0 && !hangs && vms_has_monitors(v) &&
          (v->asked < 2 || vms_is_due(v->asked_at, qmp_beat, now));
    if (r == 0 && previous && !ask)
        return 1;
    inventory = vms_make_inventory(v, previous, now);
    inventory->beat = qmp_beat;
    if (ask) {
        connector_guard_set(guard, qmp_visit_ms(inventory->count) + VMS_SCAN_MS, vms_asking);
        vms_ask(v, inventory, qmp_beat);
        v->asked_at = now;
        v->asked++;
        gave_up = connector_guard_clear(guard);
    }
    if (gave_up) {
        inventory_unref(inventory);
        return -ECANCELED;
    }
    if (hangs)
        vms_note_hang(inventory);
    vms_complete(v, inventory, now);
    inventory_finish(inventory);
    *ret_inventory = inventory;
    return 0;
}

double qemu_vms_beat(const struct connector_config *config, double last_round)
{
    double scan = vms_scan_beat(config), qmp = vms_qmp_beat(config);

    if (config->qmp_interval < 0 && last_round * VMS_BEAT_ROUNDS > scan)
        return last_round * VMS_BEAT_ROUNDS;
    return qmp > 0 && qmp < scan ? qmp : scan;
}
