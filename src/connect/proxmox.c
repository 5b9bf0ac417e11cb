/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connector for Proxmox VE. VMs are found by their pid files and known by
 * their configurations, both of which are only read; nothing of Proxmox VE is
 * started or asked. Without permission the command lines of QEMU must do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"
#include "connect/connector.h"
#include "connect/pve_files.h"
#include "connect/qemu_nics.h"
#include "connect/qemu_vms.h"

#define PROXMOX_RUN_MS  1000
#define PROXMOX_CONF_MS 3000 /* for each file */
/* For all of them in a round; those that are left have their turn in the next one. */
#define PROXMOX_CONFS_S 1.0

static const char proxmox_reading[] = "reading the configurations of VMs";

/* What is known of a QEMU beside its process (qemu_vm.own). */
struct proxmox_vm {
    char vmid[PVE_VMID_SIZE];
    bool is_named; /* by its pid file, or by its command line where that may not be read */
    struct pve_conf_file conf;
};

struct proxmox {
    struct qemu_vms *vms;
    const char *run_dir, *conf_dir;
    bool run_given; /* the user named it: it may be called otherwise inside the host */
    struct stat run_seen;
    struct buf text;
    size_t conf_next;          /* the VM whose configuration is read first */
    int run_error, conf_error; /* why files cannot be read; 0 = they can */
    struct complaint conf_trouble;
    bool told;
};

static bool proxmox_is_denied(int error)
{
    return error == -EACCES || error == -EPERM;
}

