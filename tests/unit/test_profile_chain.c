/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/chain: a small chain by hand, and what holds of any. */
#include "profile/chain.h"

#include <math.h>
#include <string.h>

#include "support.h"

#define assert_six(actual, expected) assert_true(fabs((actual) - (expected)) < 1e-6)

/* Counts 0 2 0 0 | 0 0 1 1 | 0 0 0 1 | 2 0 0 2: smoothed by half a count, and raw. */
static const double p[] = {.125,    .625,    .125,    .125, .125,    .125,    .375,    .375,
                           1 / 6.0, 1 / 6.0, 1 / 6.0, .5,   5 / 12., 1 / 12., 1 / 12., 5 / 12.};
static const double raw[] = {0, 1, 0, 0, 0, 0, .5, .5, 0, 0, 0, 1, .5, 0, 0, .5};
static const double pi[] = {2 / 9.0, 2 / 9.0, 1 / 9.0, 4 / 9.0};

static void assert_four(const double *actual, double a, double b, double c, double d)
{
    assert_six(actual[0], a);
    assert_six(actual[1], b);
    assert_six(actual[2], c);
    assert_six(actual[3], d);
}

/* The distribution `steps` steps after being in state 0. */
static void predict(const double *chain, unsigned states, unsigned steps, double *ret)
{
    double next[SCALE_STATES_MAX];

    for (unsigned i = 0; i < states; i++)
        ret[i] = i == 0 ? 1 : 0;
    for (unsigned k = 0; k < steps; k++) {
        chain_step(chain, states, ret, next);
        memcpy(ret, next, states * sizeof(*next));
    }
}

static void test_predict(void **state UNUSED)
{
    double at[4];

    predict(p, 4, 0, at);
    assert_four(at, 1, 0, 0, 0);
    predict(p, 4, 1, at);
    assert_four(at, .125, .625, .125, .125);
    predict(p, 4, 2, at);
    assert_four(at, .166667, .1875, .28125, .364583);
    predict(p, 4, 3, at);
    assert_four(at, .243056, .204861, .168403, .383681);
    predict(raw, 4, 3, at);
    assert_four(at, .25, 0, 0, .75);
}

static void test_hot(void **state UNUSED)
{
    assert_six(chain_hot(p, 4, 0, 3, 0), 0);
    assert_six(chain_hot(p, 4, 0, 3, 1), .125);
    assert_six(chain_hot(p, 4, 0, 3, 2), .4375);
    assert_six(chain_hot(p, 4, 0, 3, 3), .653646);
    assert_six(chain_hot(raw, 4, 0, 3, 1), 0);
    assert_six(chain_hot(raw, 4, 0, 3, 2), .5);
    assert_six(chain_hot(raw, 4, 0, 3, 3), 1);
    assert_six(chain_hot(p, 4, 3, 3, 0), 1);
    assert_six(chain_hot(p, 4, 3, 2, 5), 1);
    assert_six(chain_hot(p, 4, 0, 4, 5), 0);
}

static void test_likeliest(void **state UNUSED)
{
    assert_int_equal(chain_likeliest((const double[]){.1, .4, .1, .4}, 4), 1);
    assert_int_equal(chain_likeliest((const double[]){.25, .25, .25, .25}, 4), 0);
    assert_int_equal(chain_likeliest((const double[]){0, 1}, 2), 1);
}

static void test_dwell(void **state UNUSED)
{
    static const double odd[] = {1, 0, 0, 0};

    assert_six(chain_dwell(raw, 4, 3), 2);
    assert_six(chain_dwell(raw, 4, 0), 1);
    assert_true(isnan(chain_dwell(odd, 2, 0)));
    assert_true(isnan(chain_dwell(odd, 2, 1)));
}

static void test_stationary(void **state UNUSED)
{
    static const double none[4];
    double x[4], y[4];

    chain_stationary(p, 4, pi, x);
    assert_four(x, .235294, .235294, .176471, .352941);
    chain_stationary(p, 4, none, x);
    assert_four(x, .235294, .235294, .176471, .352941);
    /* With zeros in it, by the other way: x = x * raw. */
    chain_stationary(raw, 4, pi, x);
    chain_step(raw, 4, x, y);
    for (unsigned i = 0; i < 4; i++)
        assert_six(x[i], y[i]);
    assert_four(x, 2 / 9., 2 / 9., 1 / 9., 4 / 9.);
}

/* Nothing leads from one pair of states to the other: it depends on where it starts. */
static void test_stationary_of_two_parts(void **state UNUSED)
{
    static const double parts[] = {.5, .5, 0, 0, .5, .5, 0, 0, 0, 0, .5, .5, 0, 0, .5, .5};
    static const double start[] = {.3, 0, .7, 0}, none[4];
    double x[4];

    chain_stationary(parts, 4, start, x);
    assert_four(x, .15, .15, .35, .35);
    chain_stationary(parts, 4, none, x);
    assert_four(x, .25, .25, .25, .25);
}

