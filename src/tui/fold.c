/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts whatever their case. */
#include "tui/fold.h"

#include <wctype.h>

#include "base/utf8.h"

#define FOLD_NO_CHARACTER 0x80000000u

size_t fold_next(const char *text, uint32_t *ret)
{
    unsigned char byte = (unsigned char)*text;
    uint32_t c;
    size_t n;

    /* ASCII without the locale: names are mostly that, and a Turkish I stays an i. */
    if (byte < 0x80) {
        *ret = byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte;
        return 1;
    }
    n = utf8_next(text, &c);
    if (!n) {
        *ret = FOLD_NO_CHARACTER | byte;
        return 1;
    }
    *ret = (uint32_t)towlower((wint_t)c);
    return n;
}

int fold_compare(const char *a, const char *b)
{
    uint32_t x, y;

    do {
        a += fold_next(a, &x);
        b += fold_next(b, &y);
    } while (x == y && x);
    return (x > y) - (x < y);
}
