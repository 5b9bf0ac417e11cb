/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checked number parsing. */
#include "base/num.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool cursor_u64(struct cursor *c, uint64_t *ret)
{
    const char *p = c->at;
    uint64_t value = 0;

    if (p >= c->end || !is_digit(*p))
        return false;
    for (; p < c->end && is_digit(*p); p++) {
        unsigned digit = (unsigned)(*p - '0');

        if (value >= UINT64_MAX / 10 && (value > UINT64_MAX / 10 || digit > UINT64_MAX % 10))
            return false;
        value = value * 10 + digit;
    }
    c->at = p;
    *ret = value;
    return true;
}

bool cursor_i64(struct cursor *c, int64_t *ret)
{
    struct cursor digits = *c;
    bool negative = digits.at < digits.end && *digits.at == '-';
    uint64_t value;

    if (negative)
        digits.at++;
    if (!cursor_u64(&digits, &value) || value > (uint64_t)INT64_MAX + negative)
        return false;
    *c = digits;
    *ret = (int64_t)(negative ? 0 - value : value);
    return true;
}

bool cursor_word(struct cursor *c, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
        return false;
    c->at += n;
    return true;
}

bool cursor_line(struct cursor *c, struct cursor *ret)
{
    const char *newline;

    if (c->at >= c->end)
        return false;
    newline = memchr(c->at, '\n', (size_t)(c->end - c->at));
    ret->at = c->at;
    ret->end = newline ? newline : c->end;
    c->at = newline ? newline + 1 : c->end;
    return true;
}

bool parse_u64(const char *text, uint64_t *ret)
{
    struct cursor c = cursor_of(text, strlen(text));
    uint64_t value;

    if (!cursor_u64(&c, &value) || c.at != c.end)
        return false;
    *ret = value;
    return true;
}

bool parse_size(const char *text, uint64_t *ret)
{
    struct cursor c = cursor_of(text, strlen(text));
    uint64_t value, unit = 1;

    if (!cursor_u64(&c, &value))
        return false;
    if (c.at != c.end) {
        if (*c.at != 'K' && *c.at != 'M' && *c.at != 'G')
            return false;
        unit = UINT64_C(1) << (*c.at == 'K' ? 10 : *c.at == 'M' ? 20 : 30);
        c.at++;
    }
    if (c.at != c.end || value > UINT64_MAX / unit)
        return false;
    *ret = value * unit;
    return true;
}

bool parse_i64(const char *text, int64_t *ret)
{
    struct cursor c = cursor_of(text, strlen(text));
    int64_t value;

    if (!cursor_i64(&c, &value) || c.at != c.end)
        return false;
    *ret = value;
    return true;
}

bool parse_seconds(const char *text, double *ret)
{
    double value = 0, place = 0.1;
    size_t digits = 0;

    for (; is_digit(*text) && digits < 15; text++, digits++)
        value = value * 10 + (*text - '0');
    if (*text == '.') {
        for (text++; is_digit(*text); text++, digits++, place /= 10)
            value += (*text - '0') * place;
    }
    if (*text || !digits)
        return false;
    *ret = value;
    return true;
}

int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}
