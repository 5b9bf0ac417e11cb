/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/canvas: columns stay what they are, whatever text is put anywhere. */
#include "tui/canvas.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "made_frame.h"
#include "support.h"

#define UE    "\xc3\xbc"         /* u with dots, one column */
#define WIDE  "\xe6\xbc\xa2"     /* a Chinese character, two columns */
#define SMILE "\xf0\x9f\x98\x80" /* two columns */
#define ACUTE "\xcc\x81"         /* a combining accent */
#define DOT   "\xcc\xa3"         /* a combining dot */

static struct canvas canvas;
static struct buf text;

/* Of each test an own size; not a byte more than that is allocated. */
static void start(unsigned rows, unsigned cols)
{
    canvas_done(&canvas);
    canvas.utf8 = true;
    canvas_resize(&canvas, rows, cols);
}

static int teardown(void **state UNUSED)
{
    canvas_done(&canvas);
    buf_done(&text);
    return 0;
}

static const char *row_text(unsigned row)
{
    buf_clear(&text);
    canvas_row_text(&canvas, row, &text);
    return buf_text(&text);
}

static const struct canvas_cell *cell(unsigned row, unsigned col)
{
    return &canvas.cells[(size_t)row * canvas.cols + col];
}

static void assert_consistent(void)
{
    for (unsigned row = 0; row < canvas.rows; row++) {
        for (unsigned col = 0; col < canvas.cols; col++) {
            const struct canvas_cell *c = cell(row, col);

            assert_true(c->style < STYLE__COUNT);
            assert_true(c->width <= 2);
            if (c->width == 0) {
                assert_true(col > 0 && c[-1].width == 2);
                assert_int_equal(c->text[0], 0);
                continue;
            }
            assert_false(utf8_is_control(c->text[0]));
            assert_int_not_equal(c->text[0], 0);
            if (!canvas.utf8)
                assert_true(c->text[0] < 0x7f && c->text[1] == 0);
            if (c->width == 2) {
                assert_true(col + 1 < canvas.cols);
                assert_int_equal(c[1].width, 0);
                assert_int_equal(c[1].style, c->style);
                assert_int_equal(c[1].selected, c->selected);
            }
        }
    }
}

static void test_put(void **state UNUSED)
{
    start(3, 10);
    assert_int_equal(canvas_put(&canvas, 1, 2, 20, "abc", STYLE_WARN), 3);
    assert_string_equal(row_text(0), "");
    assert_string_equal(row_text(1), "  abc");
    assert_int_equal(cell(1, 1)->style, STYLE_NORMAL);
    assert_int_equal(cell(1, 2)->style, STYLE_WARN);
    assert_int_equal(cell(1, 5)->style, STYLE_NORMAL);
    assert_int_equal(canvas_put(&canvas, 1, 3, 2, "xyz", STYLE_NORMAL), 2);
    assert_string_equal(row_text(1), "  axy");
    assert_int_equal(canvas_put(&canvas, 2, 7, 20, "0123456", STYLE_NORMAL), 3);
    assert_string_equal(row_text(2), "       012");
    assert_int_equal(canvas_put(&canvas, 0, 0, 5, "", STYLE_NORMAL), 0);
    canvas_clear(&canvas);
    assert_string_equal(row_text(1), "");
    assert_int_equal(cell(1, 2)->style, STYLE_NORMAL);
}

