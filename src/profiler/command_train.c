/* SPDX-License-Identifier: GPL-2.0-or-later */
/* train: a profile from the figures in a CSV file. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "profiler/calendar.h"
#include "profiler/command_internal.h"
#include "profiler/state.h"

/* Rows that are read ahead to find out how far apart they are. */
#define TRAIN_AHEAD 101

struct train {
    const struct command_options *options;
    struct profile_settings settings;
    struct command_csv csv;
    struct csv_row *ahead; /* TRAIN_AHEAD */
    size_t ahead_count, ahead_next;
    uint64_t rows;
    struct profile *profile;
};

static int train_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Seconds between two rows: as told, else the median of the first distances, else the default. */
static double train_interval(const struct train *train)
{
    double distances[TRAIN_AHEAD];
    size_t n = 0;

    if (isfinite(train->options->interval))
        return train->options->interval;
    for (size_t i = 1; i < train->ahead_count; i++) {
        double distance = train->ahead[i].time - train->ahead[i - 1].time;

        if (distance > 0) /* false where there are no times */
            distances[n++] = distance;
    }
    if (!n)
        return train->settings.sample_seconds;
    qsort(distances, n, sizeof(*distances), train_compare);
    return distances[(n - 1) / 2];
}

/* The range of a column: what was said of it, else of all, else what the metric has. */
static int train_spec(const struct train *train, const char *name, struct channel_spec *ret)
{
    static const struct profiler_ranges ranges = {.io_max = 6442450944.0, .link_mbit = NAN};
    const struct command_options *options = train->options;
    struct channel_spec spec;

    profiler_spec_by_name(name, &ranges, &spec);
    if (isfinite(options->min))
        spec.lo = options->min;
    if (isfinite(options->max))
        spec.hi = options->max;
    for (size_t i = 0; i < options->bounds_count; i++) {
        if (strcmp(options->bounds[i].column, name) == 0) {
            spec.lo = options->bounds[i].lo;
            spec.hi = options->bounds[i].hi;
        }
    }
    /* Percentages have a histogram of their own, which knows nothing beyond them. */
    if (spec.lo != 0 || spec.hi != 100)
        spec.percent = false;
    if (spec.lo >= spec.hi) {
        log_error("column '%s': a range from %g to %g has no width; see --min, --max, --bounds",
                  name, spec.lo, spec.hi);
        return -EINVAL;
    }
    *ret = spec;
    return 0;
}

static int train_start(struct train *train)
{
    const struct command_options *options = train->options;
    struct channel_spec specs[CSV_VALUES_MAX];
    size_t count = csv_reader_count(train->csv.reader);

    for (size_t i = 0; i < options->bounds_count; i++) {
        bool found = false;

        for (size_t j = 0; j < count; j++)
            found |= strcmp(options->bounds[i].column, csv_reader_name(train->csv.reader, j)) == 0;
        if (!found) {
            log_error("option --bounds: there is no column '%s'", options->bounds[i].column);
            return -EINVAL;
        }
    }
    for (size_t i = 0; i < count; i++) {
        int r = train_spec(train, csv_reader_name(train->csv.reader, i), &specs[i]);

        if (r < 0)
            return r;
    }
    while (train->ahead_count < TRAIN_AHEAD) {
        int r = command_csv_next(&train->csv, &train->ahead[train->ahead_count]);

        if (r < 0)
            return r;
        if (r == 0)
            break;
        train->ahead_count++;
    }
    train->settings.sample_seconds = train_interval(train);
    train->profile = profile_new(specs, count, &train->settings);
    return 0;
}

/* The next row: of those that were read ahead, then of the file. */
static int train_next(struct train *train, struct csv_row *ret)
{
    if (train->ahead_next < train->ahead_count) {
        *ret = train->ahead[train->ahead_next++];
        return 1;
    }
    return train->ahead_count < TRAIN_AHEAD ? 0 : command_csv_next(&train->csv, ret);
}

static int train_learn(struct train *train)
{
    struct series_scratch *scratch = series_scratch_new();
    struct csv_row row;
    int r;

    while ((r = train_next(train, &row)) == 1) {
        double seconds =
            isfinite(row.time) ? row.time : (double)train->rows * train->settings.sample_seconds;

        profile_take(train->profile, row.values, seconds,
                     isfinite(row.time) ? calendar_slot(train->settings.calendar, seconds) : -1);
        train->rows++;
    }
    while (profile_find_periods(train->profile, scratch))
        ;
    series_scratch_free(scratch);
    if (r == 0 && !train->rows) {
        log_error("%s: no row behind the header: nothing to learn", train->options->name);
        r = -EINVAL;
    }
    return r;
}

/* Stands in for the name of a VM: the file's without directory and ".csv". */
static char *train_name(const char *file)
{
    const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    size_t len = strlen(name);

    if (strcmp(file, "-") == 0)
        return xstrdup("standard input");
    return xstrndup(name, len > 4 && strcmp(name + len - 4, ".csv") == 0 ? len - 4 : len);
}

static int train_put(const struct train *train, const char *name, struct buf *text)
{
    const struct command_options *options = train->options;
    char *own = xstrdup(name);
    struct vm_identity vm = {
        .uuid = own,
        .name = own,
        .key = own,
        .vcpus = (unsigned)options->vcpus,
        .mem_kb = (uint64_t)options->mem_kb,
        .guest_memory = true, /* whose memory is told wants to know */
    };
    int r;

    if (options->record)
        command_put_record(&vm, train->profile, !train->settings.dynamic, text);
    else
        state_write(&vm, train->profile, text);
    r = options->output ? command_replace(options->output, text, 0600) : command_write(text);
    free(own);
    return r;
}

int command_train(const struct command_options *options, char *const *files, size_t count UNUSED)
{
    struct train train = {.options = options, .settings = options->settings};
    char *name = options->name ? xstrdup(options->name) : train_name(files[0]);
    struct command_options named = *options;
    int status = COMMAND_WRONG;

    named.name = name;
    train.options = &named;
    if (command_csv_open(&train.csv, files[0]) == 0) {
        struct buf text = {0};

        train.ahead = xcalloc(TRAIN_AHEAD, sizeof(*train.ahead));
        if (train_start(&train) == 0 && train_learn(&train) == 0)
            status = command_status(train_put(&train, name, &text));
        profile_free(train.profile);
        free(train.ahead);
        buf_done(&text);
        command_csv_close(&train.csv);
    }
    free(name);
    return status;
}
