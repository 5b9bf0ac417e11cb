/* SPDX-License-Identifier: GPL-2.0-or-later */
/* diff: how far apart two saved profiles are. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "print/column.h"
#include "print/json_write.h"
#include "profile/diff.h"
#include "profiler/command_internal.h"
#include "profiler/record.h"
#include "profiler/words.h"

struct diff_metric {
    const char *name;
    const struct channel *a, *b; /* NULL = that profile does not have it */
    struct diff diff;
    const char *why; /* they cannot be compared; NULL = they can */
};

struct diff_all {
    const struct command_saved *a, *b;
    struct diff_metric metrics[2 * PROFILE_CHANNELS_MAX];
    size_t count, compared;
    double distance; /* the largest of those that can be compared */
    const char *farthest;
};

static void diff_add(struct diff_all *all, const char *name)
{
    struct diff_metric *metric = &all->metrics[all->count];

    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->metrics[i].name, name) == 0)
            return;
    }
    *metric = (struct diff_metric){.name = name,
                                   .a = profile_channel(all->a->profile, name),
                                   .b = profile_channel(all->b->profile, name)};
    all->count++;
    if (!metric->a || !metric->b) {
        metric->why = metric->a ? "not in B" : "not in A";
    } else if (!matrix_total(metric->a->matrix, 1) && !matrix_total(metric->b->matrix, 1)) {
        metric->why = "nothing was learned in either";
    } else if (diff_channels(metric->a, metric->b, &metric->diff, &metric->why) == 0) {
        metric->why = NULL;
        if (!all->compared++ || metric->diff.distance > all->distance) {
            all->distance = metric->diff.distance;
            all->farthest = name;
        }
    }
}

static void diff_add_all(struct diff_all *all, const char *metric)
{
    const struct profile *profiles[] = {all->a->profile, all->b->profile};

    for (size_t p = 0; p < ARRAY_SIZE(profiles); p++) {
        for (size_t i = 0; i < profiles[p]->count; i++) {
            const char *name = profiles[p]->channels[i]->spec.name;

            if (!metric || strcmp(metric, name) == 0)
                diff_add(all, name);
        }
    }
    if (!all->compared)
        all->distance = NAN;
}

static void diff_put_number(struct buf *out, double value, unsigned width)
{
    struct buf text = {0};

    if (isfinite(value))
        buf_put_fixed(&text, value, 6);
    else
        buf_putc(&text, '-');
    command_put_right(out, buf_text(&text), width);
    buf_done(&text);
}

/* A long name has a line of its own. */
static void diff_put_name(struct buf *out, const char *name)
{
    struct buf text = {0};

    print_clean(&text, name);
    if (text.len >= 10) {
        buf_puts(out, buf_text(&text));
        buf_putc(out, '\n');
        buf_clear(&text);
    }
    command_put_left(out, buf_text(&text), 10);
    buf_done(&text);
}

static void diff_put_change(struct buf *out, const struct diff_metric *metric, double value,
                            unsigned width)
{
    struct buf text = {0};

    if (isfinite(value) && value > 0)
        buf_putc(&text, '+');
    words_put_value(&text, &metric->a->spec, value, true);
    command_put_right(out, buf_text(&text), width);
    buf_done(&text);
}

static void diff_print_text(const struct diff_all *all, double threshold, struct buf *out)
{
    buf_puts(out, "A: ");
    print_clean(out, command_vm_name(&all->a->vm));
    buf_puts(out, "\nB: ");
    print_clean(out, command_vm_name(&all->b->vm));
    buf_puts(out, "\n\nmetric      distance similarity occupancy    compat      mean B-A"
                  "       P95 B-A\n");
    for (size_t i = 0; i < all->count; i++) {
        const struct diff_metric *metric = &all->metrics[i];

        if (metric->why)
            continue;
        diff_put_name(out, metric->name);
        diff_put_number(out, metric->diff.distance, 10);
        diff_put_number(out, metric->diff.similarity, 11);
        diff_put_number(out, metric->diff.occupancy, 10);
        diff_put_number(out, metric->diff.compat_similarity, 10);
        diff_put_change(out, metric, metric->diff.mean, 14);
        diff_put_change(out, metric, metric->diff.p95, 14);
        buf_putc(out, '\n');
    }
    for (size_t i = 0; i < all->count; i++) {
        if (!all->metrics[i].why)
            continue;
        diff_put_name(out, all->metrics[i].name);
        buf_printf(out, "not comparable: %s\n", all->metrics[i].why);
    }
    if (!all->compared)
        return;
    command_put_left(out, "overall", 10);
    diff_put_number(out, all->distance, 10);
    buf_printf(out, "  (threshold %.6g): ", threshold);
    if (all->distance <= threshold) {
        buf_puts(out, "the same\n");
        return;
    }
    buf_puts(out, "different, most of all ");
    print_clean(out, all->farthest);
    buf_putc(out, '\n');
}

