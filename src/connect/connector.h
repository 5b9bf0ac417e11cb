/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connectors say which VMs there are. A connector is a record of operations
 * (connector_ops) that may block; a runner (connector_start) calls them on a
 * thread of its own at a beat, watches over them, and keeps the newest
 * inventory for whoever asks. A call that overstays its time is left alone
 * with its thread and its connection, and a spare thread goes on.
 */
#ifndef PROXTOP_CONNECT_CONNECTOR_H
#define PROXTOP_CONNECT_CONNECTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "connect/images.h"
#include "model/inventory.h"

/* What connectors are told; strings and descriptors outlive the connector. */
struct connector_config {
    int proc_fd; /* directory of the procfs that shows the host's processes */
    int sys_fd;
    bool procfs_given;       /* the user named a procfs: it shows the connection's host */
    const char *uri;         /* libvirt connection */
    bool allow_hmp;          /* may open libvirt read-write and ask "info cpus" */
    double interval;         /* of the program's cycles, seconds */
    double libvirt_interval; /* seconds between statistics; 0 = never; < 0 = by itself */
    double qmp_interval;     /* likewise */
    /* QEMU shall ask guests for their statistics at least so often, seconds; 0 = as it is. */
    unsigned guest_stats_s;
    /* Directories that the user named; NULL = where Proxmox VE has them. */
    const char *pve_run, *pve_conf;
    struct images *images; /* borrowed; NULL = nothing is asked about images */
    /* Which devices are asked about; identity of disks and NICs comes with them. */
    bool wants_disks, wants_nics;
};

/* What keeps a source from opening, as far as that says what to do. */
enum connector_trouble {
    CONNECTOR_TROUBLE_OTHER,
    CONNECTOR_NO_LIBRARY,
    CONNECTOR_NO_LISTENER, /* nothing listens at its socket */
    CONNECTOR_DENIED,      /* not for this user */
    CONNECTOR_NO_ACCOUNT,  /* this user has no name, which it wants to know */
    CONNECTOR_SILENT,      /* it takes the connection, or not even that, and does not answer */
};

/* Text for people about a failure: what happened and what to do. */
struct connector_error {
    char text[512];
    enum connector_trouble trouble;
    bool usage; /* the options contradict each other: the program ends with status 2 */
    bool fatal; /* trying again cannot help: library missing, usage */
};

/* A round's promise to its runner: "what I do now takes at most that long".
 * Opaque here; NULL is allowed and does nothing (tests, single-threaded use). */
struct connector_guard;

/* Announces that the calling thread may block for up to `milliseconds` in
 * `what` (static text), from now; replaces an earlier announcement. */
void connector_guard_set(struct connector_guard *guard, unsigned milliseconds, const char *what);
/* The same for what concerns one process. */
void connector_guard_set_for(struct connector_guard *guard, unsigned milliseconds, const char *what,
                             pid_t pid);
/* Takes the announcement back. True if the runner gave up on this thread
 * meanwhile, or ends: return at once, the result is not wanted. */
bool connector_guard_clear(struct connector_guard *guard);

/* Whether a thread of this connector that was given up on still hangs in what
 * it announced with the same words, for the same process (0 = whichever): what
 * blocked it would block this one, too. False for NULL. */
bool connector_guard_others_hang(struct connector_guard *guard, const char *what, pid_t pid);

struct connector_ops {
    const char *name;

    /* Opens the source; may block under a guard. On success *ret_state belongs
     * to the calling thread. On failure -errno and *error says why. */
    int (*open)(const struct connector_config *config, struct connector_guard *guard,
                void **ret_state, struct connector_error *error);

    /* One reading: *ret_inventory gets a finished inventory with one
     * reference. `previous` (may be NULL) is the newest one published by any
     * thread of this connector: readings of VMs that do not answer now are
     * carried over from it. A source that is read less often than there are
     * rounds sets the inventory's beat. Returns 0; 1 when nothing changed (previous holds
     * on, *ret_inventory is untouched); -errno when the source is lost, which
     * closes it and opens it anew after a pause. */
    int (*round)(void *state, struct connector_guard *guard, const struct inventory *previous,
                 struct inventory **ret_inventory, struct connector_error *error);

    void (*close)(void *state);

    /* Seconds between rounds, given how long the last one took. */
    double (*beat)(const struct connector_config *config, double last_round);
};

extern const struct connector_ops connector_processes;
extern const struct connector_ops connector_proxmox;
#ifdef HAVE_LIBVIRT
extern const struct connector_ops connector_libvirt;
#endif

/* The runner. */
struct connector;

/* Starts the connector's threads. The config is copied (its strings are not). */
struct connector *connector_start(const struct connector_ops *ops,
                                  const struct connector_config *config);

enum connector_status {
    CONNECTOR_OPENING,
    CONNECTOR_FAILED, /* opening failed at least once and has not succeeded yet */
    CONNECTOR_READY,  /* opened; an inventory is there or on its way */
};

/* Waits up to `seconds` until the source opened or failed, and then (with
 * first_round) until the first inventory is there. *ret_error (may be NULL)
 * gets the last failure. */
enum connector_status connector_wait(struct connector *connector, double seconds, bool first_round,
                                     struct connector_error *ret_error);

/* The newest inventory with a reference of the caller's, or NULL. Never waits
 * for the source. */
struct inventory *connector_inventory(struct connector *connector);

/* When the source was last read to the end, changes found or not; ns 0 = never. */
struct mono connector_answered(struct connector *connector);

/* Tells whether a newer inventory than `seen` is there; cheap. */
bool connector_has_news(const struct connector *connector, const struct inventory *seen);

const char *connector_name(const struct connector *connector);

/* While it is hushed, nothing of its failures is told: another one is used meanwhile. */
void connector_hush(struct connector *connector, bool hushed);

/* Tells its threads to end, and does not wait; connector_stop() is to follow. */
void connector_retire(struct connector *connector);

/* Ends the threads that can be ended within a moment and forgets those that
 * hang; when it returns true nothing of the connector runs any more and it was
 * freed. False: a thread hangs in the source: leave by _exit(). */
bool connector_stop(struct connector *connector);

#endif
