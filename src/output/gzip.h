/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip (RFC 1952) of whole buffers, by zlib. */
#ifndef PROXTOP_OUTPUT_GZIP_H
#define PROXTOP_OUTPUT_GZIP_H

#include "base/buf.h"

struct gzip;

struct gzip *gzip_new(void);
void gzip_free(struct gzip *gzip); /* NULL is allowed */

/* Replaces *out by the compressed data. Its memory and the compressor's are
 * used again. 0 or -ENOMEM. */
int gzip_data(struct gzip *gzip, const char *data, size_t len, struct buf *out);

#endif
