/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "made_learned.h"

#include <math.h>
#include <stdio.h>

#include "made_profile.h"
#include "support.h"

#define MADE_START 1.79e9

struct profile_settings made_kind(unsigned kind)
{
    struct profile_settings settings;

    profile_settings_defaults(&settings);
    settings.buffer = 3;
    switch (kind) {
    case 1:
        settings.buffer = 1;
        settings.phantom_start = true;
        break;
    case 2:
        settings.states = 8;
        settings.history = 3;
        settings.rows_max = 40;
        break;
    case 3:
        settings.dynamic = true;
        break;
    case 4:
        settings.binning = SCALE_EQUAL;
        settings.filter_deviations = 2.5;
        break;
    case 5:
        settings.calendar = CALENDAR_HOUR_OF_DAY;
        break;
    case 6:
        settings.calendar = CALENDAR_HOUR_OF_WEEK;
        settings.periods = (struct period_tree){{3, 4, 5}, 3};
        break;
    case 7:
        settings.row_cap = 20;
        settings.window = 7;
        settings.half_life = 600;
        break;
    case 8:
        settings.states = 2;
        settings.history = 4;
        settings.half_life = 0;
        break;
    case 9:
        settings.states = 64;
        settings.sample_seconds = 0.1;
        settings.window = 64;
        break;
    default:
        break;
    }
    return settings;
}

struct profile *made_profile(const struct profile_settings *settings, size_t count)
{
    const struct profiler_ranges ranges = {.io_max = 1e9, .log_scale = 1u << PROFILER_NET};
    struct channel_spec specs[PROFILE_CHANNELS_MAX];

    for (size_t i = 0; i < count; i++) {
        char name[32];

        if (i < PROFILER_METRIC__COUNT) {
            profiler_metric_spec((enum profiler_metric)i, &ranges, &specs[i]);
            continue;
        }
        snprintf(name, sizeof(name), "metric_%zu", i);
        profiler_spec_by_name(name, &ranges, &specs[i]);
    }
    return profile_new(specs, count, settings);
}

static double made_hash(uint64_t number, uint64_t of)
{
    struct random_source source = {number * 1000003 + of};

    random_next(&source);
    return random_unit(&source);
}

/* Slow waves with noise on them; a night and a day of 400 samples. */
static double made_value(const struct channel *channel, size_t metric, uint64_t number)
{
    double noise = made_hash(number, metric), wave = sin((double)number / (10 + (double)metric));
    double at = number / 400 % 2 ? 0.5 + 0.3 * wave : 0.1;

    if (number % 977 == 500 + metric)
        return NAN;
    if (noise > 0.995)
        return channel->spec.hi * 3;
    if (noise < 0.3)
        return 0;
    return channel->spec.hi * at * noise;
}

void made_learn(struct profile *profile, uint64_t from, uint64_t samples)
{
    struct series_scratch *scratch = series_scratch_new();
    double step = profile->settings->sample_seconds;

    for (uint64_t number = from; number < from + samples; number++) {
        double values[PROFILE_CHANNELS_MAX];
        double seconds = MADE_START + (double)number * step;

        for (size_t i = 0; i < profile->count; i++)
            values[i] = made_value(profile->channels[i], i, number);
        profile_take(profile, values, seconds, (int)(number / 50 % 24));
        if (number % 100 == 99)
            profile_find_periods(profile, scratch);
    }
    series_scratch_free(scratch);
}

struct vm_identity made_vm(const char *name)
{
    return (struct vm_identity){
        .uuid = xstrdup("6f1c2d3e-0000-4000-8000-00000000002a"),
        .name = name ? xstrdup(name) : NULL,
        .key = xstrdup("100"),
        .vcpus = 4,
        .mem_kb = 8388608,
        .guest_memory = true,
    };
}
