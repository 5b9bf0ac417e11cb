/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libvirt says, in proxtop's terms: states, statistics, reasons for
 * silence. Pure functions.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_VALUES_H
#define PROXTOP_CONNECT_LIBVIRT_VALUES_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/inventory.h"

/* The statistics groups (VIR_DOMAIN_STATS_...) that are read: the balloon's,
 * and those of the devices that are wanted. Never perf and dirtyrate: they
 * disturb the guest. */
unsigned libvirt_statistics_groups(bool disks, bool nics);

/* The value of a parameter of any integer type; false if it is of no such type
 * or negative. */
bool libvirt_parameter_u64(const virTypedParameter *parameter, uint64_t *ret);

/* From virDomainGetState() or virDomainGetInfo() (reason 0). */
enum vm_state libvirt_vm_state(int state, int reason);

/* Stores the statistics of one domain, read at `at`, into readings. Parameters
 * that are unknown, of no integer type or negative are passed over; what the
 * guest tells of itself counts only while its balloon driver kept it current
 * (now_seconds is the wall clock).
 * False if QEMU was not asked, because another client held the domain: then
 * the figures are the daemon's own (VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT). */
bool libvirt_take_parameters(const virTypedParameter *parameters, int count, int64_t now_seconds,
                             struct mono at, struct raw readings[READING__COUNT]);

/* Why a domain in this control state was not asked, for people. */
void libvirt_format_control(const virDomainControlInfo *control, char *reason, size_t size);

/* Why a call failed: the holder of the domain's lock, if the message names
 * one, else the message. */
void libvirt_format_failure(const char *message, char *reason, size_t size);

#endif
