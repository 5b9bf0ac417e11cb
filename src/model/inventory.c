/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building, sorting and sharing inventories. */
#include "model/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

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

static void vm_info_done(struct vm_info *vm)
{
    free(vm->key);
    free(vm->name);
    free(vm->uuid);
    free(vm->vmid);
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
