/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/diff: how far apart two metrics are, and that runs repeat. */
#include "profile/diff.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "support.h"

#define assert_six(actual, expected) assert_true(fabs((actual) - (expected)) < 1e-6)

static struct profile_settings settings = {.states = 4, .history = 1};

/* A channel of nothing but counts. */
static struct channel made(const uint16_t *counts)
{
    struct channel channel = {.settings = &settings, .scale = {.hi = 100, .states = 4}};

    histogram_init(&channel.histogram, HISTOGRAM_PERCENT, 1, 0);
    channel.matrix = matrix_new(&(struct matrix_settings){4, 1, 65535, 4096});
    for (unsigned i = 0; counts && i < 4; i++) {
        struct context context = {.states = {(uint8_t)i}, .length = 1};
        static const uint16_t none[4];

        if (memcmp(counts + 4 * i, none, sizeof(none)) != 0)
            assert_true(matrix_put(channel.matrix, &context, counts + 4 * i));
    }
    return channel;
}

static void done(struct channel *channel)
{
    matrix_free(channel->matrix);
    histogram_done(&channel->histogram);
}

static const uint16_t counts_a[16] = {0, 2, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 2, 0, 0, 2};
static const uint16_t counts_b[16] = {0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 2, 0, 0, 0};

static struct diff diff_of(const struct channel *a, const struct channel *b)
{
    const char *why = NULL;
    struct diff diff;

    assert_int_equal(diff_channels(a, b, &diff, &why), 0);
    assert_null(why);
    assert_true(diff.distance >= 0 && diff.distance <= 1);
    assert_near(diff.similarity, 1 - diff.distance);
    return diff;
}

static void test_distance(void **state UNUSED)
{
    struct channel a = made(counts_a), b = made(counts_b);
    struct diff diff = diff_of(&a, &b);

    /* 4/17 * 0.311278 + 6/17 * 0.311278 */
    assert_six(diff.distance, 0.183105);
    assert_six(diff.similarity, 0.816895);
    assert_true(diff_of(&b, &a).distance == diff.distance);
    assert_true(isnan(diff.mean) && isnan(diff.p95));
    /* Of 9 and 8 steps: shares 2/9 2/9 1/9 4/9 and a quarter each. */
    assert_six(diff.occupancy, 0.040853);
    diff = diff_of(&a, &a);
    assert_true(diff.distance == 0 && diff.occupancy == 0 && diff.compat_similarity == 1);
    done(&a);
    done(&b);
}

static void test_rows_that_one_lacks(void **state UNUSED)
{
    static const uint16_t more[16] = {0, 2, 0, 0, 0, 0, 6}, less[16] = {0, 2};
    struct channel a = made(more), b = made(less), none = made(NULL);

    /* 6 of 10 steps are in a row that only one has. */
    assert_six(diff_of(&a, &b).distance, 0.6);
    assert_six(diff_of(&b, &a).distance, 0.6);
    assert_six(diff_of(&a, &none).distance, 1);
    assert_six(diff_of(&none, &a).occupancy, 1);
    assert_six(diff_of(&none, &none).distance, 0);
    assert_six(diff_of(&none, &none).occupancy, 0);
    done(&a);
    done(&b);
    done(&none);
}

static void test_similarity_of_percentages(void **state UNUSED)
{
    static const uint16_t more[16] = {0, 2, 0, 0, 0, 0, 6}, less[16] = {0, 2};
    struct channel a = made(less), b = made(more), c = made(counts_a), d = made(counts_b),
                   none = made(NULL);

    assert_six(diff_of(&a, &b).compat_similarity, 1);
    assert_six(diff_of(&b, &a).compat_similarity, 0.667);
    assert_true(isnan(diff_of(&none, &a).compat_similarity));
    assert_six(diff_of(&a, &none).compat_similarity, 0);
    /* Rows 1 and 3 are 100 apart each, of 800. */
    assert_six(diff_of(&c, &d).compat_similarity, 0.75);
    done(&a);
    done(&b);
    done(&c);
    done(&d);
    done(&none);
}

