/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/figure: each unit at its borders, marks, widths whatever the number, curves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "print/column.h"
#include "support.h"
#include "tui/figure.h"

static struct buf out;

/* A figure as the column shows it. */
static const char *shown(const struct column *column, struct figure figure, enum units units)
{
    buf_clear(&out);
    figure_put(&out, &figure, column, units);
    return buf_text(&out);
}

static const char *number(const struct column *column, double value, enum units units)
{
    return shown(column, (struct figure){.kind = FIGURE_NUMBER, .number = value}, units);
}

static struct column metric_column(enum scope scope, unsigned column)
{
    return (struct column){.kind = COLUMN_METRIC, .metric = metric_at(scope, column)};
}

static const char *own(enum column_kind kind, double value, enum units units)
{
    return number(&(struct column){.kind = kind}, value, units);
}

struct row {
    double value;
    const char *text;
};

static void assert_rows(enum scope scope, unsigned column, enum units units, const struct row *rows,
                        size_t count)
{
    struct column c = metric_column(scope, column);

    for (size_t i = 0; i < count; i++)
        assert_string_equal(number(&c, rows[i].value, units), rows[i].text);
}
#define ASSERT_ROWS(column, ...)                                                                   \
    assert_rows(SCOPE_VM, (column), UNITS_HUMAN, (const struct row[]){__VA_ARGS__},                \
                sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row))

static void test_words(void **state UNUSED)
{
    assert_string_equal(units_word(UNITS_HUMAN), "human");
    assert_string_equal(units_word(UNITS_BYTES), "bytes");
    assert_string_equal(units_word(UNITS_RAW), "raw");
    assert_string_equal(figure_traffic_unit(UNITS_HUMAN), "Mb/s");
    assert_string_equal(figure_traffic_unit(UNITS_BYTES), "B/s");
    assert_string_equal(figure_traffic_unit(UNITS_RAW), "B/s");
}

static void test_percentages(void **state UNUSED)
{
    ASSERT_ROWS(VM_CPU_TOTAL, {0, "0.0"}, {78.2, "78.2"}, {78.25, "78.3"}, {99.95, "100.0"},
                {100, "100.0"}, {1e-9, "0.0"}, {51200, "51200.0"}, {123456.7, "123457"},
                {12345678, "12.3M"}, {-1.25, "-1.3"});
}

static void test_cpus(void **state UNUSED)
{
    ASSERT_ROWS(VM_CPU_HOST_USED, {0, "0.00"}, {3.456, "3.46"}, {0.004, "0.00"}, {512, "512.00"},
                {9999.99, "9999.99"}, {9999.996, "10000"}, {1e7, "10.0M"});
}

static void test_counts(void **state UNUSED)
{
    ASSERT_ROWS(VM_CPU_CORES, {0, "0"}, {4, "4"}, {4096, "4096"}, {9999999, "9999999"},
                {9999999.5, "10.0M"}, {1e18, "1.0E"});
    /* A mean of a count: what waits at a disk. */
    ASSERT_ROWS(VM_DISK_INFLIGHT, {0, "0.00"}, {0.31, "0.31"}, {99.99, "99.99"}, {99.995, "100.0"},
                {999.95, "1000"}, {12345, "12345"});
}

static void test_names(void **state UNUSED)
{
    ASSERT_ROWS(VM_PID, {1, "1"}, {4194304, "4194304"}, {1e18, "1.0E"});
    ASSERT_ROWS(VM_VMID, {100, "100"}, {999999999, "999999999"});
    assert_string_equal(own(COLUMN_ID, 999999999, UNITS_HUMAN), "999999999");
    assert_string_equal(own(COLUMN_ID, 101, UNITS_RAW), "101");
    assert_string_equal(own(COLUMN_ID, 101, UNITS_BYTES), "101");
}

/* 1 KB = 1024 bytes; up to three figures. */
static void test_kb(void **state UNUSED)
{
    ASSERT_ROWS(VM_RAM_RSS, {0, "0"}, {0.4, "0"}, {0.5, "1K"}, {1, "1K"}, {999, "999K"},
                {999.5, "1.0M"}, {1024, "1.0M"}, {524288, "512M"}, {7235174, "6.9G"},
                {54421094, "51.9G"},                       /* 54421094 / 1024^2 = 51.9000 */
                {67108864, "64.0G"}, {104805171, "99.9G"}, /* 99.9500: 99.95 rounds below */
                {104806000, "100G"},                       /* 99.9508 */
                {1048050000, "999G"},                      /* 999.4984 */
                {1048060000, "1.0T"},                      /* 999.5079 */
                {1e18, "888E"});                           /* / 1024^5 = 888.18 */
    ASSERT_ROWS(VM_RAM_SWAPIN, {0, "0"}, {0.2, "0"}, {1536, "1.5M"}, {12, "12K"});
}

