/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/matrix: contexts as texts, what is counted, what ages and what goes, folding, back-off.
 */
#include "profile/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static struct matrix *made(unsigned states, unsigned history, unsigned row_cap, unsigned rows_max)
{
    return matrix_new(&(struct matrix_settings){states, history, row_cap, rows_max});
}

static struct context context_of(const char *text)
{
    struct context context;

    assert_true(context_parse(text, 64, 4, &context));
    return context;
}

/* Learns a sequence of states from an empty context. */
static void feed(struct matrix *matrix, unsigned history, const unsigned *states, size_t count)
{
    struct context context = {.length = 0};

    for (size_t i = 0; i < count; i++) {
        matrix_learn(matrix, &context, states[i]);
        context_push(&context, history, states[i]);
    }
}

static void assert_row(const struct matrix *matrix, const char *key, unsigned states,
                       const uint16_t *counts)
{
    struct context context = context_of(key);
    struct matrix_row row;
    uint32_t total = 0;

    assert_true(matrix_find(matrix, &context, &row));
    for (unsigned i = 0; i < states; i++) {
        assert_int_equal(row.counts[i], counts[i]);
        total += counts[i];
    }
    assert_int_equal(row.total, total);
    assert_memory_equal(&row.context, &context, sizeof(context));
}
#define ASSERT_ROW(matrix, key, ...)                                                               \
    assert_row(matrix, key, ARRAY_SIZE(((uint16_t[]){__VA_ARGS__})), (uint16_t[]){__VA_ARGS__})

static void test_context(void **state UNUSED)
{
    struct context context = {.length = 0}, tail;
    char text[MATRIX_KEY_SIZE];

    for (unsigned i = 0; i < 6; i++)
        context_push(&context, 3, 10 * i);
    assert_int_equal(context_format(&context, text), 8);
    assert_string_equal(text, "30-40-50");
    tail = context_tail(&context, 2);
    context_format(&tail, text);
    assert_string_equal(text, "40-50");
    tail = context_tail(&context, 9);
    assert_int_equal(tail.length, 3);
    tail = context_tail(&context, 0);
    assert_int_equal(context_format(&tail, text), 0);
    assert_string_equal(text, "");
    context = context_of("63-63-63-63");
    assert_int_equal(context_format(&context, text), 11);
}

static void test_context_texts(void **state UNUSED)
{
    static const char *const bad[] = {"",     "-",
                                      "0-",   "-0",
                                      "0--1", "00",
                                      "01",   "4",
                                      "0-4",  " 0",
                                      "0 ",   "0-a",
                                      "+1",   "0-1-2-3-0",
                                      "0,1",  "1.",
                                      "99",   "1e1",
                                      "0x1",  "\n",
                                      "0\n",  "18446744073709551617"};
    struct context context = {.length = 3}, before = context;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(context_parse(bad[i], 4, 4, &context));
        assert_memory_equal(&context, &before, sizeof(context));
    }
    assert_false(context_parse("0-1-2", 4, 2, &context));
    assert_false(context_parse("64", 100, 4, &context));
    assert_true(context_parse("3-0-3", 4, 3, &context));
    assert_int_equal(context.length, 3);
    assert_int_equal(context.states[0], 3);
    assert_int_equal(context.states[1], 0);
}

/* Any text that is taken is the one that its context is written as. */
static void parse_any(const char *text, size_t len)
{
    char copy[64], again[MATRIX_KEY_SIZE];
    struct context context;

    if (len >= sizeof(copy))
        return;
    if (len)
        memcpy(copy, text, len);
    copy[len] = '\0';
    if (!context_parse(copy, 64, 4, &context))
        return;
    assert_in_range(context.length, 1, 4);
    context_format(&context, again);
    assert_string_equal(copy, again);
}

static void test_context_garbage(void **state UNUSED)
{
    support_each_prefix("63-0-10-9", 9, parse_any);
    support_each_garbage("63-0-10-9", 9, 20000, parse_any);
}

