/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables of the numbers that make up a profile: writing and reading go by the same ones. Ranges
 * keep all that is computed of what was read finite.
 */
#include <math.h>

#include "profiler/record_internal.h"
#include "profiler/state_internal.h"

#define STATE_TOTAL_MAX 1e15  /* counters; exact as a double */
#define STATE_VALUE_MAX 1e100 /* values of a metric; channels take none beyond it */
#define STATE_TIME_MAX  1e12  /* seconds from the epoch, either way */

#define FIELD(type, key, member, kind, min, max)                                                   \
    {                                                                                              \
        key, kind, offsetof(struct type, member), min, max                                         \
    }
#define TOTAL(type, key, member)    FIELD(type, key, member, STATE_COUNT, 0, STATE_TOTAL_MAX)
#define SMALL(type, key, member, n) FIELD(type, key, member, STATE_UNSIGNED, 0, n)
#define VALUE(type, key, member)                                                                   \
    FIELD(type, key, member, STATE_NUMBER, -STATE_VALUE_MAX, STATE_VALUE_MAX)
#define FLAG(type, key, member) FIELD(type, key, member, STATE_BOOL, 0, 1)
#define FIELDS(name)                                                                               \
    {                                                                                              \
        name, ARRAY_SIZE(name)                                                                     \
    }

static const struct state_field state_settings_list[] = {
    FIELD(profile_settings, "states", states, STATE_UNSIGNED, SCALE_STATES_MIN, SCALE_STATES_MAX),
    FIELD(profile_settings, "history", history, STATE_UNSIGNED, 1, MATRIX_HISTORY_MAX),
    FIELD(profile_settings, "buffer", buffer, STATE_UNSIGNED, 1, 3600),
    FIELD(profile_settings, "sample_seconds", sample_seconds, STATE_NUMBER, 1e-3, 1e9),
    SMALL(profile_settings, "binning", binning, SCALE_EQUAL),
    FLAG(profile_settings, "dynamic", dynamic),
    FLAG(profile_settings, "phantom_start", phantom_start),
    FIELD(profile_settings, "filter_deviations", filter_deviations, STATE_NUMBER, -1e9, 1e9),
    FIELD(profile_settings, "row_cap", row_cap, STATE_UNSIGNED, 2, MATRIX_ROW_CAP_MAX),
    FIELD(profile_settings, "rows_max", rows_max, STATE_UNSIGNED, 1, 1 << 20),
    FIELD(profile_settings, "window", window, STATE_UNSIGNED, 2, ANOMALY_WINDOW_MAX),
    FIELD(profile_settings, "half_life", half_life, STATE_NUMBER, 0, 1e12),
    SMALL(profile_settings, "calendar", calendar, CALENDAR_HOUR_OF_WEEK),
    SMALL(profile_settings, "ranges", ranges, UINT32_MAX),
};
const struct state_fields state_settings_fields = FIELDS(state_settings_list);

static const struct state_field state_profile_list[] = {
    TOTAL(profile, "samples", samples),
    SMALL(profile, "filled", filled, 3600),
    TOTAL(profile, "steps", steps),
    FIELD(profile, "first", first, STATE_TIME, -STATE_TIME_MAX, STATE_TIME_MAX),
    FIELD(profile, "last", last, STATE_TIME, -STATE_TIME_MAX, STATE_TIME_MAX),
    FIELD(profile, "learned", learned, STATE_NUMBER, 0, STATE_TIME_MAX),
};
const struct state_fields state_profile_fields = FIELDS(state_profile_list);

static const struct state_field state_spec_list[] = {
    SMALL(channel_spec, "role", role, ROLE_MEM),
    SMALL(channel_spec, "scale", scale, SCALE_LOG),
    VALUE(channel_spec, "lo", lo),
    VALUE(channel_spec, "hi", hi),
    FLAG(channel_spec, "percent", percent),
    FIELD(channel_spec, "first", first, STATE_NUMBER, 0, STATE_VALUE_MAX),
};
const struct state_fields state_spec_fields = FIELDS(state_spec_list);

