/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the learner: what it keeps of each VM, and its parts. */
#ifndef PROXTOP_PROFILER_PROFILER_INTERNAL_H
#define PROXTOP_PROFILER_PROFILER_INTERNAL_H

#include <uthash.h>

#include "base/buf.h"
#include "base/log.h"
#include "profiler/profiler.h"
#include "profiler/store.h"

/* Rounds of values that wait until the VM's saved profile was read. */
#define PROFILER_ROUNDS_MAX 64
/* Frames in which the speed of the host's link may still turn up. */
#define PROFILER_LINK_FRAMES 3
/* VMs that ended and still wait for their saved profile: a disk that hangs for days must not make
 * all that there ever were stay. */
#define PROFILER_ENDED_MAX 1024
/* VMs per frame whose period is looked for, and whose state is written: neither may make a cycle
 * long. */
#define PROFILER_PERIODS_AT_ONCE 8
#define PROFILER_SAVES_AT_ONCE   64

/* What one frame had of a VM. */
struct profiler_round {
    double values[PROFILER_METRIC__COUNT];
    double seconds; /* since the epoch */
    int slot;       /* of the calendar; -1 = none */
};

/* Who waits for an answer of the store; they come in the order of the questions. */
struct profiler_question {
    struct profiler_question *next;
    struct profiler_vm *vm; /* NULL = it is gone */
};

struct profiler_vm {
    UT_hash_handle hh;
    char *id; /* UUID, NUL, key of the row: two VMs of a host may share a UUID */
    size_t id_len;
    struct profiled_vm shown;
    char *store_uuid, *store_key;    /* as first seen: what its file is called after */
    bool seen;                       /* in this frame */
    struct profiler_question *asked; /* for its saved profile: nothing is saved; NULL = it came */
    bool loaded;                     /* the profile was a saved one */
    bool unsaved;                    /* its state is to be written */
    int64_t save_turn;               /* number of the span of save_seconds; 0 = none yet */
    bool had_cores;                  /* it was known what it takes of the host */
    unsigned frames;                 /* in which it was seen, 2 at most */
    struct pickup_vm pickup;
    /* Where the values of the profile's channels come from; PROFILER_METRIC__COUNT = nowhere. */
    enum profiler_metric sources[PROFILE_CHANNELS_MAX];

    /* Rounds that are kept: for a saved profile that was not read yet, and until the ranges are
     * final. NULL = none are. */
    struct profiler_round *rounds;
    size_t count;
    size_t learned; /* of them, the oldest: by a profile that may be made anew */
};

struct profiler {
    struct profiler_settings settings; /* profiles borrow settings.profile */
    struct pickup *pickup;
    struct store *store;                                  /* NULL = nothing is kept */
    struct profiler_question *questions, **questions_end; /* without an answer yet */
    struct complaint waiting;                             /* for saved profiles, in vain */
    struct series_scratch *scratch;
    struct profiler_vm *vms; /* hash by id */
    struct buf id;           /* scratch */
    /* VMs with a profile, as rows of the frame; those behind them ended, or their source is away.
     */
    struct profiler_vm **list;
    size_t count, capacity;
    size_t periods_next, saves_next; /* in list */
    bool due;
    bool finished;

    struct timespec wall; /* of the newest frame */
    struct mono next;     /* round of output; ns 0 = no frame yet */
    bool link_known;      /* or given up on */
    unsigned link_frames;

    struct profiled_host host;
    bool host_asked;               /* for what was kept of it: nothing is saved until it came */
    struct state_host *host_saved; /* it came, and the host's cores are not known yet */
    int64_t host_turn;             /* as save_turn of VMs */
    struct overcommit_vm *parts;   /* scratch of overcommit */
    double *numbers;
    size_t parts_capacity, numbers_capacity;
    size_t known, unknown; /* VMs of this frame whose cores are, should be known */
    double sum;            /* of those */
};

/* profiler_vm.c: the VM of a row, or NULL. */
struct profiler_vm *profiler_vm_find(struct profiler *profiler, const struct frame_table *table,
                                     size_t row);
/* A VM that profiler_vm_find() has just not found; its saved profile is asked for. */
struct profiler_vm *profiler_vm_new(struct profiler *profiler, const struct frame_table *table,
                                    size_t row);
void profiler_vm_free(struct profiler *profiler, struct profiler_vm *vm);
/* The oldest question was answered: whose it was, NULL = of one that is gone. */
struct profiler_vm *profiler_vm_answered(struct profiler *profiler);
/* Takes over what can change while a VM runs: it is renamed, CPUs and memory are plugged. */
void profiler_vm_describe(struct profiler_vm *vm, const struct frame_table *table, size_t row);
/* Whether the row is of a VM that runs: it has a process; or, on another host, figures, or (of a VM
 * that is known) none at the moment though nobody says that it ended. */
bool profiler_row_is_alive(const struct frame_table *table, size_t row, const double *values,
                           bool known);

/* profiler_rounds.c: a round of values joins the VM's profile, now or when there is one. */
void profiler_round_add(struct profiler *profiler, struct profiler_vm *vm,
                        const struct profiler_round *round);
/* Learns what waits, if the VM's saved profile is not waited for; makes the profile if need be. */
void profiler_rounds_learn(struct profiler *profiler, struct profiler_vm *vm);
/* The same, whatever is waited for: until a saved profile comes, a new one is shown in its place.
 */
void profiler_rounds_hurry(struct profiler *profiler, struct profiler_vm *vm);
/* The ranges are final: profiles of this run that were made with others are made anew. */
void profiler_rounds_settle(struct profiler *profiler, struct profiler_vm *vm);

/* profiler_adopt.c: gives the VM a new profile, or a saved one (taken over), to which metrics that
 * it lacks are added, in place of the one that it has. */
void profiler_adopt(struct profiler *profiler, struct profiler_vm *vm, struct profile *saved);

/* profiler_host.c: begins a frame; a VM's share of the host; the frame's sum. */
void profiler_host_begin(struct profiler *profiler, const struct frame *frame);
void profiler_host_vm(struct profiler *profiler, struct profiler_vm *vm, size_t row);
void profiler_host_end(struct profiler *profiler, double seconds);
/* What all profiles together say, for a round of output. */
void profiler_host_round(struct profiler *profiler);
/* What was kept of it, taken over; NULL = nothing. */
void profiler_host_adopt(struct profiler *profiler, struct state_host *saved);
void profiler_host_save(struct profiler *profiler);
void profiler_host_done(struct profiler *profiler);

#endif
