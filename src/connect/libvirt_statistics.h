/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt's statistics tell of the disks and NICs of a domain. */
#ifndef PROXTOP_CONNECT_LIBVIRT_STATISTICS_H
#define PROXTOP_CONNECT_LIBVIRT_STATISTICS_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stddef.h>

#include "connect/libvirt_description.h"
#include "model/inventory.h"

struct libvirt_measured_disk {
    char *name; /* target; NULL = the number is not in use */
    char *path; /* of the image file or device; NULL = none on the domain's host */
    struct raw columns[VMDISK__COUNT];
};

struct libvirt_measured_nic {
    char *interface; /* NULL = the NIC of that number has none, and no figures */
    struct raw columns[VMNIC__COUNT];
};

/* The statistics groups "block" and "interface" of one domain, by the numbers
 * that they give to disks and NICs. All text is owned. */
struct libvirt_statistics {
    struct libvirt_measured_disk *disks;
    size_t disk_count, disk_capacity;
    struct libvirt_measured_nic *nics;
    size_t nic_count, nic_capacity;
    bool has_disks, has_nics; /* the group was there, if only to say that there are none */
};

/* Takes what is known among the parameters, read at `at`; *ret, which must be
 * zero, is freed by libvirt_statistics_done(). Parameters of a type that is not
 * theirs are passed over. */
void libvirt_statistics_take(const virTypedParameter *parameters, int count, struct mono at,
                             struct libvirt_statistics *ret);
void libvirt_statistics_done(struct libvirt_statistics *statistics);

/* Whether both tell of the same disks and NICs; what the statistics do not
 * tell of at all is not compared. */
bool libvirt_statistics_fit(const struct libvirt_statistics *statistics,
                            const struct libvirt_description *description);

#endif
