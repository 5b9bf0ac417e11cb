/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share: the entry point that libFuzzer calls, and a
 * check that stays in whatever the build.
 */
#ifndef PROXTOP_FUZZ_FUZZ_H
#define PROXTOP_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* The input as a text that ends with NUL; the caller frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    CHECK(text);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)data[i];
    text[size] = '\0';
    return text;
}

#endif
