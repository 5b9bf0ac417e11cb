/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/phases: two regimes by hand, gaps, ranges that double, eight regimes and more, saving. */
#include "profile/phases.h"

#include <math.h>
#include <string.h>

#include "profile/chain.h"
#include "support.h"

#define assert_milli(actual, expected) assert_true(fabs((actual) - (expected)) < 0.0005)

static struct phases *make(unsigned states, unsigned window, unsigned metrics)
{
    struct matrix_settings each[4];

    for (unsigned i = 0; i < metrics; i++)
        each[i] = (struct matrix_settings){states, 2, 65535, 4096};
    return phases_new(window, metrics, each);
}

static uint64_t count_of(const struct matrix *matrix, unsigned from, unsigned to)
{
    struct context context = {.states = {(uint8_t)from}, .length = 1};
    struct matrix_row row;

    return matrix_find(matrix, &context, &row) ? row.counts[to] : 0;
}

/* One step of the only metric; whether a block was judged. */
static bool step(struct phases *phases, unsigned from, unsigned to)
{
    phases_take(phases, 0, from, to);
    return phases_end_step(phases);
}

/* The score of the block that has its transitions but for the last one, by the current phase. */
static double block_score(const struct phases *phases, unsigned last_from, unsigned last_to)
{
    const struct matrix *matrix = phases_matrix(phases, phases_current(phases), 0);
    unsigned count = phases_block_steps(phases), from, to;
    double p[16], pi[4], sum = -0.0;

    if (!matrix)
        return 0;
    matrix_dense(matrix, 0.5, p);
    matrix_shares(matrix, pi);
    struct chain_surprise expected = chain_surprise(p, pi, 4);
    sum = -log(p[last_from * 4 + last_to]);
    for (unsigned i = 0; i < count; i++) {
        assert_true(phases_block_at(phases, 0, i, &from, &to));
        sum -= log(p[from * 4 + to]);
    }
    return (sum / (count + 1) - expected.mean) / expected.deviation * sqrt(count + 1);
}

static void make_regimes(unsigned states[150])
{
    for (unsigned i = 0; i < 150; i++)
        states[i] = i >= 70 && i < 110 ? 2 : 3 * (i % 2);
}

/* (0 3) 35 times, 2 40 times, (0 3) 20 times, in blocks of 10. */
static void test_two_regimes(void **state UNUSED)
{
    static const unsigned want[] = {0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0};
    struct phases *phases = make(4, 10, 1);
    unsigned states[150], blocks = 0;

    make_regimes(states);
    assert_int_equal(phases_count(phases), 0);
    for (unsigned i = 1; i < 150; i++) {
        double z = i % 10 == 0 ? block_score(phases, states[i - 1], states[i]) : 0;
        if (!step(phases, states[i - 1], states[i]))
            continue;
        assert_int_equal(i % 10, 0);
        assert_int_equal(phases_current(phases), want[blocks]);
        if (blocks == 7)
            assert_milli(z, 4.054);
        else if (blocks == 11)
            assert_milli(z, 3.933);
        else
            assert_true(z < 3);
        blocks++;
    }
    assert_int_equal(blocks, 14);
    assert_int_equal(phases_block_steps(phases), 9);
    assert_int_equal(phases_count(phases), 2);
    const struct matrix *first = phases_matrix(phases, 0, 0);
    assert_int_equal(count_of(first, 0, 3), 50);
    assert_int_equal(count_of(first, 3, 0), 49);
    assert_int_equal(count_of(first, 3, 2), 1);
    assert_int_equal(matrix_total(first, 1), 100);
    const struct matrix *second = phases_matrix(phases, 1, 0);
    assert_int_equal(count_of(second, 2, 2), 39);
    assert_int_equal(count_of(second, 2, 0), 1);
    assert_int_equal(matrix_total(second, 1), 40);
    assert_int_equal(matrix_total(second, 2), 0); /* order 1, whatever was asked for */
    assert_int_equal(phases_follows(phases, 0, 0), 6 + 2);
    assert_int_equal(phases_follows(phases, 0, 1), 1);
    assert_int_equal(phases_follows(phases, 1, 1), 3);
    assert_int_equal(phases_follows(phases, 1, 0), 1);
    phases_free(phases);
}

