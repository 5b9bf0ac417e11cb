/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/filter, fold and id_set: what passes while a person types, order of texts, sets of ids. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "tui/fold.h"
#include "tui/rows.h"

static void test_substrings(void **state UNUSED)
{
    assert_true(filter_matches("", "web-01"));
    assert_true(filter_matches("", ""));
    assert_true(filter_matches("web", "web-01"));
    assert_true(filter_matches("b-0", "web-01"));
    assert_true(filter_matches("01", "web-01"));
    assert_true(filter_matches("web-01", "web-01"));
    assert_false(filter_matches("web-01x", "web-01"));
    assert_false(filter_matches("db", "web-01"));
    assert_false(filter_matches("w", ""));
    /* A start that leads nowhere is not the end of the search. */
    assert_true(filter_matches("aab", "aaab"));
    /* Nothing but the bar is special. */
    assert_false(filter_matches("w.b", "web"));
    assert_false(filter_matches("*", "web"));
    assert_true(filter_matches("[1]", "vm[1]"));
}

static void test_alternatives(void **state UNUSED)
{
    assert_true(filter_matches("db|web", "web-01"));
    assert_true(filter_matches("db|web", "db-01"));
    assert_false(filter_matches("db|web", "app-01"));
    assert_true(filter_matches("x|y|z", "fuzz"));
    /* The bar of a name cannot be asked for: it parts alternatives. */
    assert_true(filter_matches("a|b", "a|b"));
}

/* Each state between the first key and the last. */
static void test_while_typing(void **state UNUSED)
{
    assert_true(filter_matches("web|", "web-01"));
    assert_false(filter_matches("web|", "db-01"));
    assert_false(filter_matches("|web", "db-01"));
    assert_true(filter_matches("|web", "web-01"));
    assert_false(filter_matches("web||db", "app-01"));
    assert_true(filter_matches("web||db", "db-01"));
    /* Nothing was asked for yet. */
    assert_true(filter_matches("|", "db-01"));
    assert_true(filter_matches("||", ""));
}

/* Blanks are as much part of names as letters. */
static void test_blanks(void **state UNUSED)
{
    assert_true(filter_matches("my vm", "my vm 1"));
    assert_false(filter_matches("my vm ", "my vm"));
    assert_false(filter_matches(" ", "web"));
    assert_true(filter_matches(" ", "my vm"));
    assert_false(filter_matches("web| ", "db"));
}

static void test_case(void **state UNUSED)
{
    assert_true(filter_matches("WEB", "web-01"));
    assert_true(filter_matches("web", "WEB-01"));
    assert_true(filter_matches("gr\xc3\x9c\xc3\x9f", "Gr\xc3\xbc\xc3\x9f")); /* GRÜß, Grüß */
    assert_true(filter_matches("\xd0\x96", "vm-\xd0\xb6"));                  /* Ж, ж */
    assert_true(filter_matches("\xf0\x9f\x98\x80", "x\xf0\x9f\x98\x80"));
    /* Only letters have cases: these differ in the bit that letters do. */
    assert_false(filter_matches("@", "`"));
    assert_false(filter_matches("[", "{"));
}

static void test_no_utf8(void **state UNUSED)
{
    assert_true(filter_matches("\xff", "a\xff"));
    assert_false(filter_matches("\xff", "a\xfe"));
    assert_true(filter_matches("b", "\xc3"
                                    "b"));
    /* A byte is no part of a character. */
    assert_false(filter_matches("\xbc", "\xc3\xbc"));
    assert_false(filter_matches("\xc3", "\xc3\xbc"));
    assert_true(filter_matches("\xc3", "\xc3"));
}

/* Neither side may be left, whatever is in it: memory of the exact size. */
static void check_garbage(const char *text, size_t len)
{
    char *half = xstrndup(text, len), *filter = xstrndup(text + len / 2, len - len / 2);
    uint64_t seed = len + 1;

    assert_true(filter_matches(half, half) || strchr(half, '|'));
    assert_true(filter_matches("", half));
    (void)filter_matches(filter, half);
    (void)filter_matches(half, filter);
    assert_int_equal(fold_compare(half, half), 0);
    assert_int_equal(fold_compare(half, filter), -fold_compare(filter, half));
    for (size_t i = 0; half[i]; i++) {
        if (support_random_below(&seed, 3) == 0)
            half[i] = '|';
    }
    (void)filter_matches(half, filter);
    free(half);
    free(filter);
}

static void test_garbage(void **state UNUSED)
{
    static const char text[] = "web-01|Gr\xc3\xbc\xc3\x9f| \xf0\x9f\x98\x80|\xff|DB";

    support_each_prefix(text, sizeof(text) - 1, check_garbage);
    support_each_garbage(text, sizeof(text) - 1, 3000, check_garbage);
}

static void test_order(void **state UNUSED)
{
    /* Each before the next one. */
    static const char *const sorted[] = {"",   "-", "1", "10",       "2",        "a",
                                         "A-", "B", "c", "\xc3\xa4", "\xd0\x96", "\xff"};

    for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(sorted); k++) {
            int order = fold_compare(sorted[i], sorted[k]);

            assert_int_equal(order, i < k ? -1 : i > k ? 1 : 0);
        }
    }
    assert_int_equal(fold_compare("WEB", "web"), 0);
}

static void test_id_set(void **state UNUSED)
{
    struct id_set set = {0};
    bool model[64] = {false};
    uint64_t seed = 7;

    assert_false(id_set_has(&set, 0));
    for (unsigned i = 0; i < 20000; i++) {
        size_t n = support_random_below(&seed, ARRAY_SIZE(model));
        /* Ids of all sizes, the least and the greatest. */
        uint64_t id = n == 63 ? UINT64_MAX : n * UINT64_C(0x0400000000000001);

        switch (support_random_below(&seed, 200)) {
        case 0:
            id_set_clear(&set);
            memset(model, 0, sizeof(model));
            break;
        case 1 ... 99:
            id_set_add(&set, id);
            model[n] = true;
            break;
        default:
            id_set_toggle(&set, id);
            model[n] = !model[n];
        }
        for (size_t k = 0, count = 0; k < ARRAY_SIZE(model); k++) {
            uint64_t other = k == 63 ? UINT64_MAX : k * UINT64_C(0x0400000000000001);

            count += model[k];
            assert_int_equal(id_set_has(&set, other), model[k]);
            if (k == 63)
                assert_int_equal(set.count, count);
        }
    }
    id_set_done(&set);
    assert_false(id_set_has(&set, 0));
    id_set_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_substrings),   cmocka_unit_test(test_alternatives),
        cmocka_unit_test(test_while_typing), cmocka_unit_test(test_blanks),
        cmocka_unit_test(test_case),         cmocka_unit_test(test_no_utf8),
        cmocka_unit_test(test_garbage),      cmocka_unit_test(test_order),
        cmocka_unit_test(test_id_set),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 99;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
