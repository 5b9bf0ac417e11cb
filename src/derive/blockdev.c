/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Block devices of the host, as iostat(1) reckons them, and their sum on the
 * host row. Host row and device rows have the same cells, in the same order.
 */
#include <math.h>

#include "base/util.h"
#include "derive/internal.h"

#define SECTOR_BYTES 512
/* Most ms that a second can bring: of time being busy, and of time summed over
 * requests, with a queue that no device has. */
#define BUSY_MS_PER_S    2000.0
#define REQUEST_MS_PER_S (1000.0 * 65536)

/* A device's, or the sum's, step of this cycle. */
struct blockdev_cycle {
    struct sum_step steps[DISKSTAT__COUNT];
    double in_flight;
    double busiest; /* %, of the members */
    bool has_in_flight;
};

/* Columns of both tables, counted from their first. */
#define PLACE(column) ((column)-BLOCKDEV_DISK_DEVICE_READS)
_Static_assert(PLACE(BLOCKDEV_DISK_DEVICE_WEIGHTEDTIMEFOROPS) ==
                       HOST_DISK_DEVICE_WEIGHTEDTIMEFOROPS - HOST_DISK_DEVICE_READS &&
                   PLACE(BLOCKDEV_DISK_DEVICE_AWAIT) ==
                       HOST_DISK_DEVICE_AWAIT - HOST_DISK_DEVICE_READS,
               "host row and device rows have the same columns");

static double blockdev_limit(enum diskstat stat)
{
    return stat == DISKSTAT_MS_BUSY ? BUSY_MS_PER_S : REQUEST_MS_PER_S;
}

static bool blockdev_is_time(enum diskstat stat)
{
    return stat == DISKSTAT_MS_READING || stat == DISKSTAT_MS_WRITING || stat == DISKSTAT_MS_BUSY ||
           stat == DISKSTAT_MS_WEIGHTED || stat == DISKSTAT_MS_DISCARDING ||
           stat == DISKSTAT_MS_FLUSHING;
}

/* Whether a counter that does not wrap fell: the device was set up anew. */
static bool blockdev_restarted(const struct blockdev_state *state,
                               const struct blockdev_sample *device)
{
    for (unsigned s = 0; s < device->counted; s++) {
        const struct raw last = state->counters[s].last;

        if (!blockdev_is_time(s) && s != DISKSTAT_IN_FLIGHT && raw_valid(last) &&
            device->counters[s] < last.value)
            return true;
    }
    return false;
}

/* Steps all counters of the device into *cycle. */
static void blockdev_step(struct blockdev_state *state, const struct blockdev_sample *device,
                          struct blockdev_cycle *cycle)
{
    bool first = !state->at.ns;

    if (blockdev_restarted(state, device)) {
        for (unsigned s = 0; s < DISKSTAT__COUNT; s++)
            state->counters[s] = (struct counter){0};
        state->breaks++;
    }
    for (unsigned s = 0; s < device->counted; s++) {
        struct raw reading = raw_of(device->counters[s], device->at);
        struct counter *counter = &state->counters[s];
        bool known = raw_valid(counter->last);
        struct step step;

        if (s == DISKSTAT_IN_FLIGHT)
            continue;
        step = blockdev_is_time(s) ? counter_step_32(counter, reading, blockdev_limit(s))
                                   : counter_step(counter, reading);
        state->breaks += known && !step.valid;
        sum_member(&state->sums[s], &cycle->steps[s], step,
                   (struct membership){.reading = reading, .known = known, .set_is_new = first});
    }
    cycle->in_flight = (double)device->counters[DISKSTAT_IN_FLIGHT];
    cycle->has_in_flight = true;
    state->at = device->at;
}

static bool blockdev_rate(const struct blockdev_cycle *cycle, enum diskstat stat, double *ret)
{
    const struct sum_step *step = &cycle->steps[stat];

    if (!step->members || step->incomplete)
        return false;
    *ret = step->rate;
    return true;
}

/* Sum of some rates: those that the kernel does not tell count as 0; NAN if one
 * that it does tell is not known. */
