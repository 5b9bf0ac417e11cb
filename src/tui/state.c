/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys do. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/internal.h"

void tui_say(struct tui *tui, enum log_level level, struct mono now, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(tui->message, sizeof(tui->message), format, arguments);
    va_end(arguments);
    tui->message_level = level;
    tui->message_until = now.ns ? mono_add_seconds(now, TUI_MESSAGE_SECONDS) : (struct mono){0};
    tui->dirty = true;
}

/* From any interval, such as one of the command line, to the next one. */
static void state_set_interval(struct tui *tui, bool longer, struct mono now)
{
    static const double steps[] = {0.5, 1, 2, 3, 5, 10, 30, 60};
    double interval = tui->interval;

    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        double step = steps[longer ? i : ARRAY_SIZE(steps) - 1 - i];

        if (longer ? step > tui->interval : step < tui->interval) {
            interval = step;
            break;
        }
    }
    if (interval == tui->interval) {
        tui_say(tui, LOG_NOTICE, now, "the interval stays at %g s: it is the %s", interval,
                longer ? "longest" : "shortest");
        return;
    }
    tui->interval = interval;
    tui->requests |= TUI_INTERVAL;
    tui_say(tui, LOG_NOTICE, now, "interval: %g s", interval);
}

static void state_next_units(struct tui *tui, struct mono now)
{
    static const char *const notes[UNITS__COUNT] = {
        [UNITS_HUMAN] = "network in Mb/s",
        [UNITS_BYTES] = "network in bytes per s",
        [UNITS_RAW] = "as they are collected",
    };

    tui->units = (enum units)((tui->units + 1) % UNITS__COUNT);
    /* Those of the other units are no measure for these. */
    memset(tui->widths, 0, sizeof(tui->widths));
    tui->stale = true;
    tui_say(tui, LOG_NOTICE, now, "units: %s, %s", units_word(tui->units), notes[tui->units]);
}

static void state_pause(struct tui *tui, struct mono now)
{
    tui->paused = !tui->paused;
    tui->step = false;
    if (!tui->paused)
        tui_shots_resume(tui, now);
}

static void state_sample(struct tui *tui, struct mono now)
{
    tui->requests |= TUI_SAMPLE;
    tui->step = tui->paused;
    tui_say(tui, LOG_NOTICE, now, "sampling now");
}

static void state_reverse(struct tui *tui)
{
    struct view_state *view = tui_view(tui);

    view->ascending = !view->ascending;
    tui->stale = true;
}

/* False = it is none of these. */
static bool state_move(struct tui *tui, enum action action)
{
    switch (action) {
    case DO_UP:
        tui_move(tui, -1);
        return true;
    case DO_DOWN:
        tui_move(tui, 1);
        return true;
    case DO_PAGE_UP:
    case DO_PAGE_DOWN:
        tui_move_page(tui, action == DO_PAGE_UP);
        return true;
    case DO_FIRST:
        tui_move(tui, -LONG_MAX);
        return true;
    case DO_LAST:
        tui_move(tui, LONG_MAX);
        return true;
    case DO_SCROLL_LEFT:
    case DO_SCROLL_RIGHT:
        tui_scroll(tui, action == DO_SCROLL_LEFT);
        return true;
    default:
        return false;
    }
}

static bool state_open(struct tui *tui, enum action action, struct mono now)
{
    switch (action) {
    case DO_CLOSE:
        tui_close(tui);
        return true;
    case DO_HELP:
        tui_open_help(tui);
        return true;
    case DO_FIELDS:
        tui_open_fields(tui);
        return true;
    case DO_SORT_MENU:
        tui_open_sort_menu(tui);
        return true;
    case DO_DETAILS:
        tui_open_details(tui, now);
        return true;
    case DO_FILTER:
        tui->mode = MODE_FILTER;
        return true;
    case DO_TOGGLE:
        tui_toggle_field(tui);
        return true;
    case DO_ACCEPT:
        tui_accept(tui);
        return true;
    case DO_ERASE:
        tui_filter_erase(tui);
        return true;
    default:
        return false;
    }
}

static bool state_arrange(struct tui *tui, enum action action, struct mono now)
{
    switch (action) {
    case DO_UNITS:
        state_next_units(tui, now);
        return true;
    case DO_VIEW_NEXT:
    case DO_VIEW_PREVIOUS:
        tui_switch_next(tui, action == DO_VIEW_PREVIOUS, now);
        return true;
    case DO_SORT_LEFT:
    case DO_SORT_RIGHT:
        tui_sort_beside(tui, action == DO_SORT_LEFT);
        return true;
    case DO_SORT_WHY:
        tui_sort_why(tui, now);
        return true;
    case DO_SORT_REVERSE:
        state_reverse(tui);
        return true;
    case DO_EXPAND:
        tui_expand(tui);
        return true;
    case DO_EXPAND_ALL:
        tui_expand_all(tui);
        return true;
    default:
        return false;
    }
}

/* What concerns the program beyond the screen. */
static void state_ask(struct tui *tui, enum action action, struct mono now)
{
    switch (action) {
    case DO_QUIT:
        tui->requests |= TUI_QUIT;
        break;
    case DO_SLOWER:
    case DO_FASTER:
        state_set_interval(tui, action == DO_SLOWER, now);
        break;
    case DO_SAMPLE:
        state_sample(tui, now);
        break;
    case DO_PAUSE:
        state_pause(tui, now);
        break;
    case DO_REDRAW:
        tui->requests |= TUI_REDRAW;
        break;
    case DO_WRITE:
        tui->requests |= TUI_WRITE;
        break;
    default:
        break;
    }
}

void tui_act(struct tui *tui, enum action action, int key, struct mono now)
{
    bool is_view = action >= DO_VIEW_ALL && action <= DO_VIEW_MULTIPATH;

    /* Actions are about the rows as they are. */
    tui_refresh(tui);
    tui->dirty = true;
    tui->needs_stale = true;
    if (!is_view)
        tui->offered = VIEW__COUNT;
    if (is_view)
        tui_switch(tui, (enum view)(action - DO_VIEW_ALL), now);
    else if (action == DO_NOTHING && tui->mode == MODE_FILTER)
        tui_filter_type(tui, key);
    else if (!state_move(tui, action) && !state_open(tui, action, now) &&
             !state_arrange(tui, action, now))
        state_ask(tui, action, now);
}
