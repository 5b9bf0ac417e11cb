/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Printers turn frames into bytes. They know no output and keep nothing but
 * what their format needs (that a header was printed).
 */
#ifndef PROXTOP_PRINT_PRINTER_H
#define PROXTOP_PRINT_PRINTER_H

#include "base/buf.h"
#include "model/frame.h"
#include "model/selection.h"

enum print_names { PRINT_NAMES_KEYS, PRINT_NAMES_ESXTOP };
enum print_json { PRINT_JSON_CYCLE, PRINT_JSON_LINES };

/* Limits printing to one table. */
#define PRINT_ALL_SCOPES SCOPE__COUNT

struct print_options {
    const struct selection *selection; /* borrowed, outlives the printer */
    enum scope scope;                  /* PRINT_ALL_SCOPES = no limit */
    enum print_names names;
    enum print_json json;
    bool devices;    /* rows of vCPUs, disks, NICs too */
    bool timestamps; /* text: a first column with the time */
    bool human;      /* text: units that people read */
    bool by_fields;  /* the selection was asked for by name: CSV shows the host's part, too */
};

struct printer;

struct printer_ops {
    const char *name;
    struct printer *(*create)(const struct print_options *options);
    /* Appends the cycle to *out: whole lines. */
    void (*print)(struct printer *printer, const struct frame *frame, struct buf *out);
    void (*destroy)(struct printer *printer);
};

extern const struct printer_ops printer_text;
extern const struct printer_ops printer_json;
extern const struct printer_ops printer_csv;

/* The printer of that name, or NULL. */
const struct printer_ops *printer_by_name(const char *name);

#endif
