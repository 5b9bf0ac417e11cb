/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: printers with their outputs, and what is said about delivery. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/program.h"
#include "support.h"

static struct options options;
static char error[512];

static int parse(const char *const words[])
{
    static char program[] = "proxtop";
    char *argv[32] = {program};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    options_defaults(&options, &program_proxtop);
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

/* Rejected with one line that has both parts. */
static void assert_rejected(const char *const words[], const char *part, const char *other)
{
    if (parse(words) != -EINVAL)
        fail_msg("accepted: %s", words[0]);
    assert_null(strchr(error, '\n'));
    if (!strstr(error, part) || !strstr(error, other))
        fail_msg("'%s' lacks '%s' or '%s'", error, part, other);
}

#define REJECTED(part, other, ...)                                                                 \
    assert_rejected((const char *const[]){__VA_ARGS__, NULL}, part, other)

static void assert_sink(size_t i, const char *printer, const char *output, const char *target,
                        double seconds)
{
    assert_true(i < options.sink_count);
    assert_string_equal(options.sinks[i].printer, printer);
    assert_string_equal(options.sinks[i].output, output);
    assert_string_equal(options.sinks[i].target ? options.sinks[i].target : "-",
                        target ? target : "-");
    assert_near(options.sinks[i].seconds, seconds);
}

static void test_main_sink(void **state UNUSED)
{
    assert_accepted("--cpu");
    assert_int_equal(options.sink_count, 1);
    assert_sink(0, "text", "stdout", NULL, 0);
    assert_accepted("-o", "file", "--target=x");
    assert_int_equal(options.sink_count, 1);
    assert_sink(0, "json", "file", "x", 0);
    assert_accepted("-o", "file", "--target=x,y", "-pcsv");
    assert_sink(0, "csv", "file", "x,y", 0);
    assert_accepted("-p", "influx", "-o", "stdout");
    assert_sink(0, "influx", "stdout", NULL, 0);
}

static void test_more_sinks(void **state UNUSED)
{
    assert_accepted("--sink=json,stdout");
    assert_int_equal(options.sink_count, 1);
    assert_sink(0, "json", "stdout", NULL, 0);
    assert_accepted("--sink", "csv@10,file,/a,b,c", "--sink=influx@0.1,file,@x", "-b");
    assert_int_equal(options.sink_count, 3);
    assert_sink(0, "text", "stdout", NULL, 0);
    assert_sink(1, "csv", "file", "/a,b,c", 10);
    assert_sink(2, "influx", "file", "@x", 0.1);
    assert_accepted("-ofile", "--sink=text@86400,stdout", "--target=t");
    assert_int_equal(options.sink_count, 2);
    assert_sink(0, "json", "file", "t", 0);
    assert_sink(1, "text", "stdout", NULL, 86400);
}

static void test_number_of_sinks(void **state UNUSED)
{
    const char *words[PRINT_SINKS_MAX + 2] = {0};

    for (size_t i = 0; i + 1 < PRINT_SINKS_MAX; i++)
        words[i] = "--sink=text,tcp,h:1";
    assert_int_equal(parse(words), 0);
    assert_int_equal(options.sink_count, PRINT_SINKS_MAX - 1);
    words[PRINT_SINKS_MAX - 1] = "-pjson"; /* there is room for the main one */
    assert_int_equal(parse(words), 0);
    assert_int_equal(options.sink_count, PRINT_SINKS_MAX);
    assert_sink(0, "json", "stdout", NULL, 0);
    words[PRINT_SINKS_MAX - 1] = "--sink=json,tcp,h:2";
    assert_rejected(words, "--sink", "too many");
}

static void test_bad_sinks(void **state UNUSED)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "no printer"},
        {",", "no printer"},
        {",stdout", "no printer"},
        {"xml,stdout", "no printer"},
        {"jso,stdout", "no printer"},
        {"jsonx,stdout", "no printer"},
        {"JSON,stdout", "no printer"},
        {"ncurses,stdout", "ncurses is the screen"},
        {"@5,stdout", "no printer"},
        {"json", "no output"},
        {"json@5", "no output"},
        {"json,", "no output"},
        {"json,stdou", "no output"},
        {"json,,x", "no output"},
        {"json,stdout@5", "no output"},
        {"json@,stdout", "no seconds"},
        {"json@0,stdout", "no seconds"},
        {"json@0.09,stdout", "no seconds"},
        {"json@86401,stdout", "no seconds"},
        {"json@-1,stdout", "no seconds"},
        {"json@1e3,stdout", "no seconds"},
        {"json@ 1,stdout", "no seconds"},
        {"json@5s,stdout", "no seconds"},
        {"json@5@6,stdout", "no seconds"},
        {"json@00000000000000000000000000000001,stdout", "no seconds"},
        {"json,file,", "target is empty"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        REJECTED("option --sink: '", bad[i].why, "--sink", bad[i].text);
        assert_non_null(strstr(error, "allowed: PRINTER[@SECONDS],OUTPUT[,TARGET]"));
    }
    REJECTED("'file' needs", "--target=PATH", "--sink=json,file");
    REJECTED("'x'", "no meaning for --output=stdout", "--sink=json,stdout,x");
    REJECTED("--devices", "--printer=csv", "--sink=csv,stdout", "--devices");
    REJECTED("--scope: 'vcpu'", "--json=lines", "--scope=vcpu", "--sink=text,stdout",
             "--sink=json,file,x");
    assert_accepted("--scope=vcpu", "--sink=text,stdout", "--sink=json,file,x", "--json=lines");
    REJECTED("--sink", "two sinks write to standard output", "--sink=text,stdout",
             "--sink=json,stdout");
    REJECTED("--sink", "two sinks write to x", "--sink=text,file,x", "--sink=json@5,file,x");
    assert_accepted("--sink=text,tcp,h:1", "--sink=json,tcp,h:1");
}

