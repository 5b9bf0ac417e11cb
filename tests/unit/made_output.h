/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An output on a loop of its own, in a directory of its own, for tests of outputs. */
#ifndef PROXTOP_TESTS_UNIT_MADE_OUTPUT_H
#define PROXTOP_TESTS_UNIT_MADE_OUTPUT_H

#include "output/output.h"

struct made_output {
    char directory[64];
    char path[96]; /* "DIRECTORY/data" */
    char log[96];  /* what the program says */
    struct event_base *base;
    struct output_settings settings;
    struct output_config config; /* target: path */
    const struct output_ops *ops;
    struct output *output;
    struct output_error error;
    bool finished, broken;
    struct buf content; /* see made_output_read() */
};

void made_output_init(struct made_output *m, const struct output_ops *ops);
/* Removes the directory with its files. */
void made_output_done(struct made_output *m);

/* Opens it: what open() returns. */
int made_output_open(struct made_output *m);
void made_output_write(struct made_output *m, const char *cycle);
/* Runs the loop until all is delivered, and closes: how many cycles were lost. */
uint64_t made_output_finish(struct made_output *m);
/* Closes at once. */
uint64_t made_output_close(struct made_output *m);

/* Runs the loop until it holds; fails after some seconds. */
void made_output_wait(struct made_output *m, bool (*holds)(struct made_output *m, const void *what),
                      const void *what);
/* Until the file, the log holds exactly, contains the text. */
void made_output_wait_content(struct made_output *m, const char *text);
void made_output_wait_log(struct made_output *m, const char *text);

/* The file, "" where there is none; valid until the next call. */
const char *made_output_read(struct made_output *m, const char *path);

#endif
