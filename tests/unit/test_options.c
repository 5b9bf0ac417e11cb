/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, accepted: defaults, every row of the table, edges of ranges. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/program.h"
#include "base/log.h"
#include "model/metric.h"
#include "print/printer.h"
#include "support.h"

static struct options options;
static const struct program *program = &program_proxtop;
static char error[512];

/* Parses the words up to NULL. */
static int parse(const char *const words[])
{
    static char name[] = "program";
    char *argv[32] = {name};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    options_defaults(&options, program);
    error[0] = '\0';
    return options_parse(&options, argc, argv, error, sizeof(error));
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

#define assert_accepted(...)                                                                       \
    do {                                                                                           \
        int result = PARSE(__VA_ARGS__);                                                           \
        assert_string_equal(error, "");                                                            \
        assert_int_equal(result, 0);                                                               \
    } while (0)

static void test_defaults(void **state UNUSED)
{
    assert_int_equal(parse((const char *const[]){NULL}), 0);
    assert_int_equal(options.action, ACTION_RUN);
    assert_near(options.interval, 2);
    assert_int_equal(options.runs, -1);
    assert_int_equal(options.hypervisor, HYPERVISOR_AUTO);
    assert_int_equal(options.collectors, 0);
    assert_int_equal(options.scope, SCOPE__COUNT);
    assert_int_equal(options.names, PRINT_NAMES_KEYS);
    assert_int_equal(options.json, PRINT_JSON_CYCLE);
    assert_int_equal(options.log_level, -1);
    assert_true(options.libvirt_interval < 0 && options.qmp_interval < 0);
    assert_null(options.connection);
    assert_null(options.procfs);
    assert_null(options.sysfs);
    assert_null(options.host_name);
    assert_null(options.log_file);
    assert_null(options.printer);
    assert_null(options.output);
    assert_null(options.target);
    assert_null(options.fields);
    assert_false(options.verbose || options.human || options.devices || options.timestamps ||
                 options.allow_hmp);
}

static void test_interval(void **state UNUSED)
{
    assert_accepted("--interval=0.1");
    assert_near(options.interval, 0.1);
    assert_accepted("--interval", "3600");
    assert_near(options.interval, 3600);
    assert_accepted("--frequency=.5");
    assert_near(options.interval, 0.5);
    assert_accepted("-f", "5");
    assert_near(options.interval, 5);
    assert_accepted("-d2.5");
    assert_near(options.interval, 2.5);
    assert_accepted("-f1", "-d", "7");
    assert_near(options.interval, 7);
    assert_accepted("--libvirt-interval=0", "--qmp-interval=0.0");
    assert_near(options.libvirt_interval, 0);
    assert_near(options.qmp_interval, 0);
    assert_near(options.guest_stats, 0);
    assert_accepted("--guest-stats=1");
    assert_near(options.guest_stats, 1);
    assert_accepted("--guest-stats=0");
    assert_near(options.guest_stats, 0);
    assert_accepted("--libvirt-interval=0.1", "--qmp-interval=3600");
    assert_near(options.libvirt_interval, 0.1);
    assert_near(options.qmp_interval, 3600);
}

static void test_runs(void **state UNUSED)
{
    assert_accepted("-r", "-1");
    assert_int_equal(options.runs, -1);
    assert_accepted("--runs=1");
    assert_int_equal(options.runs, 1);
    assert_accepted("-n", "10");
    assert_int_equal(options.runs, 10);
    assert_accepted("-r", "9223372036854775807");
    assert_true(options.runs == INT64_MAX);
}

static void test_texts(void **state UNUSED)
{
    assert_accepted("-c", "qemu:///session", "--procfs=/p", "--sysfs", "/s", "--host-name=h",
                    "--log-file=-", "--fields=name,pid");
    assert_string_equal(options.connection, "qemu:///session");
    assert_string_equal(options.procfs, "/p");
    assert_string_equal(options.sysfs, "/s");
    assert_string_equal(options.host_name, "h");
    assert_string_equal(options.log_file, "-");
    assert_string_equal(options.fields, "name,pid");
    assert_accepted("--connection=test:///default");
    assert_string_equal(options.connection, "test:///default");
}

static void test_flags(void **state UNUSED)
{
    assert_accepted("--verbose", "-H", "--devices", "--timestamps", "--allow-hmp");
    assert_true(options.verbose && options.human && options.devices && options.timestamps &&
                options.allow_hmp);
    assert_accepted("--human", "--verb");
    assert_true(options.human && options.verbose);
}

static void test_collectors(void **state UNUSED)
{
    assert_accepted("--mem");
    assert_int_equal(options.collectors, 1u << COLLECTOR_MEM);
    assert_accepted("--cpu", "--host", "--cpu");
    assert_int_equal(options.collectors, 1u << COLLECTOR_CPU | 1u << COLLECTOR_HOST);
}

static void test_devices(void **state UNUSED)
{
    static const struct {
        const char *word;
        enum collector collector;
    } collectors[] = {
        {"--disk", COLLECTOR_DISK},
        {"--net", COLLECTOR_NET},
        {"--io", COLLECTOR_IO},
        {"--pressure", COLLECTOR_PRESSURE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(collectors); i++) {
        assert_accepted(collectors[i].word);
        assert_int_equal(options.collectors, 1u << collectors[i].collector);
    }
    assert_accepted("--netdev=eth0,eth1", "--storedev", "sda");
    assert_string_equal(options.netdev, "eth0,eth1");
    assert_string_equal(options.storedev, "sda");
    assert_int_equal(options.collectors, 0); /* they choose devices, not metrics */
    for (unsigned scope = 0; scope < SCOPE__COUNT; scope++) {
        char word[32];

        snprintf(word, sizeof(word), "--scope=%s", scope_name((enum scope)scope));
        assert_accepted(word, "--json=lines", "-pjson");
        assert_int_equal(options.scope, scope);
    }
}

static void test_hypervisor(void **state UNUSED)
{
    assert_accepted("--libvirt");
    assert_int_equal(options.hypervisor, HYPERVISOR_LIBVIRT);
    assert_accepted("--processes", "--processes");
    assert_int_equal(options.hypervisor, HYPERVISOR_PROCESSES);
}

static void test_choices(void **state UNUSED)
{
    assert_accepted("-p", "json", "--names=esxtop", "--scope=vcpu", "--json=lines",
                    "--log-level=debug");
    assert_string_equal(options.printer, "json");
    assert_int_equal(options.names, PRINT_NAMES_ESXTOP);
    assert_int_equal(options.scope, SCOPE_VCPU);
    assert_int_equal(options.json, PRINT_JSON_LINES);
    assert_int_equal(options.log_level, LOG_DEBUG);
    assert_accepted("--printer=text", "--names=keys", "--scope=host", "--json=cycle",
                    "--log-level=error");
    assert_int_equal(options.scope, SCOPE_HOST);
    assert_int_equal(options.log_level, LOG_ERROR);
    assert_accepted("-b");
    assert_string_equal(options.printer, "text");
    assert_accepted("-b", "--printer=json");
    assert_string_equal(options.printer, "json");
    assert_accepted("-o", "file", "--target=/tmp/x");
    assert_string_equal(options.output, "file");
    assert_string_equal(options.target, "/tmp/x");
    assert_accepted("--scope=vcpu");
    assert_accepted("--scope=vcpu", "-b", "-ofile", "--target=x");
}

/* What ends the program wins over what stands behind it, not over errors before. */
static void test_actions(void **state UNUSED)
{
    static const struct {
        const char *word;
        int action;
    } rows[] = {{"--help", ACTION_HELP},       {"-h", ACTION_HELP},
                {"--version", ACTION_VERSION}, {"-v", ACTION_VERSION},
                {"-V", ACTION_VERSION},        {"--list-fields", ACTION_LIST_FIELDS}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_accepted(rows[i].word, "--nonsense");
        assert_int_equal(options.action, rows[i].action);
        assert_accepted("-f1", rows[i].word, "surplus");
        assert_int_equal(options.action, rows[i].action);
        assert_true(PARSE("--nonsense", rows[i].word) < 0);
    }
}

/* A value that the row takes, or NULL for a row without. */
static const char *value_of(const struct option_row *row)
{
    static char size[32];
    int number;

    switch (row->kind) {
    case OPTION_SECONDS:
    case OPTION_DECIMAL:
        return "5";
    case OPTION_DURATION:
        return "5m";
    case OPTION_RUNS:
        return "3";
    case OPTION_NUMBER:
    case OPTION_SIZE:
        snprintf(size, sizeof(size), "%.0f", row->min);
        return size;
    case OPTION_TEXT:
        return row->offset == offsetof(struct options, profiler.periods)     ? "4,3"
               : row->offset == offsetof(struct options, profiler.log_scale) ? "net"
                                                                             : "text";
    case OPTION_TEXTS:
        return "text";
    case OPTION_SINK:
        return "json,stdout";
    case OPTION_CHOICE:
    case OPTION_WORD:
        return strcmp(option_choice_word(row, 0, &number), "ncurses") == 0
                   ? "text" /* needs no terminal */
                   : option_choice_word(row, 0, &number);
    case OPTION_ACTION:
    case OPTION_FLAG:
    case OPTION_SET:
    case OPTION_COLLECTOR:
    case OPTION_PRESET:
        return NULL;
    }
    return NULL;
}

/* Whether the option has no meaning without another one, which the error tells. */
static bool is_alone(const struct option_row *row)
{
    return row->offset == offsetof(struct options, target) || strstr(error, ": needs --");
}

static void try_row(const struct option_row *row, const char *word)
{
    const char *value = value_of(row);
    int r = value ? PARSE(word, value) : PARSE(word);

    assert_int_equal(row->argument != NULL, value != NULL);
    if (r < 0 && !is_alone(row))
        fail_msg("%s: %s", word, error);
    if (value) {
        assert_true(PARSE(word) < 0);
        assert_non_null(strstr(error, "needs a value"));
    }
}

static void try_every_row(void)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        char word[64];

        if (!option_is_of(row, program))
            continue;
        for (const char *p = row->names; *p;) {
            size_t n = strcspn(p, " ");

            snprintf(word, sizeof(word), "--%.*s", (int)n, p);
            try_row(row, word);
            p += n + (p[n] == ' ');
        }
        for (const char *p = row->shorts ? row->shorts : ""; *p; p++) {
            snprintf(word, sizeof(word), "-%c", *p);
            try_row(row, word);
        }
    }
}