static void test_break(void **state UNUSED)
{
    struct phases *phases = make(4, 10, 1);

    for (unsigned i = 0; i < 15; i++)
        step(phases, 0, 0);
    assert_int_equal(phases_block_steps(phases), 5);
    phases_break(phases);
    assert_int_equal(phases_block_steps(phases), 0);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(step(phases, 1, 1), i == 9);
    assert_int_equal(
        matrix_total(phases_matrix(phases, 0, 0), 1) +
            (phases_count(phases) > 1 ? matrix_total(phases_matrix(phases, 1, 0), 1) : 0),
        20);
    assert_int_equal(phases_follows(phases, 0, 0) + phases_follows(phases, 0, 1), 0);
    /* A block without transitions is none, and what comes after it does not follow. */
    uint64_t before = matrix_total(phases_matrix(phases, 0, 0), 1);
    for (unsigned i = 0; i < 10; i++)
        assert_false(phases_end_step(phases));
    assert_int_equal(phases_block_steps(phases), 0);
    assert_int_equal(matrix_total(phases_matrix(phases, 0, 0), 1), before);
    phases_free(phases);
}

static void test_fold(void **state UNUSED)
{
    struct phases *phases = make(4, 10, 2);
    unsigned from, to;

    for (unsigned i = 0; i < 13; i++) {
        phases_take(phases, 1, 3, 2);
        step(phases, 3, 2);
    }
    phases_fold(phases, 0);
    assert_int_equal(count_of(phases_matrix(phases, 0, 0), 1, 1), 10);
    assert_int_equal(count_of(phases_matrix(phases, 0, 1), 3, 2), 10);
    assert_true(phases_block_at(phases, 0, 2, &from, &to));
    assert_int_equal(from, 1);
    assert_int_equal(to, 1);
    assert_true(phases_block_at(phases, 1, 2, &from, &to));
    assert_int_equal(from, 3);
    assert_int_equal(to, 2);
    assert_false(phases_block_at(phases, 0, 3, &from, &to));
    assert_false(phases_block_at(phases, 2, 0, &from, &to));
    phases_free(phases);
}

/* What is out of range is not taken; what has no data takes no memory. */
static void test_bounds(void **state UNUSED)
{
    struct phases *phases = make(4, 10, 2);
    size_t bytes = phases_bytes(phases);

    for (unsigned i = 0; i < 1000; i++) {
        phases_take(phases, 0, 4, 0);
        phases_take(phases, 0, 0, 4);
        phases_take(phases, 7, 0, 0);
    }
    for (unsigned i = 0; i < 10; i++)
        assert_false(phases_end_step(phases));
    assert_int_equal(phases_bytes(phases), bytes);
    for (unsigned i = 0; i < 1000; i++)
        phases_take(phases, 0, 1, 2);
    for (unsigned i = 0; i < 10; i++)
        phases_end_step(phases);
    assert_int_equal(count_of(phases_matrix(phases, 0, 0), 1, 2), 10);
    assert_null(phases_matrix(phases, 0, 1));
    assert_null(phases_matrix(phases, 1, 0));
    assert_null(phases_matrix(phases, 0, 9));
    assert_true(phases_bytes(phases) > bytes);
    assert_int_equal(phases_follows(phases, 99, 0), 0);
    assert_null(phases_make(phases, PHASES_MAX, 0));
    phases_free(phases);
}

/* The regime of a number: three states of 32 round and round. `blocks` blocks of 10 of it. */
static void run_regime(struct phases *phases, unsigned regime, unsigned blocks)
{
    for (unsigned i = 0; i < 10 * blocks; i++)
        step(phases, 3 * regime + i % 3, 3 * regime + (i + 1) % 3);
}