/* Counts by hand, of order 2, with and without a made-up start. */
static void test_learns(void **state UNUSED)
{
    static const unsigned steps[] = {0, 2, 3, 2, 3, 0};
    struct matrix *matrix = made(4, 2, 65535, 4096);
    struct context start = {.length = 2};

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        matrix_learn(matrix, &start, steps[i]);
        context_push(&start, 2, steps[i]);
    }
    assert_int_equal(matrix_rows(matrix), 7);
    ASSERT_ROW(matrix, "0", 1, 0, 1, 0);
    ASSERT_ROW(matrix, "0-0", 1, 0, 1, 0);
    ASSERT_ROW(matrix, "2", 0, 0, 0, 2);
    ASSERT_ROW(matrix, "0-2", 0, 0, 0, 1);
    ASSERT_ROW(matrix, "3", 1, 0, 1, 0);
    ASSERT_ROW(matrix, "2-3", 1, 0, 1, 0);
    ASSERT_ROW(matrix, "3-2", 0, 0, 0, 1);
    assert_int_equal(matrix_total(matrix, 1), 6);
    assert_int_equal(matrix_total(matrix, 2), 6);
    assert_int_equal(matrix_total(matrix, 3), 0);

    matrix_free(matrix);
    matrix = made(4, 2, 65535, 4096);
    assert_int_equal(matrix_rows(matrix), 0);
    feed(matrix, 2, steps, ARRAY_SIZE(steps));
    ASSERT_ROW(matrix, "0", 0, 0, 1, 0);
    ASSERT_ROW(matrix, "2-3", 1, 0, 1, 0);
    assert_int_equal(matrix_total(matrix, 1), 5);
    assert_int_equal(matrix_total(matrix, 2), 4);
    matrix_free(matrix);
}

static void test_takes_no_nonsense(void **state UNUSED)
{
    struct matrix *matrix = made(4, 2, 100, 10);
    struct context none = {.length = 0}, far = context_of("7"), good = context_of("1");
    struct matrix_row row;

    matrix_learn(matrix, &none, 1);
    matrix_learn(matrix, &far, 1);
    matrix_learn(matrix, &good, 4);
    assert_int_equal(matrix_rows(matrix), 0);
    assert_false(matrix_find(matrix, &none, &row));
    assert_false(matrix_find(matrix, &far, &row));
    assert_false(matrix_back_off(matrix, &none, &row));
    matrix_free(matrix);
    matrix_free(NULL);
}

struct visited {
    size_t count;
    char last[MATRIX_KEY_SIZE];
};

static void visit_ordered(void *argument, const struct matrix_row *row)
{
    struct visited *visited = argument;
    char key[MATRIX_KEY_SIZE];

    context_format(&row->context, key);
    if (visited->count++)
        assert_true(strcmp(visited->last, key) < 0);
    memcpy(visited->last, key, sizeof(key));
}

static void test_order_is_that_of_strings(void **state UNUSED)
{
    struct matrix *matrix = made(64, 4, 65535, 100000);
    struct visited visited = {0};
    uint64_t seed = 3;
    struct context context = {.length = 0};

    for (unsigned i = 0; i < 4000; i++) {
        unsigned next = (unsigned)support_random_below(&seed, 64);

        matrix_learn(matrix, &context, next);
        context_push(&context, 4, next);
    }
    matrix_each(matrix, visit_ordered, &visited);
    assert_int_equal(visited.count, matrix_rows(matrix));
    assert_true(visited.count > 8000);
    matrix_free(matrix);
}

static void test_row_ages(void **state UNUSED)
{
    struct matrix *matrix = made(4, 1, 8, 100);
    struct context context = context_of("2");

    for (unsigned i = 0; i < 7; i++)
        matrix_learn(matrix, &context, i < 5 ? 0 : 1);
    ASSERT_ROW(matrix, "2", 5, 2, 0, 0);
    matrix_learn(matrix, &context, 3); /* 8: 5 2 0 1 become 2 1 0 0 */
    ASSERT_ROW(matrix, "2", 2, 1, 0, 0);
    matrix_free(matrix);

    /* All counts of one: nothing is left of the row. */
    matrix = made(4, 1, 4, 100);
    for (unsigned i = 0; i < 4; i++)
        matrix_learn(matrix, &context, i);
    assert_int_equal(matrix_rows(matrix), 0);
    matrix_free(matrix);
}

