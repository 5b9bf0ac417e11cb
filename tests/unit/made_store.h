/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of profiler/store share: a directory, a store, files in it and what is logged. */
#ifndef PROXTOP_TESTS_UNIT_MADE_STORE_H
#define PROXTOP_TESTS_UNIT_MADE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "profiler/store.h"
#include "support.h"

#define UUID_A "6f1c0001-aaaa-4bbb-8ccc-000000000001"
#define UUID_B "6f1c0002-aaaa-4bbb-8ccc-000000000002"
#define PRINT  "0123456789abcdef"

struct store_fixture {
    char parent[40], path[64]; /* path: the state directory, not made yet */
    struct profile_settings settings;
    struct store *store;
    int log_fd;
};

/* Of cmocka: *state is a fixture. The log is kept for told(). */
int setup(void **state);
int teardown(void **state);

void open_store(struct store_fixture *f, double keep_days);
bool close_store(struct store_fixture *f);
/* Lines of the log, up to now, that contain the text; all are gone then. */
unsigned told(const char *text);

/* "GOOD number", filled up to len bytes with a letter that goes by the number, and " END". */
void make_text(struct buf *b, uint64_t number, size_t len);
void put(struct store_fixture *f, const char *uuid, const char *key, uint64_t number);
/* The number that is kept of the next VM that is answered for, which must be this one; -1 =
 * nothing. */
int64_t answer(struct store_fixture *f, const char *uuid, const char *key);
int64_t ask(struct store_fixture *f, const char *uuid, const char *key);

/* Files of the directory. The path is good until the next call. */
const char *path_of(struct store_fixture *f, const char *file);
void write_file(struct store_fixture *f, const char *file, const char *text, unsigned mode);
void check_file(struct store_fixture *f, const char *file, const char *start);
bool is_there(struct store_fixture *f, const char *file);
void make_old(struct store_fixture *f, const char *file, double days);

/* A child that has UUID_A, key "1", whose number is 1, until *ret_hold is closed; it has said so
 * by a byte at *ret_ready. */
pid_t other_profiler(struct store_fixture *f, int *ret_hold, int *ret_ready);

#endif
