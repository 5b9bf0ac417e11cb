/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the XML of domains. */
#include "connect/libvirt_description.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "connect/image_name.h"
#include "connect/libvirt_xml.h"

/* Depths of what is read: <domain><devices><disk><target/>. */
#define LIBVIRT_DEPTH_DOMAIN  1
#define LIBVIRT_DEPTH_SECTION 2
#define LIBVIRT_DEPTH_DEVICE  3
#define LIBVIRT_DEPTH_PART    4
#define LIBVIRT_DEPTH_DETAIL  5 /* <source><host/> */

struct libvirt_describing {
    struct libvirt_description description;
    bool is_domain;
    bool in_devices;
    /* The device whose parts come now; NULL = none that matters. */
    struct libvirt_described_disk *disk;
    struct libvirt_described_nic *nic;
    bool in_source; /* of the disk, or of the device that is passed through */
    bool in_hostdev;
    struct buf hostdevs;
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
    libvirt_describe_text(element, "type", INVENTORY_NAME_MAX, &d->disk->backend);
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

/* A volume's source stands in two attributes; what stands in one is no such thing. */
static void libvirt_describe_volume(struct libvirt_described_disk *disk,
                                    const struct libvirt_element *element)
{
    const char *pool = libvirt_element_attribute(element, "pool");
    const char *volume = libvirt_element_attribute(element, "volume");
    struct buf source = {0};

    if (!pool || !volume || disk->source)
        return;
    buf_printf(&source, "%s/%s", pool, volume);
    disk->source = xstrndup(buf_text(&source), INVENTORY_SOURCE_MAX);
    buf_done(&source);
}

static void libvirt_describe_source(struct libvirt_described_disk *disk,
                                    const struct libvirt_element *element)
{
    static const char *const attributes[] = {"file", "dev", "name", "dir", "path", "namespace"};

    libvirt_describe_text(element, "file", PATH_MAX, &disk->path);
    libvirt_describe_text(element, "dev", PATH_MAX, &disk->path);
    if (libvirt_element_attribute(element, "protocol")) {
        free(disk->backend);
        disk->backend = NULL;
        libvirt_describe_text(element, "protocol", INVENTORY_NAME_MAX, &disk->backend);
    }
    for (size_t i = 0; i < ARRAY_SIZE(attributes); i++)
        libvirt_describe_text(element, attributes[i], INVENTORY_SOURCE_MAX, &disk->source);
    libvirt_describe_volume(disk, element);
    /* What follows a name in a URL may be for the server alone. */
    if (disk->source && libvirt_element_attribute(element, "protocol"))
        disk->source[strcspn(disk->source, "?")] = '\0';
}

/* Of an image on other hosts the first one becomes part of its source; the pool
 * of an RBD image is known by its name alone. */
static void libvirt_describe_host(struct libvirt_described_disk *disk,
                                  const struct libvirt_element *element)
{
    const char *host = libvirt_element_attribute(element, "name");
    const char *port = libvirt_element_attribute(element, "port");
    const char *socket = libvirt_element_attribute(element, "socket");
    const char *name = disk->source ? disk->source : "";
    struct buf url = {0}, shown = {0};

    if (!disk->backend || strcmp(disk->backend, "rbd") == 0 || !(host || socket))
        return;
    buf_printf(&url, "%s%s://", disk->backend, host ? "" : "+unix");
    if (host)
        buf_printf(&url, "%s%s%s", host, port ? ":" : "", port ? port : "");
    if (*name)
        buf_printf(&url, "%s%s", *name == '/' ? "" : "/", name);
    if (!host)
        buf_printf(&url, "%s?socket=%s", *name ? "" : "/", socket);
    image_put_url(&shown, buf_text(&url));
    free(disk->source);
    disk->source = xstrndup(buf_text(&shown), INVENTORY_SOURCE_MAX);
    buf_done(&url);
    buf_done(&shown);
}

/* A device of NVMe, by its address on the bus; the source is its namespace so far. */
static void libvirt_describe_address(struct libvirt_described_disk *disk,
                                     const struct libvirt_element *element)
{
    static const struct {
        const char *attribute, *before;
    } parts[] = {{"domain", "nvme://"}, {"bus", ":"}, {"slot", ":"}, {"function", "."}};
    struct buf source = {0};

    if (!disk->backend || strcmp(disk->backend, "nvme") != 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        const char *value = libvirt_element_attribute(element, parts[i].attribute);

        buf_puts(&source, parts[i].before);
        buf_puts(&source, value ? value + (strncmp(value, "0x", 2) == 0 ? 2 : 0) : "0");
    }
    if (disk->source)
        buf_printf(&source, "/%s", disk->source);
    free(disk->source);
    disk->source = xstrndup(buf_text(&source), INVENTORY_SOURCE_MAX);
    buf_done(&source);
}

/* "0000:01:00.0" on PCI, "003:005" on USB, the UUID of a mediated device. */
static void libvirt_describe_hostdev(struct libvirt_describing *d,
                                     const struct libvirt_element *element)
{
    static const struct {
        const char *attribute, *before;
    } parts[] = {{"uuid", ""},  {"domain", ""},  {"bus", ":"},
                 {"slot", ":"}, {"device", ":"}, {"function", "."}};
    size_t start;

    if (strcmp(element->name, "address") != 0 || d->hostdevs.len > INVENTORY_SOURCE_MAX)
        return;
    if (d->hostdevs.len)
        buf_putc(&d->hostdevs, ';');
    start = d->hostdevs.len;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        const char *value = libvirt_element_attribute(element, parts[i].attribute);

        if (!value)
            continue;
        if (d->hostdevs.len > start)
            buf_puts(&d->hostdevs, parts[i].before);
        buf_puts(&d->hostdevs, value + (strncmp(value, "0x", 2) == 0 ? 2 : 0));
    }
    d->in_source = false;
}

