/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen as a whole: what goes in, what is asked for, what is drawn. */
#include "tui/tui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/internal.h"

static void tui_set_view(struct tui *tui, enum view view, const struct view_settings *settings)
{
    static const struct column_ref latency = COLUMN_REF(COLUMN_LATENCY),
                                   traffic = COLUMN_REF(COLUMN_TRAFFIC);
    struct view_state *state = &tui->views[view];

    copy_text(state->fields, sizeof(state->fields), settings->fields);
    state->sort = settings_sort_column(tui->columns, view, settings->sort, &state->ascending);
    /* Children that are always part of the view start unfolded; see refresh_fold(). */
    state->expand_all = views[view].children != SCOPE__COUNT;
    if (view == VIEW_DISK)
        state->other_sort = column_of(tui->columns, FAMILY_VM, latency);
    else if (view == VIEW_NET)
        state->other_sort = column_of(tui->columns, FAMILY_VM, traffic);
}

struct tui *tui_new(const struct tui_config *config)
{
    const struct tui_settings *settings = config->settings;
    struct tui *tui = xcalloc(1, sizeof(*tui));

    tui->columns = column_table_new();
    tui->history = history_new();
    tui->thresholds = settings->thresholds;
    tui->units = settings->units;
    tui->no_mouse = settings->no_mouse;
    tui->interval = config->interval;
    tui->collectors = config->collectors | 1u << COLLECTOR_BASE;
    copy_text(tui->started_with, sizeof(tui->started_with), config->started_with);
    copy_text(tui->filter, sizeof(tui->filter), settings->filter);
    for (unsigned v = 0; v < VIEW__COUNT; v++)
        tui_set_view(tui, (enum view)v, &settings->views[v]);
    tui->offered = VIEW__COUNT;
    tui->rows = 24;
    tui->cols = 80;
    tui->stale = true;
    tui->dirty = true;
    /* The view of the settings is a wish like a key. */
    tui_switch(tui, settings->view, (struct mono){0});
    return tui;
}

void tui_free(struct tui *tui)
{
    if (!tui)
        return;
    tui_shots_free(tui);
    table_rows_done(&tui->table);
    for (unsigned v = 0; v < VIEW__COUNT; v++)
        id_set_done(&tui->views[v].toggled);
    history_free(tui->history);
    column_table_free(tui->columns);
    free(tui->ended_rows);
    buf_done(&tui->text);
    free(tui);
}

/* The clock is told with most that comes in; messages about the rest go by the last time. */
static void tui_set_time(struct tui *tui, struct mono now)
{
    if (now.ns > tui->now.ns)
        tui->now = now;
}

void tui_take_frame(struct tui *tui, struct frame *frame)
{
    tui_set_time(tui, frame->at);
    tui_shots_take(tui, frame, tui->now);
}

void tui_take_key(struct tui *tui, int key, struct mono now)
{
    tui_set_time(tui, now);
    tui_act(tui, keys_find(tui->mode, key), key, now);
}

void tui_take_size(struct tui *tui, unsigned rows, unsigned cols)
{
    tui->rows = rows ? rows : 1;
    tui->cols = cols ? cols : 1;
    tui->stale = true;
    tui->dirty = true;
}

/* Until when what is shown may be read in peace, if one of that level comes; ns 0 = it is
 * not being read. A warning has its whole time before anything harmless. */
static struct mono tui_message_held(const struct tui *tui, enum log_level level)
{
    if (!tui->message[0] || !tui->message_until.ns)
        return (struct mono){0};
    if (tui->message_level <= LOG_WARNING && level > LOG_WARNING)
        return tui->message_until;
    return mono_add_seconds(tui->message_until, TUI_MESSAGE_LEAST - TUI_MESSAGE_SECONDS);
}

/* The log can be chatty: it must not wipe out what a key was just answered, nor a warning
 * that waits to be shown. */
void tui_take_message(struct tui *tui, enum log_level level, const char *text, struct mono now)
{
    tui_set_time(tui, now);
    if (level < tui->message_level || now.ns >= tui_message_held(tui, level).ns) {
        tui_say(tui, level, now, "%s", text);
        tui->next_message[0] = '\0';
    } else if (!tui->next_message[0] || level <= tui->next_level) {
        copy_text(tui->next_message, sizeof(tui->next_message), text);
        tui->next_level = level;
    }
}

static bool tui_message_turns(const struct tui *tui, struct mono now)
{
    return tui->next_message[0] && now.ns >= tui_message_held(tui, tui->next_level).ns;
}

