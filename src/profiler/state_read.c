/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile out of a text that may be anything: a file that was cut, spoilt, made up. Every member
 * has to be there, of its type and within its range; nothing is taken from a text that is not good
 * to its end.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/state_internal.h"

/* Records with period trees nest deepest: two levels each, and the matrix in the last one. */
#define STATE_DEPTH_MAX 32
/* What a parsed text takes: bytes of an object, an array, any value, roughly; and of all. */
#define STATE_OBJECT_BYTES 800u
#define STATE_ARRAY_BYTES  160u
#define STATE_VALUE_BYTES  64u
#define STATE_MEMORY_MAX   (UINT64_C(512) << 20)
/* By how much a sum of weights may be wrong, as a share. */
#define STATE_GRAIN 1e-6

/* What the parts of one profile are read by. */
struct state_job {
    struct state_reader reader;
    struct profile_settings saved;           /* of the text */
    const struct profile_settings *settings; /* of the profile */
    bool lenient;                            /* their limits differ */
};

const char *state_unit(const char *text)
{
    static const char *const units[] = {"%", "B/s", "ms", "cores"};

    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (text_equal(text, units[i]))
            return units[i];
    return "";
}

/* Whether parsing it stays within bounds: a byte of text can become hundreds of memory. */
static bool state_is_bearable(const char *text, size_t len)
{
    uint64_t bytes = 0;
    bool quoted = false;

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\' && quoted)
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted && text[i] == '{')
            bytes += STATE_OBJECT_BYTES;
        else if (!quoted && text[i] == '[')
            bytes += STATE_ARRAY_BYTES;
        else if (!quoted && text[i] == ',')
            bytes += STATE_VALUE_BYTES;
    }
    return bytes <= STATE_MEMORY_MAX;
}

static struct json_object *state_parse(struct state_reader *reader, const char *text, size_t len)
{
    struct json_tokener *tokener;
    struct json_object *root;

