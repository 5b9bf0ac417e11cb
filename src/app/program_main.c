/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From argv to the exit status. */
#include "app/program_main.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "app/config.h"
#include "app/doctor.h"
#include "app/loop.h"
#include "app/run.h"
#include "app/screen.h"
#include "base/log.h"
#include "collect/collect.h"

#define EXIT_USAGE 2

/* Columns of the terminal that standard output is; 0 = it is none, or one too narrow to break lines
 * for. */
static unsigned stdout_width(void)
{
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 40)
        return 0;
    return size.ws_col;
}

static int print_and_check(const struct program *program, int action)
{
    switch (action) {
    case ACTION_HELP:
        options_print_help(program, stdout_width(), stdout);
        break;
    case ACTION_LIST_FIELDS:
        options_print_fields(stdout, collect_available());
        break;
    default:
        printf("%s %s\n", program->name, PROXTOP_VERSION);
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

/* All that the program goes by. */
struct setup {
    struct options options;
    struct tui_settings settings;
    struct config *config;
    char no_terminal[128];
};

/* Defaults, files, command line: the later counts more. Which files, and whether any, the command
 * line tells, so that it is looked at before, too. -EINVAL with a line for people. */
static int setup_read(struct setup *setup, const struct program *program, int argc, char **argv,
                      char *error, size_t size)
{
    struct options *options = &setup->options, first;
    int r;

    options_defaults(&first, program);
    r = options_parse_words(&first, argc, argv, error, size);
    options_defaults(options, program);
    settings_defaults(&setup->settings);
    if (program->has_screen) {
        options->terminal = screen_is_possible(setup->no_terminal, sizeof(setup->no_terminal));
        options->no_terminal = options->terminal ? NULL : setup->no_terminal;
    }
    if (r == 0 && first.action == ACTION_RUN && !first.no_config)
        r = config_read(first.config, options, &setup->settings, &setup->config, error, size);
    if (r == 0)
        r = options_parse(options, argc, argv, error, size);
    if (r == 0 && options->action == ACTION_RUN)
        r = config_settle(options, &setup->settings, error, size);
    return r;
}

static int setup_open_log(const struct options *options)
{
    enum log_level level = options->verbose ? LOG_INFO : LOG_NOTICE;
    int r;

    if (options->log_level >= 0)
        level = (enum log_level)options->log_level;
    r = log_init(level, options->log_file);
    if (r < 0)
        log_error("cannot open log file '%s': %s", options->log_file, strerror(-r));
    return r;
}

static int setup_run(const struct setup *setup)
{
    const struct doctor_config doctor = {&setup->options, &setup->settings, setup->config, "",
                                         stdout};
    bool hanging = false;
    int status;

    if (setup_open_log(&setup->options) < 0)
        return EXIT_FAILURE;
    status = setup->options.doctor
                 ? doctor_run(&doctor, &hanging)
                 : app_run(&setup->options, &setup->settings, setup->config, &hanging);
    log_close();
    if (hanging)
        _exit(status);
    return status;
}

/* False = there is no command; else its exit status is in *ret. */
static bool program_run_command(const struct program *program, int argc, char **argv, int *ret)
{
    if (!program->commands || argc < 2 || argv[1][0] == '-')
        return false;
    if (program->commands->is_known(argv[1])) {
        *ret = program->commands->run(argc - 1, argv + 1);
    } else {
        log_error("unknown command '%s'; --help lists all", argv[1]);
        *ret = EXIT_USAGE;
    }
    return true;
}

int program_main(const struct program *program, int argc, char **argv)
{
    struct setup setup = {.config = NULL};
    char error[1024];
    int status;

    open_standard_descriptors();
    log_set_name(program->name);
    setlocale(LC_CTYPE, ""); /* widths of characters; numbers keep their point */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is a write error like others */
    if (program_run_command(program, argc, argv, &status))
        return status;
    loop_hold_signals();
    if (setup_read(&setup, program, argc, argv, error, sizeof(error)) < 0) {
        log_error("%s", error);
        status = EXIT_USAGE;
    } else if (setup.options.action != ACTION_RUN) {
        status = print_and_check(program, setup.options.action);
    } else {
        status = setup_run(&setup);
    }
    config_free(setup.config);
    return status;
}
