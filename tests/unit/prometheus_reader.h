/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A strict reader of Prometheus text 0.0.4 and OpenMetrics 1.0.0 as far as
 * proxtop writes them: gauges, counters and infos without times.
 */
#ifndef PROXTOP_TESTS_UNIT_PROMETHEUS_READER_H
#define PROXTOP_TESTS_UNIT_PROMETHEUS_READER_H

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/util.h"

struct prometheus_family_read {
    char name[128], type[16], labels[512]; /* labels: the names, each with a comma */
    bool helped, typed;
    size_t samples;
};

struct prometheus_reader {
    bool openmetrics;
    struct prometheus_family_read families[256];
    size_t count;
    struct prometheus_series_read {
        const char *text;
        size_t len;
    } * series;
    size_t series_count, series_capacity;
};

static inline size_t prometheus_read_name(const char *text)
{
    size_t n = 0;

    while (isalpha((unsigned char)text[n]) || text[n] == '_' ||
           (n && isdigit((unsigned char)text[n])))
        n++;
    return n;
}

/* The family with this name; the last one, or a new one. NULL = it was there before. */
static inline struct prometheus_family_read *prometheus_read_family(struct prometheus_reader *r,
                                                                    const char *name, size_t len)
{
    struct prometheus_family_read *last = r->count ? &r->families[r->count - 1] : NULL;

    if (!len || len >= sizeof(last->name))
        return NULL;
    if (last && strlen(last->name) == len && memcmp(last->name, name, len) == 0)
        return last;
    for (size_t i = 0; i < r->count; i++) {
        if (strlen(r->families[i].name) == len && memcmp(r->families[i].name, name, len) == 0)
            return NULL;
    }
    if (r->count == ARRAY_SIZE(r->families) || (last && !last->samples))
        return NULL;
    last = &r->families[r->count++];
    *last = (struct prometheus_family_read){.helped = false};
    copy_text(last->name, len + 1, name);
    return last;
}

/* A line "# HELP NAME TEXT"; what is wrong with it, or NULL. */
static inline const char *prometheus_read_comment(struct prometheus_reader *r, const char *line,
                                                  const char *end)
{
    const char *name = line + strlen("# HELP ");
    size_t len = prometheus_read_name(name);
    const char *rest = name + len + 1;
    struct prometheus_family_read *family = prometheus_read_family(r, name, len);

    if (!family)
        return "a family that is there twice, has no sample, or no name";
    if (name[len] != ' ' || rest >= end || family->samples)
        return "a broken or late comment";
    if (strncmp(line, "# HELP ", 7) == 0) {
        if (family->helped || memchr(rest, '\\', (size_t)(end - rest)) ||
            memchr(rest, '"', (size_t)(end - rest)))
            return "HELP twice, or with escapes";
        family->helped = true;
        return NULL;
    }
    if (strncmp(line, "# TYPE ", 7) == 0) {
        if (family->typed || (size_t)(end - rest) >= sizeof(family->type))
            return "TYPE twice, or too long";
        copy_text(family->type, (size_t)(end - rest) + 1, rest);
        family->typed = true;
        if (strcmp(family->type, "gauge") == 0 || strcmp(family->type, "counter") == 0)
            return NULL;
        return r->openmetrics && strcmp(family->type, "info") == 0 ? NULL : "an unknown type";
    }
    if (!r->openmetrics || strncmp(line, "# UNIT ", 7) != 0)
        return "an unknown comment";
    if (strcmp(family->type, "info") == 0 || len <= (size_t)(end - rest) ||
        name[len - (size_t)(end - rest) - 1] != '_' ||
        memcmp(name + len - (end - rest), rest, (size_t)(end - rest)) != 0)
        return "a unit that the name does not end in";
    return NULL;
}