unsigned tui_take_requests(struct tui *tui)
{
    unsigned requests;

    tui_refresh(tui);
    if (tui->needs_stale) {
        tui->needs_stale = false;
        tui_find_needs(tui, &tui->needs_now);
        if (memcmp(tui->needs.wanted, tui->needs_now.wanted, sizeof(tui->needs.wanted)) != 0 ||
            tui->needs.thread_classes != tui->needs_now.thread_classes) {
            tui->needs = tui->needs_now;
            tui->requests |= TUI_SELECT;
        }
    }
    requests = tui->requests;
    tui->requests = 0;
    return requests;
}

double tui_interval(const struct tui *tui)
{
    return tui->interval;
}

const struct selection *tui_needs(struct tui *tui)
{
    tui_refresh(tui);
    tui_find_needs(tui, &tui->needs);
    tui->needs_stale = false;
    tui->requests &= ~(unsigned)TUI_SELECT;
    return &tui->needs;
}

/* Whether fields of the view mean what it shows by itself, at every width that lists differ
 * at. */
static bool tui_fields_are_usual(const struct tui *tui, enum view view, const char *fields)
{
    static const unsigned widths[] = {80, 120, 140};
    const struct column *ours[COLUMNS_MAX], *usual[COLUMNS_MAX];

    for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
        size_t count = settings_columns(tui->columns, view, fields, widths[i], ours);

        if (count != view_default_columns(view, tui->columns, widths[i], usual) ||
            memcmp(ours, usual, count * sizeof(ours[0])) != 0)
            return false;
    }
    return true;
}

void tui_layout(const struct tui *tui, struct tui_settings *ret)
{
    settings_defaults(ret);
    ret->view = tui->view;
    ret->units = tui->units;
    ret->no_mouse = tui->no_mouse;
    ret->thresholds = tui->thresholds;
    for (unsigned v = 0; v < VIEW__COUNT; v++) {
        const struct view_state *state = &tui->views[v];
        const struct column *sort = state->flat ? state->other_sort : state->sort;
        bool ascending = state->flat ? state->other_ascending : state->ascending, usual;

        if (!tui_fields_are_usual(tui, (enum view)v, state->fields))
            copy_text(ret->views[v].fields, sizeof(ret->views[v].fields), state->fields);
        if (sort != settings_sort_column(tui->columns, (enum view)v, "", &usual) ||
            ascending != usual)
            snprintf(ret->views[v].sort, sizeof(ret->views[v].sort), "%s:%s", sort->key,
                     ascending ? "asc" : "desc");
    }
}

bool tui_is_dirty(const struct tui *tui, struct mono now)
{
    return tui->dirty || tui->stale || tui_message_turns(tui, now) ||
           (tui->message[0] && tui->message_until.ns && now.ns >= tui->message_until.ns);
}

struct mono tui_wakes_at(const struct tui *tui)
{
    if (!tui->message[0])
        return (struct mono){0};
    return tui->next_message[0] ? tui_message_held(tui, tui->next_level) : tui->message_until;
}

static void tui_draw_overlay(struct tui *tui, struct canvas *canvas)
{
    switch (tui->mode) {
    case MODE_HELP:
        draw_help(tui, canvas);
        break;
    case MODE_FIELDS:
        draw_fields(tui, canvas);
        break;
    case MODE_SORT:
        draw_sort_menu(tui, canvas);
        break;
    case MODE_DETAILS:
        draw_details(tui, canvas);
        break;
    default:
        break;
    }
}

void tui_draw(struct tui *tui, struct canvas *canvas, struct mono now)
{
    tui_set_time(tui, now);
    if (tui_message_turns(tui, now)) {
        tui_say(tui, tui->next_level, now, "%s", tui->next_message);
        tui->next_message[0] = '\0';
    }
    if (tui->message[0] && !tui->message_until.ns)
        tui->message_until = mono_add_seconds(now, TUI_MESSAGE_SECONDS);
    else if (now.ns >= tui->message_until.ns)
        tui->message[0] = '\0';
    tui_refresh(tui);
    canvas_resize(canvas, tui->rows, tui->cols);
    canvas_clear(canvas);
    draw_status(tui, canvas);
    draw_panel(tui, canvas);
    draw_table(tui, canvas);
    draw_footer(tui, canvas, now);
    tui_draw_overlay(tui, canvas);
    tui->dirty = false;
}

bool tui_cursor(const struct tui *tui, unsigned *ret_row, unsigned *ret_col)
{
    if (tui->mode != MODE_FILTER || !tui->layout.footer.rows)
        return false;
    *ret_row = tui->cursor_row;
    *ret_col = tui->cursor_col;
    return true;
}
