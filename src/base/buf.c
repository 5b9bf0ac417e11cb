/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growable byte buffer and decimal output without stdio. */
#include "base/buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_done(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

void buf_grow(struct buf *b, size_t more)
{
    b->data = array_grow(b->data, &b->cap, b->len + more, 1);
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (!len)
        return;
    buf_reserve(b, len);
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

void buf_puts(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_putc(struct buf *b, char c)
{
    buf_reserve(b, 1);
    b->data[b->len++] = c;
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    int n;

    va_start(args, format);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, args);
    if (n > 0) {
        buf_reserve(b, (size_t)n + 1);
        vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
        b->len += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void buf_put_u64(struct buf *b, uint64_t value)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[20];
    size_t n = sizeof(digits);

    while (value >= 100) {
        n -= 2;
        memcpy(digits + n, &pairs[value % 100 * 2], 2);
        value /= 100;
    }
    if (value >= 10) {
        n -= 2;
        memcpy(digits + n, &pairs[value * 2], 2);
    } else {
        digits[--n] = (char)('0' + value);
    }
    buf_add(b, digits + n, sizeof(digits) - n);
}

void buf_put_fixed(struct buf *b, double value, unsigned digits)
{
    static const uint32_t pow10[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    uint32_t unit = pow10[digits < ARRAY_SIZE(pow10) ? digits : ARRAY_SIZE(pow10) - 1];
    double whole, fraction = modf(fabs(value), &whole);
    uint32_t rest = (uint32_t)(fraction * unit + 0.5);

    if (rest == unit) {
        whole += 1;
        rest = 0;
    }
    if (value < 0 && (whole > 0 || rest))
        buf_putc(b, '-');
    if (whole < 1e19)
        buf_put_u64(b, (uint64_t)whole);
    else /* rare: let libc do it */
        buf_printf(b, "%.0f", whole);
    if (!digits)
        return;
    buf_putc(b, '.');
    for (uint32_t place = unit / 10; place; place /= 10) {
        buf_putc(b, (char)('0' + rest / place));
        rest %= place;
    }
}

const char *buf_text(struct buf *b)
{
    buf_reserve(b, 1);
    b->data[b->len] = '\0';
    return b->data;
}
