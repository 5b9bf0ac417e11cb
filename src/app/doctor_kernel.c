/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --doctor: what the kernel counts, and how many files it lets us open. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "app/doctor_internal.h"
#include "base/file.h"
#include "kernel/pid_stat.h"
#include "kernel/pressure.h"
#include "model/metric.h"

/* Of the host: stat, meminfo, pressure and so on, and some devices. */
#define DOCTOR_HOST_FILES 32

/* Where a process of the host counts; the first is there wherever we are. */
static bool doctor_counts_runs(int proc_fd)
{
    static const char *const paths[] = {"self/schedstat", "1/schedstat"};
    struct buf text = {0};
    struct schedstat times;
    bool zeros = false, counts = false;

    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        int r = file_read_all(proc_fd, paths[i], &text, FILE_RECORD_SIZE);

        if (r == 0)
            r = parse_schedstat(text.data, text.len, &times);
        zeros |= r == -ENODATA;
        counts |= r == 0;
    }
    buf_done(&text);
    return counts || !zeros;
}

void doctor_read_kernel(int proc_fd, struct doctor_kernel *ret)
{
    struct buf text = {0};
    struct pressure pressure;
    struct rlimit limit;
    char delays[16];

    *ret = (struct doctor_kernel){0};
    ret->pressure = file_read_all(proc_fd, "pressure/cpu", &text, FILE_RECORD_SIZE);
    if (ret->pressure == 0)
        ret->pressure = parse_pressure(text.data, text.len, &pressure);
    buf_done(&text);
    file_read_line(proc_fd, "sys/kernel/task_delayacct", delays, sizeof(delays));
    ret->counts_delays = strcmp(delays, "0") != 0; /* before Linux 5.14: always */
    ret->counts_runs = doctor_counts_runs(proc_fd);
    /* The soft limit is raised to the hard one. */
    ret->files = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (uint64_t)limit.rlim_max : UINT64_MAX;
}

static void doctor_tell_pressure(struct doctor *doctor, const struct doctor_kernel *kernel)
{
    if (kernel->pressure == 0) {
        doctor_tell(doctor, DOCTOR_OK, "pressure", "%s/pressure tells it (PSI)", doctor->procfs);
        return;
    }
    doctor_tell(doctor, DOCTOR_WARN, "pressure",
                "the figures of --pressure are missing: %s/pressure/cpu: %s", doctor->procfs,
                strerror(-kernel->pressure));
    if (kernel->pressure == -ENOENT || kernel->pressure == -EOPNOTSUPP)
        doctor_advise(doctor, "start the kernel with psi=1 (Debian: GRUB_CMDLINE_LINUX in "
                              "/etc/default/grub, update-grub, reboot); it takes CONFIG_PSI=y, "
                              "Linux 4.20");
    else
        doctor_advise(doctor,
                      "sudo head %s/pressure/cpu shows whether root may; a container may hide it",
                      doctor->procfs);
}

static void doctor_tell_groups(struct doctor *doctor, const struct doctor_vms *vms)
{
    const struct doctor_lack *none = &vms->no_group, *closed = &vms->no_pressure;
    const char *plural = vms->count == 1 ? "" : "s", *sysfs = doctor->config->options->sysfs;

    if (none->count && vms->no_cgroups) {
        doctor_tell(doctor, DOCTOR_NOTE, "cgroups",
                    "pressure of VMs is missing: %s/fs/cgroup has no cgroups of version 2",
                    sysfs ? sysfs : "/sys");
        doctor_advise(doctor, "start the kernel with systemd.unified_cgroup_hierarchy=1; in a "
                              "container: --sysfs= the host's");
    } else if (none->count) {
        doctor_tell(doctor, DOCTOR_NOTE, "cgroups",
                    "pressure of %zu of %zu VM%s is missing: '%s' (process %d) has no cgroup (v2) "
                    "of its own",
                    none->count, vms->count, plural, none->name, (int)none->pid);
        doctor_advise(doctor, "libvirt and Proxmox VE make one for each VM; by hand: systemd-run "
                              "--scope qemu-system-x86_64 ...; in a container: --sysfs= the "
                              "host's");
    }
    if (closed->count) {
        doctor_tell(doctor, DOCTOR_NOTE, "cgroups",
                    "pressure of %zu of %zu VM%s is missing: cpu.pressure of the cgroup of '%s' "
                    "(process %d): %s",
                    closed->count, vms->count, plural, closed->name, (int)closed->pid,
                    strerror(-closed->error));
        doctor_advise(doctor, "echo 1 > cgroup.pressure in that cgroup; in a container: --sysfs= "
                              "the host's");
    }
    if (vms->count && !none->count && !closed->count)
        doctor_tell(doctor, DOCTOR_OK, "cgroups", "pressure of %zu VM%s can be read", vms->count,
                    plural);
}

static void doctor_tell_files(struct doctor *doctor, const struct doctor_kernel *kernel,
                              const struct doctor_vms *vms)
{
    size_t needed = DOCTOR_HOST_FILES + (vms ? vms->files : 0);
    size_t room = file_budget_of(kernel->files);

    if (needed <= room) {
        doctor_tell(doctor, DOCTOR_OK, "files", "%zu are kept open, there is room for %zu", needed,
                    room);
        return;
    }
    doctor_tell(doctor, DOCTOR_WARN, "files",
                "there is room for %zu open files, and %zu would be kept open: the others are "
                "opened for each reading, which costs more",
                room, needed);
    doctor_advise(doctor, "ulimit -n %zu as root before it starts; LimitNOFILE=%zu in a service",
                  2 * needed + 512, 2 * needed + 512);
}

void doctor_tell_kernel(struct doctor *doctor, const struct doctor_kernel *kernel,
                        const struct doctor_vms *vms)
{
    doctor_tell_pressure(doctor, kernel);
    if (vms && kernel->pressure == 0)
        doctor_tell_groups(doctor, vms);
    if (kernel->counts_delays) {
        doctor_tell(doctor, DOCTOR_OK, "delays", "the kernel counts waiting for block I/O");
    } else {
        doctor_tell(doctor, DOCTOR_NOTE, "delays", "%s is missing: kernel.task_delayacct is 0",
                    metric_at(SCOPE_VM, VM_DISK_DELAYBLKIO)->key);
        doctor_advise(doctor, "sysctl -w kernel.task_delayacct=1 (it costs some CPU), or delayacct "
                              "on the kernel's command line; VMs that run need a restart");
    }
    if (!kernel->counts_runs) {
        doctor_tell(doctor, DOCTOR_WARN, "schedstat",
                    "CPU figures of VMs are missing: this kernel does not count (schedstat of all "
                    "zeros)");
        doctor_advise(doctor, "use a kernel built with CONFIG_SCHED_INFO=y (CONFIG_SCHEDSTATS or "
                              "CONFIG_TASK_DELAY_ACCT bring it)");
    } else {
        doctor_tell(doctor, DOCTOR_OK, "schedstat", "the kernel counts running and waiting");
    }
    doctor_tell_files(doctor, kernel, vms);
}
