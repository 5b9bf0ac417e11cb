/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --doctor: what can be read of each VM. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/doctor_internal.h"
#include "base/file.h"
#include "base/num.h"
#include "base/thread.h"
#include "collect/vm_group.h"
#include "connect/qemu_nics.h"
#include "connect/qmp.h"
#include "kernel/qemu_argv.h"

#define DOCTOR_VM_S         3.0 /* a VM that takes longer hangs */
#define DOCTOR_CMDLINE_SIZE (256 * 1024)
#define DOCTOR_VM_FILES     6 /* stat, status, io, and pressure of its cgroup */

/* ---- facts ---- */

struct doctor_look {
    const struct roots *roots;
    size_t *steps; /* VMs that were begun; somebody may watch it grow */
    bool inside;   /* paths are those of the processes: procfs is another one */
    struct buf text;
    struct doctor_vms *vms;
};

static void doctor_note_lack(struct doctor_lack *lack, const struct vm_info *vm, int error)
{
    if (!lack->count++) {
        lack->pid = vm->pid;
        lack->error = error;
        copy_text(lack->name, sizeof(lack->name), vm->name);
    }
}

static bool doctor_is_denied(int r)
{
    return r == -EACCES || r == -EPERM;
}

static void doctor_look_at_io(struct doctor_look *look, const struct vm_info *vm)
{
    char path[32];
    int r;

    snprintf(path, sizeof(path), "%d/io", (int)vm->pid);
    r = file_read_all(look->roots->proc_fd, path, &look->text, FILE_RECORD_SIZE);
    if (doctor_is_denied(r))
        doctor_note_lack(&look->vms->io, vm, r);
}

static bool doctor_is_vcpu(const struct doctor_look *look, pid_t pid, unsigned tid)
{
    char path[64], comm[64];
    unsigned id;

    snprintf(path, sizeof(path), "%d/task/%u/comm", (int)pid, tid);
    file_read_line(look->roots->proc_fd, path, comm, sizeof(comm));
    return parse_vcpu_thread_name(comm, strlen(comm), &id);
}

/* How many of the threads are vCPUs by their names; -errno. */
static int doctor_count_vcpus(struct doctor_look *look, pid_t pid)
{
    char path[32];
    struct dirent *item;
    int fd, found = 0;
    uint64_t tid;
    DIR *dir;

    snprintf(path, sizeof(path), "%d/task", (int)pid);
    fd = openat(look->roots->proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        int r = -errno;

        if (fd >= 0)
            close(fd);
        return r;
    }
    while ((item = readdir(dir))) {
        if (!parse_u64(item->d_name, &tid) || !tid || tid > INT32_MAX)
            continue;
        look->vms->files++;
        found += doctor_is_vcpu(look, pid, (unsigned)tid);
    }
    closedir(dir);
    return found;
}

/* True if its monitor would let this user in. */
static bool doctor_look_at_monitor(struct doctor_look *look, const struct vm_info *vm,
                                   const struct qemu_devices *devices)
{
    bool inside = look->inside || devices->qmp[0] != '/';
    int r;

    if (!look->vms->by_monitor)
        return false;
    if (!devices->qmp[0]) {
        doctor_note_lack(&look->vms->no_monitor, vm, 0);
        return false;
    }
    r = inside ? qmp_check_inside(look->roots->proc_fd, vm->pid, devices->qmp)
               : qmp_check(devices->qmp);
    if (r < 0)
        doctor_note_lack(&look->vms->monitors, vm, r);
    return r == 0;
}

static void doctor_look_at_group(struct doctor_look *look, const struct vm_info *vm)
{
    char path[CGROUP_PATH_MAX + 96];
    struct cgroup_of_task group;
    size_t own = vm_group_find(look->roots->proc_fd, look->roots->sys_fd, &look->text, vm->pid,
                               vm->pid, &group, path, sizeof(path) - 32);
    int r;

    if (!own || !group.unified) {
        doctor_note_lack(&look->vms->no_group, vm, 0);
        return;
    }
    copy_text(path + own, sizeof(path) - own, "/cpu.pressure");
    r = file_read_all(look->roots->sys_fd, path, &look->text, FILE_RECORD_SIZE);
    if (r < 0)
        doctor_note_lack(&look->vms->no_pressure, vm, r);
}

