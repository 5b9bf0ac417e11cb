/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The XML of domains, and the reader below it. */
#include <errno.h>
#include <string.h>

#include "connect/libvirt_description.h"
#include "connect/libvirt_xml.h"
#include "fuzz.h"

static bool count_element(void *self, const struct libvirt_element *element)
{
    size_t *count = self;

    CHECK(element->depth >= 1 && element->depth <= LIBVIRT_XML_DEPTH_MAX);
    CHECK(element->depth > 1 || *count == 0);
    CHECK(element->name[0]);
    (void)libvirt_element_attribute(element, "dev");
    (*count)++;
    return strcmp(element->name, "enough") != 0;
}

static void check_text(const char *text, size_t max)
{
    CHECK(!text || (text[0] && strlen(text) <= max));
}

static void check_description(const struct libvirt_description *d)
{
    CHECK(d->disk_count <= INVENTORY_DISKS_MAX && d->nic_count <= INVENTORY_NICS_MAX);
    for (size_t i = 0; i < d->disk_count; i++) {
        CHECK(d->disks[i].name);
        check_text(d->disks[i].name, INVENTORY_NAME_MAX);
        CHECK(!d->disks[i].path || d->disks[i].path[0] == '/');
        check_text(d->disks[i].backend, INVENTORY_NAME_MAX);
        check_text(d->disks[i].source, INVENTORY_SOURCE_MAX);
    }
    for (size_t i = 0; i < d->nic_count; i++) {
        CHECK(d->nics[i].name && d->nics[i].kind < NIC_KIND__COUNT);
        check_text(d->nics[i].name, INVENTORY_NAME_MAX);
        check_text(d->nics[i].interface, INVENTORY_NAME_MAX);
        check_text(d->nics[i].mac, INVENTORY_NAME_MAX);
        check_text(d->nics[i].bridge, INVENTORY_NAME_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct libvirt_description description;
    size_t count = 0;
    int r = libvirt_xml_read(text, size, count_element, &count);

    CHECK(r == 0 ? count > 0 : r == -EBADMSG);
    r = parse_domain_description(text, size, &description);
    CHECK(r == 0 || r == -EBADMSG);
    if (r == 0) {
        check_description(&description);
        libvirt_description_done(&description);
    }
    return 0;
}
