/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output/http_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"
#include "base/util.h"
#include "output/target.h"

#define HTTP_FIELD_MAX 8192

static bool http_is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool http_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool http_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool http_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* tchar of RFC 9110, 5.6.2. */
static bool http_is_name_char(char c)
{
    return http_is_letter(c) || http_is_digit(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* Those that belong to the way a body is sent. */
static bool http_is_own(const struct http_field *field)
{
    static const char *const own[] = {
        "Connection", "Content-Encoding", "Content-Length",    "Expect", "Host", "Keep-Alive", "TE",
        "Trailer",    "Upgrade",          "Transfer-Encoding",
    };

    for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
        if (strlen(own[i]) == field->name_len &&
            strncasecmp(own[i], field->name, field->name_len) == 0)
            return true;
    }
    return false;
}

const char *http_parse_field(const char *line, size_t len, struct http_field *ret)
{
    struct http_field field = {.name = line};

    if (len > HTTP_FIELD_MAX)
        return "it is too long";
    while (field.name_len < len && http_is_name_char(line[field.name_len]))
        field.name_len++;
    if (!field.name_len || field.name_len == len || line[field.name_len] != ':')
        return "it is not 'Name: value'";
    field.value = line + field.name_len + 1;
    field.value_len = len - field.name_len - 1;
    for (; field.value_len && http_is_blank(field.value[0]); field.value_len--)
        field.value++;
    while (field.value_len && http_is_blank(field.value[field.value_len - 1]))
        field.value_len--;
    for (size_t i = 0; i < field.value_len; i++) {
        if (http_is_control(field.value[i]))
            return "it has a control character";
    }
    if (http_is_own(&field))
        return "this header is made by the program itself";
    *ret = field;
    return NULL;
}

bool http_is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] >= 0x7f)
            return false;
    }
    return len > 0;
}

static bool http_is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

/* Two or four digits, nothing else, and what stands behind them. */
static bool http_digits(struct cursor *c, unsigned digits, const char *behind, int *ret)
{
    struct cursor at = *c;
    int value = 0;

    for (unsigned i = 0; i < digits; i++, at.at++) {
        if (at.at == at.end || !http_is_digit(*at.at))
            return false;
        value = value * 10 + (*at.at - '0');
    }
    if (!cursor_word(&at, behind))
        return false;
    *ret = value;
    *c = at;
    return true;
}

/* The number of the word that the text goes on with, of `count` words of three
 * letters each, and the cursor moves behind it; -1 = none of them. */
static int http_word(struct cursor *c, const char *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char word[4];

        copy_text(word, sizeof(word), words + 3 * (size_t)i);
        if (cursor_word(c, word))
            return (int)i;
    }
    return -1;
}

/* IMF-fixdate (RFC 9110, 5.6.7); strptime(3) would go by the locale. */
static bool http_parse_date(const char *text, time_t *ret)
{
    struct cursor c = cursor_of(text, strlen(text));
    struct tm t = {0};

    if (http_word(&c, "SunMonTueWedThuFriSat", 7) < 0 || !cursor_word(&c, ", ") ||
        !http_digits(&c, 2, " ", &t.tm_mday))
        return false;
    t.tm_mon = http_word(&c, "JanFebMarAprMayJunJulAugSepOctNovDec", 12);
    if (t.tm_mon < 0 || !cursor_word(&c, " ") || !http_digits(&c, 4, " ", &t.tm_year) ||
        !http_digits(&c, 2, ":", &t.tm_hour) || !http_digits(&c, 2, ":", &t.tm_min) ||
        !http_digits(&c, 2, " GMT", &t.tm_sec) || c.at != c.end)
        return false;
    if (t.tm_mday < 1 || t.tm_mday > 31 || t.tm_hour > 23 || t.tm_min > 59 || t.tm_sec > 60)
        return false;
    t.tm_year -= 1900;
    *ret = timegm(&t);
    return true;
}

bool http_parse_retry_after(const char *text, time_t now, unsigned *ret)
{
    uint64_t seconds;
    time_t at;

    if (http_is_number(text)) { /* one that is too large for parse_u64() is long, too */
        *ret = parse_u64(text, &seconds) && seconds < HTTP_PAUSE_MAX ? (unsigned)seconds
                                                                     : HTTP_PAUSE_MAX;
        return true;
    }
    if (!http_parse_date(text, &at))
        return false;
    *ret = at <= now ? 0 : at - now >= HTTP_PAUSE_MAX ? HTTP_PAUSE_MAX : (unsigned)(at - now);
    return true;
}

void http_first_line(const char *text, size_t len, char *ret, size_t size)
{
    size_t n = 0;

    while (len && (http_is_blank(*text) || http_is_control(*text))) {
        text++;
        len--;
    }
    for (; n < len && n + 1 < size && text[n] != '\n' && text[n] != '\r'; n++)
        ret[n] = http_is_control(text[n]) ? ' ' : text[n];
    while (n && ret[n - 1] == ' ')
        n--;
    ret[n] = '\0';
}

void http_put_host(const struct target *target, char *ret, size_t size)
{
    bool v6 = strchr(target->host, ':') != NULL;
    bool usual = strcmp(target->port, target->tls ? "443" : "80") == 0;

    snprintf(ret, size, "%s%s%s%s%s", v6 ? "[" : "", target->host, v6 ? "]" : "", usual ? "" : ":",
             usual ? "" : target->port);
}
