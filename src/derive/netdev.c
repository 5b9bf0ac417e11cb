/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network devices of the host, and their sum on the host row. Both have the
 * same cells in the same order, that of /proc/net/dev.
 */
#include "base/util.h"
#include "derive/internal.h"

_Static_assert(
    NETDEV_NET_HOST_RECEIVEDMULTICAST - NETDEV_NET_HOST_RECEIVEDBYTES == NET_DEV_RX_MULTICAST &&
        NETDEV_NET_HOST_TRANSMITTEDBYTES - NETDEV_NET_HOST_RECEIVEDBYTES == NET_DEV_TX_BYTES &&
        NETDEV_NET_HOST_TRANSMITTEDCOMPRESSED - NETDEV_NET_HOST_RECEIVEDBYTES ==
            NET_DEV_TX_COMPRESSED &&
        HOST_NET_HOST_TRANSMITTEDBYTES - HOST_NET_HOST_RECEIVEDBYTES == NET_DEV_TX_BYTES &&
        HOST_NET_HOST_TRANSMITTEDCOMPRESSED - HOST_NET_HOST_RECEIVEDBYTES == NET_DEV_TX_COMPRESSED,
    "columns stand in the order of /proc/net/dev");

struct netdev_cycle {
    struct sum_step steps[NET_DEV__COUNT];
    double speed;
    bool has_speed;
};

static size_t netdev_add_row(const struct netdev_sample *device, struct frame *frame)
{
    struct frame_table *table = &frame->tables[SCOPE_NETDEV];
    size_t row = frame_add_row(table, 0);

    frame_set_text(table, row, NETDEV_DEVICE, frame_keep_text(frame, device->name));
    derive_gauge(table, row, NETDEV_NET_HOST_SPEED, device->speed, 1);
    return row;
}

static void derive_netdev(struct derive *derive, const struct netdev_sample *device,
                          struct frame *frame, struct netdev_cycle *all)
{
    bool shown = device->shown && derive->rows[SCOPE_NETDEV];
    struct netdev_state *state = &derive->netdevs[device->slot];
    struct frame_table *table = &frame->tables[SCOPE_NETDEV];
    size_t row;

    if (state->birth != device->birth)
        *state = (struct netdev_state){.birth = device->birth};
    if (!device->at.ns || (!shown && !device->considered))
        return;
    row = shown ? netdev_add_row(device, frame) : 0;
    for (unsigned c = 0; c < NET_DEV__COUNT; c++) {
        struct raw reading = raw_of(device->counters[c], device->at);
        struct counter *counter = &state->counters[c];
        bool known = raw_valid(counter->last);
        struct step step = counter_step(counter, reading);

        if (shown)
            derive_step(table, row, NETDEV_NET_HOST_RECEIVEDBYTES + c, step, reading, DERIVE_COUNT);
        if (device->considered)
            sum_member(&derive->netdev_sums[c], &all->steps[c], step,
                       (struct membership){.reading = reading,
                                           .known = known,
                                           .set_is_new = !derive->netdevs_seen});
    }
    if (device->considered && raw_valid(device->speed)) {
        all->speed += (double)device->speed.value;
        all->has_speed = true;
    }
}

void derive_netdevs(struct derive *derive, const struct sample *sample, struct frame *frame)
{
    const struct host_sample *host = &sample->host;
    struct frame_table *table = &frame->tables[SCOPE_HOST];
    struct netdev_cycle all = {.speed = 0};
    bool there = false;

    derive->netdevs = array_grow(derive->netdevs, &derive->netdev_capacity, host->netdev_slot_count,
                                 sizeof(*derive->netdevs));
    for (size_t i = 0; i < host->netdev_count; i++) {
        const struct netdev_sample *device = host->netdevs[i];

        derive_netdev(derive, device, frame, &all);
        there |= device->at.ns && (device->shown || device->considered);
    }
    if (!there) /* the host's file was not read; VMs' namespaces have files of their own */
        return;
    for (unsigned c = 0; c < NET_DEV__COUNT; c++) {
        unsigned column = HOST_NET_HOST_RECEIVEDBYTES + c;

        if (all.steps[c].members && !all.steps[c].incomplete)
            frame_set_number(table, 0, column, all.steps[c].rate);
        if (derive->netdev_sums[c].started)
            frame_set_counter(table, 0, column, derive->netdev_sums[c].total);
        derive->netdevs_seen |= derive->netdev_sums[c].started;
    }
    if (all.has_speed)
        frame_set_number(table, 0, HOST_NET_HOST_SPEED, all.speed);
}
