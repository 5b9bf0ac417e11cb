/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/anomaly.h"

#include <math.h>
#include <string.h>

/* Smoothed probabilities are far above it (half a count in 65535); it keeps what is not finite
 * away. */
#define ANOMALY_P_MIN 1e-12

void anomaly_init(struct anomaly *anomaly, unsigned window)
{
    memset(anomaly, 0, sizeof(*anomaly));
    if (window < 2)
        window = 2;
    anomaly->window = window > ANOMALY_WINDOW_MAX ? ANOMALY_WINDOW_MAX : window;
    anomaly->calm = anomaly->window;
    anomaly->known = ANOMALY_KNOWN;
}

void anomaly_break(struct anomaly *anomaly)
{
    if (anomaly->active)
        anomaly->calm = 0;
    anomaly->active = false;
    anomaly->count = anomaly->next = anomaly->high = 0;
    anomaly->mean = anomaly->z = 0;
    memset(anomaly->sums, 0, sizeof(anomaly->sums));
}

void anomaly_fold(struct anomaly *anomaly)
{
    for (unsigned i = 0; i < anomaly->count; i++) {
        anomaly->from[i] /= 2;
        anomaly->to[i] /= 2;
    }
}

void anomaly_tell_row(struct anomaly *anomaly, uint64_t total)
{
    anomaly->known = total < ANOMALY_KNOWN ? (unsigned)total : ANOMALY_KNOWN;
}

double anomaly_surprisal(double p)
{
    if (!(p > ANOMALY_P_MIN))
        p = ANOMALY_P_MIN;
    return p < 1 ? -log(p) : 0;
}

static void anomaly_push(struct anomaly *anomaly, unsigned from, unsigned to, double surprisal)
{
    anomaly->surprisals[anomaly->next] = (float)surprisal;
    anomaly->from[anomaly->next] = (uint8_t)from;
    anomaly->to[anomaly->next] = (uint8_t)to;
    anomaly->next = (anomaly->next + 1) % anomaly->window;
    if (anomaly->count < anomaly->window)
        anomaly->count++;
}

static void anomaly_rate(struct anomaly *anomaly, struct chain_surprise expected)
{
    double sum = 0;

    for (unsigned i = 0; i < anomaly->count; i++)
        sum += anomaly->surprisals[i];
    anomaly->mean = sum / anomaly->count;
    anomaly->expected = expected;
    anomaly->z = 0;
    if (expected.deviation > 0)
        anomaly->z = (anomaly->mean - expected.mean) / expected.deviation * sqrt(anomaly->count);
    if (!isfinite(anomaly->z))
        anomaly->z = 0;
}

/* The upper end: what was long ago an anomaly must not be evidence for ever. */
static void anomaly_sum(double *sum, double more)
{
    *sum = fmin(fmax(*sum + more, 0), 2 * ANOMALY_EVIDENCE);
}

/* What the step adds to each sum: t*x - ln sum_j p_j^(1-t) - slack. */
static void anomaly_weigh(struct anomaly *anomaly, const double *p, unsigned states,
                          double surprisal)
{
    double masses[ANOMALY_TILTS] = {[ANOMALY_TILTS - 1] = states};

    if (anomaly->known < ANOMALY_KNOWN) {
        for (unsigned i = 0; i < ANOMALY_TILTS; i++)
            anomaly_sum(&anomaly->sums[i], surprisal - anomaly->expected.mean);
        return;
    }
    for (unsigned j = 0; j < states; j++) {
        double mass = p[j] > ANOMALY_P_MIN ? p[j] : ANOMALY_P_MIN;
        double half = sqrt(mass);
        double quarter = sqrt(half);
        masses[0] += half * quarter;
        masses[1] += half;
        masses[2] += quarter;
    }
    for (unsigned i = 0; i < ANOMALY_TILTS; i++) {
        double tilt = (i + 1.0) / ANOMALY_TILTS;

        anomaly_sum(&anomaly->sums[i], tilt * surprisal - log(masses[i]) - ANOMALY_SLACK);
    }
}

double anomaly_evidence(const struct anomaly *anomaly)
{
    double largest = 0;

    for (unsigned i = 0; i < ANOMALY_TILTS; i++)
        largest = fmax(largest, anomaly->sums[i]);
    return largest;
}

/* Begins, goes on, or ends an anomaly. */
static void anomaly_judge(struct anomaly *anomaly)
{
    bool was = anomaly->active;

    anomaly->high = anomaly->z >= ANOMALY_Z ? anomaly->high + 1 : 0;
    if (was)
        anomaly->active = anomaly->high > 0;
    else
        anomaly->active =
            anomaly->high >= ANOMALY_STEPS && anomaly_evidence(anomaly) >= ANOMALY_EVIDENCE;
    if (anomaly->active)
        anomaly->calm = 0;
    else if (anomaly->calm < anomaly->window)
        anomaly->calm++;
    if (anomaly->calm >= anomaly->window)
        anomaly->held = 0;
}

/* Where it has been but a few times, and what led there was not to be expected. */
static bool anomaly_suspects(const struct anomaly *anomaly)
{
    return anomaly->known > 0 && anomaly->known < ANOMALY_KNOWN &&
           anomaly_evidence(anomaly) >= ANOMALY_EVIDENCE;
}

bool anomaly_take(struct anomaly *anomaly, unsigned from, unsigned to, const double *p,
                  unsigned states, struct chain_surprise expected, bool trained)
{
    double surprisal = anomaly_surprisal(p[to]);

    bool hold = false;

    anomaly_push(anomaly, from, to, surprisal);
    anomaly_rate(anomaly, expected);
    if (trained) {
        anomaly_weigh(anomaly, p, states, surprisal);
        anomaly_judge(anomaly);
        hold = anomaly->active || anomaly_suspects(anomaly);
    } else {
        anomaly->high = 0;
        anomaly->active = false;
    }
    anomaly->known = ANOMALY_KNOWN;
    if (!hold || anomaly->held >= ANOMALY_HOLD_WINDOWS * anomaly->window)
        return true;
    anomaly->calm = 0;
    anomaly->held++;
    return false;
}

double anomaly_score01(double z)
{
    return z > 0 ? 1 - exp(-z / 3) : 0;
}

bool anomaly_worst(const struct anomaly *anomaly, unsigned *ret_from, unsigned *ret_to)
{
    unsigned worst = 0;

    if (!anomaly->count)
        return false;
    for (unsigned i = 1; i < anomaly->count; i++)
        if (anomaly->surprisals[i] > anomaly->surprisals[worst])
            worst = i;
    *ret_from = anomaly->from[worst];
    *ret_to = anomaly->to[worst];
    return true;
}

double drift_level(const struct drift *drift)
{
    return drift->sum - drift->min;
}

bool drift_take(struct drift *drift, double value, double delta, double lambda)
{
    if (!isfinite(value))
        return false;
    drift->count++;
    drift->mean += (value - drift->mean) / (double)drift->count;
    drift->sum += value - drift->mean - delta;
    drift->min = fmin(drift->min, drift->sum);
    if (!(drift_level(drift) > lambda))
        return false;
    *drift = (struct drift){.alarms = drift->alarms + 1};
    return true;
}
