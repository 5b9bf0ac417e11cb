/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxprofiler: how virtual machines behave, learned from the host. */
#include "app/program_main.h"

int main(int argc, char **argv)
{
    return program_main(&program_proxprofiler, argc, argv);
}
