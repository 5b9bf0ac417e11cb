/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rounds of values on their way into profiles. They wait while the VM's saved profile is read, so
 * that nothing of the start is lost; and those of the first frames are kept for as long as the
 * speed of the host's link may still turn up, as the ranges of a profile never change.
 */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/util.h"
#include "profiler/profiler_internal.h"

static void round_take(struct profiler_vm *vm, const struct profiler_round *round)
{
    struct profile *profile = vm->shown.profile;
    double values[PROFILE_CHANNELS_MAX];

    for (size_t i = 0; i < profile->count; i++)
        values[i] = vm->sources[i] < PROFILER_METRIC__COUNT ? round->values[vm->sources[i]] : NAN;
    (void)profile_take(profile, values, round->seconds, round->slot);
}

static void rounds_forget(struct profiler_vm *vm)
{
    free(vm->rounds);
    vm->rounds = NULL;
    vm->count = vm->learned = 0;
}

void profiler_rounds_hurry(struct profiler *profiler, struct profiler_vm *vm)
{
    if (!vm->rounds)
        return;
    if (!vm->shown.profile)
        profiler_adopt(profiler, vm, NULL);
    while (vm->learned < vm->count)
        round_take(vm, &vm->rounds[vm->learned++]);
    if (profiler->link_known)
        rounds_forget(vm);
}

void profiler_rounds_learn(struct profiler *profiler, struct profiler_vm *vm)
{
    if (!vm->asked)
        profiler_rounds_hurry(profiler, vm);
}

void profiler_round_add(struct profiler *profiler, struct profiler_vm *vm,
                        const struct profiler_round *round)
{
    if (vm->shown.profile && !vm->rounds && profiler->link_known) {
        round_take(vm, round);
        return;
    }
    if (!vm->rounds)
        vm->rounds = xcalloc(PROFILER_ROUNDS_MAX, sizeof(*vm->rounds));
    vm->rounds[vm->count++] = *round;
    profiler_rounds_learn(profiler, vm);
    if (vm->count == PROFILER_ROUNDS_MAX) {
        complain(&profiler->waiting, LOG_WARNING,
                 "VM '%s': its saved profile is still not read: until it is, a new one is shown",
                 vm->shown.vm.name);
        profiler_rounds_hurry(profiler, vm);
        rounds_forget(vm);
    }
}

void profiler_rounds_settle(struct profiler *profiler, struct profiler_vm *vm)
{
    if (vm->shown.profile && !vm->loaded && !isnan(profiler->settings.ranges.link_mbit)) {
        profile_free(vm->shown.profile);
        vm->shown.profile = NULL;
        vm->learned = 0;
    }
    profiler_rounds_learn(profiler, vm);
}
