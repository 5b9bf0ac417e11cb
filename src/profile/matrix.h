/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counted transitions: for contexts of the last 1..history states, how often which state came
 * next. Each step counts once per context length. Rows that never occurred take no memory. Rows
 * age: one whose total reaches row_cap is halved (counts round down, an empty row goes); more rows
 * than rows_max: the one with the smallest total goes for the new one, of equal ones the
 * first by key.
 */
#ifndef PROXTOP_PROFILE_MATRIX_H
#define PROXTOP_PROFILE_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/scale.h"

#define MATRIX_HISTORY_MAX 4
#define MATRIX_ROW_CAP_MAX 65535
/* A context of four states below 64 as text: "63-63-63-63". */
#define MATRIX_KEY_SIZE 16

/* The last states, oldest first. */
struct context {
    uint8_t states[MATRIX_HISTORY_MAX];
    uint8_t length;
};

/* Appends a state; the oldest one goes where there are more than `history`. */
void context_push(struct context *context, unsigned history, unsigned state);
/* Only the last `length` states of it (all of them, if it has no more). */
struct context context_tail(const struct context *context, unsigned length);
/* "2-0-3", oldest first. Returns its length. */
size_t context_format(const struct context *context, char text[MATRIX_KEY_SIZE]);
/* Reads such a text, of 1..history states below `states`. False = it is none. */
bool context_parse(const char *text, unsigned states, unsigned history, struct context *ret);

struct matrix_settings {
    unsigned states;   /* 2..64 */
    unsigned history;  /* 1..4 */
    unsigned row_cap;  /* 2..65535 */
    unsigned rows_max; /* at least 1 */
};

struct matrix;

struct matrix *matrix_new(const struct matrix_settings *settings);
void matrix_free(struct matrix *matrix); /* NULL is allowed */

/* Counts `next` for each tail of the context; no-op for an empty one. */
void matrix_learn(struct matrix *matrix, const struct context *context, unsigned next);

/* One row: counts[settings.states]; valid until the matrix changes. */
struct matrix_row {
    struct context context;
    uint32_t total;
    const uint16_t *counts;
};

/* The row of exactly this context. False = there is none. */
bool matrix_find(const struct matrix *matrix, const struct context *context,
                 struct matrix_row *ret);
size_t matrix_rows(const struct matrix *matrix);
/* Calls visit for each row, ordered by their keys as strings. */
void matrix_each(const struct matrix *matrix,
                 void (*visit)(void *argument, const struct matrix_row *row), void *argument);
/* Puts a row in place (a saved one): counts[states], their total at most row_cap. False = not
 * allowed: too many rows, too large, all zero, a state out of range, or there already. */
bool matrix_put(struct matrix *matrix, const struct context *context, const uint16_t *counts);
/* Sum of the totals of all rows whose contexts have `length` states. */
uint64_t matrix_total(const struct matrix *matrix, unsigned length);
/* Bytes that it takes. */
size_t matrix_bytes(const struct matrix *matrix);

/* Every state i becomes floor(i/2), in contexts and in columns; counts that meet add up (a row
 * that reaches row_cap by that ages). What a range that doubles does to its states. */
void matrix_fold(struct matrix *matrix);

/* The row that speaks for a context: of its tails the longest with a total of at least 5, else the
 * one of the last state alone. False = not even that is there. */
bool matrix_back_off(const struct matrix *matrix, const struct context *context,
                     struct matrix_row *ret);
/* p(next = j | context) for all j, smoothed by half a count each: (n+1/2)/(N+states/2) of the row
 * above, or 1/states without one. p[states]. */
void matrix_smoothed(const struct matrix *matrix, const struct context *context, double *p);

/* The matrix of order 1 as dense arrays, p[states*states], row by row: smoothed as above (a row
 * without counts is 1/states each), or raw shares with alpha = 0 (such a row is all 0). */
void matrix_dense(const struct matrix *matrix, double alpha, double *p);
/* How often each state was left, as shares of all: pi[states]; all 0 if there is nothing. */
void matrix_shares(const struct matrix *matrix, double *pi);

#endif
