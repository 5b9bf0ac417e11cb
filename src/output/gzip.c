/* SPDX-License-Identifier: GPL-2.0-or-later */
#define ZLIB_CONST /* next_in is const */
#include "output/gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define GZIP_WINDOW_BITS  (15 + 16) /* the largest window; 16 = a gzip header, not zlib's */
#define GZIP_MEMORY_LEVEL 8

struct gzip {
    z_stream stream;
    bool ready; /* deflateInit2() succeeded */
};

struct gzip *gzip_new(void)
{
    return xcalloc(1, sizeof(struct gzip));
}

void gzip_free(struct gzip *gzip)
{
    if (!gzip)
        return;
    if (gzip->ready)
        (void)deflateEnd(&gzip->stream);
    free(gzip);
}

/* The compressor takes 256 KB: made when it is first used, then kept. */
static int gzip_begin(struct gzip *gzip)
{
    if (gzip->ready)
        return deflateReset(&gzip->stream) == Z_OK ? 0 : -ENOMEM;
    if (deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS,
                     GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        return -ENOMEM;
    gzip->ready = true;
    return 0;
}

/* zlib counts its input and output in 32 bits. */
static unsigned gzip_piece(size_t len)
{
    return (unsigned)min_size(len, UINT_MAX);
}

int gzip_data(struct gzip *gzip, const char *data, size_t len, struct buf *out)
{
    z_stream *z = &gzip->stream;
    size_t room, given = 0;
    int status = gzip_begin(gzip);

    if (status < 0)
        return status;
    buf_clear(out);
    buf_reserve(out, deflateBound(z, len));
    do {
        unsigned piece = gzip_piece(len - given), space;

        z->next_in = (const Bytef *)(len ? data + given : "");
        z->avail_in = piece;
        room = out->cap - out->len;
        space = gzip_piece(room);
        z->next_out = (Bytef *)out->data + out->len;
        z->avail_out = space;
        status = deflate(z, given + piece == len ? Z_FINISH : Z_NO_FLUSH);
        given += piece - z->avail_in;
        out->len += space - z->avail_out;
        if (!z->avail_out)
            buf_reserve(out, 4096);
    } while (status == Z_OK || status == Z_BUF_ERROR);
    return status == Z_STREAM_END ? 0 : -ENOMEM;
}
