/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/overcommit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* What is cut off both ends of the sum's distribution, in all: without it, the distribution would
 * grow by the full range of each VM, and most of it would be below 1e-100. */
#define OVERCOMMIT_CUT 1e-12
/* Of a cumulated share, or of a multiple of the grid: a sum of doubles that should be 0.95 is. */
#define OVERCOMMIT_GRAIN 1e-9
#define OVERCOMMIT_P     0.95
/* Cells made at a time: with what they are made of, they stay in the CPU's first cache. */
#define OVERCOMMIT_BLOCK 1024

#define OVERCOMMIT_DAY      86400.0
#define OVERCOMMIT_DAYS_MIN 7
#define OVERCOMMIT_DAYS_FAR 36500.0

static double overcommit_cores(const struct overcommit_vm *vm, size_t i)
{
    return isfinite(vm->cores[i]) && vm->cores[i] > 0 ? vm->cores[i] : 0;
}

static double overcommit_share(const struct overcommit_vm *vm, size_t i)
{
    return isfinite(vm->shares[i]) && vm->shares[i] > 0 ? vm->shares[i] : 0;
}

static double overcommit_total(const struct overcommit_vm *vm)
{
    double total = 0;

    for (size_t i = 0; i < vm->count; i++)
        total += overcommit_share(vm, i);
    return total;
}

double overcommit_p95(const struct overcommit_vm *vm)
{
    double wanted = overcommit_total(vm) * (OVERCOMMIT_P - OVERCOMMIT_GRAIN);
    double p95 = INFINITY;

    if (!(wanted > 0))
        return 0;
    for (size_t i = 0; i < vm->count; i++) {
        double value = overcommit_cores(vm, i), sum = 0;
        for (size_t j = 0; j < vm->count; j++)
            if (overcommit_cores(vm, j) <= value)
                sum += overcommit_share(vm, j);
        if (sum >= wanted)
            p95 = fmin(p95, value);
    }
    return isfinite(p95) ? p95 : 0;
}

/* A VM's value on the grid. */
struct overcommit_part {
    size_t cell;
    double share;
};

/* The sum so far: cells[low..high], where cells[i] is that of base + i on the grid; and room for
 * the next one. Around them lie as many zeros as any VM's range has cells, and behind them those of
 * a block more: no reading needs a check. */
struct overcommit_sum {
    double *cells, *next;
    size_t cells_capacity, next_capacity;
    size_t base, low, high;
    size_t reach; /* zeros on either side */
    struct overcommit_part *parts;
    size_t count, lowest, highest; /* of the parts; their cells */
    double cut;                    /* what each VM may cut off one end */
};

/* next[first..] = sum over the parts of share * cells[source - part], four parts at a time: then
 * what it costs is arithmetic and not memory. */
static void overcommit_block(const struct overcommit_sum *sum, size_t source, size_t first)
{
    double out[OVERCOMMIT_BLOCK] = {0};
    const struct overcommit_part *part = sum->parts;

    for (size_t k = 0; k < sum->count; k += 4, part += 4) {
        const double *a = sum->cells + (source - part[0].cell);
        const double *b = sum->cells + (source - part[1].cell);
        const double *c = sum->cells + (source - part[2].cell);
        const double *d = sum->cells + (source - part[3].cell);
        double wa = part[0].share, wb = part[1].share, wc = part[2].share, wd = part[3].share;
        for (size_t i = 0; i < OVERCOMMIT_BLOCK; i++)
            out[i] += (wa * a[i] + wb * b[i]) + (wc * c[i] + wd * d[i]);
    }
    memcpy(sum->next + first, out, sizeof(out));
}

/* The VM's values on the grid, shares adding up to 1, their number made a multiple of four. False =
 * it takes nothing. */
static bool overcommit_parts(struct overcommit_sum *sum, const struct overcommit_vm *vm)
{
    double total = overcommit_total(vm);
    size_t low = SIZE_MAX, high = 0, count = 0;

    if (!(total > 0) || !isfinite(total))
        return false;
    for (size_t i = 0; i < vm->count; i++) {
        double share = overcommit_share(vm, i) / total;
        size_t cell = (size_t)lround(overcommit_cores(vm, i) / OVERCOMMIT_GRID);
        if (!(share > 0))
            continue;
        sum->parts[count++] = (struct overcommit_part){cell, share};
        low = cell < low ? cell : low;
        high = cell > high ? cell : high;
    }
    if (count == 0)
        return false;
    while (count % 4 != 0)
        sum->parts[count++] = (struct overcommit_part){low, 0};
    sum->count = count;
    sum->lowest = low;
    sum->highest = high;
    return true;
}

