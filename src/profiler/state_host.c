/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was measured of a host's VMs together, as a text that it can be made from again. */
#include <math.h>
#include <stdlib.h>

#include "profiler/record_internal.h"
#include "profiler/state_internal.h"

/* Number since the epoch; 10^15 s are what a time can be at most. */
#define STATE_DAY_MAX UINT64_C(11574074074)
/* Of a day's P95, over the cores: buckets of a percentage end at its largest value. */
#define STATE_CORES_MAX 1e9
/* As state_host_fields has it. */
#define STATE_COUNT_MAX UINT64_C(1000000000000000)

void state_host_free(struct state_host *host)
{
    if (!host)
        return;
    overcommit_measured_done(&host->measured);
    free(host);
}

void state_host_write(const struct state_host *host, struct buf *out)
{
    const struct overcommit_measured *measured = &host->measured;
    struct state_host numbers = *host;

    /* What is written can be read again, whatever a file had them begin at. */
    if (measured->samples > STATE_COUNT_MAX)
        numbers.measured.samples = STATE_COUNT_MAX;
    if (measured->over > STATE_COUNT_MAX)
        numbers.measured.over = STATE_COUNT_MAX;
    record_put_count(out, "{\"version\":", STATE_VERSION);
    record_put_text(out, ",\"node\":", host->node);
    buf_putc(out, ',');
    state_put_fields(out, &state_host_fields, &numbers);
    if (measured->day >= 0)
        record_put_count(out, ",\"day\":", (uint64_t)measured->day);
    else
        buf_puts(out, ",\"day\":null");
    buf_puts(out, ",\"days\":[");
    for (size_t i = 0; i < measured->days; i++)
        record_put_member(out, i ? "," : "", measured->p95_of_day[i]);
    buf_puts(out, "],\n\"sum\":");
    state_put_histogram(out, &measured->sum);
    buf_puts(out, ",\n\"today\":");
    state_put_histogram(out, &measured->today);
    buf_puts(out, "}\n");
}

/* A day without data is null. */
static bool state_get_days(struct state_reader *reader, struct json_object *list,
                           struct overcommit_measured *measured)
{
    if (!list)
        return false;
    if (json_object_array_length(list) > OVERCOMMIT_DAYS_MAX)
        return state_fail(reader, "too many", "days");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *value = json_object_array_get_idx(list, i);

        measured->p95_of_day[i] = NAN;
        if (value &&
            !state_get_number(reader, value, "days", 0, STATE_CORES_MAX, &measured->p95_of_day[i]))
            return false;
        measured->days++;
    }
    return true;
}

static bool state_get_day(struct state_reader *reader, struct json_object *root, int64_t *ret)
{
    struct json_object *value;
    uint64_t day;

    if (!json_object_object_get_ex(root, "day", &value))
        return state_fail(reader, "missing", "day");
    *ret = -1;
    if (!value)
        return true;
    if (!state_get_count(reader, value, "day", STATE_DAY_MAX, &day))
        return false;
    *ret = (int64_t)day;
    return true;
}

static bool state_get_host(struct state_reader *reader, struct json_object *root,
                           struct state_host *host)
{
    struct overcommit_measured *measured = &host->measured;
    struct state_host numbers = {.half_life = 0};
    char *node = NULL;

    if (!state_get_text(reader, root, "node", sizeof(host->node) - 1, &node) ||
        !state_get_fields(reader, root, &state_host_fields, &numbers)) {
        free(node);
        return false;
    }
    copy_text(host->node, sizeof(host->node), node ? node : "");
    free(node);
    host->half_life = numbers.half_life;
    overcommit_measured_init(measured, numbers.measured.cores, numbers.half_life);
    measured->samples = numbers.measured.samples;
    measured->over = numbers.measured.over;
    return state_get_day(reader, root, &measured->day) &&
           state_get_days(reader, state_member(reader, root, "days", json_type_array), measured) &&
           state_get_histogram(reader, state_member(reader, root, "sum", json_type_object),
                               &measured->sum) &&
           state_get_histogram(reader, state_member(reader, root, "today", json_type_object),
                               &measured->today);
}

enum state_verdict state_host_read(const char *text, size_t len, struct state_host **ret, char *why,
                                   size_t size)
{
    struct state_reader reader = {.size = size};
    enum state_verdict verdict;
    struct json_object *root;
    struct state_host *host;

    reader.why = why;
    root = state_parse(&reader, text, len);
    if (!root)
        return STATE_BAD;
    host = xcalloc(1, sizeof(*host));
    if (state_get_version(&reader, root, &verdict))
        verdict = state_get_host(&reader, root, host) ? STATE_GOOD : STATE_BAD;
    json_object_put(root);
    if (verdict == STATE_GOOD)
        *ret = host;
    else
        state_host_free(host);
    return verdict;
}