static void diff_print_vm(struct buf *out, const char *key, const struct vm_identity *vm)
{
    buf_printf(out, "\"%s\":{\"uuid\":", key);
    json_put_string(out, vm->uuid ? vm->uuid : "");
    buf_puts(out, ",\"name\":");
    json_put_string(out, vm->name ? vm->name : "");
    buf_puts(out, "},");
}

static void diff_print_json(const struct diff_all *all, double threshold, struct buf *out)
{
    bool first = true;

    buf_putc(out, '{');
    diff_print_vm(out, "a", &all->a->vm);
    diff_print_vm(out, "b", &all->b->vm);
    buf_puts(out, "\"distance\":");
    record_put_number(out, all->distance);
    command_put_member(out, "similarity", 1 - all->distance);
    command_put_member(out, "threshold", threshold);
    buf_puts(out, ",\"farthest\":");
    json_put_string(out, all->farthest);
    buf_printf(out, ",\"same\":%s,\"metrics\":{",
               !all->compared               ? "null"
               : all->distance <= threshold ? "true"
                                            : "false");
    for (size_t i = 0; i < all->count; i++) {
        const struct diff_metric *metric = &all->metrics[i];

        if (metric->why)
            continue;
        if (!first)
            buf_putc(out, ',');
        first = false;
        json_put_string(out, metric->name);
        buf_puts(out, ":{");
        command_put_member(out, "distance", metric->diff.distance);
        command_put_member(out, "similarity", metric->diff.similarity);
        command_put_member(out, "occupancy", metric->diff.occupancy);
        command_put_member(out, "mean", metric->diff.mean);
        command_put_member(out, "p95", metric->diff.p95);
        command_put_member(out, "compat_similarity", metric->diff.compat_similarity);
        buf_putc(out, '}');
    }
    buf_puts(out, "},\"not_comparable\":{");
    first = true;
    for (size_t i = 0; i < all->count; i++) {
        if (!all->metrics[i].why)
            continue;
        if (!first)
            buf_putc(out, ',');
        first = false;
        json_put_string(out, all->metrics[i].name);
        buf_putc(out, ':');
        json_put_string(out, all->metrics[i].why);
    }
    buf_puts(out, "}}\n");
}

/* Says why there is no result. */
static int diff_refuse(const struct diff_all *all)
{
    for (size_t i = 0; i < all->count; i++)
        log_error("%s: not comparable: %s", all->metrics[i].name, all->metrics[i].why);
    if (!all->count)
        log_error("diff: the profiles have no metrics");
    return COMMAND_WRONG;
}

static int diff_run(const struct command_options *options, const struct command_saved *a,
                    const struct command_saved *b)
{
    struct diff_all all = {.a = a, .b = b};
    const struct channel *list[PROFILE_CHANNELS_MAX];
    struct buf out = {0};
    size_t count;
    int r;

    if (options->metric && !profile_channel(b->profile, options->metric) &&
        !command_channels(a, options->metric, list, &count))
        return COMMAND_WRONG;
    diff_add_all(&all, options->metric);
    if (!all.compared)
        return diff_refuse(&all);
    if (options->json)
        diff_print_json(&all, options->threshold, &out);
    else
        diff_print_text(&all, options->threshold, &out);
    r = command_write(&out);
    buf_done(&out);
    if (r < 0)
        return COMMAND_WRONG; /* 1 would say that they differ */
    return all.distance <= options->threshold ? COMMAND_OK : COMMAND_DIFFER;
}

int command_diff(const struct command_options *options, char *const *files, size_t count UNUSED)
{
    struct command_saved *a = NULL, *b = NULL;
    int status = COMMAND_WRONG;

    if (strcmp(files[0], "-") == 0 && strcmp(files[1], "-") == 0) {
        log_error("diff: standard input can be one of the two files only");
        return COMMAND_WRONG;
    }
    if (command_load(files[0], options->vms[0], &a) == 0 &&
        command_load(files[1], options->vms[options->vms_count > 1], &b) == 0)
        status = diff_run(options, a, b);
    command_saved_free(a);
    command_saved_free(b);
    return status;
}
