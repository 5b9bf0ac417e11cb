/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "profile/phases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "profile/chain.h"

#define PHASES_Z     3.0
#define PHASES_ALPHA 0.5

struct phases_metric {
    struct matrix_settings settings;
    unsigned filled;                     /* transitions in the block */
    struct matrix *matrices[PHASES_MAX]; /* NULL = no transition yet */
};

struct phases_move {
    uint8_t from, to;
};

struct phases {
    unsigned window, metrics;
    unsigned count, current; /* phases there are; the one of now */
    unsigned steps;          /* in the block */
    bool follows_one;        /* the block before this one was the current phase's */
    uint32_t follows[PHASES_MAX][PHASES_MAX];
    struct phases_move *block; /* window of the first metric, window of the second, ... */
    struct phases_metric each[];
};

/* What a phase expects of a metric's steps. */
struct phases_expected {
    uint64_t total; /* transitions that it is known from */
    double mean, deviation;
    double surprisals[SCALE_STATES_MAX * SCALE_STATES_MAX]; /* -ln p of i -> j: [i*states + j] */
};

/* How a block looks to one phase. */
struct phases_verdict {
    bool surprised; /* z >= 3 for a metric */
    double mean;    /* of the metrics' mean surprisals, where it is not */
};

struct phases *phases_new(unsigned window, unsigned metrics, const struct matrix_settings *each)
{
    struct phases *phases = xcalloc(1, sizeof(*phases) + metrics * sizeof(phases->each[0]));

    phases->window = window > 0 ? window : 1;
    phases->metrics = metrics;
    phases->block = xcalloc((size_t)phases->window * metrics + 1, sizeof(*phases->block));
    for (unsigned i = 0; i < metrics; i++) {
        phases->each[i].settings = each[i];
        phases->each[i].settings.history = 1;
    }
    return phases;
}

void phases_free(struct phases *phases)
{
    if (!phases)
        return;
    for (unsigned i = 0; i < phases->metrics; i++)
        for (unsigned phase = 0; phase < PHASES_MAX; phase++)
            matrix_free(phases->each[i].matrices[phase]);
    free(phases->block);
    free(phases);
}

static struct phases_move *phases_moves(const struct phases *phases, unsigned metric)
{
    return phases->block + (size_t)metric * phases->window;
}

void phases_take(struct phases *phases, unsigned metric, unsigned from, unsigned to)
{
    if (metric >= phases->metrics)
        return;
    struct phases_metric *one = &phases->each[metric];
    if (from >= one->settings.states || to >= one->settings.states || one->filled >= phases->window)
        return;
    phases_moves(phases, metric)[one->filled++] =
        (struct phases_move){.from = (uint8_t)from, .to = (uint8_t)to};
}

static void phases_drop_block(struct phases *phases)
{
    phases->steps = 0;
    for (unsigned i = 0; i < phases->metrics; i++)
        phases->each[i].filled = 0;
}

/* The same as matrix_dense(), matrix_shares() and chain_surprise(), with a logarithm per cell of
 * the rows that there are and none per step of the block: all VMs' blocks can end at once. */
static void phases_expect(const struct matrix *matrix, unsigned states, struct phases_expected *ret)
{
    double mean = 0, square = 0;
    uint64_t total = 0;

    for (unsigned i = 0; i < states; i++) {
        struct context context = {.states = {(uint8_t)i}, .length = 1};
        double *surprisals = &ret->surprisals[i * states];
        struct matrix_row row;

        if (!matrix || !matrix_find(matrix, &context, &row)) {
            for (unsigned j = 0; j < states; j++)
                surprisals[j] = log(states);
            continue;
        }
        total += row.total;
        for (unsigned j = 0; j < states; j++) {
            double count = row.counts[j] + PHASES_ALPHA;
            double all = row.total + PHASES_ALPHA * states;
            double weight = row.total * count / all;

            surprisals[j] = -log(count / all);
            mean += weight * surprisals[j];
            square += weight * surprisals[j] * surprisals[j];
        }
    }
    mean /= total ? (double)total : 1;
    square /= total ? (double)total : 1;
    ret->total = total;
    ret->mean = mean;
    /* Rounding can make the difference slightly negative. */
    ret->deviation = sqrt(fmax(0, square - mean * mean));
}