/* Labels from behind '{' to behind '}'; NULL if they are broken. */
static inline const char *prometheus_read_labels(const char *p, char *names, size_t size)
{
    size_t used = 0;

    for (;;) {
        size_t len = prometheus_read_name(p);

        if (!len || used + len + 2 > size || strncmp(p + len, "=\"", 2) != 0)
            return NULL;
        memcpy(names + used, p, len);
        names[used + len] = ',';
        used += len + 1;
        names[used] = '\0';
        for (p += len + 2; *p != '"';) {
            uint32_t c = 0;
            size_t n = utf8_next(p, &c);

            if (!n || utf8_is_control(c))
                return NULL;
            if (c == '\\' && !(*++p && strchr("\\\"n", *p)))
                return NULL;
            p += n;
        }
        if (*++p == '}')
            return p + 1;
        if (*p++ != ',')
            return NULL;
    }
}

static inline const char *prometheus_read_sample(struct prometheus_reader *r, const char *line,
                                                 const char *end)
{
    struct prometheus_family_read *family = r->count ? &r->families[r->count - 1] : NULL;
    size_t len = prometheus_read_name(line), of_family = family ? strlen(family->name) : 0;
    const char *p = line + len, *suffix = "";
    char names[sizeof(family->labels)] = "", *number_end;

    if (!family || !family->typed || !family->helped)
        return "a sample without HELP and TYPE";
    if (r->openmetrics && strcmp(family->type, "counter") == 0)
        suffix = "_total";
    if (r->openmetrics && strcmp(family->type, "info") == 0)
        suffix = "_info";
    if (len != of_family + strlen(suffix) || memcmp(line, family->name, of_family) != 0 ||
        memcmp(line + of_family, suffix, strlen(suffix)) != 0)
        return "a sample that is not the family's";
    if (*p == '{' && !(p = prometheus_read_labels(p + 1, names, sizeof(names))))
        return "broken labels";
    r->series = array_grow(r->series, &r->series_capacity, r->series_count + 1, sizeof(*r->series));
    r->series[r->series_count++] = (struct prometheus_series_read){line, (size_t)(p - line)};
    if (*p++ != ' ' || !(isdigit((unsigned char)*p) || *p == '-'))
        return "no number";
    (void)strtod(p, &number_end);
    if (number_end != end || strpbrk(p, "\n") != end || memchr(p, 'x', (size_t)(end - p)))
        return "something behind the number";
    if (family->samples++ && strcmp(family->labels, names) != 0)
        return "two sets of labels in one family";
    copy_text(family->labels, sizeof(family->labels), names);
    return NULL;
}

static inline int prometheus_compare_series(const void *a, const void *b)
{
    const struct prometheus_series_read *x = a, *y = b;
    int order = memcmp(x->text, y->text, min_size(x->len, y->len));

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* Reads it all; what is wrong, or NULL. Free r->series afterwards. */
static inline const char *prometheus_read(struct prometheus_reader *r, const char *text,
                                          bool openmetrics)
{
    const char *wrong = NULL, *end;

    *r = (struct prometheus_reader){.openmetrics = openmetrics};
    for (; *text && !wrong; text = end + 1) {
        end = strchr(text, '\n');
        if (!end)
            return "no newline at the end";
        if (openmetrics && strncmp(text, "# EOF\n", 6) == 0)
            break;
        wrong = *text == '#' ? prometheus_read_comment(r, text, end)
                             : prometheus_read_sample(r, text, end);
    }
    if (wrong)
        return wrong;
    if (openmetrics && strcmp(text, "# EOF\n") != 0)
        return "no EOF, or something behind it";
    if (r->count && !r->families[r->count - 1].samples)
        return "a family without a sample";
    if (r->series_count)
        qsort(r->series, r->series_count, sizeof(*r->series), prometheus_compare_series);
    for (size_t i = 1; i < r->series_count; i++) {
        if (prometheus_compare_series(&r->series[i - 1], &r->series[i]) == 0)
            return "a series that is there twice";
    }
    return NULL;
}

static inline const struct prometheus_family_read *
prometheus_read_find(const struct prometheus_reader *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->families[i].name, name) == 0)
            return &r->families[i];
    }
    return NULL;
}

#endif
