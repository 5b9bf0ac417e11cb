/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the Prometheus printer. A family is a name with a HELP, a TYPE and its
 * samples; the families come from the metric table. The labels of a row are the
 * same in all families of its table, so that their text is made once per cycle.
 */
#ifndef PROXTOP_PRINT_PROMETHEUS_INTERNAL_H
#define PROXTOP_PRINT_PROMETHEUS_INTERNAL_H

#include "print/printer.h"
#include "print/vms.h"

/* ---- prometheus_write.c ---- */

/* A text as it stands between the quotes of a label: escaped, at most
 * PROMETHEUS_VALUE_MAX bytes of it. What is no UTF-8, and control characters
 * other than a newline, for which there is no escape, become U+FFFD. */
#define PROMETHEUS_VALUE_MAX 1024
void prometheus_put_value(struct buf *out, const char *text);
/* NAME="TEXT"; NULL is the empty text. */
void prometheus_put_label(struct buf *out, const char *name, const char *text);

/* An integer; ns as seconds, exactly; a finite number, as an integer if it is
 * one, else with up to nine decimals. Each appends at most
 * PROMETHEUS_NUMBER_MAX bytes and a newline. */
#define PROMETHEUS_NUMBER_MAX 330
void prometheus_put_count(struct buf *out, uint64_t count);
void prometheus_put_seconds(struct buf *out, uint64_t ns);
void prometheus_put_number(struct buf *out, double number);

/* The lines before the samples of a family. type: "counter", "gauge" or "info",
 * which the text format does not know. `name` is that of the samples: ends in
 * _total if it is a counter, in _info if it is an info. */
void prometheus_put_head(struct buf *out, bool openmetrics, const char *name, const char *type,
                         const char *help);

/* ---- prometheus_help.c ---- */

/* What the HELP line of a family says; NULL = there is no such family. The
 * texts need no escapes. */
const char *prometheus_help(const char *name);

/* ---- prometheus_labels.c ---- */

struct prometheus_row {
    size_t at, len; /* its labels, within the text, without braces */
    bool hidden;    /* another row has the same labels */
    bool silent;    /* the VM's source has been silent for long: what it told is not printed */
};

struct prometheus_label {
    unsigned column;
    const char *name;
    bool is_number;
};
#define PROMETHEUS_LABELS_MAX 4

struct prometheus_labels {
    struct prometheus_label of_scope[SCOPE__COUNT][PROMETHEUS_LABELS_MAX];
    unsigned counts[SCOPE__COUNT];
    bool with_host;

    /* Of a cycle; memory is kept. */
    struct buf text;
    struct prometheus_row *rows[SCOPE__COUNT];
    size_t capacities[SCOPE__COUNT];
    struct print_vms vms;
    struct print_slots slots; /* of one table after the other */
    bool with_vmid;
};

void prometheus_labels_init(struct prometheus_labels *labels, const struct print_options *options);
void prometheus_labels_done(struct prometheus_labels *labels);

/* Makes the labels of all rows of the frame. The host's row has none but,
 * with_host, that of all. */
void prometheus_labels_make(struct prometheus_labels *labels, const struct frame *frame);

/* A cell that is an identity: a whole number. Nothing if it has no value. */
void prometheus_put_identity(struct buf *out, const struct frame_table *table, size_t row,
                             unsigned column);

/* NAME{LABELS,extra} and a space; extra may be "". Makes room for a number and
 * a newline behind it. */
void prometheus_put_series(struct buf *out, const struct prometheus_labels *labels,
                           const struct prometheus_row *row, const char *name, size_t name_len,
                           const char *extra, size_t extra_len);

/* ---- prometheus_families.c ---- */

enum prometheus_kind {
    PROMETHEUS_VALUES,  /* gauges, scaled to base units */
    PROMETHEUS_COUNTS,  /* counters of bytes and of things */
    PROMETHEUS_SECONDS, /* counters of ns */
    PROMETHEUS_STATES,  /* a sample per state that the row can be in */
    PROMETHEUS_INFO,    /* facts in labels, always 1 */
};

/* The samples that one column gives to a family. */
struct prometheus_member {
    unsigned column;
    double scale;
    char *fixed; /* labels of its own: mode="user"; or "". Owned */
    size_t fixed_len;
};

struct prometheus_family {
    enum prometheus_kind kind;
    enum scope scope;
    char *name; /* of its samples. Owned */
    size_t name_len;
    char *head; /* HELP, TYPE, UNIT. Owned */
    struct prometheus_member *members;
    size_t count, capacity;
};

struct prometheus_families {
    struct prometheus_family *list;
    size_t count, capacity;
};

/* The families of what is selected, in the table's order. */
void prometheus_families_init(struct prometheus_families *families,
                              const struct print_options *options);
void prometheus_families_done(struct prometheus_families *families);

/* ---- prometheus_agent.c ---- */

/* The families that are about the program, and how many VMs there are. scratch:
 * memory that is kept over cycles. */
void prometheus_put_agent(struct buf *out, struct buf *scratch,
                          const struct prometheus_labels *labels,
                          const struct print_options *options, const struct frame *frame);

#endif
