/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metric table, row by row against metrics.tsv, and what every row must keep to. */
#include "model/metric.h"

#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "support.h"

enum field {
    SCOPE,
    COLLECTOR,
    KEY,
    LABEL,
    ALIAS,
    ALIAS_SCALE,
    UNIT,
    TYPE,
    DIGITS,
    KIND,
    VERBOSE,
    SOURCE,
    DEFINITION,
    PROMETHEUS,
    PROMETHEUS_TYPE,
    WARN,
    CRIT,
    FIELDS,
};

static const char *const type_names[] = {"str", "int", "dec"};
static const char *const kind_names[] = {"info", "gauge", "rate", "total"};

static struct buf file;

static int setup(void **state UNUSED)
{
    return file_read_all(AT_FDCWD, TEST_DIRECTORY "/metrics.tsv", &file, 1 << 20);
}

static int teardown(void **state UNUSED)
{
    buf_done(&file);
    return 0;
}

static void split(char *line, char *fields[FIELDS])
{
    for (unsigned i = 0; i < FIELDS; i++) {
        char *tab = strchr(line, '\t');

        fields[i] = line;
        assert_int_equal(tab != NULL, i + 1 < FIELDS);
        if (!tab)
            break;
        *tab = '\0';
        line = tab + 1;
    }
}

/* A number of the file, or what its absence stands for. */
static void assert_number(const char *text, double absent, double actual)
{
    if (*text)
        assert_near(actual, strtod(text, NULL));
    else if (isnan(absent))
        assert_true(isnan(actual));
    else
        assert_near(actual, absent);
}

static void compare_row(const struct metric *m, char *f[FIELDS])
{
    bool gauge_as_counter =
        m->kind == METRIC_KIND_GAUGE && strcmp(f[PROMETHEUS_TYPE], "counter") == 0;

    assert_string_equal(m->key, f[KEY]);
    assert_string_equal(scope_name(m->scope), f[SCOPE]);
    assert_string_equal(collector_name(m->collector), f[COLLECTOR]);
    assert_string_equal(m->label, f[LABEL]);
    assert_string_equal(m->alias, f[ALIAS]);
    assert_number(f[ALIAS_SCALE], 1, m->alias_scale);
    assert_string_equal(m->unit, f[UNIT]);
    assert_string_equal(type_names[m->type], f[TYPE]);
    assert_number(f[DIGITS], 0, m->digits);
    assert_string_equal(kind_names[m->kind], f[KIND]);
    assert_int_equal(m->verbose, strcmp(f[VERBOSE], "1") == 0);
    if (!gauge_as_counter) {
        assert_string_equal(m->prometheus, f[PROMETHEUS]);
        assert_string_equal(m->prometheus_type, f[PROMETHEUS_TYPE]);
    }
    assert_number(f[WARN], NAN, m->warn);
    assert_number(f[CRIT], NAN, m->crit);
}

static void test_rows(void **state UNUSED)
{
    char *text = xstrdup(buf_text(&file)), *save = NULL;
    size_t i = 0;

    assert_non_null(strtok_r(text, "\n", &save)); /* the header */
    for (char *line; (line = strtok_r(NULL, "\n", &save)); i++) {
        char *f[FIELDS];

        split(line, f);
        if (i >= metrics_count || strcmp(metrics[i].key, f[KEY]) != 0)
            print_error("row %zu should be %s.%s\n", i + 1, f[SCOPE], f[KEY]);
        assert_true(i < metrics_count);
        compare_row(&metrics[i], f);
    }
    assert_int_equal(i, metrics_count);
    free(text);
}

static const char *printed_name(const struct metric *m, bool esxtop)
{
    return esxtop && m->alias[0] ? m->alias : m->key;
}

/* Under both ways of naming: two cells of one row never have one name. */
static void test_unique_names(void **state UNUSED)
{
    for (size_t i = 0; i < 2 * metrics_count; i++) {
        for (size_t j = 0; j < i / 2; j++) {
            const struct metric *a = &metrics[i / 2], *b = &metrics[j];
            bool esxtop = i % 2;

            if (a->scope != b->scope ||
                strcmp(printed_name(a, esxtop), printed_name(b, esxtop)) != 0)
                continue;
            print_error("%s has two columns '%s'\n", scope_name(a->scope), printed_name(a, esxtop));
            fail();
        }
    }
}

static bool needs_no_escape(const char *text)
{
    for (; *text; text++) {
        if (*text < 0x20 || *text > 0x7e || *text == '"' || *text == '\\')
            return false;
    }
    return true;
}

