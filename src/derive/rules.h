/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules that every figure depends on, each once, on plain numbers:
 *
 *   1. A rate is a difference divided by the measured time between its own two
 *      readings, however long that was.
 *   2. A first reading, a counter that went down, a time that did not pass:
 *      no value; never 0, never a spike.
 *   3. What is summed over a changing set (threads, cgroups) is accumulated
 *      from the non-negative differences of its members; the sum itself would
 *      fall when a member leaves.
 *   5. A source that is slower than the cycle keeps its last rate until its
 *      next reading.
 *
 * Pure functions; nothing is allocated.
 */
#ifndef PROXTOP_DERIVE_RULES_H
#define PROXTOP_DERIVE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "model/raw.h"

/* A counter between readings; zero = nothing read yet. */
struct counter {
    struct raw last; /* newest good reading */
    double rate;     /* per second, of the last step; valid with has_rate */
    bool has_rate;
    bool is_first; /* nothing was read before `last` */
};

/* One step of a counter. */
struct step {
    bool valid;     /* delta and seconds mean something */
    bool held;      /* no new reading: the step is the previous one's rate again */
    uint64_t delta; /* 0 if not valid or held */
    double seconds; /* between the two readings */
    double rate;    /* delta / seconds */
};

/* Rules 1 and 2. A reading that is not valid changes nothing, so that the next
 * good one is divided by the whole time since the last good one. */
struct step counter_step(struct counter *counter, struct raw reading);
/* Rule 5 too: for a source that is slower than the cycle. */
struct step counter_step_slow(struct counter *counter, struct raw reading);

/* Whether a step is due with this reading, since the counter was read before it:
 * a first reading of a slow source stays the first while it is told again. To
 * be asked before the step. */
static inline bool counter_expects_step(const struct counter *counter, struct raw reading)
{
    return raw_valid(counter->last) && !(counter->is_first && reading.at.ns == counter->last.at.ns);
}

/* As counter_step, for numbers of 32 bits that begin anew at 0 (the times of
 * /proc/diskstats): one that went down has come round if that means at most
 * `limit` per second, else it is another counter. */
struct step counter_step_32(struct counter *counter, struct raw reading, double limit);

/* As counter_step, for idle and iowait of /proc/stat, which may step back
 * (proc(5)): a negative difference counts as 0. */
struct step counter_step_back_is_zero(struct counter *counter, struct raw reading);

/* A member that joined the set after `since`: all that it has, it got since
 * then, if that is possible at all (its value, a time in ns, is at most the
 * time that passed). Otherwise as a first reading. */
struct step counter_step_newborn(struct counter *counter, struct raw reading, struct mono since);

/* Rule 3: a sum over members. */
struct sum {
    uint64_t total; /* accumulated since the first reading, its values included */
    bool started;
};

/* What one cycle adds to a sum. */
struct sum_step {
    unsigned members; /* with a valid step */
    bool incomplete;  /* the step of a member that goes on is not known: no sum, no mean */
    uint64_t delta;   /* sum of what the members' counters grew by */
    double rate;      /* sum of the members' rates, per second */
    double highest;   /* of the members' rates; 0 without members */
};

/* The first reading of a member of a set that is new itself: its value starts
 * the total, and is no rate. */
void sum_start(struct sum *sum, uint64_t value);
/* The step of a member; one that is not valid adds nothing. */
void sum_add(struct sum *sum, struct sum_step *cycle, struct step step);

/* How a member stands to its set. */
struct membership {
    struct raw reading; /* what the step comes from */
    bool known;         /* it was read before: see counter_expects_step() */
    bool set_is_new;    /* nothing of the set was read before: first readings start the total */
    bool gone;          /* it left the set since: its step is missing for good */
};

/* The step of a member joins the sum and this cycle's share of it. */
void sum_member(struct sum *sum, struct sum_step *cycle, struct step step,
                struct membership membership);

/* 100 * part / whole; not finite (so: an invalid cell) when whole is 0. */
double percent(double part, double whole);

/* At most `limit`, for shares that cannot exceed it but for the grain of
 * their clock. */
double clamp_high(double value, double limit);

#endif
