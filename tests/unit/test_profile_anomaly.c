/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/anomaly: scores by hand, when an alarm begins and ends, and how often it is right. */
#include "profile/anomaly.h"

#include <math.h>
#include <string.h>

#include "profile/diff.h"
#include "support.h"

#define assert_six(actual, expected) assert_true(fabs((actual) - (expected)) < 1e-6)

/* Counts 0 2 0 0 | 0 0 1 1 | 0 0 0 1 | 2 0 0 2, smoothed by half a count. */
static const double p[] = {.125,    .625,    .125,    .125, .125,    .125,    .375,    .375,
                           1 / 6.0, 1 / 6.0, 1 / 6.0, .5,   5 / 12., 1 / 12., 1 / 12., 5 / 12.};
static const double pi[] = {2 / 9.0, 2 / 9.0, 1 / 9.0, 4 / 9.0};

static void feed(struct anomaly *anomaly, const unsigned *states, unsigned count)
{
    struct chain_surprise expected = chain_surprise(p, pi, 4);

    anomaly_init(anomaly, 30);
    for (unsigned i = 1; i < count; i++)
        assert_true(anomaly_take(anomaly, states[i - 1], states[i], p + 4 * states[i - 1], 4,
                                 expected, false));
}

static void test_scores(void **state UNUSED)
{
    struct anomaly anomaly;
    unsigned from, to;

    anomaly_init(&anomaly, 30);
    assert_false(anomaly_worst(&anomaly, &from, &to));
    feed(&anomaly, (const unsigned[]){0, 1, 2, 3, 3}, 5);
    assert_six(anomaly.mean, 0.754862);
    assert_six(anomaly.expected.mean, 1.163926);
    assert_six(anomaly.expected.deviation, 0.619004);
    assert_six(anomaly.z, -1.321684);
    feed(&anomaly, (const unsigned[]){0, 3, 1, 0, 2}, 5);
    assert_six(anomaly.mean, 2.180808);
    assert_six(anomaly.z, 3.285539);
    assert_true(anomaly_worst(&anomaly, &from, &to));
    assert_int_equal(from, 3);
    assert_int_equal(to, 1);
    anomaly_fold(&anomaly);
    assert_true(anomaly_worst(&anomaly, &from, &to));
    assert_int_equal(from, 1);
    assert_int_equal(to, 0);
    assert_six(anomaly_score01(3), 0.632121);
    assert_six(anomaly_score01(-3), 0);
    assert_six(anomaly_score01(0), 0);
}

/* Only the last `window` steps count. */
static void test_window(void **state UNUSED)
{
    struct chain_surprise expected = {1, 0.5};
    struct anomaly anomaly;

    anomaly_init(&anomaly, 3);
    for (unsigned i = 0; i < 100; i++)
        anomaly_take(&anomaly, 0, 1, p, 4, expected, false);
    assert_int_equal(anomaly.count, 3);
    assert_six(anomaly.mean, -log(.625));
    anomaly_take(&anomaly, 0, 0, p, 4, expected, false);
    assert_six(anomaly.mean, (-2 * log(.625) - log(.125)) / 3);
    assert_six(anomaly.z, (anomaly.mean - 1) / .5 * sqrt(3));
    anomaly_break(&anomaly);
    assert_int_equal(anomaly.count, 0);
    assert_six(anomaly.z, 0);
    anomaly_init(&anomaly, 1000);
    assert_int_equal(anomaly.window, ANOMALY_WINDOW_MAX);
    anomaly_init(&anomaly, 0);
    assert_int_equal(anomaly.window, 2);
}

/* Nothing that is not finite comes out, whatever goes in. */
static void test_limits(void **state UNUSED)
{
    static const double odd[] = {0, 1, NAN, 1e-320};
    struct anomaly anomaly;

    anomaly_init(&anomaly, 4);
    for (unsigned to = 0; to < 4; to++)
        anomaly_take(&anomaly, 0, to, odd, 4, (struct chain_surprise){0, 1e-320}, true);
    assert_true(isfinite(anomaly.z) && isfinite(anomaly.mean));
    assert_true(isfinite(anomaly_evidence(&anomaly)));
    anomaly_take(&anomaly, 0, 1, odd, 4, (struct chain_surprise){1, 0}, true);
    assert_six(anomaly.z, 0);
}

/* Two states; the second one is rare, whatever was before. */
static const double rare[] = {.99, .01, .99, .01};

static bool rare_step(struct anomaly *anomaly, unsigned to)
{
    static const double half[] = {.99, .01};

    return anomaly_take(anomaly, 0, to, rare, 2, chain_surprise(rare, half, 2), true);
}

