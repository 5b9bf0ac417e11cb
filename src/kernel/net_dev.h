/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/net/dev (proc(5); kernel net/core/net-procfs.c dev_seq_printf_stats()).
 * Pure functions.
 */
#ifndef PROXTOP_KERNEL_NET_DEV_H
#define PROXTOP_KERNEL_NET_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/num.h"

/* In the order of the file. */
enum net_dev_counter {
    NET_DEV_RX_BYTES,
    NET_DEV_RX_PACKETS,
    NET_DEV_RX_ERRS,
    NET_DEV_RX_DROP,
    NET_DEV_RX_FIFO,
    NET_DEV_RX_FRAME,
    NET_DEV_RX_COMPRESSED,
    NET_DEV_RX_MULTICAST,
    NET_DEV_TX_BYTES,
    NET_DEV_TX_PACKETS,
    NET_DEV_TX_ERRS,
    NET_DEV_TX_DROP,
    NET_DEV_TX_FIFO,
    NET_DEV_TX_COLLS,
    NET_DEV_TX_CARRIER,
    NET_DEV_TX_COMPRESSED,
    NET_DEV__COUNT,
};

/* The next device of the text. Its name goes to *ret_name (in the text, not
 * ended by NUL, 15 bytes at most; it may hold ':', as no counter does, but
 * never a blank or '/', and is not "." or "..") and what stands behind the
 * name's ':' to *ret_rest. Lines that are no device (the two header lines) and
 * a last line without its newline are left out. False at the end of the text. */
bool net_dev_next(struct cursor *c, const char **ret_name, size_t *ret_name_len,
                  struct cursor *ret_rest);

/* The 16 counters of a device's line; what follows them is a later kernel's.
 * -EBADMSG if they are not there. */
int parse_net_dev_counters(struct cursor rest, uint64_t counters[NET_DEV__COUNT]);

/* Whether Proxmox VE or libvirt gives such names to devices of a VM or its
 * firewall: tapNiN, vethNiN, fwbrNiN, fwprNpN, fwlnNiN, vnetN. */
bool net_dev_is_vm_name(const char *name);

#endif
