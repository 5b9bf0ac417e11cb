/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person can set about the screen, by options and configuration, and what
 * W writes back. Plain data; texts are bounded.
 */
#ifndef PROXTOP_TUI_SETTINGS_H
#define PROXTOP_TUI_SETTINGS_H

#include "tui/figure.h"
#include "tui/thresholds.h"
#include "tui/view.h"

#define SETTINGS_FIELDS_SIZE 4096
#define SETTINGS_SORT_SIZE   64
#define SETTINGS_FILTER_SIZE 256

struct view_settings {
    /* "KEY,KEY,...": these columns in this order; "+KEY,-KEY,...": the usual ones with
     * these changes; "" = the usual ones. */
    char fields[SETTINGS_FIELDS_SIZE];
    char sort[SETTINGS_SORT_SIZE]; /* "KEY" or "KEY:asc", "KEY:desc"; "" = the view's own */
};

struct tui_settings {
    enum view view;
    enum units units;
    bool no_mouse;
    char filter[SETTINGS_FILTER_SIZE];
    struct view_settings views[VIEW__COUNT];
    struct thresholds thresholds;
};

void settings_defaults(struct tui_settings *settings);

/* Whether a list of fields, or a sort order, is good for the view. If not, false,
 * and allowed[size] tells people which word is wrong and what is allowed. */
bool settings_check_fields(const struct column_table *table, enum view view, const char *fields,
                           char *allowed, size_t size);
bool settings_check_sort(const struct column_table *table, enum view view, const char *sort,
                         char *allowed, size_t size);

/* The columns that the fields mean for a view at that width, in order; NAME is always first.
 * Fills list[COLUMNS_MAX], returns how many. What is not known is passed over. */
size_t settings_columns(const struct column_table *table, enum view view, const char *fields,
                        unsigned cols, const struct column **list);

/* The fields with one column switched on or off, into ret[SETTINGS_FIELDS_SIZE]: as
 * signed changes to the usual ones, or within a list. NAME stays. */
void settings_toggle_field(const struct column_table *table, enum view view, const char *fields,
                           const struct column *column, char ret[SETTINGS_FIELDS_SIZE]);

/* What a sort order means; the view's own for "" or what is not known. */
const struct column *settings_sort_column(const struct column_table *table, enum view view,
                                          const char *sort, bool *ret_ascending);

#endif