static void test_means(void **state UNUSED)
{
    struct channel a = made(counts_a), b = made(counts_b);

    moments_add(&a.moments, 10);
    histogram_add(&a.histogram, 10, 0);
    assert_true(isnan(diff_of(&a, &b).mean) && isnan(diff_of(&a, &b).p95));
    moments_add(&b.moments, 30);
    histogram_add(&b.histogram, 30, 0);
    assert_near(diff_of(&a, &b).mean, 20);
    assert_near(diff_of(&a, &b).p95, 20);
    assert_near(diff_of(&b, &a).mean, -20);
    done(&a);
    done(&b);
}

static void test_not_comparable(void **state UNUSED)
{
    struct channel a = made(counts_a), b = made(counts_b);
    struct profile_settings deeper = {.states = 4, .history = 2};
    struct diff diff = {.distance = 7};
    const char *why = NULL;

    b.scale.states = 5;
    assert_int_equal(diff_channels(&a, &b, &diff, &why), -EINVAL);
    assert_non_null(strstr(why, "states"));
    b.scale.states = 4;
    b.scale.hi = 101;
    assert_int_equal(diff_channels(&a, &b, &diff, &why), -EINVAL);
    assert_non_null(strstr(why, "range"));
    b.scale.hi = 100;
    b.scale.kind = SCALE_LOG;
    assert_int_equal(diff_channels(&a, &b, &diff, &why), -EINVAL);
    b.scale.kind = SCALE_LINEAR;
    b.settings = &deeper;
    assert_int_equal(diff_channels(&a, &b, &diff, &why), -EINVAL);
    assert_non_null(strstr(why, "order"));
    assert_true(diff.distance == 7);
    done(&a);
    done(&b);
}

static void test_any_two(void **state UNUSED)
{
    uint64_t seed = 19;

    for (unsigned round = 0; round < 500; round++) {
        uint16_t counts[2][16];
        struct channel a, b;

        for (unsigned i = 0; i < 32; i++)
            counts[i / 16][i % 16] =
                (uint16_t)(support_random_below(&seed, 2) ? 0 : support_random_below(&seed, 1000));
        a = made(counts[0]);
        b = made(counts[1]);
        assert_near(diff_of(&a, &b).distance, diff_of(&b, &a).distance);
        assert_true(diff_of(&a, &a).distance < 1e-12);
        done(&a);
        done(&b);
    }
}

/* The numbers that everybody has of these seeds. */
static void test_random(void **state UNUSED)
{
    struct random_source source = {.state = 1234567};
    double sum = 0;

    assert_true(random_next(&source) == UINT64_C(6457827717110365317));
    assert_true(random_next(&source) == UINT64_C(3203168211198807973));
    assert_true(random_next(&source) == UINT64_C(9817491932198370423));
    source.state = 0;
    assert_true(random_next(&source) == UINT64_C(0xe220a8397b1dcdaf));
    for (unsigned i = 0; i < 10000; i++) {
        double r = random_unit(&source);

        assert_true(r >= 0 && r < 1);
        sum += r;
    }
    assert_true(fabs(sum / 10000 - 0.5) < 0.01);
}

static void test_simulate(void **state UNUSED)
{
    struct channel a = made(counts_a), none = made(NULL);
    struct random_source source = {.state = 42}, again = source;
    struct context context = {.states = {1}, .length = 1}, empty = {.length = 0};
    unsigned came[4] = {0};

    for (unsigned i = 0; i < 20000; i++) {
        unsigned next = simulate_step(a.matrix, &context, &source);

        assert_int_equal(next, simulate_step(a.matrix, &context, &again));
        /* Never what was never seen. */
        assert_true(counts_a[4 * context.states[0] + next] > 0);
        came[next]++;
        context_push(&context, 1, next);
    }
    /* As long as the raw counts have it: see the stationary distribution. */
    assert_true(fabs(came[0] / 20000. - 2 / 9.) < 0.02);
    assert_true(fabs(came[3] / 20000. - 4 / 9.) < 0.02);
    assert_int_equal(simulate_step(none.matrix, &context, &source), context.states[0]);
    assert_int_equal(simulate_step(none.matrix, &empty, &source), 0);
    done(&a);
    done(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distance),
        cmocka_unit_test(test_rows_that_one_lacks),
        cmocka_unit_test(test_similarity_of_percentages),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_not_comparable),
        cmocka_unit_test(test_any_two),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_simulate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
