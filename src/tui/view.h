/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The views: which rows, which columns, sorted by what. One table. */
#ifndef PROXTOP_TUI_VIEW_H
#define PROXTOP_TUI_VIEW_H

#include "model/metric.h"
#include "tui/column.h"

enum view {
    VIEW_ALL,
    VIEW_CPU,
    VIEW_MEM,
    VIEW_DISK,
    VIEW_NET,
    VIEW_IO,
    VIEW_NICS,      /* physical NICs of the host */
    VIEW_DISKS,     /* physical disks */
    VIEW_LVM,       /* logical volumes */
    VIEW_MULTIPATH, /* device-mapper multipath */
    VIEW__COUNT,
};

#define VIEW_COLUMNS_MAX 24

struct view_info {
    const char *name;          /* as the status bar shows it: "ALL" */
    const char *word;          /* as --view and the configuration write it: "all" */
    char key;                  /* that leads to it */
    enum collector collector;  /* whose metrics it shows; COLLECTOR_BASE = of all */
    enum column_family family; /* of its rows */
    enum scope children; /* rows below a VM's; SCOPE__COUNT = by expanding: vCPUs, disks, NICs */
    const char *block_class; /* of block devices: only these; NULL = disks and what is no other
                                view's */
    /* Columns at 80 columns of width, at 120, from 140 on; each ends with COLUMN_REF_END.
     * NULL = as the one before. */
    const struct column_ref *narrow, *medium, *wide;
    struct column_ref sort; /* by this, */
    bool ascending;         /* largest first unless this is set */
    const char *empty;      /* what it says when it has no row, */
    const char *empty_flat; /* and when a list of the children has none, though there are VMs */
};

extern const struct view_info views[VIEW__COUNT];

/* By word ("cpu") or key letter ("c"), whatever the case. */
bool view_by_word(const char *word, enum view *ret);

/* The title of a column in that view: its own, but for HSWAP, which is SWAP where no
 * swapping of the guest stands beside it (ALL). Use it wherever a person sees a title. */
const char *view_title(enum view view, const struct column *column);

/* The columns that the view has at that width without anybody's changes, in order:
 * those of its list for the width, those of its wider lists, then every other that
 * belongs to the view's collector and is not verbose. Fills list[COLUMNS_MAX],
 * returns how many. */
size_t view_default_columns(enum view view, const struct column_table *table, unsigned cols,
                            const struct column **list);

/* Whether the field selector offers the column in this view: those of its collector,
 * and NAME, ID, S and WHY. */
bool view_offers(enum view view, const struct column *column);

#endif