static void test_begins_and_ends(void **state UNUSED)
{
    struct anomaly anomaly;

    anomaly_init(&anomaly, 10);
    assert_true(rare_step(&anomaly, 1));
    assert_true(anomaly.z >= ANOMALY_Z);
    assert_true(rare_step(&anomaly, 1));
    assert_false(anomaly.active);
    for (unsigned i = 0; i < 100; i++) {
        assert_false(rare_step(&anomaly, 1));
        assert_true(anomaly.active);
    }
    assert_int_equal(anomaly.held, 100); /* ten windows */
    assert_true(rare_step(&anomaly, 1));
    assert_true(anomaly.active);
    /* One rare step in ten: (4.605+9*0.010)/10 = 0.470, below 0.056 + 3*0.457/sqrt(10) = 0.490. */
    for (unsigned i = 0; i < 8; i++) {
        rare_step(&anomaly, 0);
        assert_true(anomaly.active);
    }
    rare_step(&anomaly, 0);
    assert_false(anomaly.active);
    /* The next one comes too soon to be held anew. */
    for (unsigned i = 0; i < 20; i++)
        assert_true(rare_step(&anomaly, 1));
    assert_true(anomaly.active);
    for (unsigned i = 0; i < 9 + 10; i++)
        assert_true(rare_step(&anomaly, 0));
    assert_int_equal(anomaly.held, 0);
    /* One alone does not score 3 among nine others, see above: the fourth begins it. */
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(rare_step(&anomaly, 1), i < 3);
}

static void test_broken(void **state UNUSED)
{
    struct anomaly anomaly;

    anomaly_init(&anomaly, 10);
    for (unsigned i = 0; i < 5; i++)
        rare_step(&anomaly, 1);
    assert_true(anomaly.active);
    anomaly_break(&anomaly);
    assert_false(anomaly.active);
    assert_near(anomaly_evidence(&anomaly), 0);
    assert_int_equal(anomaly.held, 3);
    assert_true(rare_step(&anomaly, 1));
    assert_true(rare_step(&anomaly, 1));
    assert_false(rare_step(&anomaly, 1));
    assert_int_equal(anomaly.held, 4);
}

static void test_untrained(void **state UNUSED)
{
    struct anomaly anomaly;

    anomaly_init(&anomaly, 10);
    for (unsigned i = 0; i < 50; i++)
        assert_true(anomaly_take(&anomaly, 0, 1, rare, 2, (struct chain_surprise){.05, .4}, false));
    assert_false(anomaly.active);
    assert_true(anomaly.z > 3);
    assert_near(anomaly_evidence(&anomaly), 0);
}

/* What a step adds: t*x - ln sum_j p_j^(1-t) - slack. */
static void test_evidence(void **state UNUSED)
{
    struct anomaly anomaly;

    anomaly_init(&anomaly, 10);
    rare_step(&anomaly, 1);
    for (unsigned i = 0; i < ANOMALY_TILTS; i++) {
        double t = .25 * (i + 1);
        assert_six(anomaly.sums[i],
                   -t * log(.01) - log(pow(.99, 1 - t) + pow(.01, 1 - t)) - ANOMALY_SLACK);
    }
    assert_near(anomaly_evidence(&anomaly), log(100) - log(2) - ANOMALY_SLACK);
    for (unsigned i = 0; i < 1000; i++)
        rare_step(&anomaly, 1);
    assert_near(anomaly_evidence(&anomaly), 2 * ANOMALY_EVIDENCE);
    for (unsigned i = 0; i < 1000; i++)
        rare_step(&anomaly, 0);
    assert_near(anomaly_evidence(&anomaly), 0);
}

/* A VM goes where it has never been and stays: 30 steps, learned as far as they may be. Whether
 * that raises an alarm; `told`: anomaly_tell_row() is called. */
static bool stays_in_new_state(bool told, unsigned *ret_learned)
{
    static const double usual[] = {.9795, .01, .01, .0005};
    static const double rows[16] = {.98, .01, .01, 0, .98, .01, .01, 0, .98, .01, .01};
    struct chain_surprise expected = chain_surprise(rows, (const double[]){.98, .01, .01, 0}, 4);
    struct anomaly anomaly;
    unsigned learned = 0;
    bool flagged = false;

    anomaly_init(&anomaly, 30);
    for (unsigned i = 0; i < 60; i++)
        anomaly_take(&anomaly, 0, 0, usual, 4, expected, true);
    anomaly_take(&anomaly, 0, 3, usual, 4, expected, true);
    for (unsigned i = 0; i < 30; i++) {
        double other = .5 / (learned + 2), p_new[] = {other, other, other, 1 - 3 * other};
        if (told)
            anomaly_tell_row(&anomaly, learned);
        learned += anomaly_take(&anomaly, 3, 3, p_new, 4, expected, true);
        flagged = flagged || anomaly.active;
    }
    *ret_learned = learned;
    return flagged;
}

static void test_new_state(void **state UNUSED)
{
    unsigned learned;

    assert_false(stays_in_new_state(false, &learned));
    assert_int_equal(learned, 30);
    assert_true(stays_in_new_state(true, &learned));
    assert_int_equal(learned, 1);
}

