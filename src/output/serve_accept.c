/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accept and Accept-Encoding. */
#include "output/serve_accept.h"

#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/util.h"

#define ACCEPT_QUALITY_MAX 1000 /* "1.000" */

/* An element of a list: a name with parameters. */
struct accept_range {
    struct cursor name;
    struct cursor version; /* of the parameter; at NULL = none */
    int quality;           /* 0..1000 */
};

static struct cursor accept_trim(struct cursor c)
{
    cursor_skip_blanks(&c);
    while (c.end > c.at && (c.end[-1] == ' ' || c.end[-1] == '\t'))
        c.end--;
    return c;
}

/* The text up to the separator, which quoted strings may contain; the cursor
 * moves behind it. False at the end of the text. */
static bool accept_next(struct cursor *c, char separator, struct cursor *ret)
{
    const char *at = c->at;
    bool quoted = false;

    if (c->at == c->end)
        return false;
    for (; at < c->end && (quoted || *at != separator); at++) {
        if (*at == '"')
            quoted = !quoted;
        else if (quoted && *at == '\\' && at + 1 < c->end)
            at++;
    }
    *ret = accept_trim((struct cursor){c->at, at});
    c->at = at < c->end ? at + 1 : at;
    return true;
}

static bool accept_is(struct cursor c, const char *word)
{
    return (size_t)(c.end - c.at) == strlen(word) && strncasecmp(c.at, word, strlen(word)) == 0;
}

/* "0", "0.75", "1.000": at most three decimals, at most 1. */
static bool accept_quality(struct cursor c, int *ret)
{
    int value, place = ACCEPT_QUALITY_MAX / 10;

    if (c.at == c.end || (*c.at != '0' && *c.at != '1'))
        return false;
    value = *c.at++ == '1' ? ACCEPT_QUALITY_MAX : 0;
    if (c.at < c.end && *c.at++ != '.')
        return false;
    for (; c.at < c.end && *c.at >= '0' && *c.at <= '9' && place; c.at++, place /= 10)
        value += (*c.at - '0') * place;
    if (c.at < c.end || value > ACCEPT_QUALITY_MAX)
        return false;
    *ret = value;
    return true;
}

static struct cursor accept_unquote(struct cursor c)
{
    if (c.end - c.at >= 2 && *c.at == '"' && c.end[-1] == '"') {
        c.at++;
        c.end--;
    }
    return c;
}

/* False = not understood. */
static bool accept_parse(struct cursor element, struct accept_range *ret)
{
    struct accept_range range = {.quality = ACCEPT_QUALITY_MAX};
    struct cursor parameter, key;

    if (!accept_next(&element, ';', &range.name))
        return false;
    while (accept_next(&element, ';', &parameter)) {
        if (!accept_next(&parameter, '=', &key))
            continue;
        parameter = accept_trim(parameter);
        if (accept_is(key, "q")) {
            if (!accept_quality(parameter, &range.quality))
                return false;
        } else if (accept_is(key, "version")) {
            range.version = accept_unquote(parameter);
        }
    }
    *ret = range;
    return true;
}

/* How closely a range describes something, and how much that is wanted. */
struct accept_match {
    int closeness; /* -1 = by nothing */
    int quality;
};

static void accept_offer(struct accept_match *match, int closeness, int quality)
{
    if (closeness < match->closeness)
        return;
    if (closeness == match->closeness && quality < match->quality)
        return;
    *match = (struct accept_match){closeness, quality};
}

static bool accept_is_version(const struct accept_range *range, const char *version)
{
    return !range->version.at || accept_is(range->version, version);
}

bool serve_accept_openmetrics(const char *accept)
{
    struct accept_match text = {-1, 0}, openmetrics = {-1, 0};
    struct cursor c = cursor_of(accept ? accept : "", accept ? strlen(accept) : 0), element;
    struct accept_range range;

    while (accept_next(&c, ',', &element)) {
        if (!accept_parse(element, &range))
            continue;
        if (accept_is(range.name, "application/openmetrics-text") &&
            accept_is_version(&range, "1.0.0"))
            accept_offer(&openmetrics, 2, range.quality);
        else if (accept_is(range.name, "text/plain") && accept_is_version(&range, "0.0.4"))
            accept_offer(&text, 2, range.quality);
        else if (accept_is(range.name, "text/*"))
            accept_offer(&text, 1, range.quality);
        else if (accept_is(range.name, "*/*"))
            accept_offer(&text, 0, range.quality);
    }
    return openmetrics.quality > 0 && openmetrics.quality >= text.quality;
}

bool serve_accept_gzip(const char *accept_encoding)
{
    struct accept_match gzip = {-1, 0}, identity = {-1, 0};
    struct cursor c, element;
    struct accept_range range;

    if (!accept_encoding)
        return false;
    c = cursor_of(accept_encoding, strlen(accept_encoding));
    while (accept_next(&c, ',', &element)) {
        if (!accept_parse(element, &range))
            continue;
        if (accept_is(range.name, "gzip") || accept_is(range.name, "x-gzip"))
            accept_offer(&gzip, 1, range.quality);
        else if (accept_is(range.name, "identity"))
            accept_offer(&identity, 1, range.quality);
        else if (accept_is(range.name, "*"))
            accept_offer(&gzip, 0, range.quality);
    }
    return gzip.quality > 0 && gzip.quality >= identity.quality;
}