static void doctor_look_at_vm(struct doctor_look *look, const struct vm_info *vm)
{
    struct qemu_devices devices = {0};
    char path[32];
    bool asks;
    int vcpus = doctor_count_vcpus(look, vm->pid), r;

    if (vcpus < 0)
        return; /* it has ended meanwhile */
    snprintf(path, sizeof(path), "%d/cmdline", (int)vm->pid);
    r = file_read_all(look->roots->proc_fd, path, &look->text, DOCTOR_CMDLINE_SIZE);
    if (r < 0)
        return;
    look->vms->count++;
    look->vms->files += DOCTOR_VM_FILES;
    parse_qemu_devices(look->text.data, look->text.len, &devices);
    doctor_look_at_io(look, vm);
    asks = doctor_look_at_monitor(look, vm, &devices);
    if (!vcpus)
        doctor_note_lack(asks || vm->vcpus ? &look->vms->unnamed : &look->vms->nameless, vm, 0);
    if (look->vms->by_monitor &&
        qemu_nics_find(look->roots->proc_fd, look->roots->sys_fd, vm->pid, &devices))
        doctor_note_lack(&look->vms->taps, vm, -EACCES);
    doctor_look_at_group(look, vm);
    qemu_devices_done(&devices);
}

/* Beside those of version 1 they are below "unified". */
static bool doctor_lacks_cgroups(int sys_fd)
{
    return faccessat(sys_fd, "fs/cgroup/cgroup.controllers", F_OK, 0) != 0 &&
           faccessat(sys_fd, "fs/cgroup/unified/cgroup.controllers", F_OK, 0) != 0;
}

static void doctor_look_at_all(const struct roots *roots, const struct options *options,
                               const struct inventory *inventory, size_t *steps,
                               struct doctor_vms *ret)
{
    struct doctor_look look = {.roots = roots, .inside = options->procfs, .vms = ret};

    look.steps = steps;
    *ret = (struct doctor_vms){
        .by_monitor = strcmp(inventory->source, "libvirt") != 0,
        .no_cgroups = doctor_lacks_cgroups(roots->sys_fd),
    };
    for (size_t i = 0; i < inventory->count; i++) {
        __atomic_add_fetch(look.steps, 1, __ATOMIC_RELAXED);
        if (inventory->vms[i].pid)
            doctor_look_at_vm(&look, &inventory->vms[i]);
        else
            doctor_note_lack(&ret->hidden, &inventory->vms[i], 0);
    }
    buf_done(&look.text);
}

void doctor_look_at_vms(const struct roots *roots, const struct options *options,
                        const struct inventory *inventory, struct doctor_vms *ret)
{
    size_t steps = 0;

    doctor_look_at_all(roots, options, inventory, &steps, ret);
}

/* ---- the thread that gathers them ---- */

/* Freed by whoever is the last to need it. */
struct doctor_task {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done, left;
    size_t steps; /* atomic */
    struct roots roots;
    struct options options;
    struct inventory *inventory; /* a reference */
    struct doctor_vms vms;
};

static void doctor_task_free(struct doctor_task *task)
{
    inventory_unref(task->inventory);
    pthread_cond_destroy(&task->changed);
    pthread_mutex_destroy(&task->lock);
    free(task);
}

static void *doctor_task_run(void *argument)
{
    struct doctor_task *task = argument;
    bool left;

    doctor_look_at_all(&task->roots, &task->options, task->inventory, &task->steps, &task->vms);
    pthread_mutex_lock(&task->lock);
    task->done = true;
    left = task->left;
    pthread_cond_broadcast(&task->changed);
    pthread_mutex_unlock(&task->lock);
    if (left)
        doctor_task_free(task);
    return NULL;
}

