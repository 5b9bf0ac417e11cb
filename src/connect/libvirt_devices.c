/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting together what is known of disks and NICs. */
#include "connect/libvirt_devices.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* ---- disks ---- */

/* NULL if there is no room, or one of that name already. */
static struct vm_disk *libvirt_append_disk(struct vm_info *vm, const char *name, bool is_total)
{
    struct vm_disk *disk = vm_info_find_disk(vm, name) ? NULL : vm_info_append_disk(vm);

    if (disk) {
        disk->name = xstrdup(name);
        disk->is_total = is_total;
    }
    return disk;
}

/* Which disks there are: the description's; without one those that were there
 * while the domain answered; and what only the statistics tell of. */
static void libvirt_list_disks(const struct libvirt_devices *devices, struct vm_info *vm)
{
    const struct libvirt_description *description = devices->description;
    const struct libvirt_statistics *statistics = devices->statistics;
    const struct vm_info *before = description ? NULL : devices->before;

    for (size_t i = 0; description && i < description->disk_count; i++)
        libvirt_append_disk(vm, description->disks[i].name, !description->disks[i].is_drive);
    for (size_t i = 0; before && i < before->disk_count; i++)
        libvirt_append_disk(vm, before->disks[i].name, before->disks[i].is_total);
    for (size_t i = 0; i < statistics->disk_count; i++) {
        const struct libvirt_measured_disk *measured = &statistics->disks[i];

        /* Nothing tells a drive from a disk then, but an empty one has no size. */
        if (measured->name)
            libvirt_append_disk(vm, measured->name,
                                raw_valid(measured->columns[VMDISK_DISK_SIZE_CAPACITY]));
    }
}

/* Readings that are missing come from before. */
static void libvirt_carry_columns(struct raw *columns, const struct raw *before, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!raw_valid(columns[i]))
            columns[i] = before[i];
    }
}

static const struct libvirt_measured_disk *
libvirt_find_measured_disk(const struct libvirt_statistics *statistics, const char *name,
                           size_t near)
{
    if (near < statistics->disk_count && text_equal(statistics->disks[near].name, name))
        return &statistics->disks[near];
    for (size_t i = 0; i < statistics->disk_count; i++) {
        if (text_equal(statistics->disks[i].name, name))
            return &statistics->disks[i];
    }
    return NULL;
}

static const struct libvirt_described_disk *
libvirt_find_described_disk(const struct libvirt_description *description, const char *name)
{
    for (size_t i = 0; description && i < description->disk_count; i++) {
        if (strcmp(description->disks[i].name, name) == 0)
            return &description->disks[i];
    }
    return NULL;
}

/* What the disk lies on and which image it is. The path of the statistics is
 * newer than that of the description; image: what is known of it, or NULL. */
static void libvirt_name_image(const struct libvirt_described_disk *described,
                               const struct vm_disk *before, const char *path,
                               const struct image *image, struct vm_disk *disk)
{
    if (described)
        vm_disk_set_image(disk, described->backend,
                          path && described->path ? path : described->source);
    else if (before)
        vm_disk_set_image(disk, before->backend, before->source);
    else
        vm_disk_set_image(disk, image ? image_kind_word(image->kind) : NULL, path);
}

static void libvirt_fill_disk(const struct libvirt_devices *devices, const struct vm_info *vm,
                              const struct libvirt_measured_disk *measured, struct vm_disk *disk)
{
    const struct vm_disk *before =
        devices->before ? vm_info_find_disk(devices->before, disk->name) : NULL;
    const struct libvirt_described_disk *described =
        libvirt_find_described_disk(devices->description, disk->name);
    const char *told = measured ? measured->path : NULL, *path = told;
    struct image image;
    bool is_known;

    if (measured)
        memcpy(disk->columns, measured->columns, sizeof(disk->columns));
    if (before) {
        libvirt_carry_columns(disk->columns, before->columns, VMDISK__COUNT);
        disk->image_device = before->image_device;
    }
    if (!disk->is_total && !raw_valid(disk->columns[VMDISK_DISK_SIZE_CAPACITY])) {
        /* An empty drive: its zeros are no figures. */
        memset(disk->columns, 0, sizeof(disk->columns));
        disk->image_device = 0;
        return;
    }
    if (!path && described)
        path = described->path;
    is_known = path && path[0] == '/' && vm->pid && devices->images &&
               images_find(devices->images, vm->pid, path, &image);
    libvirt_name_image(described, before, told, is_known ? &image : NULL, disk);
    if (is_known) {
        disk->image_device = image.device;
        disk->columns[VMDISK_DISK_SIZE_PHYSICAL] = image.size;
    }
}