/* Mean surprisal of a metric's part of the block, and its score, by a phase's matrix. */
static void phases_rate(const struct phases *phases, unsigned metric,
                        const struct phases_expected *expected, double *ret_mean, double *ret_z)
{
    const struct phases_metric *one = &phases->each[metric];
    const struct phases_move *moves = phases_moves(phases, metric);
    double sum = 0;

    for (unsigned i = 0; i < one->filled; i++)
        sum += expected->surprisals[moves[i].from * one->settings.states + moves[i].to];
    *ret_mean = sum / one->filled;
    *ret_z = 0;
    if (expected->deviation > 0)
        *ret_z = (*ret_mean - expected->mean) / expected->deviation * sqrt(one->filled);
}

/* `trained`: only metrics of which the phase has seen a window can be surprised. Of a phase that is
 * surprised nobody asks for the mean. */
static struct phases_verdict phases_judge(const struct phases *phases, unsigned phase, bool trained)
{
    struct phases_verdict verdict = {0};
    unsigned judged = 0;

    for (unsigned i = 0; i < phases->metrics && !verdict.surprised; i++) {
        const struct phases_metric *one = &phases->each[i];
        struct phases_expected expected;
        double mean, z;
        if (one->filled == 0)
            continue;
        phases_expect(one->matrices[phase], one->settings.states, &expected);
        if (trained && expected.total < phases->window)
            continue;
        phases_rate(phases, i, &expected, &mean, &z);
        verdict.surprised = z >= PHASES_Z;
        verdict.mean += mean;
        judged++;
    }
    if (judged > 0)
        verdict.mean /= judged;
    return verdict;
}

/* All phases are in use: the one with the fewest transitions is emptied. */
static unsigned phases_recycle(struct phases *phases)
{
    unsigned smallest = 0;
    uint64_t fewest = UINT64_MAX;

    for (unsigned phase = 0; phase < PHASES_MAX; phase++) {
        uint64_t total = 0;
        for (unsigned i = 0; i < phases->metrics; i++)
            if (phases->each[i].matrices[phase])
                total += matrix_total(phases->each[i].matrices[phase], 1);
        if (total < fewest) {
            fewest = total;
            smallest = phase;
        }
    }
    for (unsigned i = 0; i < phases->metrics; i++) {
        matrix_free(phases->each[i].matrices[smallest]);
        phases->each[i].matrices[smallest] = NULL;
    }
    for (unsigned other = 0; other < PHASES_MAX; other++)
        phases->follows[smallest][other] = phases->follows[other][smallest] = 0;
    if (smallest == phases->current)
        phases->follows_one = false;
    return smallest;
}

/* The phase that the block belongs to. */
static unsigned phases_choose(struct phases *phases)
{
    if (phases->count == 0) {
        phases->count = 1;
        return 0;
    }
    if (!phases_judge(phases, phases->current, true).surprised)
        return phases->current;
    unsigned best = PHASES_MAX;
    double least = INFINITY;
    for (unsigned phase = 0; phase < phases->count; phase++) {
        if (phase == phases->current)
            continue;
        struct phases_verdict verdict = phases_judge(phases, phase, false);
        if (!verdict.surprised && verdict.mean < least) {
            least = verdict.mean;
            best = phase;
        }
    }
    if (best < PHASES_MAX)
        return best;
    return phases->count < PHASES_MAX ? phases->count++ : phases_recycle(phases);
}

static void phases_count_block(struct phases *phases, unsigned phase)
{
    for (unsigned i = 0; i < phases->metrics; i++) {
        const struct phases_move *moves = phases_moves(phases, i);
        if (phases->each[i].filled == 0)
            continue;
        struct matrix *matrix = phases_make(phases, phase, i);
        for (unsigned k = 0; k < phases->each[i].filled; k++) {
            struct context context = {.states = {moves[k].from}, .length = 1};
            matrix_learn(matrix, &context, moves[k].to);
        }
    }
}

