/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/keys: every key that people were told of does what they were told (keys.tsv), and no other
 * does anything. */
#include "tui/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static const char *const words[] = {
    [DO_NOTHING] = "nothing",
    [DO_QUIT] = "quit",
    [DO_CLOSE] = "close",
    [DO_HELP] = "help",
    [DO_FIELDS] = "fields",
    [DO_UNITS] = "units",
    [DO_VIEW_ALL] = "view-all",
    [DO_VIEW_CPU] = "view-cpu",
    [DO_VIEW_MEM] = "view-mem",
    [DO_VIEW_DISK] = "view-disk",
    [DO_VIEW_NET] = "view-net",
    [DO_VIEW_IO] = "view-io",
    [DO_VIEW_NICS] = "view-nics",
    [DO_VIEW_DISKS] = "view-disks",
    [DO_VIEW_LVM] = "view-lvm",
    [DO_VIEW_MULTIPATH] = "view-multipath",
    [DO_VIEW_NEXT] = "view-next",
    [DO_VIEW_PREVIOUS] = "view-previous",
    [DO_SORT_LEFT] = "sort-left",
    [DO_SORT_RIGHT] = "sort-right",
    [DO_SORT_MENU] = "sort-menu",
    [DO_SORT_WHY] = "sort-why",
    [DO_SORT_REVERSE] = "sort-reverse",
    [DO_SLOWER] = "slower",
    [DO_FASTER] = "faster",
    [DO_FILTER] = "filter",
    [DO_DETAILS] = "details",
    [DO_EXPAND] = "expand",
    [DO_EXPAND_ALL] = "expand-all",
    [DO_UP] = "up",
    [DO_DOWN] = "down",
    [DO_PAGE_UP] = "page-up",
    [DO_PAGE_DOWN] = "page-down",
    [DO_FIRST] = "first",
    [DO_LAST] = "last",
    [DO_SCROLL_LEFT] = "scroll-left",
    [DO_SCROLL_RIGHT] = "scroll-right",
    [DO_SAMPLE] = "sample",
    [DO_PAUSE] = "pause",
    [DO_REDRAW] = "redraw",
    [DO_WRITE] = "write",
    [DO_TOGGLE] = "toggle",
    [DO_ACCEPT] = "accept",
    [DO_ERASE] = "erase",
};

static const char *const modes[MODE__COUNT] = {
    [MODE_TABLE] = "table",   [MODE_DETAILS] = "details", [MODE_HELP] = "help",
    [MODE_FIELDS] = "fields", [MODE_SORT] = "sort",       [MODE_FILTER] = "filter",
};

static const struct {
    const char *name;
    int key;
} names[] = {
    {"Space", ' '},
    {"Enter", KEY_CODE_ENTER},
    {"Tab", KEY_CODE_TAB},
    {"Shift-Tab", KEY_CODE_SHIFT_TAB},
    {"Esc", KEY_CODE_ESCAPE},
    {"Backspace", KEY_CODE_BACKSPACE},
    {"Delete", KEY_CODE_DELETE},
    {"Up", KEY_CODE_UP},
    {"Down", KEY_CODE_DOWN},
    {"Left", KEY_CODE_LEFT},
    {"Right", KEY_CODE_RIGHT},
    {"PgUp", KEY_CODE_PAGE_UP},
    {"PgDn", KEY_CODE_PAGE_DOWN},
    {"Home", KEY_CODE_HOME},
    {"End", KEY_CODE_END},
    {"F1", KEY_CODE_F1},
    {"F2", KEY_CODE_F2},
    {"F3", KEY_CODE_F3},
    {"F4", KEY_CODE_F4},
    {"F6", KEY_CODE_F6},
    {"F10", KEY_CODE_F10},
    {"Ctrl-C", KEY_CODE_CTRL_C},
    {"Ctrl-L", KEY_CODE_CTRL_L},
    {"mouse", 0},
};

/* What was told, by mode and key. */
#define KEYS_LIMIT (KEY_CODE_F10 + 16)
static const char *told[MODE__COUNT][KEYS_LIMIT];
static char *contract;

static int key_by_name(const char *name)
{
    if (strlen(name) == 1)
        return (unsigned char)*name;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(names[i].name, name) == 0)
            return names[i].key;
    }
    fail_msg("no key is called '%s'", name);
    return -1;
}

static size_t index_of(const char *const *list, size_t count, const char *word)
{
    size_t i = 0;

    while (i < count && strcmp(list[i], word) != 0)
        i++;
    if (i == count)
        fail_msg("'%s' is not known", word);
    return i;
}

static void read_line(char *line)
{
    char *rest = line, *key = strsep(&rest, "\t"), *effect = strsep(&rest, "\t");
    char *action = strsep(&rest, "\t"), *where = rest, *mode;
    int code;

    if (!where || !*effect)
        fail_msg("'%s' has not four parts", line);
    code = key_by_name(key);
    index_of(words, ARRAY_SIZE(words), action);
    while ((mode = strsep(&where, " "))) {
        size_t m = index_of(modes, ARRAY_SIZE(modes), mode);

        if (told[m][code])
            fail_msg("'%s' is told twice in %s", key, mode);
        told[m][code] = action;
    }
}

