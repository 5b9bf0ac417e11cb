/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plot: a picture of a saved profile. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "profiler/command_internal.h"
#include "profiler/words.h"

/* The pictures' own of one run. */
struct plotting {
    const struct command_saved *saved;
    const struct channel *channels[PROFILE_CHANNELS_MAX];
    size_t count;
    struct command_judge judges[PROFILE_CHANNELS_MAX];
    struct plot_track *tracks; /* count; NULL = none */
};

static void plotting_take(struct plotting *plotting, size_t i, const struct command_judged *judged)
{
    plot_track_take(&plotting->tracks[i], judged->value,
                    isfinite(judged->surprisal) ? judged->z : NAN, judged->anomaly);
}

static void plotting_start_tracks(struct plotting *plotting)
{
    plotting->tracks = xcalloc(plotting->count, sizeof(*plotting->tracks));
    for (size_t i = 0; i < plotting->count; i++) {
        plot_track_init(&plotting->tracks[i]);
        command_judge_init(&plotting->judges[i], plotting->channels[i]);
    }
}

/* The last steps that the profile keeps. False = it keeps none. */
static bool plotting_take_series(struct plotting *plotting)
{
    bool any = false;

    for (size_t i = 0; i < plotting->count; i++)
        any |= plotting->channels[i]->series.count > 0;
    if (!any)
        return false;
    plotting_start_tracks(plotting);
    for (size_t i = 0; i < plotting->count; i++) {
        const struct series *series = &plotting->channels[i]->series;

        for (size_t n = 0; n < series->count; n++) {
            struct command_judged judged;

            command_judge_step(&plotting->judges[i], series_at(series, n), &judged);
            plotting_take(plotting, i, &judged);
        }
    }
    return true;
}

/* One value; a break is a step that has none. */
static void plotting_take_value(struct plotting *plotting, size_t i, double value)
{
    struct command_judged judged;

    if (command_judge_take(&plotting->judges[i], value, &judged))
        plotting_take(plotting, i, &judged);
    else if (!isfinite(value))
        plot_track_take(&plotting->tracks[i], NAN, NAN, false);
}

/* Values of a CSV file. 0 or -errno, which was told. */
static int plotting_take_data(struct plotting *plotting, const char *file)
{
    size_t columns[PROFILE_CHANNELS_MAX], paired = 0;
    struct command_csv csv;
    struct csv_row row;
    int r = command_csv_open(&csv, file);

    if (r < 0)
        return r;
    for (size_t i = 0; i < plotting->count; i++) {
        const char *name = plotting->channels[i]->spec.name;

        for (size_t c = 0; c < csv_reader_count(csv.reader); c++) {
            if (strcmp(csv_reader_name(csv.reader, c), name) == 0) {
                plotting->channels[paired] = plotting->channels[i];
                columns[paired++] = c;
                break;
            }
        }
    }
    plotting->count = paired;
    if (paired) {
        plotting_start_tracks(plotting);
        while ((r = command_csv_next(&csv, &row)) == 1) {
            for (size_t i = 0; i < paired; i++)
                plotting_take_value(plotting, i, row.values[columns[i]]);
        }
    } else {
        log_error("plot: %s and the profile have no metric in common", file);
        r = -EINVAL;
    }
    command_csv_close(&csv);
    return r;
}

static void plotting_put_subtitle(const struct command_saved *saved, struct buf *out)
{
    const struct vm_identity *vm = &saved->vm;
    struct command_figures figures;

    command_figures(saved, &figures);
    if (vm->uuid && strcmp(vm->uuid, command_vm_name(vm)) != 0)
        buf_printf(out, "%s \xc2\xb7 ", vm->uuid);
    buf_printf(out, "class %s \xc2\xb7 %u states \xc2\xb7 steps of ", figures.class,
               saved->settings.states);
    words_put_duration(out, saved->settings.sample_seconds * saved->settings.buffer);
    buf_puts(out, " \xc2\xb7 learned from ");
    words_put_duration(out, saved->profile->learned);
}

static void plotting_print(const struct plotting *plotting, struct buf *out)
{
    struct plot_metric drawn[PROFILE_CHANNELS_MAX];
    struct buf subtitle = {0};
    struct plot plot = {
        .title = command_vm_name(&plotting->saved->vm),
        .step_seconds = plotting->saved->settings.sample_seconds * plotting->saved->settings.buffer,
        .metrics = drawn,
        .count = plotting->count,
    };

    for (size_t i = 0; i < plotting->count; i++)
        drawn[i] = (struct plot_metric){plotting->channels[i],
                                        plotting->tracks ? &plotting->tracks[i] : NULL};
    plotting_put_subtitle(plotting->saved, &subtitle);
    plot.subtitle = buf_text(&subtitle);
    plot_print(&plot, out);
    buf_done(&subtitle);
}

static int plotting_run(const struct command_options *options, const struct command_saved *saved,
                        const char *file)
{
    struct plotting *plotting = xcalloc(1, sizeof(*plotting));
    struct buf out = {0};
    int status = COMMAND_WRONG;
    bool good;

    plotting->saved = saved;
    good = command_channels(saved, options->metric, plotting->channels, &plotting->count);
    if (good && options->data)
        good = plotting_take_data(plotting, options->data) == 0;
    else if (good)
        (void)plotting_take_series(plotting);
    if (good) {
        plotting_print(plotting, &out);
        status = command_status(command_replace(file, &out, 0666));
    }
    buf_done(&out);
    free(plotting->tracks);
    free(plotting);
    return status;
}

int command_plot(const struct command_options *options, char *const *files, size_t count UNUSED)
{
    struct command_saved *saved;
    int status;

    if (command_load(files[0], options->vms[0], &saved) < 0)
        return COMMAND_WRONG;
    status = plotting_run(options, saved, files[1]);
    command_saved_free(saved);
    return status;
}
