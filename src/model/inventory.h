/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory: which VMs there are, as one connector sees them, with what
 * only the connector can read. A snapshot is built by the connector's thread,
 * then published and never changed again; whoever holds it holds a reference.
 */
#ifndef PROXTOP_MODEL_INVENTORY_H
#define PROXTOP_MODEL_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "model/metric.h"
#include "model/raw.h"

/* Limits on what is believed of one host. */
#define INVENTORY_VMS_MAX    20000
#define INVENTORY_VCPUS_MAX  4096 /* per VM */
#define INVENTORY_DISKS_MAX  512  /* per VM */
#define INVENTORY_NICS_MAX   512  /* per VM */
#define INVENTORY_NAME_MAX   255  /* bytes of a name that are kept */
#define INVENTORY_SOURCE_MAX 1024 /* bytes of a disk's source that are kept */

enum vm_state {
    VM_STATE_UNKNOWN,
    VM_STATE_RUNNING,
    VM_STATE_PAUSED,
    VM_STATE_IO_ERROR,
    VM_STATE_CRASHED,
    VM_STATE_INMIGRATE,
    VM_STATE_MIGRATING,
    VM_STATE_SUSPENDED,
    VM_STATE_SAVING,
    VM_STATE_SHUTDOWN,
    VM_STATE__COUNT,
};

/* "running", "io-error", ...: the word that JSON and text show. */
const char *vm_state_word(enum vm_state state);

/* Figures of a VM that only its hypervisor interface knows. */
enum vm_reading {
    READING_VCPUS,           /* plugged in now */
    READING_MEMORY_MAX_KB,   /* configured maximum */
    READING_BALLOON_KB,      /* size that the balloon leaves to the guest */
    READING_GUEST_TOTAL_KB,  /* what follows is the guest's own word, by its balloon driver */
    READING_GUEST_USABLE_KB, /* free or can be freed: "available" inside the guest */
    READING_GUEST_FREE_KB,
    READING_GUEST_SWAP_IN_KB, /* since its boot */
    READING_GUEST_SWAP_OUT_KB,
    READING__COUNT,
};

/* What a thread of a VM does, by its name. */
enum thread_class {
    THREAD_VCPU,
    THREAD_MAIN, /* QEMU's main loop */
    THREAD_IOTHREAD,
    THREAD_VHOST,
    THREAD_WORKER, /* of the block layer, io_uring, migration, ... : every other */
    THREAD_CLASS__COUNT,
};

/* "vcpu", "main", "iothread", "vhost", "worker". */
const char *thread_class_word(enum thread_class class);

/* The thread of a vCPU, where the connector had to find it (see vm_info). */
struct vcpu_thread {
    unsigned id;
    pid_t tid;
};

/* A virtual disk, CD-ROM or floppy drive. */
struct vm_disk {
    char *name;    /* "vda", "scsi0": stays over restarts; hostile text. Owned */
    bool is_total; /* part of the VM's totals: a disk, no CD-ROM, floppy or firmware's variables */
    /* The block device of this host that holds the image: the device itself,
     * or the one below the image's file system, as stat(2) tells it (no
     * partition or device-mapper table is followed). 0 = none, or not known. */
    dev_t image_device;
    /* What the image lies on: "file", "block", "rbd", "iscsi", "nbd", ...; what
     * has no word here has QEMU's or libvirt's. NULL = not known. Owned */
    char *backend;
    /* Which image: its path, "pool/image", or a URL, never with a user or a
     * password; hostile text. NULL = not known. Owned */
    char *source;
    struct raw columns[VMDISK__COUNT]; /* by enum vmdisk_column: requests, bytes, ns */
};

enum nic_kind {
    NIC_KIND_UNKNOWN,
    NIC_KIND_TAP,
    NIC_KIND_MACVTAP,
    NIC_KIND_VF,
    NIC_KIND_VHOST_USER,
    NIC_KIND_USER,
    NIC_KIND__COUNT,
};

/* "tap", "macvtap", ...; NULL for NIC_KIND_UNKNOWN. */
const char *nic_kind_word(enum nic_kind kind);

struct vm_nic {
    char *name;      /* "net0": stays over restarts. Owned */
    char *interface; /* of the host: "vnet3"; NULL = none, or not known. Owned */
    char *mac;       /* NULL = not known. Owned */
    char *bridge;    /* or network; NULL = none, or not known. Owned */
    enum nic_kind kind;
    /* By enum vmnic_column, as the VM sees it: what the connector knows of a
     * NIC whatever /proc/net/dev says. */
    struct raw columns[VMNIC__COUNT];
};

