/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lines of the host's panel are put together from. What is not known shows as "-". */
#ifndef PROXTOP_TUI_PANEL_WORDS_H
#define PROXTOP_TUI_PANEL_WORDS_H

#include "tui/panel.h"

#define GAP "  "

/* A cell of the host's row; NAN = it has no value. */
double panel_host(const struct panel *panel, enum host_column column);

/* A new part; see line_part(). */
void panel_part(struct panel *panel, unsigned rank, const char *gap);
/* Each puts something into it: words; a number with that many digits; the same in the colour
 * of its metric's thresholds; percents; memory; a name, which may be anything. */
void panel_text(struct panel *panel, const char *text);
void panel_number(struct panel *panel, double number, unsigned digits);
void panel_judged(struct panel *panel, enum scope scope, unsigned column, double number,
                  unsigned digits);
void panel_percent(struct panel *panel, double percent);
void panel_judged_percent(struct panel *panel, enum scope scope, unsigned column, double percent);
void panel_kb(struct panel *panel, double kb);
void panel_device(struct panel *panel, enum scope scope, size_t row, unsigned column);
/* "10 Gb/s", "rx 92.1 tx 14.7 Mb/s". */
void panel_put_speed(struct panel *panel, unsigned rank, double mbps);
void panel_put_traffic(struct panel *panel, enum scope scope, size_t row, unsigned rx, unsigned tx);
/* r/s, w/s, MB/s and await of a block device, parts of ranks from `rank` on. */
void panel_put_io(struct panel *panel, size_t row, unsigned rank);

#endif