bool doctor_read_vms(const struct roots *roots, const struct options *options,
                     struct inventory *inventory, struct doctor_vms *ret, bool *ret_hanging)
{
    struct doctor_task *task = xcalloc(1, sizeof(*task));
    size_t steps = 0, before;
    bool done;

    pthread_mutex_init(&task->lock, NULL);
    cond_init(&task->changed);
    task->roots = *roots;
    task->options = *options;
    task->inventory = inventory_ref(inventory);
    if (thread_start(NULL, doctor_task_run, task) < 0) {
        doctor_look_at_vms(roots, options, inventory, ret);
        doctor_task_free(task);
        return true;
    }
    pthread_mutex_lock(&task->lock);
    do {
        struct mono until = mono_in(DOCTOR_VM_S);

        before = steps;
        while (!task->done && cond_wait_until(&task->changed, &task->lock, until))
            ;
        steps = __atomic_load_n(&task->steps, __ATOMIC_RELAXED);
    } while (!task->done && steps != before);
    done = task->done;
    task->left = !done;
    pthread_mutex_unlock(&task->lock);
    *ret_hanging |= !done;
    if (done) {
        *ret = task->vms;
        doctor_task_free(task);
    }
    return done;
}

/* ---- verdicts ---- */

/* "3 of 5 VMs" */
static const char *doctor_share(const struct doctor_lack *lack, size_t count, char *text,
                                size_t size)
{
    snprintf(text, size, "%zu of %zu VM%s", lack->count, count, count == 1 ? "" : "s");
    return text;
}

/* All that is missing, since setcap(8) replaces what a file has: each advice names the same. */
static uint64_t doctor_missing_caps(const struct doctor_vms *vms)
{
    uint64_t caps = 0;

    if (vms->io.count)
        caps |= UINT64_C(1) << CAP_SYS_PTRACE | UINT64_C(1) << CAP_DAC_READ_SEARCH;
    if (vms->taps.count)
        caps |= UINT64_C(1) << CAP_SYS_PTRACE;
    if (vms->monitors.count && doctor_is_denied(vms->monitors.error))
        caps |= UINT64_C(1) << CAP_DAC_OVERRIDE;
    return caps;
}

static void doctor_tell_hidden(struct doctor *doctor, const struct doctor_vms *vms)
{
    const struct doctor_lack *lack = &vms->hidden;
    char share[64];

    if (!lack->count)
        return;
    doctor_tell(doctor, DOCTOR_WARN, "vms",
                "the process of %s cannot be seen: what is read from /proc, as CPU and resident "
                "memory, is missing (first: '%s')",
                doctor_share(lack, vms->count + lack->count, share, sizeof(share)), lack->name);
    doctor_advise(doctor, "run as root on the host itself; in a container: --pid=host, or "
                          "--procfs=/host/proc");
}

static void doctor_tell_io(struct doctor *doctor, const struct doctor_vms *vms)
{
    const struct doctor_lack *lack = &vms->io;
    char share[64];

    if (!lack->count) {
        doctor_tell(doctor, DOCTOR_OK, "io", "/proc/PID/io of %zu VM%s can be read", vms->count,
                    vms->count == 1 ? "" : "s");
        return;
    }
    doctor_tell(doctor, DOCTOR_WARN, "io",
                "the figures of --io of %s are missing: /proc/%d/io of '%s': %s",
                doctor_share(lack, vms->count, share, sizeof(share)), (int)lack->pid, lack->name,
                strerror(-lack->error));
    doctor_advise_caps(doctor, doctor_missing_caps(vms),
                       "a user namespace or a security module is in the way; journalctl -k tells");
}

