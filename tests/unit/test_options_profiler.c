/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of the program that learns: defaults, ranges, refusals, and what they mean. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/config_file.h"
#include "app/options_profiler.h"
#include "app/program.h"
#include "support.h"

static struct options options;
static char error[1024];

/* Parses the words up to NULL. */
static int parse(const char *const words[])
{
    static char name[] = "proxprofiler";
    char *argv[32] = {name};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    options_defaults(&options, &program_proxprofiler);
    error[0] = '\0';
    return options_parse(&options, argc, argv, error, sizeof(error));
}

static struct profiler_settings accepted(const char *const words[])
{
    struct profiler_settings settings;
    int r = parse(words);

    if (r < 0)
        fail_msg("%s: %s", words[0], error);
    assert_string_equal(error, "");
    options_profiler_settings(&options, &settings);
    return settings;
}

#define ACCEPTED(...) accepted((const char *const[]){__VA_ARGS__, NULL})

/* Rejected with one line that has all the parts in it. */
static void assert_rejected(const char *const words[], const char *const parts[])
{
    if (parse(words) != -EINVAL)
        fail_msg("accepted: %s", words[0]);
    assert_null(strchr(error, '\n'));
    for (size_t i = 0; parts[i]; i++) {
        if (!strstr(error, parts[i]))
            fail_msg("'%s' lacks '%s'", error, parts[i]);
    }
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_defaults(void **state UNUSED)
{
    struct profiler_settings s = accepted((const char *const[]){NULL});

    assert_int_equal(s.profile.states, 4);
    assert_int_equal(s.profile.buffer, 10);
    assert_int_equal(s.profile.history, 1);
    assert_true(s.profile.filter_deviations < 0);
    assert_int_equal(s.profile.binning, SCALE_NEAREST);
    assert_false(s.profile.dynamic || s.profile.phantom_start);
    assert_true(s.fixed_bound);
    assert_int_equal(s.profile.row_cap, 65535);
    assert_int_equal(s.profile.rows_max, 4096);
    assert_int_equal(s.profile.window, 30);
    assert_near(s.profile.half_life, 86400);
    assert_int_equal(s.profile.calendar, CALENDAR_NONE);
    assert_int_equal(s.profile.periods.count, 0);
    assert_near(s.profile.sample_seconds, 2);
    assert_near(s.output_seconds, 60);
    assert_near(s.ranges.io_max, 6442450944.0);
    assert_int_equal(s.ranges.log_scale, 0);
    assert_null(s.state_dir);
    assert_near(s.keep_days, 30);
    assert_near(s.save_seconds, 600);
    assert_int_equal(s.metrics, (1u << PROFILER_METRIC__COUNT) - 1);
    /* What is printed, and where. */
    assert_false(options.screen || options.unasked);
    assert_int_equal(options.sink_count, 1);
    assert_string_equal(options.sinks[0].printer, "json");
    assert_string_equal(options.sinks[0].output, "stdout");
    /* --help tells them as numbers. */
    assert_near(s.profile.sample_seconds, options.interval);
}

static void test_numbers(void **state UNUSED)
{
    static const struct {
        const char *name;
        unsigned min, max;
        size_t offset;
    } rows[] = {
        {"--states", 2, 64, offsetof(struct options, profiler.states)},
        {"--buffersize", 1, 3600, offsetof(struct options, profiler.buffer)},
        {"--history", 1, 4, offsetof(struct options, profiler.history)},
        {"--rowcap", 2, 65535, offsetof(struct options, profiler.row_cap)},
        {"--maxrows", 1, 65536, offsetof(struct options, profiler.rows_max)},
        {"--window", 2, 64, offsetof(struct options, profiler.window)},
        {"--keep-days", 0, 36500, offsetof(struct options, profiler.keep_days)},
    };
    static const char *const bad[] = {"",   "x",  "-1", "1e1", "2.5", "0x4",
                                      " 4", "+4", "4 ", "nan", "4s",  "18446744073709551616",
                                      "١"};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const unsigned *member = (const unsigned *)((const char *)&options + rows[i].offset);
        char number[32], allowed[80];

        snprintf(allowed, sizeof(allowed), "allowed: whole numbers from %u to %u", rows[i].min,
                 rows[i].max);
        for (unsigned edge = 0; edge < 2; edge++) {
            snprintf(number, sizeof(number), "%u", edge ? rows[i].max : rows[i].min);
            ACCEPTED(rows[i].name, number);
            assert_int_equal(*member, edge ? rows[i].max : rows[i].min);
            snprintf(number, sizeof(number), "%lld", edge ? rows[i].max + 1LL : rows[i].min - 1LL);
            assert_rejected(WORDS(rows[i].name, number), WORDS(rows[i].name, number, allowed));
        }
        for (size_t k = 0; k < ARRAY_SIZE(bad); k++)
            assert_rejected(WORDS(rows[i].name, bad[k]), WORDS(rows[i].name, bad[k], allowed));
    }
}