/* A chain of the shape: stays with `stay`, goes to the next state with `on`, anywhere with the
 * rest. */
static void make_chain(double *chain, unsigned states, double stay, double on)
{
    for (unsigned i = 0; i < states; i++) {
        for (unsigned j = 0; j < states; j++)
            chain[i * states + j] = (1 - stay - on) / states;
        chain[i * states + i] += stay;
        chain[i * states + (i + 1) % states] += on;
    }
}

static unsigned chain_next(const double *row, unsigned states, struct random_source *source)
{
    double r = random_unit(source);

    for (unsigned j = 0; j + 1 < states; j++)
        if ((r -= row[j]) < 0)
            return j;
    return states - 1;
}

struct judged {
    const double *chain; /* what is expected */
    unsigned states, at;
    struct chain_surprise expected;
    struct anomaly anomaly;
    unsigned alarms, scores; /* that began: with both bars, by the score alone */
};

static void judge_step(struct judged *j, const double *actual, struct random_source *source)
{
    const double *row = j->chain + (size_t)j->at * j->states;
    unsigned next = chain_next(actual + (size_t)j->at * j->states, j->states, source);
    bool was = j->anomaly.active;

    anomaly_take(&j->anomaly, j->at, next, row, j->states, j->expected, true);
    j->alarms += j->anomaly.active && !was;
    j->scores += j->anomaly.high == ANOMALY_STEPS;
    j->at = next;
}

/* Of 10^5 normal steps fewer than 20 raise an alarm; of 100 times 30 steps of another chain 95 do.
 */
static void check_rates(const double *normal, const double *other, unsigned states,
                        unsigned least_scores)
{
    double shares[16];
    struct random_source source = {1};
    struct judged j = {.chain = normal, .states = states};
    unsigned flagged = 0;

    for (unsigned i = 0; i < states; i++)
        shares[i] = 1.0 / states;
    j.expected = chain_surprise(normal, shares, states);
    anomaly_init(&j.anomaly, 30);
    for (unsigned i = 0; i < 100000; i++)
        judge_step(&j, normal, &source);
    print_message("%u states: %u alarms, %u by the score alone\n", states, j.alarms, j.scores);
    assert_true(j.alarms < 20);
    assert_true(j.scores >= least_scores);
    for (unsigned run = 0; run < 100; run++) {
        unsigned i = 0;
        for (i = 0; i < 60 || j.anomaly.active; i++)
            judge_step(&j, normal, &source);
        for (i = 0; i < 30 && !j.anomaly.active; i++)
            judge_step(&j, other, &source);
        flagged += j.anomaly.active;
    }
    print_message("%u states: %u of 100 flagged\n", states, flagged);
    assert_true(flagged >= 95);
}

static void test_rates(void **state UNUSED)
{
    static const unsigned sizes[] = {2, 4, 8, 16};
    double sticky[256], cycle[256], noise[256];

    for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
        make_chain(sticky, sizes[i], .98, 0);
        make_chain(cycle, sizes[i], 0, .9);
        make_chain(noise, sizes[i], 0, 0);
        /* The score alone gives four times the false alarms that are allowed. */
        check_rates(sticky, cycle, sizes[i], 40);
        check_rates(sticky, noise, sizes[i], 40);
        check_rates(cycle, sticky, sizes[i], 10);
        check_rates(cycle, noise, sizes[i], 10);
    }
}

static void test_drift(void **state UNUSED)
{
    static const double values[] = {.1, .2, .1, .2, 2, 2.2};
    static const double levels[] = {0, 0, 0, 0, 1.43, 2.78};
    struct drift drift = {0};

    for (unsigned i = 0; i < ARRAY_SIZE(values); i++) {
        assert_false(drift_take(&drift, values[i], DRIFT_DELTA, 3));
        assert_six(drift_level(&drift), levels[i]);
    }
    struct drift patient = drift;
    assert_false(drift_take(&patient, 2.1, DRIFT_DELTA, DRIFT_LAMBDA));
    assert_true(fabs(drift_level(&patient) - 3.84429) < 1e-5);
    assert_true(drift_take(&drift, 2.1, DRIFT_DELTA, 3));
    assert_int_equal(drift.alarms, 1);
    assert_int_equal(drift.count, 0);
    assert_near(drift_level(&drift), 0);
    assert_false(drift_take(&drift, NAN, DRIFT_DELTA, 3));
    assert_int_equal(drift.count, 0);
    assert_false(drift_take(&drift, 100, DRIFT_DELTA, 3));
    assert_int_equal(drift.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),   cmocka_unit_test(test_window),
        cmocka_unit_test(test_limits),   cmocka_unit_test(test_begins_and_ends),
        cmocka_unit_test(test_broken),   cmocka_unit_test(test_untrained),
        cmocka_unit_test(test_evidence), cmocka_unit_test(test_rates),
        cmocka_unit_test(test_drift),    cmocka_unit_test(test_new_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