    while (len && strchr(" \t\r\n", text[len - 1]))
        len--;
    if (!len || len > STATE_SIZE_MAX || !state_is_bearable(text, len)) {
        state_fail(reader, len ? "too large" : "empty", "file");
        return NULL;
    }
    tokener = json_tokener_new_ex(STATE_DEPTH_MAX);
    if (!tokener) {
        state_fail(reader, "no memory", "file");
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
    root = json_tokener_parse_ex(tokener, text, (int)len);
    if (json_tokener_get_error(tokener) != json_tokener_success ||
        json_tokener_get_parse_end(tokener) != len ||
        json_object_get_type(root) != json_type_object) {
        state_fail(reader, "no JSON object", "file");
        json_object_put(root);
        root = NULL;
    }
    json_tokener_free(tokener);
    return root;
}

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
static bool state_get_weights(struct state_job *job, struct json_object *run, uint64_t *next,
                              double *sum, struct histogram *histogram)
{
    struct state_reader *reader = &job->reader;
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

static bool state_get_histogram(struct state_job *job, struct json_object *object,
                                struct histogram *histogram)
{
    struct state_reader *reader = &job->reader;
    struct histogram numbers = {0};
    struct json_object *runs;
    uint64_t next = 0;
    double sum = 0;

    if (!object || !state_get_fields(reader, object, &state_histogram_fields, &numbers) ||
        !(runs = state_member(reader, object, "weights", json_type_array)))
        return false;
    for (size_t i = 0; i < json_object_array_length(runs); i++)
        if (!state_get_weights(job, json_object_array_get_idx(runs, i), &next, &sum, histogram))
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
                                   struct anomaly_step *ret)
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
    *ret = (struct anomaly_step){
        .surprisal = (float)surprisal, .from = (uint8_t)from, .to = (uint8_t)to};
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

        if (!state_get_anomaly_step(job, steps, i, &anomaly.steps[at]))
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
           state_get_histogram(job, state_member(reader, object, "histogram", json_type_object),
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

static bool state_get_channel(struct state_job *job, struct json_object *object,
                              struct channel *channel)
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

static bool state_get_spec(struct state_reader *reader, struct json_object *object,
                           struct channel_spec *ret)
{
    struct json_object *numbers;
    char *name = NULL, *unit = NULL;
    bool ok;

    if (json_object_get_type(object) != json_type_object)
        return state_fail(reader, "no object", "channels");
    numbers = state_member(reader, object, "spec", json_type_object);
    ok = numbers && state_get_text(reader, object, "name", CHANNEL_NAME_SIZE - 1, &name) &&
         state_get_text(reader, object, "unit", CHANNEL_NAME_SIZE - 1, &unit) &&
         state_get_fields(reader, numbers, &state_spec_fields, ret);
    if (ok && !name)
        ok = state_fail(reader, "no text", "name");
    if (ok) {
        copy_text(ret->name, sizeof(ret->name), name);
        ret->unit = state_unit(unit);
    }
    free(name);
    free(unit);
    return ok;
}

static bool state_get_specs(struct state_reader *reader, struct json_object *list,
                            struct channel_spec *specs)
{
    size_t count = json_object_array_length(list);

    if (count > PROFILE_CHANNELS_MAX)
        return state_fail(reader, "too many", "channels");
    for (size_t i = 0; i < count; i++) {
        if (!state_get_spec(reader, json_object_array_get_idx(list, i), &specs[i]))
            return false;
        for (size_t k = 0; k < i; k++)
            if (text_equal(specs[i].name, specs[k].name))
                return state_fail(reader, "twice the same", "name");
    }
    return true;
}

/* The phases' matrices; those without rows are not made, but for one of a phase that has none. */
static bool state_get_phase(struct state_job *job, struct json_object *list, unsigned phase,
                            struct profile *profile)
{
    struct state_reader *reader = &job->reader;

    if (json_object_get_type(list) != json_type_array ||
        json_object_array_length(list) != profile->count || !profile->count)
        return state_fail(reader, "not one per metric", "phases");
    for (unsigned metric = 0; metric < profile->count; metric++) {
        struct json_object *rows = json_object_array_get_idx(list, metric);

        if (json_object_get_type(rows) != json_type_object)
            return state_fail(reader, "no rows", "phases");
        if (json_object_object_length(rows) &&
            !state_get_matrix(reader, rows, job->settings, 1, job->lenient,
                              phases_make(profile->phases, phase, metric)))
            return false;
    }
    if (phases_count(profile->phases) <= phase)
        phases_make(profile->phases, phase, 0);
    return true;
}

static bool state_get_follows(struct state_job *job, struct json_object *list,
                              struct phases *phases)
{
    struct state_reader *reader = &job->reader;
    unsigned count = phases_count(phases);

    if (!list || json_object_array_length(list) != count)
        return state_fail(reader, "not one per phase", "follows");
    for (unsigned from = 0; from < count; from++) {
        struct json_object *row = json_object_array_get_idx(list, from);

        if (json_object_get_type(row) != json_type_array || json_object_array_length(row) != count)
            return state_fail(reader, "not one per phase", "follows");
        for (unsigned to = 0; to < count; to++) {
            uint64_t follows;

            if (!state_get_count(reader, json_object_array_get_idx(row, to), "follows", UINT32_MAX,
                                 &follows))
                return false;
            phases_set_follows(phases, from, to, (uint32_t)follows);
        }
    }
    return true;
}

/* Checks the transitions of one metric of the block, or (step >= 0) takes the one of that step, if
 * it has one. */
static bool state_get_block_metric(struct state_job *job, struct json_object *list, unsigned metric,
                                   size_t step, struct phases *phases)
{
    uint64_t from, to, max = job->settings->states - 1;

    if (2 * step >= json_object_array_length(list))
        return true;
    if (!state_get_count(&job->reader, json_object_array_get_idx(list, 2 * step), "block", max,
                         &from) ||
        !state_get_count(&job->reader, json_object_array_get_idx(list, 2 * step + 1), "block", max,
                         &to))
        return false;
    phases_take(phases, metric, (unsigned)from, (unsigned)to);
    return true;
}

static bool state_get_block(struct state_job *job, struct json_object *object,
                            struct profile *profile)
{
    struct state_reader *reader = &job->reader;
    struct json_object *count, *metrics;
    uint64_t steps;

    if (!object || !(count = state_member(reader, object, "steps", json_type_int)) ||
        !(metrics = state_member(reader, object, "transitions", json_type_array)) ||
        !state_get_count(reader, count, "steps", job->saved.window - 1, &steps))
        return false;
    if (json_object_array_length(metrics) != profile->count)
        return state_fail(reader, "not one per metric", "block");
    for (unsigned metric = 0; metric < profile->count; metric++) {
        struct json_object *list = json_object_array_get_idx(metrics, metric);
        size_t length;

        if (json_object_get_type(list) != json_type_array)
            return state_fail(reader, "no list", "block");
        length = json_object_array_length(list);
        if (length % 2 || length / 2 > steps)
            return state_fail(reader, "more than its steps", "block");
    }
    if (job->saved.window != job->settings->window) {
        phases_break(profile->phases);
        return true;
    }
    for (uint64_t step = 0; step < steps; step++) {
        for (unsigned metric = 0; metric < profile->count; metric++)
            if (!state_get_block_metric(job, json_object_array_get_idx(metrics, metric), metric,
                                        step, profile->phases))
                return false;
        phases_end_step(profile->phases);
    }
    return true;
}

static bool state_get_phases(struct state_job *job, struct json_object *object,
                             struct profile *profile)
{
    struct state_reader *reader = &job->reader;
    struct json_object *counts, *current, *follows_one;
    uint64_t phase;

    if (!object || !(counts = state_member(reader, object, "counts", json_type_array)) ||
        !(current = state_member(reader, object, "current", json_type_int)) ||
        !(follows_one = state_member(reader, object, "follows_one", json_type_boolean)) ||
        !state_get_count(reader, current, "current", PHASES_MAX - 1, &phase))
        return false;
    if (json_object_array_length(counts) > PHASES_MAX)
        return state_fail(reader, "too many", "phases");
    for (unsigned i = 0; i < json_object_array_length(counts); i++)
        if (!state_get_phase(job, json_object_array_get_idx(counts, i), i, profile))
            return false;
    if (!state_get_follows(job, state_member(reader, object, "follows", json_type_array),
                           profile->phases))
        return false;
    if (!phases_set_current(profile->phases, (unsigned)phase) && phase)
        return state_fail(reader, "no such phase", "current");
    if (!json_object_get_boolean(follows_one))
        phases_break(profile->phases);
    return state_get_block(job, state_member(reader, object, "block", json_type_object), profile);
}

/* Weights halve by another half-life from now on: what was learned counts as learned at the last
 * sample. */
static void state_adapt(const struct state_job *job, struct profile *profile)
{
    if (job->saved.half_life == job->settings->half_life)
        return;
    for (size_t i = 0; i < profile->count; i++)
        if (isfinite(profile->channels[i]->histogram.origin) && isfinite(profile->last))
            profile->channels[i]->histogram.origin = profile->last;
}

static bool state_get_profile(struct state_job *job, struct json_object *root, struct profile **ret)
{
    struct state_reader *reader = &job->reader;
    struct channel_spec specs[PROFILE_CHANNELS_MAX] = {0};
    struct json_object *list = state_member(reader, root, "channels", json_type_array);
    struct profile *profile;

    if (!list || !state_get_specs(reader, list, specs))
        return false;
    *ret = profile = profile_new(specs, json_object_array_length(list), job->settings);
    if (!state_get_fields(reader, root, &state_profile_fields, profile))
        return false;
    if (profile->filled >= job->settings->buffer)
        return state_fail(reader, "beyond the settings", "filled");
    for (size_t i = 0; i < profile->count; i++)
        if (!state_get_channel(job, json_object_array_get_idx(list, i), profile->channels[i]))
            return false;
    if (!state_get_phases(job, state_member(reader, root, "phases", json_type_object), profile))
        return false;
    state_adapt(job, profile);
    return true;
}

static bool state_get_settings(struct state_reader *reader, struct json_object *object,
                               struct profile_settings *ret)
{
    struct json_object *periods;

    return object && state_get_fields(reader, object, &state_settings_fields, ret) &&
           (periods = state_member(reader, object, "periods", json_type_array)) &&
           state_get_periods(reader, periods, &ret->periods) && state_check_settings(reader, ret);
}

static bool state_same_limits(const struct profile_settings *a, const struct profile_settings *b)
{
    return a->row_cap <= b->row_cap && a->rows_max <= b->rows_max;
}

/* Version and fingerprint, and whether they are ours. */
static enum state_verdict state_get_head(struct state_reader *reader, struct json_object *root,
                                         const struct profile_settings *settings,
                                         char fingerprint[STATE_FINGERPRINT_SIZE])
{
    struct json_object *version = state_member(reader, root, "version", json_type_int), *text;
    const char *saved;
    uint64_t number;

    if (!version || !state_get_count(reader, version, "version", 1000000, &number))
        return STATE_BAD;
    if (number != STATE_VERSION) {
        state_fail(reader, "another one than this program's", "version");
        return STATE_OTHER;
    }
    text = state_member(reader, root, "fingerprint", json_type_string);
    if (!text)
        return STATE_BAD;
    saved = json_object_get_string(text);
    if (strlen(saved) != STATE_FINGERPRINT_SIZE - 1 ||
        strspn(saved, "0123456789abcdef") != STATE_FINGERPRINT_SIZE - 1) {
        state_fail(reader, "none", "fingerprint");
        return STATE_BAD;
    }
    if (settings) {
        state_fingerprint(settings, fingerprint);
        if (strcmp(saved, fingerprint) != 0) {
            state_fail(reader, "learned with other settings", "fingerprint");
            return STATE_OTHER;
        }
    }
    copy_text(fingerprint, STATE_FINGERPRINT_SIZE, saved);
    return STATE_GOOD;
}

static enum state_verdict state_read_state(struct state_job *job, struct json_object *root,
                                           const struct profile_settings *settings,
                                           struct profile_settings *own, struct vm_identity *vm,
                                           struct profile **ret)
{
    struct state_reader *reader = &job->reader;
    char fingerprint[STATE_FINGERPRINT_SIZE], again[STATE_FINGERPRINT_SIZE];
    enum state_verdict verdict = state_get_head(reader, root, settings, fingerprint);
    struct json_object *identity;

    if (verdict != STATE_GOOD)
        return verdict;
    if (!state_get_settings(reader, state_member(reader, root, "settings", json_type_object),
                            &job->saved))
        return STATE_BAD;
    state_fingerprint(&job->saved, again);
    if (strcmp(fingerprint, again) != 0) {
        state_fail(reader, "not of these settings", "fingerprint");
        return STATE_BAD;
    }
    *own = job->saved;
    job->settings = settings ? settings : own;
    job->lenient = !state_same_limits(&job->saved, job->settings);
    identity = state_member(reader, root, "vm", json_type_object);
    if (!identity || !state_get_vm(reader, identity, vm) || !state_get_profile(job, root, ret))
        return STATE_BAD;
    return STATE_GOOD;
}

enum state_verdict state_read(const char *text, size_t len, const struct profile_settings *settings,
                              struct profile_settings *ret_settings, struct vm_identity *ret_vm,
                              struct profile **ret, char *why, size_t size)
{
    struct state_job job = {.reader = {.why = why, .size = size}};
    struct profile_settings unused, before, *own = ret_settings ? ret_settings : &unused;
    struct json_object *root = state_parse(&job.reader, text, len), *record;
    enum state_verdict verdict = STATE_BAD;
    struct vm_identity vm = {0};
    struct profile *profile = NULL;

    if (!root)
        return STATE_BAD;
    before = settings ? (struct profile_settings){0} : *own;
    if (!settings && json_object_object_get_ex(root, "profile", &record)) {
        if (state_read_record(&job.reader, record, own, &vm, &profile))
            verdict = STATE_GOOD;
    } else {
        verdict = state_read_state(&job, root, settings, settings ? &unused : own, &vm, &profile);
    }
    json_object_put(root);
    if (verdict == STATE_GOOD) {
        *ret_vm = vm;
        *ret = profile;
        return verdict;
    }
    profile_free(profile);
    vm_identity_done(&vm);
    if (!settings)
        *own = before;
    return verdict;
}