void libvirt_append_disks(const struct libvirt_devices *devices, struct vm_info *vm)
{
    libvirt_list_disks(devices, vm);
    for (size_t i = 0; i < vm->disk_count; i++)
        libvirt_fill_disk(devices, vm,
                          libvirt_find_measured_disk(devices->statistics, vm->disks[i].name, i),
                          &vm->disks[i]);
}

/* ---- NICs ---- */

static char *libvirt_copy_text(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static struct vm_nic *libvirt_append_nic(struct vm_info *vm, const char *name,
                                         const char *interface)
{
    struct vm_nic *nic = vm_info_find_nic(vm, name) ? NULL : vm_info_append_nic(vm);

    if (nic) {
        nic->name = xstrdup(name);
        nic->interface = libvirt_copy_text(interface);
    }
    return nic;
}

static bool libvirt_has_interface(const struct vm_info *vm, const char *interface)
{
    for (size_t i = 0; i < vm->nic_count; i++) {
        if (text_equal(vm->nics[i].interface, interface))
            return true;
    }
    return false;
}

/* The NICs that only the statistics tell of. libvirt numbers names as they come,
 * so the number here is the likely name. */
static void libvirt_list_measured_nics(const struct libvirt_statistics *statistics,
                                       struct vm_info *vm)
{
    for (size_t i = 0; i < statistics->nic_count; i++) {
        const char *interface = statistics->nics[i].interface;
        char *name;

        if (!interface || libvirt_has_interface(vm, interface))
            continue;
        name = xasprintf("net%zu", i);
        libvirt_append_nic(vm, vm_info_find_nic(vm, name) ? interface : name, interface);
        free(name);
    }
}

/* As libvirt_list_disks(). */
static void libvirt_list_nics(const struct libvirt_devices *devices, struct vm_info *vm)
{
    const struct libvirt_description *description = devices->description;
    const struct vm_info *before = description ? NULL : devices->before;

    for (size_t i = 0; description && i < description->nic_count; i++) {
        const struct libvirt_described_nic *described = &description->nics[i];
        struct vm_nic *nic = libvirt_append_nic(vm, described->name, described->interface);

        if (!nic)
            continue;
        nic->mac = libvirt_copy_text(described->mac);
        nic->bridge = libvirt_copy_text(described->bridge);
        nic->kind = described->kind;
    }
    for (size_t i = 0; before && i < before->nic_count; i++) {
        const struct vm_nic *old = &before->nics[i];
        struct vm_nic *nic = libvirt_append_nic(vm, old->name, old->interface);

        if (!nic)
            continue;
        nic->mac = libvirt_copy_text(old->mac);
        nic->bridge = libvirt_copy_text(old->bridge);
        nic->kind = old->kind;
    }
    libvirt_list_measured_nics(devices->statistics, vm);
}

static const struct libvirt_measured_nic *
libvirt_find_measured_nic(const struct libvirt_statistics *statistics, const char *interface,
                          size_t near)
{
    if (!interface)
        return NULL;
    if (near < statistics->nic_count && text_equal(statistics->nics[near].interface, interface))
        return &statistics->nics[near];
    for (size_t i = 0; i < statistics->nic_count; i++) {
        if (text_equal(statistics->nics[i].interface, interface))
            return &statistics->nics[i];
    }
    return NULL;
}

void libvirt_append_nics(const struct libvirt_devices *devices, struct vm_info *vm)
{
    libvirt_list_nics(devices, vm);
    for (size_t i = 0; i < vm->nic_count; i++) {
        struct vm_nic *nic = &vm->nics[i];
        const struct libvirt_measured_nic *measured =
            libvirt_find_measured_nic(devices->statistics, nic->interface, i);
        const struct vm_nic *before =
            devices->before ? vm_info_find_nic(devices->before, nic->name) : NULL;

        if (measured)
            memcpy(nic->columns, measured->columns, sizeof(nic->columns));
        /* Another interface counts from 0 again. */
        if (before && text_equal(before->interface, nic->interface))
            libvirt_carry_columns(nic->columns, before->columns, VMNIC__COUNT);
    }
}
