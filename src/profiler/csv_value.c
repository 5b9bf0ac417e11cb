/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and times in cells of CSV files. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "profiler/csv_read.h"

/* Of a number as text: more digits than a double has are still read, within reason. */
#define CSV_NUMBER_SIZE 128

static size_t csv_digits(struct cursor *c)
{
    const char *start = c->at;

    while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
        c->at++;
    return (size_t)(c->at - start);
}

static bool csv_one_of(struct cursor *c, char a, char b)
{
    if (c->at >= c->end || (*c->at != a && *c->at != b))
        return false;
    c->at++;
    return true;
}

/* Whether the text is [+-] digits [. digits] [e [+-] digits], with a digit before or behind the
 * point. */
static bool csv_is_number(const char *text, size_t len)
{
    struct cursor c = cursor_of(text, len);
    size_t digits;

    csv_one_of(&c, '+', '-');
    digits = csv_digits(&c);
    if (csv_one_of(&c, '.', '.'))
        digits += csv_digits(&c);
    if (!digits)
        return false;
    if (csv_one_of(&c, 'e', 'E')) {
        csv_one_of(&c, '+', '-');
        if (!csv_digits(&c))
            return false;
    }
    return c.at == c.end;
}

bool csv_number(const char *text, size_t len, double *ret)
{
    char copy[CSV_NUMBER_SIZE];
    locale_t locale;
    double value;

    if (len >= sizeof(copy) || !csv_is_number(text, len))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    /* The C locale is a constant of the library: nothing is loaded, and it does not fail. */
    locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!locale)
        return false;
    value = strtod_l(copy, NULL, locale);
    freelocale(locale);
    if (!(fabs(value) <= CSV_VALUE_MAX))
        return false;
    *ret = value;
    return true;
}

/* Exactly `digits` digits, and their number. */
static bool csv_fixed(struct cursor *c, unsigned digits, int64_t *ret)
{
    int64_t value = 0;

    for (unsigned i = 0; i < digits; i++, c->at++) {
        if (c->at >= c->end || *c->at < '0' || *c->at > '9')
            return false;
        value = value * 10 + (*c->at - '0');
    }
    *ret = value;
    return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, by counting in eras of 400 years of
 * 146097 days that begin on a 1st of March. */
static int64_t csv_days(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t csv_month_days(int64_t year, int64_t month)
{
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (month == 2)
        return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* "Z", "+01:00", "-01:00": what is to be taken off, in seconds. */
static bool csv_offset(struct cursor *c, int64_t *ret)
{
    int64_t hours, minutes;
    bool negative;

    if (csv_one_of(c, 'Z', 'z')) {
        *ret = 0;
        return true;
    }
    negative = c->at < c->end && *c->at == '-';
    if (!csv_one_of(c, '+', '-') || !csv_fixed(c, 2, &hours) || !csv_one_of(c, ':', ':') ||
        !csv_fixed(c, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *ret = (hours * 60 + minutes) * (negative ? -60 : 60);
    return true;
}

/* RFC 3339, section 5.6; a leap second is the one before it. */
static bool csv_stamp(const char *text, size_t len, double *ret)
{
    struct cursor c = cursor_of(text, len);
    int64_t year, month, day, hour, minute, second, offset;
    double fraction = 0, place = 0.1;

    if (!csv_fixed(&c, 4, &year) || !csv_one_of(&c, '-', '-') || !csv_fixed(&c, 2, &month) ||
        !csv_one_of(&c, '-', '-') || !csv_fixed(&c, 2, &day) ||
        !(csv_one_of(&c, 'T', 't') || csv_one_of(&c, ' ', ' ')) || !csv_fixed(&c, 2, &hour) ||
        !csv_one_of(&c, ':', ':') || !csv_fixed(&c, 2, &minute) || !csv_one_of(&c, ':', ':') ||
        !csv_fixed(&c, 2, &second))
        return false;
    if (csv_one_of(&c, '.', '.')) {
        if (c.at >= c.end || *c.at < '0' || *c.at > '9')
            return false;
        for (; c.at < c.end && *c.at >= '0' && *c.at <= '9'; c.at++, place /= 10)
            fraction += (*c.at - '0') * place;
    }
    if (!csv_offset(&c, &offset) || c.at != c.end || month < 1 || month > 12 || day < 1 ||
        day > csv_month_days(year, month) || hour > 23 || minute > 59 || second > 60)
        return false;
    if (second == 60)
        second = 59;
    *ret =
        (double)(csv_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset) +
        fraction;
    return true;
}

bool csv_time(const char *text, size_t len, double *ret)
{
    double seconds;

    if (!csv_stamp(text, len, &seconds) && !csv_number(text, len, &seconds))
        return false;
    if (!(seconds >= 0 && seconds < CSV_TIME_MAX))
        return false;
    *ret = seconds;
    return true;
}
