/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows of the screen are called, and by what they are known again. */
#include "tui/row_name.h"

#include <string.h>

#define ROW_ID_MIX UINT64_C(0x9e3779b97f4a7c15)

const char *row_text(const struct row_ref *ref, enum scope scope, unsigned column)
{
    const struct frame_table *table = &ref->shot->frame->tables[scope];
    size_t row = scope == SCOPE_VM ? ref->vm : ref->row;

    return frame_has_value(table, row, column) ? frame_value(table, row, column).text : NULL;
}

const char *row_name(const struct row_ref *ref)
{
    switch (ref->scope) {
    case SCOPE_VM:
        return row_text(ref, SCOPE_VM, VM_NAME);
    case SCOPE_VMDISK:
        return row_text(ref, SCOPE_VMDISK, VMDISK_DISK_NAME);
    case SCOPE_VMNIC:
        return row_text(ref, SCOPE_VMNIC, VMNIC_NIC);
    case SCOPE_NETDEV:
        return row_text(ref, SCOPE_NETDEV, NETDEV_DEVICE);
    case SCOPE_BLOCKDEV:
        return row_text(ref, SCOPE_BLOCKDEV, BLOCKDEV_DEVICE);
    default:
        return NULL;
    }
}

struct row_range row_children(const struct row_ref *ref, enum scope scope)
{
    const struct vm_facts *facts = &ref->shot->facts.list[ref->vm];

    switch (scope) {
    case SCOPE_VCPU:
        return facts->vcpus;
    case SCOPE_VMDISK:
        return facts->disks;
    case SCOPE_VMNIC:
        return facts->nics;
    default:
        return (struct row_range){0};
    }
}

static uint64_t row_mix(uint64_t id, uint64_t salt, const void *data, size_t len)
{
    uint64_t mixed = hash_bytes(data, len, id + (salt + 1) * ROW_ID_MIX);

    return mixed ? mixed : 1;
}

/* A vCPU's number; else its place. */
static uint64_t row_number(const struct row_ref *ref, uint32_t place)
{
    const struct frame_table *table = &ref->shot->frame->tables[ref->scope];

    if (ref->scope == SCOPE_VCPU && frame_has_value(table, ref->row, VCPU_VCPU_ID))
        return (uint64_t)frame_value(table, ref->row, VCPU_VCPU_ID).number;
    return place;
}

/* How many brothers before it have the same name: none, but names are not ours, and
 * whoever moves from row to row must get past two of one id. */
static uint64_t row_twins(const struct row_ref *ref, uint32_t first, const char *name)
{
    struct row_ref other = *ref;
    uint64_t twins = 0;

    for (other.row = first; other.row < ref->row; other.row++) {
        const char *text = row_name(&other);

        twins += text && strcmp(text, name) == 0;
    }
    return twins;
}

uint64_t row_id(const struct row_ref *ref)
{
    const char *name = row_name(ref);
    uint64_t parent, number;
    uint32_t first;

    if (ref->scope == SCOPE_VM)
        return ref->shot->facts.list[ref->vm].id;
    if (ref->scope == SCOPE_NETDEV || ref->scope == SCOPE_BLOCKDEV)
        return name ? row_mix(0, ref->scope, name, strlen(name))
                    : row_mix(1, ref->scope, &ref->row, sizeof(ref->row));
    parent = ref->shot->facts.list[ref->vm].id;
    first = row_children(ref, ref->scope).first;
    if (name)
        return row_mix(parent, ref->scope + row_twins(ref, first, name) * SCOPE__COUNT, name,
                       strlen(name));
    number = row_number(ref, ref->row - first);
    return row_mix(parent, ref->scope, &number, sizeof(number));
}