static void test_row_cap_at_its_limits(void **state UNUSED)
{
    struct matrix *matrix = made(2, 1, 65535, 100);
    struct context context = context_of("1");
    static const uint16_t full[] = {65535, 0};

    for (unsigned i = 0; i < 65534; i++)
        matrix_learn(matrix, &context, 0);
    ASSERT_ROW(matrix, "1", 65534, 0);
    matrix_learn(matrix, &context, 0);
    ASSERT_ROW(matrix, "1", 32767, 0);
    /* A row that is full already ages before it counts. */
    matrix_free(matrix);
    matrix = made(2, 1, 65535, 100);
    assert_true(matrix_put(matrix, &context, full));
    matrix_learn(matrix, &context, 1);
    ASSERT_ROW(matrix, "1", 32767, 1);
    matrix_free(matrix);

    matrix = made(2, 1, 2, 100);
    matrix_learn(matrix, &context, 0);
    matrix_learn(matrix, &context, 0);
    ASSERT_ROW(matrix, "1", 1, 0);
    matrix_learn(matrix, &context, 1);
    assert_int_equal(matrix_rows(matrix), 0);
    matrix_free(matrix);
}

static void test_rows_max(void **state UNUSED)
{
    struct matrix *matrix = made(16, 1, 100, 3);
    struct context c10 = context_of("10"), c2 = context_of("2"), c3 = context_of("3"),
                   c5 = context_of("5");
    struct matrix_row row;

    matrix_learn(matrix, &c2, 0);
    matrix_learn(matrix, &c2, 0);
    matrix_learn(matrix, &c3, 0);
    matrix_learn(matrix, &c10, 0);
    /* Of 10 and 3 with a step each, "10" is the first by key. */
    matrix_learn(matrix, &c5, 0);
    assert_int_equal(matrix_rows(matrix), 3);
    assert_false(matrix_find(matrix, &c10, &row));
    ASSERT_ROW(matrix, "2", 2, 0, 0);
    ASSERT_ROW(matrix, "3", 1, 0, 0);
    ASSERT_ROW(matrix, "5", 1, 0, 0);
    /* The new row never is the one that goes, or a full matrix would learn nothing new. */
    matrix_learn(matrix, &c10, 0);
    assert_false(matrix_find(matrix, &c3, &row));
    ASSERT_ROW(matrix, "10", 1, 0, 0);
    matrix_learn(matrix, &c10, 1);
    matrix_learn(matrix, &c3, 1);
    assert_int_equal(matrix_rows(matrix), 3);
    assert_false(matrix_find(matrix, &c5, &row));
    ASSERT_ROW(matrix, "10", 1, 1, 0);
    ASSERT_ROW(matrix, "2", 2, 0, 0);
    ASSERT_ROW(matrix, "3", 0, 1, 0);
    matrix_free(matrix);
}

static void test_rows_max_holds(void **state UNUSED)
{
    static const unsigned limits[] = {1, 2, 3, 17, 100};
    uint64_t seed = 5;

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        struct matrix *matrix = made(9, 4, 20, limits[i]);
        struct context context = {.length = 0};
        struct visited visited = {0};

        for (unsigned k = 0; k < 3000; k++) {
            unsigned next = (unsigned)support_random_below(&seed, 9);

            matrix_learn(matrix, &context, next);
            context_push(&context, 4, next);
            assert_true(matrix_rows(matrix) <= limits[i]);
        }
        matrix_each(matrix, visit_ordered, &visited);
        matrix_fold(matrix);
        assert_true(matrix_rows(matrix) <= limits[i]);
        matrix_free(matrix);
    }
}

