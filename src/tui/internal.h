/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside tui/: the state of the screen, and the parts that act on it and draw it. */
#ifndef PROXTOP_TUI_INTERNAL_H
#define PROXTOP_TUI_INTERNAL_H

#include "tui/history.h"
#include "tui/keys.h"
#include "tui/layout.h"
#include "tui/rows.h"
#include "tui/states.h"
#include "tui/tui.h"

#define TUI_MESSAGE_SECONDS 8.0
/* For which no other message takes its place that is no worse; a warning stays all the time
 * before a notice. */
#define TUI_MESSAGE_LEAST 2.0
#define TUI_ENDED_CYCLES  2 /* how long a VM that left is shown */
#define TUI_SHOTS         (TUI_ENDED_CYCLES + 2)

/* A view as it was left. */
struct view_state {
    char fields[SETTINGS_FIELDS_SIZE];
    const struct column *sort;
    bool ascending;
    bool flat; /* DISK, NET: a list of all disks, NICs */
    /* Of the list that is not shown now, the flat one or the other. */
    const struct column *other_sort;
    bool other_ascending;
    bool expand_all;  /* the rule for all VMs; see table_rows_build() */
    bool fold_chosen; /* a person chose expand_all: else by the number of rows */
    struct id_set toggled;
    uint64_t selected;     /* id of the row; 0 = the first */
    uint64_t selected_vm;  /* id of its VM, which takes over when a row below it goes; 0 = none */
    size_t selected_index; /* where it was: whoever leaves hands over to the row there */
    size_t top;            /* first row that is shown */
    unsigned scroll;       /* columns behind NAME that are scrolled away */
};

/* A column on the screen. */
struct shown_column {
    const struct column *column;
    unsigned col, width; /* width 0 = not on the screen */
};

struct tui {
    struct column_table *columns;
    struct thresholds thresholds;
    struct history *history;
    struct states states;
    enum units units;
    double interval;
    unsigned collectors;
    char started_with[64];
    enum view offered;      /* just told that its collector is off: the same key again switches
                               it on; VIEW__COUNT = none */
    bool told_interval_key; /* "s = disks; interval: + -" */

    enum view view;
    struct view_state views[VIEW__COUNT];
    enum mode mode;
    enum mode below;  /* what is open below help */
    size_t below_top; /* overlay_top of that */
    unsigned rows, cols;
    bool no_mouse; /* of the settings, for tui_layout() */
    bool paused;
    bool step; /* while paused: the next frame is to be shown */

    /* Shots: the newest in front; those behind it are kept for VMs that left. */
    struct shot shots[TUI_SHOTS];
    struct shot waiting; /* while paused: the newest one that came */
    struct ended {
        uint64_t id;
        unsigned shot; /* place in shots */
        uint32_t row;
        unsigned cycles; /* that it has been shown as ended */
    } * ended;
    size_t ended_count, ended_capacity;
    struct id_set fresh;   /* VMs that are shown as new: those of the two newest cycles */
    struct id_set arrived; /* of the newest one alone */
    bool seen_any;         /* the first cycle makes nobody new */
    bool host_is_vm;       /* time was stolen from it once */
    struct vm_ids {
        struct vm_id {
            uint64_t id;
            uint32_t row;
        } * list; /* sorted by id, then row */
        size_t count, capacity;
    } ids_before, ids_now; /* scratch */

    struct table_rows table; /* as of the last tui_refresh() */
    struct ended_row *ended_rows;
    size_t ended_rows_capacity;
    struct shown_column shown[COLUMNS_MAX];
    size_t shown_count;
    unsigned widths[FAMILY__COUNT][COLUMNS_MAX]; /* grown so far: columns do not jitter */
    struct {
        enum view view;
        bool flat;
        enum units units;
        unsigned rows, cols;
    } widths_of; /* what they were grown for: table_place_columns() begins anew for another */
    struct layout layout;

    char filter[SETTINGS_FILTER_SIZE];
    /* Where the footer ends the filter while it is typed: set by draw_footer(). */
    unsigned cursor_row, cursor_col;

    /* Overlays. */
    size_t overlay_top,
        overlay_cursor;   /* of help, fields, sort menu, details: first line, choice */
    size_t overlay_lines; /* of help and details as they were drawn: where scrolling ends */
    size_t overlay_rows;  /* that of them are seen at once, likewise; 0 = not drawn yet */
    uint64_t details_id;  /* the VM */

    char message[512]; /* "" = none */
    enum log_level message_level;
    struct mono message_until; /* ns 0 = begins to count when it is drawn */
    char next_message[512];    /* the newest one that waits for its turn; "" = none */
    enum log_level next_level;
    struct mono now; /* the latest time that anybody told */