static const struct state_field state_now_list[] = {
    /* The range of now, which may have grown. */
    FIELD(channel, "now_lo", scale.lo, STATE_NUMBER, -STATE_VALUE_MAX, STATE_VALUE_MAX),
    FIELD(channel, "now_hi", scale.hi, STATE_NUMBER, -2 * STATE_VALUE_MAX, 2 * STATE_VALUE_MAX),
    FIELD(channel, "state", state, STATE_INT, -1, SCALE_STATES_MAX - 1),
    FLAG(channel, "broken", broken),
    FIELD(channel, "sum", sum, STATE_NUMBER, -1e104, 1e104),
    SMALL(channel, "filled", filled, 3600),
    SMALL(channel, "rejected", rejected, 1000),
    TOTAL(channel, "samples", samples),
    TOTAL(channel, "steps", steps),
    TOTAL(channel, "gaps", gaps),
    TOTAL(channel, "filtered", filtered),
    TOTAL(channel, "below", below),
    TOTAL(channel, "above", above),
    TOTAL(channel, "top", top),
    TOTAL(channel, "busy", busy),
};
const struct state_fields state_now_fields = FIELDS(state_now_list);

static const struct state_field state_moments_list[] = {
    TOTAL(moments, "count", count),
    VALUE(moments, "mean", mean),
    FIELD(moments, "squares", squares, STATE_NUMBER, 0, 1e220),
    VALUE(moments, "min", min),
    VALUE(moments, "max", max),
};
const struct state_fields state_moments_fields = FIELDS(state_moments_list);

/* Days are numbers since the epoch; a measured sum can be above the cores, but not by that much. */
static const struct state_field state_host_list[] = {
    FIELD(state_host, "half_life", half_life, STATE_NUMBER, 0, 1e12),
    FIELD(state_host, "cores", measured.cores, STATE_NUMBER, 1e-3, OVERCOMMIT_CORES_MAX),
    TOTAL(state_host, "samples", measured.samples),
    TOTAL(state_host, "over", measured.over),
};
const struct state_fields state_host_fields = FIELDS(state_host_list);

static const struct state_field state_histogram_list[] = {
    FIELD(histogram, "origin", origin, STATE_TIME, -STATE_TIME_MAX, STATE_TIME_MAX),
    FIELD(histogram, "total", total, STATE_NUMBER, 0, 1e33),
    FIELD(histogram, "max", max, STATE_NUMBER, 0, STATE_VALUE_MAX),
};
const struct state_fields state_histogram_fields = FIELDS(state_histogram_list);

/* A surprisal is at most -ln of the smallest probability, far below 100. */
static const struct state_field state_anomaly_list[] = {
    SMALL(anomaly, "next", next, ANOMALY_WINDOW_MAX - 1),
    FIELD(anomaly, "mean", mean, STATE_NUMBER, 0, 100),
    FIELD(anomaly, "mu", expected.mean, STATE_NUMBER, 0, 100),
    FIELD(anomaly, "sigma", expected.deviation, STATE_NUMBER, 0, 100),
    VALUE(anomaly, "z", z),
    SMALL(anomaly, "high", high, UINT32_MAX),
    SMALL(anomaly, "calm", calm, ANOMALY_WINDOW_MAX),
    SMALL(anomaly, "held", held, ANOMALY_HOLD_WINDOWS *ANOMALY_WINDOW_MAX),
    FLAG(anomaly, "active", active),
};
const struct state_fields state_anomaly_fields = FIELDS(state_anomaly_list);

static const struct state_field state_drift_list[] = {
    TOTAL(drift, "count", count),
    FIELD(drift, "mean", mean, STATE_NUMBER, 0, 100),
    FIELD(drift, "sum", sum, STATE_NUMBER, -1e18, 1e18),
    FIELD(drift, "min", min, STATE_NUMBER, -1e18, 0),
    TOTAL(drift, "alarms", alarms),
};
const struct state_fields state_drift_fields = FIELDS(state_drift_list);

#define TALLY(prefix, tally)                                                                       \
    TOTAL(forecast, prefix "hits", tally.hits),                                                    \
        FIELD(forecast, prefix "state_error", tally.state_error, STATE_NUMBER, 0, 1e17),           \
        FIELD(forecast, prefix "brier", tally.brier, STATE_NUMBER, 0, 1e17)