/* Text in a file called *.prom is what Prometheus reads. */
static void test_prom_files(void **state UNUSED)
{
    static const struct {
        const char *sink, *printer;
    } rows[] = {
        {"text,file,/x/y.prom", "prometheus"},
        {"text@60,file,y.prom", "prometheus"},
        {"text,file,/x/.prom", "prometheus"},
        {"text,file,.prom", "text"},
        {"text,file,y.prom.1", "text"},
        {"text,file,y.PROM", "text"},
        {"text,file,yprom", "text"},
        {"json,file,y.prom", "json"},
        {"csv,file,y.prom", "csv"},
        {"prometheus,file,y.txt", "prometheus"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_accepted("--sink", rows[i].sink);
        assert_string_equal(options.sinks[0].printer, rows[i].printer);
    }
    assert_accepted("-b", "-ofile", "--target=a.prom");
    assert_sink(0, "prometheus", "file", "a.prom", 0);
    assert_accepted("-ofile", "--target=a.prom");
    assert_sink(0, "json", "file", "a.prom", 0);
}

static void test_sizes(void **state UNUSED)
{
    static const char *const bad[] = {"65535",
                                      "63K",
                                      "4097M",
                                      "5G",
                                      "64k",
                                      "64KB",
                                      "-1",
                                      "1.5M",
                                      "",
                                      "x",
                                      "18446744073709551616"};

    assert_accepted("--cpu");
    assert_true(options.outputs.buffer == 16777216);
    assert_true(options.outputs.spool_size == 268435456);
    assert_true(options.outputs.datagram == 1400);
    assert_accepted("--buffer=64K", "--spool-size=65536", "--datagram=200");
    assert_true(options.outputs.buffer == 65536 && options.outputs.spool_size == 65536);
    assert_true(options.outputs.datagram == 200);
    assert_accepted("--buffer=4G", "--spool-size=1024G", "--datagram=65507");
    assert_true(options.outputs.buffer == UINT64_C(4) << 30);
    assert_true(options.outputs.spool_size == UINT64_C(1) << 40);
    assert_true(options.outputs.datagram == 65507);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        REJECTED("option --buffer: '", "with K, M or G, from 65536 to 4294967296", "--buffer",
                 bad[i]);
    REJECTED("--spool-size: '1025G'", "allowed", "--spool-size=1025G");
    REJECTED("--datagram: '199'", "from 200 to 65507", "--datagram=199");
    REJECTED("--datagram: '64K'", "from 200 to 65507", "--datagram=64K");
}

static void test_repeated_texts(void **state UNUSED)
{
    const char *words[OUTPUT_TEXTS_MAX + 3] = {0};

    words[OUTPUT_TEXTS_MAX] = "--sink=json,http,http://h/";
    for (size_t i = 0; i < OUTPUT_TEXTS_MAX; i++)
        words[i] = i % 2 ? "--http-header=B: 2" : "--http-header=A: 1";
    assert_int_equal(parse(words), 0);
    assert_int_equal(options.outputs.http_headers.count, OUTPUT_TEXTS_MAX);
    for (size_t i = 0; i < OUTPUT_TEXTS_MAX; i++)
        assert_string_equal(options.outputs.http_headers.items[i], i % 2 ? "B: 2" : "A: 1");
    words[OUTPUT_TEXTS_MAX + 1] = "--http-header=C: 3";
    assert_rejected(words, "option --http-header", "16 times");
    REJECTED("''", "not empty", "--http-header=");
}

static void test_delivery(void **state UNUSED)
{
    assert_accepted("--drain-timeout=0", "--send-timeout=0.1", "--influx=both", "--tls",
                    "--tls-cert=c", "--tls-key=k", "--sink=json,tcp,h:1");
    assert_near(options.outputs.drain_timeout, 0);
    assert_near(options.outputs.send_timeout, 0.1);
    assert_int_equal(options.influx, PRINT_INFLUX_BOTH);
    assert_true(options.outputs.tls);
    assert_string_equal(options.outputs.tls_key, "k");
    assert_accepted("--tls-ca=c", "-ohttp", "--target=HTTPS://h/");
    REJECTED("--tls-key", "needs --tls-cert=FILE", "--tls-key=k");
    REJECTED("--tls:", "needs --output=tcp", "--tls", "-ohttp", "--target=http://h/");
    REJECTED("--tls-ca", "needs --tls", "--tls-ca=c", "-otcp", "--target=h:1");
    REJECTED("--tls-cert", "needs --tls", "--tls-cert=c", "-ohttp", "--target=http://h/");
    REJECTED("--spool", "needs --output=tcp or http", "--spool=d", "-ofile", "--target=x");
    REJECTED("--http-gzip", "needs --output=http", "--http-gzip");
    REJECTED("--serve-auth-file", "needs --output=serve", "--serve-auth-file=f");
    REJECTED("--send-timeout: '0'", "allowed", "--send-timeout=0");
    REJECTED("--influx: 'all'", "values, counters, both", "--influx=all");
}

/* Every word of the language that this version speaks has something behind it. */
static void test_words_mean_something(void **state UNUSED)
{
    unsigned words = 0;

    for (size_t i = 0; i < option_rows_count; i++) {
        bool printers = strcmp(option_rows[i].names, "printer") == 0;

        if (!printers && strcmp(option_rows[i].names, "output") != 0)
            continue;
        for (const struct option_choice *c = option_rows[i].choices; c->word; c++) {
            const void *ops = printers ? (const void *)printer_by_name(c->word)
                                       : (const void *)output_by_name(c->word);

            words++;
            if (!ops && strcmp(c->word, "ncurses") != 0)
                fail_msg("nothing is behind '%s'", c->word);
        }
    }
    assert_true(words >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_main_sink),
        cmocka_unit_test(test_more_sinks),
        cmocka_unit_test(test_number_of_sinks),
        cmocka_unit_test(test_bad_sinks),
        cmocka_unit_test(test_prom_files),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_repeated_texts),
        cmocka_unit_test(test_delivery),
        cmocka_unit_test(test_words_mean_something),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
