/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields and orders as people write them. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/settings.h"

static int test_setup(void **state)
{
    *state = column_table_new();
    return 0;
}

static int test_teardown(void **state)
{
    column_table_free(*state);
    return 0;
}

static const char *test_key(enum scope scope, unsigned metric)
{
    return metric_at(scope, metric)->key;
}

static bool test_check(const struct column_table *table, enum view view, const char *fields,
                       char allowed[300])
{
    allowed[0] = '\0';
    return settings_check_fields(table, view, fields, allowed, 300);
}

/* The columns that fields mean, by their keys, each behind a blank. */
static const char *test_columns(const struct column_table *table, enum view view,
                                const char *fields, struct buf *ret)
{
    const struct column *list[COLUMNS_MAX];
    size_t count = settings_columns(table, view, fields, 80, list);

    buf_clear(ret);
    for (size_t i = 0; i < count; i++)
        buf_printf(ret, " %s", list[i]->key);
    return buf_text(ret);
}

static void test_defaults(void **state)
{
    struct tui_settings settings;

    (void)state;
    memset(&settings, 0xff, sizeof(settings));
    settings_defaults(&settings);
    assert_int_equal(settings.view, VIEW_ALL);
    assert_int_equal(settings.units, UNITS_HUMAN);
    assert_false(settings.no_mouse);
    assert_string_equal(settings.filter, "");
    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        assert_string_equal(settings.views[v].fields, "");
        assert_string_equal(settings.views[v].sort, "");
    }
    assert_int_equal(thresholds_judge(&settings.thresholds, SCOPE_VM, VM_CPU_STEAL, 10),
                     SEVERITY_CRIT);
}

static void test_lists(void **state)
{
    struct buf text = {0};

    assert_string_equal(test_columns(*state, VIEW_CPU, "name,id,why", &text), " name id why");
    /* NAME is first whatever they say; nothing counts twice; case and blanks do not count. */
    assert_string_equal(test_columns(*state, VIEW_CPU, " WHY , id,Why,NAME,", &text),
                        " name why id");
    /* Titles are names too, that of the view among them. */
    assert_string_equal(test_columns(*state, VIEW_ALL, "lat,MB/S,s", &text), " name lat mbs state");
    assert_string_equal(test_columns(*state, VIEW_ALL, "swap", &text) + 6,
                        test_key(SCOPE_VM, VM_RAM_HOSTSWAP));
    assert_string_equal(test_columns(*state, VIEW_MEM, "hswap", &text) + 6,
                        test_key(SCOPE_VM, VM_RAM_HOSTSWAP));
    /* What is not known is passed over. */
    assert_string_equal(test_columns(*state, VIEW_ALL, "nonsense,id,+why", &text), " name id");
    assert_string_equal(test_columns(*state, VIEW_NICS, "traffic,why", &text), " device traffic");
    buf_done(&text);
}

static void test_changes(void **state)
{
    struct buf usual = {0}, text = {0};
    char changes[200];

    test_columns(*state, VIEW_CPU, "", &usual);
    assert_string_equal(test_columns(*state, VIEW_CPU, "+why,-name, ", &text), buf_text(&usual));
    snprintf(changes, sizeof(changes), "-why,-nonsense,+%s", test_key(SCOPE_VM, VM_CPU_TOTAL_MAX));
    test_columns(*state, VIEW_CPU, changes, &text);
    assert_non_null(strstr(buf_text(&usual), " why"));
    assert_null(strstr(buf_text(&text), " why"));
    assert_string_equal(strrchr(buf_text(&text), ' ') + 1, test_key(SCOPE_VM, VM_CPU_TOTAL_MAX));
    /* The last word counts; a column that was taken out comes back at the end. */
    test_columns(*state, VIEW_CPU, "-why,+why", &text);
    assert_string_equal(strrchr(buf_text(&text), ' '), " why");
    assert_string_equal(test_columns(*state, VIEW_CPU, "+iops,-iops", &text), buf_text(&usual));
    buf_done(&usual);
    buf_done(&text);
}

