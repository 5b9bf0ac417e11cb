/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host-wide files: /proc/stat, /proc/vmstat, /proc/cpuinfo (proc(5); kernel
 * fs/proc/stat.c, mm/vmstat.c, arch/x86/kernel/cpu/proc.c). Pure functions.
 */
#ifndef PROXTOP_KERNEL_HOST_STAT_H
#define PROXTOP_KERNEL_HOST_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cpu_time {
    CPU_TIME_USER, /* contains guest */
    CPU_TIME_NICE, /* contains guest_nice */
    CPU_TIME_SYSTEM,
    CPU_TIME_IDLE,
    CPU_TIME_IOWAIT,
    CPU_TIME_IRQ,
    CPU_TIME_SOFTIRQ,
    CPU_TIME_STEAL,
    CPU_TIME_GUEST,
    CPU_TIME_GUEST_NICE,
    CPU_TIME__COUNT,
};
/* The first 8 add up to all time of all CPUs. */
#define CPU_TIME__SUMMED 8

struct host_stat {
    uint64_t ticks[CPU_TIME__COUNT]; /* of sysconf(_SC_CLK_TCK), over all CPUs */
    unsigned times;                  /* how many of ticks[] the text has, from the first on */
    unsigned online_cpus;            /* number of cpuN lines; 0 = not all are in the text */
    uint64_t boot_seconds;           /* since 1970; 0 = not in the text */
    uint64_t forks;                  /* "processes": 0 = not in the text */
};

/* -EBADMSG unless the text starts with a whole "cpu" line of at least four numbers. */
int parse_host_stat(const char *text, size_t len, struct host_stat *ret);

struct vmstat {
    uint64_t swap_in_pages;
    uint64_t swap_out_pages;
};

/* -EBADMSG unless both lines are there and whole. */
int parse_vmstat(const char *text, size_t len, struct vmstat *ret);

/* Mean of the "cpu MHz" lines of /proc/cpuinfo. -ENODATA without one (other
 * architectures have none). */
int parse_cpuinfo_mhz(const char *text, size_t len, double *ret_mhz);

/* arcstats of ZFS: the line "size TYPE VALUE", in bytes. */
int parse_arcstats_size(const char *text, size_t len, uint64_t *ret_bytes);

#endif