static const struct state_field state_forecast_list[] = {
    TOTAL(forecast, "steps", steps), TALLY("", model),
    TALLY("baseline_", baseline),    TOTAL(forecast, "over", over),
    TOTAL(forecast, "under", under),
};
const struct state_fields state_forecast_fields = FIELDS(state_forecast_list);

static const struct state_field state_series_list[] = {
    FIELD(series, "unit", unit, STATE_NUMBER, 1e-100, STATE_VALUE_MAX),
    FIELD(series, "top", top, STATE_NUMBER, 1e-100, STATE_VALUE_MAX),
    TOTAL(series, "since", since),
    SMALL(series, "period", period, SERIES_LENGTH),
};
const struct state_fields state_series_fields = FIELDS(state_series_list);

void state_fingerprint(const struct profile_settings *settings, char text[STATE_FINGERPRINT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    struct buf all = {0};
    uint64_t hash;

    record_put_count(&all, "", STATE_VERSION);
    record_put_count(&all, " ", settings->states);
    record_put_count(&all, " ", settings->history);
    record_put_count(&all, " ", settings->buffer);
    record_put_member(&all, " ", settings->sample_seconds);
    record_put_count(&all, " ", settings->binning);
    record_put_count(&all, " ", settings->dynamic);
    record_put_count(&all, " ", settings->phantom_start);
    record_put_count(&all, " ", settings->ranges);
    hash = hash_bytes(all.data, all.len, 0);
    buf_done(&all);
    for (unsigned i = 0; i < STATE_FINGERPRINT_SIZE - 1; i++)
        text[i] = hex[hash >> (60 - 4 * i) & 15];
    text[STATE_FINGERPRINT_SIZE - 1] = '\0';
}

void state_put_fields(struct buf *out, const struct state_fields *fields, const void *base)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct state_field *field = &fields->list[i];
        const void *at = (const char *)base + field->offset;

        buf_puts(out, i ? ",\"" : "\"");
        buf_puts(out, field->key);
        buf_puts(out, "\":");
        switch (field->kind) {
        case STATE_COUNT:
            buf_put_u64(out, *(const uint64_t *)at);
            break;
        case STATE_UNSIGNED:
            buf_put_u64(out, *(const unsigned *)at);
            break;
        case STATE_INT:
            record_put_number(out, *(const int *)at);
            break;
        case STATE_BOOL:
            buf_puts(out, *(const bool *)at ? "true" : "false");
            break;
        case STATE_NUMBER:
        case STATE_TIME:
            record_put_number(out, *(const double *)at);
            break;
        }
    }
}

static bool state_get_field(struct state_reader *reader, struct json_object *value,
                            const struct state_field *field, void *at)
{
    double number;

    if (field->kind == STATE_BOOL) {
        if (json_object_get_type(value) != json_type_boolean)
            return state_fail(reader, "no true or false", field->key);
        *(bool *)at = json_object_get_boolean(value);
        return true;
    }
    if (field->kind == STATE_TIME && !value) {
        *(double *)at = NAN;
        return true;
    }
    if (!state_get_number(reader, value, field->key, field->min, field->max, &number))
        return false;
    if (field->kind == STATE_NUMBER || field->kind == STATE_TIME) {
        *(double *)at = number;
        return true;
    }
    if (number != trunc(number))
        return state_fail(reader, "no whole number", field->key);
    if (field->kind == STATE_COUNT)
        *(uint64_t *)at = (uint64_t)number;
    else if (field->kind == STATE_UNSIGNED)
        *(unsigned *)at = (unsigned)number;
    else
        *(int *)at = (int)number;
    return true;
}

bool state_get_fields(struct state_reader *reader, struct json_object *object,
                      const struct state_fields *fields, void *base)
{
    for (size_t i = 0; i < fields->count; i++) {
        const struct state_field *field = &fields->list[i];
        struct json_object *value;

        if (!json_object_object_get_ex(object, field->key, &value))
            return state_fail(reader, "missing", field->key);
        if (!state_get_field(reader, value, field, (char *)base + field->offset))
            return false;
    }
    return true;
}