/* Cuts both ends off, and puts what they held into the cells that became the outermost. */
static void overcommit_trim(struct overcommit_sum *sum)
{
    double *cells = sum->cells, mass = 0;

    for (; sum->low < sum->high && mass + cells[sum->low] <= sum->cut; sum->low++)
        mass += cells[sum->low];
    cells[sum->low] += mass;
    mass = 0;
    for (; sum->high > sum->low && mass + cells[sum->high] <= sum->cut; sum->high--)
        mass += cells[sum->high];
    cells[sum->high] += mass;
    memset(cells + sum->low - sum->reach, 0, sum->reach * sizeof(*cells));
    memset(cells + sum->high + 1, 0, (sum->reach + OVERCOMMIT_BLOCK) * sizeof(*cells));
}

/* Room in `next` for a sum of so many cells with the zeros around it. */
static void overcommit_grow(struct overcommit_sum *sum, size_t width)
{
    sum->next = array_grow(sum->next, &sum->next_capacity,
                           width + 2 * sum->reach + 2 * OVERCOMMIT_BLOCK, sizeof(*sum->next));
}

static void overcommit_swap(struct overcommit_sum *sum)
{
    double *cells = sum->cells;
    size_t capacity = sum->cells_capacity;

    sum->cells = sum->next;
    sum->cells_capacity = sum->next_capacity;
    sum->next = cells;
    sum->next_capacity = capacity;
}

static void overcommit_add(struct overcommit_sum *sum, const struct overcommit_vm *vm)
{
    if (!overcommit_parts(sum, vm))
        return;
    size_t width = sum->high - sum->low + sum->highest - sum->lowest + 1;
    /* What the lowest cell of the next sum is made of lies `lowest` below it in this one. */
    size_t source = sum->low + sum->lowest;
    overcommit_grow(sum, width);
    for (size_t i = 0; i < width; i += OVERCOMMIT_BLOCK)
        overcommit_block(sum, source + i, sum->reach + i);
    overcommit_swap(sum);
    sum->base = sum->base + source - sum->reach;
    sum->low = sum->reach;
    sum->high = sum->reach + width - 1;
    overcommit_trim(sum);
}

/* Begins with nothing, 0 cores for certain; `most`: what the largest of the VMs takes at most. The
 * base may be below 0, in the arithmetic of size_t. */
static void overcommit_begin(struct overcommit_sum *sum, size_t values, size_t vms, double most)
{
    memset(sum, 0, sizeof(*sum));
    sum->reach = (size_t)ceil(most / OVERCOMMIT_GRID) + 1;
    sum->parts = xcalloc(values + 4, sizeof(*sum->parts));
    overcommit_grow(sum, 1);
    overcommit_swap(sum);
    sum->base = 0 - sum->reach;
    sum->low = sum->high = sum->reach;
    sum->cells[sum->low] = 1;
    sum->cut = OVERCOMMIT_CUT / 2 / (double)(vms > 0 ? vms : 1);
}

static void overcommit_end(struct overcommit_sum *sum)
{
    free(sum->cells);
    free(sum->next);
    free(sum->parts);
}

static void overcommit_read(const struct overcommit_sum *sum, double cores, struct overcommit *ret)
{
    double below = 0, risk = 0;
    bool found = false;

    for (size_t i = sum->low; i <= sum->high; i++) {
        double value = (double)(sum->base + i) * OVERCOMMIT_GRID;
        below += sum->cells[i];
        if (!found && (below >= OVERCOMMIT_P - OVERCOMMIT_GRAIN || i == sum->high)) {
            found = true;
            ret->p95 = value;
        }
        if (value > cores + OVERCOMMIT_GRAIN)
            risk += sum->cells[i];
    }
    ret->risk = fmin(risk, 1);
}

/* Highest value, and mean, of a VM. */
static double overcommit_most(const struct overcommit_vm *vm, double *ret_mean)
{
    double total = overcommit_total(vm), most = 0, mean = 0;

    for (size_t i = 0; i < vm->count; i++) {
        double share = overcommit_share(vm, i), value = overcommit_cores(vm, i);
        if (!(share > 0))
            continue;
        most = fmax(most, value);
        mean += share / total * value;
    }
    *ret_mean = mean;
    return most;
}

int overcommit_compute(const struct overcommit_vm *vms, size_t count, double cores,
                       struct overcommit *ret)
{
    double most = 0, total = 0, p95s = 0;
    size_t values = 0;
    struct overcommit result = {0};
    struct overcommit_sum sum;

