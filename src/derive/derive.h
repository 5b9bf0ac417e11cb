/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deriving: a sample and what is remembered of the ones before it become a
 * frame. The only place where rates, percentages and ratios are made. One
 * thread owns a derive object.
 */
#ifndef PROXTOP_DERIVE_DERIVE_H
#define PROXTOP_DERIVE_DERIVE_H

#include "model/frame.h"
#include "model/sample.h"
#include "model/selection.h"

struct derive;

struct derive *derive_new(struct frame_pool *pool);
void derive_free(struct derive *derive);

/* From now on frames have rows of vCPUs, disks, NICs and host devices only for
 * the tables that the selection wants; before the first call, of all. */
void derive_select(struct derive *derive, const struct selection *selection);

/* The frame of this sample, with one reference for the caller. The first one
 * after derive_new() has no rates. Cells of what was not collected are invalid. */
struct frame *derive_frame(struct derive *derive, const struct sample *sample);

#endif
