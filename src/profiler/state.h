/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile as text that it can be made from again, bit by bit: for the state directory, and for
 * the subcommands. JSON with a version; counts, not percentages.
 */
#ifndef PROXTOP_PROFILER_STATE_H
#define PROXTOP_PROFILER_STATE_H

#include "base/buf.h"
#include "profiler/profiler.h"

#define STATE_VERSION  1
#define STATE_SIZE_MAX (64u << 20) /* bytes; larger files are no state */

/* What profiles must agree in to be the same one: version, states, history, buffer, time between
 * samples, binning, dynamic, phantom, ranges that were asked for. As 16 hexadecimal digits. Ranges
 * of a live link are part of the channel, not of this. */
#define STATE_FINGERPRINT_SIZE 17
void state_fingerprint(const struct profile_settings *settings, char text[STATE_FINGERPRINT_SIZE]);

/* Appends the text of a VM's profile. */
void state_write(const struct vm_identity *vm, const struct profile *profile, struct buf *out);

/* Whether parsing the text as JSON stays within bounds: a byte of it can become hundreds of memory.
 */
bool state_is_bearable(const char *text, size_t len);

enum state_verdict {
    STATE_GOOD,
    STATE_BAD,   /* no such text, absurd figures: what it says is worth nothing */
    STATE_OTHER, /* of another version, or learned with other settings: not ours to touch */
};

/* Reads such a text, which may be anything. `settings`: of the run (borrowed by the profile), which
 * its own must agree with; NULL = any: they are put into *ret_settings (the caller's, which then
 * outlives the profile; it must be there). A printed record (record.h) is understood too when
 * settings are NULL: its counts and states, not its distributions. On STATE_GOOD the caller owns
 * *ret and *ret_vm; else why it was not good stands in why[size]. */
enum state_verdict state_read(const char *text, size_t len, const struct profile_settings *settings,
                              struct profile_settings *ret_settings, struct vm_identity *ret_vm,
                              struct profile **ret, char *why, size_t size);

/* What was measured of all VMs of a host together. */
struct state_host {
    char node[256];   /* the host's name */
    double half_life; /* that `measured` was learned with */
    struct overcommit_measured measured;
};
void state_host_free(struct state_host *host); /* NULL is allowed */
/* Appends its text. */
void state_host_write(const struct state_host *host, struct buf *out);
/* Reads such a text, which may be anything; as state_read(). */
enum state_verdict state_host_read(const char *text, size_t len, struct state_host **ret, char *why,
                                   size_t size);

#endif