static void test_put_rejects(void **state UNUSED)
{
    struct matrix *matrix = made(4, 2, 100, 2);
    struct context none = {.length = 0}, one = context_of("1"), two = context_of("2-3"),
                   three = context_of("3"), far = context_of("4"), deep = context_of("1-1-1");
    static const uint16_t good[] = {1, 0, 99, 0}, zero[4] = {0}, large[] = {1, 1, 99, 0},
                          huge[] = {65535, 65535, 65535, 65535};

    assert_false(matrix_put(matrix, &none, good));
    assert_false(matrix_put(matrix, &far, good));
    assert_false(matrix_put(matrix, &deep, good));
    assert_false(matrix_put(matrix, &one, zero));
    assert_false(matrix_put(matrix, &one, large));
    assert_false(matrix_put(matrix, &one, huge));
    assert_int_equal(matrix_rows(matrix), 0);
    assert_true(matrix_put(matrix, &two, good));
    assert_false(matrix_put(matrix, &two, good));
    assert_true(matrix_put(matrix, &one, good));
    assert_false(matrix_put(matrix, &three, good));
    assert_int_equal(matrix_rows(matrix), 2);
    ASSERT_ROW(matrix, "1", 1, 0, 99, 0);
    ASSERT_ROW(matrix, "2-3", 1, 0, 99, 0);
    matrix_free(matrix);
}

/* A range that doubles: values 3, 1 of 0..4, then 6 of 0..8. */
static void test_fold_by_hand(void **state UNUSED)
{
    struct matrix *matrix = made(4, 1, 65535, 100);
    struct context context = context_of("3");

    matrix_learn(matrix, &context, 1);
    ASSERT_ROW(matrix, "3", 0, 1, 0, 0);
    matrix_fold(matrix);
    ASSERT_ROW(matrix, "1", 1, 0, 0, 0);
    context = context_of("0");
    matrix_learn(matrix, &context, 3);
    ASSERT_ROW(matrix, "0", 0, 0, 0, 1);
    assert_int_equal(matrix_rows(matrix), 2);
    matrix_fold(matrix);
    ASSERT_ROW(matrix, "0", 1, 1, 0, 0);
    assert_int_equal(matrix_rows(matrix), 1);
    matrix_free(matrix);
    matrix = made(4, 1, 65535, 100);
    matrix_fold(matrix);
    assert_int_equal(matrix_rows(matrix), 0);
    matrix_free(matrix);
}

/* Folding what was learned is learning what was folded. */
static void test_fold_is_exact(void **state UNUSED)
{
    uint64_t seed = 7;

    for (unsigned round = 0; round < 60; round++) {
        unsigned states = 2 + (unsigned)support_random_below(&seed, 63);
        unsigned history = 1 + (unsigned)support_random_below(&seed, 4);
        struct matrix *matrix = made(states, history, 65535, 1000000);
        struct matrix *folded = made(states, history, 65535, 1000000);
        struct context context = {.length = 0}, half = {.length = 0};
        uint64_t totals[MATRIX_HISTORY_MAX + 1];

        for (unsigned k = 0; k < 1500; k++) {
            unsigned next = (unsigned)support_random_below(&seed, states);

            matrix_learn(matrix, &context, next);
            matrix_learn(folded, &half, next / 2);
            context_push(&context, history, next);
            context_push(&half, history, next / 2);
        }
        for (unsigned k = 1; k <= history; k++)
            totals[k] = matrix_total(matrix, k);
        matrix_fold(matrix);
        for (unsigned k = 1; k <= history; k++)
            assert_int_equal(matrix_total(matrix, k), totals[k]);
        assert_int_equal(matrix_rows(matrix), matrix_rows(folded));
        assert_int_equal(matrix_total(matrix, 1), 1499);
        for (unsigned k = 0; k < 50; k++) {
            struct matrix_row a, b;

            context_push(&half, history, (unsigned)support_random_below(&seed, states) / 2);
            assert_int_equal(matrix_find(matrix, &half, &a), matrix_find(folded, &half, &b));
            if (matrix_find(matrix, &half, &a))
                assert_memory_equal(a.counts, b.counts, states * sizeof(*a.counts));
        }
        matrix_free(matrix);
        matrix_free(folded);
    }
}

