/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network devices: net/dev of the host's network namespace and of every other
 * one that VMs live in, each read once per cycle however many VMs share it.
 * One thread owns it.
 */
#ifndef PROXTOP_COLLECT_NETDEVS_H
#define PROXTOP_COLLECT_NETDEVS_H

#include "model/sample.h"

struct clock_source;
struct netdevs;
struct net_space; /* a network namespace */

/* The host's namespace is that of PID 1 of proc_fd, where that cannot be read
 * our own (net/dev). sys_fd may be -1; then no device is physical, and the name
 * alone tells which is which. `considered`: names that make up the host's row,
 * separated by commas; NULL = all physical NICs. It is copied; descriptors and
 * clock are borrowed. */
struct netdevs *netdevs_new(int proc_fd, int sys_fd, const struct clock_source *clock,
                            const char *considered);
void netdevs_free(struct netdevs *netdevs); /* NULL is allowed */

/* The namespace of the process, with a hold of the caller's on it; NULL = it
 * cannot be seen, or there are too many. One that nobody holds any more is
 * dropped by the next netdevs_collect(); until then it can be joined again and
 * nothing is lost. An open net/dev keeps a namespace (and with it devices that
 * other namespaces have ends of) alive when its last process has ended, so it
 * is left as soon as the VM is known to be gone. */
struct net_space *netdevs_join(struct netdevs *netdevs, pid_t pid);
/* Tells that the process, which joined it, is still there: by it a namespace
 * is opened whose file is not kept or was lost. */
void netdevs_stay(struct net_space *space, pid_t pid);
void netdevs_leave(struct netdevs *netdevs, struct net_space *space); /* NULL is allowed */

/* Reads all namespaces and hands the list over in host->netdevs, netdev_count
 * and netdev_slot_count; what it points to holds until the next call. In a
 * steady state a file per namespace is read through a kept descriptor, nothing
 * is opened, walked or allocated. Of a namespace that cannot be read this time
 * the devices stay, with at.ns 0. */
void netdevs_collect(struct netdevs *netdevs, struct host_sample *host);

/* Of that many namespaces at most a descriptor is kept, from the next cycle on;
 * those of others are opened for each reading. And of how many one is. */
void netdevs_keep_at_most(struct netdevs *netdevs, size_t max);
size_t netdevs_kept(const struct netdevs *netdevs);

/* Grows whenever a device came, went, changed its name, or turned out to be
 * another one under the name; only netdevs_collect() makes it grow. */
uint64_t netdevs_listing(const struct netdevs *netdevs);

/* The device of that name, or NULL; NULL for no space, too. The pointer holds
 * until the listing grows. */
struct netdev_sample *netdevs_find(struct netdevs *netdevs, const struct net_space *space,
                                   const char *name);

/* Which devices are VMs' own and get no row of the host's, unless they were
 * named or are physical: begin forgets all, own takes one (from netdevs_find()), both in cycles
 * in which something changed. Names that Proxmox VE and libvirt give (see
 * net_dev_is_vm_name()) count without being told. */
void netdevs_begin_owned(struct netdevs *netdevs);
void netdevs_own(struct netdevs *netdevs, struct netdev_sample *device);

/* Link speed of the host's device of that name, in Mbit/s, not valid = none; it
 * is read elsewhere (slow_facts_speeds()), since asking for it can wait for the
 * network stack's lock. It stays with the device, and a device that comes later
 * has none: it is for the caller to tell all of them again when the listing
 * grew. No-op for a name that is not there. */
void netdevs_set_speed(struct netdevs *netdevs, const char *name, struct raw speed);

/* As blockdevs_check(); sys_fd is not needed. Other than -ENOENT when the
 * devices cannot be read. */
int netdevs_check(int proc_fd, int sys_fd, const char *names, char *error, size_t size);

#endif
