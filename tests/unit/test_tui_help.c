/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help: all that it must tell, at every size. */
#include <string.h>

#include "made_tui.h"
#include "support.h"

/* All of the help, of a screen of that size, scrolled through line by line. The first and the
 * last row are not help's. */
static void help_read(struct made_tui *m, unsigned rows, unsigned cols, struct buf *all)
{
    size_t steps = 0;

    made_tui_size(m, rows, cols);
    made_tui_type(m, "?");
    made_tui_text(m);
    do {
        made_tui_text(m);
        canvas_row_text(&m->canvas, 2, all);
        buf_putc(all, '\n');
        made_tui_type(m, "<Down>");
        steps++;
    } while (steps <= m->tui->overlay_lines);
    /* The last lines stand below the first row: they cannot be scrolled further. */
    made_tui_text(m);
    for (unsigned row = 3; row + 1 < rows; row++) {
        canvas_row_text(&m->canvas, row, all);
        buf_putc(all, '\n');
    }
    made_tui_type(m, "<Esc>");
}

/* Texts are wrapped: compared without blanks and line ends. */
static void help_squeeze(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (*text != ' ' && *text != '\n')
            buf_putc(out, *text);
    }
}

static void help_assert_has(const struct buf *squeezed, const char *term, const char *text)
{
    struct buf want = {0}, all = {0};

    help_squeeze(term, &want);
    help_squeeze(text, &want);
    buf_add(&all, squeezed->data, squeezed->len);
    if (!strstr(buf_text(&all), buf_text(&want)))
        fail_msg("not in the help: %s %s", term, text);
    buf_done(&want);
    buf_done(&all);
}

static void help_assert_all(struct made_tui *m, unsigned rows, unsigned cols)
{
    struct buf all = {0}, squeezed = {0};

    help_read(m, rows, cols, &all);
    help_squeeze(buf_text(&all), &squeezed);
    for (size_t i = 0; i < key_rows_count; i++) {
        if (key_rows[i].help)
            help_assert_has(&squeezed, key_rows[i].names, key_rows[i].help);
    }
    for (enum column_family family = 0; family < FAMILY__COUNT; family++) {
        for (size_t i = 0; i < column_count(m->tui->columns, family); i++) {
            const struct column *column = column_at(m->tui->columns, family, i);

            help_assert_has(&squeezed, "", column->help);
        }
    }
    for (enum why why = WHY_STUCK; why < WHY__COUNT; why++)
        help_assert_has(&squeezed, why_word(why), "");
    help_assert_has(&squeezed, "", "MB = 2^20 bytes, Mb = 10^6 bits");
    help_assert_has(&squeezed, "", "No co-stop exists on KVM");
    help_assert_has(&squeezed, "VMs own", "memory that the VMs could claim");
    help_assert_has(&squeezed, "PSI", "pressure: % of the last 10 s");
    buf_done(&all);
    buf_done(&squeezed);
}

static void test_everything_is_told(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    help_assert_all(&m, 24, 80);
    help_assert_all(&m, 30, 120);
    help_assert_all(&m, 12, 40);
    made_tui_type(&m, "d");
    help_assert_all(&m, 24, 80);
    made_tui_done(&m);
}

/* Each title stands in front of what it means, with the view's own title. */
static void test_titles_stand_before_their_meaning(void **state)
{
    struct made_tui m;
    struct buf all = {0}, squeezed = {0};

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    help_read(&m, 30, 200, &all);
    help_squeeze(buf_text(&all), &squeezed);
    for (enum column_family family = 0; family < FAMILY__COUNT; family++) {
        for (size_t i = 0; i < column_count(m.tui->columns, family); i++) {
            const struct column *column = column_at(m.tui->columns, family, i);

            help_assert_has(&squeezed, view_title(VIEW_ALL, column), column->help);
        }
    }
    assert_non_null(strstr(buf_text(&all), "COLUMNS OF ALL"));
    buf_done(&all);
    buf_done(&squeezed);
    made_tui_done(&m);
}

/* Columns stand in the order of a view, or alone in a menu: none can point to another. */
static void test_each_column_is_told_by_itself(void **state)
{
    static const char *const pointers[] = {"likewise", "those calls", "those threads"};
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    for (enum column_family family = 0; family < FAMILY__COUNT; family++) {
        for (size_t i = 0; i < column_count(m.tui->columns, family); i++) {
            const struct column *column = column_at(m.tui->columns, family, i);

            for (size_t p = 0; p < ARRAY_SIZE(pointers); p++) {
                if (strstr(column->help, pointers[p]))
                    fail_msg("%s: %s", column->title, column->help);
            }
        }
    }
    made_tui_done(&m);
}

static void test_says_where_one_is(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    made_tui_size(&m, 24, 80);
    made_tui_type(&m, "?");
    assert_non_null(strstr(made_tui_line(&m, 1), "(more below)  1-21 of "));
    assert_non_null(strstr(made_tui_line(&m, 1), "Esc closes"));
    made_tui_type(&m, "<End>");
    assert_null(strstr(made_tui_line(&m, 1), "(more below)"));
    /* Never beyond the end: the last line is in the last row. */
    assert_true(m.tui->overlay_top + 21 == m.tui->overlay_lines);
    made_tui_type(&m, "<Home>");
    assert_non_null(strstr(made_tui_line(&m, 2), "KEYS"));
    made_tui_type(&m, "q");
    assert_null(strstr(made_tui_text(&m), "KEYS"));
    made_tui_done(&m);
}

/* The table behind it does not shine through. */
static void test_covers_the_table(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "covered-vm");
    assert_non_null(strstr(made_tui_text(&m), "covered-vm"));
    made_tui_type(&m, "?");
    assert_null(strstr(made_tui_text(&m), "covered-vm"));
    for (unsigned row = 1; row < m.canvas.rows - 1; row++) {
        for (unsigned col = 0; col < m.canvas.cols; col++)
            assert_false(m.canvas.cells[row * m.canvas.cols + col].selected);
    }
    made_tui_done(&m);
}

static void test_small_screens(void **state)
{
    struct made_tui m;

    (void)state;
    made_tui_init(&m);
    made_tui_cycle(&m, "db-01");
    made_tui_type(&m, "?");
    for (unsigned rows = 1; rows <= 12; rows++) {
        for (unsigned cols = 1; cols <= 45; cols++) {
            made_tui_size(&m, rows, cols);
            made_tui_text(&m);
            made_tui_type(&m, "<PgDn>");
            made_tui_text(&m);
        }
    }
    made_tui_size(&m, 5, 20);
    made_tui_type(&m, "<Home>");
    assert_non_null(strstr(made_tui_text(&m), "Help"));
    assert_non_null(strstr(made_tui_text(&m), "KEYS"));
    made_tui_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_told),
        cmocka_unit_test(test_titles_stand_before_their_meaning),
        cmocka_unit_test(test_each_column_is_told_by_itself),
        cmocka_unit_test(test_says_where_one_is),
        cmocka_unit_test(test_covers_the_table),
        cmocka_unit_test(test_small_screens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
