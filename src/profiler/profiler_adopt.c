/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The profile of a VM: a new one, or a saved one for the metrics of this run. */
#include <string.h>

#include "base/util.h"
#include "profiler/profiler_internal.h"

/* Number of the channel of that name; profile->count = there is none. */
static size_t adopt_find(const struct profile *profile, const char *name)
{
    size_t i = 0;

    while (i < profile->count && strcmp(profile->channels[i]->spec.name, name) != 0)
        i++;
    return i;
}

/* The channels that a VM's profile has: of a saved one all that it has, with its own ranges, and
 * those that are profiled now. */
static size_t adopt_specs(const struct profiler *profiler, const struct profile *saved,
                          struct channel_spec specs[PROFILE_CHANNELS_MAX])
{
    size_t count = 0;
    enum profiler_metric other;

    for (unsigned m = 0; m < PROFILER_METRIC__COUNT; m++) {
        size_t i = saved ? adopt_find(saved, profiler_metric_name(m)) : 0;

        if (saved && i < saved->count)
            specs[count++] = saved->channels[i]->spec;
        else if (profiler->settings.metrics & 1u << m)
            profiler_metric_spec(m, &profiler->settings.ranges, &specs[count++]);
    }
    for (size_t i = 0; saved && i < saved->count && count < PROFILE_CHANNELS_MAX; i++) {
        if (!profiler_metric_by_name(saved->channels[i]->spec.name, &other))
            specs[count++] = saved->channels[i]->spec;
    }
    return count;
}

static bool adopt_fits(const struct profile *saved, const struct channel_spec *specs, size_t count)
{
    bool fits = saved->count == count;

    for (size_t i = 0; fits && i < count; i++)
        fits = strcmp(saved->channels[i]->spec.name, specs[i].name) == 0;
    return fits;
}

/* A profile of these channels that has learned all that the saved one has, but for its phases:
 * those are ways of all metrics together, and begin anew with another set of them. */
static struct profile *adopt_extend(const struct profiler *profiler, struct profile *saved,
                                    const struct channel_spec *specs, size_t count)
{
    struct profile *fresh = profile_new(specs, count, &profiler->settings.profile);

    for (size_t i = 0; i < count; i++) {
        size_t from = adopt_find(saved, specs[i].name);
        struct channel *channel = fresh->channels[i];

        if (from == saved->count)
            continue;
        fresh->channels[i] = saved->channels[from];
        saved->channels[from] = channel;
    }
    fresh->samples = saved->samples;
    fresh->filled = saved->filled;
    fresh->steps = saved->steps;
    fresh->first = saved->first;
    fresh->last = saved->last;
    fresh->learned = saved->learned;
    profile_free(saved);
    return fresh;
}

void profiler_adopt(struct profiler *profiler, struct profiler_vm *vm, struct profile *saved)
{
    struct channel_spec specs[PROFILE_CHANNELS_MAX];
    size_t count = adopt_specs(profiler, saved, specs);
    struct profile *profile = saved;

    if (!saved)
        profile = profile_new(specs, count, &profiler->settings.profile);
    else if (!adopt_fits(saved, specs, count))
        profile = adopt_extend(profiler, saved, specs, count);
    for (size_t i = 0; i < profile->count; i++) {
        enum profiler_metric metric;

        vm->sources[i] = profiler_metric_by_name(profile->channels[i]->spec.name, &metric)
                             ? metric
                             : PROFILER_METRIC__COUNT;
    }
    profile_free(vm->shown.profile);
    vm->shown.profile = profile;
    vm->loaded = saved;
}