    unsigned requests;
    bool stale;             /* rows must be built anew: tui_refresh() */
    bool dirty;             /* must be drawn */
    struct selection needs; /* as asked for last */
    struct selection needs_now;
    bool needs_stale; /* to be looked at again */
    struct buf text;  /* scratch */
};

/* tui/state.c: acting. */
void tui_act(struct tui *tui, enum action action, int key, struct mono now);
void tui_say(struct tui *tui, enum log_level level, struct mono now, const char *format, ...)
    ATTR_PRINTF(4, 5);

/* tui/switch.c: which view, sorted by what. */
static inline struct view_state *tui_view(struct tui *tui)
{
    return &tui->views[tui->view];
}
bool tui_view_is_on(const struct tui *tui, enum view view); /* its collector is */
void tui_switch(struct tui *tui, enum view view, struct mono now);
void tui_switch_next(struct tui *tui, bool back, struct mono now);
/* The column comes into sight, if the view has it; the direction is the one that is usual for it
 * unless it is sorted by that column already. */
void tui_sort_by(struct tui *tui, const struct column *column);
/* By the next column to the right or left, of those that the view has. */
void tui_sort_beside(struct tui *tui, bool left);
void tui_sort_why(struct tui *tui, struct mono now);

/* tui/move.c: the cursor, scrolling, expanding. `by` is bounded by what there is. */
void tui_move(struct tui *tui, long by);
void tui_move_page(struct tui *tui, bool up);
void tui_select(struct tui *tui, size_t index);
void tui_scroll(struct tui *tui, bool left);
void tui_expand(struct tui *tui);
void tui_expand_all(struct tui *tui);

/* tui/open.c: what lies over the table, and the filter. */
void tui_open_help(struct tui *tui);
void tui_open_fields(struct tui *tui);
void tui_open_sort_menu(struct tui *tui);
void tui_open_details(struct tui *tui, struct mono now);
bool tui_details_are_open(const struct tui *tui); /* below help, too */
void tui_close(struct tui *tui);
void tui_close_details(struct tui *tui); /* below help, too */
void tui_toggle_field(struct tui *tui);
void tui_accept(struct tui *tui);
void tui_filter_type(struct tui *tui, int key);
void tui_filter_erase(struct tui *tui);

/* tui/refresh.c: brings the rows, the selected one and what is scrolled into line
 * with shots, view, filter and size, if anything of it changed. */
void tui_refresh(struct tui *tui);
/* The selected row; NULL = the table is empty. */
const struct table_row *tui_selected_row(const struct tui *tui);
size_t tui_selected_index(const struct tui *tui);
/* Selects the row and scrolls it into sight. index < tui->table.count. */
void tui_refresh_selected(struct tui *tui, size_t index);
/* The VM of that id in the newest shot; false = it is not there. */
bool tui_find_vm(const struct tui *tui, uint64_t id, struct row_ref *ret);
/* The id of the VM that a row is of, or belongs to; 0 = of none. */
uint64_t tui_vm_of_row(const struct table_row *row);

/* tui/shots.c: frames come and go. */
void tui_shots_take(struct tui *tui, struct frame *frame, struct mono now);
/* Shows what came while the screen was paused. */
void tui_shots_resume(struct tui *tui, struct mono now);
void tui_shots_free(struct tui *tui);

/* tui/needs.c: what must be collected for the screen as it is. */
void tui_find_needs(const struct tui *tui, struct selection *ret);

/* Parts of the screen, each drawn into its box. */
void draw_status(struct tui *tui, struct canvas *canvas); /* tui/status.c */
/* Also sets cursor_row, cursor_col in MODE_FILTER; tui/status.c */
void draw_footer(struct tui *tui, struct canvas *canvas, struct mono now);
unsigned panel_lines(const struct tui *tui); /* that it would like; tui/panel.c */
void draw_panel(struct tui *tui, struct canvas *canvas);
void panel_add_needs(const struct tui *tui, struct selection *needs);
void table_place_columns(struct tui *tui); /* fills in tui->shown; tui/table.c */
void draw_table(struct tui *tui, struct canvas *canvas);
/* Overlays. */
void draw_help(struct tui *tui, struct canvas *canvas);   /* tui/help.c */
void draw_fields(struct tui *tui, struct canvas *canvas); /* tui/choose.c */
void draw_sort_menu(struct tui *tui, struct canvas *canvas);
size_t fields_list(const struct tui *tui, const struct column **list); /* COLUMNS_MAX; both menus */
void draw_details(struct tui *tui, struct canvas *canvas);             /* tui/details.c */
void details_add_needs(const struct tui *tui, struct selection *needs);

#endif