static void test_fields_are_checked(void **state)
{
    char allowed[300], long_word[200], small[8] = "", *longest = xcalloc(1, 5001);

    assert_true(test_check(*state, VIEW_ALL, "", allowed));
    assert_true(test_check(*state, VIEW_ALL, "name,LAT,%rdy,swap", allowed));
    assert_true(test_check(*state, VIEW_DISK, "+iops, -id", allowed));
    assert_string_equal(allowed, "");
    assert_false(test_check(*state, VIEW_DISK, "name,lat,nonsense", allowed));
    assert_string_equal(allowed, "\"nonsense\" is no field of view disk: see --list-fields, or one "
                                 "of name, id, state, why, iops, mbs, lat, traffic, history, "
                                 "disk_name, nic, nic_name, iombs");
    assert_false(test_check(*state, VIEW_LVM, "+why", allowed));
    assert_string_equal(allowed, "\"+why\" is no field of view lvm: see --list-fields, or one of "
                                 "device, iops, mbs");
    assert_false(test_check(*state, VIEW_ALL, "id,+why", allowed));
    assert_string_equal(allowed,
                        "\"why\": either a list of fields, or changes that each begin with + or -");
    assert_false(test_check(*state, VIEW_ALL, "+id,why", allowed));
    assert_false(test_check(*state, VIEW_ALL, "-name", allowed));
    assert_string_equal(allowed, "\"name\" cannot be left out");
    assert_false(test_check(*state, VIEW_ALL, "+", allowed));

    memset(long_word, 'x', sizeof(long_word) - 1);
    long_word[sizeof(long_word) - 1] = '\0';
    assert_false(test_check(*state, VIEW_ALL, long_word, allowed));
    assert_memory_equal(allowed, "\"xxxx", 5);
    assert_false(settings_check_fields(*state, VIEW_ALL, long_word, small, sizeof(small)));
    assert_int_equal(strlen(small), sizeof(small) - 1);
    for (size_t i = 0; i < 5000; i += 3)
        memcpy(longest + i, "id,", min_size(3, 5000 - i));
    assert_false(test_check(*state, VIEW_ALL, longest, allowed));
    assert_string_equal(allowed, "at most 4095 characters");
    free(longest);
}

static void test_sort(void **state)
{
    const struct column_table *table = *state;
    static const struct {
        enum view view;
        const char *sort, *title;
        bool ascending, good;
    } orders[] = {
        {VIEW_ALL, "", "CORES", false, true},
        {VIEW_ALL, "name", "NAME", true, true},
        {VIEW_ALL, "NAME:desc", "NAME", false, true},
        {VIEW_ALL, "why", "WHY", false, true},
        {VIEW_ALL, "lat", "LAT", false, true},
        {VIEW_ALL, "Lat:ASC", "LAT", true, true},
        {VIEW_ALL, "swap:asc", "HSWAP", true, true},
        {VIEW_MEM, "%rdy:desc", "%RDY", false, true},
        {VIEW_DISKS, "await", "AWAIT", false, true},
        {VIEW_DISKS, "lat", "%UTIL", false, false},
        {VIEW_MEM, "nonsense", "GUEST", false, false},
        {VIEW_MEM, "name:up", "GUEST", false, false},
        {VIEW_MEM, "name:", "GUEST", false, false},
        {VIEW_MEM, "name:asc:asc", "GUEST", false, false},
        {VIEW_MEM, ":asc", "GUEST", false, false},
        {VIEW_ALL, "history", "CORES", false, false},
        {VIEW_ALL, "name,id", "CORES", false, false},
        {VIEW_ALL, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         "CORES", false, false},
    };
    char allowed[300];

    for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
        bool ascending = !orders[i].ascending;
        const struct column *column =
            settings_sort_column(table, orders[i].view, orders[i].sort, &ascending);

        assert_string_equal(column->title, orders[i].title);
        assert_int_equal(ascending, orders[i].ascending);
        allowed[0] = '\0';
        assert_int_equal(
            settings_check_sort(table, orders[i].view, orders[i].sort, allowed, sizeof(allowed)),
            orders[i].good);
        assert_int_equal(allowed[0] == '\0', orders[i].good);
    }
}

/* Off and on again, or on and off, leaves the same set of columns, whatever the fields;
 * in between it differs by the one column. */
static void test_toggling(void **state)
{
    static const char *const all_fields[] = {"",
                                             "+pid",
                                             "-why,-id",
                                             "name",
                                             "id,why,lat",
                                             "why",
                                             "+nonsense,-lat",
                                             "nonsense,id",
                                             "+pid,nonsense,why",
                                             "id,-why,+lat"};
    const struct column_table *table = *state;

    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        for (size_t f = 0; f < ARRAY_SIZE(all_fields); f++) {
            for (size_t c = 0; c < column_count(table, views[v].family); c++) {
                const struct column *column = column_at(table, views[v].family, c);
                const struct column *list[COLUMNS_MAX];
                char once[SETTINGS_FIELDS_SIZE], twice[SETTINGS_FIELDS_SIZE];
                bool before[COLUMNS_MAX] = {false}, middle[COLUMNS_MAX] = {false};
                bool after[COLUMNS_MAX] = {false};
                size_t count = settings_columns(table, v, all_fields[f], 80, list);

                for (size_t i = 0; i < count; i++)
                    before[list[i]->number] = true;
                settings_toggle_field(table, v, all_fields[f], column, once);
                count = settings_columns(table, v, once, 80, list);
                for (size_t i = 0; i < count; i++)
                    middle[list[i]->number] = true;
                settings_toggle_field(table, v, once, column, twice);
                count = settings_columns(table, v, twice, 80, list);
                for (size_t i = 0; i < count; i++)
                    after[list[i]->number] = true;
                assert_memory_equal(before, after, sizeof(before));
                before[column->number] ^= column->kind != COLUMN_NAME;
                assert_memory_equal(before, middle, sizeof(before));
            }
        }
    }
}

