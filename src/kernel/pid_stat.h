/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/PID/stat and /proc/PID/task/TID/schedstat (proc(5); kernel
 * fs/proc/array.c do_task_stat(), fs/proc/base.c proc_pid_schedstat()).
 * Pure functions on (text, length): they open nothing and allocate nothing.
 */
#ifndef PROXTOP_KERNEL_PID_STAT_H
#define PROXTOP_KERNEL_PID_STAT_H

#include <stddef.h>
#include <stdint.h>

struct pid_stat {
    char comm[64]; /* kernel threads' names can be longer than 15 bytes */
    char state;
    uint64_t min_faults;
    uint64_t child_min_faults;
    uint64_t maj_faults;
    uint64_t child_maj_faults;
    uint64_t user_ticks; /* of sysconf(_SC_CLK_TCK); contains guest time */
    uint64_t system_ticks;
    uint64_t num_threads;
    uint64_t start_ticks; /* since boot: with the PID, the identity of a process */
    uint64_t vsize_bytes;
    uint64_t rss_pages;
};

/* -EBADMSG if the text is not a stat record up to field 24 (rss); fields that
 * later kernels append are accepted. comm may hold anything: it ends at the
 * last ')'. */
int parse_pid_stat(const char *text, size_t len, struct pid_stat *ret);

/* Field 42, delayacct_blkio_ticks: how long the thread waited for block I/O,
 * in ticks. 0 while the kernel does not count it. -EBADMSG if the text ends
 * before. */
int parse_pid_stat_blkio(const char *text, size_t len, uint64_t *ret_ticks);

struct schedstat {
    uint64_t run_ns;  /* time on a CPU; of a running task booked per tick */
    uint64_t wait_ns; /* time on a run queue, booked when the wait ends */
    uint64_t timeslices;
};

/* -EBADMSG on anything but three numbers; -ENODATA when all are zero: no task
 * that exists has never run, the kernel just does not count (nodelayacct). */
int parse_schedstat(const char *text, size_t len, struct schedstat *ret);

#endif
