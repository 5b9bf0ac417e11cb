/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of the program that learns. */
#include "app/options_profiler.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"

#define AT(member) offsetof(struct options, profiler.member)

#define OUTPUT_DEFAULT_S     60
#define IO_MAX_DEFAULT       (UINT64_C(6) << 30) /* B/s */
#define KEEP_DAYS_DEFAULT    30
#define SAVE_DEFAULT_S       600
#define CONTEXTS_MAX         65536 /* states^history */
#define PERIOD_TEXT_MAX      8     /* bytes of a number that can be good */
#define METRIC_NAME_TEXT_MAX 64

void options_profiler_defaults(struct options *options)
{
    struct profile_settings profile;

    profile_settings_defaults(&profile);
    options->profiler = (struct profiler_options){
        .states = profile.states,
        .buffer = profile.buffer,
        .history = profile.history,
        .filter_deviations = profile.filter_deviations,
        .bounds = BOUNDS_DEFAULT,
        .binning = profile.binning,
        .phantom_start = profile.phantom_start,
        .calendar = profile.calendar,
        .output_seconds = OUTPUT_DEFAULT_S,
        .row_cap = profile.row_cap,
        .rows_max = profile.rows_max,
        .window = profile.window,
        .half_life = profile.half_life,
        .io_max = IO_MAX_DEFAULT,
        .keep_days = KEEP_DAYS_DEFAULT,
        .save_seconds = SAVE_DEFAULT_S,
    };
}

/* Takes the next item of a list with commas; false at its end, or if it does not fit. */
static bool options_next_item(const char **list, char *item, size_t size)
{
    size_t len = strcspn(*list, ",");

    if (len >= size)
        return false;
    copy_text(item, len + 1, *list);
    *list += len;
    return true;
}

/* "60,24": sizes of a tree that is not too large. */
static bool options_parse_periods(const char *text, struct period_tree *ret)
{
    struct period_tree tree = {.count = 0};
    char item[PERIOD_TEXT_MAX];
    uint64_t size;

    for (;; text++) {
        if (tree.count == PERIOD_SIZES_MAX || !options_next_item(&text, item, sizeof(item)) ||
            !parse_u64(item, &size) || size < 1 || size > PERIOD_SIZE_MAX)
            return false;
        tree.sizes[tree.count++] = (unsigned)size;
        if (!*text)
            break;
    }
    if (period_tree_nodes(&tree) > PERIOD_NODES_MAX)
        return false;
    *ret = tree;
    return true;
}

/* Names of metrics, as bits of 1 << enum profiler_metric. */
static bool options_parse_metrics(const char *text, unsigned *ret)
{
    char item[METRIC_NAME_TEXT_MAX];
    enum profiler_metric metric;
    unsigned wanted = 0;

    for (;; text++) {
        if (!options_next_item(&text, item, sizeof(item)) ||
            !profiler_metric_by_name(item, &metric))
            return false;
        wanted |= 1u << metric;
        if (!*text)
            break;
    }
    *ret = wanted;
    return true;
}

static void options_list_metrics(char *allowed, size_t size)
{
    struct buf words = {0};

    for (unsigned i = 0; i < PROFILER_METRIC__COUNT; i++)
        buf_printf(&words, "%s%s", i ? ", " : "", profiler_metric_name((enum profiler_metric)i));
    snprintf(allowed, size, "some of %s, separated by commas", buf_text(&words));
    buf_done(&words);
}

bool options_profiler_accepts(const struct option_row *row, const char *value, char *allowed,
                              size_t size)
{
    struct period_tree tree;
    unsigned wanted;

    if (row->offset == AT(periods) && !options_parse_periods(value, &tree)) {
        snprintf(allowed, size,
                 "1 to %d numbers from 1 to %d, separated by commas, whose parts are %d at most",
                 PERIOD_SIZES_MAX, PERIOD_SIZE_MAX, PERIOD_NODES_MAX);
        return false;
    }
    if (row->offset == AT(log_scale) && !options_parse_metrics(value, &wanted)) {
        options_list_metrics(allowed, size);
        return false;
    }
    return true;
}

/* Sequences that a matrix of this order can have. At most 64^4. */
static unsigned options_contexts(const struct profiler_options *profiler)
{
    unsigned contexts = 1;

    for (unsigned i = 0; i < profiler->history; i++)
        contexts *= profiler->states;
    return contexts;
}

int options_profiler_check(const struct options *options, struct options_broken *broken,
                           char *error, size_t size)
{
    const struct profiler_options *profiler = &options->profiler;

    if (options_contexts(profiler) > CONTEXTS_MAX) {
        snprintf(error, size,
                 "option --history: '%u' is not allowed with --states=%u; allowed: states^history "
                 "up to %d",
                 profiler->history, profiler->states, CONTEXTS_MAX);
        return options_break(broken, AT(history), AT(states));
    }
    if (profiler->bounds == BOUNDS_DYNAMIC && profiler->binning == SCALE_NEAREST &&
        options_layer(options, AT(binning)) != LAYER_DEFAULT) {
        snprintf(error, size,
                 "option --binning: 'nearest' is not allowed with --dynamicbound; allowed: equal");
        return options_break(broken, AT(binning), AT(bounds));
    }
    return 0;
}

void options_profiler_settings(const struct options *options, struct profiler_settings *ret)
{
    const struct profiler_options *from = &options->profiler;
    unsigned collectors = options->collectors & ~(1u << COLLECTOR_HOST);
    struct profile_settings *profile = &ret->profile;

    *ret = (struct profiler_settings){
        .metrics = profiler_metrics_of(collectors),
        .output_seconds = from->output_seconds,
        .ranges = {.io_max = (double)from->io_max, .link_mbit = NAN},
        .state_dir = from->state_dir,
        .keep_days = from->keep_days,
        .save_seconds = from->save_seconds,
        .fixed_bound = from->bounds != BOUNDS_DYNAMIC,
    };
    if (from->log_scale)
        (void)options_parse_metrics(from->log_scale, &ret->ranges.log_scale);
    profile_settings_defaults(profile);
    profile->states = from->states;
    profile->history = from->history;
    profile->buffer = from->buffer;
    profile->filter_deviations = from->filter_deviations;
    profile->dynamic = from->bounds == BOUNDS_DYNAMIC;
    profile->binning = profile->dynamic ? SCALE_EQUAL : (enum scale_binning)from->binning;
    profile->phantom_start = from->phantom_start;
    profile->row_cap = from->row_cap;
    profile->rows_max = from->rows_max;
    profile->window = from->window;
    profile->half_life = from->half_life;
    profile->calendar = (enum profile_calendar)from->calendar;
    if (from->periods)
        (void)options_parse_periods(from->periods, &profile->periods);
    profile->sample_seconds = options->interval;
}
