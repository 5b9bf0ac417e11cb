/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small things every file needs: array sizes, attributes, allocation that
 * cannot fail (a monitor that is out of memory at start has nothing to show).
 */
#ifndef PROXTOP_BASE_UTIL_H
#define PROXTOP_BASE_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
#define ATTR_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define ATTR_NORETURN     __attribute__((noreturn))
#define ATTR_MALLOC       __attribute__((malloc, returns_nonnull, warn_unused_result))
#define UNUSED            __attribute__((unused))

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

/* Called before the program ends for want of memory: to give a terminal back. One at a
 * time; NULL = none. It must not allocate. */
void util_set_last_rites(void (*rites)(void *), void *argument);

/* The allocators below end the program with one line on stderr when memory is
 * out or a size overflows; none returns NULL. The caller owns the result. */
void *xcalloc(size_t count, size_t size) ATTR_MALLOC;
void *xreallocarray(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));
char *xstrdup(const char *text) ATTR_MALLOC;
char *xstrndup(const char *text, size_t max) ATTR_MALLOC;
char *xasprintf(const char *format, ...) ATTR_MALLOC ATTR_PRINTF(1, 2);

/* Grows the array *array of elements of size `size` so that it holds at least
 * `need` of them (doubling, so that appending is cheap); new elements are
 * zero. Returns the array, which may have moved; *capacity is updated. */
void *array_grow(void *array, size_t *capacity, size_t need, size_t size)
    __attribute__((warn_unused_result));

/* Copies text into dst[size], cutting it if need be, always ended by NUL. */
void copy_text(char *dst, size_t size, const char *text);

/* Whether both are NULL, or the same text. */
bool text_equal(const char *a, const char *b);

/* A number that stands for the text: FNV-1a, 64 bits. */
uint64_t hash_text(const char *text);
/* The same of bytes; another seed (0 = as for text) gives another number. */
uint64_t hash_bytes(const char *data, size_t len, uint64_t seed);

static inline size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

#endif
