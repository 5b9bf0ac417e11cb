/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What placing the table's columns and drawing them have in common. */
#ifndef PROXTOP_TUI_TABLE_H
#define PROXTOP_TUI_TABLE_H

#include "tui/internal.h"

#define TABLE_ID_MAX 12 /* columns of an ID; what is longer is a UUID, which may be cut */

/* 1 if the column's title bears a sort mark, behind what its cells are aligned to. */
unsigned table_sort_mark(struct tui *tui, const struct column *column);

/* The cell's text, until the next one. */
const char *table_cell_text(struct tui *tui, const struct figure *figure,
                            const struct column *column);

/* Columns by which the row's name is indented. */
unsigned table_indent(const struct table_row *row);
/* '+' or '-' behind the name of what can expand or fold; ' ' = none. */
char table_fold_mark(const struct tui *tui, const struct table_row *row);

/* Whether one of the rows has a UUID in place of an ID. */
bool table_has_long_id(struct tui *tui, size_t first, size_t last);

#endif
