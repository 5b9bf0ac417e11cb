/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool screen_is_possible(char *reason, size_t size)
{
    const char *term = getenv("TERM");

    if (!isatty(STDOUT_FILENO))
        snprintf(reason, size, "standard output is no terminal");
    else if (!isatty(STDIN_FILENO))
        snprintf(reason, size, "standard input is no terminal");
    else if (!term || !*term || strcmp(term, "dumb") == 0)
        snprintf(reason, size, "$TERM names no terminal with a cursor");
    else
        return true;
    return false;
}
