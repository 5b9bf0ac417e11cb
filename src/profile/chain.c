/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/chain.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define CHAIN_ROUNDS  100000
#define CHAIN_CLOSE   1e-12
#define CHAIN_SQUARED (SCALE_STATES_MAX * SCALE_STATES_MAX)

void chain_step(const double *p, unsigned states, const double *from, double *to)
{
    for (unsigned j = 0; j < states; j++)
        to[j] = 0;
    for (unsigned i = 0; i < states; i++) {
        if (from[i] == 0)
            continue;
        for (unsigned j = 0; j < states; j++)
            to[j] += from[i] * p[i * states + j];
    }
}

double chain_hot(const double *p, unsigned states, unsigned start, unsigned hot, unsigned steps)
{
    double u[SCALE_STATES_MAX] = {0}, next[SCALE_STATES_MAX];

    if (start >= hot)
        return 1;
    for (unsigned i = hot; i < states; i++)
        u[i] = 1;
    for (unsigned k = 0; k < steps; k++) {
        for (unsigned i = 0; i < states && i < hot; i++) {
            next[i] = 0;
            for (unsigned j = 0; j < states; j++)
                next[i] += p[i * states + j] * u[j];
        }
        memcpy(u, next, (hot < states ? hot : states) * sizeof(*u));
    }
    return u[start];
}

unsigned chain_likeliest(const double *distribution, unsigned states)
{
    unsigned best = 0;

    for (unsigned i = 1; i < states; i++) {
        if (distribution[i] > distribution[best])
            best = i;
    }
    return best;
}

double chain_dwell(const double *p, unsigned states, unsigned state)
{
    const double *row = p + state * states;
    double sum = 0;

    for (unsigned j = 0; j < states; j++)
        sum += row[j];
    return sum > 0 && row[state] < 1 ? 1 / (1 - row[state]) : NAN;
}

/* The stationary distribution of a chain that can go from any state to any other, without a
 * subtraction and so without loss: states are taken out one by one, those that are left seeing the
 * way through it as steps of their own (Grassmann, Taksar and Heyman, 1985). False = it is not such
 * a chain. */
static bool chain_solve(const double *p, unsigned states, double *ret)
{
    double a[CHAIN_SQUARED], x[SCALE_STATES_MAX], sum = 1;

    memcpy(a, p, (size_t)states * states * sizeof(*a));
    for (unsigned n = states - 1; n > 0; n--) {
        double left = 0;

        for (unsigned j = 0; j < n; j++)
            left += a[n * states + j];
        if (!(left > 0))
            return false;
        for (unsigned i = 0; i < n; i++) {
            double through = a[i * states + n] /= left;

            for (unsigned j = 0; j < n; j++)
                a[i * states + j] += through * a[n * states + j];
        }
    }
    x[0] = 1;
    for (unsigned n = 1; n < states; n++) {
        x[n] = 0;
        for (unsigned i = 0; i < n; i++)
            x[n] += x[i] * a[i * states + n];
        sum += x[n];
    }
    if (!isfinite(sum))
        return false;
    for (unsigned i = 0; i < states; i++)
        ret[i] = x[i] / sum;
    return true;
}

/* Whether each state can follow each. */
static bool chain_is_full(const double *p, unsigned states)
{
    for (unsigned i = 0; i < states * states; i++) {
        if (!(p[i] > 0))
            return false;
    }
    return true;
}

void chain_stationary(const double *p, unsigned states, const double *start, double *ret)
{
    double next[SCALE_STATES_MAX], sum = 0;

    /* Thousands of profiles are printed at a time: what can be solved is not walked to. */
    if (chain_is_full(p, states) && chain_solve(p, states, ret))
        return;
    for (unsigned i = 0; i < states; i++)
        sum += start[i];
    for (unsigned i = 0; i < states; i++)
        ret[i] = sum > 0 ? start[i] : 1.0 / states;
    for (unsigned k = 0; k < CHAIN_ROUNDS; k++) {
        double moved = 0;

        chain_step(p, states, ret, next);
        for (unsigned i = 0; i < states; i++) {
            double value = (ret[i] + next[i]) / 2;

            moved += fabs(value - ret[i]);
            ret[i] = value;
        }
        if (moved < CHAIN_CLOSE)
            return;
    }
}

static double chain_p_ln_p(double p)
{
    return p > 0 ? p * log(p) : 0;
}

double chain_entropy_rate(const double *p, const double *pi, unsigned states)
{
    double rate = 0;

    for (unsigned i = 0; i < states; i++) {
        double row = 0;

        for (unsigned j = 0; j < states; j++)
            row -= chain_p_ln_p(p[i * states + j]);
        rate += pi[i] * row;
    }
    return rate;
}

double chain_predictability(double entropy_rate, unsigned states)
{
    return fmin(1, fmax(0, 1 - entropy_rate / log(states)));
}

struct chain_surprise chain_surprise(const double *p, const double *pi, unsigned states)
{
    double mean = 0, squares = 0;

    for (unsigned i = 0; i < states; i++) {
        for (unsigned j = 0; j < states; j++) {
            double one = p[i * states + j];

            if (pi[i] > 0 && one > 0) {
                double surprisal = -log(one);

                mean += pi[i] * one * surprisal;
                squares += pi[i] * one * surprisal * surprisal;
            }
        }
    }
    /* Rounding can make the difference slightly negative. */
    return (struct chain_surprise){.mean = mean, .deviation = sqrt(fmax(0, squares - mean * mean))};
}

double chain_divergence(const double *a, const double *b, unsigned states)
{
    double sum = 0;

    for (unsigned i = 0; i < states; i++)
        sum += (chain_p_ln_p(a[i]) + chain_p_ln_p(b[i])) / 2 - chain_p_ln_p((a[i] + b[i]) / 2);
    return fmin(1, fmax(0, sum / log(2)));
}
