/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures that commands tell: made from a profile, or, where that comes from a printed record and
 * has counts alone, those which stand in the record.
 */
#include <math.h>
#include <string.h>

#include <json-c/json.h>

#include "base/num.h"
#include "profiler/command_internal.h"

/* As for the reading of records. */
#define FIGURES_DEPTH 64

static void figures_of_channel(const struct channel *channel, struct command_metric_figures *ret)
{
    const struct forecast *forecast = &channel->forecast;

    capacity_stats(channel, &ret->stats);
    ret->hits = forecast_hit_rate(forecast, &forecast->model);
    ret->baseline = forecast_hit_rate(forecast, &forecast->baseline);
    ret->useful = forecast_is_useful(forecast);
    ret->checked = forecast->steps;
    ret->z = channel->anomaly.z;
    ret->anomaly = channel->anomaly.active;
    ret->period = channel->series.period;
}

static void figures_of_profile(const struct command_saved *saved, struct command_figures *ret)
{
    const struct profile *profile = saved->profile;
    struct profile_anomaly anomaly = profile_anomaly(profile);

    copy_text(ret->class, sizeof(ret->class), capacity_class_word(capacity_class(profile)));
    vm_identity_advise(&saved->vm, profile, &ret->advice);
    ret->z = anomaly.blame ? anomaly.z : NAN;
    ret->anomaly = anomaly.active;
    if (anomaly.blame)
        copy_text(ret->blame, sizeof(ret->blame), anomaly.blame->spec.name);
    if (anomaly.has_step) {
        ret->from = (int)anomaly.from;
        ret->to = (int)anomaly.to;
    }
    ret->first = profile->first;
    ret->last = profile->last;
    ret->phases = phases_count(profile->phases);
    ret->phase = ret->phases ? (int)phases_current(profile->phases) : -1;
    for (size_t i = 0; i < profile->count; i++)
        figures_of_channel(profile->channels[i], &ret->metrics[i]);
}

static struct json_object *figures_member(struct json_object *object, const char *key,
                                          enum json_type type)
{
    struct json_object *member;

    return object && json_object_is_type(object, json_type_object) &&
                   json_object_object_get_ex(object, key, &member) &&
                   json_object_is_type(member, type)
               ? member
               : NULL;
}

/* A finite number, or NAN. */
static double figures_number(struct json_object *object, const char *key)
{
    struct json_object *member;
    double value = NAN;

    if (object && json_object_object_get_ex(object, key, &member) &&
        (json_object_is_type(member, json_type_double) ||
         json_object_is_type(member, json_type_int)))
        value = json_object_get_double(member);
    return isfinite(value) ? value : NAN;
}

static bool figures_flag(struct json_object *object, const char *key)
{
    return json_object_get_boolean(figures_member(object, key, json_type_boolean));
}

static void figures_text(struct json_object *object, const char *key, char *ret, size_t size)
{
    struct json_object *member = figures_member(object, key, json_type_string);

    if (member)
        copy_text(ret, size, json_object_get_string(member));
}

/* Seconds since the epoch of a stamp, or NAN. */
static double figures_time(struct json_object *object, const char *key)
{
    struct json_object *member = figures_member(object, key, json_type_string);
    double seconds = NAN;

    if (member)
        (void)csv_time(json_object_get_string(member), (size_t)json_object_get_string_len(member),
                       &seconds);
    return seconds;
}

/* A number as a count; 0 where there is none. */
static uint64_t figures_count(struct json_object *object, const char *key)
{
    double value = figures_number(object, key);

    return value >= 0 && value < 1e15 ? (uint64_t)value : 0;
}

