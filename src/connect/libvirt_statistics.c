/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorting the typed parameters of statistics by disk and NIC. */
#include "connect/libvirt_statistics.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"
#include "connect/libvirt_values.h"

struct libvirt_device_field {
    const char *name; /* behind "block.N." or "net.N." */
    unsigned column;
};

/* "allocation", which is missing here, is the highest offset that was written;
 * "physical" is what the image occupies: the blocks of a file, raw or qcow2,
 * the size of a block device. Times are in ns. */
static const struct libvirt_device_field libvirt_disk_fields[] = {
    {"rd.reqs", VMDISK_DISK_READS},
    {"rd.bytes", VMDISK_DISK_MBREAD},
    {"rd.times", VMDISK_DISK_STATS_RDTOTALTIMES},
    {"wr.reqs", VMDISK_DISK_WRITES},
    {"wr.bytes", VMDISK_DISK_MBWRITE},
    {"wr.times", VMDISK_DISK_STATS_WRTOTALTIMES},
    {"fl.reqs", VMDISK_DISK_STATS_FLUSHREQ},
    {"fl.times", VMDISK_DISK_STATS_FLUSHTOTALTIMES},
    {"errors", VMDISK_DISK_ERRORS},
    {"capacity", VMDISK_DISK_SIZE_CAPACITY},
    {"physical", VMDISK_DISK_SIZE_ALLOCATION},
};

/* libvirt has swapped the directions of a tap: these are the guest's. */
static const struct libvirt_device_field libvirt_nic_fields[] = {
    {"rx.bytes", VMNIC_NET_RECEIVEDBYTES},    {"rx.pkts", VMNIC_NET_RECEIVEDPACKETS},
    {"rx.errs", VMNIC_NET_RECEIVEDERRS},      {"rx.drop", VMNIC_NET_RECEIVEDDROP},
    {"tx.bytes", VMNIC_NET_TRANSMITTEDBYTES}, {"tx.pkts", VMNIC_NET_TRANSMITTEDPACKETS},
    {"tx.errs", VMNIC_NET_TRANSMITTEDERRS},   {"tx.drop", VMNIC_NET_TRANSMITTEDDROP},
};

static void libvirt_take_field(const struct libvirt_device_field *fields, size_t count,
                               const char *name, const virTypedParameter *parameter, struct mono at,
                               struct raw *columns)
{
    uint64_t value;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) != 0)
            continue;
        /* 2^64-1 is a -1 that lost its sign: not known. */
        if (libvirt_parameter_u64(parameter, &value) && value != UINT64_MAX)
            columns[fields[i].column] = raw_of(value, at);
        return;
    }
}

static void libvirt_take_text(const virTypedParameter *parameter, size_t max, char **text)
{
    if (parameter->type == VIR_TYPED_PARAM_STRING && parameter->value.s && *parameter->value.s &&
        !*text)
        *text = xstrndup(parameter->value.s, max);
}

static void libvirt_take_disk(struct libvirt_statistics *statistics, size_t number,
                              const char *name, const virTypedParameter *parameter, struct mono at)
{
    struct libvirt_measured_disk *disk;

    if (number >= INVENTORY_DISKS_MAX)
        return;
    statistics->disks = array_grow(statistics->disks, &statistics->disk_capacity, number + 1,
                                   sizeof(*statistics->disks));
    if (number >= statistics->disk_count)
        statistics->disk_count = number + 1;
    disk = &statistics->disks[number];
    if (strcmp(name, "name") == 0)
        libvirt_take_text(parameter, INVENTORY_NAME_MAX, &disk->name);
    else if (strcmp(name, "path") == 0)
        libvirt_take_text(parameter, PATH_MAX, &disk->path);
    else
        libvirt_take_field(libvirt_disk_fields, ARRAY_SIZE(libvirt_disk_fields), name, parameter,
                           at, disk->columns);
}

static void libvirt_take_nic(struct libvirt_statistics *statistics, size_t number, const char *name,
                             const virTypedParameter *parameter, struct mono at)
{
    struct libvirt_measured_nic *nic;

    if (number >= INVENTORY_NICS_MAX)
        return;
    statistics->nics = array_grow(statistics->nics, &statistics->nic_capacity, number + 1,
                                  sizeof(*statistics->nics));
    if (number >= statistics->nic_count)
        statistics->nic_count = number + 1;
    nic = &statistics->nics[number];
    if (strcmp(name, "name") == 0)
        libvirt_take_text(parameter, INVENTORY_NAME_MAX, &nic->interface);
    else
        libvirt_take_field(libvirt_nic_fields, ARRAY_SIZE(libvirt_nic_fields), name, parameter, at,
                           nic->columns);
}

/* "block.count": the numbers that there are, also those of which nothing is told. */
static void libvirt_take_count(const virTypedParameter *parameter, size_t max, size_t *count)
{
    uint64_t value;

    if (libvirt_parameter_u64(parameter, &value) && value <= max && value > *count)
        *count = (size_t)value;
}

void libvirt_statistics_take(const virTypedParameter *parameters, int count, struct mono at,
                             struct libvirt_statistics *ret)
{
    size_t disks = 0, nics = 0;

    for (int i = 0; i < count; i++) {
        const char *field = parameters[i].field;
        struct cursor c = cursor_of(field, strnlen(field, sizeof(parameters[i].field) - 1));
        bool is_disk = cursor_word(&c, "block.");
        uint64_t number;

        if (!is_disk && !cursor_word(&c, "net."))
            continue;
        *(is_disk ? &ret->has_disks : &ret->has_nics) = true;
        if (cursor_u64(&c, &number) && cursor_word(&c, ".")) {
            if (is_disk)
                libvirt_take_disk(ret, number, c.at, &parameters[i], at);
            else
                libvirt_take_nic(ret, number, c.at, &parameters[i], at);
        } else if (strcmp(c.at, "count") == 0) {
            if (is_disk)
                libvirt_take_count(&parameters[i], INVENTORY_DISKS_MAX, &disks);
            else
                libvirt_take_count(&parameters[i], INVENTORY_NICS_MAX, &nics);
        }
    }
    if (disks > ret->disk_count) {
        ret->disks = array_grow(ret->disks, &ret->disk_capacity, disks, sizeof(*ret->disks));
        ret->disk_count = disks;
    }
    if (nics > ret->nic_count) {
        ret->nics = array_grow(ret->nics, &ret->nic_capacity, nics, sizeof(*ret->nics));
        ret->nic_count = nics;
    }
}

void libvirt_statistics_done(struct libvirt_statistics *statistics)
{
    for (size_t i = 0; i < statistics->disk_count; i++) {
        free(statistics->disks[i].name);
        free(statistics->disks[i].path);
    }
    for (size_t i = 0; i < statistics->nic_count; i++)
        free(statistics->nics[i].interface);
    free(statistics->disks);
    free(statistics->nics);
    *statistics = (struct libvirt_statistics){0};
}

/* Both are in the order of the configuration. */
bool libvirt_statistics_fit(const struct libvirt_statistics *statistics,
                            const struct libvirt_description *description)
{
    if (statistics->has_disks && statistics->disk_count != description->disk_count)
        return false;
    if (statistics->has_nics && statistics->nic_count != description->nic_count)
        return false;
    for (size_t i = 0; statistics->has_disks && i < statistics->disk_count; i++) {
        if (!text_equal(statistics->disks[i].name, description->disks[i].name))
            return false;
    }
    for (size_t i = 0; statistics->has_nics && i < statistics->nic_count; i++) {
        if (!text_equal(statistics->nics[i].interface, description->nics[i].interface))
            return false;
    }
    return true;
}
