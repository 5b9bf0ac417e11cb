/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks of a VM, and their sum. The figures are the hypervisor interface's,
 * which is slower than the cycle. VM rows and disk rows have the same cells.
 */
#include <math.h>

#include "base/util.h"
#include "derive/internal.h"

#define NS_PER_MS_F 1e6

/* Columns of both tables, counted from their first. */
#define PLACE(column) ((column)-VMDISK_DISK_SIZE_CAPACITY)
_Static_assert(PLACE(VMDISK_DISK_STATS_FLUSHTOTALTIMES) ==
                       VM_DISK_STATS_FLUSHTOTALTIMES - VM_DISK_SIZE_CAPACITY &&
                   PLACE(VMDISK_DISK_LAT_AVG) == VM_DISK_LAT_AVG - VM_DISK_SIZE_CAPACITY,
               "VM rows and disk rows have the same columns");

/* The share of a host device that a disk has, between two readings of the disk. */
struct disk_load {
    uint64_t birth;     /* of the device; 0 = there is no earlier reading */
    uint64_t breaks;    /* of the device, then */
    uint64_t bytes;     /* that the device had moved */
    uint64_t busy_ms;   /* that it had been busy */
    struct mono at;     /* of that reading of the device */
    double util, share; /* of the last step: % of the device, %; NAN = not known */
};

struct disk_state {
    uint64_t id; /* see members.h */
    struct counter counters[DISK_COUNTER__COUNT];
    struct disk_load load;
};

static const struct {
    enum vmdisk_column reading; /* where the connector puts it */
    unsigned place;             /* of the rate */
    double scale;
} disk_counters[DISK_COUNTER__COUNT] = {
    [DISK_READS] = {VMDISK_DISK_READS, PLACE(VMDISK_DISK_READS), 1},
    [DISK_WRITES] = {VMDISK_DISK_WRITES, PLACE(VMDISK_DISK_WRITES), 1},
    [DISK_FLUSHES] = {VMDISK_DISK_STATS_FLUSHREQ, PLACE(VMDISK_DISK_STATS_FLUSHREQ), 1},
    [DISK_READ_BYTES] = {VMDISK_DISK_MBREAD, PLACE(VMDISK_DISK_MBREAD), 1 / BYTES_PER_MB},
    [DISK_WRITTEN_BYTES] = {VMDISK_DISK_MBWRITE, PLACE(VMDISK_DISK_MBWRITE), 1 / BYTES_PER_MB},
    [DISK_READ_NS] = {VMDISK_DISK_STATS_RDTOTALTIMES, PLACE(VMDISK_DISK_STATS_RDTOTALTIMES),
                      1 / NS_PER_MS_F},
    [DISK_WRITE_NS] = {VMDISK_DISK_STATS_WRTOTALTIMES, PLACE(VMDISK_DISK_STATS_WRTOTALTIMES),
                       1 / NS_PER_MS_F},
    [DISK_FLUSH_NS] = {VMDISK_DISK_STATS_FLUSHTOTALTIMES, PLACE(VMDISK_DISK_STATS_FLUSHTOTALTIMES),
                       1 / NS_PER_MS_F},
    [DISK_ERRORS] = {VMDISK_DISK_ERRORS, PLACE(VMDISK_DISK_ERRORS), 1},
};

static const enum vmdisk_column disk_sizes[] = {
    VMDISK_DISK_SIZE_CAPACITY, VMDISK_DISK_SIZE_ALLOCATION, VMDISK_DISK_SIZE_PHYSICAL};

/* Of disks whose source is silent. */
static const struct sum_step disk_no_steps[DISK_COUNTER__COUNT];

/* A rate of the cycle, or NAN. */
static double disk_rate(const struct sum_step *steps, enum disk_counter c)
{
    return steps[c].members && !steps[c].incomplete ? steps[c].rate : NAN;
}

/* Milliseconds per request; not finite (so: an invalid cell) when none
 * completed. */
