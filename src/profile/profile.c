/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/profile.h"

#include <math.h>
#include <stdlib.h>

#include "base/util.h"

/* A hole of more buffers than this: what comes does not follow what was. */
#define PROFILE_HOLE_BUFFERS 5

struct profile *profile_new(const struct channel_spec *specs, size_t count,
                            const struct profile_settings *settings)
{
    struct profile *profile = xcalloc(1, sizeof(*profile));
    struct matrix_settings each[PROFILE_CHANNELS_MAX];

    profile->settings = settings;
    profile->count = min_size(count, PROFILE_CHANNELS_MAX);
    for (size_t i = 0; i < profile->count; i++) {
        each[i] = profile_matrix_settings(settings);
        profile->channels[i] = channel_new(&specs[i], settings);
    }
    profile->phases = phases_new(settings->window, (unsigned)profile->count, each);
    profile->first = NAN;
    profile->last = NAN;
    return profile;
}

void profile_free(struct profile *profile)
{
    if (!profile)
        return;
    for (size_t i = 0; i < profile->count; i++)
        channel_free(profile->channels[i]);
    phases_free(profile->phases);
    free(profile);
}

void profile_break(struct profile *profile)
{
    for (size_t i = 0; i < profile->count; i++)
        channel_break(profile->channels[i]);
    phases_break(profile->phases);
    profile->filled = 0;
}

/* Time goes on to `seconds`; breaks the chain where it jumped. Returns the time between this round
 * and the one before, as far as they belong together. */
static double profile_pass(struct profile *profile, double seconds)
{
    const struct profile_settings *settings = profile->settings;
    double past = settings->sample_seconds;

    if (isnan(profile->last)) {
        profile->first = seconds;
    } else {
        double gone = seconds - profile->last;

        if (gone < 0 || gone > PROFILE_HOLE_BUFFERS * settings->buffer * settings->sample_seconds)
            profile_break(profile);
        else
            past = gone;
    }
    profile->last = seconds;
    return past;
}

/* Phases see each metric's transition of a step of the VM at that step. The channels' own steps
 * may lie elsewhere in it, after gaps; but a channel's buffer is as long as a step of the VM. */
static void profile_take_phases(struct profile *profile, unsigned metric,
                                const struct channel_event *event)
{
    for (unsigned i = 0; i < event->folds; i++)
        phases_fold(profile->phases, metric);
    if (event->transition)
        phases_take(profile->phases, metric, event->from, event->to);
}

bool profile_take(struct profile *profile, const double *values, double seconds, int slot)
{
    bool data = false;
    double past;

    if (!isfinite(seconds))
        seconds = isnan(profile->last) ? 0 : profile->last + profile->settings->sample_seconds;
    past = profile_pass(profile, seconds);
    for (size_t i = 0; i < profile->count; i++) {
        struct channel_event event = channel_take(profile->channels[i], values[i], seconds, slot);

        profile_take_phases(profile, (unsigned)i, &event);
        data = data || isfinite(values[i]);
    }
    if (data)
        profile->learned += past;
    profile->samples++;
    if (++profile->filled < profile->settings->buffer)
        return false;
    profile->filled = 0;
    profile->steps++;
    phases_end_step(profile->phases);
    return true;
}

const struct channel *profile_role(const struct profile *profile, enum channel_role role)
{
    for (size_t i = 0; i < profile->count; i++)
        if (profile->channels[i]->spec.role == role)
            return profile->channels[i];
    return NULL;
}

const struct channel *profile_channel(const struct profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->count; i++)
        if (text_equal(profile->channels[i]->spec.name, name))
            return profile->channels[i];
    return NULL;
}

struct profile_anomaly profile_anomaly(const struct profile *profile)
{
    struct profile_anomaly ret = {0};

    for (size_t i = 0; i < profile->count; i++) {
        const struct channel *channel = profile->channels[i];

        ret.active = ret.active || channel->anomaly.active;
        if (!channel->anomaly.count)
            continue;
        if (!ret.blame || channel->anomaly.z > ret.z) {
            ret.z = channel->anomaly.z;
            ret.blame = channel;
        }
    }
    ret.score01 = anomaly_score01(ret.z);
    if (ret.blame)
        ret.has_step = anomaly_worst(&ret.blame->anomaly, &ret.from, &ret.to);
    return ret;
}

bool profile_find_periods(struct profile *profile, struct series_scratch *scratch)
{
    struct series *next = NULL;

    /* The one that waits for the most values: nobody is forgotten, and no turn has to be kept. */
    for (size_t i = 0; i < profile->count; i++) {
        struct series *series = &profile->channels[i]->series;

        if (series_is_due(series) && (!next || series->since > next->since))
            next = series;
    }
    if (!next)
        return false;
    series_find_period(next, scratch);
    return true;
}

size_t profile_bytes(const struct profile *profile)
{
    size_t bytes = sizeof(*profile) + phases_bytes(profile->phases);

    for (size_t i = 0; i < profile->count; i++)
        bytes += channel_bytes(profile->channels[i]);
    return bytes;
}