struct vm_info {
    char *key;  /* the connector's own identity of the VM, unique in the inventory */
    char *name; /* hostile text */
    char *uuid; /* NULL = none known */
    char *vmid; /* a number; NULL = not on Proxmox VE */
    char *tags; /* hostile text, joined with ';'; NULL = none */
    char *lock; /* what holds it: "backup", "migrate", ...; hostile text; NULL = none */
    enum vm_state state;
    bool is_template; /* VMs are made from it (Proxmox VE) */
    /* Devices of the host that are passed through, joined with ';' ("0000:01:00.0"): nobody
     * but the guest sees what they do. NULL = none. Owned */
    char *hostdevs;

    /* The QEMU process; pid 0 = none that this host's procfs shows. The start
     * time (field 22 of /proc/PID/stat) guards against a reused PID. */
    pid_t pid;
    uint64_t start_ticks;

    /* vCPU threads as told by the hypervisor, for a QEMU whose threads carry
     * no names ("CPU 0/KVM"); NULL = go by the names. Owned. */
    struct vcpu_thread *vcpus;
    size_t vcpu_count;

    /* Kernel threads outside the process that work for this VM (vhost-PID up
     * to Linux 6.3). Owned. */
    pid_t *helpers;
    size_t helper_count;

    struct vm_disk *disks; /* in the order of the hypervisor's configuration. Owned */
    size_t disk_count;
    struct vm_nic *nics; /* likewise */
    size_t nic_count;
    char *interfaces; /* those of the NICs, joined with ';'; NULL = none. By inventory_finish() */

    struct raw readings[READING__COUNT];
    bool has_source;         /* somebody answers for this VM besides /proc */
    struct mono answered_at; /* when it last did; meaningful with has_source */
    bool never_answered;     /* since the VM is known, which answered_at tells then */
    char stale_reason[96];   /* why it does not, for people; "" = it does */
    bool told_silent;        /* whoever publishes inventories has told that it does not */
};

struct inventory {
    unsigned references; /* atomic; see inventory_ref() */
    const char *source;  /* name of the connector, static */
    double beat;         /* seconds from one reading of the source to the next */
    unsigned rounds;     /* readings of the source so far: 2 are needed for its rates */
    struct vm_info *vms; /* sorted by name, then key */
    size_t count;
    size_t capacity;
    bool elsewhere;      /* the VMs are another host's than the one that procfs shows */
    char host_name[256]; /* of that host; "" = it does not tell */
    size_t strangers;    /* QEMU processes of this host that the connector does not know */
};

/* A new, empty inventory with one reference. */
struct inventory *inventory_new(const char *source);

/* Appends an empty VM (state unknown); the pointer holds until the next
 * append. NULL at INVENTORY_VMS_MAX. Only before publication. */
struct vm_info *inventory_append(struct inventory *inventory);

/* Appends an empty disk or NIC to a VM; the pointer holds until the next one.
 * NULL at INVENTORY_DISKS_MAX, INVENTORY_NICS_MAX. Only before publication. */
struct vm_disk *vm_info_append_disk(struct vm_info *vm);
struct vm_nic *vm_info_append_nic(struct vm_info *vm);

/* Removes all disks of the VM. Only before publication. */
void vm_info_clear_disks(struct vm_info *vm);

/* Gives the disk copies of these texts, bounded, in place of those that it has;
 * NULL and "" are none. */
void vm_disk_set_image(struct vm_disk *disk, const char *backend, const char *source);

/* A copy of a disk with its readings and texts, into one just appended. */
void vm_disk_copy(struct vm_disk *to, const struct vm_disk *from);

/* Gives the VM copies: of kernel threads, of what identifies a NIC (no
 * readings). */
void vm_info_set_helpers(struct vm_info *vm, const pid_t *helpers, size_t count);
void vm_nic_copy_identity(struct vm_nic *to, const struct vm_nic *from);

/* The disk or NIC of that name, or NULL; linear. */
const struct vm_disk *vm_info_find_disk(const struct vm_info *vm, const char *name);
const struct vm_nic *vm_info_find_nic(const struct vm_info *vm, const char *name);

/* Sorts by name, then key, and drops all but one of the VMs of one key. Call
 * once, when all VMs are there. */
void inventory_finish(struct inventory *inventory);

/* Order of finished inventories: as strcmp(), by name, then key. qsort() form. */
int vm_info_compare(const void *a, const void *b);

/* The VM with this key, or NULL; works on finished inventories. Linear. */
const struct vm_info *inventory_find(const struct inventory *inventory, const char *key);

/* The same VM in an earlier, finished inventory (NULL is allowed), or NULL:
 * also where its process is another one by now, of which nothing holds. Quick
 * for all that were not renamed. */
const struct vm_info *inventory_find_before(const struct inventory *previous,
                                            const struct vm_info *vm);

/* References, safe from every thread. inventory_unref(NULL) is allowed; the
 * last one frees the inventory and all it owns. */
struct inventory *inventory_ref(struct inventory *inventory);
void inventory_unref(struct inventory *inventory);

#endif
