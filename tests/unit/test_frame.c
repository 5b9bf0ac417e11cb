/* SPDX-License-Identifier: GPL-2.0-or-later */
/* model/frame: cells, growth, references, and frames that are used again. */
#include "model/frame.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "support.h"

static void test_new_frame(void **state UNUSED)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);

    assert_int_equal(frame->tables[SCOPE_HOST].rows, 1);
    for (unsigned s = 1; s < SCOPE__COUNT; s++) {
        assert_int_equal(frame->tables[s].rows, 0);
        assert_int_equal(frame->tables[s].columns, scope_columns((enum scope)s));
        assert_int_equal(frame->tables[s].scope, s);
    }
    for (unsigned c = 0; c < HOST__COUNT; c++)
        assert_false(frame_has_value(&frame->tables[SCOPE_HOST], 0, c));
    frame_unref(frame);
    frame_pool_free(pool);
}

static void test_cells(void **state UNUSED)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);
    struct frame_table *t = &frame->tables[SCOPE_VM];

    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(frame_add_row(t, (uint32_t)i), i);
        frame_set_number(t, i, VM_PID, (double)i);
        frame_set_counter(t, i, VM_CPU_TOTAL, i + 1000);
        frame_set_text(t, i, VM_NAME, "name");
    }
    for (size_t i = 0; i < 100; i++) {
        size_t total = frame_cell_index(t, i, VM_CPU_TOTAL);

        assert_near(frame_value(t, i, VM_PID).number, (double)i);
        assert_int_equal(t->counters[total], i + 1000);
        assert_int_equal(t->valid[total], CELL_COUNTER);
        assert_string_equal(frame_value(t, i, VM_NAME).text, "name");
        assert_int_equal(t->parents[i], i);
        assert_int_equal(t->notes[i], 0);
        assert_false(frame_has_value(t, i, VM_CPU_TOTAL));
    }
    frame_set_number(t, 0, VM_STALE, NAN);
    frame_set_number(t, 0, VM_STALE, INFINITY);
    frame_set_number(t, 0, VM_STALE, -INFINITY);
    assert_false(frame_has_value(t, 0, VM_STALE));
    frame_unref(frame);
    frame_pool_free(pool);
}

static void test_recycling(void **state UNUSED)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *first = frame_new(pool), *again;
    union cell *values;

    frame_add_row(&first->tables[SCOPE_VM], 0);
    frame_set_number(&first->tables[SCOPE_VM], 0, VM_PID, 7);
    frame_set_number(&first->tables[SCOPE_HOST], 0, HOST_CPU_CORES, 7);
    first->tables[SCOPE_VM].notes[0] = ROW_RAM_USED_FROM_RSS;
    strcpy(first->host_name, "old");
    first->interval = 9;
    values = first->tables[SCOPE_VM].values;
    frame_ref(first);
    frame_unref(first);
    again = frame_new(pool);
    assert_ptr_not_equal(again, first); /* somebody holds it */
    frame_unref(first);
    frame_unref(again);
    again = frame_new(pool);
    if (again != first) {
        frame_unref(again);
        again = first;
    }
    frame_unref(again);
    for (int i = 0; i < 50; i++) {
        struct frame *frame = frame_new(pool);

        assert_string_equal(frame->host_name, "");
        assert_near(frame->interval, 0);
        assert_int_equal(frame->references, 1);
        assert_null(frame->inventory);
        assert_int_equal(frame->tables[SCOPE_VM].rows, 0);
        assert_false(frame_has_value(&frame->tables[SCOPE_HOST], 0, HOST_CPU_CORES));
        frame_add_row(&frame->tables[SCOPE_VM], 3);
        assert_false(frame_has_value(&frame->tables[SCOPE_VM], 0, VM_PID));
        assert_int_equal(frame->tables[SCOPE_VM].notes[0], 0);
        if (frame == first)
            assert_ptr_equal(frame->tables[SCOPE_VM].values, values);
        frame_unref(frame);
    }
    frame_pool_free(pool);
}

static bool has_labels(const struct row_labels *labels)
{
    return labels->key || labels->tags || labels->lock || labels->hostdevs || labels->is_template ||
           labels->cpu_limit > 0 || labels->backend || labels->source || labels->device ||
           labels->mac || labels->bridge;
}

