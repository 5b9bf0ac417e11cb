/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/forecast.h"

#include <math.h>

#include "profile/chain.h"

static void forecast_count(struct forecast_tally *tally, unsigned predicted, unsigned came,
                           double brier)
{
    tally->hits += predicted == came;
    tally->state_error += fabs((double)predicted - (double)came);
    tally->brier += brier;
}

void forecast_take(struct forecast *forecast, const double *p, unsigned states, unsigned last,
                   unsigned came)
{
    unsigned predicted = chain_likeliest(p, states);
    double brier = 0;

    for (unsigned j = 0; j < states; j++) {
        double miss = p[j] - (j == came ? 1 : 0);
        brier += miss * miss;
    }
    forecast->steps++;
    forecast_count(&forecast->model, predicted, came, brier);
    /* "It stays" puts all on one state: wrong about that one and about the one that came. */
    forecast_count(&forecast->baseline, last, came, last == came ? 0 : 2);
    forecast->over += predicted > came;
    forecast->under += predicted < came;
}

static double forecast_share(const struct forecast *forecast, double sum)
{
    return forecast->steps > 0 ? sum / (double)forecast->steps : (double)NAN;
}

double forecast_hit_rate(const struct forecast *forecast, const struct forecast_tally *tally)
{
    return forecast_share(forecast, (double)tally->hits);
}

double forecast_state_error(const struct forecast *forecast, const struct forecast_tally *tally)
{
    return forecast_share(forecast, tally->state_error);
}

double forecast_brier(const struct forecast *forecast, const struct forecast_tally *tally)
{
    return forecast_share(forecast, tally->brier);
}

bool forecast_is_useful(const struct forecast *forecast)
{
    return forecast->model.hits > forecast->baseline.hits;
}