static void test_bytes(void **state UNUSED)
{
    ASSERT_ROWS(VM_DISK_SIZE_CAPACITY, {0, "0"}, {1, "1B"}, {999, "999B"}, {1000, "1.0K"},
                {34359738368, "32.0G"}, {2199023255552, "2.0T"}, {1e18, "888P"});
    ASSERT_ROWS(VM_IO_RCHAR, {0, "0"}, {12, "12B"}, {123456789, "118M"}); /* / 2^20 = 117.7 */
}

static void test_traffic(void **state UNUSED)
{
    static const struct row mbits[] = {
        {0, "0.0"},
        {1, "0.0"},
        {6250, "0.1"}, /* 50 kbit/s, rounded up */
        {125000, "1.0"},
        {11512500, "92.1"},
        {124987500, "999.9"},
        {124994000, "1000"}, /* 999.952 */
        {1250000000, "10000"},
        {1e18, "8.0T"}, /* 8e12 Mb/s */
    };
    static const struct row bytes[] = {
        {0, "0"}, {12, "12B"}, {11512500, "11.0M"}, {1250000000, "1.2G"}};
    static const struct row raw[] = {{0, "0"}, {11512500.4, "11512500"}};
    static const struct {
        enum scope scope;
        unsigned column;
    } columns[] = {{SCOPE_VM, VM_NET_RECEIVEDBYTES},
                   {SCOPE_VMNIC, VMNIC_NET_TRANSMITTEDBYTES},
                   {SCOPE_NETDEV, NETDEV_NET_HOST_RECEIVEDBYTES},
                   {SCOPE_HOST, HOST_NET_HOST_TRANSMITTEDBYTES}};

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        assert_rows(columns[i].scope, columns[i].column, UNITS_HUMAN, mbits, ARRAY_SIZE(mbits));
        assert_rows(columns[i].scope, columns[i].column, UNITS_BYTES, bytes, ARRAY_SIZE(bytes));
        assert_rows(columns[i].scope, columns[i].column, UNITS_RAW, raw, ARRAY_SIZE(raw));
    }
    for (size_t i = 0; i < ARRAY_SIZE(mbits); i++) {
        assert_string_equal(own(COLUMN_TRAFFIC, mbits[i].value, UNITS_HUMAN), mbits[i].text);
        buf_clear(&out);
        figure_put_traffic(&out, mbits[i].value, UNITS_HUMAN);
        assert_string_equal(buf_text(&out), mbits[i].text);
    }
    assert_string_equal(own(COLUMN_TRAFFIC, 11512500, UNITS_BYTES), "11.0M");
}

static void test_rates(void **state UNUSED)
{
    ASSERT_ROWS(VM_DISK_READS, {0, "0"}, {0.04, "0.0"}, {0.5, "0.5"}, {9.94, "9.9"}, {9.95, "10"},
                {10, "10"}, {312.4, "312"}, {9999.4, "9999"}, {9999.5, "10.0k"}, {12345, "12.3k"},
                {123456, "123k"}, {999499, "999k"}, {999500, "1.0M"});
    assert_string_equal(own(COLUMN_IOPS, 0, UNITS_HUMAN), "0");
    assert_string_equal(own(COLUMN_IOPS, 3.5, UNITS_HUMAN), "4");
    assert_string_equal(own(COLUMN_IOPS, 510, UNITS_HUMAN), "510");
    assert_string_equal(own(COLUMN_IOPS, 9999, UNITS_HUMAN), "9999");
    assert_string_equal(own(COLUMN_IOPS, 12345, UNITS_BYTES), "12.3k");
    assert_string_equal(own(COLUMN_IOPS, 12345, UNITS_RAW), "12345.00");
}

