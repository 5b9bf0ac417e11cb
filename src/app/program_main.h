/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What main() of each program is. */
#ifndef PROXTOP_APP_PROGRAM_MAIN_H
#define PROXTOP_APP_PROGRAM_MAIN_H

#include "app/program.h"

/* Reads options and configuration, and does what they say. Returns the exit status. */
int program_main(const struct program *program, int argc, char **argv);

#endif
