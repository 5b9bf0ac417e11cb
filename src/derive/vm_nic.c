/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NICs of a VM, and their sum, in the VM's direction: what its tap on the host
 * transmits, the VM receives. A macvtap counts the VM's way. A NIC without a
 * device on the host has what its hypervisor's interface tells, or nothing;
 * then the sum is a lower bound.
 */
#include "base/util.h"
#include "derive/internal.h"

_Static_assert(VMNIC_NET_TRANSMITTEDBYTES - VMNIC_NET_RECEIVEDBYTES == NET_DEV_TX_BYTES &&
                   VMNIC_NET_TRANSMITTEDCOMPRESSED - VMNIC_NET_RECEIVEDBYTES ==
                       NET_DEV_TX_COMPRESSED &&
                   VM_NET_TRANSMITTEDBYTES - VM_NET_RECEIVEDBYTES == NET_DEV_TX_BYTES &&
                   VM_NET_TRANSMITTEDCOMPRESSED - VM_NET_RECEIVEDBYTES == NET_DEV_TX_COMPRESSED,
               "columns stand in the order of /proc/net/dev");

struct nic_state {
    uint64_t id;    /* see members.h */
    uint64_t birth; /* of the host's device that the counters are of; 0 = the connector's */
    bool swapped;   /* they are the device's in the other direction */
    struct counter counters[NET_DEV__COUNT]; /* as the VM sees them */
};

/* Which counter of the tap is the VM's. What has no counterpart (frame errors
 * and multicast are counted on reception, collisions and carrier losses on
 * transmission only, and a tap has none of them) is told by nobody. */
static const enum net_dev_counter nic_swapped[NET_DEV__COUNT] = {
    [NET_DEV_RX_BYTES] = NET_DEV_TX_BYTES,
    [NET_DEV_RX_PACKETS] = NET_DEV_TX_PACKETS,
    [NET_DEV_RX_ERRS] = NET_DEV_TX_ERRS,
    [NET_DEV_RX_DROP] = NET_DEV_TX_DROP,
    [NET_DEV_RX_FIFO] = NET_DEV_TX_FIFO,
    [NET_DEV_RX_FRAME] = NET_DEV__COUNT,
    [NET_DEV_RX_COMPRESSED] = NET_DEV_TX_COMPRESSED,
    [NET_DEV_RX_MULTICAST] = NET_DEV__COUNT,
    [NET_DEV_TX_BYTES] = NET_DEV_RX_BYTES,
    [NET_DEV_TX_PACKETS] = NET_DEV_RX_PACKETS,
    [NET_DEV_TX_ERRS] = NET_DEV_RX_ERRS,
    [NET_DEV_TX_DROP] = NET_DEV_RX_DROP,
    [NET_DEV_TX_FIFO] = NET_DEV_RX_FIFO,
    [NET_DEV_TX_COLLS] = NET_DEV__COUNT,
    [NET_DEV_TX_CARRIER] = NET_DEV__COUNT,
    [NET_DEV_TX_COMPRESSED] = NET_DEV_RX_COMPRESSED,
};

/* Where a NIC's figures come from this time. */
struct nic_source {
    const struct vm_nic *nic;
    const struct netdev_sample *device; /* NULL = the connector */
};

/* What the NICs of a VM did in this cycle. */
struct nic_sums {
    struct sum_step steps[NET_DEV__COUNT];
    bool told[NET_DEV__COUNT]; /* by somebody who answers */
};

static bool nic_is_swapped(struct nic_source source)
{
    return source.device && source.nic->kind != NIC_KIND_MACVTAP;
}

static struct raw nic_reading(struct nic_source source, enum net_dev_counter c)
{
    if (!source.device)
        return source.nic->columns[VMNIC_NET_RECEIVEDBYTES + c];
    if (nic_is_swapped(source))
        c = nic_swapped[c];
    if (c == NET_DEV__COUNT)
        return (struct raw){0};
    return (struct raw){.value = source.device->counters[c], .at = source.device->at};
}

