/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walking text that may or may not be UTF-8. */
#ifndef PROXTOP_BASE_UTF8_H
#define PROXTOP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length in bytes (1..4) of the well-formed character that text starts
 * with, its code point in *ret; 0 if the bytes there are not UTF-8 (overlong,
 * surrogate, cut). text ends with NUL, which has length 1. */
size_t utf8_next(const char *text, uint32_t *ret);

/* C0 controls, DEL and C1 controls, and the marks and overrides of the writing
 * direction, which can make a row look like another: what no terminal is sent. */
static inline bool utf8_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

#endif
