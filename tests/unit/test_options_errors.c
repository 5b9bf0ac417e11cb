/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line, rejected: one line that names option, value and what is allowed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/program.h"
#include "support.h"

struct rejected {
    const char *words[4];
    const char *parts[4]; /* of the message */
};

static void assert_rejected(const struct rejected *row)
{
    struct options options;
    char error[512] = "", program[] = "proxtop", *argv[8] = {program};
    int argc = 1;

    for (; argc <= 4 && row->words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)row->words[argc - 1];
    options_defaults(&options, &program_proxtop);
    if (options_parse(&options, argc, argv, error, sizeof(error)) != -EINVAL) {
        print_error("accepted: %s\n", row->words[0]);
        fail();
    }
    assert_true(error[0]);
    assert_null(strchr(error, '\n'));
    for (size_t i = 0; i < ARRAY_SIZE(row->parts) && row->parts[i]; i++) {
        if (!strstr(error, row->parts[i]))
            print_error("'%s' lacks '%s'\n", error, row->parts[i]);
        assert_non_null(strstr(error, row->parts[i]));
    }
}

static void assert_all_rejected(const struct rejected *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_rejected(&rows[i]);
}

#define SECONDS_FROM "seconds from 0.1 to 3600"

static void test_seconds(void **state UNUSED)
{
    static const char *const bad[] = {"0",   "0.09", "0.0999999", "3600.1", "3601", "-1",
                                      "1e3", "inf",  "nan",       "",       "x",    "2s",
                                      "1,5", " 2",   "0x2",       "+2"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const struct rejected row = {{"--interval", bad[i]},
                                     {"option --interval", bad[i], "allowed", SECONDS_FROM}};
        const struct rejected shorter = {{"-f", bad[i]}, {"option --interval", SECONDS_FROM}};

        assert_rejected(&row);
        assert_rejected(&shorter);
    }
    assert_all_rejected(
        (const struct rejected[]){
            {{"--libvirt-interval=0.05"}, {"--libvirt-interval", "'0.05'", "0 (never)"}},
            {{"--qmp-interval=3601"}, {"--qmp-interval", "'3601'", "0 (never)", SECONDS_FROM}},
            {{"--libvirt-interval=-1"}, {"--libvirt-interval", "'-1'"}},
            {{"--guest-stats=0.5"}, {"--guest-stats", "'0.5'", "0 (never), or seconds from 1 to"}},
        },
        4);
}

static void test_runs(void **state UNUSED)
{
    static const char *const bad[] = {"0", "-2", "1e3", "1.5", "", "x", "9223372036854775808",
                                      " 1"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const struct rejected row = {{"-r", bad[i]},
                                     {"option --runs", bad[i], "allowed: -1", "from 1 on"}};

        assert_rejected(&row);
    }
}

static void test_choices(void **state UNUSED)
{
    static const struct rejected rows[] = {
        {{"--printer=xml"}, {"--printer", "'xml'", "allowed: ncurses, text, json, csv"}},
        {{"--view=vm"}, {"--view", "'vm'", "all, cpu, mem, disk, net, io, nics, disks, lvm"}},
        {{"--view=c"}, {"--view", "'c'", "multipath"}},
        {{"--units=bits"}, {"--units", "'bits'", "human, bytes, raw"}},
        {{"--printer="}, {"--printer", "''", "text, json, csv"}},
        {{"--printer=JSON"}, {"--printer", "'JSON'"}},
        {{"--output=mail"}, {"--output", "'mail'", "stdout, file"}},
        {{"--names=go"}, {"--names", "'go'", "keys, esxtop"}},
        {{"--scope=moon"}, {"--scope", "'moon'", "host, vm, vcpu"}},
        {{"--scope=disk"},
         {"--scope", "'disk'", "host, vm, vcpu, vmdisk, vmnic, blockdev, netdev"}},
        {{"--json=pretty"}, {"--json", "'pretty'", "cycle, lines"}},
        {{"--log-level=loud"}, {"--log-level", "'loud'", "error, warning, notice, info, debug"}},
    };

    assert_all_rejected(rows, ARRAY_SIZE(rows));
}

