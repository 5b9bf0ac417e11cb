/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tui/history: steps, gaps, means and highest, forgetting, memory, precision. */
#include <malloc.h>
#include <math.h>
#include <string.h>

#include "made_frame.h"
#include "support.h"
#include "tui/history.h"

struct fixture {
    struct made_frame made;
    struct shot shot;
    struct history *history;
};

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof(*f));
    made_frame_init(&f->made);
    f->shot.frame = f->made.frame;
    f->history = history_new();
}

static void fixture_done(struct fixture *f)
{
    history_free(f->history);
    facts_done(&f->shot.facts);
    made_frame_done(&f->made);
}

/* The frame that is made: of that time in s, so long after the one before, no VMs. */
static void begin(struct fixture *f, double at, double interval)
{
    f->made.frame->at = (struct mono){(int64_t)llround(at * 1e9)};
    f->made.frame->interval = interval;
    f->made.frame->tables[SCOPE_VM].rows = 0;
    f->shot.facts.count = 0;
}

/* A VM of that id in it. */
static void add_vm(struct fixture *f, uint64_t id, double used, double ready, double latency)
{
    struct frame_table *vms = &f->made.frame->tables[SCOPE_VM];
    struct facts *facts = &f->shot.facts;
    size_t row = made_frame_vm(&f->made, "a");

    frame_set_number(vms, row, VM_CPU_TOTAL, used);
    frame_set_number(vms, row, VM_CPU_STEAL, ready);
    facts->list = array_grow(facts->list, &facts->capacity, row + 1, sizeof(*facts->list));
    facts->list[row] = (struct vm_facts){.id = id, .latency = latency};
    facts->count = row + 1;
}

/* A frame of one VM. */
static void one(struct fixture *f, double at, double interval, double used, double ready,
                double latency)
{
    begin(f, at, interval);
    add_vm(f, 1, used, ready, latency);
    history_add(f->history, &f->shot);
}

/* Codes have 10 bits of mantissa: 2^-11 = 0.05 %. */
static void assert_about(float actual, double expected)
{
    if (isnan(expected)) {
        assert_true(isnan(actual));
        return;
    }
    if (!(fabs(actual - expected) <= expected * 0.0006))
        print_error("%g, not %g\n", (double)actual, expected);
    assert_true(fabs(actual - expected) <= expected * 0.0006);
}

