/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration files, read: what is good, exactly what is told of what is not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/config_file.h"
#include "app/program.h"
#include "model/metric.h"
#include "support.h"

static struct options options;
static struct tui_settings settings;
static struct config *config;

static void start(void)
{
    options_defaults(&options, &program_proxtop);
    settings_defaults(&settings);
    config_free(config);
    config = config_new();
}

static void take(enum option_layer layer, const char *text)
{
    config_take(config, "F", layer, text, strlen(text), &options, &settings);
}

static int teardown(void **state UNUSED)
{
    config_free(config);
    config = NULL;
    return 0;
}

/* Exactly these warnings, one per line. */
static void assert_warnings(const char *const warnings[])
{
    size_t i = 0;

    for (; warnings[i] && config_warning(config, i); i++)
        assert_string_equal(config_warning(config, i), warnings[i]);
    if (warnings[i])
        fail_msg("not told: %s", warnings[i]);
    if (config_warning(config, i))
        fail_msg("told: %s", config_warning(config, i));
}

static struct buf full_text(void)
{
    struct buf text = {0};
    char why[200];

    assert_int_equal(config_file_read(TEST_DIRECTORY "/config/full.conf", &text, why, sizeof(why)),
                     0);
    return text;
}

static void test_full(void **state UNUSED)
{
    struct buf text = full_text();
    struct limits limits;

    start();
    take(LAYER_USER, buf_text(&text));
    assert_warnings((const char *const[]){NULL});
    assert_near(options.interval, 5);
    assert_int_equal(options.units, UNITS_BYTES);
    assert_int_equal(options.view, VIEW_NET);
    assert_true(options.no_mouse);
    assert_int_equal(options.collectors, 1u << COLLECTOR_PRESSURE);
    assert_int_equal(options.sink_count, 2);
    assert_string_equal(options.sinks[0].target, "/tmp/a;b # no comment");
    assert_string_equal(options.host_name, "h\xc3\xa9ron = 7");
    assert_string_equal(settings.views[VIEW_DISK].fields, "name, id, disk_reads");
    assert_string_equal(settings.views[VIEW_DISK].sort, "name");
    assert_string_equal(settings.views[VIEW_NET].sort, "rx:asc");
    limits = settings.thresholds.of[SCOPE_VMDISK][VMDISK_DISK_LAT_RD];
    assert_near(limits.warn, 5);
    assert_near(limits.crit, 20);
    assert_false(settings.thresholds.of[SCOPE_VM][VM_CPU_STEAL].warn > 0);
    buf_done(&text);
}

#define FIELD_ALLOWED(view)                                                                        \
    " is no field of view " view ": see --list-fields, or one of name, id, state, why, iops, "     \
    "mbs, lat, traffic, history, disk_name, nic, nic_name, iombs"
#define SORT_ALLOWED(view)                                                                         \
    " is no field of view " view " to sort by: see --list-fields, or one of name, id, state, "     \
    "why, iops, mbs, lat, traffic, disk_name, nic, nic_name, iombs"
#define VIEW_WORDS "all, cpu, mem, disk, net, io, nics, disks, lvm, multipath"
#define SECTION_ALLOWED                                                                            \
    " is not known; allowed: [proxtop], [proxprofiler], [thresholds], and [view VIEW] with one "   \
    "of " VIEW_WORDS
#define THRESHOLD_ALLOWED                                                                          \
    "; allowed: the key of a metric that is a number, or SCOPE.KEY; --list-fields tells them"

