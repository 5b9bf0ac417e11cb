/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What standard output and files share: cycles wait in memory for a thread that
 * writes them, so that no disk and no reader delays the loop.
 */
#ifndef PROXTOP_OUTPUT_STREAM_H
#define PROXTOP_OUTPUT_STREAM_H

#include "output/output.h"

/* A place that bytes go to. Its functions are called on the thread, where they
 * may block; self is its own. */
struct stream_ops {
    bool newest_only; /* a cycle that waits is worth nothing once there is a newer one */

    /* Writes some of the cycle, or all; *done bytes of it are written already.
     * An empty cycle stands at the beginning: what begins a file is due. 1: it
     * is written whole. 0: go on. -errno: not now; tried again later. */
    int (*put)(void *self, const struct buf *cycle, size_t *done);
    /* Whether the error means that nobody will ever read it; NULL = none does. */
    bool (*is_gone)(void *self, int error);
    /* The name may stand for another file by now; NULL = it has none. */
    void (*reopen)(void *self);
    void (*close)(void *self); /* frees */
};

/* Makes an output of it and starts the thread; self is taken over, however it
 * ends. `name` is for messages, borrowed. As output_ops.open(). */
int stream_start(const struct output_config *config, const struct stream_ops *ops, void *self,
                 const char *name, struct output **ret, struct output_error *error);

/* As in struct output_ops. */
void stream_write(struct output *output, struct buf *cycle);
void stream_reopen(struct output *output);
void stream_finish(struct output *output);
uint64_t stream_lost(const struct output *output);
struct output_end stream_close(struct output *output);

/* Waits a moment until the descriptor takes something. */
void stream_await_room(int fd);

/* A file to which cycles are appended, and one that each cycle replaces. */
int file_append_open(const struct output_config *config, struct output **ret,
                     struct output_error *error);
int file_replace_open(const struct output_config *config, struct output **ret,
                      struct output_error *error);

#endif
