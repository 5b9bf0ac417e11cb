/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the XML of domains. */
#include "connect/libvirt_description.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "connect/libvirt_xml.h"

/* Depths of what is read: <domain><devices><disk><target/>. */
#define LIBVIRT_DEPTH_DOMAIN  1
#define LIBVIRT_DEPTH_SECTION 2
#define LIBVIRT_DEPTH_DEVICE  3
#define LIBVIRT_DEPTH_PART    4

struct libvirt_describing {
    struct libvirt_description description;
    bool is_domain;
    bool in_devices;
    /* The device whose parts come now; NULL = none that matters. */
    struct libvirt_described_disk *disk;
    struct libvirt_described_nic *nic;
};

/* What the type of an <interface> promises before its target is known. */
static const struct {
    const char *type;
    enum nic_kind kind;
} libvirt_nic_types[] = {
    {"bridge", NIC_KIND_TAP},           {"network", NIC_KIND_TAP}, {"ethernet", NIC_KIND_TAP},
    {"direct", NIC_KIND_MACVTAP},       {"hostdev", NIC_KIND_VF},  {"vdpa", NIC_KIND_VF},
    {"vhostuser", NIC_KIND_VHOST_USER}, {"user", NIC_KIND_USER},
};

/* Keeps the attribute unless there is one already. */
static void libvirt_describe_text(const struct libvirt_element *element, const char *attribute,
                                  size_t max, char **text)
{
    const char *value = libvirt_element_attribute(element, attribute);

    if (value && *value && !*text)
        *text = xstrndup(value, max);
}

static void libvirt_begin_disk(struct libvirt_describing *d, const struct libvirt_element *element)
{
    struct libvirt_description *all = &d->description;
    const char *device = libvirt_element_attribute(element, "device");

    if (all->disk_count >= INVENTORY_DISKS_MAX)
        return;
    all->disks =
        array_grow(all->disks, &all->disk_capacity, all->disk_count + 1, sizeof(*all->disks));
    d->disk = &all->disks[all->disk_count++];
    /* Without a word it is a disk. */
    d->disk->is_drive = device && (strcmp(device, "cdrom") == 0 || strcmp(device, "floppy") == 0);
}

static void libvirt_begin_nic(struct libvirt_describing *d, const struct libvirt_element *element)
{
    struct libvirt_description *all = &d->description;
    const char *type = libvirt_element_attribute(element, "type");

    if (all->nic_count >= INVENTORY_NICS_MAX)
        return;
    all->nics = array_grow(all->nics, &all->nic_capacity, all->nic_count + 1, sizeof(*all->nics));
    d->nic = &all->nics[all->nic_count++];
    d->nic->is_network = type && strcmp(type, "network") == 0;
    for (size_t i = 0; type && i < ARRAY_SIZE(libvirt_nic_types); i++) {
        if (strcmp(type, libvirt_nic_types[i].type) == 0)
            d->nic->kind = libvirt_nic_types[i].kind;
    }
}

static void libvirt_describe_disk(struct libvirt_described_disk *disk,
                                  const struct libvirt_element *element)
{
    if (strcmp(element->name, "target") == 0) {
        libvirt_describe_text(element, "dev", INVENTORY_NAME_MAX, &disk->name);
    } else if (strcmp(element->name, "source") == 0) {
        libvirt_describe_text(element, "file", PATH_MAX, &disk->path);
        libvirt_describe_text(element, "dev", PATH_MAX, &disk->path);
    }
}

