/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Markov chain of order 1 says: prediction, dwell times, stationary distribution, entropy,
 * and how surprising its own steps are. Pure functions on dense arrays: p[states*states] row by
 * row, p[i*states + j] = the probability that j follows i. States are at most SCALE_STATES_MAX.
 */
#ifndef PROXTOP_PROFILE_CHAIN_H
#define PROXTOP_PROFILE_CHAIN_H

#include "profile/scale.h"

/* to = from * p: a distribution one step later. `to` may not be `from`. */
void chain_step(const double *p, unsigned states, const double *from, double *to);
/* The probability to be in a state >= hot at least once within `steps` steps from `start`; 1 if
 * start is one: u_0(i) = [i >= hot], u_k(i) = 1 if i >= hot, else sum_j p_ij u_{k-1}(j). */
double chain_hot(const double *p, unsigned states, unsigned start, unsigned hot, unsigned steps);
/* The state with the highest probability, the lowest one of equal ones. */
unsigned chain_likeliest(const double *distribution, unsigned states);
/* Mean time in a state, in steps: 1/(1-p_ii); NAN if it is never left (p_ii = 1) or was never
 * seen (a row of zeros). Meant for raw shares. */
double chain_dwell(const double *p, unsigned states, unsigned state);
/* Long-run shares, ret[states]. Where each state can follow each (as smoothed rows have it) there
 * is one answer, which is solved for. Else x <- (x + x*p)/2 from `start` (uniform if that is all 0)
 * until two rounds differ by less than 1e-12 in all, or 10^5 rounds. */
void chain_stationary(const double *p, unsigned states, const double *start, double *ret);
/* -sum_i pi_i sum_j p_ij ln p_ij (0 ln 0 = 0). */
double chain_entropy_rate(const double *p, const double *pi, unsigned states);
/* 1 - h/ln(states), held in 0..1. */
double chain_predictability(double entropy_rate, unsigned states);

/* Mean and standard deviation of -ln p of a step, for rows that are left with shares pi. */
struct chain_surprise {
    double mean;
    double deviation;
};
struct chain_surprise chain_surprise(const double *p, const double *pi, unsigned states);

/* Jensen-Shannon divergence of two distributions, in bits: 0..1. */
double chain_divergence(const double *a, const double *b, unsigned states);

#endif
