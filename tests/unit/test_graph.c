/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Graphs: known series as characters. */
#include "tui/graph.h"

#include <math.h>

#include "support.h"

#define STEPS 150

static void graph_expect(const struct graph *graph, unsigned row, bool utf8, const char *expected)
{
    struct buf out = {0};

    graph_put_line(&out, graph, row, utf8);
    assert_string_equal(buf_text(&out), expected);
    buf_done(&out);
}

static void test_constant_half(void **state)
{
    float values[STEPS];
    struct graph graph = {.values = values, .count = STEPS, .full = 100, .rows = 4, .cols = 5};

    (void)state;
    for (size_t i = 0; i < STEPS; i++)
        values[i] = 50;
    graph_expect(&graph, 0, true, "     ");
    graph_expect(&graph, 1, true, "     ");
    graph_expect(&graph, 2, true, "█████");
    graph_expect(&graph, 3, true, "█████");
    graph_expect(&graph, 1, false, "     ");
    graph_expect(&graph, 2, false, "*****");
}

static void test_ramp(void **state)
{
    /* One row of 8 steps: 0 and 1/8 look alike, for a known 0 is no gap. */
    static const float values[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    struct graph graph = {.values = values, .count = 9, .full = 8, .rows = 1, .cols = 9};

    (void)state;
    graph_expect(&graph, 0, true, "▁▁▂▃▄▅▆▇█");
    /* Of three steps: a known 0 as above, 0.375, 0.75, 1.125, 1.5, ... rounded. */
    graph_expect(&graph, 0, false, "....:::**");
    graph.rows = 2;
    graph_expect(&graph, 0, true, "     ▂▄▆█");
    graph_expect(&graph, 1, true, "▁▂▄▆█████");
}

static void test_gaps_are_blank(void **state)
{
    const float values[] = {NAN, 0, NAN, NAN, 100, NAN};
    struct graph graph = {.values = values, .count = 6, .full = 100, .rows = 2, .cols = 6};

    (void)state;
    graph_expect(&graph, 0, true, "    █ ");
    graph_expect(&graph, 1, true, " ▁  █ ");
    graph_expect(&graph, 0, false, "    * ");
    graph_expect(&graph, 1, false, " .  * ");
}

/* Several values of a character: the largest; a gap beside a value does not hide it. */
static void test_fewer_columns(void **state)
{
    const float values[] = {10, 100, 0, NAN, NAN, NAN};
    struct graph graph = {.values = values, .count = 6, .full = 100, .rows = 1, .cols = 3};

    (void)state;
    graph_expect(&graph, 0, true, "█▁ ");
}

static void test_more_columns(void **state)
{
    const float values[] = {0, 100};
    struct graph graph = {.values = values, .count = 2, .full = 100, .rows = 1, .cols = 6};

    (void)state;
    graph_expect(&graph, 0, true, "▁▁▁███");
}

static void test_beyond_the_scale(void **state)
{
    const float values[] = {-5, 1e30F, INFINITY};
    struct graph graph = {.values = values, .count = 3, .full = 100, .rows = 2, .cols = 3};

    (void)state;
    graph_expect(&graph, 0, true, " ██");
    graph_expect(&graph, 1, true, "▁██");
}

static void test_nothing_known(void **state)
{
    struct graph graph = {.count = 0, .full = 100, .rows = 1, .cols = 3};

    (void)state;
    graph_expect(&graph, 0, true, "   ");
}

static void test_scale(void **state)
{
    const float small[] = {0.2F, NAN}, exact[] = {20}, above[] = {20.1F}, large[] = {730, 2},
                none[] = {NAN};

    (void)state;
    assert_near(graph_scale(small, 2), 1);
    assert_near(graph_scale(exact, 1), 20);
    assert_near(graph_scale(above, 1), 50);
    assert_near(graph_scale(large, 2), 1000);
    assert_near(graph_scale(none, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_constant_half),  cmocka_unit_test(test_ramp),
        cmocka_unit_test(test_gaps_are_blank), cmocka_unit_test(test_fewer_columns),
        cmocka_unit_test(test_more_columns),   cmocka_unit_test(test_beyond_the_scale),
        cmocka_unit_test(test_nothing_known),  cmocka_unit_test(test_scale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
