/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system's clocks, and time stamps. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

static struct mono clock_system_mono(void *self UNUSED)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (struct mono){(int64_t)t.tv_sec * (int64_t)NS_PER_S + t.tv_nsec};
}

static struct timespec clock_system_wall(void *self UNUSED)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return t;
}

const struct clock_source clock_system = {
    .mono = clock_system_mono,
    .wall = clock_system_wall,
};

void clock_format_stamp(struct timespec wall, char stamp[CLOCK_STAMP_SIZE])
{
    struct tm utc;
    size_t n;

    memset(&utc, 0, sizeof(utc));
    gmtime_r(&wall.tv_sec, &utc);
    n = strftime(stamp, CLOCK_STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(stamp + n, CLOCK_STAMP_SIZE - n, ".%03ldZ", wall.tv_nsec / (long)NS_PER_MS);
}