static double disk_latency(double ns_rate, double rate)
{
    return rate > 0 ? ns_rate / rate / NS_PER_MS_F : NAN;
}

/* The same of what some sources do not count: that adds nothing. */
static double disk_rate_or_zero(const struct sum_step *steps, enum disk_counter c)
{
    return steps[c].members || steps[c].incomplete ? disk_rate(steps, c) : 0;
}

static void disk_set_latencies(const struct sum_step *steps, const uint64_t *totals,
                               struct frame_table *table, size_t row, unsigned first)
{
    static const struct {
        unsigned place;
        enum disk_counter requests, ns;
    } latencies[] = {
        {PLACE(VMDISK_DISK_LAT_RD), DISK_READS, DISK_READ_NS},
        {PLACE(VMDISK_DISK_LAT_WR), DISK_WRITES, DISK_WRITE_NS},
        {PLACE(VMDISK_DISK_LAT_FL), DISK_FLUSHES, DISK_FLUSH_NS},
    };
    double requests = disk_rate(steps, DISK_READS) + disk_rate(steps, DISK_WRITES) +
                      disk_rate_or_zero(steps, DISK_FLUSHES);
    double ns = disk_rate(steps, DISK_READ_NS) + disk_rate(steps, DISK_WRITE_NS) +
                disk_rate_or_zero(steps, DISK_FLUSH_NS);

    for (size_t i = 0; i < ARRAY_SIZE(latencies); i++) {
        enum disk_counter c = latencies[i].ns;

        frame_set_number(
            table, row, first + latencies[i].place,
            disk_latency(disk_rate(steps, c), disk_rate(steps, latencies[i].requests)));
        if (totals[c])
            frame_set_counter(table, row, first + latencies[i].place, totals[c] - 1);
    }
    frame_set_number(table, row, first + PLACE(VMDISK_DISK_LAT_AVG), disk_latency(ns, requests));
    frame_set_number(table, row, first + PLACE(VMDISK_DISK_INFLIGHT), ns / (double)NS_PER_S);
}

/* The rates of a row. totals: of each counter, plus 1; 0 = there is none. */
static void disk_set_rates(const struct sum_step *steps, const uint64_t *totals,
                           struct frame_table *table, size_t row, unsigned first)
{
    for (unsigned c = 0; c < DISK_COUNTER__COUNT; c++) {
        unsigned column = first + disk_counters[c].place;

        frame_set_number(table, row, column, disk_rate(steps, c) * disk_counters[c].scale);
        if (totals[c])
            frame_set_counter(table, row, column, totals[c] - 1);
    }
    disk_set_latencies(steps, totals, table, row, first);
}

/* All that is told of a disk, or of all of a VM's. */
static void disk_mark_told(struct frame_table *table, size_t row, unsigned first)
{
    for (unsigned i = 0; i <= PLACE(VMDISK_DISK_STATS_FLUSHTOTALTIMES); i++)
        frame_mark_told(table, row, first + i);
}

/* Steps the disk's share of its host device, in a cycle in which the disk was
 * read anew: the device's figures of about the same interval. */
static void disk_load_step(const struct derive *derive, struct disk_load *load,
                           const struct blockdev_sample *device, const struct step *steps)
{
    const struct blockdev_state *host = device ? &derive->blockdevs[device->slot] : NULL;
    double moved = (double)(steps[DISK_READ_BYTES].delta + steps[DISK_WRITTEN_BYTES].delta);
    struct disk_load last = *load;
    double seconds, bytes;

    *load = (struct disk_load){.util = NAN, .share = NAN};
    if (!host || !host->at.ns || host->birth != device->birth)
        return;
    load->birth = host->birth;
    load->breaks = host->breaks;
    load->bytes = 512 * (host->sums[DISKSTAT_SECTORS_READ].total +
                         host->sums[DISKSTAT_SECTORS_WRITTEN].total);
    load->busy_ms = host->sums[DISKSTAT_MS_BUSY].total;
    load->at = host->at;
    if (last.birth != load->birth || last.breaks != load->breaks || load->at.ns <= last.at.ns ||
        !steps[DISK_READ_BYTES].valid || !steps[DISK_WRITTEN_BYTES].valid)
        return;
    seconds = mono_seconds_between(last.at, load->at);
    bytes = (double)(load->bytes - last.bytes);
    load->util = clamp_high((double)(load->busy_ms - last.busy_ms) / 10 / seconds, 100);
    /* More than the device moved: the rest came out of the host's cache. */
    load->share = moved <= 0 ? 0 : moved < bytes ? load->util * moved / bytes : load->util;
}

