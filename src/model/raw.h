/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw reading: a number as its source gave it, and when. */
#ifndef PROXTOP_MODEL_RAW_H
#define PROXTOP_MODEL_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct raw {
    uint64_t value; /* in the source's own unit */
    struct mono at; /* when it was read; ns 0 = there is no reading */
};

static inline bool raw_valid(struct raw raw)
{
    return raw.at.ns != 0;
}

static inline struct raw raw_of(uint64_t value, struct mono at)
{
    return (struct raw){.value = value, .at = at};
}

#endif
