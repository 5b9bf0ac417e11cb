/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checked number parsing on a byte range, and a cursor for walking the text
 * of kernel files without ever leaving it.
 */
#ifndef PROXTOP_BASE_NUM_H
#define PROXTOP_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A position in a text that ends at `end` (no NUL needed). */
struct cursor {
    const char *at;
    const char *end;
};

static inline struct cursor cursor_of(const char *text, size_t len)
{
    return (struct cursor){.at = text, .end = text + len};
}

/* All return false, and leave the cursor where it was, when the text there is
 * not what was asked for or the number does not fit. */
bool cursor_u64(struct cursor *c, uint64_t *ret);
bool cursor_i64(struct cursor *c, int64_t *ret);
bool cursor_word(struct cursor *c, const char *word); /* exactly these bytes */

/* Spaces and tabs; in line, since files of many columns are full of them. */
static inline void cursor_skip_blanks(struct cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
        c->at++;
}

/* The rest of the line without its newline goes to *ret; the cursor moves
 * behind the newline. False at the end of the text. */
bool cursor_line(struct cursor *c, struct cursor *ret);

/* Whole-string forms: every byte of text must belong to the number. */
bool parse_u64(const char *text, uint64_t *ret);
bool parse_i64(const char *text, int64_t *ret);
/* Bytes: a number, or one with K, M or G (1024, 1024^2, 1024^3) behind it. */
bool parse_size(const char *text, uint64_t *ret);
/* Decimal with an optional fraction, locale-independent ("2", "0.5", ".5");
 * no exponent, no sign, no inf, no nan: what a person types as seconds. */
bool parse_seconds(const char *text, double *ret);

/* The value of a base64 character (RFC 4648, 4); -1 = it is none. */
int base64_digit(char c);

#endif