static void test_contexts(void **state UNUSED)
{
    static const struct {
        const char *states, *history;
        bool good;
    } rows[] = {
        {"64", "2", true},  {"16", "4", true},  {"40", "3", true},  {"17", "4", false},
        {"41", "3", false}, {"64", "3", false}, {"64", "4", false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const char *const *words = WORDS("--states", rows[i].states, "--history", rows[i].history);

        if (rows[i].good)
            accepted(words);
        else
            assert_rejected(words, WORDS("option --history", rows[i].history, "--states",
                                         rows[i].states, "up to 65536"));
    }
}

static void test_deviations(void **state UNUSED)
{
    static const char *const bad[] = {"-2", "-1.0", "-0.5", "", "x", "1e3", "inf", "nan"};

    assert_near(ACCEPTED("--filterstddevs=3").profile.filter_deviations, 3);
    assert_near(ACCEPTED("--filterstddevs=2.5").profile.filter_deviations, 2.5);
    assert_near(ACCEPTED("--filterstddevs", "0").profile.filter_deviations, 0);
    assert_true(ACCEPTED("--filterstddevs", "-1").profile.filter_deviations < 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_rejected(WORDS("--filterstddevs", bad[i]),
                        WORDS("--filterstddevs", bad[i], "allowed: -1 (off), or numbers from 0"));
}

static void test_bounds(void **state UNUSED)
{
    struct profiler_settings s = ACCEPTED("--fixedbound");

    assert_true(s.fixed_bound && !s.profile.dynamic);
    s = ACCEPTED("--dynamicbound");
    assert_true(!s.fixed_bound && s.profile.dynamic);
    assert_int_equal(s.profile.binning, SCALE_EQUAL);
    assert_int_equal(ACCEPTED("--dynamicbound", "--binning=equal").profile.binning, SCALE_EQUAL);
    assert_int_equal(ACCEPTED("--binning=equal").profile.binning, SCALE_EQUAL);
    assert_int_equal(ACCEPTED("--binning=nearest").profile.binning, SCALE_NEAREST);
    assert_rejected(WORDS("--fixedbound", "--dynamicbound"),
                    WORDS("option --dynamicbound: contradicts --fixedbound"));
    assert_rejected(WORDS("--dynamicbound", "--fixedbound"),
                    WORDS("option --fixedbound: contradicts --dynamicbound"));
    assert_rejected(WORDS("--dynamicbound", "--binning=nearest"),
                    WORDS("--binning", "'nearest'", "--dynamicbound", "allowed: equal"));
    assert_rejected(WORDS("--binning=log"), WORDS("--binning", "'log'", "nearest, equal"));
    assert_true(ACCEPTED("--phantom-start").profile.phantom_start);
}

static void test_durations(void **state UNUSED)
{
    static const struct {
        const char *text;
        double seconds;
    } good[] = {
        {"60", 60},          {"60s", 60},      {"5m", 300},  {"1h", 3600}, {"1h30m", 5400},
        {"1.5h", 5400},      {"1h0m5s", 3605}, {"0.5", 0.5}, {"90s", 90},  {"2d", 172800},
        {"1d2h3m4s", 93784}, {"0", 0},         {"0s", 0},    {"0.1", 0.1}, {"2678400", 2678400},
        {"31d", 2678400},    {"1m90s", 150},
    };
    static const char *const bad[] = {
        "",
        "x",
        "s",
        "5x",
        "m5",
        "-1",
        "1h-1m",
        "1m1h",
        "1h1h",
        "1h30",
        "60 s",
        "1e3",
        "inf",
        "nan",
        ".",
        ".s",
        "1.h.",
        "32d",
        "0.05",
        "2678401",
        "1..5s",
        "1H",
        "99999999999999999999999999999999999999s",
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        assert_near(ACCEPTED("--outputFreq", good[i].text).output_seconds, good[i].seconds);
        assert_near(ACCEPTED("--output-freq", good[i].text).output_seconds, good[i].seconds);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_rejected(WORDS("--outputFreq", bad[i]),
                        WORDS("option --outputFreq", bad[i], "0 (only at the end)", "1h30m"));
    assert_near(ACCEPTED("--halflife=24h").profile.half_life, 86400);
    assert_near(ACCEPTED("--halflife=60").profile.half_life, 60);
    assert_near(ACCEPTED("--halflife=3650d").profile.half_life, 3650 * 86400.0);
    assert_rejected(WORDS("--halflife=0"), WORDS("--halflife", "'0'", "from 60s to 3650d"));
    assert_rejected(WORDS("--halflife=59"), WORDS("--halflife", "'59'"));
    assert_rejected(WORDS("--halflife=3651d"), WORDS("--halflife", "'3651d'"));
}

/* What a text of a file may be: nothing is read beyond it, whatever it is. */
static void take_duration(const char *text, size_t len)
{
    char *copy = xstrndup(text, len), *argv[] = {copy, copy, copy};
    char word[] = "--outputFreq";

    argv[1] = word;
    options_defaults(&options, &program_proxprofiler);
    if (!strlen(copy) || options_parse_words(&options, 3, argv, error, sizeof(error)) < 0)
        assert_near(options.profiler.output_seconds, 60);
    else
        assert_true(options.profiler.output_seconds >= 0 &&
                    options.profiler.output_seconds <= 2678400);
    free(copy);
}

static void test_duration_cut_and_spoilt(void **state UNUSED)
{
    static const char text[] = "1d2h30m4.5s";

    support_each_prefix(text, sizeof(text) - 1, take_duration);
    support_each_garbage(text, sizeof(text) - 1, 2000, take_duration);
}

static void test_periods(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        ",",
        "4,",
        ",4",
        "4,,4",
        "0",
        "10001",
        "4,0",
        "x",
        "4;4",
        "4, 4",
        "-4",
        "4.5",
        "60,720,1440",
        "4097,1",
        "16,300,2",
        "1,1,1,1,1,1,1,1,1",
        "10000,10000,10000",
        "0000000000001",
    };
    struct profiler_settings s = ACCEPTED("--periodsize=16,4");

    assert_int_equal(s.profile.periods.count, 2);
    assert_int_equal(s.profile.periods.sizes[0], 16);
    assert_int_equal(s.profile.periods.sizes[1], 4);
    assert_int_equal(ACCEPTED("--periodsize=4").profile.periods.count, 1);
    assert_int_equal(ACCEPTED("--periodsize", "10000").profile.periods.count, 1);
    assert_int_equal(ACCEPTED("--periodsize", "4096,10000").profile.periods.count, 2);
    assert_int_equal(ACCEPTED("--periodsize", "1,1,1,1,1,1,1,1").profile.periods.count, 8);
    /* 7 days, 24 hours of each, 180 steps of each: 7 + 168 nodes. */
    assert_int_equal(ACCEPTED("--periodsize", "7,24,180").profile.periods.count, 3);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_rejected(WORDS("--periodsize", bad[i]), WORDS("--periodsize", bad[i], "allowed"));
    assert_rejected(WORDS("--periodsize", "0"),
                    WORDS("1 to 8 numbers from 1 to 10000", "4096 at most"));
}

static void test_calendar(void **state UNUSED)
{
    assert_int_equal(ACCEPTED("--calendar=hour-of-day").profile.calendar, CALENDAR_HOUR_OF_DAY);
    assert_int_equal(ACCEPTED("--calendar=hour-of-week").profile.calendar, CALENDAR_HOUR_OF_WEEK);
    assert_rejected(WORDS("--calendar=day"),
                    WORDS("--calendar", "'day'", "hour-of-day, hour-of-week"));
}

static void test_log_scale(void **state UNUSED)
{
    char *all = xstrdup("");

    assert_int_equal(ACCEPTED("--logscale=net").ranges.log_scale, 1u << PROFILER_NET);
    assert_int_equal(ACCEPTED("--logscale=io,net,io").ranges.log_scale,
                     1u << PROFILER_NET | 1u << PROFILER_IO);
    for (unsigned i = 0; i < PROFILER_METRIC__COUNT; i++) {
        char *more = xasprintf("%s%s%s", all, i ? "," : "", profiler_metric_name(i));

        free(all);
        all = more;
        assert_int_equal(ACCEPTED("--logscale", profiler_metric_name(i)).ranges.log_scale, 1u << i);
    }
    assert_int_equal(ACCEPTED("--logscale", all).ranges.log_scale,
                     (1u << PROFILER_METRIC__COUNT) - 1);
    free(all);
    for (size_t i = 0; i < 6; i++) {
        static const char *const bad[] = {"", "nett", "net,", ",net", "net io", "NET"};

        assert_rejected(WORDS("--logscale", bad[i]), WORDS("--logscale", bad[i], "allowed"));
    }
    assert_rejected(WORDS("--logscale=x"), WORDS("some of cpu, io, net,", "separated by commas"));
}

static void test_io_max(void **state UNUSED)
{
    assert_near(ACCEPTED("--iomax=1G").ranges.io_max, 1073741824.0);
    assert_near(ACCEPTED("--iomax=125000000").ranges.io_max, 125000000);
    assert_rejected(WORDS("--iomax=0"), WORDS("--iomax", "'0'", "from 1024 to"));
    assert_rejected(WORDS("--iomax=-5"), WORDS("--iomax", "'-5'"));
    assert_rejected(WORDS("--iomax=fast"), WORDS("--iomax", "'fast'", "K, M or G"));
}

static void test_state_dir(void **state UNUSED)
{
    struct profiler_settings s = ACCEPTED("--state-dir=/x", "--keep-days=0", "-f", "0.5");

    assert_string_equal(s.state_dir, "/x");
    assert_near(s.keep_days, 0);
    assert_near(s.profile.sample_seconds, 0.5);
    assert_near(ACCEPTED("--save-interval=5m").save_seconds, 300);
    assert_near(ACCEPTED("--save-interval=0").save_seconds, 0);
    assert_rejected(WORDS("--save-interval=now"),
                    WORDS("option --save-interval", "'now'", "0 (at each output)", "1h30m"));
    assert_rejected(WORDS("--state-dir="), WORDS("--state-dir", "''", "not empty"));
}

static void test_collectors(void **state UNUSED)
{
    const unsigned all = (1u << PROFILER_METRIC__COUNT) - 1;

    assert_int_equal(ACCEPTED("--cpu").metrics,
                     1u << PROFILER_CPU | 1u << PROFILER_CPU_USED | 1u << PROFILER_CPU_STEAL);
    assert_int_equal(ACCEPTED("--io", "--net").metrics, 1u << PROFILER_IO | 1u << PROFILER_NET);
    assert_int_equal(ACCEPTED("--mem").metrics, 1u << PROFILER_MEM);
    assert_int_equal(ACCEPTED("--disk").metrics, 1u << PROFILER_DISK | 1u << PROFILER_DISK_LAT);
    assert_int_equal(ACCEPTED("--pressure").metrics,
                     1u << PROFILER_PSI_CPU | 1u << PROFILER_PSI_IO | 1u << PROFILER_PSI_MEM);
    assert_int_equal(
        ACCEPTED("--cpu", "--io", "--net", "--mem", "--disk", "--pressure", "--host").metrics, all);
    /* The host's name is no metric: alone it leaves all. */
    assert_int_equal(ACCEPTED("--host").metrics, all);
    assert_int_equal(ACCEPTED("--host", "--io").metrics, 1u << PROFILER_IO);
}

/* Also where the name begins one that is known here. */
static void test_other_program(void **state UNUSED)
{
    static const char *const words[] = {
        "--view=cpu",      "--sort=name",  "--filter=3",    "--units=raw", "--no-mouse",
        "--fields=x",      "--names=keys", "--scope=vm",    "--devices",   "--json=lines",
        "--influx=values", "--human",      "--list-fields",
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        char *name = xstrndup(words[i], strcspn(words[i], "="));

        assert_rejected(WORDS(words[i]), WORDS(name, "is one of proxtop"));
        free(name);
    }
    assert_rejected(WORDS("-H"), WORDS("'-H'", "unknown"));
    assert_rejected(WORDS("--nonsense"), WORDS("'--nonsense'", "unknown"));
    assert_rejected(WORDS("-p", "ncurses"), WORDS("'ncurses'", "allowed: json, text, prometheus"));
    assert_rejected(WORDS("-p", "csv"), WORDS("--printer", "'csv'"));
    assert_rejected(WORDS("-p", "influx"), WORDS("--printer", "'influx'"));
    assert_rejected(WORDS("--sink=csv,stdout"), WORDS("--sink", "begins with no printer"));
}

/* proxtop knows nothing of profiles. */
static void test_proxtop(void **state UNUSED)
{
    for (size_t i = 0; i < option_rows_count; i++) {
        const struct option_row *row = &option_rows[i];
        char name[] = "proxtop", *word, *argv[] = {name, NULL, name};

        if (row->programs != OPTIONS_PROFILER || row->offset < offsetof(struct options, profiler) ||
            row->offset >= offsetof(struct options, said_by))
            continue;
        word = xasprintf("--%.*s", (int)strcspn(row->names, " "), row->names);
        argv[1] = word;
        options_defaults(&options, &program_proxtop);
        assert_int_equal(options_parse(&options, 2, argv, error, sizeof(error)), -EINVAL);
        assert_non_null(strstr(error, "unknown or ambiguous option"));
        free(word);
    }
}

static void test_sinks(void **state UNUSED)
{
    ACCEPTED("-o", "serve", "--target=9977", "--sink=json,file,a", "--sink=text,file,b");
    assert_int_equal(options.sink_count, 3);
    assert_string_equal(options.sinks[0].printer, "prometheus");
    assert_string_equal(options.sinks[1].printer, "json");
    ACCEPTED("-b");
    assert_string_equal(options.sinks[0].printer, "text");
    assert_rejected(WORDS("--sink=json@10,file,a"),
                    WORDS("--sink", "'json@10,file,a'", "--output-freq", "PRINTER,OUTPUT"));
    assert_rejected(WORDS("-p", "json", "-o", "serve", "--target=9977"),
                    WORDS("--printer", "'json'", "allowed: prometheus"));
}

/* On a terminal, too. */
static void test_no_screen(void **state UNUSED)
{
    char name[] = "proxprofiler", *argv[] = {name, NULL};

    options_defaults(&options, &program_proxprofiler);
    assert_int_equal(options_parse(&options, 1, argv, error, sizeof(error)), 0);
    assert_false(options.screen || options.unasked);
    assert_string_equal(options.sinks[0].printer, "json");
}

/* Reads a file of the system's, then the command line. */
static int with_file(const char *text, const char *const words[], struct config **ret)
{
    struct tui_settings settings;
    char name[] = "proxprofiler", *argv[16] = {name};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    *ret = config_new();
    settings_defaults(&settings);
    options_defaults(&options, &program_proxprofiler);
    config_take(*ret, "F", LAYER_SYSTEM, text, strlen(text), &options, &settings);
    error[0] = '\0';
    return options_parse(&options, argc, argv, error, sizeof(error));
}

static void test_file(void **state UNUSED)
{
    struct config *config;

    assert_int_equal(
        with_file("interval = 7\nview = nonsense\nbroken\n"
                  "[proxprofiler]\nstates = 8\ndynamicbound = yes\nlogscale = net\n"
                  "[proxtop]\ninterval = 8\nwrong\n[view cpu]\nx = y\n[thresholds]\nz\n",
                  WORDS("--history=2"), &config),
        0);
    assert_null(config_warning(config, 0));
    assert_near(options.interval, 2);
    assert_int_equal(options.profiler.states, 8);
    assert_int_equal(options.profiler.bounds, BOUNDS_DYNAMIC);
    assert_string_equal(options.profiler.log_scale, "net");
    config_free(config);
}

/* What a file says gives way to the command line, and is told where it is wrong. */
static void test_file_gives_way(void **state UNUSED)
{
    struct config *config;

    assert_int_equal(
        with_file("[proxprofiler]\ndynamicbound = yes\nstates = 64\nbinning = nearest\n",
                  WORDS("--fixedbound", "--history=4"), &config),
        0);
    assert_int_equal(options.profiler.bounds, BOUNDS_FIXED);
    assert_int_equal(options.profiler.binning, SCALE_NEAREST);
    assert_int_equal(options.profiler.states, 4);
    assert_int_equal(options.profiler.history, 4);
    config_free(config);
    assert_int_equal(with_file("[proxprofiler]\nperiodsize = 0\nview = cpu\nsink = json@9,file,a\n"
                               "states = 1\nnonsense = 1\n[proxprofilers]\nx = y",
                               WORDS("--cpu"), &config),
                     0);
    assert_non_null(strstr(config_warning(config, 0), "F:2: option 'periodsize': '0' is not"));
    assert_non_null(strstr(config_warning(config, 1), "F:3: option 'view': is one of proxtop"));
    assert_non_null(strstr(config_warning(config, 2), "F:4: option 'sink': 'json@9,file,a'"));
    assert_non_null(strstr(config_warning(config, 3), "F:5: option 'states': '1' is not allowed"));
    assert_non_null(strstr(config_warning(config, 4), "F:6: option 'nonsense' is not known"));
    assert_non_null(strstr(config_warning(config, 5), "F:7: section '[proxprofilers]'"));
    assert_null(config_warning(config, 6));
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_contexts),
        cmocka_unit_test(test_deviations),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_duration_cut_and_spoilt),
        cmocka_unit_test(test_periods),
        cmocka_unit_test(test_calendar),
        cmocka_unit_test(test_log_scale),
        cmocka_unit_test(test_io_max),
        cmocka_unit_test(test_state_dir),
        cmocka_unit_test(test_collectors),
        cmocka_unit_test(test_other_program),
        cmocka_unit_test(test_proxtop),
        cmocka_unit_test(test_sinks),
        cmocka_unit_test(test_no_screen),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_file_gives_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
