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

struct scenario_step {
    struct mono mono;
    struct timespec wall;
    bool lookup; /* the connector looks for VMs at this step */
    struct change *changes;
    size_t count, capacity;
};

/* One expected file: a printer and how it is asked to print. */
struct scenario_output {
    char *format; /* text, json, lines, counters */
    char *label;  /* "" or ".LABEL", part of the expected file's name */
    char *fields; /* NULL = by the collectors */
    unsigned collectors;
    int scope;
    bool verbose, devices, human, timestamps, esxtop;
};

struct scenario {
    const char *path;
    struct scenario_output *outputs;
    size_t output_count, output_capacity;
    struct scenario_step *steps;
    size_t step_count, step_capacity;
};

struct scenario *scenario_load(const char *path);
void scenario_free(struct scenario *scenario);

/* One line to stderr, and exit with status 2. */
void scenario_die(const char *format, ...) ATTR_PRINTF(1, 2) ATTR_NORETURN;

#endif
