/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys. */
#include "tui/keys.h"

#include "base/util.h"

#define KEYS_TABLE   (1u << MODE_TABLE)
#define KEYS_DETAILS (1u << MODE_DETAILS)
#define KEYS_HELP    (1u << MODE_HELP)
#define KEYS_FIELDS  (1u << MODE_FIELDS)
#define KEYS_SORT    (1u << MODE_SORT)
#define KEYS_FILTER  (1u << MODE_FILTER)
#define KEYS_MENUS   (KEYS_HELP | KEYS_FIELDS | KEYS_SORT)
#define KEYS_MOVE    (KEYS_TABLE | KEYS_DETAILS | KEYS_MENUS) /* where letters are no text */
#define KEYS_ALL     (KEYS_MOVE | KEYS_FILTER)

/* clang-format off */
const struct key_row key_rows[] = {
    {{'q', KEY_CODE_F10, KEY_CODE_CTRL_C}, KEYS_TABLE, DO_QUIT,
     "q F10 Ctrl-C", "quit; q and Esc close what lies over the table"},
    {{KEY_CODE_F10, KEY_CODE_CTRL_C}, KEYS_ALL & ~KEYS_TABLE, DO_QUIT, "F10 Ctrl-C", NULL},
    {{KEY_CODE_ESCAPE}, KEYS_ALL, DO_CLOSE, "Esc", "back to the table; there it clears the filter"},
    {{'q'}, KEYS_DETAILS | KEYS_MENUS, DO_CLOSE, "q", NULL},
    {{'h', '?', KEY_CODE_F1}, KEYS_TABLE | KEYS_DETAILS, DO_HELP,
     "h ? F1", "help: every key, the meaning of every column"},
    {{'h', '?', KEY_CODE_F1}, KEYS_HELP, DO_CLOSE, "h ? F1", NULL},
    {{'f', KEY_CODE_F2}, KEYS_TABLE, DO_FIELDS,
     "f F2", "choose columns: Space or Enter toggles, f or Esc closes"},
    {{'f', KEY_CODE_F2}, KEYS_FIELDS, DO_CLOSE, "f F2", NULL},
    {{' ', KEY_CODE_ENTER}, KEYS_FIELDS, DO_TOGGLE, "Space Enter", NULL},
    {{'u'}, KEYS_TABLE | KEYS_DETAILS, DO_UNITS, "u", "units: human, network in bytes, raw"},

    {{'a'}, KEYS_TABLE, DO_VIEW_ALL, "a", "ALL: what matters most of every VM"},
    {{'c'}, KEYS_TABLE, DO_VIEW_CPU, "c", "CPU: use, waiting and limits of the VMs"},
    {{'m'}, KEYS_TABLE, DO_VIEW_MEM, "m", "MEM: memory and swapping of the VMs"},
    {{'d', 'v'}, KEYS_TABLE, DO_VIEW_DISK,
     "d v", "DISK: disks of the VMs; again: a list of all disks"},
    {{'n'}, KEYS_TABLE, DO_VIEW_NET, "n", "NET: NICs of the VMs; again: a list of all NICs"},
    {{'i'}, KEYS_TABLE, DO_VIEW_IO, "i", "I/O: what the QEMU processes read and write"},
    {{'p'}, KEYS_TABLE, DO_VIEW_NICS, "p", "physical NICs of the host"},
    {{'s'}, KEYS_TABLE, DO_VIEW_DISKS, "s", "physical disks of the host"},
    {{'l'}, KEYS_TABLE, DO_VIEW_LVM, "l", "LVM volumes of the host"},
    {{'x'}, KEYS_TABLE, DO_VIEW_MULTIPATH, "x", "multipath devices of the host"},
    {{KEY_CODE_TAB}, KEYS_TABLE, DO_VIEW_NEXT, "Tab", "next view"},
    {{KEY_CODE_SHIFT_TAB}, KEYS_TABLE, DO_VIEW_PREVIOUS, "Shift-Tab", "previous view"},

    {{'<'}, KEYS_TABLE, DO_SORT_LEFT, "<", "sort by the column to the left"},
    {{'>'}, KEYS_TABLE, DO_SORT_RIGHT, ">", "sort by the column to the right"},
    {{KEY_CODE_F6, 'o'}, KEYS_TABLE, DO_SORT_MENU, "F6 o", "choose the column to sort by"},
    {{KEY_CODE_F6, 'o'}, KEYS_SORT, DO_CLOSE, "F6 o", NULL},
    {{KEY_CODE_ENTER, ' '}, KEYS_SORT, DO_ACCEPT, "Enter Space", NULL},
    {{'!'}, KEYS_TABLE, DO_SORT_WHY, "!", "sort by WHY: whoever suffers most comes first"},
    {{'r'}, KEYS_TABLE, DO_SORT_REVERSE, "r", "reverse the order"},
    {{'+', '='}, KEYS_TABLE | KEYS_DETAILS, DO_SLOWER, "+ =", "longer interval, up to 60 s"},
    {{'-'}, KEYS_TABLE | KEYS_DETAILS, DO_FASTER, "-", "shorter interval, down to 0.5 s"},
    {{'/', '\\', KEY_CODE_F3, KEY_CODE_F4}, KEYS_TABLE, DO_FILTER,
     "/ \\ F3 F4", "filter as you type: part of a name, ID; a|b: a or b"},
    {{KEY_CODE_ENTER}, KEYS_FILTER, DO_ACCEPT, "Enter", NULL},
    {{KEY_CODE_BACKSPACE, KEY_CODE_DELETE}, KEYS_FILTER, DO_ERASE, "Backspace Delete", NULL},
    {{KEY_CODE_ENTER}, KEYS_TABLE, DO_DETAILS, "Enter", "details of the VM"},
    {{'e'}, KEYS_TABLE, DO_EXPAND, "e", "show or hide the vCPUs, disks, NICs below the VM"},
    {{'E'}, KEYS_TABLE, DO_EXPAND_ALL, "E", "the same for all VMs"},

    {{KEY_CODE_UP, 'k'}, KEYS_MOVE, DO_UP, "Up k", "one row up"},
    {{KEY_CODE_DOWN, 'j'}, KEYS_MOVE, DO_DOWN, "Down j", "one row down"},
    {{KEY_CODE_UP}, KEYS_FILTER, DO_UP, "Up", NULL},
    {{KEY_CODE_DOWN}, KEYS_FILTER, DO_DOWN, "Down", NULL},
    {{KEY_CODE_PAGE_UP}, KEYS_ALL, DO_PAGE_UP, "PgUp", "one page up"},
    {{KEY_CODE_PAGE_DOWN}, KEYS_ALL, DO_PAGE_DOWN, "PgDn", "one page down"},
    {{KEY_CODE_HOME}, KEYS_MOVE, DO_FIRST, "Home", "first row"},
    {{KEY_CODE_END}, KEYS_MOVE, DO_LAST, "End", "last row"},
    {{KEY_CODE_LEFT}, KEYS_TABLE, DO_SCROLL_LEFT, "Left", "columns further left"},
    {{KEY_CODE_RIGHT}, KEYS_TABLE, DO_SCROLL_RIGHT, "Right", "columns further right"},

    {{' '}, KEYS_TABLE | KEYS_DETAILS, DO_SAMPLE, "Space", "take a sample now"},
    {{'z'}, KEYS_TABLE | KEYS_DETAILS, DO_PAUSE,
     "z", "pause what is shown, or go on; keys still work"},
    {{KEY_CODE_CTRL_L}, KEYS_ALL, DO_REDRAW, "Ctrl-L", "draw the screen anew"},
    {{'W'}, KEYS_TABLE, DO_WRITE, "W", "write this layout to your configuration file"},
    /* So that nobody writes a file by a slip: it is no other case of W. */
    {{'w'}, KEYS_TABLE, DO_NOTHING, "w", NULL},
    {{0}, KEYS_TABLE, DO_NOTHING, "mouse", "click a row or a title (sorts by it); the wheel moves"},
};
/* clang-format on */
const size_t key_rows_count = ARRAY_SIZE(key_rows);

static const struct key_row *keys_find_row(enum mode mode, int key)
{
    for (size_t i = 0; i < ARRAY_SIZE(key_rows); i++) {
        const struct key_row *row = &key_rows[i];

        if (!(row->modes & 1u << mode))
            continue;
        for (size_t k = 0; k < ARRAY_SIZE(row->keys) && row->keys[k]; k++) {
            if (row->keys[k] == key)
                return row;
        }
    }
    return NULL;
}

static int keys_other_case(int key)
{
    if ((key >= 'a' && key <= 'z') || (key >= 'A' && key <= 'Z'))
        return key ^ ('a' ^ 'A');
    return key;
}

enum action keys_find(enum mode mode, int key)
{
    const struct key_row *row = keys_find_row(mode, key);

    if (!row)
        row = keys_find_row(mode, keys_other_case(key));
    return row ? row->action : DO_NOTHING;
}