static void doctor_tell_monitors(struct doctor *doctor, const struct doctor_vms *vms)
{
    const struct doctor_lack *lack = &vms->monitors;
    char share[64];

    if (!vms->by_monitor)
        return;
    if (lack->count) {
        doctor_tell(doctor, DOCTOR_WARN, "monitors",
                    "disks, state and the memory inside of %s are missing: the QMP socket of '%s' "
                    "(process %d): %s",
                    doctor_share(lack, vms->count, share, sizeof(share)), lack->name,
                    (int)lack->pid, strerror(-lack->error));
        if (doctor_is_denied(lack->error))
            doctor_advise_caps(doctor, doctor_missing_caps(vms),
                               "a security module is in the way; journalctl -k tells");
        else
            doctor_advise(doctor,
                          "restart that VM, or run proxtop where its socket is (container?)");
    }
    if (vms->no_monitor.count) {
        doctor_tell(
            doctor, DOCTOR_NOTE, "monitors",
            "disks, state and the memory inside of %s are missing: '%s' (process %d) has no "
            "QMP socket for others",
            doctor_share(&vms->no_monitor, vms->count, share, sizeof(share)), vms->no_monitor.name,
            (int)vms->no_monitor.pid);
        doctor_advise(doctor,
                      "start QEMU with -qmp unix:/run/NAME.qmp,server=on,wait=off; libvirt's "
                      "VMs by proxtop --libvirt");
    }
    if (!lack->count && !vms->no_monitor.count)
        doctor_tell(doctor, DOCTOR_OK, "monitors", "the QMP sockets of %zu VM%s are open to us",
                    vms->count, vms->count == 1 ? "" : "s");
}

static void doctor_tell_taps(struct doctor *doctor, const struct doctor_vms *vms)
{
    const struct doctor_lack *lack = &vms->taps;
    char share[64];

    if (!lack->count)
        return;
    doctor_tell(doctor, DOCTOR_WARN, "network",
                "the network figures of %s are missing: its interfaces are known to '%s' (process "
                "%d) alone",
                doctor_share(lack, vms->count, share, sizeof(share)), lack->name, (int)lack->pid);
    doctor_advise_caps(doctor, doctor_missing_caps(vms),
                       "a user namespace or a security module is in the way; journalctl -k tells");
}

static void doctor_tell_threads(struct doctor *doctor, const struct doctor_vms *vms)
{
    static const char advice[] = "start QEMU with -name NAME,debug-threads=on (Proxmox VE and "
                                 "libvirt do that by themselves)";
    char share[64];

    if (vms->nameless.count) {
        doctor_tell(doctor, DOCTOR_WARN, "threads",
                    "CPU figures of %s are missing: no thread of '%s' (process %d) is named as a "
                    "vCPU, and nobody else tells which are",
                    doctor_share(&vms->nameless, vms->count, share, sizeof(share)),
                    vms->nameless.name, (int)vms->nameless.pid);
        doctor_advise(doctor, "%s%s", advice, vms->by_monitor ? "" : ", or proxtop --allow-hmp");
    }
    if (vms->unnamed.count) {
        doctor_tell(doctor, DOCTOR_NOTE, "threads",
                    "no thread of '%s' (process %d) is named as a vCPU, nor of %s; %s which are",
                    vms->unnamed.name, (int)vms->unnamed.pid,
                    doctor_share(&vms->unnamed, vms->count, share, sizeof(share)),
                    vms->by_monitor ? "QMP tells" : "cgroups of libvirt tell");
        doctor_advise(doctor, "%s", advice);
    }
    if (!vms->nameless.count && !vms->unnamed.count)
        doctor_tell(doctor, DOCTOR_OK, "threads", "the vCPU threads of %zu VM%s have names",
                    vms->count, vms->count == 1 ? "" : "s");
}

void doctor_tell_vms(struct doctor *doctor, const struct doctor_vms *vms)
{
    doctor_tell_hidden(doctor, vms);
    if (!vms->count)
        return;
    doctor_tell_io(doctor, vms);
    doctor_tell_monitors(doctor, vms);
    doctor_tell_taps(doctor, vms);
    doctor_tell_threads(doctor, vms);
}
