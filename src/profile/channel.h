/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One metric of one VM: values become averages of `buffer` values, averages states, states a chain
 * that is learned, watched and predicted. Pure: no clock, no files.
 */
#ifndef PROXTOP_PROFILE_CHANNEL_H
#define PROXTOP_PROFILE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/anomaly.h"
#include "profile/forecast.h"
#include "profile/histogram.h"
#include "profile/matrix.h"
#include "profile/moments.h"
#include "profile/scale.h"
#include "profile/series.h"
#include "profile/slots.h"

#define CHANNEL_NAME_SIZE 64
/* Transitions per pair of states from which on there are verdicts. */
#define CHANNEL_TRAINED 10

/* What a metric means for the capacity of a VM. */
enum channel_role {
    ROLE_OTHER,
    ROLE_CPU,   /* used and waited for, % of a vCPU */
    ROLE_USED,  /* % of a vCPU */
    ROLE_STEAL, /* waited for, % of a vCPU */
    ROLE_MEM,   /* % of the VM's memory */
};

struct channel_spec {
    char name[CHANNEL_NAME_SIZE];
    enum channel_role role;
    enum scale_kind scale;
    double lo, hi;
    bool percent;     /* see histogram_kind */
    double first;     /* width of the first bucket of a growing histogram */
    const char *unit; /* for people, static: "%", "B/s", "ms", "" */
};

enum profile_calendar { CALENDAR_NONE, CALENDAR_HOUR_OF_DAY, CALENDAR_HOUR_OF_WEEK };

/* How all metrics of a run are learned. */
struct profile_settings {
    unsigned states, history, buffer;
    double filter_deviations; /* outliers are left out; < 0 = none */
    enum scale_binning binning;
    bool dynamic;       /* ranges grow with their data: lo = 0, equal bins */
    bool phantom_start; /* the first step leaves a made-up state 0, as other profilers have it */
    unsigned row_cap, rows_max;
    unsigned window;  /* steps that an anomaly, a phase are judged by */
    double half_life; /* seconds; of histograms */
    enum profile_calendar calendar;
    struct period_tree periods;
    double sample_seconds; /* between two samples, as intended */
    unsigned ranges; /* a mark of those that were asked for; 0 = as they are known of each metric */
};

void profile_settings_defaults(struct profile_settings *settings);
/* The part of them that matrices go by. */
struct matrix_settings profile_matrix_settings(const struct profile_settings *settings);
unsigned profile_calendar_slots(enum profile_calendar calendar);

/* Mean of the buffer averages that were in a state. */
struct channel_value {
    uint64_t count;
    double mean;
};

/* What is expected of a step from a state: of its surprisal, by the row as smoothed as predictions
 * are. Kept up to date, for all rows are asked at each step. */
struct channel_row {
    double mean, square; /* of -ln p, of its square */
    uint32_t total;      /* transitions; 0 = there is no row */
};

/* What each value needs comes first, then what each step needs: with a thousand VMs, what is read
 * comes from memory, not from a cache. */
struct channel {
    const struct profile_settings *settings; /* borrowed */
    double sum;                              /* of the unfinished buffer */
    unsigned filled;
    unsigned rejected;  /* outliers in a row, up to now */
    uint64_t samples;   /* kept values */
    uint64_t busy;      /* values at 80 % of the range or more; 0 again when the range doubles */
    struct scale scale; /* with the bounds of now */
    struct moments moments;
    struct histogram histogram;

    int state; /* the last one; -1 = none yet */
    struct context context;
    bool broken;           /* the next state follows nothing */
    uint64_t steps;        /* states */
    uint64_t below, above; /* buffer averages outside the bounds */
    uint64_t top;          /* steps in the top state; as `busy` */
    struct matrix *matrix;
    struct channel_value *values; /* by state */
    struct channel_row *rows;     /* likewise */
    struct slots *calendar;       /* NULL = none */
    struct slots *periods;        /* likewise */
    struct drift drift;
    struct forecast forecast;
    struct series series;
    struct anomaly anomaly;

    uint64_t gaps;     /* samples without a value */
    uint64_t filtered; /* outliers left out */
    struct channel_spec spec;
};

/* What one value did. */
struct channel_event {
    bool step;       /* a state was completed */
    bool transition; /* and followed another one */
    unsigned from, to;
    unsigned folds; /* the range doubled so many times: states halved before the transition */
};

/* The settings are borrowed and outlive it. */
struct channel *channel_new(const struct channel_spec *spec,
                            const struct profile_settings *settings);
void channel_free(struct channel *channel); /* NULL is allowed */

/* One value; NAN = none, a gap: the unfinished buffer is dropped and the chain broken (as by a
 * value that is not finite, or +-1e100 and beyond); the series goes on. `seconds`: since the epoch;
 * `slot`: of the calendar, -1 = none. */
struct channel_event channel_take(struct channel *channel, double value, double seconds, int slot);
/* What comes does not follow what was, without a value having been missed (a restart); the series
 * begins anew, too. */
void channel_break(struct channel *channel);

/* Smoothed p(next | now) into p[states]; false if there is no state to predict from. */
bool channel_predict(const struct channel *channel, double *p);
/* Whether enough was learned for verdicts on steps: CHANNEL_TRAINED * states^2
 * transitions. */
bool channel_is_trained(const struct channel *channel);
/* The value that a state stands for: mean of what was seen in it, else the bin's centre. */
double channel_state_value(const struct channel *channel, unsigned state);
/* mu and sigma of the learned matrix, with shares of its rows; from `rows`, in O(states). */
struct chain_surprise channel_expected(const struct channel *channel);
/* For a restored channel: makes what is derived from the matrix anew. */
void channel_refresh(struct channel *channel);
size_t channel_bytes(const struct channel *channel);

#endif