static void figures_of_metric(struct json_object *metric, struct command_metric_figures *ret)
{
    struct json_object *stats = figures_member(metric, "stats", json_type_object);
    struct json_object *forecast = figures_member(metric, "forecast", json_type_object);
    struct json_object *anomaly = figures_member(metric, "anomaly", json_type_object);

    ret->stats = (struct capacity_stats){
        .mean = figures_number(stats, "mean"),
        .deviation = figures_number(stats, "stddev"),
        .min = figures_number(stats, "min"),
        .max = figures_number(stats, "max"),
        .p50 = figures_number(stats, "p50"),
        .p90 = figures_number(stats, "p90"),
        .p95 = figures_number(stats, "p95"),
        .p99 = figures_number(stats, "p99"),
        .busy_share = figures_number(stats, "busy_share"),
        .top_share = figures_number(stats, "top_share"),
    };
    ret->hits = figures_number(forecast, "hit_rate");
    ret->baseline =
        figures_number(figures_member(forecast, "baseline", json_type_object), "hit_rate");
    ret->useful = figures_flag(forecast, "useful");
    ret->checked = figures_count(forecast, "steps");
    ret->z = figures_number(anomaly, "z");
    ret->anomaly = figures_flag(anomaly, "active");
    ret->period = (unsigned)fmin((double)figures_count(metric, "period"), SERIES_LENGTH);
}

/* "2>3" */
static void figures_step(struct json_object *anomaly, struct command_figures *ret)
{
    struct json_object *step = figures_member(anomaly, "step", json_type_string);
    struct cursor c;
    uint64_t from, to;

    if (!step)
        return;
    c = cursor_of(json_object_get_string(step), (size_t)json_object_get_string_len(step));
    if (cursor_u64(&c, &from) && cursor_word(&c, ">") && cursor_u64(&c, &to) &&
        from < SCALE_STATES_MAX && to < SCALE_STATES_MAX) {
        ret->from = (int)from;
        ret->to = (int)to;
    }
}

static void figures_of_record(struct json_object *ext, const struct profile *profile,
                              struct command_figures *ret)
{
    struct json_object *advice = figures_member(ext, "recommend", json_type_object);
    struct json_object *anomaly = figures_member(ext, "anomaly", json_type_object);
    struct json_object *channels = figures_member(ext, "metrics", json_type_object);
    struct json_object *phases = figures_member(ext, "phases", json_type_array);
    double phase = figures_number(ext, "phase");

    figures_text(ext, "class", ret->class, sizeof(ret->class));
    ret->advice = (struct capacity_advice){
        .vcpus = figures_number(advice, "vcpus"),
        .mem_kb = figures_number(advice, "mem_kb"),
        .cpu_slack = figures_number(advice, "cpu_slack"),
        .mem_slack = figures_number(advice, "mem_slack"),
        .confidence = figures_number(advice, "confidence"),
        .ready = figures_flag(advice, "ready"),
    };
    ret->z = figures_number(anomaly, "z");
    ret->anomaly = figures_flag(anomaly, "active");
    figures_text(anomaly, "blame", ret->blame, sizeof(ret->blame));
    figures_step(anomaly, ret);
    ret->first = figures_time(ext, "first");
    ret->last = figures_time(ext, "last");
    ret->phases = phases ? (unsigned)json_object_array_length(phases) : 0;
    if (phase >= 0 && phase < PHASES_MAX)
        ret->phase = (int)phase;
    for (size_t i = 0; i < profile->count; i++)
        figures_of_metric(
            figures_member(channels, profile->channels[i]->spec.name, json_type_object),
            &ret->metrics[i]);
}

void command_figures(const struct command_saved *saved, struct command_figures *ret)
{
    struct json_tokener *tokener;
    struct json_object *root, *ext;

    *ret = (struct command_figures){
        .z = NAN, .first = NAN, .last = NAN, .from = -1, .to = -1, .phase = -1};
    if (!saved->record.len) {
        figures_of_profile(saved, ret);
        return;
    }
    /* It was parsed before: this does not fail but for want of memory. */
    tokener = json_tokener_new_ex(FIGURES_DEPTH);
    root =
        tokener ? json_tokener_parse_ex(tokener, saved->record.data, (int)saved->record.len) : NULL;
    ext =
        figures_member(figures_member(root, "profile", json_type_object), "ext", json_type_object);
    figures_of_record(ext, saved->profile, ret);
    json_object_put(root);
    if (tokener)
        json_tokener_free(tokener);
}

void command_put_worth(struct buf *out, const struct command_metric_figures *figures)
{
    if (isfinite(figures->hits) && isfinite(figures->baseline))
        buf_printf(out, "right %.1f %% of %llu, staying as it is %.1f %%: %s", 100 * figures->hits,
                   (unsigned long long)figures->checked, 100 * figures->baseline,
                   figures->useful ? "useful" : "not useful");
    else
        buf_puts(out, "not checked yet");
}