static void test_fold_ages(void **state UNUSED)
{
    struct matrix *matrix = made(4, 1, 10, 100);
    struct context c0 = context_of("0"), c1 = context_of("1");
    static const uint16_t a[] = {4, 1, 2, 0}, b[] = {3, 0, 1, 1};

    assert_true(matrix_put(matrix, &c0, a));
    assert_true(matrix_put(matrix, &c1, b));
    matrix_fold(matrix); /* 8 and 4: 12, halved */
    assert_int_equal(matrix_rows(matrix), 1);
    ASSERT_ROW(matrix, "0", 4, 2, 0, 0);
    matrix_free(matrix);
}

/* Sixteen full rows that become one: as much as can meet. */
static void test_fold_of_full_rows(void **state UNUSED)
{
    struct matrix *matrix = made(2, 4, 65535, 100);
    static const uint16_t counts[] = {65534, 1};
    struct matrix_row row;
    struct context context;

    for (unsigned i = 0; i < 16; i++) {
        context = (struct context){.length = 4};
        for (unsigned j = 0; j < 4; j++)
            context.states[j] = (uint8_t)(i >> j & 1);
        assert_true(matrix_put(matrix, &context, counts));
    }
    matrix_fold(matrix);
    assert_int_equal(matrix_rows(matrix), 1);
    context = context_of("0-0-0-0");
    assert_true(matrix_find(matrix, &context, &row));
    /* 16 * 65535 halved five times */
    assert_int_equal(row.counts[0], 32767);
    assert_int_equal(row.total, 32767);
    matrix_free(matrix);
}

static void put(struct matrix *matrix, const char *key, uint16_t a, uint16_t b)
{
    struct context context = context_of(key);
    uint16_t counts[] = {a, b};

    assert_true(matrix_put(matrix, &context, counts));
}

static void test_back_off(void **state UNUSED)
{
    struct matrix *matrix = made(2, 3, 100, 100);
    struct context context = context_of("1-0-1");
    struct matrix_row row;
    double p[2];

    matrix_smoothed(matrix, &context, p);
    assert_near(p[0], 0.5);
    put(matrix, "1", 1, 0); /* of one state, anything will do */
    assert_true(matrix_back_off(matrix, &context, &row));
    assert_int_equal(row.context.length, 1);
    matrix_smoothed(matrix, &context, p);
    assert_near(p[0], 0.75);
    assert_near(p[1], 0.25);
    put(matrix, "1-0-1", 2, 2); /* too few */
    assert_true(matrix_back_off(matrix, &context, &row));
    assert_int_equal(row.context.length, 1);
    put(matrix, "0-1", 2, 3);
    assert_true(matrix_back_off(matrix, &context, &row));
    assert_int_equal(row.context.length, 2);
    matrix_learn(matrix, &context, 0);
    assert_true(matrix_back_off(matrix, &context, &row));
    assert_int_equal(row.context.length, 3);
    matrix_free(matrix);
    matrix = made(2, 3, 100, 100);
    put(matrix, "1-0-1", 2, 2);
    assert_false(matrix_back_off(matrix, &context, &row));
    matrix_free(matrix);
}

static void test_dense_and_shares(void **state UNUSED)
{
    static const unsigned steps[] = {0, 1, 2, 3, 3, 0, 1, 3, 3, 0};
    static const double smoothed[] = {.125,    .625,    .125,    .125,    .125,    .125,
                                      .375,    .375,    1 / 6.0, 1 / 6.0, 1 / 6.0, .5,
                                      5 / 12., 1 / 12., 1 / 12., 5 / 12.};
    static const double raw[] = {0, 1, 0, 0, 0, 0, .5, .5, 0, 0, 0, 1, .5, 0, 0, .5};
    struct matrix *matrix = made(4, 1, 65535, 100);
    double p[16], pi[4];

    matrix_dense(matrix, 0, p);
    matrix_shares(matrix, pi);
    assert_true(p[5] == 0 && pi[2] == 0);
    matrix_dense(matrix, 0.5, p);
    assert_near(p[5], 0.25);
    feed(matrix, 1, steps, ARRAY_SIZE(steps));
    matrix_dense(matrix, 0.5, p);
    for (unsigned i = 0; i < 16; i++)
        assert_near(p[i], smoothed[i]);
    matrix_dense(matrix, 0, p);
    for (unsigned i = 0; i < 16; i++)
        assert_near(p[i], raw[i]);
    matrix_shares(matrix, pi);
    assert_near(pi[0], 2 / 9.0);
    assert_near(pi[1], 2 / 9.0);
    assert_near(pi[2], 1 / 9.0);
    assert_near(pi[3], 4 / 9.0);
    matrix_free(matrix);
}

