/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration file: read, and the screen's layout written into it. */
#include <string.h>

#include "app/config_file.h"
#include "app/program.h"
#include "fuzz.h"

static void check_read(const char *text, size_t len, struct options *options,
                       struct tui_settings *settings)
{
    struct config *config = config_new();

    options_defaults(options, &program_proxtop);
    settings_defaults(settings);
    config_take(config, "F", LAYER_USER, text, len, options, settings);
    CHECK(options->interval >= 0.1 && options->interval <= 3600);
    CHECK(options->view >= -1 && options->view < VIEW__COUNT);
    CHECK(options->sink_count < PRINT_SINKS_MAX);
    for (size_t i = 0; config_warning(config, i); i++)
        CHECK(i <= CONFIG_WARNINGS_MAX);
    config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tui_settings *layout = xcalloc(1, sizeof(*layout)), *read = xcalloc(1, sizeof(*read));
    struct config_layout now = {layout, 3.5}, base = {read, 2};
    struct buf out = {0}, again = {0};
    struct options options;

    check_read((const char *)data, size, &options, read);
    settings_defaults(layout);
    settings_defaults(read);
    layout->view = VIEW_DISK;
    copy_text(layout->views[VIEW_CPU].sort, SETTINGS_SORT_SIZE, "name:asc");
    config_edit((const char *)data, size, &now, &base, &out);
    config_edit(out.data, out.len, &now, &base, &again);
    CHECK(again.len == out.len && memcmp(again.data, out.data, out.len) == 0);
    check_read(out.data, out.len, &options, read);
    CHECK(options.view == VIEW_DISK && options.interval > 3.4 && options.interval < 3.6);
    CHECK(strcmp(read->views[VIEW_CPU].sort, "name:asc") == 0);
    buf_done(&out);
    buf_done(&again);
    free(layout);
    free(read);
    return 0;
}
