/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/thresholds: the table's, a user's, what is refused, and each border. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "tui/thresholds.h"

static struct thresholds thresholds;
static char allowed[256];

static int set(const char *key, const char *value)
{
    memset(allowed, 0, sizeof(allowed));
    return thresholds_set(&thresholds, key, value, allowed, sizeof(allowed));
}

static void assert_limits(enum scope scope, unsigned column, double warn, double crit)
{
    const struct limits *limits = &thresholds.of[scope][column];

    if (isnan(warn)) {
        assert_true(isnan(limits->warn) && isnan(limits->crit));
        return;
    }
    assert_near(limits->warn, warn);
    assert_near(limits->crit, crit);
}

static void test_defaults(void **state UNUSED)
{
    memset(&thresholds, 0, sizeof(thresholds));
    thresholds_defaults(&thresholds);
    for (size_t i = 0; i < metrics_count; i++)
        assert_limits(metrics[i].scope, metrics[i].column, metrics[i].warn, metrics[i].crit);
    assert_limits(SCOPE_VM, VM_STALE, 5, 30);
    assert_limits(SCOPE_VM, VM_CPU_TOTAL, NAN, NAN);
    for (unsigned s = 0; s < SCOPE__COUNT; s++)
        assert_limits((enum scope)s, METRIC_COLUMNS_MAX - 1, NAN, NAN);
}

/* At a limit it is crossed. */
static void test_borders(void **state UNUSED)
{
    thresholds_defaults(&thresholds);
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];
        struct {
            double value;
            enum severity severity;
        } borders[] = {
            {-1e18, SEVERITY_NONE},
            {nextafter(m->warn, -INFINITY), SEVERITY_NONE},
            {m->warn, SEVERITY_WARN},
            {nextafter(m->warn, INFINITY), SEVERITY_WARN},
            {nextafter(m->crit, -INFINITY), SEVERITY_WARN},
            {m->crit, SEVERITY_CRIT},
            {nextafter(m->crit, INFINITY), SEVERITY_CRIT},
            {1e18, SEVERITY_CRIT},
        };

        assert_int_equal(thresholds_judge(&thresholds, m->scope, m->column, NAN), SEVERITY_NONE);
        for (size_t b = 0; b < ARRAY_SIZE(borders); b++)
            assert_int_equal(thresholds_judge(&thresholds, m->scope, m->column, borders[b].value),
                             isnan(m->warn) ? SEVERITY_NONE : borders[b].severity);
    }
}

static void test_every_scope(void **state UNUSED)
{
    thresholds_defaults(&thresholds);
    assert_int_equal(set("disk_lat_rd", "5 20"), 0);
    assert_limits(SCOPE_VM, VM_DISK_LAT_RD, 5, 20);
    assert_limits(SCOPE_VMDISK, VMDISK_DISK_LAT_RD, 5, 20);
    assert_limits(SCOPE_VM, VM_DISK_LAT_WR, 20, 50); /* untouched */
    assert_int_equal(set("vmdisk.disk_lat_rd", "6 6"), 0);
    assert_limits(SCOPE_VM, VM_DISK_LAT_RD, 5, 20);
    assert_limits(SCOPE_VMDISK, VMDISK_DISK_LAT_RD, 6, 6);
    assert_int_equal(set("vm.disk_lat_rd", "off"), 0);
    assert_limits(SCOPE_VM, VM_DISK_LAT_RD, NAN, NAN);
    assert_limits(SCOPE_VMDISK, VMDISK_DISK_LAT_RD, 6, 6);
    assert_string_equal(allowed, "");
    /* A key that has none of its own gets some. */
    assert_int_equal(set("vm.cpu_total", "50 90"), 0);
    assert_limits(SCOPE_VM, VM_CPU_TOTAL, 50, 90);
    assert_int_equal(set("io_MBRD/s", "0 0"), 0);
    assert_limits(SCOPE_VM, VM_IO_MBRD_S, 0, 0);
}

static void test_every_key(void **state UNUSED)
{
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];
        bool number = m->type != METRIC_TYPE_STR;
        char key[80];

        thresholds_defaults(&thresholds);
        snprintf(key, sizeof(key), "%s.%s", scope_name(m->scope), m->key);
        assert_int_equal(set(key, "1.5 2.5"), number ? 0 : -ENOENT);
        if (number)
            assert_limits(m->scope, m->column, 1.5, 2.5);
    }
}

static void test_values(void **state UNUSED)
{
    static const struct {
        const char *value;
        double warn, crit;
    } rows[] = {
        {"1 2", 1, 2},     {"  1\t \t2 ", 1, 2},
        {"0 0", 0, 0},     {"0.5 .75", 0.5, 0.75},
        {"3. 4.", 3, 4},   {"999999999999999 999999999999999", 999999999999999, 999999999999999},
        {"off", NAN, NAN}, {" off\t", NAN, NAN},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        thresholds_defaults(&thresholds);
        assert_int_equal(set("stale", rows[i].value), 0);
        assert_limits(SCOPE_VM, VM_STALE, rows[i].warn, rows[i].crit);
    }
}