/* Two states that are hardly ever left: their shares go by how often. */
static void test_stationary_of_a_slow_chain(void **state UNUSED)
{
    static const double slow[] = {1 - 1e-6, 1e-6, 3e-6, 1 - 3e-6}, start[] = {1, 0};
    double x[2];

    chain_stationary(slow, 2, start, x);
    assert_six(x[0], .75);
    assert_six(x[1], .25);
}

static void test_entropy(void **state UNUSED)
{
    double x[4], rate;

    chain_stationary(p, 4, pi, x);
    rate = chain_entropy_rate(p, x, 4);
    assert_six(rate, 1.170924);
    assert_six(chain_predictability(rate, 4), 0.155357);
    assert_six(chain_predictability(0, 4), 1);
    assert_six(chain_predictability(log(4) + 1e-9, 4), 0);
    assert_six(chain_entropy_rate(raw, pi, 4), 2 / 3. * log(2));
}

static void test_surprise(void **state UNUSED)
{
    static const double none[4];
    struct chain_surprise surprise = chain_surprise(p, pi, 4);

    assert_six(surprise.mean, 1.163926);
    assert_six(surprise.deviation, 0.619004);
    surprise = chain_surprise(p, none, 4);
    assert_true(surprise.mean == 0 && surprise.deviation == 0);
    surprise = chain_surprise((const double[]){.5, .5, .5, .5}, (const double[]){.1, .9}, 2);
    assert_six(surprise.mean, log(2));
    assert_six(surprise.deviation, 0);
    surprise = chain_surprise((const double[]){1, 0, 0, 1}, (const double[]){.1, .9}, 2);
    assert_true(surprise.mean == 0 && surprise.deviation == 0);
}

static void test_divergence(void **state UNUSED)
{
    static const double a[] = {0, 0, .5, .5}, b[] = {0, 0, 1, 0}, c[] = {1, 0, 0, 0};

    assert_six(chain_divergence(a, b, 4), .311278);
    assert_six(chain_divergence(b, a, 4), .311278);
    assert_six(chain_divergence(a, a, 4), 0);
    assert_six(chain_divergence(b, c, 4), 1);
}

static void random_row(double *row, unsigned states, uint64_t *seed)
{
    double sum = 0;

    for (unsigned i = 0; i < states; i++)
        sum += row[i] = (double)(1 + support_random_below(seed, 1000));
    for (unsigned i = 0; i < states; i++)
        row[i] /= sum;
}

static void test_any_chain(void **state UNUSED)
{
    static double q[SCALE_STATES_MAX * SCALE_STATES_MAX];
    uint64_t seed = 17;

    for (unsigned round = 0; round < 300; round++) {
        unsigned states = 2 + (unsigned)support_random_below(&seed, 63);
        unsigned hot = (unsigned)support_random_below(&seed, states);
        double x[SCALE_STATES_MAX], y[SCALE_STATES_MAX], before = 0, moved = 0, sum = 0;

        for (unsigned i = 0; i < states; i++)
            random_row(q + i * states, states, &seed);
        random_row(y, states, &seed);
        chain_stationary(q, states, y, x);
        chain_step(q, states, x, y);
        for (unsigned i = 0; i < states; i++) {
            moved += fabs(x[i] - y[i]);
            sum += x[i];
        }
        assert_true(moved < 1e-12 && fabs(sum - 1) < 1e-12);
        /* The surprisal's mean is the entropy rate. */
        assert_true(fabs(chain_surprise(q, x, states).mean - chain_entropy_rate(q, x, states)) <
                    1e-9);
        for (unsigned k = 0; k < 6; k++) {
            double u = chain_hot(q, states, 0, hot, k), sure = 0;

            assert_true(u >= before && u <= 1 + 1e-12);
            before = u;
            predict(q, states, k, x);
            for (unsigned i = 0; i < states; i++)
                sure += x[i];
            assert_true(fabs(sure - 1) < 1e-12);
        }
        assert_true(chain_divergence(q, q + states, states) >= 0);
        assert_true(chain_divergence(q, q + states, states) <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_predict),
        cmocka_unit_test(test_hot),
        cmocka_unit_test(test_likeliest),
        cmocka_unit_test(test_dwell),
        cmocka_unit_test(test_stationary),
        cmocka_unit_test(test_stationary_of_two_parts),
        cmocka_unit_test(test_stationary_of_a_slow_chain),
        cmocka_unit_test(test_entropy),
        cmocka_unit_test(test_surprise),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_any_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
