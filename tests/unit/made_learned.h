/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles that have learned something of every kind. */
#ifndef PROXTOP_TESTS_UNIT_MADE_LEARNED_H
#define PROXTOP_TESTS_UNIT_MADE_LEARNED_H

#include "profiler/profiler.h"

/* Kinds of settings that differ in what a profile keeps. */
#define MADE_KINDS 10
struct profile_settings made_kind(unsigned kind);

/* A profile of so many metrics: those that are known, then others. */
struct profile *made_profile(const struct profile_settings *settings, size_t count);
/* So many samples of it, the first being number `from` since the start of the world: a random walk
 * per metric with jumps, gaps and now and then a value beyond the range; depends on the number of
 * the sample alone. Looks for periods now and then. */
void made_learn(struct profile *profile, uint64_t from, uint64_t samples);

/* To be given to vm_identity_done(). */
struct vm_identity made_vm(const char *name);

#endif
