/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/diff.h"

#include <errno.h>
#include <math.h>

static const char *diff_obstacle(const struct channel *a, const struct channel *b)
{
    if (a->scale.states != b->scale.states)
        return "the numbers of states differ";
    if (a->scale.kind != b->scale.kind || a->scale.binning != b->scale.binning ||
        a->scale.lo != b->scale.lo || a->scale.hi != b->scale.hi)
        return "the ranges differ";
    if (a->settings->history != 1 || b->settings->history != 1)
        return "the order is not 1";
    return NULL;
}

/* The row of a state; false = nothing was counted. */
static bool diff_row(const struct channel *channel, unsigned state, struct matrix_row *ret)
{
    struct context context = {.states = {(uint8_t)state}, .length = 1};

    return matrix_find(channel->matrix, &context, ret);
}

static void diff_spread(const struct matrix_row *row, unsigned states, double *p)
{
    for (unsigned j = 0; j < states; j++)
        p[j] = (double)row->counts[j] / row->total;
}

static double diff_distance(const struct channel *a, const struct channel *b)
{
    double sum = 0, weights = 0;

    for (unsigned i = 0; i < a->scale.states; i++) {
        struct matrix_row row_a = {.total = 0}, row_b = {.total = 0};
        bool in_a = diff_row(a, i, &row_a), in_b = diff_row(b, i, &row_b);
        double weight = (double)row_a.total + row_b.total, apart = 1;

        if (in_a && in_b) {
            double p[SCALE_STATES_MAX], q[SCALE_STATES_MAX];

            diff_spread(&row_a, a->scale.states, p);
            diff_spread(&row_b, a->scale.states, q);
            apart = chain_divergence(p, q, a->scale.states);
        }
        sum += weight * apart;
        weights += weight;
    }
    return weights > 0 ? sum / weights : 0;
}

/* Of two chains of which one has no steps, nothing is alike. */
static double diff_occupancy(const struct channel *a, const struct channel *b)
{
    double p[SCALE_STATES_MAX], q[SCALE_STATES_MAX];
    bool in_a = matrix_total(a->matrix, 1) > 0, in_b = matrix_total(b->matrix, 1) > 0;

    if (!in_a || !in_b)
        return in_a == in_b ? 0 : 1;
    matrix_shares(a->matrix, p);
    matrix_shares(b->matrix, q);
    return chain_divergence(p, q, a->scale.states);
}

static double diff_percent(const struct matrix_row *row, unsigned next)
{
    return round(100.0 * row->counts[next] / row->total);
}

static double diff_compat(const struct channel *a, const struct channel *b)
{
    double all = 0, apart = 0;

    for (unsigned i = 0; i < a->scale.states; i++) {
        struct matrix_row row_a, row_b;
        bool in_b;

        if (!diff_row(a, i, &row_a))
            continue;
        in_b = diff_row(b, i, &row_b);
        for (unsigned j = 0; j < a->scale.states; j++) {
            double mine = diff_percent(&row_a, j), other = in_b ? diff_percent(&row_b, j) : 0;

            all += mine + other;
            apart += fabs(mine - other);
        }
    }
    return all > 0 ? round((1 - apart / all) * 1000) / 1000 : NAN;
}

static double diff_mean(const struct channel *a, const struct channel *b)
{
    return a->moments.count > 0 && b->moments.count > 0 ? b->moments.mean - a->moments.mean : NAN;
}

int diff_channels(const struct channel *a, const struct channel *b, struct diff *ret,
                  const char **ret_why)
{
    const char *why = diff_obstacle(a, b);

    if (why) {
        *ret_why = why;
        return -EINVAL;
    }
    *ret = (struct diff){
        .distance = diff_distance(a, b),
        .occupancy = diff_occupancy(a, b),
        .mean = diff_mean(a, b),
        .p95 = histogram_quantile(&b->histogram, 0.95) - histogram_quantile(&a->histogram, 0.95),
        .compat_similarity = diff_compat(a, b),
    };
    ret->similarity = 1 - ret->distance;
    return 0;
}

/* splitmix64 (Steele, Lea and Flood, 2014). */
uint64_t random_next(struct random_source *source)
{
    uint64_t z = source->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double random_unit(struct random_source *source)
{
    /* As many bits as a double holds. */
    return (double)(random_next(source) >> 11) * 0x1p-53;
}

unsigned simulate_step(const struct matrix *matrix, const struct context *context,
                       struct random_source *source)
{
    double unit = random_unit(source);
    unsigned state = context->length > 0 ? context->states[context->length - 1] : 0;
    struct matrix_row row;
    uint32_t rest;

    if (!matrix_back_off(matrix, context, &row))
        return state;
    rest = (uint32_t)(unit * row.total);
    for (state = 0; rest >= row.counts[state]; state++)
        rest -= row.counts[state];
    return state;
}