static void test_times(void **state UNUSED)
{
    ASSERT_ROWS(VM_DISK_LAT_AVG, {0, "0.00"}, {4.8, "4.80"}, {0.123, "0.12"}, {99.99, "99.99"},
                {99.996, "100.0"}, {123.45, "123.5"}, {999.9, "999.9"}, {999.96, "1000"},
                {12345, "12345"}, {9999999, "9999999"}, {1e7, "10.0M"});
    assert_string_equal(own(COLUMN_LATENCY, 4.8, UNITS_HUMAN), "4.80");
    assert_string_equal(own(COLUMN_LATENCY, 123.45, UNITS_HUMAN), "123.5");
    assert_string_equal(own(COLUMN_LATENCY, 123.456, UNITS_RAW), "123.46");
    ASSERT_ROWS(VM_DISK_DELAYBLKIO, {12.3, "12.30"});
    ASSERT_ROWS(VM_STALE, {0, "0s"}, {12, "12s"}, {86400, "86400s"}, {1e9, "1.0Gs"});
}

static void test_megabytes(void **state UNUSED)
{
    ASSERT_ROWS(VM_DISK_MBREAD, {0, "0.0"}, {4.13, "4.1"}, {999.94, "999.9"}, {999.95, "1000"},
                {12345.6, "12346"});
    assert_string_equal(own(COLUMN_THROUGHPUT, 4.13, UNITS_HUMAN), "4.1");
    assert_string_equal(own(COLUMN_THROUGHPUT, 4.13, UNITS_RAW), "4.13");
    assert_string_equal(own(COLUMN_IO_THROUGHPUT, 4.13, UNITS_BYTES), "4.1");
}

/* In the time zone of whoever looks. */
static void test_moments(void **state UNUSED)
{
    setenv("TZ", "UTC0", 1);
    tzset();
    /* 2026-01-31 14:03:59, 2026-02-05 00:00:00, 1970 */
    ASSERT_ROWS(VM_START_TIME, {1769868239, "Jan 31 14:03"}, {1770249600, "Feb  5 00:00"},
                {0, "Jan  1 00:00"}, {-1, "-"}, {1e18, "-"});
    setenv("TZ", "XXX-2", 1);
    tzset();
    ASSERT_ROWS(VM_START_TIME, {1769868239, "Jan 31 16:03"});
    unsetenv("TZ");
    tzset();
}

/* As the text printer writes them. */
static void test_raw(void **state UNUSED)
{
    static const double values[] = {0, 0.005, 1.005, 12.3456, 999.999, 1769868239, 1e15};

    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];
        struct column column = metric_column(m->scope, m->column);
        struct print_column printed = {.scale = 1,
                                       .digits = m->type == METRIC_TYPE_DEC ? m->digits : 0};

        if (m->type == METRIC_TYPE_STR)
            continue;
        for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
            struct buf expected = {0};

            print_number(&expected, &printed, values[v]);
            assert_string_equal(number(&column, values[v], UNITS_RAW), buf_text(&expected));
            buf_done(&expected);
        }
    }
}

static void test_texts_and_marks(void **state UNUSED)
{
    struct column rss = metric_column(SCOPE_VM, VM_RAM_USED);
    struct column name = {.kind = COLUMN_NAME};

    assert_string_equal(shown(&rss, (struct figure){.kind = FIGURE_NONE, .mark = '~'}, UNITS_HUMAN),
                        "-");
    assert_string_equal(
        shown(&rss, (struct figure){.kind = FIGURE_NUMBER, .number = 1258291, .mark = '~'},
              UNITS_HUMAN),
        "~1.2G");
    assert_string_equal(
        shown(&rss, (struct figure){.kind = FIGURE_NUMBER, .number = 7, .mark = '>'}, UNITS_RAW),
        ">7");
    assert_string_equal(
        shown(&name, (struct figure){.kind = FIGURE_TEXT, .text = "a\tb\033\xff"}, UNITS_HUMAN),
        "a\tb\033\xff");
    assert_string_equal(shown(&name, (struct figure){.kind = FIGURE_TEXT, .text = ""}, UNITS_HUMAN),
                        "");
    assert_string_equal(shown(&name, (struct figure){.kind = FIGURE_TEXT}, UNITS_HUMAN), "-");
}

static void test_no_numbers(void **state UNUSED)
{
    static const double values[] = {NAN, INFINITY, -INFINITY};

    for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
        for (unsigned u = 0; u < UNITS__COUNT; u++) {
            for (size_t i = 0; i < metrics_count; i++) {
                struct column column = metric_column(metrics[i].scope, metrics[i].column);

                assert_string_equal(number(&column, values[v], (enum units)u), "-");
            }
            for (unsigned k = 1; k < COLUMN_KIND__COUNT; k++)
                assert_string_equal(own((enum column_kind)k, values[v], (enum units)u), "-");
            buf_clear(&out);
            figure_put_traffic(&out, values[v], (enum units)u);
            figure_put_kb(&out, values[v]);
            figure_put_bytes(&out, values[v]);
            assert_string_equal(buf_text(&out), "---");
        }
    }
}

