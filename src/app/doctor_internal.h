/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of --doctor. Each check is two functions: one gathers facts, the other judges them and
 * writes lines; tests give the latter what they like.
 */
#ifndef PROXTOP_APP_DOCTOR_INTERNAL_H
#define PROXTOP_APP_DOCTOR_INTERNAL_H

#include <limits.h>
#include <sys/types.h>

#include "app/detect.h"
#include "app/doctor.h"
#include "base/buf.h"
#include "base/util.h"

#define DOCTOR_TEXT_SIZE 1024

/* Who runs it. */
struct doctor_self {
    uid_t uid;              /* effective */
    uint64_t caps;          /* effective: 1 << CAP_... */
    char program[PATH_MAX]; /* where its file is */
};

struct doctor {
    const struct doctor_config *config;
    struct doctor_self self;
    const char *procfs; /* as people know it: "/proc" */
    bool is_pve;
    unsigned counts[DOCTOR__COUNT];
};

/* A line of the report, and below it one with what to do. Control characters show as '?'. */
void doctor_tell(struct doctor *doctor, enum doctor_verdict verdict, const char *object,
                 const char *format, ...) ATTR_PRINTF(4, 5);
void doctor_advise(struct doctor *doctor, const char *format, ...) ATTR_PRINTF(2, 3);

/* What gives this process the capabilities (a set of 1 << CAP_...), as an advice; `otherwise`: what
 * may be in the way if it has them. */
void doctor_advise_caps(struct doctor *doctor, uint64_t caps, const char *otherwise);

/* ---- doctor.c: the program, its configuration ---- */

void doctor_read_self(struct doctor_self *ret);
void doctor_check_program(struct doctor *doctor);
void doctor_check_config(struct doctor *doctor);

/* ---- doctor_place.c: the terminal, services ---- */

struct doctor_terminal {
    bool is_terminal;
    const char *reason; /* why it can have no screen; NULL = it can */
    const char *type;
    unsigned rows, cols;
    int colours;
    bool utf8;
};

void doctor_check_terminal(struct doctor *doctor);
void doctor_tell_terminal(struct doctor *doctor, const struct doctor_terminal *terminal);
void doctor_check_services(struct doctor *doctor);

/* ---- doctor_source.c: procfs, and where VMs come from ---- */

#define DOCTOR_PID_INODE_INIT 0xEFFFFFFCu /* of the first PID namespace (PROC_PID_INIT_INO) */

struct doctor_procfs {
    size_t processes;
    bool sees_init;
    char hidepid[16];   /* of its mount; "" = none */
    uint64_t pid_inode; /* of our PID namespace; 0 = not known */
};

void doctor_read_procfs(const char *procfs, int proc_fd, struct doctor_procfs *ret);
void doctor_tell_procfs(struct doctor *doctor, const struct doctor_procfs *procfs);

struct doctor_source {
    enum connector_status status;
    struct connector_error error;   /* where the status is not CONNECTOR_READY */
    const char *name;               /* of the connector; NULL = there is none */
    char text[DOCTOR_TEXT_SIZE];    /* it is used, with how many VMs, and why */
    struct connector_error libvirt; /* why it was not chosen; text "" = it was, or not tried */
    const char *uri;
    bool elsewhere;
    size_t vms, strangers;
};

/* Tries the connector. *ret_inventory (a reference) may become NULL; *ret_hanging likewise as in
 * doctor_run(). */
void doctor_read_source(struct doctor *doctor, const struct roots *roots, struct doctor_source *ret,
                        struct inventory **ret_inventory, bool *ret_hanging);
void doctor_tell_source(struct doctor *doctor, const struct doctor_source *source,
                        const struct doctor_procfs *procfs);

/* ---- doctor_vms.c ---- */

/* VMs of which something cannot be read or known, and the first of them. */
struct doctor_lack {
    size_t count;
    pid_t pid;
    char name[64];
    int error; /* -errno, or 0 */
};

struct doctor_vms {
    size_t count;              /* with a process that is seen */
    bool by_monitor;           /* the connector asks monitors; else libvirt */
    struct doctor_lack hidden; /* without one */
    struct doctor_lack io, taps;
    struct doctor_lack monitors; /* that have one, but not for this user */
    struct doctor_lack no_monitor;
    struct doctor_lack unnamed;     /* threads, but it is known otherwise which are vCPUs */
    struct doctor_lack nameless;    /* likewise, and it is not */
    bool no_cgroups;                /* of version 2, on the whole host */
    struct doctor_lack no_group;    /* of their own */
    struct doctor_lack no_pressure; /* though they have one */
    size_t files;                   /* that are kept open for them */
};

/* Reads it on a thread; false = that hangs: nothing is known, and *ret_hanging becomes true. */
bool doctor_read_vms(const struct roots *roots, const struct options *options,
                     struct inventory *inventory, struct doctor_vms *ret, bool *ret_hanging);
/* What the thread does. */
void doctor_look_at_vms(const struct roots *roots, const struct options *options,
                        const struct inventory *inventory, struct doctor_vms *ret);
void doctor_tell_vms(struct doctor *doctor, const struct doctor_vms *vms);

/* ---- doctor_kernel.c ---- */

struct doctor_kernel {
    int pressure; /* 0 = told; -ENOENT: the kernel has none; -EOPNOTSUPP: off; another -errno */
    bool counts_delays;
    bool counts_runs; /* schedstat */
    uint64_t files;   /* that may be open at a time */
};

void doctor_read_kernel(int proc_fd, struct doctor_kernel *ret);
/* `vms` may be NULL. */
void doctor_tell_kernel(struct doctor *doctor, const struct doctor_kernel *kernel,
                        const struct doctor_vms *vms);

#endif