static void libvirt_describe_nic(struct libvirt_described_nic *nic,
                                 const struct libvirt_element *element)
{
    if (strcmp(element->name, "alias") == 0) {
        libvirt_describe_text(element, "name", INVENTORY_NAME_MAX, &nic->name);
    } else if (strcmp(element->name, "mac") == 0) {
        libvirt_describe_text(element, "address", INVENTORY_NAME_MAX, &nic->mac);
    } else if (strcmp(element->name, "target") == 0) {
        libvirt_describe_text(element, "dev", INVENTORY_NAME_MAX, &nic->interface);
    } else if (strcmp(element->name, "source") == 0) {
        libvirt_describe_text(element, "bridge", INVENTORY_NAME_MAX, &nic->bridge);
        libvirt_describe_text(element, "network", INVENTORY_NAME_MAX, &nic->bridge);
        if (nic->kind == NIC_KIND_MACVTAP)
            libvirt_describe_text(element, "dev", INVENTORY_NAME_MAX, &nic->bridge);
    }
}

static bool libvirt_describe_begin(void *self, const struct libvirt_element *element)
{
    struct libvirt_describing *d = self;

    switch (element->depth) {
    case LIBVIRT_DEPTH_DOMAIN:
        d->is_domain = strcmp(element->name, "domain") == 0;
        return d->is_domain;
    case LIBVIRT_DEPTH_SECTION:
        d->in_devices = strcmp(element->name, "devices") == 0;
        d->disk = NULL;
        d->nic = NULL;
        return true;
    case LIBVIRT_DEPTH_DEVICE:
        d->disk = NULL;
        d->nic = NULL;
        if (d->in_devices && strcmp(element->name, "disk") == 0)
            libvirt_begin_disk(d, element);
        else if (d->in_devices && strcmp(element->name, "interface") == 0)
            libvirt_begin_nic(d, element);
        return true;
    case LIBVIRT_DEPTH_PART:
        if (d->disk)
            libvirt_describe_disk(d->disk, element);
        else if (d->nic)
            libvirt_describe_nic(d->nic, element);
        return true;
    default:
        return true; /* such as the source of a backing store */
    }
}

/* A disk without a target is none that anybody could name. */
static void libvirt_settle_disks(struct libvirt_description *description)
{
    size_t kept = 0;

    for (size_t i = 0; i < description->disk_count; i++) {
        struct libvirt_described_disk *disk = &description->disks[i];

        if (disk->path && disk->path[0] != '/') {
            free(disk->path);
            disk->path = NULL;
        }
        if (disk->name)
            description->disks[kept++] = *disk;
        else
            free(disk->path);
    }
    description->disk_count = kept;
}

/* A network can turn out to be of any kind: a tap or macvtap that runs has a
 * name, a function of a NIC has none. */
static void libvirt_settle_nic(struct libvirt_described_nic *nic, size_t number)
{
    if (nic->kind == NIC_KIND_TAP && nic->interface &&
        strncmp(nic->interface, "macvtap", strlen("macvtap")) == 0)
        nic->kind = NIC_KIND_MACVTAP;
    else if (nic->is_network && !nic->interface)
        nic->kind = NIC_KIND_VF;
    /* Drivers other than QEMU's give no aliases. */
    if (!nic->name)
        nic->name = xasprintf("net%zu", number);
}

int parse_domain_description(const char *text, size_t len, struct libvirt_description *ret)
{
    struct libvirt_describing d = {.is_domain = false};
    int r = libvirt_xml_read(text, len, libvirt_describe_begin, &d);

    if (r == 0 && !d.is_domain)
        r = -EBADMSG;
    if (r < 0) {
        libvirt_description_done(&d.description);
        return r;
    }
    libvirt_settle_disks(&d.description);
    for (size_t i = 0; i < d.description.nic_count; i++)
        libvirt_settle_nic(&d.description.nics[i], i);
    *ret = d.description;
    return 0;
}

void libvirt_description_done(struct libvirt_description *description)
{
    for (size_t i = 0; i < description->disk_count; i++) {
        free(description->disks[i].name);
        free(description->disks[i].path);
    }
    for (size_t i = 0; i < description->nic_count; i++) {
        free(description->nics[i].name);
        free(description->nics[i].interface);
        free(description->nics[i].mac);
        free(description->nics[i].bridge);
    }
    free(description->disks);
    free(description->nics);
    *description = (struct libvirt_description){0};
}
