/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outputs take what a printer made and bring it somewhere, without ever making
 * the caller wait: bytes are queued, whole cycles at a time, and written by a
 * thread of the output.
 */
#ifndef PROXTOP_OUTPUT_OUTPUT_H
#define PROXTOP_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct output;

/* Standard output. Never fails; a reader that goes away shows by
 * output_broken(). */
struct output *output_open_stdout(void);

/* Appends to the file (made with mode 0644). 0 or -errno of the open. */
int output_open_file(const char *path, struct output **ret);

/* Queues one cycle and leaves *cycle empty (its memory may be exchanged for
 * other memory, which saves the copy). When the queue is full (16 MB: the disk is full or nobody
 * reads) the cycle is dropped, counted, and that is told once. */
void output_write(struct output *output, struct buf *cycle);

/* Opens the file again by its name once what is queued now is written. */
void output_reopen(struct output *output);

/* A descriptor that becomes readable when output_broken() becomes true. */
int output_event_fd(const struct output *output);

/* Whether nobody will ever read what is written: a closed pipe, a terminal
 * that is gone. */
bool output_broken(struct output *output);

/* Waits up to `seconds` until all is written, ends the thread and frees. Returns
 * false if something was lost, which was logged with its count; then a thread may still hang in a
 * write, and the program should leave by _exit(). A broken output is no loss. */
bool output_close(struct output *output, double seconds);

#endif
