/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/layout: what holds for every size of the screen, and the sizes that people have. */
#include "tui/layout.h"

#include "support.h"

#define MAX_ROWS 200
#define MAX_COLS 500

static struct layout layout_of(unsigned rows, unsigned cols, unsigned wanted)
{
    struct layout layout;

    layout_compute(rows, cols, wanted, &layout);
    return layout;
}

static void check_sizes(const struct layout *l, unsigned rows, unsigned cols, unsigned wanted)
{
    const struct box *boxes[] = {&l->status, &l->panel, &l->titles, &l->table, &l->footer};
    unsigned next = 0;

    /* One below the other and as wide as the screen: none overlaps, none is outside,
     * and no line is left over. */
    for (size_t i = 0; i < ARRAY_SIZE(boxes); i++) {
        if (!boxes[i]->rows)
            continue;
        assert_int_equal(boxes[i]->row, next);
        assert_int_equal(boxes[i]->col, 0);
        assert_int_equal(boxes[i]->cols, cols);
        next += boxes[i]->rows;
    }
    assert_int_equal(next, rows);
    assert_int_equal(l->status.rows, 1);
    assert_true(l->titles.rows <= 1 && l->footer.rows <= 1);
    assert_true(l->panel.rows <= wanted);
}

static void check_priorities(const struct layout *l, unsigned rows, unsigned cols, unsigned wanted)
{
    assert_int_equal(l->table.rows > 0, rows >= 2);
    assert_int_equal(l->titles.rows, rows >= 3);
    assert_int_equal(l->footer.rows, rows >= 4);
    if (l->panel.rows)
        assert_true(l->table.rows >= 8);
    if (rows < 14 || cols < 40)
        assert_int_equal(l->panel.rows, 0);
    else if (rows < 24)
        assert_int_equal(l->panel.rows, wanted ? 1 : 0);
    else if (rows < 30)
        assert_int_equal(l->panel.rows, wanted < 2 ? wanted : 2);
    else if (l->panel.rows < wanted)
        assert_int_equal(l->table.rows, 8);
}

static void test_every_size(void **state UNUSED)
{
    static const unsigned wanted[] = {0, 1, 2, 5, 6, 12, 1000};

    for (unsigned rows = 1; rows <= MAX_ROWS; rows++) {
        for (unsigned cols = 1; cols <= MAX_COLS; cols++) {
            for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
                struct layout l = layout_of(rows, cols, wanted[i]);

                check_sizes(&l, rows, cols, wanted[i]);
                check_priorities(&l, rows, cols, wanted[i]);
            }
        }
    }
}

/* More lines never make the panel smaller. */
static void test_the_panel_grows_with_the_screen(void **state UNUSED)
{
    unsigned before = 0;

    for (unsigned rows = 1; rows <= MAX_ROWS; rows++) {
        struct layout l = layout_of(rows, 120, 40);

        assert_true(l.panel.rows >= before);
        before = l.panel.rows;
    }
    assert_int_equal(before, 40);
}

static void test_sizes_that_people_have(void **state UNUSED)
{
    struct layout l = layout_of(30, 120, 6);

    assert_int_equal(l.panel.rows, 6);
    assert_int_equal(l.titles.row, 7);
    assert_int_equal(l.table.rows, 21);
    assert_int_equal(l.footer.row, 29);

    l = layout_of(24, 80, 6);
    assert_int_equal(l.panel.rows, 2);
    assert_int_equal(l.table.rows, 19);

    l = layout_of(10, 40, 6);
    assert_int_equal(l.panel.rows, 0);
    assert_int_equal(l.table.rows, 7);

    l = layout_of(5, 20, 6);
    assert_int_equal(l.status.rows + l.titles.rows + l.footer.rows, 3);
    assert_int_equal(l.table.rows, 2);

    /* No size at all is taken as the least. */
    l = layout_of(0, 0, 6);
    check_sizes(&l, 1, 1, 6);
}

static void check_overlay(const struct layout *l, unsigned rows, unsigned cols)
{
    unsigned screen_rows =
        l->status.rows + l->panel.rows + l->titles.rows + l->table.rows + l->footer.rows;
    unsigned area = l->titles.rows + l->table.rows, above, below, left, right;
    struct box box = layout_overlay(l, rows, cols);

    assert_int_equal(box.rows, rows < 1 ? 1 : rows < screen_rows ? rows : screen_rows);
    assert_int_equal(box.cols, cols < 1 ? 1 : cols < l->status.cols ? cols : l->status.cols);
    assert_true(box.row + box.rows <= screen_rows);
    assert_true(box.col + box.cols <= l->status.cols);
    left = box.col;
    right = l->status.cols - box.col - box.cols;
    assert_true(left == right || left + 1 == right);
    above = box.row;
    below = screen_rows - box.row - box.rows;
    if (area && box.rows <= area) {
        assert_true(box.row >= l->titles.row);
        assert_true(box.row + box.rows <= l->table.row + l->table.rows);
        above -= l->titles.row;
        below -= l->footer.rows;
    }
    assert_true(above == below || above + 1 == below);
}

static void test_overlays_of_every_size(void **state UNUSED)
{
    static const unsigned sizes[] = {0, 1, 2, 3, 10, 19, 20, 40, 80, 10000};

    for (unsigned rows = 1; rows <= 100; rows++) {
        for (unsigned cols = 1; cols <= 300; cols += cols < 100 ? 1 : 17) {
            struct layout l = layout_of(rows, cols, 6);

            for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
                for (size_t k = 0; k < ARRAY_SIZE(sizes); k++)
                    check_overlay(&l, sizes[i], sizes[k]);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_the_panel_grows_with_the_screen),
        cmocka_unit_test(test_sizes_that_people_have),
        cmocka_unit_test(test_overlays_of_every_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