static double sum_of(const double *values, unsigned count)
{
    double sum = 0;

    for (unsigned i = 0; i < count; i++) {
        assert_true(values[i] >= 0);
        sum += values[i];
    }
    return sum;
}

static void test_rows_add_up(void **state UNUSED)
{
    static double dense[SCALE_STATES_MAX * SCALE_STATES_MAX];
    uint64_t seed = 13;

    for (unsigned round = 0; round < 200; round++) {
        unsigned states = 2 + (unsigned)support_random_below(&seed, 63);
        unsigned history = 1 + (unsigned)support_random_below(&seed, 3);
        struct matrix *matrix =
            made(states, history, 2 + (unsigned)support_random_below(&seed, 500), 300);
        struct context context = {.length = 0};
        double p[SCALE_STATES_MAX];

        for (unsigned k = 0; k < 1000; k++) {
            unsigned next =
                (unsigned)support_random_below(&seed, 1 + support_random_below(&seed, states));

            matrix_learn(matrix, &context, next);
            context_push(&context, history, next);
        }
        matrix_smoothed(matrix, &context, p);
        assert_true(fabs(sum_of(p, states) - 1) < 1e-12);
        matrix_shares(matrix, p);
        assert_true(fabs(sum_of(p, states) - (matrix_total(matrix, 1) > 0)) < 1e-12);
        matrix_dense(matrix, 0.5, dense);
        for (unsigned i = 0; i < states; i++)
            assert_true(fabs(sum_of(dense + i * states, states) - 1) < 1e-12);
        matrix_dense(matrix, 0, dense);
        for (unsigned i = 0; i < states; i++) {
            struct matrix_row row;

            context = (struct context){.states = {(uint8_t)i}, .length = 1};
            assert_true(fabs(sum_of(dense + i * states, states) -
                             matrix_find(matrix, &context, &row)) < 1e-12);
        }
        matrix_free(matrix);
    }
}

/* There are nine thousand of them on a host of a thousand VMs. */
static void test_is_small(void **state UNUSED)
{
    static const unsigned steps[] = {0, 1, 2, 3, 3, 0, 1, 3, 3, 0};
    struct matrix *matrix = made(4, 1, 65535, 4096);
    size_t bytes;

    assert_true(matrix_bytes(matrix) <= 40);
    feed(matrix, 1, steps, ARRAY_SIZE(steps));
    bytes = matrix_bytes(matrix);
    assert_true(bytes <= 200);
    for (unsigned i = 0; i < 1000; i++)
        feed(matrix, 1, steps, ARRAY_SIZE(steps));
    assert_int_equal(matrix_bytes(matrix), bytes);
    matrix_free(matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_context),           cmocka_unit_test(test_context_texts),
        cmocka_unit_test(test_context_garbage),   cmocka_unit_test(test_learns),
        cmocka_unit_test(test_takes_no_nonsense), cmocka_unit_test(test_order_is_that_of_strings),
        cmocka_unit_test(test_row_ages),          cmocka_unit_test(test_row_cap_at_its_limits),
        cmocka_unit_test(test_rows_max),          cmocka_unit_test(test_rows_max_holds),
        cmocka_unit_test(test_put_rejects),       cmocka_unit_test(test_fold_by_hand),
        cmocka_unit_test(test_fold_is_exact),     cmocka_unit_test(test_fold_ages),
        cmocka_unit_test(test_fold_of_full_rows), cmocka_unit_test(test_back_off),
        cmocka_unit_test(test_dense_and_shares),  cmocka_unit_test(test_rows_add_up),
        cmocka_unit_test(test_is_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
