/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of a VM of Proxmox VE (qm.conf(5)): lines "key: value",
 * '#' lines that describe the VM, then sections in brackets, which are
 * snapshots and changes that wait for a restart: those are not the VM that
 * runs. Pure functions.
 */
#ifndef PROXTOP_KERNEL_PVE_CONF_H
#define PROXTOP_KERNEL_PVE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits on what is believed of one file. */
#define PVE_DISKS_MAX 128
#define PVE_NICS_MAX  64

struct pve_disk {
    char name[12];       /* "scsi0", "efidisk0" */
    bool is_total;       /* a disk of the guest: no CD-ROM, firmware's variables or TPM */
    bool is_state;       /* the TPM's: not QEMU's own disk */
    uint64_t size_bytes; /* 0 = not told */
};

struct pve_nic {
    unsigned number;
    char mac[18];    /* as written; "" = none */
    char bridge[16]; /* "" = none: the NIC is QEMU's user network */
};

struct pve_conf {
    char *name; /* NULL = none, as all texts here. Owned */
    char *tags; /* joined with ';', whatever separates them in the file */
    char *lock; /* "backup", "migrate", ... */
    bool is_template;
    char uuid[40];
    uint64_t memory_kb;     /* 0 = not told */
    struct pve_disk *disks; /* in the order of the file, each name once. Owned */
    size_t disk_count;
    struct pve_nic *nics;
    size_t nic_count;
};

/* Fills *ret, which pve_conf_done() empties again. Of lines with one key the
 * last one counts, as for Proxmox VE; what makes no sense is left out. */
void parse_pve_conf(const char *text, size_t len, struct pve_conf *ret);
void pve_conf_done(struct pve_conf *conf);

#endif
