/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files by which Proxmox VE knows its VMs: a pid file for each one that
 * runs (/var/run/qemu-server/VMID.pid) and its configuration
 * (/etc/pve/qemu-server/VMID.conf). Both are only read.
 */
#ifndef PROXTOP_CONNECT_PVE_FILES_H
#define PROXTOP_CONNECT_PVE_FILES_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "kernel/pve_conf.h"

#define PVE_RUN_DIR   "/var/run/qemu-server"
#define PVE_CONF_DIR  "/etc/pve/qemu-server"
#define PVE_VMID_SIZE 16

/* The VMID of a QEMU with this -pidfile: DIRECTORY/VMID.pid, with a VMID of
 * 1 to 999999999. The directory is that of Proxmox VE, whether by /run or by
 * /var/run; any_directory: whatever it is. Pure. */
bool pve_pidfile_vmid(const char *pidfile, bool any_directory, char ret[PVE_VMID_SIZE]);

/* Whether DIRECTORY/VMID.pid names this process. 0 = it does; -ESRCH = it
 * names another one or none; -errno when it cannot be read. */
int pve_pidfile_check(int dir_fd, const char *vmid, pid_t pid, struct buf *text);

/* What is known of a VM's configuration, kept until the file changes. */
struct pve_conf_file {
    struct stat seen; /* when it was read */
    bool known;       /* conf is that of a file, which may be gone by now */
    bool settled;     /* it was not about to change when it was read */
    struct pve_conf conf;
};

/* Reads DIRECTORY/VMID.conf if it is another one than the one read last.
 * 1 = it changed, 0 = it did not, -errno = it cannot be read: all is kept. The
 * directory is a FUSE mount that can block. */
int pve_conf_file_update(struct pve_conf_file *file, int dir_fd, const char *vmid,
                         struct buf *text);
void pve_conf_file_done(struct pve_conf_file *file);

#endif
