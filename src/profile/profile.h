/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How one VM behaves: a channel per metric, and what only all of them together tell. Pure. */
#ifndef PROXTOP_PROFILE_PROFILE_H
#define PROXTOP_PROFILE_PROFILE_H

#include "profile/channel.h"
#include "profile/phases.h"

#define PROFILE_CHANNELS_MAX 32

struct profile {
    const struct profile_settings *settings; /* borrowed */
    size_t count;
    struct channel *channels[PROFILE_CHANNELS_MAX];
    struct phases *phases;
    uint64_t samples;   /* rounds of values */
    unsigned filled;    /* of them, since the last step of the VM */
    uint64_t steps;     /* samples / buffer */
    double first, last; /* when the first, the last sample was; NAN = never */
    double learned;     /* seconds with data, over restarts */
};

struct profile *profile_new(const struct channel_spec *specs, size_t count,
                            const struct profile_settings *settings);
void profile_free(struct profile *profile); /* NULL is allowed */

/* One round: values[count], NAN = none. Returns whether the VM completed a step. A round that comes
 * much later than it should (5 buffers), or earlier than the one before, breaks the chain. */
bool profile_take(struct profile *profile, const double *values, double seconds, int slot);
void profile_break(struct profile *profile);

/* The channel of a role or a name, or NULL. */
const struct channel *profile_role(const struct profile *profile, enum channel_role role);
const struct channel *profile_channel(const struct profile *profile, const char *name);

/* What is unusual about the VM: the metric with the highest score. */
struct profile_anomaly {
    double z, score01;
    bool active;                 /* an anomaly of any metric */
    const struct channel *blame; /* NULL = no score yet */
    unsigned from, to;           /* its most surprising step; valid where has_step */
    bool has_step;
};
struct profile_anomaly profile_anomaly(const struct profile *profile);

/* Looks for the period of one channel: of those that are due, the one that has waited for the most
 * values. False = none was due. For a caller who spreads the work. */
bool profile_find_periods(struct profile *profile, struct series_scratch *scratch);
size_t profile_bytes(const struct profile *profile);

#endif