/* device: of the host, that holds the image; NULL = none, or not known */
static size_t disk_add_row(const struct vm_disk *disk, const struct blockdev_sample *device,
                           struct frame *frame, size_t vm_row)
{
    struct frame_table *table = &frame->tables[SCOPE_VMDISK];
    size_t row = frame_add_row(table, (uint32_t)vm_row);

    frame_set_text(table, row, VMDISK_DISK_NAME, disk->name);
    table->labels[row] = (struct row_labels){
        .backend = disk->backend,
        .source = disk->source,
        .device = device ? frame_keep_text(frame, device->name) : NULL,
    };
    for (size_t i = 0; i < ARRAY_SIZE(disk_sizes); i++)
        derive_gauge(table, row, disk_sizes[i], disk->columns[disk_sizes[i]], 1);
    return row;
}

static void disk_set_row(const struct vm_work *work, const struct vm_disk *disk,
                         const struct blockdev_sample *device, const struct disk_state *state,
                         const struct sum_step *steps)
{
    struct frame_table *table = &work->frame->tables[SCOPE_VMDISK];
    size_t row = disk_add_row(disk, device, work->frame, work->row);
    uint64_t totals[DISK_COUNTER__COUNT] = {0};

    for (unsigned c = 0; c < DISK_COUNTER__COUNT; c++) {
        struct raw reading = disk->columns[disk_counters[c].reading];

        totals[c] = raw_valid(reading) ? reading.value + 1 : 0;
    }
    disk_set_rates(work->silent ? disk_no_steps : steps, totals, table, row,
                   VMDISK_DISK_SIZE_CAPACITY);
    if (!work->silent)
        frame_set_number(table, row, VMDISK_DISK_IOUTIL, state->load.share);
    disk_mark_told(table, row, VMDISK_DISK_SIZE_CAPACITY);
}

/* What the disks of a VM did in this cycle. */
struct disk_sums {
    struct sum_step steps[DISK_COUNTER__COUNT];
    uint64_t sizes[ARRAY_SIZE(disk_sizes)];
    bool has_size[ARRAY_SIZE(disk_sizes)];
};

static void disk_add_sizes(struct disk_sums *sums, const struct vm_disk *disk)
{
    for (size_t i = 0; i < ARRAY_SIZE(disk_sizes); i++) {
        struct raw size = disk->columns[disk_sizes[i]];

        if (!raw_valid(size))
            continue;
        sums->sizes[i] += size.value;
        sums->has_size[i] = true;
    }
}

/* The disk with number i. */
static void derive_disk(const struct vm_work *work, size_t i, struct disk_state *state,
                        struct disk_sums *sums)
{
    const struct vm_disk *disk = &work->vm->info->disks[i];
    struct vm_state_kept *vm = work->state;
    struct step steps[DISK_COUNTER__COUNT];
    struct sum_step own[DISK_COUNTER__COUNT] = {{.members = 0}};
    struct sum alone[DISK_COUNTER__COUNT] = {{.total = 0}};
    const struct blockdev_sample *device =
        work->vm->disk_devices ? work->vm->disk_devices[i] : NULL;
    struct raw moved = disk->columns[VMDISK_DISK_MBREAD];
    bool is_new_reading = moved.at.ns != state->counters[DISK_READ_BYTES].last.at.ns;

