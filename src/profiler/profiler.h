/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The learner: takes frames, keeps a profile per VM, and says which profiles are to be printed now.
 * One thread (the main one) owns it. Disks are the store's business.
 */
#ifndef PROXTOP_PROFILER_PROFILER_H
#define PROXTOP_PROFILER_PROFILER_H

#include "model/frame.h"
#include "profile/capacity.h"
#include "profile/overcommit.h"
#include "profile/profile.h"
#include "profiler/metrics.h"

struct profiler_settings {
    struct profile_settings profile;
    unsigned metrics;              /* bits of 1 << enum profiler_metric */
    double output_seconds;         /* between two rounds of output; 0 = only at the end */
    struct profiler_ranges ranges; /* link_mbit is found out */
    const char *state_dir;         /* NULL = nothing is kept */
    double keep_days;              /* of VMs that are gone */
    double save_seconds;           /* between two writings of a VM; 0 = at each round of output */
    bool fixed_bound;              /* as told: shown in the output's settings */
};

/* Who a VM is. */
struct vm_identity {
    char *uuid, *name, *key; /* owned; key: libvirt's name, or VMID */
    unsigned vcpus;          /* 0 = not known */
    uint64_t mem_kb;         /* likewise */
    bool guest_memory;       /* its guest has told of its memory (balloon statistics) */
};
void vm_identity_done(struct vm_identity *vm);
/* capacity_advise() for this VM. Of its memory only if its guest tells: else all that is known is
 * what is resident, of which a guest rarely gives anything back, so that nearly all of it would
 * seem to be needed. */
void vm_identity_advise(const struct vm_identity *vm, const struct profile *profile,
                        struct capacity_advice *ret);

struct profiled_vm {
    struct vm_identity vm;
    struct profile *profile;
    bool due;   /* to be printed now */
    bool final; /* for the last time: it ended, or the program does */
};

struct profiled_host {
    char name[256];
    double cores; /* NAN = not known yet */
    struct overcommit_measured measured;
    struct overcommit computed; /* as of the newest round; NAN = nothing */
    double capacity_left;       /* cores - P95 of the measured sum; NAN */
    double days_left;           /* NAN */
};

struct profiler;

/* The settings are copied, their texts borrowed. 0, or -errno with a line for people in
 * error[size] (the state directory cannot be used). */
int profiler_new(const struct profiler_settings *settings, struct profiler **ret, char *error,
                 size_t size);
void profiler_free(struct profiler *profiler); /* NULL is allowed */
/* The same, told how it went: false = something could not be saved, which was logged; *ret_hanging
 * becomes true if a thread hangs in the state directory, and what it may still use is left behind:
 * leave by _exit(). */
bool profiler_close(struct profiler *profiler, bool *ret_hanging);

const struct profiler_settings *profiler_settings(const struct profiler *profiler);

/* Learns from a frame. Then: which VMs are due (profiler_is_due(), and each one's flags) until the
 * next frame. A VM that is gone from the frame is due once more, as final, and then forgotten. */
void profiler_take(struct profiler *profiler, const struct frame *frame);
/* No more frames: every VM is due, as final. */
void profiler_finish(struct profiler *profiler);
bool profiler_is_due(const struct profiler *profiler);
/* After profiler_finish(): VMs are final without having ended. */
bool profiler_is_finished(const struct profiler *profiler);

size_t profiler_count(const struct profiler *profiler);
const struct profiled_vm *profiler_at(const struct profiler *profiler, size_t i);
const struct profiled_host *profiler_host(const struct profiler *profiler);
/* When the newest frame was read. */
struct timespec profiler_time(const struct profiler *profiler);

#endif
