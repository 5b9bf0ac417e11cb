/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one growable byte buffer: everything that is printed is built in it.
 * Its memory is kept over buf_clear(), so a steady cycle allocates nothing.
 */
#ifndef PROXTOP_BASE_BUF_H
#define PROXTOP_BASE_BUF_H

#include "base/util.h"

struct buf {
    char *data; /* not ended by NUL; use buf_text() for that */
    size_t len;
    size_t cap;
};

void buf_done(struct buf *b);
void buf_grow(struct buf *b, size_t more); /* use buf_reserve() */
void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) ATTR_PRINTF(2, 3);

/* Decimal forms without printf: the hot path of every printer. buf_put_fixed
 * writes `value` with exactly `digits` (0..6) decimals and a point whatever
 * the locale, rounding half away from zero; value must be finite. */
void buf_put_u64(struct buf *b, uint64_t value);
void buf_put_fixed(struct buf *b, double value, unsigned digits);

/* The content as a C string (a NUL is put behind it, not counted in len). */
const char *buf_text(struct buf *b);

/* Makes room for `more` bytes behind the content. */
static inline void buf_reserve(struct buf *b, size_t more)
{
    if (b->cap - b->len < more)
        buf_grow(b, more);
}

static inline void buf_clear(struct buf *b)
{
    b->len = 0;
}

#endif
