/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of reading and writing configuration files: for both, and for tests. */
#ifndef PROXTOP_APP_CONFIG_FILE_H
#define PROXTOP_APP_CONFIG_FILE_H

#include "app/config.h"
#include "base/buf.h"

#define CONFIG_FILE_MAX (1024 * 1024)
#define CONFIG_SYSTEM   "/etc/proxtop/config"
/* Of a file; then they are counted only. */
#define CONFIG_WARNINGS_MAX 20

/* The user's file by $XDG_CONFIG_HOME, else $HOME; NULL if both say nothing. The caller
 * frees it. */
char *config_user_path(void);

/* Whether a file that nobody named may be read or written: it, its link, and the directory that
 * it is in, or would be, are root's or this user's, and nobody else may write there. With the
 * environment of a user, root would do what that user's file says. 0, or -EPERM with the
 * reason for people in why[size]. */
int config_file_check(const char *path, char *why, size_t size);

/* Reads a file that is a regular one and text. 0, or -errno (-ENOENT: there is none) with
 * the reason for people in why[size]. */
int config_file_read(const char *path, struct buf *text, char *why, size_t size);

/* config_read() with both files named. NULL = none; `must`: the user's has to be there. */
int config_read_files(const char *system, const char *user, bool must, struct options *options,
                      struct tui_settings *settings, struct config **ret, char *error, size_t size);

struct config *config_new(void);
/* Takes a file's text: each line that is good, a warning for each that is not. How many were not.
 */
size_t config_take(struct config *config, const char *path, enum option_layer layer,
                   const char *text, size_t len, struct options *options,
                   struct tui_settings *settings);
/* What config_tell() logs: warning number i, or NULL. */
const char *config_warning(const struct config *config, size_t i);

/* A file that there is. */
struct config_source {
    char *path;
    bool is_read;       /* else it could not be, or should not */
    size_t wrong;       /* lines that were left out, or what else was told of it */
    size_t first_wrong; /* the warning that tells of it first; with wrong > 0 */
};
/* Source number i, in the order in which they are read, or NULL. */
const struct config_source *config_source(const struct config *config, size_t i);

/* What W writes, and what holds without the user's file. */
struct config_layout {
    const struct tui_settings *settings;
    double interval;
};

/* Appends to *out the file's text with the layout in it. */
void config_edit(const char *text, size_t len, const struct config_layout *layout,
                 const struct config_layout *base, struct buf *out);

/* What config_writer_put() does, at once, with both files named. 0, or -errno with the reason and
 * what to do about it in why[size]. */
int config_write_file(const char *system, const char *path, const struct tui_settings *layout,
                      double interval, char *why, size_t size);

#endif
