/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the look-alike share: the options, and the description of one pretended
 * virtual machine. lookalike.c starts them, lookalike_args.c makes their command lines,
 * lookalike_vm.c is one, lookalike_qmp.c its monitor, lookalike_replies.c what that answers.
 */
#ifndef BENCH_LOOKALIKE_H
#define BENCH_LOOKALIKE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct json_object;

#define LOOKALIKE_MAX_VCPUS    256
#define LOOKALIKE_MAX_ARGS     48
#define LOOKALIKE_MEMORY_BYTES (UINT64_C(1) << 30)
#define LOOKALIKE_DISK_BYTES   (UINT64_C(8) << 30)

struct lookalike_options {
    unsigned count;
    unsigned vcpus;
    unsigned first_id;
    unsigned hung;
    unsigned busy_ppm;
    bool tap;
    const char *names; /* "a,b,c": of the first machines; NULL = none */
    char dir[PATH_MAX];
};

struct lookalike_args {
    char *argv[LOOKALIKE_MAX_ARGS + 1];
    unsigned n;
};

struct lookalike_vm {
    unsigned id; /* names everything: vm-00007, 7.qmp, 7.pid, tap7i0 */
    unsigned vcpus;
    unsigned busy_ppm; /* CPU time of each vCPU, in millionths of one host CPU */
    bool hung;         /* the monitor accepts and never greets */
    bool tap;
    bool no_driver; /* the guest has no balloon driver: its statistics are 2^64-1 */
    pid_t parent;
    char dir[PATH_MAX];
    uint64_t start_ns;               /* CLOCK_MONOTONIC */
    pid_t tids[LOOKALIKE_MAX_VCPUS]; /* one per vCPU */
};

uint64_t lookalike_clock_ns(void);

/* Fills `args` (empty before) with QEMU's arguments; free them in any case. False = no memory. */
bool lookalike_make_args(const struct lookalike_options *opt, unsigned id,
                         struct lookalike_args *args);
void lookalike_free_args(struct lookalike_args *args);

/* Becomes the machine: threads, files, monitor. Tells `ready_fd` with one byte. Returns only on
 * failure, with -errno, or after `quit` with 0. */
int lookalike_vm_run(struct lookalike_vm *vm, int ready_fd);

/* Talks to one client until it hangs up. Returns true if it said `quit`. */
bool lookalike_qmp_serve(const struct lookalike_vm *vm, int fd);

/* Writes what goes under "return"; returns NULL, or the class of an error with nothing written. */
const char *lookalike_reply(const struct lookalike_vm *vm, const char *name,
                            struct json_object *args, FILE *out);

/* A string member of a request; "" if it is absent or something else. */
const char *lookalike_get_string(struct json_object *args, const char *key);

#endif