static void test_outside(void **state UNUSED)
{
    static const unsigned far[] = {3, 4, 1000, 0x7fffffff, 0x80000000, UINT32_MAX - 1, UINT32_MAX};

    start(3, 3);
    for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
        assert_int_equal(canvas_put(&canvas, far[i], 0, 3, "abc", STYLE_CRIT), 0);
        assert_int_equal(canvas_put(&canvas, 0, far[i], 3, "abc", STYLE_CRIT), 0);
        assert_int_equal(canvas_put(&canvas, 0, 0, 0, "abc", STYLE_CRIT), 0);
        assert_int_equal(canvas_put(&canvas, far[i], far[i], far[i], "abc", STYLE_CRIT), 0);
        canvas_put_right(&canvas, far[i], 0, far[i], "abc", STYLE_CRIT);
        canvas_put_right(&canvas, 0, far[i], far[i], "abc", STYLE_CRIT);
        canvas_put_right(&canvas, 0, 0, far[i], "", STYLE_CRIT);
        assert_int_equal(canvas_printf(&canvas, far[i], 0, 3, STYLE_CRIT, "abc"), 0);
        canvas_fill(&canvas, far[i], 0, 3, 'x', STYLE_CRIT);
        canvas_fill(&canvas, 0, far[i], far[i], 'x', STYLE_CRIT);
        canvas_select(&canvas, far[i], 0, far[i]);
        canvas_select(&canvas, 0, far[i], far[i]);
        canvas_row_text(&canvas, far[i], &text);
    }
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(canvas.cells[i].style, STYLE_NORMAL);
        assert_int_equal(canvas.cells[i].text[0], ' ');
        assert_false(canvas.cells[i].selected);
    }
    assert_int_equal(canvas_put(&canvas, 1, 1, UINT32_MAX, "abcdef", STYLE_NORMAL), 2);
    assert_string_equal(row_text(1), " ab");
    assert_string_equal(row_text(2), "");
}

static void test_no_size(void **state UNUSED)
{
    start(0, 0);
    assert_int_equal(canvas_put(&canvas, 0, 0, 5, "abc", STYLE_NORMAL), 0);
    canvas_fill(&canvas, 0, 0, 5, 'x', STYLE_NORMAL);
    canvas_select(&canvas, 0, 0, 5);
    assert_string_equal(row_text(0), "");
    start(5, 0);
    assert_int_equal(canvas_put(&canvas, 0, 0, 5, "abc", STYLE_NORMAL), 0);
    assert_string_equal(row_text(4), "");
    start(0, 5);
    assert_int_equal(canvas_put(&canvas, 0, 0, 5, "abc", STYLE_NORMAL), 0);
}

static void test_put_right(void **state UNUSED)
{
    start(6, 8);
    canvas_put_right(&canvas, 0, 0, 8, "abc", STYLE_NORMAL);
    assert_string_equal(row_text(0), "     abc");
    canvas_put_right(&canvas, 1, 2, 4, "12", STYLE_NORMAL);
    assert_string_equal(row_text(1), "    12");
    canvas_put_right(&canvas, 2, 2, 3, "12345", STYLE_NORMAL);
    assert_string_equal(row_text(2), "  123");
    canvas_put_right(&canvas, 3, 0, 5, UE "e" ACUTE WIDE, STYLE_NORMAL);
    assert_string_equal(row_text(3), " " UE "e" ACUTE WIDE);
    /* Its place reaches over the edge: so does what cannot be seen of it. */
    canvas_put_right(&canvas, 4, 5, 5, "1234", STYLE_NORMAL);
    assert_string_equal(row_text(4), "      12");
    canvas_put_right(&canvas, 5, 5, 10, "123", STYLE_NORMAL);
    assert_string_equal(row_text(5), "");
}

static void test_printf(void **state UNUSED)
{
    char *half = xasprintf("%*s", 499, "");

    start(1, 600);
    assert_int_equal(canvas_printf(&canvas, 0, 1, 9, STYLE_NORMAL, "%d of %s", 7, "9 VMs"), 9);
    assert_string_equal(row_text(0), " 7 of 9 VM");
    /* Cut in front of a character, not inside it. */
    assert_int_equal(canvas_printf(&canvas, 0, 0, 600, STYLE_NORMAL, "%s" UE, half), 499);
    assert_string_equal(row_text(0), "");
    assert_int_equal(canvas_printf(&canvas, 0, 0, 600, STYLE_NORMAL, "%s" SMILE "x", half), 499);
    assert_string_equal(row_text(0), "");
    free(half);
}

