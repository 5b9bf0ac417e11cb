/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A metric's part of a state, of which nothing is believed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/state_internal.h"

/* By how much a sum of weights may be wrong, as a share. */
#define STATE_GRAIN 1e-6

static bool state_get_moments(struct state_job *job, struct json_object *object,
                              struct moments *ret)
{
    struct moments moments = {0};

    if (!object || !state_get_fields(&job->reader, object, &state_moments_fields, &moments))
        return false;
    if (moments.count && moments.min > moments.max)
        return state_fail(&job->reader, "min above max", "moments");
    *ret = moments;
    return true;
}

/* One run of buckets; *next: the first bucket that may come. */
static bool state_get_weights(struct state_reader *reader, struct json_object *run, uint64_t *next,
                              double *sum, struct histogram *histogram)
{
    uint64_t bucket;
    size_t count;

    if (json_object_get_type(run) != json_type_array)
        return state_fail(reader, "no list", "weights");
    count = json_object_array_length(run);
    if (count < 2 || !state_get_count(reader, json_object_array_get_idx(run, 0), "weights",
                                      HISTOGRAM_BUCKETS, &bucket))
        return state_fail(reader, "no bucket", "weights");
    if (bucket < *next || bucket + count - 1 > HISTOGRAM_BUCKETS)
        return state_fail(reader, "buckets out of order", "weights");
    for (size_t i = 1; i < count; i++, bucket++) {
        double weight;

        if (!state_get_number(reader, json_object_array_get_idx(run, i), "weights", 0, 1e30,
                              &weight))
            return false;
        if (!histogram_put(histogram, (unsigned)bucket, weight))
            return state_fail(reader, "no weight", "weights");
        *sum += weight;
    }
    *next = bucket;
    return true;
}

bool state_get_histogram(struct state_reader *reader, struct json_object *object,
                         struct histogram *histogram)
{
    struct histogram numbers = {0};
    struct json_object *runs;
    uint64_t next = 0;
    double sum = 0;

    if (!object || !state_get_fields(reader, object, &state_histogram_fields, &numbers) ||
        !(runs = state_member(reader, object, "weights", json_type_array)))
        return false;
    for (size_t i = 0; i < json_object_array_length(runs); i++)
        if (!state_get_weights(reader, json_object_array_get_idx(runs, i), &next, &sum, histogram))
            return false;
    if (!(fabs(numbers.total - sum) <= STATE_GRAIN * sum))
        return state_fail(reader, "not the sum of the weights", "total");
    histogram->origin = numbers.origin;
    histogram->total = numbers.total;
    histogram->max = numbers.max;
    return true;
}

static bool state_get_values(struct state_job *job, struct json_object *list,
                             struct channel *channel)
{
    unsigned states = job->settings->states;

    if (!list || json_object_array_length(list) != (size_t)states * 2)
        return state_fail(&job->reader, "not two per state", "values");
    for (unsigned i = 0; i < states; i++) {
        struct channel_value value;

        if (!state_get_count(&job->reader, json_object_array_get_idx(list, (size_t)i * 2), "values",
                             UINT64_C(1) << 50, &value.count) ||
            !state_get_number(&job->reader, json_object_array_get_idx(list, (size_t)i * 2 + 1),
                              "values", -1e100, 1e100, &value.mean))
            return false;
        channel->values[i] = value;
    }
    return true;
}

static bool state_get_sums(struct state_job *job, struct json_object *list, double *sums)
{
    if (!list || json_object_array_length(list) != ANOMALY_TILTS)
        return state_fail(&job->reader, "not as many as there are", "sums");
    for (unsigned i = 0; i < ANOMALY_TILTS; i++)
        if (!state_get_number(&job->reader, json_object_array_get_idx(list, i), "sums", 0,
                              2 * ANOMALY_EVIDENCE, &sums[i]))
            return false;
    return true;
}

static bool state_get_anomaly_step(struct state_job *job, struct json_object *list, size_t i,
                                   struct anomaly *ret, unsigned at)
{
    uint64_t from, to, max = job->settings->states - 1;
    double surprisal;

    if (!state_get_number(&job->reader, json_object_array_get_idx(list, 3 * i), "steps", 0, 100,
                          &surprisal) ||
        !state_get_count(&job->reader, json_object_array_get_idx(list, 3 * i + 1), "steps", max,
                         &from) ||
        !state_get_count(&job->reader, json_object_array_get_idx(list, 3 * i + 2), "steps", max,
                         &to))
        return false;
    ret->surprisals[at] = (float)surprisal;
    ret->from[at] = (uint8_t)from;
    ret->to[at] = (uint8_t)to;
    return true;
}

/* Of a window of another length nothing is taken: it fills again. */
static bool state_get_anomaly(struct state_job *job, struct json_object *object,
                              struct anomaly *ret)
{
    struct state_reader *reader = &job->reader;
    struct anomaly anomaly = {.window = job->saved.window};
    struct json_object *steps, *sums;
    size_t length;

    if (!object || !state_get_fields(reader, object, &state_anomaly_fields, &anomaly) ||
        !(steps = state_member(reader, object, "steps", json_type_array)) ||
        !(sums = state_member(reader, object, "sums", json_type_array)) ||
        !state_get_sums(job, sums, anomaly.sums))
        return false;
    length = json_object_array_length(steps);
    if (length % 3 || length / 3 > anomaly.window || anomaly.next >= anomaly.window ||
        anomaly.calm > anomaly.window)
        return state_fail(reader, "more than its window holds", "anomaly");
    anomaly.count = (unsigned)(length / 3);
    for (unsigned i = 0; i < anomaly.count; i++) {
        unsigned at = (anomaly.next + anomaly.window - anomaly.count + i) % anomaly.window;

        if (!state_get_anomaly_step(job, steps, i, &anomaly, at))
            return false;
    }
    if (anomaly.window == job->settings->window)
        *ret = anomaly;
    return true;
}

