/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside collect/: what is kept of each VM between cycles, and the parts that
 * fill its sample.
 */
#ifndef PROXTOP_COLLECT_SLOT_H
#define PROXTOP_COLLECT_SLOT_H

#include <uthash.h>

#include "base/file.h"
#include "collect/blockdevs.h"
#include "collect/collect.h"
#include "collect/netdevs.h"
#include "collect/vm_group.h"
#include "kernel/cgroup.h"

#define COLLECT_PRESSURE_FILES 3 /* of the CPU, of I/O, of memory */

/* What the selection needs, beyond what every cycle reads anyway. */
struct collect_needs {
    bool vcpu_threads;
    bool overhead_threads;
    bool throttling;
    bool status;          /* VmSwap, HugetlbPages */
    bool memory_estimate; /* ram_used: HugetlbPages, of VMs whose guest says nothing */
    bool host_memory, host_swapping, host_arc;
    bool cpu_times;
    bool io;               /* /proc/PID/io */
    bool blkio;            /* block I/O delay of /proc/PID/stat */
    bool pressure;         /* of the host */
    unsigned vm_pressure;  /* of the VMs: bits of their files */
    bool blockdevs, disks; /* of the host; of the VMs */
    bool netdevs, nics, speeds;
};

/* What this host or this user does not have; a person is told of each once. */
enum collect_lack {
    COLLECT_LACKS_FILES = 1 << 0,
    COLLECT_LACKS_PRESSURE = 1 << 1,
    COLLECT_LACKS_IO = 1 << 2,
};

struct vm_slot {
    UT_hash_handle hh;
    char *key; /* owned; the VM's key */
    bool seen; /* in the inventory that is being taken over */
    struct vm_sample sample;

    struct kept_file stat, status, io;
    bool io_denied;       /* not for this user: not tried again */
    uint64_t num_threads; /* when the threads were listed; 0 = never */
    bool relist;          /* the list cannot be trusted any more */
    bool hugetlb_seen;    /* its status has the line HugetlbPages */
    bool names_fresh;     /* the last listing saw new threads, which may not be named yet */
    size_t thread_capacity, throttle_capacity;
    struct kept_file *thread_files;   /* beside sample.threads */
    struct kept_file *throttle_files; /* beside sample.throttles */
    char **throttle_paths;            /* below sys_fd, owned */
    struct mono throttles_at;         /* when they were looked for */

    char *pressure_path; /* of the VM's own cgroup below sys_fd, owned; NULL = it has none */
    struct kept_file pressure_files[COLLECT_PRESSURE_FILES];
    bool pressure_missing[COLLECT_PRESSURE_FILES]; /* not tried again until it is looked for */
    struct mono pressure_at; /* when the cgroup was looked for; ns 0 = never */

    struct net_space *space;            /* of the process; NULL = not known */
    size_t disk_capacity, nic_capacity; /* of sample.disk_devices, nic_devices */
};

struct collect {
    struct collect_config config;
    struct collect_needs needs;
    struct file_budget budget;
    struct inventory *inventory;
    struct vm_slot *slots; /* hash by key */
    struct vm_slot **by_number;
    size_t number_capacity;
    uint64_t births, listings;
    struct sample sample;
    size_t sample_capacity;

    /* Host-wide files. */
    struct kept_file host_stat, meminfo, arcstats;
    int vmstat_fd;
    struct kept_file delayacct, pressure[COLLECT_PRESSURE_FILES];
    bool no_arc;        /* this host has no ZFS */
    bool no_delayacct;  /* the kernel does not count block I/O delay now */
    bool no_huge_pages; /* this host has set none aside */
    char *text;         /* scratch for host-wide files, COLLECT_TEXT_SIZE */
    struct buf long_text;
    unsigned lacks, told_lacks; /* sets of enum collect_lack */

    struct blockdevs *blockdevs;
    struct netdevs *netdevs;
    bool inventory_is_new;                         /* devices are to be attached anew */
    uint64_t blockdevs_attached, netdevs_attached; /* listings that they were attached for */
    uint64_t speeds_listing;                       /* of the devices that have them */
    uint64_t speeds;                               /* serial of the link speeds that were taken */
};

/* /proc/stat of a host with 1000 CPUs and as many interrupts is 200 KB. */
#define COLLECT_TEXT_SIZE (512 * 1024)

/* collect/threads.c: lists the threads of the VM's process when needed, and
 * reads their times. */
void threads_collect(struct collect *collect, struct vm_slot *slot);
void threads_close(struct collect *collect, struct vm_slot *slot);

/* The cgroup of the VM's thread: vm_group_find(). */
static inline size_t vm_group_of_task(struct collect *collect, const struct vm_slot *slot,
                                      pid_t tid, struct cgroup_of_task *ret, char *path,
                                      size_t size)
{
    return vm_group_find(collect->config.proc_fd, collect->config.sys_fd, &collect->long_text,
                         slot->sample.info->pid, tid, ret, path, size);
}

/* collect/vm_pressure.c: pressure of the VM's own cgroup. */
void vm_pressure_collect(struct collect *collect, struct vm_slot *slot);
void vm_pressure_close(struct collect *collect, struct vm_slot *slot);

/* collect/throttle.c: finds the cgroups of the VM (after threads were listed),
 * and reads for how long they held it back. */
void throttle_find(struct collect *collect, struct vm_slot *slot);
void throttle_collect(struct collect *collect, struct vm_slot *slot);
void throttle_close(struct collect *collect, struct vm_slot *slot);

/* collect/process.c: /proc/PID/stat and status. False: the process is gone. */
bool process_collect(struct collect *collect, struct vm_slot *slot);

/* collect/devices.c: before the devices are read, the network namespaces of
 * new VMs; afterwards, the host's devices behind disks and NICs. */
void devices_join(struct collect *collect);
void devices_attach(struct collect *collect);
void devices_leave(struct collect *collect, struct vm_slot *slot);

/* collect/pressure.c: /proc/pressure. */
void pressure_collect(struct collect *collect, struct host_sample *host);

/* collect/host.c: host-wide files. */
void host_collect(struct collect *collect, struct host_sample *host);

#endif
