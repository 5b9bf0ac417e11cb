/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxtop: frames on a screen, and through printers. */
#include "app/program.h"

const struct program program_proxtop = {
    .name = "proxtop",
    .summary = "Shows what virtual machines cost and what they wait for, seen from the host.",
    .options = OPTIONS_PROXTOP,
    .has_screen = true,
    .printer = "text",
    .sink_example = "PRINTER[@SECONDS],OUTPUT[,TARGET], e.g. json@10,tcp,localhost:5000",
    .has_beats = true,
    .printer_by_name = printer_by_name,
};