/* Each has `host-name = end` behind it, which must count. */
static void test_broken(void **state UNUSED)
{
    static const struct {
        const char *text;
        const char *warnings[4];
    } rows[] = {
        {"interval = 0\n",
         {"F:1: option 'interval': '0' is not allowed; allowed: seconds from 0.1 to 3600"}},
        {"\n\ninterval =\n",
         {"F:3: option 'interval': '' is not allowed; allowed: seconds from 0.1 to 3600"}},
        {"runs = 1e3\n",
         {"F:1: option 'runs': '1e3' is not allowed; allowed: -1 (without end), or a number from "
          "1 on"}},
        {"intervall = 5\n", {"F:1: option 'intervall' is not known; --help lists all"}},
        {"--interval = 5\n", {"F:1: option '--interval' is not known; --help lists all"}},
        {"f = 5\n", {"F:1: option 'f' is not known; --help lists all"}},
        {"help = yes\n", {"F:1: option 'help' is one for the command line only"}},
        {"config = /x\n", {"F:1: option 'config' is one for the command line only"}},
        {"no-config = yes\n", {"F:1: option 'no-config' is one for the command line only"}},
        {"verbose\n", {"F:1: the line has no '='"}},
        {"= 5\n", {"F:1: the line has no name in front of its '='"}},
        {"verbose = perhaps\n",
         {"F:1: option 'verbose': 'perhaps' is not allowed; allowed: yes or no"}},
        {"view = vm\n", {"F:1: option 'view': 'vm' is not allowed; allowed: " VIEW_WORDS}},
        {"printer = xml\n",
         {"F:1: option 'printer': 'xml' is not allowed; allowed: ncurses, text, json, csv, "
          "prometheus, influx"}},
        {"libvirt = yes\nproxmox = yes\n",
         {"F:2: option 'proxmox': only one hypervisor can be chosen"}},
        {"sink = json\n",
         {"F:1: option 'sink': 'json' is not allowed: it has no output; allowed: "
          "PRINTER[@SECONDS],OUTPUT[,TARGET], e.g. json@10,tcp,localhost:5000"}},
        {"buffer = 1\n",
         {"F:1: option 'buffer': '1' is not allowed; allowed: bytes, or a number with K, M or G, "
          "from 65536 to 4294967296"}},
        {"fields = name,nope\n",
         {"F:1: option 'fields': 'nope' is not allowed; allowed: KEY or SCOPE.KEY as "
          "--list-fields shows them"}},
        {"sort = nope\n", {"F:1: option 'sort': \"nope\"" SORT_ALLOWED("all")}},
        {"[view disk\nsort = name\n[proxtop]\n", {"F:1: the line has no ']'"}},
        {"[view disk] x\n[proxtop]\n", {"F:1: the line has something behind its ']'"}},
        {"[colours]\nwarn = red\nnonsense = x\n[proxtop]\n",
         {"F:1: section '[colours]'" SECTION_ALLOWED}},
        {"[view vm]\n[]\n[proxtop]\n",
         {"F:1: section '[view vm]'" SECTION_ALLOWED, "F:2: section '[]'" SECTION_ALLOWED}},
        {"[viewcpu]\n[proxtop]\n", {"F:1: section '[viewcpu]'" SECTION_ALLOWED}},
        {"[view disk]\nfields = name,nope\nsort = x:up\nrows = 5\n[proxtop]\n",
         {"F:2: fields of view 'disk': \"nope\"" FIELD_ALLOWED("disk"),
          "F:3: sort of view 'disk': KEY, KEY:asc or KEY:desc",
          "F:4: 'rows' is nothing that a view has; allowed: fields, sort"}},
        {"[thresholds]\nnope = 1 2\nname = 1 2\n[proxtop]\n",
         {"F:2: threshold 'nope' is not known" THRESHOLD_ALLOWED,
          "F:3: threshold 'name' is not known" THRESHOLD_ALLOWED}},
        {"[thresholds]\ndisk_lat_rd = 20 5\n[proxtop]\n",
         {"F:2: threshold 'disk_lat_rd': '20 5' is not allowed; allowed: WARN CRIT, two numbers "
          "from 0 on in ms, the second at least the first; or off"}},
        {"host-name = \xff\n", {"F:1: the line is not UTF-8"}},
        {"host-name = \xed\xa0\x80\n", {"F:1: the line is not UTF-8"}},
        {"host-name = a\x1b[2J\n", {"F:1: the line has a control character in it"}},
        {"host-name = a\rb\n", {"F:1: the line has a control character in it"}},
        {"\xef\xbb\xbfinterval = 7\n",
         {"F:1: the file begins with a byte order mark, which is passed over"}},
        {"# x\ninterval = 7\r\n\r\n", {"F:2: lines end with CR LF; the CR is passed over"}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *text = xasprintf("%shost-name = end", rows[i].text);

        start();
        take(LAYER_USER, text);
        assert_warnings(rows[i].warnings);
        assert_string_equal(options.host_name, "end");
        assert_true(options.interval > 1.9 && options.interval < 7.1);
        assert_string_equal(settings.views[VIEW_DISK].fields, "");
        free(text);
    }
}

static void test_long_lines(void **state UNUSED)
{
    struct buf text = {0};

    start();
    buf_puts(&text, "host-name = ");
    while (text.len < 8192)
        buf_putc(&text, 'x');
    take(LAYER_USER, buf_text(&text));
    assert_warnings((const char *const[]){NULL});
    assert_int_equal(strlen(options.host_name), 8192 - strlen("host-name = "));
    buf_puts(&text, "y\ninterval = 3");
    take(LAYER_USER, buf_text(&text));
    assert_warnings((const char *const[]){"F:1: the line is longer than 8192 bytes", NULL});
    assert_near(options.interval, 3);
    buf_clear(&text);
    buf_puts(&text, "[view cpu]\nfields = ");
    while (text.len < 5000)
        buf_puts(&text, "name,");
    start();
    take(LAYER_USER, buf_text(&text));
    assert_warnings(
        (const char *const[]){"F:2: fields of view 'cpu': at most 4095 characters", NULL});
    buf_done(&text);
}

static void test_many_warnings(void **state UNUSED)
{
    struct buf text = {0};

    for (unsigned i = 0; i < 20; i++)
        buf_puts(&text, "x\n");
    start();
    take(LAYER_USER, buf_text(&text));
    assert_string_equal(config_warning(config, 19), "F:20: the line has no '='");
    assert_null(config_warning(config, 20));
    for (unsigned i = 0; i < 3; i++)
        buf_puts(&text, "x\n");
    start();
    take(LAYER_USER, buf_text(&text));
    assert_string_equal(config_warning(config, 19), "F:20: the line has no '='");
    assert_string_equal(config_warning(config, 20), "F: and 3 more");
    assert_null(config_warning(config, 21));
    buf_done(&text);
}

/* The user's file replaces what the system's says of the same thing, also where things add up. */
static void test_order(void **state UNUSED)
{
    start();
    take(LAYER_SYSTEM, "interval = 5\nruns = 3\nsink = json,file,a\ncpu = yes\n"
                       "[view cpu]\nfields = name\nsort = name\n[thresholds]\ndisk_lat_rd = 1 2");
    take(LAYER_USER, "interval = 9\nsink = json,file,b\nsink = json,file,c\nmem = yes\n"
                     "[view cpu]\nfields =\n[thresholds]\ndisk_lat_rd = 3 4");
    assert_warnings((const char *const[]){NULL});
    assert_near(options.interval, 9);
    assert_int_equal(options.runs, 3);
    assert_int_equal(options.sink_count, 2);
    assert_string_equal(options.sinks[0].target, "b");
    assert_int_equal(options.collectors, 1u << COLLECTOR_MEM);
    assert_string_equal(settings.views[VIEW_CPU].fields, "");
    assert_string_equal(settings.views[VIEW_CPU].sort, "name");
    assert_near(settings.thresholds.of[SCOPE_VMDISK][VMDISK_DISK_LAT_RD].warn, 3);
}

/* What stands in the other program's section is its own business. */
static void test_other_program(void **state UNUSED)
{
    start();
    take(LAYER_USER, "interval = 5\n[proxprofiler]\ninterval = 9\nstates = 99\nbroken\n= x\n"
                     "[proxtop]\nruns = 3\n[proxprofiler]\nruns = 4");
    assert_warnings((const char *const[]){NULL});
    assert_near(options.interval, 5);
    assert_int_equal(options.runs, 3);
}

/* A wrong line of the user leaves what the system's file says. */
static void test_wrong_is_left_out(void **state UNUSED)
{
    start();
    take(LAYER_SYSTEM, "interval = 5\ncpu = yes\n");
    take(LAYER_USER, "interval = x\ncpu = x\n");
    assert_near(options.interval, 5);
    assert_int_equal(options.collectors, 1u << COLLECTOR_CPU);
}

static void put_file(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Reads the files; the result, with the error or the first warning in told[]. */
static int read_files(const char *system, const char *user, bool must, char told[300])
{
    int r;

    start();
    config_free(config);
    config = NULL;
    told[0] = '\0';
    r = config_read_files(system, user, must, &options, &settings, &config, told, 300);
    if (r == 0 && config_warning(config, 0))
        copy_text(told, 300, config_warning(config, 0));
    return r;
}

/* What another user may have written is no word of this one's, unless it is named. */
static void test_whose_file(void **state UNUSED)
{
    char directory[] = "/tmp/test_config.XXXXXX", file[64], link[64], told[300], why[200];

    assert_non_null(mkdtemp(directory));
    snprintf(file, sizeof(file), "%s/config", directory);
    snprintf(link, sizeof(link), "%s/link", directory);
    put_file(file, "interval = 7\n", 13);
    assert_int_equal(read_files(NULL, file, false, told), 0);
    assert_near(options.interval, 7);
    assert_int_equal(chmod(file, 0666), 0);
    assert_int_equal(read_files(NULL, file, false, told), 0);
    assert_near(options.interval, 2);
    assert_non_null(strstr(told, "can be written by everybody"));
    assert_int_equal(read_files(NULL, file, true, told), 0);
    assert_near(options.interval, 7);
    assert_int_equal(chmod(file, 0644), 0);
    assert_int_equal(chmod(directory, 0777), 0);
    assert_int_equal(config_file_check(file, why, sizeof(why)), -EPERM);
    assert_int_equal(chmod(directory, 0700), 0);
    assert_int_equal(config_file_check("/nowhere/at/all", why, sizeof(why)), 0);
    assert_int_equal(symlink(file, link), 0);
    assert_int_equal(config_file_check(link, why, sizeof(why)), 0);
    if (geteuid() == 0) {
        assert_int_equal(lchown(link, 65534, 65534), 0);
        assert_int_equal(config_file_check(link, why, sizeof(why)), -EPERM);
        assert_non_null(strstr(why, "belongs to another user (uid 65534)"));
        assert_int_equal(config_file_check(file, why, sizeof(why)), 0);
        assert_int_equal(chown(directory, 65534, 65534), 0);
        assert_int_equal(config_file_check(file, why, sizeof(why)), -EPERM);
        snprintf(told, sizeof(told), "%s/not/yet/there", directory);
        assert_int_equal(config_file_check(told, why, sizeof(why)), -EPERM);
    }
    unlink(link);
    unlink(file);
    rmdir(directory);
}

static void test_files(void **state UNUSED)
{
    char directory[] = "/tmp/test_config.XXXXXX", a[64], b[64], expected[200], told[300];
    char *large = xcalloc(1, CONFIG_FILE_MAX + 1);

    assert_non_null(mkdtemp(directory));
    snprintf(a, sizeof(a), "%s/a", directory);
    snprintf(b, sizeof(b), "%s/b", directory);
    assert_int_equal(read_files(a, b, false, told), 0);
    assert_string_equal(told, "");
    assert_near(options.interval, 2);
    assert_int_equal(read_files(NULL, NULL, false, told), 0);
    assert_int_equal(read_files(a, b, true, told), -EINVAL);
    snprintf(expected, sizeof(expected),
             "option --config: cannot read '%s': No such file or directory", b);
    assert_string_equal(told, expected);

    put_file(a, "interval = 5\nruns = 3\n", 22);
    put_file(b, "interval = 6\n", 13);
    assert_int_equal(read_files(a, b, true, told), 0);
    assert_string_equal(told, "");
    assert_near(options.interval, 6);
    assert_int_equal(options.runs, 3);

    put_file(b, "interval\0= 6\n", 13);
    assert_int_equal(read_files(a, b, false, told), 0);
    snprintf(expected, sizeof(expected),
             "configuration '%s' is not read: it is no text, it has NUL bytes in it", b);
    assert_string_equal(told, expected);
    assert_near(options.interval, 5);

    memset(large, '\n', CONFIG_FILE_MAX + 1);
    put_file(b, large, CONFIG_FILE_MAX - 1);
    assert_int_equal(read_files(a, b, false, told), 0);
    assert_string_equal(told, "");
    put_file(b, large, CONFIG_FILE_MAX + 1);
    assert_int_equal(read_files(a, b, false, told), 0);
    snprintf(expected, sizeof(expected), "configuration '%s' is not read: it is larger than 1 MB",
             b);
    assert_string_equal(told, expected);

    assert_int_equal(read_files(directory, a, false, told), 0);
    snprintf(expected, sizeof(expected), "configuration '%s' is not read: it is no regular file",
             directory);
    assert_string_equal(told, expected);
    unlink(b);
    assert_int_equal(mkfifo(b, 0600), 0);
    assert_int_equal(read_files(a, b, false, told), 0);
    assert_non_null(strstr(told, "it is no regular file"));
    unlink(a);
    unlink(b);
    rmdir(directory);
    free(large);
}

static void test_user_path(void **state UNUSED)
{
    static const struct {
        const char *xdg, *home, *path;
    } rows[] = {
        {"/x", "/home/u", "/x/proxtop/config"},
        {NULL, "/home/u", "/home/u/.config/proxtop/config"},
        {"", "/home/u", "/home/u/.config/proxtop/config"},
        {"relative", "/home/u", "/home/u/.config/proxtop/config"},
        {NULL, "", NULL},
        {NULL, NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char *path;

        unsetenv("XDG_CONFIG_HOME");
        unsetenv("HOME");
        if (rows[i].xdg)
            setenv("XDG_CONFIG_HOME", rows[i].xdg, 1);
        if (rows[i].home)
            setenv("HOME", rows[i].home, 1);
        path = config_user_path();
        assert_true(text_equal(path, rows[i].path));
        free(path);
    }
}

static int settle(char *error, size_t size, const char *const words[])
{
    static char program[] = "proxtop";
    char *argv[8] = {program};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    options.terminal = true;
    error[0] = '\0';
    assert_int_equal(options_parse(&options, argc, argv, error, size), 0);
    return config_settle(&options, &settings, error, size);
}

#define SETTLE(...) settle(error, sizeof(error), (const char *const[]){__VA_ARGS__, NULL})

static void test_settle(void **state UNUSED)
{
    char error[600];

    start();
    take(LAYER_USER, "view = cpu\nunits = raw\nsort = disk_name\nfields = name\nfilter = x\n");
    assert_warnings((const char *const[]){NULL});
    assert_int_equal(SETTLE("--view=disk", "--fields=vm.name,id,vmdisk.disk_reads"), 0);
    assert_string_equal(error, "");
    assert_int_equal(settings.view, VIEW_DISK);
    assert_int_equal(settings.units, UNITS_RAW);
    assert_string_equal(settings.filter, "x");
    assert_string_equal(settings.views[VIEW_DISK].fields, "name,id,disk_reads");
    assert_string_equal(settings.views[VIEW_DISK].sort, "disk_name");
    start();
    take(LAYER_USER, "sort = disk_name\n");
    assert_int_equal(SETTLE("--view=nics"), 0); /* which have no such column */
    assert_string_equal(error, "");
    assert_string_equal(settings.views[VIEW_NICS].sort, "");
    start();
    assert_int_equal(SETTLE("--sort=nope"), -EINVAL);
    assert_string_equal(error, "option --sort: \"nope\"" SORT_ALLOWED("all"));
    start();
    assert_int_equal(SETTLE("--fields=nope"), -EINVAL);
    assert_string_equal(error, "option --fields: \"nope\"" FIELD_ALLOWED("all"));
}

static void parse_any(const char *text, size_t len)
{
    start();
    config_take(config, "F", LAYER_USER, text, len, &options, &settings);
    assert_true(options.interval >= 0.1 && options.interval <= 3600);
    assert_true(options.view >= -1 && options.view < VIEW__COUNT);
    for (size_t i = 0; config_warning(config, i); i++)
        assert_true(i <= CONFIG_WARNINGS_MAX && !strchr(config_warning(config, i), '\n'));
}

static void test_cut_and_spoilt(void **state UNUSED)
{
    struct buf text = full_text();

    support_each_prefix(buf_text(&text), text.len, parse_any);
    support_each_garbage(buf_text(&text), text.len, 500, parse_any);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full),           cmocka_unit_test(test_broken),
        cmocka_unit_test(test_long_lines),     cmocka_unit_test(test_many_warnings),
        cmocka_unit_test(test_order),          cmocka_unit_test(test_wrong_is_left_out),
        cmocka_unit_test(test_whose_file),     cmocka_unit_test(test_files),
        cmocka_unit_test(test_user_path),      cmocka_unit_test(test_settle),
        cmocka_unit_test(test_cut_and_spoilt), cmocka_unit_test(test_other_program),
    };

    return cmocka_run_group_tests(tests, NULL, teardown);
}
