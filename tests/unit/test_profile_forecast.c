/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile/forecast: three steps by hand, and none. */
#include "profile/forecast.h"

#include <math.h>

#include "support.h"

static void test_none(void **state UNUSED)
{
    struct forecast forecast = {0};

    assert_true(isnan(forecast_hit_rate(&forecast, &forecast.model)));
    assert_true(isnan(forecast_state_error(&forecast, &forecast.model)));
    assert_true(isnan(forecast_brier(&forecast, &forecast.baseline)));
    assert_false(forecast_is_useful(&forecast));
}

static void test_steps(void **state UNUSED)
{
    static const double first[] = {.125, .625, .125, .125};
    static const double second[] = {.125, .125, .375, .375};
    static const double third[] = {5 / 12.0, 1 / 12.0, 1 / 12.0, 5 / 12.0};
    struct forecast forecast = {0};

    /* 1 is likeliest and comes: 3 * .125^2 + .375^2. It did not stay. */
    forecast_take(&forecast, first, 4, 0, 1);
    assert_near(forecast_brier(&forecast, &forecast.model), .1875);
    assert_near(forecast_brier(&forecast, &forecast.baseline), 2);
    assert_true(forecast_is_useful(&forecast));
    /* 2 and 3 are as likely: 2 is said, 3 comes: 2 * .125^2 + .375^2 + .625^2. */
    forecast_take(&forecast, second, 4, 1, 3);
    assert_near(forecast_brier(&forecast, &forecast.model), (.1875 + .5625) / 2);
    assert_int_equal(forecast.under, 1);
    /* 0 is said, it stays 3: (25 + 1 + 1 + 49) / 144. */
    forecast_take(&forecast, third, 4, 3, 3);
    assert_near(forecast_brier(&forecast, &forecast.model), (.1875 + .5625 + 76 / 144.0) / 3);
    assert_near(forecast_brier(&forecast, &forecast.baseline), 4 / 3.0);
    assert_int_equal(forecast.over, 0);
    assert_int_equal(forecast.under, 2);
    assert_int_equal(forecast.steps, 3);
    assert_near(forecast_hit_rate(&forecast, &forecast.model), 1 / 3.0);
    assert_near(forecast_hit_rate(&forecast, &forecast.baseline), 1 / 3.0);
    assert_near(forecast_state_error(&forecast, &forecast.model), (0 + 1 + 3) / 3.0);
    assert_near(forecast_state_error(&forecast, &forecast.baseline), (1 + 2 + 0) / 3.0);
    /* As often right as the baseline is not useful. */
    assert_false(forecast_is_useful(&forecast));
    forecast_take(&forecast, first, 4, 3, 0);
    assert_int_equal(forecast.over, 1);
    assert_int_equal(forecast.under, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_steps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
