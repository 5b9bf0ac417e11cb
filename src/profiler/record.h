/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile as JSON, one line: {"profile":{...}} as readers of such profiles know it, and under
 * "ext" all that they do not. Keys of transitions are sorted as strings; every number is finite or
 * null.
 */
#ifndef PROXTOP_PROFILER_RECORD_H
#define PROXTOP_PROFILER_RECORD_H

#include <time.h>

#include "base/buf.h"
#include "profiler/profiler.h"

struct record_context {
    const struct profiler_settings *settings;
    const struct profiled_host *host; /* NULL = none (a file was learned) */
    struct timespec time;
};

/* Appends the line, newline included. */
void record_print(const struct record_context *context, const struct vm_identity *vm,
                  const struct profile *profile, bool final, struct buf *out);

/* The text form: a line per VM, with a heading. */
void record_print_text_header(struct buf *out);
void record_print_text(const struct record_context *context, const struct vm_identity *vm,
                       const struct profile *profile, struct buf *out);
/* A last line about the host; nothing if there is nothing to tell. */
void record_print_text_host(const struct profiled_host *host, struct buf *out);

/* A finite number in its shortest form that reads back the same, else null. */
void record_put_number(struct buf *out, double value);

#endif