/* One figure, with a mark: a sign, digits, one point, one suffix, 9 columns. */
static void assert_short(const char *text)
{
    size_t digits = strcspn(text, "0123456789"), len = strlen(text);

    if (len > 9)
        print_error("%s\n", text);
    assert_in_range(len, 1, 9);
    assert_true(digits < len);
    assert_int_equal(strspn(text, "~-.0123456789kKMGTPEBs"), len);
}

static void test_never_long(void **state UNUSED)
{
    for (double value = 1e-9; value <= 1.1e18; value *= 1.0371) {
        for (unsigned u = 0; u < UNITS_RAW; u++) {
            for (size_t i = 0; i < metrics_count; i++) {
                struct column column = metric_column(metrics[i].scope, metrics[i].column);
                struct figure figure = {.kind = FIGURE_NUMBER, .number = value, .mark = '~'};

                if (metrics[i].type == METRIC_TYPE_STR ||
                    (metrics[i].scope == SCOPE_VM && metrics[i].column == VM_START_TIME))
                    continue;
                if (metrics[i].kind == METRIC_KIND_INFO) /* names have no marks */
                    figure.mark = '\0';
                assert_short(shown(&column, figure, (enum units)u));
                figure.number = -value;
                if (metrics[i].kind != METRIC_KIND_INFO) {
                    figure.mark = '\0';
                    assert_short(shown(&column, figure, (enum units)u));
                }
            }
            for (unsigned k = COLUMN_IOPS; k <= COLUMN_TRAFFIC; k++)
                assert_short(own((enum column_kind)k, value, (enum units)u));
            assert_short(own(COLUMN_IO_THROUGHPUT, value, (enum units)u));
            assert_short(own(COLUMN_ID, value, (enum units)u));
        }
    }
}

static void test_never_long_at_all(void **state UNUSED)
{
    static const double values[] = {1e19, 9.99e20, 1e30, 1e300, 1.7976931348623157e308, 5e-324};

    for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
        for (size_t i = 0; i < metrics_count; i++) {
            struct column column = metric_column(metrics[i].scope, metrics[i].column);

            if (metrics[i].type == METRIC_TYPE_STR ||
                (metrics[i].scope == SCOPE_VM && metrics[i].column == VM_START_TIME))
                continue;
            assert_short(number(&column, values[v], UNITS_HUMAN));
            assert_short(number(&column, values[v], UNITS_BYTES));
        }
    }
}

/* Eighths of `full`: U+2581 (\xe2\x96\x81) to U+2588. */
static void test_curve(void **state UNUSED)
{
    static const float values[] = {0, NAN, 12.4f, 12.5f, 49.9f, 50, 87.4f, 87.5f, 100, 1e9f, -5};
    static const char blocks[] = "\xe2\x96\x81 \xe2\x96\x81\xe2\x96\x82\xe2\x96\x84\xe2\x96\x85"
                                 "\xe2\x96\x87\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x81";

    buf_clear(&out);
    figure_curve(&out, values, ARRAY_SIZE(values), 100, true);
    assert_string_equal(buf_text(&out), blocks);
    buf_clear(&out);
    figure_curve(&out, values, ARRAY_SIZE(values), 100, false);
    assert_string_equal(buf_text(&out), "_ _.-=*###_");
    buf_clear(&out);
    figure_curve(&out, values, 0, 100, true);
    assert_int_equal(out.len, 0);
}

static void test_curve_of_nothing(void **state UNUSED)
{
    static const float values[] = {0, 1, NAN, INFINITY, -INFINITY};
    static const float fulls[] = {0, -1, NAN};

    for (size_t i = 0; i < ARRAY_SIZE(fulls); i++) {
        buf_clear(&out);
        figure_curve(&out, values, ARRAY_SIZE(values), fulls[i], false);
        assert_string_equal(buf_text(&out), "__ __");
    }
    buf_clear(&out);
    figure_curve(&out, values, ARRAY_SIZE(values), INFINITY, false);
    assert_int_equal(out.len, ARRAY_SIZE(values));
}

static int free_text(void **state UNUSED)
{
    buf_done(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_percentages),
        cmocka_unit_test(test_cpus),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_kb),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_traffic),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_megabytes),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_texts_and_marks),
        cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_never_long),
        cmocka_unit_test(test_never_long_at_all),
        cmocka_unit_test(test_curve),
        cmocka_unit_test(test_curve_of_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, free_text);
}
