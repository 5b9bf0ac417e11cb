/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state directory: a file per VM (its UUID, escaped; with +KEY behind it where two VMs here
 * share one), mode 0600, replaced at once or not at all (temporary file, fsync, rename), locked
 * while a profiler has it. A file that is no state is renamed to .bad and told; one of another
 * version or other settings stays as it is, and the profile goes beside it under a name that
 * carries its fingerprint. The host has one, too. A thread of its own reads and writes: nobody
 * waits for a disk.
 */
#ifndef PROXTOP_PROFILER_STORE_H
#define PROXTOP_PROFILER_STORE_H

#include "base/buf.h"
#include "profiler/profiler.h"
#include "profiler/state.h"

struct store;

/* Makes the directory if it is not there (0700); nobody but its owner, this user or root, may be
 * able to write to it. The settings are borrowed, by the profiles that come from here, too. Files
 * not written for keep_days are removed (0 = none), a minute after the start, daily and at the end,
 * unless their VM is here. 0, or -errno with a line for people. A directory that does not answer
 * within 3 s is not waited for: that is told, and nothing is kept until it answers. */
int store_open(const char *directory, const struct profile_settings *settings, double keep_days,
               struct store **ret, char *error, size_t size);

/* Asks for the VM's profile; the answer comes by store_next(), in the order of the questions. From
 * now on the VM's file is taken, until store_leave(). If another profiler has it, or what is in its
 * place is no regular file, the answer is NULL and nothing is written, which is told. */
void store_ask(struct store *store, const char *uuid, const char *key);

/* Asks for what was measured of the host, which the file .host is for; answered likewise. */
void store_ask_host(struct store *store);

struct store_answer {
    char *uuid, *key;        /* of the question, the caller's; NULL = the host */
    struct profile *profile; /* NULL = there is none; else the caller's */
    struct state_host *host; /* likewise */
};
/* The next answer; false = none yet. */
bool store_next(struct store *store, struct store_answer *ret);

/* Takes the text of state_write() (leaves *text empty) and writes it, instead of an older one of
 * the same VM that still waits. */
void store_put(struct store *store, const char *uuid, const char *key, struct buf *text);
void store_put_host(struct store *store, struct buf *text);
/* The VM is gone: its file stays for keep_days, its lock goes. */
void store_leave(struct store *store, const char *uuid, const char *key);

/* Writes what waits, and ends; gives up when nothing was written for `seconds`, or after a minute.
 * False = something was not written, which was logged. *ret_hanging: the thread is still in the
 * disk. NULL is allowed. */
bool store_close(struct store *store, double seconds, bool *ret_hanging);

#endif
