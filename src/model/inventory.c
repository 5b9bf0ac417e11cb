/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building, sorting and sharing inventories. */
#include "model/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

const char *vm_state_word(enum vm_state state)
{
    static const char *const words[VM_STATE__COUNT] = {
        [VM_STATE_UNKNOWN] = "unknown",     [VM_STATE_RUNNING] = "running",
        [VM_STATE_PAUSED] = "paused",       [VM_STATE_IO_ERROR] = "io-error",
        [VM_STATE_CRASHED] = "crashed",     [VM_STATE_INMIGRATE] = "inmigrate",
        [VM_STATE_MIGRATING] = "migrating", [VM_STATE_SUSPENDED] = "suspended",
        [VM_STATE_SAVING] = "saving",       [VM_STATE_SHUTDOWN] = "shutdown",
    };

    return words[state];
}

const char *nic_kind_word(enum nic_kind kind)
{
    static const char *const words[NIC_KIND__COUNT] = {
        [NIC_KIND_TAP] = "tap",   [NIC_KIND_MACVTAP] = "macvtap",
        [NIC_KIND_VF] = "vf",     [NIC_KIND_VHOST_USER] = "vhost-user",
        [NIC_KIND_USER] = "user",
    };

    return words[kind];
}

const char *thread_class_word(enum thread_class class)
{
    static const char *const words[THREAD_CLASS__COUNT] = {
        [THREAD_VCPU] = "vcpu",   [THREAD_MAIN] = "main",     [THREAD_IOTHREAD] = "iothread",
        [THREAD_VHOST] = "vhost", [THREAD_WORKER] = "worker",
    };

    return words[class];
}

struct inventory *inventory_new(const char *source)
{
    struct inventory *inventory = xcalloc(1, sizeof(*inventory));

    inventory->references = 1;
    inventory->source = source;
    return inventory;
}

struct vm_info *inventory_append(struct inventory *inventory)
{
    if (inventory->count >= INVENTORY_VMS_MAX)
        return NULL;
    inventory->vms = array_grow(inventory->vms, &inventory->capacity, inventory->count + 1,
                                sizeof(*inventory->vms));
    return &inventory->vms[inventory->count++];
}

struct vm_disk *vm_info_append_disk(struct vm_info *vm)
{
    if (vm->disk_count >= INVENTORY_DISKS_MAX)
        return NULL;
    vm->disks = xreallocarray(vm->disks, vm->disk_count + 1, sizeof(*vm->disks));
    vm->disks[vm->disk_count] = (struct vm_disk){0};
    return &vm->disks[vm->disk_count++];
}

struct vm_nic *vm_info_append_nic(struct vm_info *vm)
{
    if (vm->nic_count >= INVENTORY_NICS_MAX)
        return NULL;
    vm->nics = xreallocarray(vm->nics, vm->nic_count + 1, sizeof(*vm->nics));
    vm->nics[vm->nic_count] = (struct vm_nic){0};
    return &vm->nics[vm->nic_count++];
}

void vm_info_set_helpers(struct vm_info *vm, const pid_t *helpers, size_t count)
{
    if (!count)
        return;
    vm->helpers = xcalloc(count, sizeof(*vm->helpers));
    memcpy(vm->helpers, helpers, count * sizeof(*helpers));
    vm->helper_count = count;
}

