/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files (INI): options by their names, and the screen's layout.
 *
 *     # a comment has a line of its own
 *     interval = 5
 *     no-mouse = yes
 *     [view disk]
 *     fields = name,id,disk_reads
 *     sort = disk_reads:desc
 *     [thresholds]
 *     disk_lat_rd = 5 20
 *
 * Options stand before the first section, or in [proxtop]; flags are yes or no. Of views
 * see struct view_settings, of thresholds thresholds_set(). /etc/proxtop/config is read
 * first, then the user's, whose words count more; the command line counts more than both.
 * A line that is wrong is told and left out. proxprofiler reads
 * its options in [proxprofiler], and of the rest nothing; proxtop leaves that section alone.
 */
#ifndef PROXTOP_APP_CONFIG_H
#define PROXTOP_APP_CONFIG_H

#include "app/options.h"
#include "tui/settings.h"

struct config;

/* Reads the files into options and settings, both with their defaults in. `file`: this
 * one in place of the user's, and it must be there; NULL = the user's. Texts in
 * options belong to the config. 0, or -EINVAL with one line in error[size] if `file`
 * cannot be read. */
int config_read(const char *file, struct options *options, struct tui_settings *settings,
                struct config **ret, char *error, size_t size);
/* Logs a warning for each line that was wrong, and for each file that could not be read:
 * once it is known where messages go. */
void config_tell(const struct config *config);
void config_free(struct config *config); /* NULL is allowed */

/* What options, when all of them are known, say of the screen, into the settings: view,
 * units, filter, mouse, and of the view that is shown first fields and sort order. 0, or
 * -EINVAL with one line in error[size] for what the command line says and the view does not
 * have; what a file says is left out then. */
int config_settle(const struct options *options, struct tui_settings *settings, char *error,
                  size_t size);

/* Who puts layouts (view, units, interval, fields and sort orders) into the user's file, or into
 * `file`, on a thread of its own; what the file at `system` says, or would be the same without the
 * line, is removed there, not written. All other lines of the file stay as they are; the new one
 * replaces it at once or not at all. */
struct config_writer;
struct config_writer *config_writer_new(const char *system, const char *file);
/* One layout at a time: of those that come meanwhile, the latest follows. A notice with the name of
 * the file, or why it could not be written, is logged. */
void config_writer_put(struct config_writer *writer, const struct tui_settings *layout,
                       double interval);
/* Waits until all is written, but 3 s at most: what takes longer is left behind, and so logged. */
void config_writer_free(struct config_writer *writer); /* NULL is allowed */

#endif
