/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/PID/cgroup and the cgroups of virtual machines (cgroups(7); kernel
 * Documentation/admin-guide/cgroup-v2.rst, scheduler/sched-bwc.rst).
 */
#ifndef PROXTOP_KERNEL_CGROUP_H
#define PROXTOP_KERNEL_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGROUP_PATH_MAX 512

struct cgroup_of_task {
    bool unified;               /* v2; else `controllers` is the v1 hierarchy with "cpu" */
    char controllers[64];       /* as mounted: "cpu" or "cpu,cpuacct" */
    char path[CGROUP_PATH_MAX]; /* absolute, "/" = the root */
};

/* The cgroup that limits the CPU of the task: the v1 hierarchy with the cpu
 * controller where there is one (hybrid hosts), else the v2 path. -ENODATA
 * without either; -EBADMSG for a path that is cut, too long or steps out of
 * the reader's cgroup namespace ("/../x"). */
int parse_task_cgroup(const char *text, size_t len, struct cgroup_of_task *ret);

/* How many leading bytes of a cgroup path name the VM's own cgroup: the
 * component that libvirt ("machine-qemu\x2d1\x2dweb.scope", "qemu-1-web.libvirt-qemu")
 * or Proxmox VE ("/qemu.slice/100.scope") made for it. 0 = no such component. */
size_t cgroup_vm_prefix(const char *path);

/* The CPUs that a cpu.max of v2 allows ("50000 100000": half a CPU), or the quota and the
 * period of v1 in one line; 0 = no limit ("max", -1). -EBADMSG for anything else. */
int parse_cpu_max(const char *text, size_t len, double *ret_cpus);

/* Time that a cpu.stat says the group was held back by its quota, in ns: v2
 * throttled_usec, v1 throttled_time. Of a group without a cpu controller
 * -ENODATA. */
int parse_cpu_stat_throttled(const char *text, size_t len, uint64_t *ret_ns);

#endif