static void test_every_row(void **state UNUSED)
{
    try_every_row();
    program = &program_proxprofiler;
    try_every_row();
    program = &program_proxtop;
}

/* No name stands for two rows of a program, and every row can be named. */
static void test_names_are_unique(void **state UNUSED)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *a = &option_rows[i];

        assert_true(a->names[0] || (a->shorts && a->shorts[0]));
        assert_true(a->help && a->help[0]);
        for (size_t j = 0; j < i; j++) {
            const struct option_row *b = &option_rows[j];

            if (a->programs && b->programs && !(a->programs & b->programs))
                continue;
            for (const char *p = a->shorts ? a->shorts : ""; *p; p++)
                assert_true(!b->shorts || !strchr(b->shorts, *p));
            assert_true(!a->names[0] || strcmp(a->names, b->names) != 0);
        }
    }
}

/* The text that a print function writes; the caller frees it. */
static char *printed(const struct program *help_of, unsigned fields)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);

    assert_non_null(stream);
    if (help_of)
        options_print_help(help_of, 0, stream);
    else
        options_print_fields(stream, fields);
    fclose(stream);
    return text;
}

/* The text of --help, which has each row of the program in it. */
static char *help_of(const struct program *which)
{
    char *help = printed(which, 0);

    for (size_t i = 0; i < option_rows_count; i++) {
        if (!option_is_of(&option_rows[i], which))
            continue;
        assert_non_null(strstr(help, option_rows[i].help));
        if (option_rows[i].group)
            assert_non_null(strstr(help, option_rows[i].group));
    }
    return help;
}

