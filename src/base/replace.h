/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing files whole: their old content stays until the new one is on the disk. */
#ifndef PROXTOP_BASE_REPLACE_H
#define PROXTOP_BASE_REPLACE_H

#include <sys/stat.h>

#include "base/buf.h"

/* All of it, or -errno. */
int write_all(int fd, const char *data, size_t len);

/* Puts a new file with the text in the place of `path` by a rename. Mode and, for root, owner stay
 * those of *old (the file that is there); NULL = there is none: `mode`, less the umask. A link
 * would be replaced itself. 0, or -errno with the old file as it was. */
int replace_file(const char *path, const struct buf *text, mode_t mode, const struct stat *old);

#endif
