/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pauses between tries to reach a peer: 0.5 s, doubling to 30 s, each with jitter. */
#ifndef PROXTOP_OUTPUT_BACKOFF_H
#define PROXTOP_OUTPUT_BACKOFF_H

struct backoff {
    unsigned failures; /* in a row; zero-initialised = none */
};

/* Seconds until the next try, after one more failure: between half of the
 * pause and the pause, by chance, so that a hundred hosts do not come back as one. */
double backoff_next(struct backoff *backoff);

static inline void backoff_reset(struct backoff *backoff)
{
    backoff->failures = 0;
}

#endif
