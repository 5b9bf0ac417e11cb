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

const char *state_unit(const char *text)
{
    static const char *const units[] = {"%", "B/s", "ms", "cores"};

    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (text_equal(text, units[i]))
            return units[i];
    return "";
}

bool state_is_bearable(const char *text, size_t len)
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

struct json_object *state_parse(struct state_reader *reader, const char *text, size_t len)
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
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
                                        JSON_TOKENER_VALIDATE_UTF8);
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

bool state_get_version(struct state_reader *reader, struct json_object *root,
                       enum state_verdict *ret_verdict)
{
    struct json_object *version = state_member(reader, root, "version", json_type_int);
    uint64_t number;

    *ret_verdict = STATE_BAD;
    if (!version || !state_get_count(reader, version, "version", 1000000, &number))
        return false;
    if (number == STATE_VERSION)
        return true;
    *ret_verdict = STATE_OTHER;
    return state_fail(reader, "another one than this program's", "version");
}

/* Version and fingerprint, and whether they are ours. */
static enum state_verdict state_get_head(struct state_reader *reader, struct json_object *root,
                                         const struct profile_settings *settings,
                                         char fingerprint[STATE_FINGERPRINT_SIZE])
{
    enum state_verdict verdict;
    struct json_object *text;
    const char *saved;

    if (!state_get_version(reader, root, &verdict))
        return verdict;
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
    struct state_job job = {.reader = {.size = size}};
    struct profile_settings unused, before, *own = ret_settings ? ret_settings : &unused;
    struct json_object *root, *record;
    enum state_verdict verdict = STATE_BAD;
    struct vm_identity vm = {0};
    struct profile *profile = NULL;

    job.reader.why = why;
    if (!settings && !ret_settings) { /* the profile would borrow what nobody has */
        state_fail(&job.reader, "nowhere to put them", "settings");
        return STATE_BAD;
    }
    root = state_parse(&job.reader, text, len);
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
