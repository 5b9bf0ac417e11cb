/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation that cannot fail, and arrays that grow. */
#include "base/util.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Held while they run, so that what they need stays until the end; recursive, because
 * they might run out of memory themselves. */
static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    void (*run)(void *);
    void *argument;
} util_rites = {.once = PTHREAD_ONCE_INIT};

/* musl has no initializer for a recursive one. */
static void util_rites_init(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&util_rites.lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static void util_rites_lock(void)
{
    pthread_once(&util_rites.once, util_rites_init);
    pthread_mutex_lock(&util_rites.lock);
}

void util_set_last_rites(void (*rites)(void *), void *argument)
{
    util_rites_lock();
    util_rites.run = rites;
    util_rites.argument = argument;
    pthread_mutex_unlock(&util_rites.lock);
}

static ATTR_NORETURN void memory_exhausted(void)
{
    void (*rites)(void *);

    util_rites_lock();
    rites = util_rites.run;
    util_rites.run = NULL;
    if (rites)
        rites(util_rites.argument);
    fprintf(stderr, "%s: out of memory\n", log_name());
    abort();
}

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (!p)
        memory_exhausted();
    return p;
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    void *p = reallocarray(old, count ? count : 1, size ? size : 1);

    if (!p)
        memory_exhausted();
    return p;
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t max)
{
    char *copy = strndup(text, max);

    if (!copy)
        memory_exhausted();
    return copy;
}

char *xasprintf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0 || !text)
        memory_exhausted();
    return text;
}

/* Of big elements there is often one per VM: room for eight would be most of the memory. */
#define ARRAY_BIG_ELEMENT 128

void *array_grow(void *array, size_t *capacity, size_t need, size_t size)
{
    size_t first = size < ARRAY_BIG_ELEMENT ? 8 : 1, grown = *capacity ? *capacity : first;

    if (need <= *capacity && array)
        return array;
    while (grown < need) {
        if (grown > SIZE_MAX / 2)
            memory_exhausted();
        grown *= 2;
    }
    array = xreallocarray(array, grown, size);
    memset((char *)array + *capacity * size, 0, (grown - *capacity) * size);
    *capacity = grown;
    return array;
}

void copy_text(char *dst, size_t size, const char *text)
{
    size_t n = min_size(strlen(text), size - 1);

    memcpy(dst, text, n);
    dst[n] = '\0';
}

uint64_t hash_bytes(const char *data, size_t len, uint64_t seed)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ seed;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)data[i]) * UINT64_C(1099511628211);
    return hash;
}

uint64_t hash_text(const char *text)
{
    return hash_bytes(text, strlen(text), 0);
}

bool text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}
