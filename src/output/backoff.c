/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pauses between tries. */
#include "output/backoff.h"

#include <sys/random.h>

#include "base/clock.h"

#define BACKOFF_FIRST_S   0.5
#define BACKOFF_LONGEST_S 30.0

/* A number in [0, 1), which need not be a good one. */
static double backoff_chance(void)
{
    uint32_t n;

    /* Early in the boot there may be no random bytes yet: the clock differs
     * between hosts, too. */
    if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != (ssize_t)sizeof(n))
        n = (uint32_t)clock_mono(&clock_system).ns * UINT32_C(2654435761);
    return n / 4294967296.0;
}

double backoff_next(struct backoff *backoff)
{
    double pause = BACKOFF_FIRST_S;

    for (unsigned i = 0; i < backoff->failures && pause < BACKOFF_LONGEST_S; i++)
        pause *= 2;
    if (pause >= BACKOFF_LONGEST_S)
        pause = BACKOFF_LONGEST_S;
    else
        backoff->failures++;
    return pause / 2 + pause / 2 * backoff_chance();
}