static void test_nine_regimes(void **state UNUSED)
{
    struct phases *phases = make(32, 10, 1);

    for (unsigned regime = 0; regime < PHASES_MAX; regime++) {
        run_regime(phases, regime, regime == 3 ? 15 : 20);
        assert_int_equal(phases_current(phases), regime);
    }
    assert_int_equal(phases_follows(phases, 3, 3), 14);
    run_regime(phases, 5, 1);
    assert_int_equal(phases_current(phases), 5);
    /* The ninth takes the place of the fourth, which has the fewest transitions. */
    run_regime(phases, 8, 2);
    assert_int_equal(phases_count(phases), PHASES_MAX);
    assert_int_equal(phases_current(phases), 3);
    assert_int_equal(matrix_total(phases_matrix(phases, 3, 0), 1), 20);
    assert_int_equal(phases_follows(phases, 3, 3), 1);
    assert_int_equal(phases_follows(phases, 3, 4), 0);
    assert_int_equal(phases_follows(phases, 2, 3), 0);
    assert_int_equal(phases_follows(phases, 5, 3), 1);
    phases_free(phases);
}

/* Any metric's surprise is one. */
static void test_two_metrics(void **state UNUSED)
{
    struct phases *phases = make(4, 10, 2);

    for (unsigned i = 0; i < 200; i++) {
        phases_take(phases, 0, 1, 1);
        phases_take(phases, 1, i % 2 ? 3 : 0, i % 2 ? 0 : 3);
        phases_end_step(phases);
    }
    assert_int_equal(phases_count(phases), 1);
    for (unsigned i = 0; i < 10; i++) {
        phases_take(phases, 0, 1, 1);
        phases_take(phases, 1, 2, 2);
        phases_end_step(phases);
    }
    assert_int_equal(phases_current(phases), 1);
    phases_free(phases);
}

static void copy_row(void *argument, const struct matrix_row *row)
{
    assert_true(matrix_put(argument, &row->context, row->counts));
}

/* Saved and restored after any step, it goes on as if nothing had been. */
static struct phases *restore(const struct phases *saved)
{
    struct phases *phases = make(4, 10, 1);

    assert_false(phases_set_current(phases, 0));
    assert_false(phases_set_follows(phases, 0, 0, 1));
    for (unsigned phase = 0; phase < phases_count(saved); phase++)
        matrix_each(phases_matrix(saved, phase, 0), copy_row, phases_make(phases, phase, 0));
    for (unsigned from = 0; from < phases_count(saved); from++)
        for (unsigned to = 0; to < phases_count(saved); to++)
            assert_true(phases_set_follows(phases, from, to, phases_follows(saved, from, to)));
    assert_int_equal(phases_set_current(phases, phases_current(saved)), phases_count(saved) > 0);
    for (unsigned i = 0; i < phases_block_steps(saved); i++) {
        unsigned from, to;
        if (phases_block_at(saved, 0, i, &from, &to))
            phases_take(phases, 0, from, to);
        assert_false(phases_end_step(phases));
    }
    return phases;
}

static void test_restore(void **state UNUSED)
{
    unsigned states[150];

    make_regimes(states);
    for (unsigned cut = 1; cut <= 150; cut++) {
        struct phases *phases = make(4, 10, 1);
        for (unsigned i = 1; i < 150; i++) {
            if (i == cut) {
                struct phases *again = restore(phases);
                phases_free(phases);
                phases = again;
            }
            step(phases, states[i - 1], states[i]);
        }
        assert_int_equal(phases_current(phases), 0);
        assert_int_equal(phases_block_steps(phases), 9);
        assert_int_equal(count_of(phases_matrix(phases, 0, 0), 0, 3), 50);
        assert_int_equal(count_of(phases_matrix(phases, 1, 0), 2, 2), 39);
        assert_int_equal(phases_follows(phases, 0, 0), 8);
        assert_int_equal(phases_follows(phases, 0, 1), 1);
        assert_int_equal(phases_follows(phases, 1, 0), 1);
        phases_free(phases);
    }
    phases_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_regimes),  cmocka_unit_test(test_break),
        cmocka_unit_test(test_fold),         cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_nine_regimes), cmocka_unit_test(test_two_metrics),
        cmocka_unit_test(test_restore),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
