/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved profiles and printed records that are anything: what was read is used, printed, written and
 * read again, which gives the same.
 */
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "profiler/record.h"
#include "profiler/state.h"

/* Large, sparse matrices take their time; they are no matter of parsing. */
#define FUZZ_SAMPLES 5

/* Some samples, made of the text's length: within the range, beyond it, none. */
static void fuzz_learn(struct profile *profile, size_t seed)
{
    static const double parts[] = {0, 0.5, 3, -1, 0.1};
    double values[PROFILE_CHANNELS_MAX];
    double seconds = profile->last > 0 ? profile->last : 1e9;

    for (size_t round = 0; round < FUZZ_SAMPLES * profile->settings->buffer && round < 50;
         round++) {
        for (size_t i = 0; i < profile->count; i++)
            values[i] = (seed + round + i) % 7 == 6
                            ? NAN
                            : profile->channels[i]->spec.hi * parts[(seed + round + i) % 5];
        seconds += profile->settings->sample_seconds;
        profile_take(profile, values, seconds, (int)(round % 24));
    }
}

/* Another parser takes it: every number is one. */
static void fuzz_print(const struct vm_identity *vm, const struct profile *profile)
{
    const struct record_context context = {.time = {.tv_sec = 1790000000}};
    struct json_tokener *tokener = json_tokener_new_ex(64);
    struct json_object *object;
    struct buf out = {0};

    record_print(&context, vm, profile, false, &out);
    CHECK(tokener && out.len && out.data[out.len - 1] == '\n');
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    object = json_tokener_parse_ex(tokener, out.data, (int)out.len - 1);
    CHECK(json_tokener_get_error(tokener) == json_tokener_success);
    CHECK(json_tokener_get_parse_end(tokener) == out.len - 1);
    json_object_put(object);
    json_tokener_free(tokener);
    buf_done(&out);
}

static void fuzz_again(const struct vm_identity *vm, const struct profile *profile)
{
    struct buf first = {0}, second = {0};
    struct profile_settings settings;
    struct vm_identity other = {0};
    struct profile *read = NULL;
    char why[200] = "";

    state_write(vm, profile, &first);
    if (state_read(first.data, first.len, NULL, &settings, &other, &read, why, sizeof(why)) !=
        STATE_GOOD) {
        fprintf(stderr, "%s in %s\n", why, buf_text(&first));
        abort();
    }
    state_write(&other, read, &second);
    CHECK(first.len == second.len && !memcmp(first.data, second.data, first.len));
    profile_free(read);
    vm_identity_done(&other);
    buf_done(&first);
    buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile_settings settings;
    struct vm_identity vm = {0};
    struct profile *profile = NULL;
    char *text = fuzz_text(data, size);
    char why[200] = "";

    if (state_read(text, size, NULL, &settings, &vm, &profile, why, sizeof(why)) == STATE_GOOD) {
        fuzz_again(&vm, profile);
        fuzz_learn(profile, size);
        fuzz_again(&vm, profile);
        fuzz_print(&vm, profile);
        profile_free(profile);
        vm_identity_done(&vm);
    } else {
        CHECK(!profile && why[0]);
    }
    free(text);
    return 0;
}
