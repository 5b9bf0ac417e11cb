/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies over the table: help, menus, details; and the filter that is typed. */
#include <string.h>

#include "base/utf8.h"
#include "tui/internal.h"

static void open_mode(struct tui *tui, enum mode mode)
{
    tui->mode = mode;
    tui->overlay_top = 0;
    tui->overlay_cursor = 0;
    tui->overlay_lines = 0;
    tui->overlay_rows = 0;
}

void tui_open_help(struct tui *tui)
{
    size_t cursor = tui->overlay_cursor;

    if (tui->mode == MODE_HELP)
        return;
    tui->below = tui->mode;
    tui->below_top = tui->overlay_top;
    open_mode(tui, MODE_HELP);
    /* Help has none of its own. */
    tui->overlay_cursor = cursor;
}

void tui_open_fields(struct tui *tui)
{
    open_mode(tui, MODE_FIELDS);
}

void tui_open_sort_menu(struct tui *tui)
{
    const struct column *list[COLUMNS_MAX];
    size_t count;

    open_mode(tui, MODE_SORT);
    count = fields_list(tui, list);
    for (size_t i = 0; i < count; i++) {
        if (list[i] == tui_view(tui)->sort)
            tui->overlay_cursor = i;
    }
}

void tui_open_details(struct tui *tui, struct mono now)
{
    const struct table_row *row = tui_selected_row(tui);
    uint64_t vm = row ? tui_vm_of_row(row) : 0;
    struct row_ref ref;

    if (!row)
        return;
    if (!vm) {
        tui_say(tui, LOG_NOTICE, now, "only VMs have details");
    } else if (!tui_find_vm(tui, vm, &ref)) {
        tui_say(tui, LOG_NOTICE, now, "this VM left");
    } else {
        /* Coming back, the cursor is on it. */
        tui_refresh_selected(tui, tui_selected_index(tui));
        tui->details_id = vm;
        open_mode(tui, MODE_DETAILS);
    }
}

bool tui_details_are_open(const struct tui *tui)
{
    return tui->mode == MODE_DETAILS || (tui->mode == MODE_HELP && tui->below == MODE_DETAILS);
}

void tui_close_details(struct tui *tui)
{
    if (tui->mode == MODE_HELP)
        tui->below = MODE_TABLE;
    else
        open_mode(tui, MODE_TABLE);
    tui->needs_stale = true;
    tui->dirty = true;
}

void tui_close(struct tui *tui)
{
    size_t cursor = tui->overlay_cursor;

    if (tui->mode == MODE_HELP) {
        open_mode(tui, tui->below);
        tui->overlay_top = tui->below_top;
        tui->overlay_cursor = cursor;
        return;
    }
    if (tui->mode == MODE_TABLE || tui->mode == MODE_FILTER) {
        tui->stale |= tui->filter[0] != '\0';
        tui->filter[0] = '\0';
        tui->message[0] = '\0';
    }
    open_mode(tui, MODE_TABLE);
}

/* The column that the cursor of a menu is on; NULL = none. */
static const struct column *open_choice(const struct tui *tui)
{
    const struct column *list[COLUMNS_MAX];
    size_t count = fields_list(tui, list);

    return tui->overlay_cursor < count ? list[tui->overlay_cursor] : NULL;
}

void tui_toggle_field(struct tui *tui)
{
    const struct column *column = open_choice(tui);
    struct view_state *view = tui_view(tui);
    char fields[SETTINGS_FIELDS_SIZE];

    if (tui->mode != MODE_FIELDS || !column)
        return;
    settings_toggle_field(tui->columns, tui->view, view->fields, column, fields);
    copy_text(view->fields, sizeof(view->fields), fields);
    tui->stale = true;
}

void tui_accept(struct tui *tui)
{
    const struct column *column = tui->mode == MODE_SORT ? open_choice(tui) : NULL;

    if (column)
        tui_sort_by(tui, column);
    open_mode(tui, MODE_TABLE);
}

/* A code point in UTF-8; returns how many bytes, 0 for what is no character. */
static size_t open_encode(int key, char out[4])
{
    uint32_t c = (uint32_t)key;

    if (key < 0 || key >= KEY_CODE_BASE || (c >= 0xd800 && c < 0xe000) || utf8_is_control(c))
        return 0;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3f));
        out[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3f));
    out[2] = (char)(0x80 | (c >> 6 & 0x3f));
    out[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

void tui_filter_type(struct tui *tui, int key)
{
    size_t len = strlen(tui->filter);
    char bytes[4];
    size_t n = open_encode(key, bytes);

    if (!n || len + n >= sizeof(tui->filter))
        return;
    memcpy(tui->filter + len, bytes, n);
    tui->filter[len + n] = '\0';
    tui->stale = true;
}

/* One character; what is no UTF-8 goes byte by byte. */
void tui_filter_erase(struct tui *tui)
{
    size_t len = strlen(tui->filter), last = 0;

    for (size_t at = 0; at < len;) {
        uint32_t c;
        size_t n = utf8_next(tui->filter + at, &c);

        last = at;
        at += n ? n : 1;
    }
    if (!len)
        return;
    tui->filter[last] = '\0';
    tui->stale = true;
}