/* The newest steps of a VM. */
static void assert_steps(const struct fixture *f, uint64_t id, enum history_series series,
                         const double *expected, size_t count)
{
    float values[HISTORY_STEPS + 50];

    assert_true(count <= ARRAY_SIZE(values));
    history_read(f->history, id, series, values, count);
    for (size_t i = 0; i < count; i++)
        assert_about(values[i], expected[i]);
}
#define assert_series(f, id, series, ...)                                                          \
    assert_steps((f), (id), (series), (const double[]){__VA_ARGS__},                               \
                 sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void test_empty(void **state UNUSED)
{
    struct fixture f;
    float values[1] = {7};

    fixture_init(&f);
    assert_series(&f, 1, HISTORY_USED, NAN, NAN, NAN);
    history_read(f.history, 1, HISTORY_USED, values, 0);
    assert_true(values[0] == 7);
    history_add(f.history, &(struct shot){0});
    begin(&f, 100, 2);
    history_add(f.history, &f.shot);
    assert_series(&f, 1, HISTORY_LATENCY, NAN);
    history_free(NULL);
    fixture_done(&f);
}

/* A frame each 2 s. */
static void test_steps(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    one(&f, 100.5, 0, NAN, NAN, NAN); /* the first one knows no rates */
    one(&f, 102.5, 2, 10, 1, 4);
    one(&f, 104.5, 2, 0, 0, NAN);
    one(&f, 106.5, 2, 30, 3, 0.5);
    assert_series(&f, 1, HISTORY_USED, NAN, NAN, 10, 0, 30);
    assert_series(&f, 1, HISTORY_READY, NAN, NAN, 1, 0, 3);
    assert_series(&f, 1, HISTORY_LATENCY, NAN, NAN, 4, NAN, 0.5);
    assert_series(&f, 1, HISTORY_USED, 0, 30);
    assert_series(&f, 2, HISTORY_USED, NAN, NAN);
    fixture_done(&f);
}

/* A cycle of 10 s is five steps; the step of the frame before is not among them. */
static void test_long_cycles(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    one(&f, 100, 2, 1, 1, 1);
    one(&f, 110, 10, 5, 6, 7);
    assert_series(&f, 1, HISTORY_USED, NAN, 1, 5, 5, 5, 5, 5);
    one(&f, 113, 3, 8, 8, 8); /* steps 55 and 56: (110, 113] lies in both */
    assert_series(&f, 1, HISTORY_READY, 1, 6, 6, 6, 6, 6, 8);
    one(&f, 116, 3, 9, 9, 9); /* 57 and 58 */
    assert_series(&f, 1, HISTORY_READY, 6, 8, 9, 9);
    fixture_done(&f);
}

static void test_longer_than_all(void **state UNUSED)
{
    static const double intervals[] = {300, 302, 3600, 1e300, INFINITY};

    for (size_t i = 0; i < ARRAY_SIZE(intervals); i++) {
        struct fixture f;
        double expected[HISTORY_STEPS + 1];

        fixture_init(&f);
        one(&f, 1000, 2, 1, 1, 1);
        one(&f, 10000, intervals[i], 5, 5, 5);
        expected[0] = NAN;
        for (unsigned s = 1; s <= HISTORY_STEPS; s++)
            expected[s] = 5;
        assert_steps(&f, 1, HISTORY_USED, expected, ARRAY_SIZE(expected));
        fixture_done(&f);
    }
}

/* Frames that were not kept, or a program that stood still: nothing is known. */
static void test_gaps(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    one(&f, 100, 2, 1, 1, 1);
    one(&f, 108, 2, 5, 5, 5);
    assert_series(&f, 1, HISTORY_USED, NAN, 1, NAN, NAN, NAN, 5);
    one(&f, 112, 0, 6, 6, 6);
    one(&f, 116, -3, 7, 7, 7);
    one(&f, 120, NAN, 8, 8, 8);
    assert_series(&f, 1, HISTORY_LATENCY, 5, NAN, 6, NAN, 7, NAN, 8);
    fixture_done(&f);
}

/* %USED: the mean; %RDY and latency: the highest. */
static void test_several_in_a_step(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    one(&f, 98.0, 0.5, 90, 90, 90);
    one(&f, 100.0, 0.5, 10, 1, NAN);
    one(&f, 100.5, 0.5, 20, 9, 3);
    one(&f, 101.0, 0.5, NAN, NAN, NAN);
    one(&f, 101.5, 0.5, 60, 2, 2);
    assert_series(&f, 1, HISTORY_USED, 90, 30); /* (10 + 20 + 60) / 3 */
    assert_series(&f, 1, HISTORY_READY, 90, 9);
    assert_series(&f, 1, HISTORY_LATENCY, 90, 3);
    one(&f, 102.0, 0.5, 70, 7, 7);
    assert_series(&f, 1, HISTORY_USED, 90, 30, 70);
    one(&f, 103.0, 1.0, 0, 0, 0);
    assert_series(&f, 1, HISTORY_USED, 30, 35); /* (70 + 0) / 2 */
    /* A step that began without a figure. */
    one(&f, 104.0, 1.0, NAN, NAN, NAN);
    one(&f, 105.0, 1.0, 40, 4, 5);
    assert_series(&f, 1, HISTORY_USED, 35, 40);
    assert_series(&f, 1, HISTORY_LATENCY, 7, 5);
    fixture_done(&f);
}

/* A frame of an earlier time than one that was seen. */
static void test_backwards(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    one(&f, 100, 2, 1, 1, 1);
    one(&f, 102, 2, 2, 2, 2);
    one(&f, 100, 2, 9, 9, 9);
    one(&f, 0, 2, 9, 9, 9);
    one(&f, -50, 2, 9, 9, 9);
    assert_series(&f, 1, HISTORY_USED, NAN, 1, 2);
    one(&f, 104, 2, 3, 3, 3);
    assert_series(&f, 1, HISTORY_USED, NAN, 1, 2, 3);
    fixture_done(&f);
}

/* VMs come and go; a step without them is one without a figure. */
static void test_absent(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    one(&f, 100, 2, 1, 1, 1);
    begin(&f, 102, 2);
    add_vm(&f, 2, 20, 20, 20);
    history_add(f.history, &f.shot);
    assert_series(&f, 1, HISTORY_USED, 1, NAN);
    assert_series(&f, 2, HISTORY_USED, NAN, 20);
    begin(&f, 104, 2);
    add_vm(&f, 2, 21, 20, 20);
    add_vm(&f, 1, 11, 20, 20);
    history_add(f.history, &f.shot);
    assert_series(&f, 1, HISTORY_USED, NAN, 1, NAN, 11);
    assert_series(&f, 2, HISTORY_USED, NAN, NAN, 20, 21);
    fixture_done(&f);
}

static void test_five_minutes(void **state UNUSED)
{
    struct fixture f;
    double expected[HISTORY_STEPS + 3];

    fixture_init(&f);
    for (unsigned s = 0; s < 2 * HISTORY_STEPS; s++)
        one(&f, 2 * s, 2, s, s, s);
    for (unsigned s = 0; s < ARRAY_SIZE(expected); s++)
        expected[s] = s < 3 ? NAN : HISTORY_STEPS + s - 3;
    assert_steps(&f, 1, HISTORY_USED, expected, ARRAY_SIZE(expected));
    /* Others' frames push it out, step by step. */
    for (unsigned s = 0; s < HISTORY_STEPS; s++) {
        begin(&f, 2 * (2 * HISTORY_STEPS + s), 2);
        history_add(f.history, &f.shot);
        memmove(expected, expected + 1, sizeof(expected) - sizeof(expected[0]));
        expected[ARRAY_SIZE(expected) - 1] = NAN;
        expected[2] = NAN;
        assert_steps(&f, 1, HISTORY_READY, expected, ARRAY_SIZE(expected));
    }
    /* It comes back without its past. */
    one(&f, 2 * 3 * HISTORY_STEPS, 2, 7, 7, 7);
    for (unsigned s = 0; s < ARRAY_SIZE(expected); s++)
        expected[s] = s + 1 < ARRAY_SIZE(expected) ? NAN : 7;
    assert_steps(&f, 1, HISTORY_USED, expected, ARRAY_SIZE(expected));
    fixture_done(&f);
}

static void test_precision(void **state UNUSED)
{
    struct fixture f;
    double at = 100;

    fixture_init(&f);
    for (double value = 1e-8; value < 4e9; value *= 1.0123) {
        float got = 0;

        one(&f, at += 2, 2, value, value, value);
        history_read(f.history, 1, HISTORY_LATENCY, &got, 1);
        assert_about(got, value);
    }
    one(&f, at += 2, 2, 100, 12.1, 0);
    assert_series(&f, 1, HISTORY_USED, 100);
    assert_series(&f, 1, HISTORY_READY, 12.1);
    assert_series(&f, 1, HISTORY_LATENCY, 0);
    one(&f, at += 2, 2, 1e-300, -5,
        1e300); /* what is too small is 0, too large: as large as it gets */
    assert_series(&f, 1, HISTORY_USED, 0);
    assert_series(&f, 1, HISTORY_READY, 0);
    assert_series(&f, 1, HISTORY_LATENCY, 4294967296.0);
    fixture_done(&f);
}

/* More facts than rows, and the other way round; one id twice. */
static void test_bad_shots(void **state UNUSED)
{
    struct fixture f;

    fixture_init(&f);
    begin(&f, 100, 2);
    add_vm(&f, 1, 10, 10, 10);
    add_vm(&f, 1, 20, 30, 40);
    add_vm(&f, 3, 5, 5, 5);
    f.shot.facts.count = 2;
    history_add(f.history, &f.shot);
    assert_series(&f, 1, HISTORY_USED, 15); /* (10 + 20) / 2 */
    assert_series(&f, 1, HISTORY_READY, 30);
    assert_series(&f, 3, HISTORY_READY, NAN);
    f.shot.facts.count = 3;
    f.made.frame->tables[SCOPE_VM].rows = 1;
    f.made.frame->at.ns += 2000000000;
    history_add(f.history, &f.shot);
    assert_series(&f, 1, HISTORY_USED, 15, 10);
    assert_series(&f, 3, HISTORY_USED, NAN, NAN);
    fixture_done(&f);
}

/* The same by a plain array, over random frames. */
static void test_against_array(void **state UNUSED)
{
    enum { VMS = 70, STEPS = 2000 };
    static double sums[VMS][STEPS], latencies[VMS][STEPS];
    static unsigned counts[VMS][STEPS];
    struct fixture f;
    uint64_t seed = 11;
    int64_t before_ns = 0, ns = 0;

    fixture_init(&f);
    for (unsigned v = 0; v < VMS; v++) {
        for (unsigned s = 0; s < STEPS; s++) {
            latencies[v][s] = NAN;
            sums[v][s] = 0;
            counts[v][s] = 0;
        }
    }
    for (;;) {
        int64_t first, last;

        before_ns = ns;
        ns +=
            100000000 *
            (int64_t)(1 + support_random_below(&seed, support_random_below(&seed, 30) ? 50 : 900));
        first = before_ns / 2000000000 + 1;
        last = ns / 2000000000;
        if (last >= STEPS)
            break;
        begin(&f, (double)ns / 1e9, (double)(ns - before_ns) / 1e9);
        if (first > last)
            first = last;
        for (unsigned v = 0; v < VMS; v++) {
            double used = (double)support_random_below(&seed, 100);
            double latency = (double)support_random_below(&seed, 1000) / 10;

            if (support_random_below(&seed, 5) == 0)
                continue;
            /* Ids that differ in their upper bits only, too. */
            add_vm(&f, v % 2 ? 1 + v : (uint64_t)(1 + v) << 48, used, NAN, latency);
            for (int64_t s = first; s <= last; s++) {
                sums[v][s] += used;
                counts[v][s]++;
                if (!(latencies[v][s] >= latency))
                    latencies[v][s] = latency;
            }
        }
        history_add(f.history, &f.shot);
        for (unsigned v = 0; v < VMS; v++) {
            uint64_t id = v % 2 ? 1 + v : (uint64_t)(1 + v) << 48;
            float used[HISTORY_STEPS], latency[HISTORY_STEPS];

            history_read(f.history, id, HISTORY_USED, used, HISTORY_STEPS);
            history_read(f.history, id, HISTORY_LATENCY, latency, HISTORY_STEPS);
            for (int64_t i = 0; i < HISTORY_STEPS; i++) {
                int64_t s = last - HISTORY_STEPS + 1 + i;

                if (s < 0)
                    continue;
                assert_about(used[i], counts[v][s] ? sums[v][s] / counts[v][s] : NAN);
                assert_about(latency[i], latencies[v][s]);
            }
        }
    }
    fixture_done(&f);
}

/* New VMs in each cycle: what those of five minutes took serves the next ones. (Under
 * a sanitizer mallinfo2() tells nothing; the reading is tested all the same.) */
static void test_memory(void **state UNUSED)
{
    enum { PER_STEP = 20 };
    struct fixture f;
    uint64_t id = 1;
    size_t after_first = 0;

    fixture_init(&f);
    for (unsigned s = 0; s < 6 * HISTORY_STEPS; s++) {
        begin(&f, 2 * s, 2);
        for (unsigned i = 0; i < PER_STEP; i++)
            add_vm(&f, id++, s % 100, 1, 1);
        history_add(f.history, &f.shot);
        assert_series(&f, id - 1, HISTORY_USED, NAN, s % 100);
        if (s == HISTORY_STEPS + 1)
            after_first = mallinfo2().uordblks;
    }
    /* A chunk of rings may come late. */
    assert_true(mallinfo2().uordblks <= after_first + 200000);
    /* All that is remembered is there, and nothing else. */
    for (uint64_t old = 1; old < id; old++) {
        uint64_t seen = (old - 1) / PER_STEP, ago = 6 * HISTORY_STEPS - 1 - seen;
        float values[HISTORY_STEPS];

        history_read(f.history, old, HISTORY_USED, values, HISTORY_STEPS);
        for (size_t i = 0; i < HISTORY_STEPS; i++)
            assert_about(values[i], i + ago == HISTORY_STEPS - 1 ? (double)(seen % 100) : NAN);
    }
    fixture_done(&f);
}

/* 1000 VMs for five minutes take less than 2 MB. */
static void test_thousand(void **state UNUSED)
{
    struct fixture f;
    size_t before = 0;

    fixture_init(&f);
    begin(&f, 2, 2);
    for (uint64_t id = 1; id <= 1000; id++)
        add_vm(&f, id, 1, 2, 3);
    before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (unsigned s = 0; s < 3; s++) {
        f.made.frame->at.ns += 2000000000;
        history_add(f.history, &f.shot);
    }
    assert_true(mallinfo2().uordblks + mallinfo2().hblkhd < before + 2000000);
    for (uint64_t id = 1; id <= 1000; id++)
        assert_series(&f, id, HISTORY_READY, NAN, 2, 2, 2);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_long_cycles),  cmocka_unit_test(test_longer_than_all),
        cmocka_unit_test(test_gaps),         cmocka_unit_test(test_several_in_a_step),
        cmocka_unit_test(test_backwards),    cmocka_unit_test(test_absent),
        cmocka_unit_test(test_five_minutes), cmocka_unit_test(test_precision),
        cmocka_unit_test(test_bad_shots),    cmocka_unit_test(test_against_array),
        cmocka_unit_test(test_memory),       cmocka_unit_test(test_thousand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
