/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proxtop: what virtual machines cost and what they wait for, seen from the host. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/loop.h"
#include "app/options.h"
#include "app/run.h"
#include "base/log.h"
#include "collect/collect.h"

#define EXIT_USAGE 2

static int print_and_check(int action)
{
    switch (action) {
    case ACTION_HELP:
        options_print_help(stdout);
        break;
    case ACTION_LIST_FIELDS:
        options_print_fields(stdout, collect_available());
        break;
    default:
        puts("proxtop " PROXTOP_VERSION);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* A descriptor below 3 that is closed would be the next file that is opened, and messages or
 * figures would go there. Read-only: writing to it fails. */
static void open_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct options options;
    enum log_level level;
    char error[512];
    bool hanging = false;
    int status, r;

    open_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is a write error like others */
    loop_hold_signals();
    options_defaults(&options);
    if (options_parse(&options, argc, argv, error, sizeof(error)) < 0) {
        log_error("%s", error);
        return EXIT_USAGE;
    }
    if (options.action != ACTION_RUN)
        return print_and_check(options.action);
    level = options.verbose ? LOG_INFO : LOG_NOTICE;
    if (options.log_level >= 0)
        level = (enum log_level)options.log_level;
    r = log_init(level, options.log_file);
    if (r < 0) {
        log_error("cannot open log file '%s': %s", options.log_file, strerror(-r));
        return EXIT_FAILURE;
    }
    status = app_run(&options, &hanging);
    log_close();
    if (hanging)
        _exit(status);
    return status;
}
