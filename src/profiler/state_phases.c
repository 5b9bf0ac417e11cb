/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases' part of a state. */
#include "profiler/state_internal.h"

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

/* Takes the metric's transition of a step of the block, if it has one. */
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
    struct json_object *count, *lists;
    uint64_t steps;

    if (!object || !(count = state_member(reader, object, "steps", json_type_int)) ||
        !(lists = state_member(reader, object, "transitions", json_type_array)) ||
        !state_get_count(reader, count, "steps", job->saved.window - 1, &steps))
        return false;
    if (json_object_array_length(lists) != profile->count)
        return state_fail(reader, "not one per metric", "block");
    for (unsigned metric = 0; metric < profile->count; metric++) {
        struct json_object *list = json_object_array_get_idx(lists, metric);
        size_t length;

        if (json_object_get_type(list) != json_type_array)
            return state_fail(reader, "no list", "block");
        length = json_object_array_length(list);
        if (length % 2 || length / 2 > steps + 1)
            return state_fail(reader, "more than its steps", "block");
    }
    if (job->saved.window != job->settings->window) {
        phases_break(profile->phases);
        return true;
    }
    /* Of the step that is under way, there may be a transition already. */
    for (uint64_t step = 0; step <= steps; step++) {
        for (unsigned metric = 0; metric < profile->count; metric++)
            if (!state_get_block_metric(job, json_object_array_get_idx(lists, metric), metric, step,
                                        profile->phases))
                return false;
        if (step < steps)
            phases_end_step(profile->phases);
    }
    return true;
}

bool state_get_phases(struct state_job *job, struct json_object *object, struct profile *profile)
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
