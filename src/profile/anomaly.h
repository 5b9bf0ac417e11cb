/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How unusual the last steps of one metric were. The surprisal of a step is -ln p of what the
 * profile had expected before it learned the step; its mean over the last `window` steps, against
 * mean and deviation that the profile expects of itself, is a z-score. Pure.
 *
 * The score takes surprisals for independent and normal, which they are not: one of a chain that
 * rarely moves is tiny nearly always and large at times, so that a few moves close to each other,
 * as they happen every day, score 3 and more. An alarm therefore has a second bar, which goes by
 * the very distributions that were expected: for a tilt t, exp(t*x - ln sum_j p_j^(1-t)) has the
 * mean 1 whatever row p the step left from; it is the likelihood of the step under the row
 * flattened to p_j^(1-t), over that under p (t = 1: any state is as likely as any other). Its
 * logarithm, less a slack that makes up for what the profile does not know exactly, is summed up
 * from 0, never below 0 (Page's test): were the profile exact, such a sum would reach h less than
 * once in e^h steps (Lorden, "Procedures for reacting to a change in distribution", 1971), whatever
 * the chain. Both bars together: 0.2 to 0.9 alarms in 10^4 normal steps of chains of 2 to 16
 * states, be they sticky, noisy or cyclic, where the score alone gives 4 to 40.
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
/* Tilts 1/4, 1/2, 3/4, 1; what each step takes away from their sums; and what the largest of them
 * has to be for an alarm. */
#define ANOMALY_TILTS    4
#define ANOMALY_SLACK    0.04
#define ANOMALY_EVIDENCE 7.0
/* A row with fewer transitions says nothing about itself. */
#define ANOMALY_KNOWN 5
/* Nothing is learned during an anomaly, for so many windows at most; then it is the new normal. */
#define ANOMALY_HOLD_WINDOWS 10

struct anomaly {
    unsigned window;      /* steps; 2..ANOMALY_WINDOW_MAX */
    unsigned count, next; /* steps in the ring; where the next one goes */
    unsigned known;       /* see anomaly_tell_row() */
    unsigned high;        /* steps in a row with z >= ANOMALY_Z */
    unsigned calm;        /* steps since the last one held, up to window */
    unsigned held;        /* that were not learned, since there were `window` calm ones */
    bool active;
    double mean;                    /* A: of the surprisals in the ring */
    struct chain_surprise expected; /* mu, sigma, at the last step */
    double z;                       /* (A-mu)/(sigma/sqrt(count)); 0 if sigma = 0 */
    double sums[ANOMALY_TILTS];     /* 0..2*ANOMALY_EVIDENCE each */
    /* The ring: what is read at each step lies together. */
    float surprisals[ANOMALY_WINDOW_MAX];
    uint8_t from[ANOMALY_WINDOW_MAX], to[ANOMALY_WINDOW_MAX];
};

void anomaly_init(struct anomaly *anomaly, unsigned window);
/* The chain was broken: what comes does not follow what was. */
void anomaly_break(struct anomaly *anomaly);
/* How many transitions from the state that the next step leaves are known, by the matrix of order
 * 1; to be called before anomaly_take(), for that one step; without it there are enough. Of fewer
 * than ANOMALY_KNOWN, all that can be said is that this never was: then x less the mean of all
 * surprisals is what the step adds to each sum. And but for the first one, such steps are not
 * learned while the largest sum is ANOMALY_EVIDENCE or more, as if it were an anomaly already: else
 * to stay there would be the expected thing before it can score. */
void anomaly_tell_row(struct anomaly *anomaly, uint64_t total);
/* A step from -> to, of which p[states] was expected, what the profile as a whole expected of its
 * surprisals, and whether enough was learned for a verdict (`trained`: 10 * states^2 transitions).
 * Updates all of the above. Returns whether the step may be learned.
 *
 * An anomaly begins with the third step in a row with z >= ANOMALY_Z, once the largest sum is
 * ANOMALY_EVIDENCE or more. It ends with the first step with z < ANOMALY_Z, or when the chain is
 * broken. Its steps are not learned, until ANOMALY_HOLD_WINDOWS * window were left out: from then
 * on they are, though it still is one. Another one that begins before `window` steps have passed
 * goes on with that count. */
bool anomaly_take(struct anomaly *anomaly, unsigned from, unsigned to, const double *p,
                  unsigned states, struct chain_surprise expected, bool trained);
/* The states i become floor(i/2): those of the window's steps, for anomaly_worst(). */
void anomaly_fold(struct anomaly *anomaly);
/* -ln p of a step of that probability; finite. */
double anomaly_surprisal(double p);
/* The largest of the sums: how strongly the alarm's second bar is met. */
double anomaly_evidence(const struct anomaly *anomaly);
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
