/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxtop: what virtual machines cost and what they wait for, seen from the host. */
#include "app/program_main.h"

int main(int argc, char **argv)
{
    return program_main(&program_proxtop, argc, argv);
}