static double blockdev_rate_sum(const struct blockdev_cycle *cycle, const enum diskstat *stats,
                                size_t count)
{
    double sum = 0, rate;

    for (size_t i = 0; i < count; i++) {
        if (cycle->steps[stats[i]].incomplete)
            return NAN;
        if (blockdev_rate(cycle, stats[i], &rate))
            sum += rate;
    }
    return sum;
}

/* Times per request. */
static void blockdev_set_times(const struct blockdev_cycle *cycle, struct frame_table *table,
                               size_t row, unsigned first)
{
    static const enum diskstat requests[] = {DISKSTAT_READS, DISKSTAT_WRITES, DISKSTAT_DISCARDS,
                                             DISKSTAT_FLUSHES};
    static const enum diskstat waits[] = {DISKSTAT_MS_READING, DISKSTAT_MS_WRITING,
                                          DISKSTAT_MS_DISCARDING, DISKSTAT_MS_FLUSHING};
    double completed = blockdev_rate_sum(cycle, requests, ARRAY_SIZE(requests)), busy;

    if (!(completed > 0))
        return;
    if (blockdev_rate(cycle, DISKSTAT_MS_BUSY, &busy))
        frame_set_number(table, row, first + PLACE(BLOCKDEV_DISK_DEVICE_SERVICETIME),
                         busy / completed);
    frame_set_number(table, row, first + PLACE(BLOCKDEV_DISK_DEVICE_AWAIT),
                     blockdev_rate_sum(cycle, waits, ARRAY_SIZE(waits)) / completed);
}

/* The cells of the host row or of a device's; `first` is their first column. */
static void blockdev_set_cells(const struct blockdev_cycle *cycle, const struct sum *sums,
                               struct frame_table *table, size_t row, unsigned first)
{
    static const struct {
        unsigned place;
        enum diskstat stat;
        struct derive_unit unit;
    } cells[] = {
        {PLACE(BLOCKDEV_DISK_DEVICE_READS), DISKSTAT_READS, {1, 1}},
        {PLACE(BLOCKDEV_DISK_DEVICE_WRITES), DISKSTAT_WRITES, {1, 1}},
        {PLACE(BLOCKDEV_DISK_DEVICE_MBREAD),
         DISKSTAT_SECTORS_READ,
         {SECTOR_BYTES / BYTES_PER_MB, SECTOR_BYTES}},
        {PLACE(BLOCKDEV_DISK_DEVICE_MBWRITE),
         DISKSTAT_SECTORS_WRITTEN,
         {SECTOR_BYTES / BYTES_PER_MB, SECTOR_BYTES}},
        {PLACE(BLOCKDEV_DISK_DEVICE_QUEUELEN), DISKSTAT_MS_WEIGHTED, {0.001, NS_PER_MS}},
        {PLACE(BLOCKDEV_DISK_DEVICE_READSMERGED), DISKSTAT_READS_MERGED, {1, 1}},
        {PLACE(BLOCKDEV_DISK_DEVICE_SECTORSREAD), DISKSTAT_SECTORS_READ, {1, 1}},
        {PLACE(BLOCKDEV_DISK_DEVICE_TIMEREADING), DISKSTAT_MS_READING, {1, NS_PER_MS}},
        {PLACE(BLOCKDEV_DISK_DEVICE_WRITESMERGED), DISKSTAT_WRITES_MERGED, {1, 1}},
        {PLACE(BLOCKDEV_DISK_DEVICE_SECTORSWRITTEN), DISKSTAT_SECTORS_WRITTEN, {1, 1}},
        {PLACE(BLOCKDEV_DISK_DEVICE_TIMEWRITING), DISKSTAT_MS_WRITING, {1, NS_PER_MS}},
        {PLACE(BLOCKDEV_DISK_DEVICE_TIMEFOROPS), DISKSTAT_MS_BUSY, {1, NS_PER_MS}},
        {PLACE(BLOCKDEV_DISK_DEVICE_WEIGHTEDTIMEFOROPS), DISKSTAT_MS_WEIGHTED, {1, NS_PER_MS}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
        const struct sum *sum = &sums[cells[i].stat];
        unsigned column = first + cells[i].place;
        double rate;

        if (blockdev_rate(cycle, cells[i].stat, &rate))
            frame_set_number(table, row, column, rate * cells[i].unit.scale);
        if (sum->started)
            frame_set_counter(table, row, column, sum->total * cells[i].unit.base);
    }
    if (cycle->has_in_flight)
        frame_set_number(table, row, first + PLACE(BLOCKDEV_DISK_DEVICE_CURRENTOPS),
                         cycle->in_flight);
    blockdev_set_times(cycle, table, row, first);
}

/* What one device adds to the host's row. */
static void blockdev_add(struct derive *derive, const struct blockdev_state *state,
                         const struct blockdev_sample *device, const struct blockdev_cycle *own,
                         bool known, struct blockdev_cycle *all)
{
    for (unsigned s = 0; s < device->counted; s++) {
        const struct sum_step *mine = &own->steps[s];
        struct step step = {.valid = mine->members, .rate = mine->rate};

        if (s == DISKSTAT_IN_FLIGHT)
            continue;
        step.delta = mine->delta;
        sum_member(&derive->blockdev_sums[s], &all->steps[s], step,
                   (struct membership){
                       .reading = raw_of(state->sums[s].total, device->at),
                       .known = known,
                       .set_is_new = !derive->blockdevs_seen,
                   });
    }
    all->in_flight += own->in_flight;
    all->has_in_flight = true;
    if (own->busiest > all->busiest)
        all->busiest = own->busiest;
}

static void blockdev_set_row(const struct blockdev_sample *device,
                             const struct blockdev_state *state, const struct blockdev_cycle *cycle,
                             struct frame *frame)
{
    struct frame_table *table = &frame->tables[SCOPE_BLOCKDEV];
    size_t row = frame_add_row(table, 0);

