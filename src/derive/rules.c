/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences, rates and sums. */
#include "derive/rules.h"

#include <math.h>

static struct step step_of(struct counter *counter, uint64_t delta, double seconds)
{
    struct step step = {.valid = true, .delta = delta, .seconds = seconds};

    step.rate = (double)delta / seconds;
    counter->rate = step.rate;
    counter->has_rate = true;
    return step;
}

static struct step counter_advance(struct counter *counter, struct raw reading, bool back_is_zero,
                                   bool hold)
{
    struct raw last = counter->last;
    bool back = reading.value < last.value;
    double seconds;

    if (!raw_valid(reading))
        return (struct step){0};
    if (raw_valid(last) && reading.at.ns == last.at.ns)
        return hold ? (struct step){.valid = counter->has_rate, .held = true, .rate = counter->rate}
                    : (struct step){0};
    counter->is_first = !raw_valid(last);
    counter->last = reading;
    counter->has_rate = false;
    if (!raw_valid(last) || reading.at.ns < last.at.ns || (back && !back_is_zero))
        return (struct step){0};
    seconds = mono_seconds_between(last.at, reading.at);
    return step_of(counter, back ? 0 : reading.value - last.value, seconds);
}

struct step counter_step(struct counter *counter, struct raw reading)
{
    return counter_advance(counter, reading, false, false);
}

struct step counter_step_slow(struct counter *counter, struct raw reading)
{
    return counter_advance(counter, reading, false, true);
}

struct step counter_step_32(struct counter *counter, struct raw reading, double limit)
{
    struct raw last = counter->last;
    struct step step = counter_step(counter, reading);
    uint64_t delta = (uint32_t)(reading.value - last.value);
    double seconds = mono_seconds_between(last.at, reading.at);

    if (step.valid || !raw_valid(reading) || !raw_valid(last) || reading.at.ns <= last.at.ns ||
        last.value > UINT32_MAX || (double)delta > limit * seconds)
        return step;
    return step_of(counter, delta, seconds);
}

struct step counter_step_back_is_zero(struct counter *counter, struct raw reading)
{
    return counter_advance(counter, reading, true, false);
}

struct step counter_step_newborn(struct counter *counter, struct raw reading, struct mono since)
{
    if (!raw_valid(reading) || !since.ns || reading.at.ns <= since.ns ||
        reading.value > (uint64_t)(reading.at.ns - since.ns))
        return counter_step(counter, reading);
    counter->last = reading;
    counter->is_first = false;
    return step_of(counter, reading.value, mono_seconds_between(since, reading.at));
}

void sum_start(struct sum *sum, uint64_t value)
{
    sum->total += value;
    sum->started = true;
}

void sum_add(struct sum *sum, struct sum_step *cycle, struct step step)
{
    if (!step.valid)
        return;
    sum->total += step.delta;
    sum->started = true;
    cycle->members++;
    cycle->delta += step.delta;
    cycle->rate += step.rate;
    if (step.rate > cycle->highest)
        cycle->highest = step.rate;
}

void sum_member(struct sum *sum, struct sum_step *cycle, struct step step,
                struct membership membership)
{
    if (membership.set_is_new && raw_valid(membership.reading))
        sum_start(sum, membership.reading.value);
    cycle->incomplete |= membership.known && !step.valid && !membership.gone;
    sum_add(sum, cycle, step);
}

double percent(double part, double whole)
{
    return whole > 0 ? 100 * part / whole : NAN;
}

double clamp_high(double value, double limit)
{
    return value > limit ? limit : value;
}
