/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs of chains that are known, as values through the learner: what it learns, which changes it
 * notices, how often it cries wolf. Everything is drawn from seeds: each run is the same.
 */
#include "profile/profile.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "made_profile.h"
#include "support.h"

#define TRUTH_STEPS 100000
/* A row left so often is within 0.02 of the truth: four deviations for p = 0.1, two for 0.5. */
#define TRUTH_SEEN 2500
#define TRUTH_NEAR 0.02
/* Another chain's steps are likelier under it by so much (nats), which so many tell. */
#define TRUTH_OTHER  1.0
#define TRUTH_SAMPLE 1000

struct truth_case {
    unsigned states, order;
    double sharp, sticky;
};

static const struct truth_case truth_cases[] = {
    {2, 1, 1, 0},    {3, 1, 2, 0},    {4, 1, 1, 0},   {4, 1, 3, 0},   {4, 1, 2, 0.9},
    {8, 1, 2, 0.95}, {16, 1, 1, 0.5}, {16, 1, 2, 0},  {2, 2, 1, 0},   {3, 2, 2, 0},
    {4, 2, 1, 0},    {4, 2, 3, 0},    {4, 2, 1, 0.3}, {5, 2, 0.5, 0},
};

/* The range is so that state i is the value i. */
static struct channel *truth_channel(struct profile_settings *settings, unsigned states,
                                     unsigned order)
{
    struct channel_spec spec = made_spec("made", 0, states);

    *settings = made_settings(states, 1, order);
    return channel_new(&spec, settings);
}

static struct channel_event truth_step(struct channel *channel, struct made_chain *chain,
                                       struct random_source *source)
{
    struct channel_event event =
        channel_take(channel, made_chain_next(chain, source), (double)channel->steps, -1);

    assert_true(event.step);
    return event;
}

/* Largest distance of a learned probability from its true one, of rows seen often enough. */
static double truth_distance(const struct channel *channel, const struct made_chain *chain,
                             unsigned rows, unsigned *ret_seen)
{
    double worst = 0;

    *ret_seen = 0;
    for (unsigned i = 0; i < rows; i++) {
        struct context context = made_chain_context(chain, i);
        struct matrix_row row;

        if (!matrix_find(channel->matrix, &context, &row) || row.total < TRUTH_SEEN)
            continue;
        ++*ret_seen;
        for (unsigned j = 0; j < chain->states; j++)
            worst = fmax(worst, fabs((double)row.counts[j] / row.total -
                                     chain->p[(size_t)i * chain->states + j]));
    }
    return worst;
}

static void test_matrix_is_found(void **state UNUSED)
{
    for (size_t c = 0; c < ARRAY_SIZE(truth_cases); c++) {
        const struct truth_case *t = &truth_cases[c];
        struct random_source source = {.state = 1000 + c};
        struct profile_settings settings;
        struct channel *channel = truth_channel(&settings, t->states, t->order);
        unsigned rows = t->order == 2 ? t->states * t->states : t->states, seen;
        struct made_chain chain;
        double worst;

        made_chain_init(&chain, t->states, t->order, t->sharp, t->sticky, &source);
        for (unsigned i = 0; i < TRUTH_STEPS; i++)
            truth_step(channel, &chain, &source);
        worst = truth_distance(channel, &chain, rows, &seen);
        print_message("%u states, order %u: %u of %u rows, worst %.4f\n", t->states, t->order, seen,
                      rows, worst);
        assert_true(seen * 4 >= rows * 3);
        assert_true(worst < TRUTH_NEAR);
        assert_int_equal(channel->steps, TRUTH_STEPS);
        made_chain_done(&chain);
        channel_free(channel);
    }
}

/* By how much a step of `other` is likelier under it than under `usual`, ln, in the mean. */
static double truth_difference(const struct made_chain *usual, const struct made_chain *other,
                               uint64_t seed)
{
    struct random_source source = {.state = seed};
    struct made_chain chain = *other;
    double sum = 0;

    for (unsigned i = 0; i < TRUTH_SAMPLE; i++) {
        unsigned row = chain.row, next = made_chain_next(&chain, &source);

        sum += log(other->p[(size_t)row * chain.states + next] /
                   usual->p[(size_t)row * chain.states + next]);
    }
    return sum / TRUTH_SAMPLE;
}

/* A chain that is another one indeed. */
static void truth_init_other(struct made_chain *other, const struct truth_case *t,
                             const struct made_chain *usual, struct random_source *source)
{
    made_chain_init(other, t->states, t->order, t->sharp, 0, source);
    while (truth_difference(usual, other, source->state) < TRUTH_OTHER) {
        made_chain_done(other);
        made_chain_init(other, t->states, t->order, t->sharp, 0, source);
    }
}

struct truth_alarms {
    unsigned alarms, flagged;
    unsigned runs;
    uint64_t normal;
};

/* Normal steps, then a window of another chain, `runs` times over; an anomaly that goes on after
 * its window is no false alarm, one that begins later is. */