/* The directory may be closed to us and its files open, or the other way round. */
static int proxmox_open_directory(const char *path)
{
    int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* Whether the process is a VM of Proxmox VE. */
static bool proxmox_identify(struct proxmox *p, int dir_fd, const struct qemu_process *process,
                             char vmid[PVE_VMID_SIZE])
{
    int r;

    if (!pve_pidfile_vmid(process->argv.pidfile, p->run_given, vmid))
        return false;
    r = dir_fd < 0 ? dir_fd : pve_pidfile_check(dir_fd, vmid, process->pid, &p->text);
    if (r == 0)
        return true;
    if (dir_fd >= 0 && !proxmox_is_denied(r)) /* the file is gone, or another process's */
        return false;
    p->run_error = r;
    /* Proxmox VE's own QEMU alone has the option -id. */
    return strcmp(process->argv.id, vmid) == 0;
}

/* Without pid files, a VM that is started while its QEMU of before still ends
 * is there twice: the younger one counts. */
static bool proxmox_is_outlived(const struct qemu_vm *list, size_t count, size_t at)
{
    const struct proxmox_vm *own = list[at].own;

    for (size_t i = 0; i < count; i++) {
        const struct proxmox_vm *other = list[i].own;

        if (i != at && other && other->is_named && strcmp(other->vmid, own->vmid) == 0 &&
            (list[i].start_ticks > list[at].start_ticks ||
             (list[i].start_ticks == list[at].start_ticks && i > at)))
            return true;
    }
    return false;
}

static void proxmox_look_at(struct proxmox *p, int dir_fd, struct qemu_vm *vm)
{
    struct proxmox_vm *own = vm->own;
    char vmid[PVE_VMID_SIZE];
    bool is_named = proxmox_identify(p, dir_fd, vm->process, vmid);

    if (is_named && !own) {
        own = vm->own = xcalloc(1, sizeof(*own));
        copy_text(own->vmid, sizeof(own->vmid), vmid);
    }
    if (own)
        own->is_named = is_named;
}

/* Whether no file came or went in the directory since the last time. */
static bool proxmox_run_is_same(struct proxmox *p, int dir_fd)
{
    struct stat now = {0};
    bool same;

    if (dir_fd < 0 || fstat(dir_fd, &now) < 0)
        return false;
    same = now.st_ino == p->run_seen.st_ino && now.st_dev == p->run_seen.st_dev &&
           now.st_mtim.tv_sec == p->run_seen.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == p->run_seen.st_mtim.tv_nsec;
    p->run_seen = now;
    return same;
}

/* Finds the VMs among the processes; true if they are others than before. */
static bool proxmox_follow_processes(struct proxmox *p, struct qemu_vm *list, size_t count)
{
    int dir_fd = proxmox_open_directory(p->run_dir);
    bool same = proxmox_run_is_same(p, dir_fd), changed = false;

    if (!same)
        p->run_error = 0;
    for (size_t i = 0; i < count; i++) {
        const struct proxmox_vm *own = list[i].own;

        if (!same || !own || !own->is_named)
            proxmox_look_at(p, dir_fd, &list[i]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct proxmox_vm *own = list[i].own;
        bool is_foreign =
            !own || !own->is_named || (p->run_error && proxmox_is_outlived(list, count, i));

        changed |= is_foreign != list[i].is_foreign;
        list[i].is_foreign = is_foreign;
    }
    if (dir_fd >= 0)
        close(dir_fd);
    return changed;
}

/* Reads the VM's configuration if it changed; true if it did. */
static bool proxmox_read_conf(struct proxmox *p, int dir_fd, struct qemu_vm *vm,
                              struct connector_guard *guard)
{
    struct proxmox_vm *own = vm->own;
    int r;

    if (vm->is_foreign)
        return false;
    connector_guard_set(guard, PROXMOX_CONF_MS, proxmox_reading);
    r = dir_fd < 0 ? dir_fd : pve_conf_file_update(&own->conf, dir_fd, own->vmid, &p->text);
    /* It is with the node that the VM has migrated to. */
    if (r < 0 && (dir_fd < 0 || r != -ENOENT))
        p->conf_error = r;
    return r > 0;
}

/* Reads configurations as long as there is time; true if any changed. */
static bool proxmox_read_confs(struct proxmox *p, struct qemu_vm *list, size_t count,
                               struct connector_guard *guard)
{
    struct mono until = mono_in(PROXMOX_CONFS_S);
    bool changed = false;
    size_t n = 0;
    int dir_fd;

    connector_guard_set(guard, PROXMOX_CONF_MS, proxmox_reading);
    dir_fd = proxmox_open_directory(p->conf_dir);
    p->conf_error = 0;
    for (; n < count && clock_mono(&clock_system).ns < until.ns; n++)
        changed |= proxmox_read_conf(p, dir_fd, &list[(p->conf_next + n) % count], guard);
    p->conf_next = n < count ? (p->conf_next + n) % count : 0;
    if (dir_fd >= 0)
        close(dir_fd);
    return changed;
}

/* Tells what is missing, and what would give it. */
static void proxmox_tell(struct proxmox *p)
{
    bool conf_denied = proxmox_is_denied(p->conf_error);

    if (p->conf_error && !conf_denied)
        complain(&p->conf_trouble, LOG_WARNING,
                 "proxmox: cannot read the configurations in '%s': %s; names and NICs are as last "
                 "read, or as the command lines tell them",
                 p->conf_dir, strerror(-p->conf_error));
    else
        complaint_recover(&p->conf_trouble, "proxmox: can read '%s' again", p->conf_dir);
    if (p->told || (!p->run_error && !conf_denied))
        return;
    p->told = true;
    if (p->run_error)
        qemu_vms_hush_monitors(p->vms);
    if (p->run_error && !proxmox_is_denied(p->run_error))
        log_notice("proxmox: cannot read '%s': %s; VMs are found by the command lines of QEMU; "
                   "--pve-run names another directory",
                   p->run_dir, strerror(-p->run_error));
    else
        log_notice("proxmox: this user may not read %s%s%s: missing are %s%s%s; it takes root or "
                   "CAP_DAC_OVERRIDE (proxtop --doctor has the command)",
                   p->run_error ? p->run_dir : "", p->run_error && conf_denied ? " and " : "",
                   conf_denied ? p->conf_dir : "",
                   p->run_error ? "states, disks and the memory inside the VMs" : "",
                   p->run_error && conf_denied ? ", " : "",
                   conf_denied ? "tags, locks and bridges" : "");
}

static int proxmox_follow(void *self, struct qemu_vm *list, size_t count,
                          struct connector_guard *guard)
{
    struct proxmox *p = self;
    bool changed;

    connector_guard_set(guard, PROXMOX_RUN_MS, "reading pid files");
    changed = proxmox_follow_processes(p, list, count);
    if (connector_guard_clear(guard))
        return -ECANCELED;
    /* Where one thread hangs in /etc/pve the next one would, too. */
    if (!connector_guard_others_hang(guard, proxmox_reading, 0)) {
        changed |= proxmox_read_confs(p, list, count, guard);
        if (connector_guard_clear(guard))
            return -ECANCELED;
    }
    proxmox_tell(p);
    return changed;
}

static void proxmox_add_nics(const char *vmid, const struct pve_conf *conf, struct vm_info *info)
{
    for (size_t i = 0; i < conf->nic_count; i++) {
        const struct pve_nic *from = &conf->nics[i];
        struct vm_nic *nic = vm_info_append_nic(info);

        if (!nic)
            return;
        nic->name = xasprintf("net%u", from->number);
        nic->mac = from->mac[0] ? xstrdup(from->mac) : NULL;
        nic->kind = NIC_KIND_USER;
        if (!from->bridge[0])
            continue;
        nic->kind = NIC_KIND_TAP;
        nic->bridge = xstrdup(from->bridge);
        nic->interface = xasprintf("tap%si%u", vmid, from->number);
    }
}

static void proxmox_describe_conf(const struct pve_conf *conf, struct vm_info *info,
                                  struct mono now)
{
    if (conf->name)
        info->name = xstrndup(conf->name, INVENTORY_NAME_MAX);
    if (conf->uuid[0])
        info->uuid = xstrdup(conf->uuid);
    if (conf->tags)
        info->tags = xstrdup(conf->tags);
    if (conf->lock)
        info->lock = xstrdup(conf->lock);
    info->is_template = conf->is_template;
    if (conf->memory_kb)
        info->readings[READING_MEMORY_MAX_KB] = raw_of(conf->memory_kb, now);
    proxmox_add_nics(info->vmid, conf, info);
}

/* What a thread that hangs now had read of the VM's configuration. */
static bool proxmox_carry_over(const struct inventory *previous, const struct qemu_vm *vm,
                               struct vm_info *info)
{
    const struct vm_info *before = previous ? inventory_find(previous, info->key) : NULL;

    if (!before || before->pid != vm->pid || before->start_ticks != vm->start_ticks)
        return false;
    info->name = xstrdup(before->name);
    info->uuid = before->uuid ? xstrdup(before->uuid) : NULL;
    info->tags = before->tags ? xstrdup(before->tags) : NULL;
    info->lock = before->lock ? xstrdup(before->lock) : NULL;
    info->is_template = before->is_template;
    info->readings[READING_MEMORY_MAX_KB] = before->readings[READING_MEMORY_MAX_KB];
    for (size_t i = 0; i < before->nic_count; i++) {
        struct vm_nic *nic = vm_info_append_nic(info);

        if (nic)
            vm_nic_copy_identity(nic, &before->nics[i]);
    }
    return true;
}

static void proxmox_describe(void *self UNUSED, const struct qemu_vm *vm,
                             const struct inventory *previous, struct vm_info *info,
                             struct mono now)
{
    const struct proxmox_vm *own = vm->own;
    const char *name = vm->process->argv.name;

    info->key = xstrdup(own->vmid);
    info->vmid = xstrdup(own->vmid);
    if (own->conf.known)
        proxmox_describe_conf(&own->conf.conf, info, now);
    else if (!proxmox_carry_over(previous, vm, info))
        qemu_nics_add(&vm->devices, info);
    if (!info->name)
        info->name = name[0] ? xstrndup(name, INVENTORY_NAME_MAX) : xasprintf("vm%s", own->vmid);
    qemu_vms_describe_process(vm->process, info, now);
}

/* Whether a monitor has told of the disks, now or before. */
static bool proxmox_has_figures(const struct vm_info *info)
{
    for (size_t i = 0; i < info->disk_count; i++) {
        if (raw_valid(info->disks[i].columns[VMDISK_DISK_READS]))
            return true;
    }
    return false;
}

static void proxmox_add_disks(const struct pve_conf *conf, struct vm_info *info)
{
    vm_info_clear_disks(info);
    for (size_t i = 0; i < conf->disk_count; i++) {
        struct vm_disk *disk = conf->disks[i].is_state ? NULL : vm_info_append_disk(info);

        if (disk)
            disk->name = xstrdup(conf->disks[i].name);
    }
}

/* Which disks there are is the monitor's word, as long as there is one; what
 * they are is that of the configuration. */
static void proxmox_complete(void *self UNUSED, const struct qemu_vm *vm, struct vm_info *info,
                             struct mono now)
{
    const struct proxmox_vm *own = vm->own;
    const struct pve_conf *conf = &own->conf.conf;

    if (!own->conf.known)
        return;
    if (!proxmox_has_figures(info))
        proxmox_add_disks(conf, info);
    for (size_t i = 0; i < info->disk_count; i++) {
        struct vm_disk *disk = &info->disks[i];
        const struct pve_disk *known = NULL;

        for (size_t j = 0; j < conf->disk_count && !known; j++) {
            if (strcmp(conf->disks[j].name, disk->name) == 0)
                known = &conf->disks[j];
        }
        if (!known)
            continue;
        disk->is_total = known->is_total;
        if (!raw_valid(disk->columns[VMDISK_DISK_SIZE_CAPACITY]) && known->size_bytes)
            disk->columns[VMDISK_DISK_SIZE_CAPACITY] = raw_of(known->size_bytes, now);
    }
}

static void proxmox_forget(void *own)
{
    struct proxmox_vm *vm = own;

    pve_conf_file_done(&vm->conf);
    free(vm);
}

static const struct qemu_vms_ops proxmox_vms_ops = {
    .source = "proxmox",
    .counts_foreign = true,
    .follow = proxmox_follow,
    .describe = proxmox_describe,
    .complete = proxmox_complete,
    .forget = proxmox_forget,
};

static int proxmox_open(const struct connector_config *config, struct connector_guard *guard UNUSED,
                        void **ret_state, struct connector_error *error UNUSED)
{
    struct proxmox *p = xcalloc(1, sizeof(*p));

    p->run_dir = config->pve_run ? config->pve_run : PVE_RUN_DIR;
    p->run_given = config->pve_run;
    p->conf_dir = config->pve_conf ? config->pve_conf : PVE_CONF_DIR;
    p->vms = qemu_vms_new(&proxmox_vms_ops, p, config);
    *ret_state = p;
    return 0;
}

static void proxmox_close(void *state)
{
    struct proxmox *p = state;

    qemu_vms_free(p->vms);
    buf_done(&p->text);
    free(p);
}

static int proxmox_round(void *state, struct connector_guard *guard,
                         const struct inventory *previous, struct inventory **ret_inventory,
                         struct connector_error *error)
{
    struct proxmox *p = state;

    return qemu_vms_round(p->vms, guard, previous, ret_inventory, error);
}

const struct connector_ops connector_proxmox = {
    .name = "proxmox",
    .open = proxmox_open,
    .round = proxmox_round,
    .close = proxmox_close,
    .beat = qemu_vms_beat,
};