static void test_texts(void **state UNUSED)
{
    static const char *const names[] = {
        "--connection=", "--procfs=", "--sysfs=",  "--host-name=", "--log-file=",
        "--target=",     "--fields=", "--netdev=", "--storedev="};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct rejected row = {{names[i]}, {"''", "not empty"}};

        assert_rejected(&row);
    }
}

static void test_words(void **state UNUSED)
{
    static const struct rejected rows[] = {
        {{"--nonsense"}, {"--nonsense", "unknown", "--help"}},
        {{"--ver"}, {"--ver", "ambiguous"}},
        {{"-Z"}, {"'-Z'", "unknown"}},
        {{"-bZ"}, {"'-Z'", "unknown"}},
        {{"--interval"}, {"--interval", "needs a value"}},
        {{"-f"}, {"-f", "needs a value"}},
        {{"-bf"}, {"f", "needs a value"}},
        {{"--verbose=1"}, {"--verbose", "takes no value"}},
        {{"surplus"}, {"surplus argument 'surplus'"}},
        {{"-f", "2", "5"}, {"surplus argument '5'"}},
        {{"--", "--verbose"}, {"surplus argument '--verbose'"}},
        {{"-"}, {"surplus argument '-'"}},
        {{""}, {"surplus argument ''"}},
    };

    assert_all_rejected(rows, ARRAY_SIZE(rows));
}

/* An option letter that is no ASCII names itself, not the program. */
static void test_foreign_letters(void **state UNUSED)
{
    static const struct rejected rows[] = {
        {{"-\xc3\xa4"}, {"-\xc3\xa4", "unknown"}},
        {{"-f2", "-\xff"
                 "b"},
         {"-\xff"
          "b",
          "unknown"}},
    };

    assert_all_rejected(rows, ARRAY_SIZE(rows));
}

static void test_contradictions(void **state UNUSED)
{
    static const struct rejected rows[] = {
        {{"--libvirt", "--processes"}, {"--processes", "only one hypervisor"}},
        {{"--processes", "--libvirt"}, {"--libvirt", "only one hypervisor"}},
        {{"--output=file"}, {"--output", "'file'", "--target=PATH"}},
        {{"--target=/tmp/x"}, {"--target", "'/tmp/x'", "--output=stdout"}},
        {{"-o", "stdout", "--target=x"}, {"--target", "'x'"}},
        {{"--proxmox", "-cqemu:///system"}, {"--connection", "no meaning for --proxmox"}},
        {{"--devices", "-pcsv"}, {"--devices", "no meaning", "--printer=csv", "--scope"}},
        {{"--scope=vcpu", "-pjson"}, {"--scope", "'vcpu'", "--json=cycle", "--json=lines"}},
        {{"--scope=vcpu", "-ofile", "--target=x"}, {"--scope", "'vcpu'", "--json=lines"}},
        {{"--scope=vmdisk", "-pjson"}, {"--scope", "'vmdisk'", "--json=cycle", "--json=lines"}},
        {{"--scope=netdev", "-pjson"}, {"--scope", "'netdev'", "--json=cycle", "--json=lines"}},
    };

    assert_all_rejected(rows, ARRAY_SIZE(rows));
}

/* A message that does not fit is cut, not overflown. */
static void test_small_buffer(void **state UNUSED)
{
    char program[] = "proxtop", word[] = "--printer=wrong", *argv[] = {program, word, NULL};

    for (size_t size = 1; size < 100; size++) {
        char *error = xcalloc(1, size);
        struct options options;

        options_defaults(&options, &program_proxtop);
        assert_int_equal(options_parse(&options, 2, argv, error, size), -EINVAL);
        assert_true(strnlen(error, size) < size);
        free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seconds),        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_choices),        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_words),          cmocka_unit_test(test_foreign_letters),
        cmocka_unit_test(test_contradictions), cmocka_unit_test(test_small_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