static void test_wide(void **state UNUSED)
{
    start(4, 6);
    assert_int_equal(canvas_text_width(&canvas, "a" WIDE SMILE), 5);
    assert_int_equal(canvas_put(&canvas, 0, 0, 6, "a" WIDE SMILE "b", STYLE_NEW), 6);
    assert_string_equal(row_text(0), "a" WIDE SMILE "b");
    assert_int_equal(cell(0, 1)->width, 2);
    assert_int_equal(cell(0, 2)->width, 0);
    assert_consistent();
    /* Not cut in half, neither by the width nor by the edge; nothing takes its place. */
    assert_int_equal(canvas_put(&canvas, 1, 0, 2, "a" WIDE "b", STYLE_NORMAL), 1);
    assert_string_equal(row_text(1), "a");
    assert_int_equal(canvas_put(&canvas, 2, 5, 9, WIDE "b", STYLE_NORMAL), 0);
    assert_string_equal(row_text(2), "");
    assert_consistent();
}

static void test_wide_overwritten(void **state UNUSED)
{
    static const struct {
        unsigned col;
        const char *put, *expected;
    } cases[] = {
        {0, "x", "x" WIDE SMILE " b"},    {1, "x", "ax " SMILE " b"},
        {2, "x", "a x" SMILE " b"},       {3, "x", "a" WIDE "x  b"},
        {4, "x", "a" WIDE " x b"},        {2, "xy", "a xy  b"},
        {2, SMILE, "a " SMILE "  b"},     {1, SMILE, "a" SMILE SMILE " b"},
        {0, SMILE, SMILE " " SMILE " b"}, {4, SMILE, "a" WIDE " " SMILE "b"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        start(1, 7);
        canvas_put(&canvas, 0, 0, 7, "a" WIDE SMILE " b", STYLE_NORMAL);
        canvas_put(&canvas, 0, cases[i].col, 7, cases[i].put, STYLE_CRIT);
        assert_string_equal(row_text(0), cases[i].expected);
        assert_consistent();
        start(1, 7);
        canvas_put(&canvas, 0, 0, 7, "a" WIDE SMILE " b", STYLE_NORMAL);
        canvas_fill(&canvas, 0, cases[i].col, 1, '#', STYLE_CRIT);
        assert_consistent();
    }
}

static void test_combining(void **state UNUSED)
{
    start(2, 4);
    assert_int_equal(canvas_text_width(&canvas, "e" ACUTE "o" DOT ACUTE), 2);
    /* Marks of the last character that fits belong to it. */
    assert_int_equal(canvas_put(&canvas, 0, 0, 2, "xe" ACUTE "z" DOT, STYLE_NORMAL), 2);
    assert_string_equal(row_text(0), "xe" ACUTE);
    /* No more are kept than there is room for. */
    canvas_clear(&canvas);
    canvas_put(&canvas, 0, 0, 4, "e" ACUTE DOT ACUTE ACUTE "n", STYLE_NORMAL);
    assert_string_equal(row_text(0), "e" ACUTE DOT "n");
    canvas_put(&canvas, 0, 2, 2, WIDE ACUTE, STYLE_NORMAL);
    assert_string_equal(row_text(0), "e" ACUTE DOT "n" WIDE ACUTE);
    assert_consistent();
    /* A name that begins with one does not change what is left of it. */
    canvas_put(&canvas, 1, 0, 4, "a", STYLE_NORMAL);
    assert_int_equal(canvas_put(&canvas, 1, 1, 3, ACUTE "b", STYLE_NORMAL), 1);
    assert_string_equal(row_text(1), "ab");
    canvas_put(&canvas, 1, 0, 4, "a", STYLE_NORMAL);
    assert_string_equal(row_text(1), "ab");
    /* A blank with a mark is no blank. */
    canvas_put(&canvas, 1, 1, 3, " " ACUTE " ", STYLE_NORMAL);
    assert_string_equal(row_text(1), "a " ACUTE);
}

static void test_bad_characters(void **state UNUSED)
{
    static const struct {
        const char *put, *expected;
    } cases[] = {
        {"a\nb\tc\033[31m\x7f", "a?b?c?[31m?"},
        {"\xc2\x9b"
         "1\xc2\x85",
         "?1?"},
        {"\xe2\x80\xae"
         "evil\xe2\x81\xa6\xe2\x80\x8f",
         "?evil??"},                                /* overrides of the direction */
        {"a\xff\xfe\xe2\x82z\xc0\xaf", "a????z??"}, /* no UTF-8 */
        {"\xed\xa0\x80", "???"},                    /* a surrogate */
        {"\xf4\x8f\xbf\xbf", "?"},                  /* no character */
        {"a\xe2\x80\x8b\xef\xbb\xbf"
         "b\xe2\x80\x8d",
         "ab"},                                         /* of no width at all */
        {"\xe2\x9d\xa4\xef\xb8\x8fx", "\xe2\x9d\xa4x"}, /* a heart, told to be wide */
        {"\xe2\x80\xa8x", "?x"},                        /* a line separator */
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        start(1, 40);
        assert_int_equal(canvas_put(&canvas, 0, 0, 40, cases[i].put, STYLE_NORMAL),
                         canvas_text_width(&canvas, cases[i].put));
        assert_string_equal(row_text(0), cases[i].expected);
        assert_consistent();
    }
}

static void test_ascii(void **state UNUSED)
{
    start(1, 20);
    canvas.utf8 = false;
    assert_int_equal(canvas_text_width(&canvas, "a" UE WIDE "\xff"), 4);
    assert_int_equal(canvas_put(&canvas, 0, 0, 20, "a" UE WIDE "\xff~", STYLE_NORMAL), 5);
    assert_string_equal(row_text(0), "a???~");
    canvas_fill(&canvas, 0, 1, 2, 0x2588, STYLE_BAR);
    assert_string_equal(row_text(0), "a???~");
    assert_int_equal(cell(0, 1)->style, STYLE_BAR);
    assert_consistent();
}

static void test_fill(void **state UNUSED)
{
    start(2, 6);
    canvas_fill(&canvas, 0, 1, 3, '|', STYLE_BAR);
    assert_string_equal(row_text(0), " |||");
    canvas_fill(&canvas, 0, 3, UINT32_MAX, 0x2588, STYLE_BAR);
    assert_string_equal(row_text(0), " ||\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88");
    canvas_fill(&canvas, 0, 0, 0, 'x', STYLE_BAR);
    assert_int_equal(cell(0, 0)->text[0], ' ');
    /* Of one column, or it is none. */
    canvas_fill(&canvas, 1, 0, 1, 0x6f22, STYLE_BAR);
    canvas_fill(&canvas, 1, 1, 1, 0x301, STYLE_BAR);
    canvas_fill(&canvas, 1, 2, 1, '\n', STYLE_BAR);
    canvas_fill(&canvas, 1, 3, 1, 0, STYLE_BAR);
    canvas_fill(&canvas, 1, 4, 1, 0xfeff, STYLE_BAR);
    canvas_fill(&canvas, 1, 5, 1, UINT32_MAX, STYLE_BAR);
    assert_string_equal(row_text(1), "??????");
    assert_consistent();
}

static void test_select(void **state UNUSED)
{
    start(1, 8);
    canvas_put(&canvas, 0, 0, 8, "ab" WIDE "cd", STYLE_WARN);
    canvas_select(&canvas, 0, 1, 2);
    assert_string_equal(row_text(0), "ab" WIDE "cd");
    for (unsigned col = 0; col < 8; col++) {
        assert_int_equal(cell(0, col)->selected, col >= 1 && col <= 3);
        assert_int_equal(cell(0, col)->style, col < 6 ? STYLE_WARN : STYLE_NORMAL);
    }
    assert_consistent();
    canvas_clear(&canvas);
    canvas_put(&canvas, 0, 0, 8, WIDE, STYLE_WARN);
    canvas_select(&canvas, 0, 1, 1);
    assert_consistent();
    /* What is drawn over it later is another thing. */
    canvas_select(&canvas, 0, 0, UINT32_MAX);
    assert_true(cell(0, 7)->selected);
    canvas_put(&canvas, 0, 2, 2, "xy", STYLE_NORMAL);
    canvas_fill(&canvas, 0, 4, 1, ' ', STYLE_NORMAL);
    for (unsigned col = 0; col < 8; col++)
        assert_int_equal(cell(0, col)->selected, col < 2 || col > 4);
}

/* Each at each place in each width, with and without UTF-8: nothing outside changes. */
static void test_hostile_names(void **state UNUSED)
{
    for (size_t i = 0; i < hostile_names_count * 2; i++) {
        const char *name = hostile_names[i / 2].name;

        start(1, 24);
        canvas.utf8 = i % 2;
        for (unsigned col = 0; col < 26; col++) {
            for (unsigned width = 0; width < 26; width++) {
                unsigned taken;

                canvas_fill(&canvas, 0, 0, 24, '#', STYLE_DIM);
                taken = canvas_put(&canvas, 0, col, width, name, STYLE_CRIT);
                assert_true(taken <= width);
                assert_true(taken <= canvas_text_width(&canvas, name));
                for (unsigned at = 0; at < 24; at++)
                    assert_int_equal(cell(0, at)->style,
                                     at >= col && at < col + taken ? STYLE_CRIT : STYLE_DIM);
                assert_consistent();
                canvas_fill(&canvas, 0, 0, 24, '#', STYLE_DIM);
                canvas_put_right(&canvas, 0, col, width, name, STYLE_CRIT);
                for (unsigned at = 0; at < 24; at++)
                    assert_true(cell(0, at)->style == STYLE_DIM || (at >= col && at < col + width));
                assert_consistent();
            }
        }
    }
}

static void random_text(uint64_t *seed, char *out, size_t size)
{
    static const char *const pieces[] = {
        "a", "Z", " ", UE, WIDE, SMILE, ACUTE, DOT, "\xff", "\x1b", "\xe2\x80\xae", "\xef\xb8\x8f"};
    size_t len = 0;

    out[0] = '\0';
    for (uint64_t n = support_random_below(seed, 12); n > 0; n--) {
        const char *piece = pieces[support_random_below(seed, ARRAY_SIZE(pieces))];

        copy_text(out + len, size - len, piece);
        len += strlen(out + len);
    }
}

static void test_random(void **state UNUSED)
{
    uint64_t seed = 7;

    for (unsigned round = 0; round < 300; round++) {
        start((unsigned)support_random_below(&seed, 4), (unsigned)support_random_below(&seed, 12));
        canvas.utf8 = support_random_below(&seed, 4) > 0;
        for (unsigned i = 0; i < 60; i++) {
            unsigned row = (unsigned)support_random_below(&seed, 5);
            unsigned col = (unsigned)support_random_below(&seed, 14);
            unsigned width = (unsigned)support_random_below(&seed, 14);
            enum style style = (enum style)support_random_below(&seed, STYLE__COUNT);
            char line[64];

            random_text(&seed, line, sizeof(line));
            switch (support_random_below(&seed, 5)) {
            case 0:
                canvas_put_right(&canvas, row, col, width, line, style);
                break;
            case 1:
                canvas_fill(&canvas, row, col, width, '=', style);
                break;
            case 2:
                canvas_select(&canvas, row, col, width);
                break;
            default:
                assert_true(canvas_put(&canvas, row, col, width, line, style) <= width);
            }
            assert_consistent();
        }
        for (unsigned row = 0; row < canvas.rows; row++)
            assert_true(canvas_text_width(&canvas, row_text(row)) <= canvas.cols);
    }
}

/* Memory is kept; what was there is not. */
static void test_resize(void **state UNUSED)
{
    struct canvas_cell *before;

    start(20, 80);
    canvas_fill(&canvas, 19, 0, 80, 'x', STYLE_CRIT);
    before = canvas.cells;
    canvas_resize(&canvas, 10, 20);
    canvas_resize(&canvas, 20, 80);
    assert_ptr_equal(canvas.cells, before);
    assert_string_equal(row_text(19), "");
    canvas_resize(&canvas, 200, 500);
    canvas_fill(&canvas, 199, 499, 1, 'x', STYLE_CRIT);
    assert_int_equal(strlen(row_text(199)), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_outside),
        cmocka_unit_test(test_no_size),
        cmocka_unit_test(test_put_right),
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_wide_overwritten),
        cmocka_unit_test(test_combining),
        cmocka_unit_test(test_bad_characters),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_resize),
    };

    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        return 1;
    return cmocka_run_group_tests(tests, NULL, teardown);
}
