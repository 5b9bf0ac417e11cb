/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From values to states: the range [lo, hi] of a metric in `states` bins. Pure.
 *
 * nearest (linear only): bins are centred on lo + i*w, w = (hi-lo)/states: the first is half as
 * wide, the last one and a half times. State i is the one with i*w - w/2 <= v-lo < i*w + w/2, found
 * by these comparisons and not by division: a value on an edge goes the way other readers of such
 * profiles expect. equal: floor((v-lo)/w). log: floor(states * ln(1+v-lo)/ln(1+hi-lo)), whatever
 * the binning. All are clamped to 0..states-1.
 */
#ifndef PROXTOP_PROFILE_SCALE_H
#define PROXTOP_PROFILE_SCALE_H

#define SCALE_STATES_MIN 2
#define SCALE_STATES_MAX 64

enum scale_kind { SCALE_LINEAR, SCALE_LOG };
enum scale_binning { SCALE_NEAREST, SCALE_EQUAL };

struct scale {
    enum scale_kind kind;
    enum scale_binning binning;
    double lo, hi;
    unsigned states; /* SCALE_STATES_MIN..SCALE_STATES_MAX */
};

/* The state of a finite value; 0 where hi <= lo. */
unsigned scale_state(const struct scale *scale, double value);

/* The value that stands for a state: lo + i*w for nearest, else the middle of the bin (on a
 * logarithmic scale, its middle there). */
double scale_centre(const struct scale *scale, unsigned state);

/* Upper bound of a range that grows with its data: the smallest power of two >= max(1, value). */
double scale_ceiling(double value);

#endif