    frame_set_text(table, row, BLOCKDEV_DEVICE, frame_keep_text(frame, device->name));
    frame_set_text(table, row, BLOCKDEV_CLASS, device->class);
    blockdev_set_cells(cycle, state->sums, table, row, BLOCKDEV_DISK_DEVICE_READS);
    if (cycle->steps[DISKSTAT_MS_BUSY].members)
        frame_set_number(table, row, BLOCKDEV_DISK_DEVICE_IOUTIL, cycle->busiest);
}

static void derive_blockdev(struct derive *derive, const struct blockdev_sample *device,
                            struct frame *frame, struct blockdev_cycle *all)
{
    struct blockdev_state *state = &derive->blockdevs[device->slot];
    struct blockdev_cycle cycle = {.in_flight = 0};
    bool known;

    if (state->birth != device->birth)
        *state = (struct blockdev_state){.birth = device->birth};
    if (!device->at.ns)
        return;
    known = state->at.ns != 0;
    blockdev_step(state, device, &cycle);
    cycle.busiest = clamp_high(cycle.steps[DISKSTAT_MS_BUSY].rate / 10, 100);
    if (device->shown && derive->rows[SCOPE_BLOCKDEV])
        blockdev_set_row(device, state, &cycle, frame);
    if (device->considered)
        blockdev_add(derive, state, device, &cycle, known, all);
}

void derive_blockdevs(struct derive *derive, const struct sample *sample, struct frame *frame)
{
    const struct host_sample *host = &sample->host;
    struct frame_table *table = &frame->tables[SCOPE_HOST];
    struct blockdev_cycle all = {.in_flight = 0};
    size_t considered = 0, there = 0;
    double busy;

    derive->blockdevs = array_grow(derive->blockdevs, &derive->blockdev_capacity,
                                   host->blockdev_slot_count, sizeof(*derive->blockdevs));
    for (size_t i = 0; i < host->blockdev_count; i++) {
        derive_blockdev(derive, host->blockdevs[i], frame, &all);
        there += host->blockdevs[i]->at.ns != 0;
        considered += host->blockdevs[i]->considered && host->blockdevs[i]->at.ns;
    }
    if (!there) /* the file was not read */
        return;
    derive->blockdevs_seen |= considered > 0;
    frame_set_number(table, 0, HOST_DISK_DEVICE_COUNT, (double)considered);
    blockdev_set_cells(&all, derive->blockdev_sums, table, 0, HOST_DISK_DEVICE_READS);
    if (blockdev_rate(&all, DISKSTAT_MS_BUSY, &busy))
        frame_set_number(table, 0, HOST_DISK_DEVICE_IOUTIL, all.busiest);
}