static void test_help(void **state UNUSED)
{
    char *help = help_of(&program_proxtop);

    assert_non_null(strstr(help, "Usage: proxtop [OPTION]...\nShows what"));
    assert_null(strstr(help, "--states"));
    assert_null(strstr(help, "\nCommands:\n"));
    assert_non_null(strstr(help, "--interval, --frequency=SECONDS"));
    assert_non_null(strstr(help, ": ncurses, text, json, csv, prometheus, influx\n"));
    assert_non_null(strstr(help, ": all, cpu, mem, disk, net, io, nics, disks, lvm, multipath\n"));
    assert_non_null(strstr(help, ": human, bytes, raw\n"));
    free(help);
    help = help_of(&program_proxprofiler);
    assert_non_null(strstr(help, "Usage: proxprofiler [OPTION]...\n"));
    assert_non_null(strstr(help, "\nCommands:\n"));
    assert_non_null(strstr(help, ": json, text, prometheus\n"));
    assert_null(strstr(help, "--view"));
    free(help);
}

static void test_list_fields(void **state UNUSED)
{
    char *text = printed(NULL, 1u << COLLECTOR_BASE | 1u << COLLECTOR_CPU);
    size_t lines = 0, tabs = 0, expected = 1;

    for (const char *p = text; *p; p++) {
        lines += *p == '\n';
        tabs += *p == '\t';
    }
    for (size_t i = 0; i < metrics_count; i++)
        expected += metrics[i].collector == COLLECTOR_BASE || metrics[i].collector == COLLECTOR_CPU;
    assert_int_equal(lines, expected);
    assert_int_equal(tabs, 4 * lines);
    assert_non_null(strstr(text, "\nvm\tcpu_total\t%\t"));
    assert_null(strstr(text, "ram_used"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),  cmocka_unit_test(test_interval),
        cmocka_unit_test(test_runs),      cmocka_unit_test(test_texts),
        cmocka_unit_test(test_flags),     cmocka_unit_test(test_collectors),
        cmocka_unit_test(test_devices),   cmocka_unit_test(test_hypervisor),
        cmocka_unit_test(test_choices),   cmocka_unit_test(test_actions),
        cmocka_unit_test(test_every_row), cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_help),      cmocka_unit_test(test_list_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
