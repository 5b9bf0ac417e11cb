/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMs whose profiles are kept: which file is whose, what is in it, and that nobody else has it.
 * One thread, which may wait for the disk, owns all of it. What a person should know is logged.
 */
#ifndef PROXTOP_PROFILER_STORE_VMS_H
#define PROXTOP_PROFILER_STORE_VMS_H

#include "base/log.h"
#include "profiler/profiler.h"
#include "profiler/state.h"
#include "profiler/store_file.h"

/* A UUID and a key, owned, and their hash. */
struct store_id {
    uint64_t hash;
    char *uuid, *key;
};

struct store_id store_id_make(const char *uuid, const char *key); /* NULL is "" */
void store_id_done(struct store_id *id);
bool store_id_equal(const struct store_id *a, const struct store_id *b);

struct store_vm;

struct store_vms {
    struct store_dir dir;                    /* owned */
    const struct profile_settings *settings; /* borrowed; by the profiles, too */
    double keep_seconds;                     /* of VMs that are not here; 0 = for ever */
    char fingerprint[STATE_FINGERPRINT_SIZE];
    struct store_vm **vms;
    size_t count, capacity;
    struct store_vm *host; /* not among them; NULL = nobody asked for it */
    size_t failed;         /* of the VMs, those whose last writing did */
    struct complaint writing;
};

/* Gives all names back. */
void store_vms_done(struct store_vms *vms);

/* The VM is here once more: takes its name, if that is not done yet. Returns the profile that is
 * kept of it, the caller's; NULL = none. */
struct profile *store_vms_enter(struct store_vms *vms, const struct store_id *id);
/* Writes the VM's text, unless its name is another one's; enters it if it did not. */
void store_vms_put(struct store_vms *vms, const struct store_id *id, const struct buf *text);
/* It is here once less; at last, its name is given back. Returns whether its last text was written.
 * No-op if it is not here. */
bool store_vms_leave(struct store_vms *vms, const struct store_id *id);

/* The same for the host, whose name is nobody else's. */
struct state_host *store_vms_enter_host(struct store_vms *vms);
void store_vms_put_host(struct store_vms *vms, const struct buf *text);

/* Removes left-over temporary files, and with `states` those of VMs not seen for keep_seconds. */
void store_vms_clean(const struct store_vms *vms, bool states);

#endif