static void test_toggled_fields_are_short(void **state)
{
    const struct column_table *table = *state;
    const struct column *why = column_find(table, FAMILY_VM, "why");
    const struct column *id = column_find(table, FAMILY_VM, "id");
    const struct column *name = column_find(table, FAMILY_VM, "name");
    const struct column *iops = column_find(table, FAMILY_VM, "iops");
    char fields[SETTINGS_FIELDS_SIZE] = "";

    settings_toggle_field(table, VIEW_CPU, fields, why, fields);
    assert_string_equal(fields, "-why");
    settings_toggle_field(table, VIEW_CPU, fields, iops, fields);
    assert_string_equal(fields, "-why,+iops");
    settings_toggle_field(table, VIEW_CPU, fields, why, fields);
    assert_string_equal(fields, "+iops");
    settings_toggle_field(table, VIEW_CPU, fields, name, fields);
    assert_string_equal(fields, "+iops");
    settings_toggle_field(table, VIEW_CPU, fields, iops, fields);
    assert_string_equal(fields, "");

    settings_toggle_field(table, VIEW_CPU, "ID , why,Id", id, fields);
    assert_string_equal(fields, "why");
    settings_toggle_field(table, VIEW_CPU, fields, why, fields);
    assert_string_equal(fields, "name");
    settings_toggle_field(table, VIEW_CPU, fields, id, fields);
    assert_string_equal(fields, "name,id");
}

/* Switching on everything that there is, one by one, fits. */
static void test_all_fields_fit(void **state)
{
    const struct column_table *table = *state;
    const struct column *list[COLUMNS_MAX];
    char fields[SETTINGS_FIELDS_SIZE] = "", listed[SETTINGS_FIELDS_SIZE] = "name", full[300];

    for (size_t c = 0; c < column_count(table, FAMILY_VM); c++) {
        const struct column *column = column_at(table, FAMILY_VM, c);

        settings_toggle_field(table, VIEW_NET, fields, column, fields);
        settings_toggle_field(table, VIEW_NET, listed, column, listed);
    }
    assert_int_equal(settings_columns(table, VIEW_NET, listed, 80, list),
                     column_count(table, FAMILY_VM));
    assert_true(settings_check_fields(table, VIEW_NET, listed, full, sizeof(full)));
    assert_true(settings_check_fields(table, VIEW_NET, fields, full, sizeof(full)));
}

static void test_full_fields_stay(void **state)
{
    const struct column_table *table = *state;
    char fields[SETTINGS_FIELDS_SIZE], ret[SETTINGS_FIELDS_SIZE] = "untouched";

    /* 4095 characters that mean nothing: one more word does not fit. */
    memset(fields, 'x', sizeof(fields) - 1);
    fields[sizeof(fields) - 1] = '\0';
    settings_toggle_field(table, VIEW_ALL, fields, column_find(table, FAMILY_VM, "why"), ret);
    assert_string_equal(ret, fields);
    settings_toggle_field(table, VIEW_ALL, fields, column_find(table, FAMILY_VM, "why"), fields);
    assert_string_equal(ret, fields);

    /* ",-why" are five. */
    fields[0] = '+';
    fields[sizeof(fields) - 1 - 4] = '\0';
    settings_toggle_field(table, VIEW_ALL, fields, column_find(table, FAMILY_VM, "why"), ret);
    assert_string_equal(ret, fields);
    fields[sizeof(fields) - 1 - 5] = '\0';
    settings_toggle_field(table, VIEW_ALL, fields, column_find(table, FAMILY_VM, "why"), ret);
    assert_int_equal(strlen(ret), sizeof(ret) - 1);
    assert_string_equal(ret + sizeof(ret) - 1 - 5, ",-why");
}

/* What is checked as good means what it says; nothing goes wrong on what is not. */
static void test_parse(const char *text, size_t len)
{
    struct column_table *table = column_table_new();
    const struct column *list[COLUMNS_MAX];
    char *fields = xstrndup(text, len), ret[SETTINGS_FIELDS_SIZE], allowed[64];
    bool ascending;
    size_t count;

    for (unsigned v = 0; v < VIEW__COUNT; v += 3) {
        count = settings_columns(table, v, fields, 80, list);
        assert_in_range(count, 1, COLUMNS_MAX);
        assert_int_equal(list[0]->kind, COLUMN_NAME);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(list[i]->family, views[v].family);
        settings_check_fields(table, v, fields, allowed, sizeof(allowed));
        settings_check_sort(table, v, fields, allowed, sizeof(allowed));
        assert_non_null(settings_sort_column(table, v, fields, &ascending));
        if (strlen(fields) < SETTINGS_FIELDS_SIZE)
            settings_toggle_field(table, v, fields, list[count - 1], ret);
    }
    free(fields);
    column_table_free(table);
}

static void test_garbage(void **state)
{
    static const char text[] = "+name,-why, %RDY,lat:asc,,+MB/s ,nonsense:desc,-";

    (void)state;
    support_each_prefix(text, strlen(text), test_parse);
    support_each_garbage(text, strlen(text), 300, test_parse);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),
        TEST(test_lists),
        TEST(test_changes),
        TEST(test_fields_are_checked),
        TEST(test_sort),
        TEST(test_toggling),
        TEST(test_toggled_fields_are_short),
        TEST(test_all_fields_fit),
        TEST(test_full_fields_stay),
        TEST(test_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
