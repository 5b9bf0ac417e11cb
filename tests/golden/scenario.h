/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scenario: what a host's /proc and /sys held at some moments, as one text
 * file that a person writes and reads. tests/golden/README.md tells its
 * language. Parsing ends the program with one line on the first mistake.
 */
#ifndef PROXTOP_GOLDEN_SCENARIO_H
#define PROXTOP_GOLDEN_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"

enum change_kind { CHANGE_WRITE, CHANGE_CUT, CHANGE_SYMLINK, CHANGE_GONE };

struct change {
    enum change_kind kind;
    char *path;         /* below the root: "proc/..." or "sys/..." */
    struct buf content; /* CHANGE_WRITE: the file; CHANGE_SYMLINK: the target */
    size_t length;      /* CHANGE_CUT: what is left of it */
};

/* What a connector tells of a VM from a step on: "@disk NAME ...". */
struct telling {
    char *directive; /* "@vm", "@disk" or "@nic" */
    char *words;     /* the rest of the line */
    unsigned line;   /* of the scenario, for complaints */
};

struct scenario_step {
    struct mono mono;
    struct timespec wall;
    bool lookup; /* the connector looks for VMs at this step */
    struct change *changes;
    size_t count, capacity;
    struct telling *tellings;
    size_t telling_count, telling_capacity;
};

/* One expected file: a printer and how it is asked to print. */
struct scenario_output {
    char *format;            /* counters, lines, or a printer's name */
    char *label;             /* "" or ".LABEL", part of the expected file's name */
    char *fields;            /* NULL = by the collectors */
    char *storedev, *netdev; /* what makes up the host's row; NULL = by itself */
    unsigned collectors;
    int scope;
    bool verbose, devices, human, timestamps, esxtop, influx_both;
};

struct scenario {
    const char *path;
    struct scenario_output *outputs;
    size_t output_count, output_capacity;
    struct scenario_step *steps;
    size_t step_count, step_capacity;
    double beat; /* of the source that @vm, @disk and @nic speak for, seconds */
};

struct scenario *scenario_load(const char *path);
void scenario_free(struct scenario *scenario);

/* The next word of the line, cut out of it; NULL at the end. */
char *scenario_next_word(char **line);

/* One line to stderr, and exit with status 2. */
void scenario_die(const char *format, ...) ATTR_PRINTF(1, 2) ATTR_NORETURN;

#endif