static void test_refused_values(void **state UNUSED)
{
    static const char *const values[] = {
        "",
        " ",
        "1",
        "1 ",
        "1 2 3",
        "2 1",
        "-1 2",
        "1 -2",
        "+1 2",
        "1,2",
        "1;2",
        "1 2x",
        "x1 2",
        "0x1 2",
        "1e1 20",
        "inf inf",
        "nan nan",
        "1 inf",
        "of",
        "offx",
        "off 1",
        "off off",
        "OFF",
        "1 off",
        "1\n2",
        "1 2\n",
        "1..2 3",
        ". .",
        "1 .",
        "1\v2",
        "1 2 off",
        "warn crit",
        "9999999999999999 9999999999999999",
        "0.0000000000000000000000000000000000000000001 1",
        "1 11111111111111111111111111111111111111111111111111111111111111111111111111111",
    };

    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        thresholds_defaults(&thresholds);
        if (set("stale", values[i]) != -EINVAL)
            print_error("'%s'\n", values[i]);
        assert_int_equal(set("stale", values[i]), -EINVAL);
        assert_limits(SCOPE_VM, VM_STALE, 5, 30);
        assert_string_equal(
            allowed,
            "WARN CRIT, two numbers from 0 on in s, the second at least the first; or off");
    }
}

static void test_refused_keys(void **state UNUSED)
{
    static const char *const keys[] = {
        "",     "x",          "Stale",       "stale ",     " stale",   "vm.",      ".stale",
        "vm",   "host.stale", "vm.vm.stale", "moon.stale", "VM.stale", "stale.vm", "vm stale",
        "name", "vm.name",    "state",       "device",     "*",        "vm.*",     "%",
    };
    struct thresholds before;

    thresholds_defaults(&thresholds);
    before = thresholds;
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (set(keys[i], "1 2") != -ENOENT)
            print_error("'%s'\n", keys[i]);
        assert_int_equal(set(keys[i], "1 2"), -ENOENT);
        assert_memory_equal(&thresholds, &before, sizeof(before));
        assert_non_null(strstr(allowed, "--list-fields"));
        assert_int_equal(set(keys[i], "nothing"), -ENOENT);
    }
}

/* Texts of any length, and little room for what is said about them. */
static void test_hostile(void **state UNUSED)
{
    static char text[5000];
    char small[8];

    thresholds_defaults(&thresholds);
    for (size_t len = 0; len < sizeof(text); len += 1 + len / 8) {
        memset(text, '1', len);
        text[len] = '\0';
        assert_int_equal(set(text, "1 2"), -ENOENT);
        assert_int_equal(set("stale", text), -EINVAL);
        memset(text, ' ', len);
        assert_int_equal(set("stale", text), -EINVAL);
        memset(text, '.', len);
        assert_int_equal(set(text, text), -ENOENT);
    }
    memset(small, 'x', sizeof(small));
    assert_int_equal(thresholds_set(&thresholds, "stale", "", small, sizeof(small)), -EINVAL);
    assert_string_equal(small, "WARN CR");
    assert_int_equal(thresholds_set(&thresholds, "x", "", small, 1), -ENOENT);
    assert_string_equal(small, "");
    assert_limits(SCOPE_VM, VM_STALE, 5, 30);
}

static void thresholds_check(const char *text, size_t len)
{
    char *copy = xstrndup(text, len);
    int r;

    thresholds_defaults(&thresholds);
    r = set("stale", copy);
    assert_true(r == 0 || r == -EINVAL);
    if (r == 0 && !isnan(thresholds.of[SCOPE_VM][VM_STALE].warn)) {
        const struct limits *limits = &thresholds.of[SCOPE_VM][VM_STALE];

        assert_true(limits->warn >= 0 && limits->warn <= limits->crit && isfinite(limits->crit));
    }
    r = set(copy, "1 2");
    assert_true(r == 0 || r == -ENOENT);
    free(copy);
}

static void test_prefixes_and_garbage(void **state UNUSED)
{
    static const char value[] = " 12.5 \t 100.25 ", off[] = " off ", key[] = "vmdisk.disk_lat_rd";

    support_each_prefix(value, strlen(value), thresholds_check);
    support_each_garbage(value, strlen(value), 3000, thresholds_check);
    support_each_prefix(off, strlen(off), thresholds_check);
    support_each_garbage(off, strlen(off), 1000, thresholds_check);
    support_each_prefix(key, strlen(key), thresholds_check);
    support_each_garbage(key, strlen(key), 1000, thresholds_check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_every_scope),
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refused_values),
        cmocka_unit_test(test_refused_keys),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_prefixes_and_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
