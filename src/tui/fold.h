/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts whatever their case, by the locale; bytes that are no UTF-8 stand for themselves. */
#ifndef PROXTOP_TUI_FOLD_H
#define PROXTOP_TUI_FOLD_H

#include <stddef.h>
#include <stdint.h>

/* The character that text starts with, in lower case, into *ret; its length in
 * bytes, 1 at the end of the text (NUL, 0). A byte that is no UTF-8 is a number
 * above all characters. */
size_t fold_next(const char *text, uint32_t *ret);

/* Order of two texts: < 0, 0, > 0. */
int fold_compare(const char *a, const char *b);

#endif
