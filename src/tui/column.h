/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Columns of the screen. Most are metrics, made from the metric table; some are
 * the screen's own (NAME, ID, WHY, IOPS, ...). A column has a key (the metric's,
 * or a word of its own), by which the configuration and --sort know it.
 */
#ifndef PROXTOP_TUI_COLUMN_H
#define PROXTOP_TUI_COLUMN_H

#include "model/frame.h"
#include "model/selection.h"
#include "tui/facts.h"
#include "tui/history.h"

/* Rows of one table of the screen share a family: VMs with their vCPUs, disks and
 * NICs; network devices of the host; its block devices. */
enum column_family { FAMILY_VM, FAMILY_NETDEV, FAMILY_BLOCKDEV, FAMILY__COUNT };

enum column_kind {
    COLUMN_METRIC,
    COLUMN_NAME,  /* of a VM; of a vCPU, disk, NIC below it: indented; of a device of the host */
    COLUMN_ID,    /* VMID, else the UUID */
    COLUMN_STATE, /* one letter */
    COLUMN_WHY,
    COLUMN_IOPS,
    COLUMN_THROUGHPUT, /* MB/s */
    COLUMN_LATENCY,    /* LAT */
    COLUMN_TRAFFIC,    /* RX and TX together: NET is sorted by it */
    COLUMN_HISTORY,    /* of %USED, as a curve */
    COLUMN_DISK,       /* name of the disk, NIC, interface in rows of theirs */
    COLUMN_NIC,
    COLUMN_INTERFACE,
    COLUMN_IO_THROUGHPUT, /* MB/s that QEMU itself read and wrote: I/O is sorted by it */
    COLUMN_KIND__COUNT,
};

/* How a list names a column: by its kind, and a metric by its number in the main
 * scope of the family (SCOPE_VM, SCOPE_NETDEV, SCOPE_BLOCKDEV). */
struct column_ref {
    short kind; /* enum column_kind; COLUMN_REF_END */
    short metric;
};
#define COLUMN_REF_METRIC(number)                                                                  \
    {                                                                                              \
        COLUMN_METRIC, (number)                                                                    \
    }
#define COLUMN_REF(kind)                                                                           \
    {                                                                                              \
        (kind), 0                                                                                  \
    }
#define COLUMN_REF_END                                                                             \
    {                                                                                              \
        -1, 0                                                                                      \
    }

#define COLUMNS_MAX 160 /* of a family */

/* The scope of a family's rows that stand below no other. */
enum scope column_main_scope(enum column_family family);

struct column {
    enum column_family family;
    enum column_kind kind;
    unsigned number; /* within its family: 0.. */
    const char *key;
    const char *title;
    const char *help;            /* what it says: for the help screen */
    const struct metric *metric; /* of the main scope, else of the one that has it; NULL = a column
                                    of the screen's own, whatever metrics[] says */
    short metrics[SCOPE__COUNT]; /* its number in rows of each scope; -1 = they have none */
    bool left;                   /* texts: aligned left */
    bool verbose;
    unsigned char width; /* the least */
};

/* How the column is sorted at first: texts from A to Z; numbers, and WHY, from the
 * largest and the worst on. */
static inline bool column_ascends(const struct column *column)
{
    return column->left && column->kind != COLUMN_WHY;
}

/* All columns. */
struct column_table;
struct column_table *column_table_new(void);
void column_table_free(struct column_table *table);
size_t column_count(const struct column_table *table, enum column_family family);
const struct column *column_at(const struct column_table *table, enum column_family family,
                               size_t number);
const struct column *column_of(const struct column_table *table, enum column_family family,
                               struct column_ref ref); /* never NULL for a ref of that family */
/* By key, else by title ("%RDY"), whatever the case; NULL = none. */
const struct column *column_find(const struct column_table *table, enum column_family family,
                                 const char *name);

/* A row of the screen, as columns see it. */
struct row_ref {
    const struct shot *shot;
    enum scope scope;
    uint32_t row; /* in the frame's table of the scope */
    uint32_t vm;  /* the VM's row, for scopes of the family FAMILY_VM */
    bool flat;    /* stands in a list of all disks, NICs and below no VM: NAME, ID, S and WHY are
                     those of its VM */
};

/* What a cell says, before it is text. */
struct figure {
    enum { FIGURE_NONE, FIGURE_NUMBER, FIGURE_TEXT } kind;
    double number;          /* of a text: its rank, by which it is sorted before it is sorted by
                               its letters. 0 but for WHY, where the worst is the largest */
    const char *text;       /* hostile; belongs to the frame, or is static */
    char mark;              /* '~' an estimate, '>' a lower bound, '\0' */
    enum severity severity; /* of what it says, by the thresholds; state and WHY too */
    bool dim;               /* of little interest: a VM that is paused or shut down */
};

/* Never fails: FIGURE_NONE where there is no value, the text "" where such a row cannot
 * have one (the memory of a disk). COLUMN_HISTORY is FIGURE_NONE: figure_curve() draws
 * it. */
struct figure column_figure(const struct column *column, const struct row_ref *row,
                            const struct thresholds *thresholds);

/* Adds what must be collected for the column to say something: its own metrics, and
 * those that its colour and WHY depend on. */
void column_add_needs(const struct column *column, struct selection *needs);

#endif
