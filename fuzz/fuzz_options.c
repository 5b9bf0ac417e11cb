/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: a word per line of the input. */
#include <string.h>

#include "app/options.h"
#include "base/util.h"
#include "fuzz.h"
#include "model/metric.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *argv[66] = {text}, error[512] = "";
    struct options options;
    int argc = 0, r;

    for (char *word = text; word && argc < 64; argc++)
        argv[argc] = strsep(&word, "\n");
    options_defaults(&options);
    r = options_parse(&options, argc, argv, error, sizeof(error));
    CHECK(strnlen(error, sizeof(error)) < sizeof(error));
    CHECK(r == 0 ? !error[0] : error[0]);
    if (r == 0) {
        CHECK(options.interval >= 0.1 && options.interval <= 3600);
        CHECK(options.runs == -1 || options.runs > 0);
        CHECK(options.scope >= 0 && options.scope <= SCOPE__COUNT);
    }
    free(text);
    return 0;
}
