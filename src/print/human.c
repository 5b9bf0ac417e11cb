/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers for people. */
#include "print/human.h"

#include <math.h>
#include <string.h>

/* Units that grow by 1024 or by 1000, from the one the metric is in. */
static const struct human_units {
    const char *unit;
    double step;
    const char *suffixes;
} human_all[] = {
    {"KB", 1024, "KMGTPE"},   {"KB/s", 1024, "KMGTPE"}, {"bytes", 1024, "BKMGTPE"},
    {"B/s", 1024, "BKMGTPE"}, {"1/s", 1000, " kMGTPE"},
};

/* Decimals of a number that came to its i-th unit. */
static unsigned human_digits(enum human_style style, size_t i, double number)
{
    if (style == HUMAN_FIGURES3)
        return i && fabs(number) < 99.95 ? 1 : 0;
    return i || style == HUMAN_DECIMAL ? 1 : 0;
}

bool human_put(struct buf *out, const char *unit, enum human_style style, double number)
{
    const struct human_units *units = NULL;
    size_t i = 0;

    for (size_t u = 0; u < ARRAY_SIZE(human_all); u++) {
        if (strcmp(human_all[u].unit, unit) == 0)
            units = &human_all[u];
    }
    if (!units)
        return false;
    /* Up to what is still three figures when it is rounded. */
    while (fabs(number) >= (human_digits(style, i, number) ? 999.95 : 999.5) &&
           units->suffixes[i + 1]) {
        number /= units->step;
        i++;
    }
    buf_put_fixed(out, number, human_digits(style, i, number));
    if (units->suffixes[i] != ' ')
        buf_putc(out, units->suffixes[i]);
    return true;
}