static bool phases_block_empty(const struct phases *phases)
{
    for (unsigned i = 0; i < phases->metrics; i++)
        if (phases->each[i].filled > 0)
            return false;
    return true;
}

bool phases_end_step(struct phases *phases)
{
    if (++phases->steps < phases->window)
        return false;
    if (phases_block_empty(phases)) {
        phases_break(phases);
        return false;
    }
    unsigned before = phases->current;
    phases->current = phases_choose(phases);
    uint32_t *follows = &phases->follows[before][phases->current];
    if (phases->follows_one && *follows < UINT32_MAX)
        (*follows)++;
    phases->follows_one = true;
    phases_count_block(phases, phases->current);
    phases_drop_block(phases);
    return true;
}

void phases_break(struct phases *phases)
{
    phases_drop_block(phases);
    phases->follows_one = false;
}

void phases_fold(struct phases *phases, unsigned metric)
{
    if (metric >= phases->metrics)
        return;
    struct phases_metric *one = &phases->each[metric];
    struct phases_move *moves = phases_moves(phases, metric);
    for (unsigned phase = 0; phase < PHASES_MAX; phase++)
        if (one->matrices[phase])
            matrix_fold(one->matrices[phase]);
    for (unsigned i = 0; i < one->filled; i++) {
        moves[i].from /= 2;
        moves[i].to /= 2;
    }
}

unsigned phases_count(const struct phases *phases)
{
    return phases->count;
}

unsigned phases_current(const struct phases *phases)
{
    return phases->current;
}

const struct matrix *phases_matrix(const struct phases *phases, unsigned phase, unsigned metric)
{
    if (phase >= phases->count || metric >= phases->metrics)
        return NULL;
    return phases->each[metric].matrices[phase];
}

uint32_t phases_follows(const struct phases *phases, unsigned from, unsigned to)
{
    return from < PHASES_MAX && to < PHASES_MAX ? phases->follows[from][to] : 0;
}

size_t phases_bytes(const struct phases *phases)
{
    size_t bytes = sizeof(*phases) + phases->metrics * sizeof(phases->each[0]) +
                   ((size_t)phases->window * phases->metrics + 1) * sizeof(*phases->block);

    for (unsigned i = 0; i < phases->metrics; i++)
        for (unsigned phase = 0; phase < PHASES_MAX; phase++)
            if (phases->each[i].matrices[phase])
                bytes += matrix_bytes(phases->each[i].matrices[phase]);
    return bytes;
}

struct matrix *phases_make(struct phases *phases, unsigned phase, unsigned metric)
{
    if (phase >= PHASES_MAX || metric >= phases->metrics)
        return NULL;
    struct phases_metric *one = &phases->each[metric];
    if (!one->matrices[phase])
        one->matrices[phase] = matrix_new(&one->settings);
    if (phase >= phases->count)
        phases->count = phase + 1;
    return one->matrices[phase];
}

bool phases_set_current(struct phases *phases, unsigned phase)
{
    if (phase >= phases->count)
        return false;
    phases->current = phase;
    phases->follows_one = true;
    return true;
}

bool phases_set_follows(struct phases *phases, unsigned from, unsigned to, uint32_t count)
{
    if (from >= phases->count || to >= phases->count)
        return false;
    phases->follows[from][to] = count;
    return true;
}

bool phases_follows_one(const struct phases *phases)
{
    return phases->follows_one;
}

unsigned phases_block_steps(const struct phases *phases)
{
    return phases->steps;
}

bool phases_block_at(const struct phases *phases, unsigned metric, unsigned i, unsigned *ret_from,
                     unsigned *ret_to)
{
    if (metric >= phases->metrics || i >= phases->each[metric].filled)
        return false;
    *ret_from = phases_moves(phases, metric)[i].from;
    *ret_to = phases_moves(phases, metric)[i].to;
    return true;
}