static void truth_watch(const struct truth_case *t, uint64_t seed, unsigned runs, unsigned train,
                        unsigned normal, struct truth_alarms *alarms)
{
    struct random_source source = {.state = seed};
    struct profile_settings settings;
    struct channel *channel = truth_channel(&settings, t->states, t->order);
    struct made_chain usual, other;
    bool was = false;

    made_chain_init(&usual, t->states, t->order, t->sharp, t->sticky, &source);
    for (unsigned i = 0; i < train; i++)
        truth_step(channel, &usual, &source);
    for (unsigned run = 0; run < runs; run++) {
        bool flagged = false;

        for (unsigned i = 0; i < normal; i++) {
            truth_step(channel, &usual, &source);
            alarms->alarms += channel->anomaly.active && !was;
            was = channel->anomaly.active;
        }
        truth_init_other(&other, t, &usual, &source);
        for (unsigned i = 0; i < settings.window; i++) {
            truth_step(channel, &other, &source);
            flagged = flagged || channel->anomaly.active;
        }
        was = channel->anomaly.active;
        made_chain_done(&other);
        alarms->flagged += flagged;
        alarms->runs++;
        alarms->normal += normal;
        /* The window is full of the other chain; the next one begins with what is usual. */
        for (unsigned i = 0; i < settings.window; i++) {
            truth_step(channel, &usual, &source);
            was = channel->anomaly.active;
        }
    }
    made_chain_done(&usual);
    channel_free(channel);
}

static void test_alarms(void **state UNUSED)
{
    static const struct truth_case cases[] = {
        {2, 1, 2, 0.95}, {4, 1, 3, 0},   {4, 1, 4, 0},   {4, 1, 2, 0.9},
        {4, 1, 2, 0.98}, {8, 1, 2, 0.9}, {8, 1, 4, 0},   {16, 1, 2, 0.9},
        {16, 1, 4, 0},   {4, 2, 4, 0},   {4, 2, 2, 0.9},
    };

    for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
        struct truth_alarms alarms = {0};

        truth_watch(&cases[c], 277 + c, 100, 20000, 1200, &alarms);
        print_message("%u states, order %u, sticky %.2f: %u of %u found, %u false in %" PRIu64 "\n",
                      cases[c].states, cases[c].order, cases[c].sticky, alarms.flagged, alarms.runs,
                      alarms.alarms, alarms.normal);
        assert_int_equal(alarms.runs, 100);
        assert_true(alarms.flagged >= 95);
        assert_true(alarms.normal >= 100000);
        assert_true(alarms.alarms * 10000 < 2 * alarms.normal);
    }
}

#define TRUTH_TURNS  12
#define TRUTH_BLOCKS 20 /* per turn */

struct truth_phases {
    unsigned again, lost; /* blocks in a phase of their own chain; of the other, or a new one */
    bool owned[2][PHASES_MAX]; /* the phase has had a block of the chain */
};

static void truth_turn(struct profile *profile, struct made_chain *chain, double *seconds,
                       struct random_source *source)
{
    for (unsigned i = 0; i < profile->settings->window; i++) {
        double value = made_chain_next(chain, source);

        assert_false(profile_take(profile, &value, (*seconds)++, -1));
        assert_true(profile_take(profile, &value, (*seconds)++, -1));
    }
}

/* Two chains take turns, each for some blocks. From their second turns on blocks count. */
static void truth_alternate(const struct truth_case *t, uint64_t seed, struct truth_phases *ret)
{
    struct random_source source = {.state = seed};
    struct profile_settings settings = made_settings(t->states, 2, 1);
    struct channel_spec spec = made_spec("made", 0, t->states);
    struct profile *profile = profile_new(&spec, 1, &settings);
    struct made_chain chains[2];
    double seconds = 0;

    *ret = (struct truth_phases){0};
    made_chain_init(&chains[0], t->states, 1, t->sharp, t->sticky, &source);
    truth_init_other(&chains[1], t, &chains[0], &source);
    for (unsigned block = 0; block < TRUTH_TURNS * TRUTH_BLOCKS; block++) {
        unsigned turn = block / TRUTH_BLOCKS, which = turn % 2, phase;

        truth_turn(profile, &chains[which], &seconds, &source);
        phase = phases_current(profile->phases);
        if (turn >= 2 && ret->owned[which][phase] && !ret->owned[1 - which][phase])
            ret->again++;
        else if (turn >= 2)
            ret->lost++;
        ret->owned[which][phase] = true;
    }
    made_chain_done(&chains[0]);
    made_chain_done(&chains[1]);
    profile_free(profile);
}

/* Two ways of behaving that take turns are told apart, and known again when they come back. (Each
 * may have more than one phase: a phase that has seen a block or two is easily surprised.) */
static void test_phases_are_found_again(void **state UNUSED)
{
    static const struct truth_case cases[] = {
        {4, 1, 3, 0}, {4, 1, 2, 0.9}, {8, 1, 3, 0.5}, {8, 1, 4, 0}, {16, 1, 3, 0}};

    for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
        struct truth_phases phases;

        truth_alternate(&cases[c], 500 + c, &phases);
        print_message("%u states, sticky %.1f: %u blocks of %u in a phase of theirs\n",
                      cases[c].states, cases[c].sticky, phases.again, phases.again + phases.lost);
        assert_int_equal(phases.again + phases.lost, (TRUTH_TURNS - 2) * TRUTH_BLOCKS);
        assert_true(phases.again * 100 >= 95 * (phases.again + phases.lost));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix_is_found),
        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_phases_are_found_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