    for (unsigned c = 0; c < DISK_COUNTER__COUNT; c++) {
        struct raw reading = disk->columns[disk_counters[c].reading];
        struct membership membership = {.reading = reading,
                                        .known = counter_expects_step(&state->counters[c], reading),
                                        .set_is_new = !vm->disks_seen};

        steps[c] = counter_step_slow(&state->counters[c], reading);
        sum_member(&alone[c], &own[c], steps[c], membership);
        if (disk->is_total)
            sum_member(&vm->disk_sums[c], &sums->steps[c], steps[c], membership);
    }
    if (!raw_valid(moved)) /* the next share is that of the whole time since the last reading */
        state->load.util = state->load.share = NAN;
    else if (is_new_reading)
        disk_load_step(work->derive, &state->load, device, steps);
    if (disk->is_total)
        disk_add_sizes(sums, disk);
    if (work->derive->rows[SCOPE_VMDISK])
        disk_set_row(work, disk, device, state, own);
}

/* The VM's share of the device that it loads most: on each device the sum of
 * its disks', at most what the device has. */
static double disk_busiest(const struct vm_sample *vm, const struct disk_state *states)
{
    const struct vm_info *info = vm->info;
    double busiest = NAN;

    for (size_t i = 0; i < info->disk_count; i++) {
        double sum = 0;

        if (!info->disks[i].is_total || isnan(states[i].load.share) || !states[i].load.birth)
            continue;
        for (size_t j = 0; j < info->disk_count; j++) {
            if (info->disks[j].is_total && states[j].load.birth == states[i].load.birth &&
                !isnan(states[j].load.share))
                sum += states[j].load.share;
        }
        sum = clamp_high(sum, states[i].load.util);
        if (isnan(busiest) || sum > busiest)
            busiest = sum;
    }
    return busiest;
}

static void disk_set_vm(const struct vm_work *work, const struct disk_sums *sums)
{
    struct frame_table *table = &work->frame->tables[SCOPE_VM];
    size_t row = work->row;
    uint64_t totals[DISK_COUNTER__COUNT] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(disk_sizes); i++) {
        if (sums->has_size[i])
            frame_set_number(table, row, VM_DISK_SIZE_CAPACITY + PLACE(disk_sizes[i]),
                             (double)sums->sizes[i]);
    }
    for (unsigned c = 0; c < DISK_COUNTER__COUNT; c++)
        totals[c] = work->state->disk_sums[c].started ? work->state->disk_sums[c].total + 1 : 0;
    disk_set_rates(work->silent ? disk_no_steps : sums->steps, totals, table, row,
                   VM_DISK_SIZE_CAPACITY);
    if (!work->silent && !sums->steps[DISK_READ_BYTES].incomplete &&
        !sums->steps[DISK_WRITTEN_BYTES].incomplete)
        frame_set_number(table, row, VM_DISK_IOUTIL,
                         disk_busiest(work->vm, work->state->disks.states));
    disk_mark_told(table, row, VM_DISK_SIZE_CAPACITY);
}

void derive_vm_disks(const struct vm_work *work)
{
    const struct vm_info *info = work->vm->info;
    struct vm_state_kept *state = work->state;
    struct disk_sums sums = {.sizes = {0}};

    for (size_t i = 0; i < info->disk_count; i++) {
        const struct vm_disk *disk = &info->disks[i];
        bool is_new;
        struct disk_state *kept =
            members_settle(&state->disks, sizeof(*kept), i, hash_text(disk->name), &is_new);

        if (is_new)
            kept->load.util = kept->load.share = NAN;
        derive_disk(work, i, kept, &sums);
        if (disk->is_total && !raw_valid(disk->columns[VMDISK_DISK_READS]))
            work->frame->tables[SCOPE_VM].notes[work->row] |= ROW_DISK_PARTIAL;
    }
    members_cut(&state->disks, info->disk_count);
    for (unsigned c = 0; c < DISK_COUNTER__COUNT; c++)
        state->disks_seen |= state->disk_sums[c].started;
    if (info->disk_count)
        disk_set_vm(work, &sums);
}
