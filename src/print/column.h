/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What printers share: columns under their printed names, and numbers. */
#ifndef PROXTOP_PRINT_COLUMN_H
#define PROXTOP_PRINT_COLUMN_H

#include "print/printer.h"

struct print_column {
    unsigned column;
    const struct metric *metric;
    const char *name; /* key, or alias under --names=esxtop */
    double scale;     /* to the unit of the name */
    enum metric_type type;
    unsigned digits;
};

struct print_columns {
    struct print_column list[METRIC_COLUMNS_MAX];
    unsigned count;
};

/* The columns of a scope that the options select, under the chosen names. */
void print_columns_init(struct print_columns *columns, enum scope scope,
                        const struct print_options *options);

/* Puts a column of the scope in if it is not there: at its place if the
 * columns stand in the table's order, else at the end. */
void print_columns_require(struct print_columns *columns, enum scope scope, unsigned column,
                           enum print_names names);
void print_columns_remove(struct print_columns *columns, unsigned column);

/* A number as its column wants it: scaled, with its digits. */
void print_number(struct buf *out, const struct print_column *column, double number);

#endif
