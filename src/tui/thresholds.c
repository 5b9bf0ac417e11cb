/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From where on a figure means suffering. */
#include "tui/thresholds.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/util.h"

#define THRESHOLDS_BLANKS " \t"

void thresholds_defaults(struct thresholds *thresholds)
{
    for (unsigned s = 0; s < SCOPE__COUNT; s++) {
        for (unsigned c = 0; c < METRIC_COLUMNS_MAX; c++)
            thresholds->of[s][c] = (struct limits){NAN, NAN};
    }
    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        thresholds->of[m->scope][m->column] = (struct limits){m->warn, m->crit};
    }
}

/* Whether the key means this metric: by its own key, or "SCOPE." before it. */
static bool thresholds_key_is(const struct metric *m, const char *key)
{
    const char *scope = scope_name(m->scope);
    size_t len = strlen(scope);

    if (m->type == METRIC_TYPE_STR)
        return false;
    if (strncmp(key, scope, len) == 0 && key[len] == '.')
        key += len + 1;
    return strcmp(key, m->key) == 0;
}

/* Takes the next word of the text as a number. */
static bool thresholds_number(const char **text, double *ret)
{
    char word[32];
    size_t len;

    *text += strspn(*text, THRESHOLDS_BLANKS);
    len = strcspn(*text, THRESHOLDS_BLANKS);
    if (len >= sizeof(word))
        return false;
    memcpy(word, *text, len);
    word[len] = '\0';
    *text += len;
    return parse_seconds(word, ret);
}

static bool thresholds_parse(const char *value, struct limits *ret)
{
    struct limits limits = {NAN, NAN};

    value += strspn(value, THRESHOLDS_BLANKS);
    if (strncmp(value, "off", 3) == 0)
        value += 3;
    else if (!thresholds_number(&value, &limits.warn) || !thresholds_number(&value, &limits.crit) ||
             limits.warn > limits.crit)
        return false;
    if (value[strspn(value, THRESHOLDS_BLANKS)])
        return false;
    *ret = limits;
    return true;
}

int thresholds_set(struct thresholds *thresholds, const char *key, const char *value, char *allowed,
                   size_t size)
{
    const struct metric *found = NULL;
    struct limits limits;
    bool good = thresholds_parse(value, &limits);

    for (size_t i = 0; i < metrics_count; i++) {
        const struct metric *m = &metrics[i];

        if (!thresholds_key_is(m, key))
            continue;
        found = m;
        if (good)
            thresholds->of[m->scope][m->column] = limits;
    }
    if (!found) {
        snprintf(allowed, size,
                 "the key of a metric that is a number, or SCOPE.KEY; --list-fields tells them");
        return -ENOENT;
    }
    if (!good) {
        snprintf(allowed, size,
                 "WARN CRIT, two numbers from 0 on%s%s, the second at least the first; or off",
                 found->unit[0] ? " in " : "", found->unit);
        return -EINVAL;
    }
    return 0;
}

enum severity thresholds_judge(const struct thresholds *thresholds, enum scope scope,
                               unsigned column, double value)
{
    const struct limits *limits = &thresholds->of[scope][column];

    /* Comparisons with NAN are false: none is never reached. */
    if (value >= limits->crit)
        return SEVERITY_CRIT;
    return value >= limits->warn ? SEVERITY_WARN : SEVERITY_NONE;
}
