/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VMs that share a UUID, and VMs whose source is silent. */
#include "print/vms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define VMS_PATIENCE_S         30.0
#define VMS_PATIENCE_INTERVALS 3.0
#define SLOTS_MIN              64

void print_slots_clear(struct print_slots *slots, size_t rows)
{
    size_t count = SLOTS_MIN;

    while (count < 2 * rows)
        count *= 2;
    slots->list = array_grow(slots->list, &slots->capacity, count, sizeof(*slots->list));
    slots->count = count;
    memset(slots->list, 0, count * sizeof(*slots->list));
}

void print_slots_done(struct print_slots *slots)
{
    free(slots->list);
}

struct print_slot *print_slots_next(const struct print_slots *slots, uint64_t hash, size_t *place)
{
    for (;; (*place)++) {
        struct print_slot *slot = &slots->list[*place & (slots->count - 1)];

        if (!slot->row || slot->hash == hash)
            return slot;
    }
}

void print_vms_init(struct print_vms *vms, double interval)
{
    *vms = (struct print_vms){
        .patience = fmax(VMS_PATIENCE_S, VMS_PATIENCE_INTERVALS * interval),
    };
}

void print_vms_done(struct print_vms *vms)
{
    free(vms->list);
    print_slots_done(&vms->slots);
}

static const char *vms_uuid(const struct frame_table *table, size_t row)
{
    return frame_has_value(table, row, VM_UUID) ? frame_value(table, row, VM_UUID).text : "";
}

/* Marks the VM, and the first one that has its UUID. */
static void vms_compare(struct print_vms *vms, const struct frame_table *table, size_t row)
{
    const char *uuid = vms_uuid(table, row);
    uint64_t hash = hash_text(uuid);
    size_t place = hash;
    struct print_slot *slot = print_slots_next(&vms->slots, hash, &place);

    while (slot->row && strcmp(vms_uuid(table, slot->row - 1), uuid) != 0) {
        place++;
        slot = print_slots_next(&vms->slots, hash, &place);
    }
    if (!*uuid)
        vms->list[row].needs_pid = true;
    else if (slot->row)
        vms->list[row].needs_pid = vms->list[slot->row - 1].needs_pid = true;
    if (!slot->row)
        *slot = (struct print_slot){hash, row + 1};
    vms->any_needs_pid |= vms->list[row].needs_pid;
}

void print_vms_look(struct print_vms *vms, const struct frame_table *table)
{
    vms->list = array_grow(vms->list, &vms->capacity, table->rows, sizeof(*vms->list));
    vms->any_needs_pid = false;
    print_slots_clear(&vms->slots, table->rows);
    for (size_t row = 0; row < table->rows; row++) {
        vms->list[row] = (struct print_vm){
            .silent = frame_has_value(table, row, VM_STALE) &&
                      frame_value(table, row, VM_STALE).number >= vms->patience,
        };
        vms_compare(vms, table, row);
    }
}