/* Rows that are used again have no labels of before; tables of other scopes have none. */
static void test_labels(void **state UNUSED)
{
    static const struct row_labels old = {"k", "t", "l", "h", true, 1, "b", "s", "d", "m", "n"};
    struct frame_pool *pool = frame_pool_new();

    for (int round = 0; round < 3; round++) {
        struct frame *frame = frame_new(pool);

        for (unsigned s = 0; s < SCOPE__COUNT; s++) {
            struct frame_table *table = &frame->tables[s];

            for (size_t i = 0; i < 20; i++) {
                size_t row = frame_add_row(table, 0);

                if (!frame_scope_has_labels((enum scope)s))
                    continue;
                assert_false(has_labels(&table->labels[row]));
                table->labels[row] = old;
            }
            assert_int_equal(table->labels != NULL,
                             s == SCOPE_VM || s == SCOPE_VMDISK || s == SCOPE_VMNIC);
        }
        frame_unref(frame);
    }
    frame_pool_free(pool);
}

/* The pool may go before its last frame comes back. */
static void test_pool_goes_first(void **state UNUSED)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frames[10];

    for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
        frames[i] = frame_new(pool);
        frames[i]->inventory = inventory_new("x");
    }
    frame_unref(frames[0]);
    frame_pool_free(pool);
    for (size_t i = 1; i < ARRAY_SIZE(frames); i++)
        frame_unref(frames[i]);
    frame_unref(NULL);
    frame_pool_free(NULL);
}

static void *hold_and_drop(void *pool)
{
    uint64_t seed = 3;

    for (int i = 0; i < 5000; i++) {
        struct frame *a = frame_new(pool), *b;

        frame_add_row(&a->tables[SCOPE_VM], 0);
        b = frame_ref(a);
        if (support_random(&seed) & 4096)
            frame_unref(frame_new(pool));
        frame_unref(a);
        frame_unref(b);
    }
    return NULL;
}

static void test_many_threads(void **state UNUSED)
{
    struct frame_pool *pool = frame_pool_new();
    pthread_t threads[4];

    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hold_and_drop, pool), 0);
    for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    frame_pool_free(pool);
}

#define TEXTS 3000

/* What is kept stays where it is and as it is, whatever is kept behind it. */
static void test_kept_texts(void **state UNUSED)
{
    struct frame_pool *pool = frame_pool_new();
    uint64_t seed = 9;

    for (int round = 0; round < 4; round++) { /* the later ones in used memory */
        struct frame *frame = frame_new(pool);
        const char *kept[TEXTS];
        size_t lengths[TEXTS];
        char text[200];

        for (size_t i = 0; i < TEXTS; i++) {
            lengths[i] = support_random_below(&seed, sizeof(text));
            memset(text, 'a' + (int)(i % 26), lengths[i]);
            text[lengths[i]] = '\0';
            kept[i] = frame_keep_text(frame, text);
            assert_ptr_not_equal(kept[i], text);
        }
        for (size_t i = 0; i < TEXTS; i++) {
            assert_int_equal(strlen(kept[i]), lengths[i]);
            assert_int_equal(strspn(kept[i], (char[]){(char)('a' + (int)(i % 26)), '\0'}),
                             lengths[i]);
        }
        frame_unref(frame);
    }
    frame_pool_free(pool);
}

/* Up to 16 KB less the end; longer ones are cut. */
static void test_long_texts(void **state UNUSED)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *frame = frame_new(pool);
    const size_t most = 16383;
    char text[40000];

    for (size_t len = most - 2; len < most + 3; len++) {
        const char *before = frame_keep_text(frame, "before"), *kept, *behind;

        memset(text, 'x', len);
        text[len] = '\0';
        kept = frame_keep_text(frame, text);
        behind = frame_keep_text(frame, "behind");
        assert_int_equal(strlen(kept), min_size(len, most));
        assert_string_equal(before, "before");
        assert_string_equal(behind, "behind");
    }
    memset(text, 'y', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(strlen(frame_keep_text(frame, text)), most);
    assert_string_equal(frame_keep_text(frame, ""), "");
    frame_unref(frame);
    frame_pool_free(pool);
}

/* Two frames that are held at once share no memory. */
static void test_texts_of_two_frames(void **state UNUSED)
{
    struct frame_pool *pool = frame_pool_new();
    struct frame *a = frame_new(pool), *b = frame_new(pool);
    const char *of_a = frame_keep_text(a, "a"), *of_b = frame_keep_text(b, "b");

    frame_unref(b);
    b = frame_new(pool);
    assert_string_equal(frame_keep_text(b, "c"), "c");
    assert_string_equal(of_a, "a");
    assert_ptr_not_equal(of_a, of_b);
    frame_unref(a);
    frame_unref(b);
    frame_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_frame),           cmocka_unit_test(test_cells),
        cmocka_unit_test(test_recycling),           cmocka_unit_test(test_labels),
        cmocka_unit_test(test_pool_goes_first),     cmocka_unit_test(test_many_threads),
        cmocka_unit_test(test_kept_texts),          cmocka_unit_test(test_long_texts),
        cmocka_unit_test(test_texts_of_two_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
