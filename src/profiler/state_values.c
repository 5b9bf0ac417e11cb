/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single values out of a text that may be anything. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/utf8.h"
#include "profiler/state_internal.h"

#define STATE_TEXT_MAX 4096 /* bytes of a name */

bool state_fail(struct state_reader *reader, const char *what, const char *key)
{
    if (!reader->failed && reader->size)
        snprintf(reader->why, reader->size, "%s: %s", key, what);
    reader->failed = true;
    return false;
}

struct json_object *state_member(struct state_reader *reader, struct json_object *object,
                                 const char *key, enum json_type type)
{
    struct json_object *value;

    if (!json_object_object_get_ex(object, key, &value)) {
        state_fail(reader, "missing", key);
        return NULL;
    }
    if (json_object_get_type(value) != type) {
        state_fail(reader, "of another type", key);
        return NULL;
    }
    return value;
}

bool state_get_number(struct state_reader *reader, struct json_object *value, const char *key,
                      double min, double max, double *ret)
{
    enum json_type type = json_object_get_type(value);
    double number;

    if (type != json_type_int && type != json_type_double)
        return state_fail(reader, "no number", key);
    number = json_object_get_double(value);
    if (!(number >= min && number <= max)) /* NAN is neither */
        return state_fail(reader, "out of range", key);
    *ret = number;
    return true;
}

bool state_get_count(struct state_reader *reader, struct json_object *value, const char *key,
                     uint64_t max, uint64_t *ret)
{
    double number;

    if (json_object_get_type(value) != json_type_int)
        return state_fail(reader, "no whole number", key);
    if (!state_get_number(reader, value, key, 0, (double)max, &number))
        return false;
    *ret = (uint64_t)number;
    return true;
}

/* A text that a C string can hold: at most `max` bytes, cut at a character. */
static char *state_take_text(struct json_object *value, size_t max)
{
    const char *text = json_object_get_string(value);
    size_t len = 0;

    for (uint32_t c; text[len];) {
        size_t n = utf8_next(text + len, &c);

        n = n ? n : 1;
        if (len + n > max)
            break;
        len += n;
    }
    return xstrndup(text, len);
}

bool state_get_text(struct state_reader *reader, struct json_object *object, const char *key,
                    size_t max, char **ret)
{
    struct json_object *value;
    const char *text;

    if (!json_object_object_get_ex(object, key, &value))
        return state_fail(reader, "missing", key);
    if (!value) {
        *ret = NULL;
        return true;
    }
    if (json_object_get_type(value) != json_type_string)
        return state_fail(reader, "no text", key);
    text = json_object_get_string(value);
    if (strlen(text) != (size_t)json_object_get_string_len(value))
        return state_fail(reader, "a text with NUL in it", key);
    *ret = state_take_text(value, max);
    return true;
}

/* A count where null stands for 0. */
static bool state_get_known(struct state_reader *reader, struct json_object *object,
                            const char *key, uint64_t max, uint64_t *ret)
{
    struct json_object *value;

    if (!json_object_object_get_ex(object, key, &value))
        return state_fail(reader, "missing", key);
    *ret = 0;
    return !value || state_get_count(reader, value, key, max, ret);
}

bool state_get_vm(struct state_reader *reader, struct json_object *object, struct vm_identity *vm)
{
    struct json_object *guest;
    uint64_t count;

    if (!state_get_text(reader, object, "uuid", STATE_TEXT_MAX, &vm->uuid) ||
        !state_get_text(reader, object, "name", STATE_TEXT_MAX, &vm->name) ||
        !state_get_text(reader, object, "key", STATE_TEXT_MAX, &vm->key) ||
        !state_get_known(reader, object, "vcpus", UINT32_MAX, &count))
        return false;
    vm->vcpus = (unsigned)count;
    guest = state_member(reader, object, "guest_memory", json_type_boolean);
    if (!guest)
        return false;
    vm->guest_memory = json_object_get_boolean(guest);
    return state_get_known(reader, object, "mem_kb", UINT64_C(1) << 49, &vm->mem_kb);
}

bool state_get_base64(const char *text, size_t len, uint8_t *ret, size_t size)
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    if (len != size / 3 * 4 + (size % 3 ? size % 3 + 1 : 0))
        return false;
    for (size_t i = 0; i < len; i++) {
        int digit = base64_digit(text[i]);

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        have += 6;
        if (have >= 8) {
            have -= 8;
            ret[n++] = (uint8_t)(bits >> have);
            bits &= (1u << have) - 1;
        }
    }
    return n == size && bits == 0;
}

/* The counts of a row; how much they are in all. */
static bool state_get_row(struct state_reader *reader, struct json_object *row, unsigned states,
                          uint16_t *counts, uint32_t *ret_total)
{
    uint32_t total = 0;

    if (json_object_get_type(row) != json_type_array || json_object_array_length(row) != states)
        return state_fail(reader, "a row that is no list of all states", "counts");
    for (unsigned j = 0; j < states; j++) {
        uint64_t count;

        if (!state_get_count(reader, json_object_array_get_idx(row, j), "counts",
                             MATRIX_ROW_CAP_MAX, &count))
            return false;
        counts[j] = (uint16_t)count;
        total += counts[j];
    }
    *ret_total = total;
    return true;
}

bool state_get_matrix(struct state_reader *reader, struct json_object *rows,
                      const struct profile_settings *settings, unsigned history, bool lenient,
                      struct matrix *matrix)
{
    if (json_object_get_type(rows) != json_type_object)
        return state_fail(reader, "no rows", "counts");
    json_object_object_foreach(rows, key, row) /* NOLINT */
    {
        uint16_t counts[SCALE_STATES_MAX];
        struct context context;
        uint32_t total = 0;

        if (!context_parse(key, settings->states, history, &context))
            return state_fail(reader, "no states", "counts");
        if (!state_get_row(reader, row, settings->states, counts, &total))
            return false;
        while (lenient && total > settings->row_cap) {
            total = 0;
            for (unsigned j = 0; j < settings->states; j++) {
                counts[j] /= 2;
                total += counts[j];
            }
        }
        if (!matrix_put(matrix, &context, counts) && !lenient)
            return state_fail(reader, "a row that there cannot be", "counts");
    }
    return true;
}

bool state_check_settings(struct state_reader *reader, const struct profile_settings *settings)
{
    uint64_t contexts = 1;

    for (unsigned i = 0; i < settings->history; i++)
        contexts *= settings->states;
    if (contexts > STATE_CONTEXTS_MAX)
        return state_fail(reader, "too many of that history", "states");
    if (period_tree_nodes(&settings->periods) > PERIOD_NODES_MAX)
        return state_fail(reader, "too many", "periods");
    return true;
}

bool state_get_periods(struct state_reader *reader, struct json_object *list,
                       struct period_tree *ret)
{
    struct period_tree tree = {0};

    if (json_object_get_type(list) != json_type_array ||
        json_object_array_length(list) > PERIOD_SIZES_MAX)
        return state_fail(reader, "no list of sizes", "periods");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        uint64_t size;

        if (!state_get_count(reader, json_object_array_get_idx(list, i), "periods", PERIOD_SIZE_MAX,
                             &size))
            return false;
        tree.sizes[tree.count++] = (unsigned)size;
    }
    *ret = tree;
    return true;
}