static bool state_get_series(struct state_job *job, struct json_object *object, struct series *ret)
{
    struct state_reader *reader = &job->reader;
    struct series series = {0};
    struct json_object *codes;
    size_t len;

    if (!object || !state_get_fields(reader, object, &state_series_fields, &series) ||
        !(codes = state_member(reader, object, "codes", json_type_string)))
        return false;
    if (series.top < series.unit)
        return state_fail(reader, "below its unit", "top");
    len = (size_t)json_object_get_string_len(codes);
    series.count = len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0);
    if (series.count > SERIES_LENGTH)
        return state_fail(reader, "too long", "codes");
    /* Sizes that it would have grown to itself. */
    for (series.capacity = 64; series.capacity < series.count;)
        series.capacity *= 2;
    series.next = series.count % series.capacity;
    series.codes = xcalloc(series.capacity, 1);
    if (!state_get_base64(json_object_get_string(codes), len, series.codes, series.count)) {
        free(series.codes);
        return state_fail(reader, "no base64", "codes");
    }
    series_done(ret);
    *ret = series;
    return true;
}

static bool state_get_slot(struct state_job *job, struct json_object *list, struct slots *slots)
{
    struct state_reader *reader = &job->reader;
    uint64_t number, count;
    double mean, max;
    struct slot *slot;

    if (json_object_get_type(list) != json_type_array || json_object_array_length(list) != 5)
        return state_fail(reader, "no list of five", "slots");
    if (!state_get_count(reader, json_object_array_get_idx(list, 0), "slots",
                         slots_count(slots) - 1, &number) ||
        !state_get_count(reader, json_object_array_get_idx(list, 1), "slots", UINT64_C(1) << 50,
                         &count) ||
        !state_get_number(reader, json_object_array_get_idx(list, 2), "slots", -1e100, 1e100,
                          &mean) ||
        !state_get_number(reader, json_object_array_get_idx(list, 3), "slots", -1e100, 1e100, &max))
        return false;
    if (slots_at(slots, number))
        return state_fail(reader, "one of them twice", "slots");
    slot = slots_make(slots, number);
    slot->count = count;
    slot->mean = mean;
    slot->max = max;
    return state_get_matrix(reader, json_object_array_get_idx(list, 4), job->settings,
                            job->settings->history, job->lenient, slot->matrix);
}

/* `same`: they are slots of what the profile has slots of; else they are left out. */
static bool state_get_slots(struct state_job *job, struct json_object *list, bool same,
                            struct slots *slots)
{
    if (!list)
        return false;
    if (!same)
        return true;
    if (!slots && json_object_array_length(list))
        return state_fail(&job->reader, "more than there are", "slots");
    for (size_t i = 0; slots && i < json_object_array_length(list); i++)
        if (!state_get_slot(job, json_object_array_get_idx(list, i), slots))
            return false;
    return true;
}

static bool state_same_periods(const struct period_tree *a, const struct period_tree *b)
{
    return a->count == b->count && !memcmp(a->sizes, b->sizes, a->count * sizeof(a->sizes[0]));
}

static bool state_get_parts(struct state_job *job, struct json_object *object,
                            struct channel *channel)
{
    struct state_reader *reader = &job->reader;
    struct json_object *drift = state_member(reader, object, "drift", json_type_object);
    struct json_object *forecast = state_member(reader, object, "forecast", json_type_object);
    struct json_object *counts = state_member(reader, object, "counts", json_type_object);

    return drift && forecast && counts &&
           state_get_moments(job, state_member(reader, object, "moments", json_type_object),
                             &channel->moments) &&
           state_get_histogram(reader, state_member(reader, object, "histogram", json_type_object),
                               &channel->histogram) &&
           state_get_matrix(reader, counts, job->settings, job->settings->history, job->lenient,
                            channel->matrix) &&
           state_get_values(job, state_member(reader, object, "values", json_type_array),
                            channel) &&
           state_get_anomaly(job, state_member(reader, object, "anomaly", json_type_object),
                             &channel->anomaly) &&
           state_get_fields(reader, drift, &state_drift_fields, &channel->drift) &&
           state_get_fields(reader, forecast, &state_forecast_fields, &channel->forecast) &&
           state_get_series(job, state_member(reader, object, "series", json_type_object),
                            &channel->series) &&
           state_get_slots(job, state_member(reader, object, "calendar", json_type_array),
                           job->saved.calendar == job->settings->calendar, channel->calendar) &&
           state_get_slots(job, state_member(reader, object, "periods", json_type_array),
                           state_same_periods(&job->saved.periods, &job->settings->periods),
                           channel->periods);
}

bool state_get_channel(struct state_job *job, struct json_object *object, struct channel *channel)
{
    const struct profile_settings *settings = job->settings;
    struct state_reader *reader = &job->reader;
    struct json_object *context;
    const char *text;

    if (!state_get_fields(reader, object, &state_now_fields, channel) ||
        !(context = state_member(reader, object, "context", json_type_string)))
        return false;
    if (settings->dynamic && !(channel->scale.lo == 0 && channel->scale.hi >= 1))
        return state_fail(reader, "no range that grew", "now_hi");
    if (channel->state >= (int)settings->states || channel->filled >= settings->buffer)
        return state_fail(reader, "beyond the settings", "state");
    text = json_object_get_string(context);
    channel->context = (struct context){.length = 0};
    if (*text && !context_parse(text, settings->states, settings->history, &channel->context))
        return state_fail(reader, "no states", "context");
    if (!state_get_parts(job, object, channel))
        return false;
    channel_refresh(channel);
    return true;
}
