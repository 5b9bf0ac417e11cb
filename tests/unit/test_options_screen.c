/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When there is a screen, and who of command line and files has the last word. */
#include <errno.h>
#include <string.h>

#include "app/program.h"
#include "model/metric.h"
#include "support.h"
#include "tui/settings.h"

static struct options options;
static char error[512];

static void start(bool terminal)
{
    options_defaults(&options, &program_proxtop);
    options.terminal = terminal;
    error[0] = '\0';
}

static int parse(const char *const words[])
{
    static char program[] = "proxtop";
    char *argv[16] = {program};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return options_parse(&options, argc, argv, error, sizeof(error));
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void say(enum option_layer layer, const char *name, const char *value)
{
    int r = options_set(&options, layer, name, value, error, sizeof(error));

    assert_string_equal(error, "");
    assert_int_equal(r, 0);
}

#define FILE_SAYS(name, value) say(LAYER_USER, name, value)

static void assert_accepted(int result)
{
    assert_string_equal(error, "");
    assert_int_equal(result, 0);
}

/* Whether there is a screen, how many sinks, and whether text is there for want of a terminal. */
static void assert_shows(bool screen, size_t sinks, bool unasked)
{
    assert_int_equal(options.screen, screen);
    assert_int_equal(options.sink_count, sinks);
    assert_int_equal(options.unasked, unasked);
}

static void test_screen(void **state UNUSED)
{
    static const struct {
        const char *words[3];
        bool terminal, screen;
        size_t sinks;
        bool unasked;
    } rows[] = {
        {{NULL}, true, true, 0, false},
        {{NULL}, false, false, 1, true},
        {{"--view=cpu"}, false, false, 1, true},
        {{"-b"}, true, false, 1, false},
        {{"-b"}, false, false, 1, false},
        {{"-pjson"}, true, false, 1, false},
        {{"-ostdout"}, true, false, 1, false},
        {{"-ostdout"}, false, false, 1, false},
        {{"-ofile", "--target=x"}, true, false, 1, false},
        {{"--sink=json,file,x"}, true, true, 1, false},
        {{"--sink=json,file,x"}, false, false, 1, false},
        {{"--sink=json,stdout"}, true, false, 1, false},
        {{"--sink=json,file,x", "-b"}, true, false, 2, false},
        {{"-pncurses"}, true, true, 0, false},
        {{"-pncurses", "-ostdout"}, true, true, 0, false},
        {{"-pncurses", "--sink=json,file,x"}, true, true, 1, false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        start(rows[i].terminal);
        assert_accepted(parse(rows[i].words));
        assert_shows(rows[i].screen, rows[i].sinks, rows[i].unasked);
    }
}

static void assert_refused(const char *const words[], bool terminal, const char *part)
{
    start(terminal);
    assert_int_equal(parse(words), -EINVAL);
    assert_non_null(strstr(error, part));
}

#define REFUSED(terminal, part, ...)                                                               \
    assert_refused((const char *const[]){__VA_ARGS__, NULL}, terminal, part)

static void test_screen_refused(void **state UNUSED)
{
    REFUSED(false, "option --printer: 'ncurses' needs a terminal; --printer=text needs none",
            "-pncurses");
    REFUSED(true, "'ncurses' has no meaning for --output=file", "-pncurses", "-ofile",
            "--target=x");
    REFUSED(true, "option --target: 'x' has no meaning for --printer=ncurses", "-pncurses",
            "--target=x");
    REFUSED(true, "option --sink: 'json,stdout' has no meaning with --printer=ncurses", "-pncurses",
            "--sink=json,stdout");
    REFUSED(true, "ncurses is the screen", "--sink=ncurses,stdout");
    REFUSED(true, "option --config: 'f' has no meaning with --no-config", "--config=f",
            "--no-config");
    start(false);
    options.no_terminal = "standard input is none";
    assert_int_equal(PARSE("-pncurses"), -EINVAL);
    assert_string_equal(error, "option --printer: 'ncurses' needs a terminal, and standard input "
                               "is none; --printer=text needs none");
}

static void test_screen_options(void **state UNUSED)
{
    char filter[SETTINGS_FILTER_SIZE + 16] = "--filter=", *end = filter + strlen(filter);

    start(true);
    assert_int_equal(options.view, -1);
    assert_int_equal(options.units, -1);
    assert_accepted(
        PARSE("--view=nics", "--sort=name:asc", "--filter=a|b", "--units=raw", "--no-mouse"));
    assert_int_equal(options.view, VIEW_NICS);
    assert_int_equal(options.units, UNITS_RAW);
    assert_string_equal(options.sort, "name:asc");
    assert_string_equal(options.filter, "a|b");
    assert_true(options.no_mouse);
    memset(end, 'x', SETTINGS_FILTER_SIZE);
    end[SETTINGS_FILTER_SIZE - 1] = '\0';
    start(true);
    assert_accepted(PARSE(filter));
    end[SETTINGS_FILTER_SIZE - 1] = 'x';
    REFUSED(true, "allowed: a text of 255 bytes at most", filter);
}

/* Whatever the kind: what the command line says replaces what a file says. */
static void test_command_line_wins(void **state UNUSED)
{
    start(false);
    FILE_SAYS("interval", "5");
    FILE_SAYS("runs", "7");
    FILE_SAYS("processes", "yes");
    FILE_SAYS("cpu", "yes");
    FILE_SAYS("mem", "on");
    FILE_SAYS("verbose", "TRUE");
    FILE_SAYS("sink", "json,file,a");
    FILE_SAYS("sink", "json,file,b");
    FILE_SAYS("http-header", "A: 1");
    FILE_SAYS("printer", "csv");
    assert_accepted(PARSE("-f", "3", "--libvirt", "--net", "--io", "--sink=text,file,c", "-b",
                          "--http-header=B: 2", "--http-header=C: 3",
                          "--sink=json,http,http://h/"));
    assert_near(options.interval, 3);
    assert_int_equal(options.runs, 7);
    assert_int_equal(options.hypervisor, HYPERVISOR_LIBVIRT);
    assert_int_equal(options.collectors, 1u << COLLECTOR_NET | 1u << COLLECTOR_IO);
    assert_true(options.verbose);
    assert_int_equal(options.sink_count, 3);
    assert_string_equal(options.sinks[0].printer, "text");
    assert_string_equal(options.sinks[1].target, "c");
    assert_int_equal(options.outputs.http_headers.count, 2);
    assert_string_equal(options.outputs.http_headers.items[0], "B: 2");
}

static void test_layers(void **state UNUSED)
{
    start(false);
    say(LAYER_SYSTEM, "cpu", "yes");
    say(LAYER_SYSTEM, "mem", "yes");
    say(LAYER_SYSTEM, "libvirt", "yes");
    say(LAYER_SYSTEM, "units", "raw");
    say(LAYER_SYSTEM, "frequency", "9");
    say(LAYER_USER, "processes", "1");
    say(LAYER_USER, "net", "yes");
    assert_int_equal(options.hypervisor, HYPERVISOR_PROCESSES);
    assert_int_equal(options.collectors, 1u << COLLECTOR_NET);
    assert_int_equal(options.units, UNITS_RAW);
    assert_near(options.interval, 9);
    say(LAYER_USER, "net", "no");
    say(LAYER_USER, "processes", "off");
    say(LAYER_USER, "verbose", "yes");
    say(LAYER_USER, "verbose", "0");
    assert_int_equal(options.hypervisor, HYPERVISOR_AUTO);
    assert_int_equal(options.collectors, 0);
    assert_false(options.verbose);
    assert_int_equal(options_set(&options, LAYER_USER, "libvirt", "yes", error, sizeof(error)), 0);
    assert_int_equal(options_set(&options, LAYER_USER, "proxmox", "yes", error, sizeof(error)),
                     -EINVAL);
    assert_string_equal(error, "option 'proxmox': only one hypervisor can be chosen");
    assert_int_equal(options.hypervisor, HYPERVISOR_LIBVIRT);
}

/* A rule that is broken by what a file says is no reason to refuse the command line. */
static void test_files_give_way(void **state UNUSED)
{
    start(true);
    FILE_SAYS("tls-ca", "/ca");
    FILE_SAYS("devices", "yes");
    FILE_SAYS("connection", "qemu:///session");
    assert_accepted(PARSE("-pcsv", "--processes"));
    assert_null(options.outputs.tls_ca);
    assert_false(options.devices);
    assert_null(options.connection);

    start(true);
    FILE_SAYS("proxmox", "yes");
    assert_accepted(PARSE("-cqemu:///system"));
    assert_int_equal(options.hypervisor, HYPERVISOR_AUTO);

    start(true);
    FILE_SAYS("output", "file"); /* and no target */
    assert_accepted(parse((const char *const[]){NULL}));
    assert_shows(true, 0, false);

    start(true);
    FILE_SAYS("output", "tcp");
    FILE_SAYS("target", "h:1");
    assert_accepted(PARSE("-b"));
    assert_string_equal(options.sinks[0].target, "h:1");

    start(true);
    FILE_SAYS("output", "tcp");
    FILE_SAYS("target", "h:1");
    assert_accepted(PARSE("-pncurses"));
    assert_shows(true, 0, false);

    start(true);
    FILE_SAYS("output", "tcp");
    FILE_SAYS("target", "h:1");
    assert_accepted(PARSE("-ostdout"));
    assert_shows(false, 1, false);
    assert_null(options.sinks[0].target);
    start(true);
    FILE_SAYS("target", "h:1");
    assert_int_equal(PARSE("-ofile"), -EINVAL);
    assert_non_null(strstr(error, "needs --target=PATH"));

    start(false);
    FILE_SAYS("printer", "ncurses");
    assert_accepted(parse((const char *const[]){NULL}));
    assert_shows(false, 1, true);

    start(true);
    FILE_SAYS("sink", "json,stdout");
    FILE_SAYS("sink", "json,file,x");
    assert_accepted(PARSE("-pncurses"));
    assert_shows(true, 1, false);
    start(true);
    FILE_SAYS("sink", "json,stdout");
    FILE_SAYS("sink", "json,file,x");
    assert_accepted(PARSE("-b"));
    assert_shows(false, 2, false);
    assert_string_equal(options.sinks[1].target, "x");
    start(true);
    FILE_SAYS("printer", "text");
    assert_accepted(PARSE("--sink=json,stdout"));
    assert_shows(false, 1, false);
    assert_string_equal(options.sinks[0].printer, "json");
}

static void test_set_refuses(void **state UNUSED)
{
    static const struct {
        const char *name, *value, *text;
    } rows[] = {
        {"interval", "0",
         "option 'interval': '0' is not allowed; allowed: seconds from 0.1 to 3600"},
        {"frequency", "x",
         "option 'interval': 'x' is not allowed; allowed: seconds from 0.1 to 3600"},
        {"verbose", "maybe", "option 'verbose': 'maybe' is not allowed; allowed: yes or no"},
        {"cpu", "", "option 'cpu': '' is not allowed; allowed: yes or no"},
        {"host-name", "",
         "option 'host-name': '' is not allowed; allowed: a text that is not empty"},
        {"intervall", "5", "option 'intervall' is not known; --help lists all"},
        {"", "5", "option '' is not known; --help lists all"},
        {"f", "5", "option 'f' is not known; --help lists all"},
        {"--interval", "5", "option '--interval' is not known; --help lists all"},
        {"help", "yes", "option 'help' is one for the command line only"},
        {"list-fields", "yes", "option 'list-fields' is one for the command line only"},
        {"config", "x", "option 'config' is one for the command line only"},
        {"no-config", "yes", "option 'no-config' is one for the command line only"},
        {"sink", "json,file",
         "option 'sink': 'json,file' is not allowed: its output needs a target; allowed: "
         "PRINTER[@SECONDS],OUTPUT[,TARGET], e.g. json@10,tcp,localhost:5000"},
        {"units", "Human", "option 'units': 'Human' is not allowed; allowed: human, bytes, raw"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct options before;

        start(true);
        before = options;
        assert_int_equal(
            options_set(&options, LAYER_USER, rows[i].name, rows[i].value, error, sizeof(error)),
            -EINVAL);
        assert_string_equal(error, rows[i].text);
        assert_memory_equal(&before, &options, sizeof(options));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screen),         cmocka_unit_test(test_screen_refused),
        cmocka_unit_test(test_screen_options), cmocka_unit_test(test_command_line_wins),
        cmocka_unit_test(test_layers),         cmocka_unit_test(test_files_give_way),
        cmocka_unit_test(test_set_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
