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
enum print_influx { PRINT_INFLUX_VALUES, PRINT_INFLUX_COUNTERS, PRINT_INFLUX_BOTH };

/* What the program tells of its outputs; changes from cycle to cycle. */
#define PRINT_SINKS_MAX 9
struct print_status {
    size_t sinks;
    struct {
        const char *name; /* "json tcp host:port" */
        uint64_t lost;    /* cycles that did not get there */
    } sink[PRINT_SINKS_MAX];
};

/* Limits printing to one table. */
#define PRINT_ALL_SCOPES SCOPE__COUNT

struct profiler;
struct tui_settings;

struct print_options {
    const struct selection *selection; /* borrowed, outlives the printer */
    enum scope scope;                  /* PRINT_ALL_SCOPES = no limit */
    enum print_names names;
    enum print_json json;
    bool devices;    /* rows of vCPUs, disks, NICs too */
    bool timestamps; /* text: a first column with the time */
    bool human;      /* text: units that people read */
    bool by_fields;  /* the selection was asked for by name: CSV shows the host's part, too */
    enum print_influx influx;
    bool openmetrics;                  /* Prometheus: as OpenMetrics 1.0.0 */
    bool host_label;                   /* Prometheus: each sample carries the host's name */
    double interval;                   /* of the program's cycles, seconds */
    const struct print_status *status; /* borrowed, outlives the printer; NULL = nothing to tell */
    const struct tui_settings *screen; /* likewise; of the printer that prints its tables */
    const struct profiler *profiler;   /* likewise; of printers of profiles */
    bool page; /* what is printed is asked for at any time: all there is, not what is due */
};

struct printer;

struct printer_ops {
    const char *name;
    bool replaces; /* a cycle makes the one before it worthless: a file holds one */
    /* For HTTP; static text. */
    const char *(*content_type)(const struct print_options *options);
    struct printer *(*create)(const struct print_options *options);
    /* Appends what stands at the beginning of a file or stream, before the
     * first cycle; NULL = nothing. */
    void (*header)(const struct printer *printer, struct buf *out);
    /* Appends the cycle to *out: whole lines. */
    void (*print)(struct printer *printer, const struct frame *frame, struct buf *out);
    /* Behind print(), until it returns false: appends what follows as a cycle of its own. NULL = a
     * cycle is whole. */
    bool (*next)(struct printer *printer, const struct frame *frame, struct buf *out);
    void (*destroy)(struct printer *printer);
};

extern const struct printer_ops printer_text;
extern const struct printer_ops printer_json;
extern const struct printer_ops printer_csv;
extern const struct printer_ops printer_prometheus;
extern const struct printer_ops printer_influx;

/* The printer of that name, or NULL. */
const struct printer_ops *printer_by_name(const char *name);

#endif
