/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of the state directory: their names, their locks, how they are read, replaced and cleaned
 * up. Nothing here follows a symbolic link that lies in the directory. Blocks on the disk.
 */
#ifndef PROXTOP_PROFILER_STORE_FILE_H
#define PROXTOP_PROFILER_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buf.h"

/* A name without and with what may stand behind it: a fingerprint, and ".bad" or ".tmp". */
#define STORE_NAME_SIZE 208
#define STORE_FILE_SIZE 240

/* Left-over temporary files are removed after an hour. */
#define STORE_TEMP_S 3600.0

struct store_dir {
    char *path;
    int fd, lock_fd;
};

/* Makes the directory if it is not there (0700), which nobody but its owner (this user or root)
 * may write to. 0, or -errno with a line for people. */
int store_dir_open(const char *path, struct store_dir *ret, char *error, size_t size);
/* Whether it was removed: nothing, or something else, is at its path. */
bool store_dir_is_gone(const struct store_dir *dir);
void store_dir_close(struct store_dir *dir); /* gives all locks back */

/* UUID or UUID+KEY (key NULL: without), each byte outside [A-Za-z0-9_-] as %XX. An empty one is
 * "%"; one of more than 200 bytes is cut and ends in "%-" and a hash of it all. Shorter ones never
 * have one name, whatever VMs are called: those without a UUID are told by their names. */
void store_name_make(const char *uuid, const char *key, char name[STORE_NAME_SIZE]);
/* Whether a file is called as ours are; then the length of the name in it, and whether it is a
 * temporary one. */
bool store_name_parse(const char *file, size_t *ret_len, bool *ret_temporary);

/* Takes the name for this process, or gives it back: -EAGAIN = another process has it. Locks of the
 * same directory opened twice count as another one's; taking one's own again succeeds. */
int store_dir_lock(const struct store_dir *dir, const char *name);
void store_dir_unlock(const struct store_dir *dir, const char *name);

bool store_dir_has(const struct store_dir *dir, const char *file);
/* Replaces the content of *b by the file's. -ENOENT; -EFBIG = longer than `max`; -EINVAL = not a
 * regular file; -errno. */
int store_dir_read(const struct store_dir *dir, const char *file, struct buf *b, size_t max);
/* Writes FILE.tmp, brings it to the disk and renames it to FILE: whatever happens meanwhile, FILE
 * is the old or the new one. */
int store_dir_write(const struct store_dir *dir, const char *file, const char *data, size_t len);
/* Renames FILE to FILE.bad, instead of an older one. */
int store_dir_set_aside(const struct store_dir *dir, const char *file);

/* Removes files that are called as ours are, belong to this user alone (0600) and were not written
 * for so long: temporary ones for an hour, others for keep_seconds (0 = they stay). Not those whose
 * name is in use: by this process, as in_use() says, or by another one. */
void store_dir_clean(const struct store_dir *dir, struct timespec now, double keep_seconds,
                     bool (*in_use)(const void *argument, const char *name), const void *argument);

#endif