static void test_texts(void **state UNUSED)
{
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        assert_true(m->key[0] && m->label[0] && m->source[0] && m->help[0]);
        assert_true(needs_no_escape(m->key) && needs_no_escape(m->alias));
        assert_null(strpbrk(m->key, ",. \t"));
        assert_null(strpbrk(m->alias, "\t"));
        assert_null(strpbrk(m->unit, "\t\n"));
        assert_null(strpbrk(m->source, "\t\n"));
        assert_null(strpbrk(m->help, "\t\n"));
        assert_true(m->alias_scale > 0);
    }
}

static void test_meaning(void **state UNUSED)
{
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        assert_true(m->type == METRIC_TYPE_DEC || m->digits == 0);
        assert_true(m->digits <= 6);
        if (m->kind == METRIC_KIND_RATE)
            assert_int_equal(m->type, METRIC_TYPE_DEC);
        if (m->type == METRIC_TYPE_STR)
            assert_int_equal(m->kind, METRIC_KIND_INFO);
        assert_int_equal(isnan(m->warn), isnan(m->crit));
        assert_true(isnan(m->warn) || m->warn < m->crit);
        if (strcmp(m->prometheus_type, "counter") == 0)
            assert_true(m->kind == METRIC_KIND_RATE || m->kind == METRIC_KIND_TOTAL);
        if (m->prometheus_type[0] && strcmp(m->prometheus_type, "counter") == 0)
            assert_non_null(strstr(m->prometheus, "_total"));
        assert_true(m->prometheus[0] || !m->prometheus_type[0]);
    }
}

static bool legal_prometheus_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isalpha((unsigned char)name[i]) && name[i] != '_' &&
            !(i && isdigit((unsigned char)name[i])))
            return false;
    }
    return len > 0;
}

static void test_prometheus_names(void **state UNUSED)
{
    static const char label[] = "label ";

    for (size_t i = 0; i < metrics_count; i++) {
        const char *name = metrics[i].prometheus;

        if (!*name)
            continue;
        if (strncmp(name, label, sizeof(label) - 1) == 0) {
            name += sizeof(label) - 1;
            assert_true(legal_prometheus_name(name, strlen(name)));
            continue;
        }
        assert_true(strncmp(name, "proxtop_", 8) == 0);
        assert_true(legal_prometheus_name(name, strcspn(name, "{")));
        assert_true(!strchr(name, '{') || name[strlen(name) - 1] == '}');
    }
}

static void test_metric_at(void **state UNUSED)
{
    size_t seen = 0;

    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        assert_in_range(scope_columns((enum scope)s), 1, METRIC_COLUMNS_MAX);
        for (unsigned column = 0; column < scope_columns((enum scope)s); column++, seen++) {
            const struct metric *m = metric_at((enum scope)s, column);

            assert_int_equal(m->scope, s);
            assert_int_equal(m->column, column);
        }
    }
    assert_int_equal(seen, metrics_count);
    for (size_t i = 0; i < metrics_count; i++)
        assert_ptr_equal(metric_at(metrics[i].scope, metrics[i].column), &metrics[i]);
    assert_string_equal(metric_at(SCOPE_VM, VM_RAM_USED)->key, "ram_used");
    assert_string_equal(metric_at(SCOPE_HOST, HOST_CPU_STEAL)->key, "cpu_steal");
}

static void test_names(void **state UNUSED)
{
    enum scope scope = SCOPE__COUNT;
    enum collector collector = COLLECTOR__COUNT;

    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        assert_true(scope_by_name(scope_name((enum scope)s), &scope));
        assert_int_equal(scope, s);
    }
    for (unsigned c = 0; c < COLLECTOR__COUNT; c++) {
        assert_true(collector_by_name(collector_name((enum collector)c), &collector));
        assert_int_equal(collector, c);
    }
    assert_false(scope_by_name("", &scope) || scope_by_name("VM", &scope));
    assert_false(collector_by_name("", &collector) || collector_by_name("cpux", &collector));
    assert_true(scope_is_part_of_vm(SCOPE_VCPU) && scope_is_part_of_vm(SCOPE_VMNIC));
    assert_false(scope_is_part_of_vm(SCOPE_VM) || scope_is_part_of_vm(SCOPE_NETDEV));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_unique_names),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_meaning),
        cmocka_unit_test(test_prometheus_names),
        cmocka_unit_test(test_metric_at),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
