/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of a record that stand in files of their own, and how profiles write numbers. */
#ifndef PROXTOP_PROFILER_RECORD_INTERNAL_H
#define PROXTOP_PROFILER_RECORD_INTERNAL_H

#include "profiler/record.h"

/* A finite float in few digits that read back the same (as a double that is then rounded to a
 * float), else null. */
void record_put_float(struct buf *out, float value);
/* Text, then a number: most members are that. */
void record_put_member(struct buf *out, const char *before, double value);
void record_put_count(struct buf *out, const char *before, uint64_t value);
/* A string, or null for NULL. */
void record_put_text(struct buf *out, const char *before, const char *text);
/* {"0":[1,2],"0-1":[3,4]}: all rows, sorted as strings. NULL = {}. */
void record_put_counts(struct buf *out, const struct matrix *matrix, unsigned states);

/* The profile's channels in the order of the output, as positions of its list: those that proxtop
 * knows by enum profiler_metric, then others by name. Without those that never had a value though
 * they were asked for one: what they are of is not there (a VM without a NIC, say). */
struct record_order {
    size_t count;
    size_t at[PROFILE_CHANNELS_MAX];
};
void record_order(const struct profile *profile, struct record_order *ret);

/* Everything from "name" to "settings" that older readers know; no braces around it. */
void record_put_compat(const struct vm_identity *vm, const struct profile *profile,
                       const struct record_order *order, struct buf *out);
/* "ext":{...}. */
void record_put_ext(const struct record_context *context, const struct vm_identity *vm,
                    const struct profile *profile, const struct record_order *order, bool final,
                    struct buf *out);
/* What "ext" tells of one metric: {...}. */
void record_put_metric(struct buf *out, const struct channel *channel);
/* 0..1 with so many decimals, or null. */
void record_put_share(struct buf *out, const char *before, double share, unsigned digits);
void record_put_bool(struct buf *out, const char *before, bool value);

#endif
