/* SPDX-License-Identifier: GPL-2.0-or-later */
/* output/backoff: each pause within its bounds, and by chance. */
#include "output/backoff.h"

#include "support.h"

static void test_bounds(void **state UNUSED)
{
    static const double pauses[] = {0.5, 1, 2, 4, 8, 16, 30, 30, 30};

    for (unsigned round = 0; round < 200; round++) {
        struct backoff backoff = {0};

        for (size_t i = 0; i < ARRAY_SIZE(pauses); i++) {
            double seconds = backoff_next(&backoff);

            assert_true(seconds >= pauses[i] / 2 && seconds <= pauses[i]);
        }
    }
}

static void test_reset(void **state UNUSED)
{
    struct backoff backoff = {0};

    for (unsigned i = 0; i < 1000; i++)
        (void)backoff_next(&backoff);
    assert_true(backoff_next(&backoff) >= 15);
    backoff_reset(&backoff);
    assert_true(backoff_next(&backoff) <= 0.5);
}

/* Both halves of the range are met. */
static void test_by_chance(void **state UNUSED)
{
    unsigned low = 0, high = 0;

    for (unsigned i = 0; i < 200; i++) {
        struct backoff backoff = {0};

        if (backoff_next(&backoff) < 0.375)
            low++;
        else
            high++;
    }
    assert_true(low > 0 && high > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_by_chance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
