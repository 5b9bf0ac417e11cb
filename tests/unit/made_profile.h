/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Learned metrics for tests: settings, values in, counts as text. */
#ifndef PROXTOP_TESTS_UNIT_MADE_PROFILE_H
#define PROXTOP_TESTS_UNIT_MADE_PROFILE_H

#include "profile/diff.h"
#include "profile/profile.h"

/* The defaults with these; a sample each second. */
struct profile_settings made_settings(unsigned states, unsigned buffer, unsigned history);
/* A percentage, or another metric if hi is not 100. */
struct channel_spec made_spec(const char *name, double lo, double hi);

/* Values one after the other, a second apart, from second `from` on. */
void made_feed(struct channel *channel, const double *values, size_t n, double from);
/* The states that come of them, as "0 1 2"; the caller frees it. */
char *made_feed_states(struct channel *channel, const double *values, size_t n);

/* All rows: "0:[1,2] 0-1:[0,1]", "" without any. The caller frees it. */
char *made_counts(const struct matrix *matrix, unsigned states);
/* The same in percent, as other profilers have it, with the row's share of all steps:
 * "0:[33,67]p60", halves rounded away from zero. */
char *made_percents(const struct matrix *matrix, unsigned states);
#define assert_counts(matrix, states, expected)                                                    \
    made_assert_text(made_counts((matrix), (states)), (expected), __FILE__, __LINE__)
#define assert_percents(matrix, states, expected)                                                  \
    made_assert_text(made_percents((matrix), (states)), (expected), __FILE__, __LINE__)
#define assert_states(channel, values, expected)                                                   \
    made_assert_text(made_feed_states((channel), (values), ARRAY_SIZE(values)), (expected),        \
                     __FILE__, __LINE__)
/* Frees the first one. */
void made_assert_text(char *actual, const char *expected, const char *file, int line);

/* A chain of a known kind: p[states^order][states], and where it is. */
struct made_chain {
    unsigned states, order;
    double *p;
    unsigned row; /* the last `order` states as a number, the oldest first */
};
/* Rows drawn at random, sharper the larger `sharp` is; `sticky` = what staying has of each row. */
void made_chain_init(struct made_chain *chain, unsigned states, unsigned order, double sharp,
                     double sticky, struct random_source *source);
void made_chain_done(struct made_chain *chain);
unsigned made_chain_next(struct made_chain *chain, struct random_source *source);
/* Of a row of the chain as a context. */
struct context made_chain_context(const struct made_chain *chain, unsigned row);

#endif
