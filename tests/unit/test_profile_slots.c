/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/slots: trees of periods, and what is counted per slot. */
#include "profile/slots.h"

#include <math.h>

#include "support.h"

static const struct matrix_settings settings = {
    .states = 2, .history = 1, .row_cap = 65535, .rows_max = 4096};

static void check_row(const struct slot *slot, unsigned from, unsigned to0, unsigned to1)
{
    struct context context = {.states = {(uint8_t)from}, .length = 1};
    struct matrix_row row;

    assert_true(matrix_find(slot->matrix, &context, &row));
    assert_int_equal(row.counts[0], to0);
    assert_int_equal(row.counts[1], to1);
}

/* Two slots of three steps, states 0 0 1 1 0 1 1 1 1 0 0 0. */
static void test_two_slots(void **state UNUSED)
{
    static const double values[] = {0, 0, 90, 90, 0, 90, 90, 90, 90, 0, 0, 0};
    const struct period_tree tree = {.sizes = {2, 3}, .count = 2};
    struct slots *slots = slots_new(period_tree_nodes(&tree), &settings);
    struct context context = {0};

    assert_int_equal(slots_count(slots), 2);
    assert_null(slots_at(slots, 0));
    for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
        unsigned now = values[i] > 50;

        slots_take(slots, period_tree_node(&tree, 0, i), values[i], &context, now);
        context_push(&context, 1, now);
    }
    check_row(slots_at(slots, 0), 0, 1, 1);
    check_row(slots_at(slots, 0), 1, 0, 3);
    check_row(slots_at(slots, 1), 0, 2, 1);
    check_row(slots_at(slots, 1), 1, 2, 1);
    assert_int_equal(slots_at(slots, 0)->count, 6);
    assert_near(slots_at(slots, 0)->mean, 60);
    assert_near(slots_at(slots, 0)->max, 90);
    assert_near(slots_at(slots, 1)->mean, 30);
    slots_free(slots);
}

static void test_tree(void **state UNUSED)
{
    const struct period_tree tree = {.sizes = {7, 24, 3}, .count = 3};

    assert_int_equal(period_tree_levels(&tree), 2);
    assert_int_equal(period_tree_nodes(&tree), 7 + 7 * 24);
    for (uint64_t step = 0; step < 3000; step++) {
        assert_int_equal(period_tree_node(&tree, 0, step), step / 72 % 7);
        assert_int_equal(period_tree_node(&tree, 1, step), 7 + step / 3 % 168);
    }
    assert_int_equal(period_tree_node(&tree, 2, 0), SIZE_MAX);
    assert_true(period_tree_node(&tree, 1, UINT64_MAX) < 175);
}

static void test_trees_without_nodes(void **state UNUSED)
{
    struct period_tree tree = {.count = 0};

    assert_int_equal(period_tree_levels(&tree), 0);
    assert_int_equal(period_tree_nodes(&tree), 0);
    assert_int_equal(period_tree_node(&tree, 0, 5), SIZE_MAX);
    tree = (struct period_tree){.sizes = {4}, .count = 1};
    assert_int_equal(period_tree_levels(&tree), 0);
    assert_int_equal(period_tree_nodes(&tree), 0);
    assert_int_equal(period_tree_node(&tree, 0, 5), SIZE_MAX);
}

static void test_trees_too_large(void **state UNUSED)
{
    struct period_tree tree = {.sizes = {60, 720, 1440}, .count = 3};

    assert_int_equal(period_tree_nodes(&tree), PERIOD_NODES_MAX + 1);
    assert_int_equal(period_tree_node(&tree, 0, 5), SIZE_MAX);
    tree = (struct period_tree){.sizes = {4096, 10000}, .count = 2};
    assert_int_equal(period_tree_nodes(&tree), 4096);
    assert_int_equal(period_tree_node(&tree, 0, UINT64_C(4096) * 10000 - 1), 4095);
    tree = (struct period_tree){.sizes = {4097, 1}, .count = 2};
    assert_int_equal(period_tree_nodes(&tree), PERIOD_NODES_MAX + 1);
    tree = (struct period_tree){.sizes = {2, 0}, .count = 2};
    assert_int_equal(period_tree_nodes(&tree), PERIOD_NODES_MAX + 1);
    assert_int_equal(period_tree_node(&tree, 0, 5), SIZE_MAX);
    tree = (struct period_tree){.count = PERIOD_SIZES_MAX};
    for (unsigned i = 0; i < PERIOD_SIZES_MAX; i++)
        tree.sizes[i] = PERIOD_SIZE_MAX;
    assert_int_equal(period_tree_nodes(&tree), PERIOD_NODES_MAX + 1);
    tree.count = PERIOD_SIZES_MAX + 1;
    assert_int_equal(period_tree_nodes(&tree), PERIOD_NODES_MAX + 1);
}

/* Slots stay in order and in place, whichever comes first. */
static void test_sparse(void **state UNUSED)
{
    struct slots *slots = slots_new(1000, &settings);
    const struct slot *first = NULL;
    struct context none = {0};
    size_t bytes = slots_bytes(slots);

    assert_true(bytes < 200);
    for (unsigned i = 0; i < 1000; i += 2) {
        size_t slot = i * 7 % 1000;

        slots_take(slots, slot, -(double)slot - 1, &none, 0);
        if (!first)
            first = slots_at(slots, slot);
    }
    assert_ptr_equal(slots_at(slots, 0), first);
    for (unsigned i = 0; i < 1000; i++) {
        const struct slot *slot = slots_at(slots, i);

        if (i % 2 == 0) {
            assert_int_equal(slot->count, 1);
            assert_near(slot->max, -(double)i - 1);
            assert_null(slot->matrix);
        } else {
            assert_null(slot);
        }
    }
    assert_true(slots_bytes(slots) > 500 * sizeof(struct slot));
    slots_take(slots, 1000, 1, &none, 0);
    slots_take(slots, SIZE_MAX, 1, &none, 0);
    assert_null(slots_at(slots, 1000));
    assert_null(slots_make(slots, 1000));
    slots_free(slots);
    slots_free(NULL);
}

static void test_no_value(void **state UNUSED)
{
    struct slots *slots = slots_new(2, &settings);
    struct context context = {.states = {1}, .length = 1};

    slots_take(slots, 1, NAN, &context, 0);
    assert_int_equal(slots_at(slots, 1)->count, 0);
    assert_near(slots_at(slots, 1)->mean, 0);
    check_row(slots_at(slots, 1), 1, 1, 0);
    slots_free(slots);
}

static void test_make_and_fold(void **state UNUSED)
{
    struct slots *slots = slots_new(3, &settings);
    struct context context = {.states = {1}, .length = 1};
    static const uint16_t counts[] = {2, 3};
    struct context none = {0};
    struct slot *slot = slots_make(slots, 2);

    assert_ptr_equal(slot, slots_at(slots, 2));
    assert_int_equal(matrix_rows(slot->matrix), 0);
    assert_true(matrix_put(slot->matrix, &context, counts));
    assert_ptr_equal(slots_make(slots, 2)->matrix, slot->matrix);
    slots_take(slots, 0, 1, &none, 0);
    slots_fold(slots);
    check_row(slots_at(slots, 2), 0, 5, 0);
    slots_free(slots);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_slots),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_trees_without_nodes),
        cmocka_unit_test(test_trees_too_large),
        cmocka_unit_test(test_sparse),
        cmocka_unit_test(test_no_value),
        cmocka_unit_test(test_make_and_fold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