static size_t nic_add_row(const struct vm_nic *nic, struct frame *frame, size_t vm_row)
{
    struct frame_table *table = &frame->tables[SCOPE_VMNIC];
    size_t row = frame_add_row(table, (uint32_t)vm_row);

    frame_set_text(table, row, VMNIC_NIC, nic->name);
    table->labels[row] = (struct row_labels){.mac = nic->mac, .bridge = nic->bridge};
    if (nic->interface)
        frame_set_text(table, row, VMNIC_NIC_NAME, nic->interface);
    if (nic_kind_word(nic->kind))
        frame_set_text(table, row, VMNIC_NIC_KIND, nic_kind_word(nic->kind));
    return row;
}

/* One NIC; false if nobody tells its figures. */
static bool derive_nic(const struct vm_work *work, struct nic_state *state,
                       struct nic_source source, struct nic_sums *sums)
{
    bool shown = work->derive->rows[SCOPE_VMNIC], told = false;
    struct frame_table *table = &work->frame->tables[SCOPE_VMNIC];
    struct vm_state_kept *vm = work->state;
    /* What a source told before it fell silent is no rate any more, but it belongs to the total. */
    bool hidden = !source.device && work->silent;
    struct sum_step untold = {0};
    uint64_t birth = source.device ? source.device->birth : 0;
    size_t row = shown ? nic_add_row(source.nic, work->frame, work->row) : 0;

    if (state->birth != birth || state->swapped != nic_is_swapped(source))
        *state =
            (struct nic_state){.id = state->id, .birth = birth, .swapped = nic_is_swapped(source)};
    for (unsigned c = 0; c < NET_DEV__COUNT; c++) {
        struct raw reading = nic_reading(source, c);
        struct counter *counter = &state->counters[c];
        bool known = counter_expects_step(counter, reading);
        struct step step =
            source.device ? counter_step(counter, reading) : counter_step_slow(counter, reading);

        sum_member(
            &vm->nic_sums[c], hidden ? &untold : &sums->steps[c], step,
            (struct membership){.reading = reading, .known = known, .set_is_new = !vm->nics_seen});
        step.valid &= !hidden;
        if (shown)
            derive_step(table, row, VMNIC_NET_RECEIVEDBYTES + c, step, reading, DERIVE_COUNT);
        if (shown && !source.device)
            frame_mark_told(table, row, VMNIC_NET_RECEIVEDBYTES + c);
        if (hidden)
            continue;
        told |= raw_valid(reading);
        sums->told[c] |= raw_valid(reading);
    }
    return told;
}

void derive_vm_nics(const struct vm_work *work)
{
    const struct vm_sample *vm = work->vm;
    const struct vm_info *info = vm->info;
    struct vm_state_kept *state = work->state;
    struct frame_table *table = &work->frame->tables[SCOPE_VM];
    size_t row = work->row;
    struct nic_sums sums = {.told = {false}};

    if (info->interfaces)
        frame_set_text(table, row, VM_NET_INTERFACES, info->interfaces);
    for (size_t i = 0; i < info->nic_count; i++) {
        struct nic_source source = {&info->nics[i], vm->nic_devices ? vm->nic_devices[i] : NULL};
        bool is_new;
        struct nic_state *nic =
            members_settle(&state->nics, sizeof(*nic), i, hash_text(source.nic->name), &is_new);

        if (!derive_nic(work, nic, source, &sums))
            table->notes[row] |= ROW_NET_PARTIAL;
    }
    members_cut(&state->nics, info->nic_count);
    for (unsigned c = 0; c < NET_DEV__COUNT; c++) {
        if (sums.steps[c].members && !sums.steps[c].incomplete)
            frame_set_number(table, row, VM_NET_RECEIVEDBYTES + c, sums.steps[c].rate);
        if (state->nic_sums[c].started && sums.told[c])
            frame_set_counter(table, row, VM_NET_RECEIVEDBYTES + c, state->nic_sums[c].total);
        state->nics_seen |= state->nic_sums[c].started;
    }
}
