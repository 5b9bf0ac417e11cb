/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A printed record becomes a profile again, as far as it tells: settings, ranges, counts, states,
 * and what values were like on the whole. Not how they were distributed, nor phases and periods.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/state_internal.h"

static const char *const record_scales[] = {[SCALE_LINEAR] = "linear", [SCALE_LOG] = "log"};
static const char *const record_binnings[] = {[SCALE_NEAREST] = "nearest", [SCALE_EQUAL] = "equal"};
static const char *const record_calendars[] = {
    [CALENDAR_NONE] = "none",
    [CALENDAR_HOUR_OF_DAY] = "hour-of-day",
    [CALENDAR_HOUR_OF_WEEK] = "hour-of-week",
};

/* Which of the words it is. */
static bool record_get_word(struct state_reader *reader, struct json_object *object,
                            const char *key, const char *const *words, size_t count, unsigned *ret)
{
    struct json_object *value = state_member(reader, object, key, json_type_string);

    for (size_t i = 0; value && i < count; i++) {
        if (strcmp(json_object_get_string(value), words[i]) == 0) {
            *ret = (unsigned)i;
            return true;
        }
    }
    return state_fail(reader, "no such word", key);
}

/* A number, or null: NAN. */
static bool record_get_number(struct state_reader *reader, struct json_object *object,
                              const char *key, double *ret)
{
    struct json_object *value;

    if (!json_object_object_get_ex(object, key, &value))
        return state_fail(reader, "missing", key);
    *ret = NAN;
    return !value || state_get_number(reader, value, key, -2e100, 2e100, ret);
}

/* The numbers lie in two objects, `compat` under their older names. */
static bool record_get_settings(struct state_reader *reader, struct json_object *compat,
                                struct json_object *ext, struct profile_settings *ret)
{
    static const struct {
        const char *key, *old;
    } renamed[] = {{"states", "states"}, {"history", "history"}, {"buffer", "buffersize"}};
    struct profile_settings settings;
    struct json_object *sizes;
    unsigned binning = 0, calendar = 0;
    bool ok;

    profile_settings_defaults(&settings);
    if (!record_get_word(reader, ext, "binning", record_binnings, ARRAY_SIZE(record_binnings),
                         &binning) ||
        !record_get_word(reader, ext, "calendar", record_calendars, ARRAY_SIZE(record_calendars),
                         &calendar) ||
        !(sizes = state_member(reader, compat, "periodsize", json_type_array)))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(renamed); i++) {
        struct json_object *value = state_member(reader, compat, renamed[i].old, json_type_int);

        if (!value)
            return false;
        json_object_object_add(ext, renamed[i].key, json_object_get(value));
    }
    json_object_object_add(ext, "binning", json_object_new_int((int)binning));
    json_object_object_add(ext, "calendar", json_object_new_int((int)calendar));
    ok = state_get_fields(reader, ext, &state_settings_fields, &settings) &&
         state_get_periods(reader, sizes, &settings.periods) &&
         state_check_settings(reader, &settings);
    if (ok)
        *ret = settings;
    return ok;
}

static bool record_get_spec(struct state_reader *reader, const char *name,
                            struct json_object *metric, struct channel_spec *ret)
{
    const struct profiler_ranges ranges = {.io_max = 0};
    unsigned scale = 0;
    char *unit = NULL;

    if (json_object_get_type(metric) != json_type_object)
        return state_fail(reader, "no object", "metrics");
    if (strlen(name) >= CHANNEL_NAME_SIZE)
        return state_fail(reader, "a name that is too long", "metrics");
    profiler_spec_by_name(name, &ranges, ret);
    if (!record_get_number(reader, metric, "lo", &ret->lo) ||
        !record_get_number(reader, metric, "hi", &ret->hi) ||
        !record_get_word(reader, metric, "scale", record_scales, ARRAY_SIZE(record_scales),
                         &scale) ||
        !state_get_text(reader, metric, "unit", CHANNEL_NAME_SIZE, &unit))
        return false;
    ret->scale = scale;
    ret->unit = state_unit(unit);
    free(unit);
    if (isnan(ret->lo) || isnan(ret->hi))
        return state_fail(reader, "no number", "lo, hi");
    return true;
}

static bool record_get_values(struct state_reader *reader, struct json_object *metric,
                              struct channel *channel)
{
    struct json_object *values = state_member(reader, metric, "values", json_type_array);
    struct json_object *visits = state_member(reader, metric, "visits", json_type_array);
    unsigned states = channel->settings->states;

    if (!values || !visits || json_object_array_length(values) != states ||
        json_object_array_length(visits) != states)
        return state_fail(reader, "not one per state", "values");
    for (unsigned i = 0; i < states; i++) {
        struct json_object *value = json_object_array_get_idx(values, i);
        struct channel_value *one = &channel->values[i];

        if (!state_get_count(reader, json_object_array_get_idx(visits, i), "visits",
                             UINT64_C(1) << 50, &one->count))
            return false;
        if (!one->count && !value)
            continue;
        if (!state_get_number(reader, value, "values", -1e100, 1e100, &one->mean))
            return false;
    }
    return true;
}

static bool record_get_stats(struct state_reader *reader, struct json_object *stats,
                             struct channel *channel)
{
    struct moments moments = {.count = channel->samples};
    double deviation = NAN;

