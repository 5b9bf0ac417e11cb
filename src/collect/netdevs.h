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
 * our own (net/dev). `considered`: names that make up the host's row,
 * separated by commas; NULL = all physical NICs. Borrowed, as the descriptors
 * and the clock are. */
struct netdevs *netdevs_new(int proc_fd, int sys_fd, const struct clock_source *clock,
                            const char *considered);
void netdevs_free(struct netdevs *netdevs);

/* The namespace of the process, with a hold of the caller's on it; NULL = it
 * cannot be seen. One that nobody holds any more is not read any more. */
struct net_space *netdevs_join(struct netdevs *netdevs, pid_t pid);
void netdevs_leave(struct netdevs *netdevs, struct net_space *space); /* NULL is allowed */

/* Reads all namespaces and hands the list over in host->netdevs, netdev_count
 * and netdev_slot_count. In a steady state a file per namespace is read
 * through a kept descriptor, nothing is opened, walked or allocated. */
void netdevs_collect(struct netdevs *netdevs, struct host_sample *host);

/* Grows by one whenever a device came, went or changed its name, in any namespace. */
uint64_t netdevs_listing(const struct netdevs *netdevs);

/* The device of that name, or NULL. */
struct netdev_sample *netdevs_find(struct netdevs *netdevs, const struct net_space *space,
                                   const char *name);

/* Which devices are VMs' own and get no row of the host's, unless they were
 * named: begin forgets all, own takes one, both in cycles in which something
 * changed. Names that Proxmox VE and libvirt give (tapNiN, vethNiN, fwbrNiN,
 * fwprNpN, fwlnNiN, vnetN) count without being told. */
void netdevs_begin_owned(struct netdevs *netdevs);
void netdevs_own(struct netdevs *netdevs, struct netdev_sample *device);

/* Link speeds of the host's devices, in Mbit/s by name; they are read
 * elsewhere, since asking for them can wait for the network stack's lock. */
void netdevs_set_speed(struct netdevs *netdevs, const char *name, struct raw speed);

/* As blockdevs_check(). */
int netdevs_check(int proc_fd, int sys_fd, const char *names, char *error, size_t size);

#endif
