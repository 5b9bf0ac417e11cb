/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files (INI): options by their names, and the screen's layout.
 *
 *     interval = 5            options stand before the first section, or in [proxtop];
 *     no-mouse = yes          flags are yes or no
 *     [view disk]
 *     fields = name,id,disk_reads   see struct view_settings
 *     sort = disk_reads:desc
 *     [thresholds]
 *     disk_lat_rd = 5 20      see thresholds_set()
 *
 * /etc/proxtop/config is read first, then the user's, whose words count more; the
 * command line counts more than both. A line that is wrong is told and left out.
 */
#ifndef PROXTOP_APP_CONFIG_H
#define PROXTOP_APP_CONFIG_H

#include "app/options.h"
#include "tui/settings.h"

struct config;

/* Reads the files into options and settings, both with their defaults in. `file`: this
 * one in place of the user's, and it must be there; NULL = the user's. Texts in
 * options belong to the config. 0, or -EINVAL with one line in error[size] if `file`
 * cannot be read. Lines that are wrong are logged as warnings. */
int config_read(const char *file, struct options *options, struct tui_settings *settings,
                struct config **ret, char *error, size_t size);
void config_free(struct config *config);

/* Puts the layout (view, units, interval, fields and sort orders that differ from the
 * view's own) into the user's file, or into `file`: on a thread of its own, which logs a
 * notice with the name of the file, or why it could not. All other lines of the file
 * stay as they are; the new one replaces it at once or not at all. */
void config_write_layout(const char *file, const struct tui_settings *layout, double interval);

#endif
