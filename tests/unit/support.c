/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers, spoilt texts and comparisons for the unit tests. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t support_random(uint64_t *seed)
{
    uint64_t x = *seed ? *seed : UINT64_C(0x9e3779b97f4a7c15);

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *seed = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t support_random_below(uint64_t *seed, uint64_t limit)
{
    return (support_random(seed) >> 11) % limit;
}

static void parse_copy(const char *text, size_t len, support_parse *parse)
{
    char *copy = malloc(len ? len : 1);

    assert_non_null(copy);
    if (len)
        memcpy(copy, text, len);
    parse(len ? copy : copy + 1, len);
    free(copy);
}

void support_each_prefix(const char *text, size_t len, support_parse *parse)
{
    for (size_t n = 0; n <= len; n++)
        parse_copy(text, n, parse);
}

static size_t garbage_of_bytes(const char *alphabet, size_t len, char *out, size_t size,
                               uint64_t *seed)
{
    size_t n = support_random_below(seed, size);

    for (size_t i = 0; i < n; i++)
        out[i] = alphabet ? alphabet[support_random_below(seed, len)] : (char)support_random(seed);
    return n;
}

/* The text, byte by byte, with some of them changed, dropped or doubled. */
static size_t garbage_of_text(const char *text, size_t len, char *out, size_t size, uint64_t *seed)
{
    uint64_t rarity = 2 + support_random_below(seed, 2 * len + 2);
    size_t n = 0;

    for (size_t i = 0; i < len && n + 2 < size; i++) {
        switch (support_random_below(seed, rarity)) {
        case 0:
            out[n++] = (char)support_random(seed);
            break;
        case 1:
            if (support_random(seed) & 4096)
                break;
            out[n++] = text[i];
            out[n++] = text[i];
            break;
        default:
            out[n++] = text[i];
        }
    }
    return n;
}

void support_each_garbage(const char *text, size_t len, unsigned rounds, support_parse *parse)
{
    size_t size = 2 * len + 64;
    char *out = malloc(size);
    uint64_t seed = 20;

    assert_non_null(out);
    for (unsigned i = 0; i < rounds; i++) {
        size_t n;

        if (i % 4 == 0)
            n = garbage_of_bytes(NULL, 0, out, size, &seed);
        else if (i % 4 == 1)
            n = garbage_of_bytes(text, len, out, size, &seed);
        else
            n = garbage_of_text(text, len, out, size, &seed);
        parse_copy(out, n, parse);
    }
    free(out);
}

void support_assert_near(double actual, double expected, const char *what, const char *file,
                         int line)
{
    double grain = 1e-9 * fmax(1, fabs(expected));

    if (fabs(actual - expected) <= grain)
        return;
    print_error("%s is %.17g, not %.17g\n", what, actual, expected);
    _fail(file, line);
}
