/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How unusual the last steps of one metric were. The surprisal of a step is -ln p of what the
 * profile had expected before it learned the step; its mean over the last `window` steps, against
 * mean and deviation that the profile expects of itself, is a z-score. Pure.
 */
#ifndef PROXTOP_PROFILE_ANOMALY_H
#define PROXTOP_PROFILE_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/chain.h"

#define ANOMALY_WINDOW_MAX 64
/* A score from which on steps count as unusual, and how many in a row make an anomaly. */
#define ANOMALY_Z     3.0
#define ANOMALY_STEPS 3
/* Nothing is learned during an anomaly, for so many windows at most; then it is the new normal. */
#define ANOMALY_HOLD_WINDOWS 10

struct anomaly_step {
    float surprisal;
    uint8_t from, to;
};

struct anomaly {
    unsigned window;                               /* steps; 2..ANOMALY_WINDOW_MAX */
    struct anomaly_step steps[ANOMALY_WINDOW_MAX]; /* a ring */
    unsigned count, next;                          /* steps in it; where the next one goes */
    double mean;                                   /* A: of the surprisals in it */
    struct chain_surprise expected;                /* mu, sigma, at the last step */
    double z;                                      /* (A-mu)/(sigma/sqrt(count)); 0 if sigma = 0 */
    unsigned high;                                 /* steps in a row with z >= ANOMALY_Z */
    unsigned held;                                 /* steps of this anomaly that were not learned */
    bool active;
};

void anomaly_init(struct anomaly *anomaly, unsigned window);
/* The chain was broken: what comes does not follow what was. */
void anomaly_break(struct anomaly *anomaly);
/* A step from -> to with the surprisal it had. `trained`: enough was learned for a verdict (10 *
 * states^2 transitions). Updates all of the above. Returns whether the step may be learned. */
bool anomaly_take(struct anomaly *anomaly, unsigned from, unsigned to, double surprisal,
                  struct chain_surprise expected, bool trained);
/* 1 - exp(-max(0, z)/3): 0..1. */
double anomaly_score01(double z);
/* The most surprising step of the window; false = there is none. */
bool anomaly_worst(const struct anomaly *anomaly, unsigned *ret_from, unsigned *ret_to);

/* A lasting change of the surprisal (Page-Hinkley): x-mean_t is summed up less delta per step;
 * an alarm when the sum stands lambda above its minimum (0 at first); then it begins anew. */
struct drift {
    uint64_t count;
    double mean, sum, min;
    uint64_t alarms;
};
#define DRIFT_DELTA  0.05
#define DRIFT_LAMBDA 5.0

/* Returns whether this value raised the alarm. */
bool drift_take(struct drift *drift, double value, double delta, double lambda);
/* sum - min, as of now. */
double drift_level(const struct drift *drift);

#endif
