/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sample: the raw counters of one cycle, as read. Collectors fill it,
 * derive/ makes a frame of it. A VM's readings stand under the number of the
 * column they become; inputs that are no column of their own follow behind.
 */
#ifndef PROXTOP_MODEL_SAMPLE_H
#define PROXTOP_MODEL_SAMPLE_H

#include <net/if.h>

#include "kernel/diskstats.h"
#include "kernel/net_dev.h"
#include "model/inventory.h"
#include "model/metric.h"
#include "model/raw.h"

/* One of a changing set of things whose counters are summed up: a thread. */
struct thread_sample {
    pid_t tid;
    int vcpu; /* number of the vCPU, -1 = the thread is none */
    enum thread_class class;
    struct raw run;  /* ns on a CPU */
    struct raw wait; /* ns on a run queue; read together with run */
    bool gone;       /* it ended since the threads were listed */
};

/* A cgroup of the VM, one of those that may throttle it. */
struct throttle_sample {
    uint64_t id;     /* stays with the group */
    struct raw time; /* ns */
};

/* A block device of the host: a line of /proc/diskstats. */
struct blockdev_sample {
    unsigned slot;     /* small number that stays with the device; reused later */
    uint64_t birth;    /* of the device; never used twice */
    char name[128];    /* as shown: the kernel's, or that of /dev/mapper */
    const char *class; /* "disk", "part", "lvm", ...; static */
    bool shown;        /* has a row of its own */
    bool considered;   /* is part of the host's row */
    struct mono at;    /* when it was read; ns 0 = not there this time */
    uint64_t counters[DISKSTAT__COUNT];
    unsigned counted; /* how many of them the kernel tells, from the first on */
};

/* A network device, of the host or of another namespace: a line of net/dev. */
struct netdev_sample {
    unsigned slot;  /* likewise */
    uint64_t birth; /* likewise; a device that is renamed stays the same where sysfs tells so */
    char name[IFNAMSIZ];
    bool shown;
    bool considered;
    struct mono at;
    uint64_t counters[NET_DEV__COUNT];
    struct raw speed; /* Mbit/s; not valid = no link, or not told */
};

struct vm_sample {
    const struct vm_info *info;
    unsigned slot;     /* small number that stays with the VM's key; reused later */
    uint64_t birth;    /* of this process under this key; never used twice */
    uint64_t listing;  /* changes when `threads` names other threads than before */
    bool process_gone; /* the row is dropped */
    bool hugetlb_lost; /* huge pages were told of before and could not be read now */

    struct raw columns[VM__COUNT]; /* by enum vm_column, in the source's unit */
    struct raw guest_total_kb;     /* the balloon driver's figures */
    struct raw guest_usable_kb;

    struct thread_sample *threads; /* vCPUs first, by number; then the others, by TID */
    size_t thread_count;
    size_t read_count; /* of them were read, from the first on */
    size_t vcpu_count;
    bool vcpus_known; /* the threads could be told apart */

    double cpu_limit; /* host CPUs that the VM's cgroups allow its vCPUs; 0 = as many as it likes */
    uint64_t throttle_listing; /* changes when `throttles` may name other groups */
    struct throttle_sample *throttles;
    size_t throttle_count;

    /* Beside info->disks: the host's whole disk (or the lowest device that
     * holds the image alone), NULL = none is known. The same for info->nics:
     * the host's side of the NIC. */
    const struct blockdev_sample **disk_devices;
    const struct netdev_sample **nic_devices;
};

struct host_sample {
    struct raw columns[HOST__COUNT];
    uint64_t boot_seconds; /* since 1970; 0 = unknown */
    char name[256];        /* "" = unknown */
    char uuid[64];

    /* In the kernel's order; the pointers hold for the sample's life, slots of
     * each kind are below its slot_count. Devices of other network namespaces
     * stand behind those of the host, never shown and never considered. */
    struct blockdev_sample **blockdevs;
    size_t blockdev_count, blockdev_slot_count;
    struct netdev_sample **netdevs;
    size_t netdev_count, netdev_slot_count;
};

struct sample {
    struct mono at; /* the tick that this sample is for */
    struct timespec wall;
    struct inventory *inventory; /* borrowed; what vm_sample.info points into; may be NULL */
    struct host_sample host;
    struct vm_sample **vms; /* in the inventory's order */
    size_t vm_count;
    size_t slot_count; /* every vm_sample.slot is below */
};

#endif