static char *copy_of(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

void vm_nic_copy_identity(struct vm_nic *to, const struct vm_nic *from)
{
    to->name = copy_of(from->name);
    to->interface = copy_of(from->interface);
    to->mac = copy_of(from->mac);
    to->bridge = copy_of(from->bridge);
    to->kind = from->kind;
}

static char *cut_copy_of(const char *text, size_t max)
{
    return text && *text ? xstrndup(text, max) : NULL;
}

void vm_disk_set_image(struct vm_disk *disk, const char *backend, const char *source)
{
    free(disk->backend);
    free(disk->source);
    disk->backend = cut_copy_of(backend, INVENTORY_NAME_MAX);
    disk->source = cut_copy_of(source, INVENTORY_SOURCE_MAX);
}

void vm_disk_copy(struct vm_disk *to, const struct vm_disk *from)
{
    *to = *from;
    to->name = copy_of(from->name);
    to->backend = copy_of(from->backend);
    to->source = copy_of(from->source);
}

void vm_info_clear_disks(struct vm_info *vm)
{
    for (size_t i = 0; i < vm->disk_count; i++) {
        free(vm->disks[i].name);
        free(vm->disks[i].backend);
        free(vm->disks[i].source);
    }
    vm->disk_count = 0;
}

const struct vm_disk *vm_info_find_disk(const struct vm_info *vm, const char *name)
{
    for (size_t i = 0; i < vm->disk_count; i++) {
        if (strcmp(vm->disks[i].name, name) == 0)
            return &vm->disks[i];
    }
    return NULL;
}

const struct vm_nic *vm_info_find_nic(const struct vm_info *vm, const char *name)
{
    for (size_t i = 0; i < vm->nic_count; i++) {
        if (strcmp(vm->nics[i].name, name) == 0)
            return &vm->nics[i];
    }
    return NULL;
}

/* "vnet0;vnet1" */
static void vm_info_join_interfaces(struct vm_info *vm)
{
    struct buf text = {0};

    for (size_t i = 0; i < vm->nic_count; i++) {
        if (!vm->nics[i].interface)
            continue;
        if (text.len)
            buf_putc(&text, ';');
        buf_puts(&text, vm->nics[i].interface);
    }
    if (text.len)
        vm->interfaces = xstrdup(buf_text(&text));
    buf_done(&text);
}

static void vm_info_done(struct vm_info *vm)
{
    vm_info_clear_disks(vm);
    for (size_t i = 0; i < vm->nic_count; i++) {
        free(vm->nics[i].name);
        free(vm->nics[i].interface);
        free(vm->nics[i].mac);
        free(vm->nics[i].bridge);
    }
    free(vm->disks);
    free(vm->nics);
    free(vm->interfaces);
    free(vm->key);
    free(vm->name);
    free(vm->uuid);
    free(vm->vmid);
    free(vm->tags);
    free(vm->lock);
    free(vm->hostdevs);
    free(vm->vcpus);
    free(vm->helpers);
}

int vm_info_compare(const void *a, const void *b)
{
    const struct vm_info *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : strcmp(x->key, y->key);
}

static int vm_info_compare_keys(const void *a, const void *b)
{
    const struct vm_info *x = a, *y = b;

    return strcmp(x->key, y->key);
}

void inventory_finish(struct inventory *inventory)
{
    size_t kept = 0;

    if (!inventory->count)
        return;
    qsort(inventory->vms, inventory->count, sizeof(*inventory->vms), vm_info_compare_keys);
    for (size_t i = 0; i < inventory->count; i++) {
        if (kept && strcmp(inventory->vms[kept - 1].key, inventory->vms[i].key) == 0)
            vm_info_done(&inventory->vms[i]);
        else
            inventory->vms[kept++] = inventory->vms[i];
    }
    inventory->count = kept;
    for (size_t i = 0; i < kept; i++)
        vm_info_join_interfaces(&inventory->vms[i]);
    qsort(inventory->vms, inventory->count, sizeof(*inventory->vms), vm_info_compare);
}

const struct vm_info *inventory_find(const struct inventory *inventory, const char *key)
{
    for (size_t i = 0; i < inventory->count; i++) {
        if (strcmp(inventory->vms[i].key, key) == 0)
            return &inventory->vms[i];
    }
    return NULL;
}

const struct vm_info *inventory_find_before(const struct inventory *previous,
                                            const struct vm_info *vm)
{
    const struct vm_info *before;

    if (!previous || !previous->count)
        return NULL;
    before = bsearch(vm, previous->vms, previous->count, sizeof(*vm), vm_info_compare);
    if (!before)
        before = inventory_find(previous, vm->key);
    if (before && before->pid && vm->pid &&
        (before->pid != vm->pid || before->start_ticks != vm->start_ticks))
        return NULL;
    return before;
}

struct inventory *inventory_ref(struct inventory *inventory)
{
    __atomic_add_fetch(&inventory->references, 1, __ATOMIC_RELAXED);
    return inventory;
}

void inventory_unref(struct inventory *inventory)
{
    if (!inventory || __atomic_sub_fetch(&inventory->references, 1, __ATOMIC_ACQ_REL))
        return;
    for (size_t i = 0; i < inventory->count; i++)
        vm_info_done(&inventory->vms[i]);
    free(inventory->vms);
    free(inventory);
}