static int set_up(void **state UNUSED)
{
    FILE *file = fopen(TEST_DIRECTORY "/keys.tsv", "re");
    char *rest, *line;
    size_t n;

    assert_non_null(file);
    contract = calloc(1, 65536);
    assert_non_null(contract);
    n = fread(contract, 1, 65535, file);
    assert_in_range(n, 1000, 65534);
    fclose(file);
    rest = contract;
    while ((line = strsep(&rest, "\n"))) {
        if (*line && *line != '#')
            read_line(line);
    }
    return 0;
}

static int tear_down(void **state UNUSED)
{
    free(contract);
    return 0;
}

/* Letters of the other case count as told, unless they have been told of by themselves. */
static const char *told_of(size_t mode, int key)
{
    int other = key < 128 && ((key | 0x20) >= 'a' && (key | 0x20) <= 'z') ? key ^ 0x20 : key;

    return told[mode][key] ? told[mode][key] : told[mode][other] ? told[mode][other] : "nothing";
}

static void test_each_key_does_what_was_told_and_no_other_does_anything(void **state UNUSED)
{
    for (size_t mode = 0; mode < MODE__COUNT; mode++) {
        for (int key = 0; key < KEYS_LIMIT; key++) {
            const char *word = words[keys_find((enum mode)mode, key)];

            if (strcmp(word, told_of(mode, key)) != 0)
                fail_msg("key 0x%x in %s: %s instead of %s", (unsigned)key, modes[mode], word,
                         told_of(mode, key));
        }
        assert_int_equal(keys_find((enum mode)mode, -1), DO_NOTHING);
        assert_int_equal(keys_find((enum mode)mode, INT32_MAX), DO_NOTHING);
    }
}

static void test_every_row_was_told(void **state UNUSED)
{
    for (size_t i = 0; i < key_rows_count; i++) {
        const struct key_row *row = &key_rows[i];

        assert_int_not_equal(row->modes, 0);
        assert_int_equal(row->modes >> MODE__COUNT, 0);
        for (size_t mode = 0; mode < MODE__COUNT; mode++) {
            for (size_t k = 0; k < ARRAY_SIZE(row->keys); k++) {
                const char *word;

                if (!(row->modes & 1u << mode) || (k && !row->keys[k]))
                    continue;
                word = told[mode][row->keys[k]];
                if (!word || strcmp(word, words[row->action]) != 0)
                    fail_msg("row '%s' was not told of in %s", row->names, modes[mode]);
            }
        }
    }
}

static void test_no_two_rows_of_a_mode_claim_the_same_key(void **state UNUSED)
{
    static const struct key_row *claimed[MODE__COUNT][KEYS_LIMIT];

    for (size_t i = 0; i < key_rows_count; i++) {
        const struct key_row *row = &key_rows[i];

        for (size_t mode = 0; mode < MODE__COUNT; mode++) {
            for (size_t k = 0; k < ARRAY_SIZE(row->keys) && row->keys[k]; k++) {
                if (!(row->modes & 1u << mode))
                    continue;
                if (claimed[mode][row->keys[k]])
                    fail_msg("'%s' and '%s' claim one key in %s", row->names,
                             claimed[mode][row->keys[k]]->names, modes[mode]);
                claimed[mode][row->keys[k]] = row;
            }
        }
    }
}

static void test_both_cases_do_the_same_but_for_two_letters(void **state UNUSED)
{
    for (int mode = 0; mode < MODE__COUNT; mode++) {
        for (int key = 'a'; key <= 'z'; key++) {
            bool apart = mode == MODE_TABLE && (key == 'e' || key == 'w');
            bool same =
                keys_find((enum mode)mode, key) == keys_find((enum mode)mode, key - 'a' + 'A');

            if (same == apart)
                fail_msg("'%c' in %s", key, modes[mode]);
        }
    }
}

/* Help shows these names: they must be those of the keys, all of them, in order. */
static void test_rows_name_their_keys(void **state UNUSED)
{
    for (size_t i = 0; i < key_rows_count; i++) {
        const struct key_row *row = &key_rows[i];
        char text[64], *rest = text, *name;
        size_t k = 0;

        assert_in_range(strlen(row->names), 1, sizeof(text) - 1);
        memcpy(text, row->names, strlen(row->names) + 1);
        while ((name = strsep(&rest, " "))) {
            assert_true(k < ARRAY_SIZE(row->keys));
            assert_int_equal(row->keys[k++], key_by_name(name));
        }
        assert_true(k == ARRAY_SIZE(row->keys) || !row->keys[k]);
    }
}

static void test_help_texts(void **state UNUSED)
{
    bool helped[ARRAY_SIZE(words)] = {false};

    for (size_t i = 0; i < key_rows_count; i++) {
        if (!key_rows[i].help)
            continue;
        assert_in_range(strlen(key_rows[i].help), 5, 60);
        helped[key_rows[i].action] = true;
    }
    /* What has no text of its own is told where it is opened. */
    for (size_t i = 1; i < ARRAY_SIZE(words); i++)
        assert_true(helped[i] || i == DO_TOGGLE || i == DO_ACCEPT || i == DO_ERASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_key_does_what_was_told_and_no_other_does_anything),
        cmocka_unit_test(test_every_row_was_told),
        cmocka_unit_test(test_no_two_rows_of_a_mode_claim_the_same_key),
        cmocka_unit_test(test_both_cases_do_the_same_but_for_two_letters),
        cmocka_unit_test(test_rows_name_their_keys),
        cmocka_unit_test(test_help_texts),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
