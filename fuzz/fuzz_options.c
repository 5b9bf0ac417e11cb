/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: a word per line of the input. */
#include <string.h>

#include "app/program.h"
#include "base/util.h"
#include "fuzz.h"
#include "model/metric.h"

static void check_sinks(const struct options *options)
{
    CHECK(options->sink_count >= !options->screen && options->sink_count <= PRINT_SINKS_MAX);
    for (size_t i = 0; i < options->sink_count; i++) {
        const struct sink_option *sink = &options->sinks[i];

        CHECK(printer_by_name(sink->printer) && output_by_name(sink->output));
        CHECK(!sink->target || sink->target[0]);
        CHECK(sink->target || !output_by_name(sink->output)->needs_target);
        CHECK(!(sink->seconds < 0) && sink->seconds <= 86400);
    }
    CHECK(options->outputs.buffer >= 65536 && options->outputs.buffer <= UINT64_C(4) << 30);
    CHECK(options->outputs.datagram >= 200 && options->outputs.datagram <= 65507);
    CHECK(options->outputs.http_headers.count <= OUTPUT_TEXTS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *argv[66] = {text}, error[512] = "";
    struct options options;
    int argc = 0, r;

    for (char *word = text; word && argc < 64; argc++)
        argv[argc] = strsep(&word, "\n");
    options_defaults(&options, &program_proxtop);
    options.terminal = size % 2;
    r = options_parse(&options, argc, argv, error, sizeof(error));
    CHECK(strnlen(error, sizeof(error)) < sizeof(error));
    CHECK(r == 0 ? !error[0] : error[0]);
    if (r == 0) {
        CHECK(options.interval >= 0.1 && options.interval <= 3600);
        CHECK(options.runs == -1 || options.runs > 0);
        CHECK(options.scope >= 0 && options.scope <= SCOPE__COUNT);
        if (options.action == ACTION_RUN)
            check_sinks(&options);
    }
    free(text);
    return 0;
}
