/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a domain's XML says of its disks and NICs. */
#ifndef PROXTOP_CONNECT_LIBVIRT_DESCRIPTION_H
#define PROXTOP_CONNECT_LIBVIRT_DESCRIPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "model/inventory.h"

struct libvirt_described_disk {
    char *name;    /* target: "vda" */
    char *path;    /* of the image file or device on the domain's host; NULL = none there */
    char *backend; /* as in vm_disk, "volume" for a volume of a pool; NULL = nothing inserted */
    char *source;  /* as in vm_disk */
    bool is_drive; /* CD-ROM or floppy */
};

struct libvirt_described_nic {
    char *name;      /* alias: "net0" */
    char *interface; /* NULL as in struct vm_nic */
    char *mac;
    char *bridge; /* or network, or the device below a macvtap */
    enum nic_kind kind;
    bool is_network; /* of type "network", which kind was not known until its target was */
};

/* Both in the order of the configuration. All text is owned. */
struct libvirt_description {
    struct libvirt_described_disk *disks;
    size_t disk_count, disk_capacity;
    struct libvirt_described_nic *nics;
    size_t nic_count, nic_capacity;
    char *hostdevs; /* as in vm_info; NULL = none */
};

/* Reads the XML of a domain that runs, as virDomainGetXMLDesc() gives it. Only
 * on success *ret is written; libvirt_description_done() frees it. -EBADMSG if
 * it is no domain, other -errno as libvirt_xml_read(). */
int parse_domain_description(const char *text, size_t len, struct libvirt_description *ret);
void libvirt_description_done(struct libvirt_description *description);

#endif
