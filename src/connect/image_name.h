/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a disk's image is called, for people: never with a user, a password or
 * a key in it. Pure functions.
 */
#ifndef PROXTOP_CONNECT_IMAGE_NAME_H
#define PROXTOP_CONNECT_IMAGE_NAME_H

#include "base/buf.h"

/* What QEMU tells of an image; all is owned, NULL = not known. */
struct image_name {
    char *path;    /* absolute, as QEMU sees it; NULL = no file or device of the host */
    char *backend; /* as in vm_disk; of a mere path it is a guess whether it is a device */
    char *source;  /* likewise */
};

/* Takes QEMU's name of an image (`file` of query-block) apart: a path,
 * "protocol:..." or "json:{...}", the options of its nodes on top of each
 * other. Fills *ret, which image_name_done() empties again. */
void parse_image_name(const char *text, struct image_name *ret);
void image_name_done(struct image_name *name);

/* Appends the URL, or nothing if it is none, without what stands before an '@' of its authority, and
 * without its query, of which a socket alone stays. */
void image_put_url(struct buf *out, const char *url);

#endif
