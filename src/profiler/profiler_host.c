/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all VMs together take of the host: as measured, and as their profiles say. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "profiler/profiler_internal.h"

/* Goes on with what was measured with other cores (CPUs of hosts are plugged), or before a restart.
 * The distribution is one of percent of the cores, and begins anew with others; the days before
 * stay, which are in cores. */
static void host_go_on(struct overcommit_measured *measured, const struct overcommit_measured *old)
{
    memcpy(measured->p95_of_day, old->p95_of_day, sizeof(old->p95_of_day));
    measured->days = old->days;
    measured->day = old->day;
}

/* When it is known how many cores there are: what was kept takes the place of what is there, which
 * is young. What was measured of another host, whose directory this was, is none of this one's. */
static void host_use_saved(struct profiler *profiler)
{
    struct overcommit_measured *measured = &profiler->host.measured;
    struct state_host *saved = profiler->host_saved;

    profiler->host_saved = NULL;
    if (strcmp(saved->node, profiler->host.name) != 0) {
        log_notice("what was kept of host '%s' is not gone on with: this one is '%s'", saved->node,
                   profiler->host.name);
    } else if (saved->measured.cores == profiler->host.cores &&
               saved->half_life == profiler->settings.profile.half_life) {
        overcommit_measured_done(measured);
        *measured = saved->measured;
        overcommit_measured_init(&saved->measured, 1, 0);
    } else {
        host_go_on(measured, &saved->measured);
    }
    state_host_free(saved);
}

void profiler_host_adopt(struct profiler *profiler, struct state_host *saved)
{
    profiler->host_asked = false;
    profiler->host_saved = saved;
    if (saved && !isnan(profiler->host.cores))
        host_use_saved(profiler);
}

void profiler_host_save(struct profiler *profiler)
{
    struct state_host host = {.half_life = profiler->settings.profile.half_life};
    struct buf text = {0};

    if (!profiler->store || profiler->host_asked || isnan(profiler->host.cores) ||
        !profiler->host.measured.samples)
        return;
    copy_text(host.node, sizeof(host.node), profiler->host.name);
    host.measured = profiler->host.measured;
    state_host_write(&host, &text);
    store_put_host(profiler->store, &text);
}

static void host_set_cores(struct profiler *profiler, double cores)
{
    struct profiled_host *host = &profiler->host;
    struct overcommit_measured old = host->measured;
    bool known = !isnan(host->cores);

    overcommit_measured_init(&host->measured, cores, profiler->settings.profile.half_life);
    host->cores = cores;
    if (known) {
        host_go_on(&host->measured, &old);
        overcommit_measured_done(&old);
    } else if (profiler->host_saved) {
        host_use_saved(profiler);
    }
}

void profiler_host_begin(struct profiler *profiler, const struct frame *frame)
{
    double cores = pickup_host_cores(profiler->pickup);

    copy_text(profiler->host.name, sizeof(profiler->host.name), frame->host_name);
    if (cores > 0 && !(cores == profiler->host.cores))
        host_set_cores(profiler, cores);
    profiler->known = profiler->unknown = 0;
    profiler->sum = 0;
}

/* A VM that never tells what it takes is not waited for; the first reading of a new one is. */
void profiler_host_vm(struct profiler *profiler, struct profiler_vm *vm, size_t row)
{
    double cores = pickup_vm_cores(profiler->pickup, row);

    if (!isnan(cores)) {
        profiler->known++;
        profiler->sum += cores;
        vm->had_cores = true;
    } else if (vm->had_cores || vm->frames < 2) {
        profiler->unknown++;
    }
}

/* A sum without one of the VMs would be too low. */
void profiler_host_end(struct profiler *profiler, double seconds)
{
    if (!isnan(profiler->host.cores) && profiler->known && !profiler->unknown)
        overcommit_measured_take(&profiler->host.measured, profiler->sum, seconds);
}

/* What the VM takes: cores and shares of those of its `states` states that it was in, in
 * numbers[2 * states]. False: nothing is known yet. */
static bool host_vm_part(const struct profiled_vm *shown, double *numbers,
                         struct overcommit_vm *ret)
{
    const struct channel *channel = profile_role(shown->profile, ROLE_USED);
    double *cores = numbers, *shares;
    size_t count = 0;
    unsigned states;

    if (!channel)
        channel = profile_role(shown->profile, ROLE_CPU);
    if (!channel || channel->state < 0 || !shown->vm.vcpus)
        return false;
    states = channel->scale.states;
    shares = numbers + states;
    matrix_shares(channel->matrix, shares);
    if (!matrix_total(channel->matrix, 1)) /* no step yet: all is known of one state */
        shares[channel->state] = 1;
    for (unsigned i = 0; i < states; i++) {
        if (!(shares[i] > 0))
            continue;
        cores[count] = fmax(0, channel_state_value(channel, i)) * shown->vm.vcpus / 100;
        shares[count++] = shares[i];
    }
    *ret = (struct overcommit_vm){.cores = cores, .shares = shares, .count = count};
    return true;
}

static void host_overcommit(struct profiler *profiler)
{
    static const struct overcommit none = {NAN, NAN, NAN, NAN};
    size_t each = 2 * (size_t)profiler->settings.profile.states, count = 0;

    profiler->host.computed = none;
    profiler->parts = array_grow(profiler->parts, &profiler->parts_capacity, profiler->count,
                                 sizeof(*profiler->parts));
    profiler->numbers = array_grow(profiler->numbers, &profiler->numbers_capacity,
                                   profiler->count * each, sizeof(*profiler->numbers));
    for (size_t i = 0; i < profiler->count; i++) {
        if (!profiler->list[i]->shown.final &&
            host_vm_part(&profiler->list[i]->shown, profiler->numbers + count * each,
                         &profiler->parts[count]))
            count++;
    }
    if (count && !isnan(profiler->host.cores) &&
        overcommit_compute(profiler->parts, count, profiler->host.cores, &profiler->host.computed) <
            0)
        profiler->host.computed = none;
}

void profiler_host_round(struct profiler *profiler)
{
    struct profiled_host *host = &profiler->host;

    host_overcommit(profiler);
    if (isnan(host->cores))
        return;
    host->capacity_left = host->cores - overcommit_measured_p95(&host->measured);
    host->days_left = overcommit_days_left(&host->measured);
}

void profiler_host_done(struct profiler *profiler)
{
    state_host_free(profiler->host_saved);
    if (!isnan(profiler->host.cores))
        overcommit_measured_done(&profiler->host.measured);
    free(profiler->parts);
    free(profiler->numbers);
}
