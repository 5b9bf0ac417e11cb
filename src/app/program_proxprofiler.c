/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxprofiler: learns from frames, and prints profiles when they are due. */
#include "app/options_profiler.h"
#include "app/program.h"
#include "base/log.h"
#include "profiler/commands.h"
#include "profiler/printers.h"

static void program_select(const struct options *options, struct selection *selection)
{
    struct profiler_settings settings;

    options_profiler_settings(options, &settings);
    profiler_metrics_select(settings.metrics, selection);
}

static int program_open(const struct options *options, struct profiler **ret)
{
    struct profiler_settings settings;
    char error[512];

    options_profiler_settings(options, &settings);
    if (profiler_new(&settings, ret, error, sizeof(error)) == 0)
        return 0;
    log_error("%s", error);
    return 1;
}

static const struct program_learner program_learner = {
    .open = program_open,
    .take = profiler_take,
    .finish = profiler_finish,
    .close = profiler_close,
};

static const struct program_commands program_commands = {
    .is_known = command_is_known,
    .run = command_run,
    .print_help = command_print_help,
};

const struct program program_proxprofiler = {
    .name = "proxprofiler",
    .summary = "Learns how virtual machines behave, seen from the host, and prints their profiles.",
    .options = OPTIONS_PROFILER,
    .refuses = "is one of proxtop; profiles have no screen, and no tables to choose from",
    .printer = "json",
    .sink_example = "PRINTER,OUTPUT[,TARGET], e.g. json,tcp,localhost:5000",
    .printer_by_name = printer_profile_by_name,
    .select = program_select,
    .defaults = options_profiler_defaults,
    .accepts = options_profiler_accepts,
    .check = options_profiler_check,
    .learner = &program_learner,
    .commands = &program_commands,
};
