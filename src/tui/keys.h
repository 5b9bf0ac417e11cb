/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys: one table, which input goes by and help is made from. */
#ifndef PROXTOP_TUI_KEYS_H
#define PROXTOP_TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* A key is the character that it types, or one of these. */
enum key {
    KEY_CODE_BASE = 0x110000,
    KEY_CODE_UP,
    KEY_CODE_DOWN,
    KEY_CODE_LEFT,
    KEY_CODE_RIGHT,
    KEY_CODE_PAGE_UP,
    KEY_CODE_PAGE_DOWN,
    KEY_CODE_HOME,
    KEY_CODE_END,
    KEY_CODE_BACKSPACE,
    KEY_CODE_DELETE,
    KEY_CODE_SHIFT_TAB,
    KEY_CODE_F1,
    KEY_CODE_F2,
    KEY_CODE_F3,
    KEY_CODE_F4,
    KEY_CODE_F6,
    KEY_CODE_F10,
    KEY_CODE_ENTER = '\n',
    KEY_CODE_TAB = '\t',
    KEY_CODE_ESCAPE = 0x1b,
    KEY_CODE_CTRL_C = 0x03,
    KEY_CODE_CTRL_L = 0x0c,
};

/* What the keys mean depends on what is open. */
enum mode {
    MODE_TABLE,
    MODE_DETAILS, /* one VM */
    MODE_HELP,
    MODE_FIELDS,
    MODE_SORT,
    MODE_FILTER, /* typing; every character that is no action goes into the text */
    MODE__COUNT,
};

enum action {
    DO_NOTHING,
    DO_QUIT,
    DO_CLOSE, /* what lies over the table; Esc in the table clears the filter */
    DO_HELP,
    DO_FIELDS,
    DO_UNITS,
    DO_VIEW_ALL, /* in the order of enum view */
    DO_VIEW_CPU,
    DO_VIEW_MEM,
    DO_VIEW_DISK,
    DO_VIEW_NET,
    DO_VIEW_IO,
    DO_VIEW_NICS,
    DO_VIEW_DISKS,
    DO_VIEW_LVM,
    DO_VIEW_MULTIPATH,
    DO_VIEW_NEXT,
    DO_VIEW_PREVIOUS,
    DO_SORT_LEFT, /* by the column left of the present one */
    DO_SORT_RIGHT,
    DO_SORT_MENU,
    DO_SORT_WHY,
    DO_SORT_REVERSE,
    DO_SLOWER,
    DO_FASTER,
    DO_FILTER,
    DO_DETAILS,
    DO_EXPAND,
    DO_EXPAND_ALL,
    DO_UP,
    DO_DOWN,
    DO_PAGE_UP,
    DO_PAGE_DOWN,
    DO_FIRST,
    DO_LAST,
    DO_SCROLL_LEFT,
    DO_SCROLL_RIGHT,
    DO_SAMPLE,
    DO_PAUSE,
    DO_REDRAW,
    DO_WRITE,  /* the layout */
    DO_TOGGLE, /* in the field selector */
    DO_ACCEPT, /* in the sort menu, of the filter */
    DO_ERASE,  /* a character of the filter */
};

struct key_row {
    int keys[4];    /* 0 = no more */
    unsigned modes; /* set of 1 << enum mode */
    enum action action;
    const char *names; /* as help shows them: "q F10 Ctrl-C" */
    const char *help;  /* what they do; NULL = told elsewhere */
};

extern const struct key_row key_rows[];
extern const size_t key_rows_count;

/* What the key does there; both cases of a letter do the same unless the table has
 * them apart. DO_NOTHING for a key that does nothing. */
enum action keys_find(enum mode mode, int key);

#endif
