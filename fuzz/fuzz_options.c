/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: a word per line of the input. */
#include <string.h>

#include "app/options_profiler.h"
#include "app/program.h"
#include "base/util.h"
#include "fuzz.h"
#include "model/metric.h"

static void check_sinks(const struct options *options)
{
    CHECK(options->sink_count >= !options->screen && options->sink_count <= PRINT_SINKS_MAX);
    for (size_t i = 0; i < options->sink_count; i++) {
        const struct sink_option *sink = &options->sinks[i];

        CHECK(options->program->printer_by_name(sink->printer) && output_by_name(sink->output));
        CHECK(!sink->target || sink->target[0]);
        CHECK(sink->target || !output_by_name(sink->output)->needs_target);
        CHECK(!(sink->seconds < 0) && sink->seconds <= 86400);
    }
    CHECK(options->outputs.buffer >= 65536 && options->outputs.buffer <= UINT64_C(4) << 30);
    CHECK(options->outputs.datagram >= 200 && options->outputs.datagram <= 65507);
    CHECK(options->outputs.http_headers.count <= OUTPUT_TEXTS_MAX);
}

static void check_profiler(const struct profiler_options *o)
{
    CHECK(o->states >= 2 && o->states <= 64 && o->history >= 1 && o->history <= 4);
    CHECK(o->buffer >= 1 && o->buffer <= 3600 && o->window >= 2 && o->window <= 64);
    CHECK(o->row_cap >= 2 && o->row_cap <= 65535 && o->rows_max >= 1);
    CHECK(o->output_seconds >= 0 && o->output_seconds <= 31 * 86400);
    CHECK(o->half_life >= 60 && o->filter_deviations >= -1);
}

/* They say something that can be learned with. */
static void check_settings(const struct options *options)
{
    struct profiler_settings settings;
    double contexts = 1;

    options_profiler_settings(options, &settings);
    for (unsigned i = 0; i < settings.profile.history; i++)
        contexts *= settings.profile.states;
    CHECK(contexts <= 65536 && settings.metrics);
    CHECK(settings.profile.periods.count <= PERIOD_SIZES_MAX);
    CHECK(period_tree_nodes(&settings.profile.periods) <= PERIOD_NODES_MAX);
    CHECK(!settings.profile.dynamic || settings.profile.binning == SCALE_EQUAL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *argv[66] = {text}, error[512] = "";
    struct options options;
    int argc = 0, r;

    for (char *word = text; word && argc < 64; argc++)
        argv[argc] = strsep(&word, "\n");
    options_defaults(&options, size % 3 ? &program_proxtop : &program_proxprofiler);
    options.terminal = options.program->has_screen && size % 2;
    r = options_parse(&options, argc, argv, error, sizeof(error));
    CHECK(strnlen(error, sizeof(error)) < sizeof(error));
    CHECK(r == 0 ? !error[0] : error[0]);
    if (r == 0) {
        CHECK(options.interval >= 0.1 && options.interval <= 3600);
        CHECK(options.runs == -1 || options.runs > 0);
        CHECK(options.scope >= 0 && options.scope <= SCOPE__COUNT);
        if (options.action == ACTION_RUN)
            check_sinks(&options);
        if (!options.program->has_screen)
            check_profiler(&options.profiler);
        if (!options.program->has_screen && options.action == ACTION_RUN)
            check_settings(&options);
    }
    free(text);
    return 0;
}