/* What stands inside a <source>. */
static void libvirt_describe_detail(struct libvirt_describing *d,
                                    const struct libvirt_element *element)
{
    if (d->in_hostdev) {
        libvirt_describe_hostdev(d, element);
        return;
    }
    if (strcmp(element->name, "host") == 0) {
        libvirt_describe_host(d->disk, element);
    } else if (strcmp(element->name, "address") == 0) {
        libvirt_describe_address(d->disk, element);
    } else {
        return;
    }
    d->in_source = false;
}

static void libvirt_describe_disk(struct libvirt_described_disk *disk,
                                  const struct libvirt_element *element)
{
    if (strcmp(element->name, "target") == 0) {
        libvirt_describe_text(element, "dev", INVENTORY_NAME_MAX, &disk->name);
    } else if (strcmp(element->name, "source") == 0) {
        libvirt_describe_source(disk, element);
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
        d->in_hostdev = false;
        return true;
    case LIBVIRT_DEPTH_DEVICE:
        d->disk = NULL;
        d->nic = NULL;
        d->in_hostdev = d->in_devices && strcmp(element->name, "hostdev") == 0;
        if (d->in_devices && strcmp(element->name, "disk") == 0)
            libvirt_begin_disk(d, element);
        else if (d->in_devices && strcmp(element->name, "interface") == 0)
            libvirt_begin_nic(d, element);
        return true;
    case LIBVIRT_DEPTH_PART:
        d->in_source = (d->disk || d->in_hostdev) && strcmp(element->name, "source") == 0;
        if (d->disk)
            libvirt_describe_disk(d->disk, element);
        else if (d->nic)
            libvirt_describe_nic(d->nic, element);
        return true;
    case LIBVIRT_DEPTH_DETAIL:
        if (d->in_source)
            libvirt_describe_detail(d, element);
        return true;
    default:
        return true; /* such as the host of a backing store */
    }
}

static void libvirt_described_disk_done(struct libvirt_described_disk *disk)
{
    free(disk->name);
    free(disk->path);
    free(disk->backend);
    free(disk->source);
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
        if (!disk->source || !*disk->source) { /* an empty drive */
            free(disk->source);
            free(disk->backend);
            disk->source = disk->backend = NULL;
        }
        if (disk->name)
            description->disks[kept++] = *disk;
        else
            libvirt_described_disk_done(disk);
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
    if (r == 0 && d.hostdevs.len)
        d.description.hostdevs = xstrndup(buf_text(&d.hostdevs), INVENTORY_SOURCE_MAX);
    buf_done(&d.hostdevs);
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
    for (size_t i = 0; i < description->disk_count; i++)
        libvirt_described_disk_done(&description->disks[i]);
    for (size_t i = 0; i < description->nic_count; i++) {
        free(description->nics[i].name);
        free(description->nics[i].interface);
        free(description->nics[i].mac);
        free(description->nics[i].bridge);
    }
    free(description->disks);
    free(description->nics);
    free(description->hostdevs);
    *description = (struct libvirt_description){0};
}
