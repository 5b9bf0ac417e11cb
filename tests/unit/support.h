/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the unit tests share: cmocka with what it needs, random numbers that
 * repeat, and parsers run on text that was cut or spoilt.
 */
#ifndef PROXTOP_TESTS_UNIT_SUPPORT_H
#define PROXTOP_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/util.h"

/* xorshift64*: the same numbers in every run. */
uint64_t support_random(uint64_t *seed);
/* A number in [0, limit). */
uint64_t support_random_below(uint64_t *seed, uint64_t limit);

/* A parser under test. It asserts what must hold for any text; the bytes
 * behind text + len do not belong to it. */
typedef void support_parse(const char *text, size_t len);

/* Calls parse on every prefix of the text, the empty one and the whole included,
 * each in memory of exactly its size. */
void support_each_prefix(const char *text, size_t len, support_parse *parse);

/* Calls parse on `rounds` texts: random bytes, random bytes of the seed text's
 * alphabet, and the seed text with some bytes changed, left out or repeated. */
void support_each_garbage(const char *text, size_t len, unsigned rounds, support_parse *parse);

/* Equal but for the grain of a double. */
#define assert_near(actual, expected)                                                              \
    support_assert_near((actual), (expected), #actual, __FILE__, __LINE__)
void support_assert_near(double actual, double expected, const char *what, const char *file,
                         int line);

#endif
