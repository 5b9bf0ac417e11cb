/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A profile as a line of JSON. */
#include "profiler/record.h"

#include <string.h>

#include "profiler/record_internal.h"

/* Whether a metric stands before another one. */
static bool record_before(const char *a, const char *b)
{
    enum profiler_metric first = PROFILER_METRIC__COUNT, second = PROFILER_METRIC__COUNT;

    profiler_metric_by_name(a, &first);
    profiler_metric_by_name(b, &second);
    return first != second ? first < second : strcmp(a, b) < 0;
}

void record_order(const struct profile *profile, struct record_order *ret)
{
    size_t *order = ret->at, count = 0;

    for (size_t i = 0; i < profile->count; i++) {
        const struct channel *channel = profile->channels[i];
        size_t at = count;

        if (!channel->samples && channel->gaps)
            continue;
        for (; at && record_before(channel->spec.name, profile->channels[order[at - 1]]->spec.name);
             at--)
            order[at] = order[at - 1];
        order[at] = i;
        count++;
    }
    ret->count = count;
}

void record_print(const struct record_context *context, const struct vm_identity *vm,
                  const struct profile *profile, bool final, struct buf *out)
{
    struct record_order order;

    record_order(profile, &order);
    buf_puts(out, "{\"profile\":{");
    record_put_compat(vm, profile, &order, out);
    buf_putc(out, ',');
    record_put_ext(context, vm, profile, &order, final, out);
    buf_puts(out, "}}\n");
}