    if (!stats || !record_get_number(reader, stats, "mean", &moments.mean) ||
        !record_get_number(reader, stats, "stddev", &deviation) ||
        !record_get_number(reader, stats, "min", &moments.min) ||
        !record_get_number(reader, stats, "max", &moments.max))
        return false;
    if (isnan(moments.mean) || isnan(deviation) || isnan(moments.min) || isnan(moments.max))
        return true; /* there were no values */
    if (fabs(moments.mean) > 1e100 || fabs(deviation) > 1e100 || fabs(moments.min) > 1e100 ||
        fabs(moments.max) > 1e100 || moments.min > moments.max)
        return state_fail(reader, "out of range", "stats");
    if (!moments.count)
        return true;
    moments.squares = deviation * deviation * (double)moments.count;
    channel->moments = moments;
    return true;
}

static bool record_get_counters(struct state_reader *reader, struct json_object *metric,
                                struct channel *channel)
{
    const struct {
        const char *key;
        uint64_t *at;
    } counters[] = {
        {"samples", &channel->samples},   {"steps", &channel->steps}, {"gaps", &channel->gaps},
        {"filtered", &channel->filtered}, {"below", &channel->below}, {"above", &channel->above},
    };

    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        struct json_object *value = state_member(reader, metric, counters[i].key, json_type_int);

        if (!value ||
            !state_get_count(reader, value, counters[i].key, UINT64_C(1) << 49, counters[i].at))
            return false;
    }
    return true;
}

static bool record_get_state(struct state_reader *reader, struct json_object *metric,
                             struct channel *channel)
{
    const struct profile_settings *settings = channel->settings;
    struct json_object *context;
    const char *text;
    double state = NAN;

    if (!record_get_number(reader, metric, "state", &state) ||
        !(context = state_member(reader, metric, "context", json_type_string)))
        return false;
    if (!isnan(state) && (state < 0 || state >= settings->states || state != trunc(state)))
        return state_fail(reader, "out of range", "state");
    text = json_object_get_string(context);
    channel->context = (struct context){.length = 0};
    if (*text && !context_parse(text, settings->states, settings->history, &channel->context))
        return state_fail(reader, "no states", "context");
    channel->state = isnan(state) ? -1 : (int)state;
    return true;
}

static bool record_get_metric(struct state_reader *reader, struct json_object *metric,
                              struct channel *channel)
{
    const struct profile_settings *settings = channel->settings;
    struct json_object *counts = state_member(reader, metric, "counts", json_type_object);

    channel->scale.lo = channel->spec.lo;
    channel->scale.hi = channel->spec.hi;
    if (settings->dynamic && !(channel->scale.lo == 0 && channel->scale.hi >= 1))
        return state_fail(reader, "no range that grew", "hi");
    if (!counts ||
        !state_get_matrix(reader, counts, settings, settings->history, false, channel->matrix) ||
        !record_get_counters(reader, metric, channel) ||
        !record_get_state(reader, metric, channel) || !record_get_values(reader, metric, channel) ||
        !record_get_stats(reader, state_member(reader, metric, "stats", json_type_object), channel))
        return false;
    channel_refresh(channel);
    return true;
}

static bool record_get_profile(struct state_reader *reader, struct json_object *ext,
                               struct json_object *list, const struct profile_settings *settings,
                               struct profile **ret)
{
    struct channel_spec specs[PROFILE_CHANNELS_MAX];
    struct json_object *steps = state_member(reader, ext, "steps", json_type_int);
    struct json_object *samples = state_member(reader, ext, "samples", json_type_int);
    struct profile *profile;
    size_t count = 0;

    if (!steps || !samples)
        return false;
    if (json_object_object_length(list) > PROFILE_CHANNELS_MAX)
        return state_fail(reader, "too many", "metrics");
    json_object_object_foreach(list, name, described) /* NOLINT */
    {
        if (!record_get_spec(reader, name, described, &specs[count++]))
            return false;
    }
    *ret = profile = profile_new(specs, count, settings);
    count = 0;
    json_object_object_foreach(list, key, metric) /* NOLINT */
    {
        (void)key;
        if (!record_get_metric(reader, metric, profile->channels[count++]))
            return false;
    }
    if (!state_get_count(reader, steps, "steps", UINT64_C(1) << 49, &profile->steps) ||
        !state_get_count(reader, samples, "samples", UINT64_C(1) << 49, &profile->samples) ||
        !record_get_number(reader, ext, "learned_seconds", &profile->learned))
        return false;
    if (!(profile->learned >= 0 && profile->learned <= 1e12))
        return state_fail(reader, "out of range", "learned_seconds");
    return true;
}

bool state_read_record(struct state_reader *reader, struct json_object *record,
                       struct profile_settings *settings, struct vm_identity *vm,
                       struct profile **ret)
{
    struct json_object *compat, *ext, *own, *metrics_list, *identity;

    if (json_object_get_type(record) != json_type_object)
        return state_fail(reader, "no object", "profile");
    if (!(compat = state_member(reader, record, "settings", json_type_object)) ||
        !(ext = state_member(reader, record, "ext", json_type_object)) ||
        !(own = state_member(reader, ext, "settings", json_type_object)) ||
        !(identity = state_member(reader, ext, "vm", json_type_object)) ||
        !(metrics_list = state_member(reader, ext, "metrics", json_type_object)))
        return false;
    return record_get_settings(reader, compat, own, settings) &&
           state_get_vm(reader, identity, vm) &&
           record_get_profile(reader, ext, metrics_list, settings, ret);
}