    for (size_t i = 0; i < count; i++) {
        double mean, highest = overcommit_most(&vms[i], &mean);
        most = fmax(most, highest);
        total += highest;
        values = vms[i].count > values ? vms[i].count : values;
        result.mean += mean;
        p95s += overcommit_p95(&vms[i]);
    }
    if (!(total <= OVERCOMMIT_CORES_MAX))
        return -E2BIG;
    overcommit_begin(&sum, values, count, most);
    for (size_t i = 0; i < count; i++)
        overcommit_add(&sum, &vms[i]);
    overcommit_read(&sum, cores, &result);
    overcommit_end(&sum);
    result.diversity = result.p95 > 0 ? p95s / result.p95 : (double)NAN;
    *ret = result;
    return 0;
}

static void overcommit_begin_day(struct overcommit_measured *measured)
{
    histogram_done(&measured->today);
    histogram_init(&measured->today, HISTOGRAM_PERCENT, 0, 0);
}

void overcommit_measured_init(struct overcommit_measured *measured, double cores, double half_life)
{
    memset(measured, 0, sizeof(*measured));
    measured->cores = cores;
    measured->day = -1;
    histogram_init(&measured->sum, HISTOGRAM_PERCENT, 0, half_life);
    histogram_init(&measured->today, HISTOGRAM_PERCENT, 0, 0);
}

void overcommit_measured_done(struct overcommit_measured *measured)
{
    histogram_done(&measured->sum);
    histogram_done(&measured->today);
}

static void overcommit_push_day(struct overcommit_measured *measured, double p95)
{
    double *days = measured->p95_of_day;

    if (measured->days >= OVERCOMMIT_DAYS_MAX) {
        memmove(days, days + 1, (OVERCOMMIT_DAYS_MAX - 1) * sizeof(*days));
        measured->days = OVERCOMMIT_DAYS_MAX - 1;
    }
    days[measured->days++] = p95;
}

/* In cores, of a histogram of percent of them. */
static double overcommit_quantile(const struct overcommit_measured *measured,
                                  const struct histogram *histogram)
{
    return histogram_quantile(histogram, OVERCOMMIT_P) / 100 * measured->cores;
}

/* Closes the day that was, and puts none for each day that was missed. After a clock was set back
 * nobody knows which day the values were of. */
static void overcommit_turn_day(struct overcommit_measured *measured, int64_t day)
{
    if (measured->day >= 0 && day > measured->day) {
        int64_t missed = day - measured->day - 1;
        overcommit_push_day(measured, overcommit_quantile(measured, &measured->today));
        for (int64_t i = 0; i < missed && i < OVERCOMMIT_DAYS_MAX; i++)
            overcommit_push_day(measured, (double)NAN);
    }
    overcommit_begin_day(measured);
    measured->day = day;
}

void overcommit_measured_take(struct overcommit_measured *measured, double sum, double seconds)
{
    if (!isfinite(sum) || sum < 0 || !(measured->cores > 0) || !(seconds >= 0) || seconds > 1e15)
        return;
    int64_t day = (int64_t)floor(seconds / OVERCOMMIT_DAY);
    if (day != measured->day)
        overcommit_turn_day(measured, day);
    double percent = sum / measured->cores * 100;
    histogram_add(&measured->sum, percent, seconds);
    histogram_add(&measured->today, percent, seconds);
    measured->samples++;
    measured->over += sum > measured->cores;
}

double overcommit_measured_p95(const struct overcommit_measured *measured)
{
    return overcommit_quantile(measured, &measured->sum);
}

double overcommit_days_left(const struct overcommit_measured *measured)
{
    double n = 0, mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    size_t days = measured->days < OVERCOMMIT_DAYS_MAX ? measured->days : OVERCOMMIT_DAYS_MAX;

    /* x: days after the newest one, so 0 and below. */
    for (size_t i = 0; i < days; i++) {
        double y = measured->p95_of_day[i], x = (double)i - (double)(days - 1);
        if (!isfinite(y))
            continue;
        n++;
        double dx = x - mean_x, dy = y - mean_y;
        mean_x += dx / n;
        mean_y += dy / n;
        xx += dx * (x - mean_x);
        xy += dx * (y - mean_y);
    }
    if (n < OVERCOMMIT_DAYS_MIN || !(xx > 0))
        return (double)NAN;
    double slope = xy / xx, now = mean_y - slope * mean_x;
    if (now >= measured->cores)
        return 0;
    if (!(slope > 0))
        return (double)NAN;
    double left = (measured->cores - now) / slope;
    return left <= OVERCOMMIT_DAYS_FAR ? left : (double)NAN;
}
