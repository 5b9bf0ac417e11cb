/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks and NICs of domains: the statistics tell what they did, the
 * description tells what they are, and for a domain that does not answer the
 * inventory before tells both.
 */
#ifndef PROXTOP_CONNECT_LIBVIRT_DEVICES_H
#define PROXTOP_CONNECT_LIBVIRT_DEVICES_H

#include "connect/images.h"
#include "connect/libvirt_description.h"
#include "connect/libvirt_statistics.h"
#include "model/inventory.h"

/* What is known of the devices of a domain now. */
struct libvirt_devices {
    const struct libvirt_statistics *statistics;
    const struct libvirt_description *description; /* NULL = none */
    const struct vm_info *before;                  /* of a domain that does not answer, or NULL */
    struct images *images;                         /* to be asked about the images; may be NULL */
};

/* Append to vm, whose pid is there, its disks or its NICs. */
void libvirt_append_disks(const struct libvirt_devices *devices, struct vm_info *vm);
void libvirt_append_nics(const struct libvirt_devices *devices, struct vm_info *vm);

#endif
