/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bar on top, and the line at the bottom. */
#include <stdio.h>
#include <time.h>

#include "base/utf8.h"
#include "tui/internal.h"
#include "tui/line.h"

#define STATUS_HOST_COLUMNS   32
#define STATUS_FILTER_COLUMNS 24
#define STATUS_NAME_COLUMNS   32

/* What goes first when the bar is narrow: the last. */
enum status_rank {
    STATUS_PAUSED,
    STATUS_VIEW,
    STATUS_FILTER,
    STATUS_VMS,
    STATUS_PROGRAM,
    STATUS_REFRESH,
    STATUS_STALE,
    STATUS_HELP,
    STATUS_HOST,
    STATUS_UNITS,
};

static const struct frame *status_frame(const struct tui *tui)
{
    return tui->shots[0].frame;
}

/* Seconds for which the VM's source has been silent; 0 = it answers, or there is none. */
static double status_stale(const struct frame_table *vms, size_t row)
{
    return frame_has_value(vms, row, VM_STALE) ? frame_value(vms, row, VM_STALE).number : 0;
}

static void status_put_vms(struct line *line, const struct frame *frame)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];
    size_t stale = 0;

    for (size_t row = 0; row < vms->rows; row++)
        stale += status_stale(vms, row) > 0;
    line_part(line, STATUS_VMS, " | ", STYLE_STATUS);
    line_printf(line, STYLE_STATUS, "VMs: %zu", vms->rows);
    if (stale) {
        line_part(line, STATUS_STALE, " ", STYLE_STATUS);
        line_printf(line, STYLE_STATUS, "(%zu stale)", stale);
    }
}

static void status_put_parts(struct line *line, const struct tui *tui)
{
    static const char units[UNITS__COUNT] = {
        [UNITS_HUMAN] = 'H', [UNITS_BYTES] = 'B', [UNITS_RAW] = 'R'};
    const struct frame *frame = status_frame(tui);

    line_part(line, STATUS_PROGRAM, "", STYLE_STATUS);
    line_printf(line, STYLE_STATUS, "proxtop");
    line_part(line, STATUS_HOST, " | ", STYLE_STATUS);
    if (frame)
        line_put(line, STYLE_STATUS, frame->host_name, STATUS_HOST_COLUMNS);
    line_part(line, STATUS_REFRESH, " | ", STYLE_STATUS);
    line_printf(line, STYLE_STATUS, "Refresh: %.1fs", tui->interval);
    line_part(line, STATUS_VIEW, " | ", STYLE_STATUS);
    line_printf(line, STYLE_STATUS, "View: %s", views[tui->view].name);
    if (frame) {
        status_put_vms(line, frame);
    } else {
        line_part(line, STATUS_STALE, " | ", STYLE_STATUS);
        line_printf(line, STYLE_STATUS, "waiting for the first figures");
    }
    line_part(line, STATUS_PAUSED, " | ", STYLE_STATUS);
    if (tui->paused)
        line_printf(line, STYLE_WARN, "PAUSED");
    if (tui->filter[0]) {
        line_part(line, STATUS_FILTER, " | ", STYLE_STATUS);
        line_printf(line, STYLE_STATUS, "filter: ");
        line_put(line, STYLE_STATUS, tui->filter, STATUS_FILTER_COLUMNS);
    }
    line_part(line, STATUS_UNITS, " | ", STYLE_STATUS);
    line_printf(line, STYLE_STATUS, "[%c]", units[tui->units]);
    line_part(line, STATUS_HELP, " | ", STYLE_STATUS);
    line_printf(line, STYLE_STATUS, "Press ? help");
}

/* The time of what is shown, at the right edge; returns the columns left of it. */
static unsigned status_draw_time(const struct tui *tui, struct canvas *canvas)
{
    const struct box *box = &tui->layout.status;
    const struct frame *frame = status_frame(tui);
    char text[16];
    struct tm tm;

    if (!frame || !localtime_r(&frame->wall.tv_sec, &tm))
        return box->cols;
    if (strftime(text, sizeof(text), "%H:%M:%S", &tm) != 8 || box->cols < 8)
        return box->cols;
    canvas_put_right(canvas, box->row, box->col, box->cols, text, STYLE_STATUS);
    return box->cols > 9 ? box->cols - 9 : 0;
}

void draw_status(struct tui *tui, struct canvas *canvas)
{
    const struct box *box = &tui->layout.status;
    struct line line;
    unsigned room;

    if (!box->rows)
        return;
    canvas_fill(canvas, box->row, box->col, box->cols, ' ', STYLE_STATUS);
    room = status_draw_time(tui, canvas);
    if (room < 2)
        return;
    line_begin(&line, canvas);
    status_put_parts(&line, tui);
    line_draw(&line, canvas, box->row, box->col + 1, room - 1);
}

/* Keys that help where one is; in the order in which they stand, the most important of
 * which has the smallest rank. */
struct footer_hint {
    const char *key, *text;
    unsigned rank;
};

static const struct footer_hint footer_hints[MODE__COUNT][6] = {
    [MODE_TABLE] = {{"/", "filter", 2},
                    {"Enter", "details", 1},
                    {"f", "fields", 3},
                    {"a c m d n i", "views", 4},
                    {"q", "quit", 0}},
    [MODE_DETAILS] = {{"Up Down", "scroll", 1},
                      {"z", "pause", 2},
                      {"?", "help", 3},
                      {"Esc", "back", 0}},
    [MODE_HELP] = {{"Up Down", "scroll", 1}, {"Esc", "close", 0}},
    [MODE_FIELDS] = {{"Up Down", "move", 2}, {"Space", "on or off", 1}, {"Esc", "close", 0}},
    [MODE_SORT] = {{"Up Down", "move", 2}, {"Enter", "sort by it", 1}, {"Esc", "close", 0}},
    [MODE_FILTER] = {{"Enter", "keep", 0}, {"Esc", "clear", 1}},
};

static void footer_put_hints(struct line *line, enum mode mode)
{
    for (size_t i = 0; i < ARRAY_SIZE(footer_hints[mode]) && footer_hints[mode][i].key; i++) {
        const struct footer_hint *hint = &footer_hints[mode][i];

        line_part(line, hint->rank, "  ", STYLE_FOOTER);
        line_printf(line, STYLE_KEY, "%s", hint->key);
        line_printf(line, STYLE_FOOTER, " %s", hint->text);
    }
}

/* "1-14 of 14": rows on the screen, of all that there are to scroll through. */
static void footer_put_position(struct line *line, struct tui *tui)
{
    size_t count = tui->table.count, top = tui_view(tui)->top, end;

    if (!status_frame(tui))
        return;
    if (top > count)
        top = count;
    end = min_size(count, top + tui->layout.table.rows);
    line_part(line, 1, "", STYLE_FOOTER);
    if (end > top)
        line_printf(line, STYLE_FOOTER, "%zu-%zu of %zu", top + 1, end, count);
    else
        line_printf(line, STYLE_FOOTER, "0 of %zu", count);
    if (tui->table.all > tui->table.things) {
        line_part(line, 2, " ", STYLE_FOOTER);
        line_printf(line, STYLE_FOOTER, "(%zu hidden by the filter)",
                    tui->table.all - tui->table.things);
    }
}

/* The first VM whose source is silent, and why. */
static void footer_put_stuck(struct line *line, const struct tui *tui)
{
    const struct frame *frame = status_frame(tui);
    const struct frame_table *vms = frame ? &frame->tables[SCOPE_VM] : NULL;
    const struct vm_info *info = NULL;
    enum style style;
    size_t row = 0;
    double seconds;

    while (vms && row < vms->rows && !(status_stale(vms, row) > 0))
        row++;
    if (!vms || row == vms->rows)
        return;
    if (frame->inventory && vms->labels && vms->labels[row].key)
        info = inventory_find(frame->inventory, vms->labels[row].key);
    seconds = status_stale(vms, row);
    style = style_of_severity(thresholds_judge(&tui->thresholds, SCOPE_VM, VM_STALE, seconds),
                              STYLE_FOOTER);
    line_part(line, 0, " | ", STYLE_FOOTER);
    if (frame_has_value(vms, row, VM_NAME))
        line_put(line, style, frame_value(vms, row, VM_NAME).text, STATUS_NAME_COLUMNS);
    line_printf(line, style, ": %s for %.0f s",
                info && info->stale_reason[0] ? info->stale_reason : "no answer", seconds);
}

static bool footer_has_message(const struct tui *tui, struct mono now)
{
    return tui->message[0] && now.ns < tui->message_until.ns;
}

static enum style footer_message_style(enum log_level level)
{
    switch (level) {
    case LOG_ERROR:
        return STYLE_CRIT;
    case LOG_WARNING:
        return STYLE_WARN;
    default:
        return STYLE_MESSAGE;
    }
}

/* The end of what is being typed, with a mark where the next character goes. */
static unsigned footer_draw_input(struct tui *tui, struct canvas *canvas)
{
    static const char label[] = "filter: ";
    const struct box *box = &tui->layout.footer;
    const char *text = tui->filter;
    unsigned at = box->col + 1, room, end = box->col + box->cols;
    uint32_t c;

    at += canvas_put(canvas, box->row, at, end > at ? end - at : 0, label, STYLE_FOOTER);
    room = end > at + 1 ? end - at - 1 : 0;
    while (*text && canvas_text_width(canvas, text) > room) {
        size_t n = utf8_next(text, &c);

        text += n ? n : 1;
    }
    at += canvas_put(canvas, box->row, at, room, text, STYLE_INPUT);
    tui->cursor_row = box->row;
    tui->cursor_col = at < end ? at : end - 1;
    canvas_put(canvas, box->row, at, end > at ? 1 : 0, "_", STYLE_INPUT);
    return at < end ? at + 1 : end;
}

/* Everything left of the hints; returns the column behind it. */
static unsigned footer_draw_left(struct tui *tui, struct canvas *canvas, struct mono now)
{
    const struct box *box = &tui->layout.footer;
    unsigned at = box->col + 1, end = box->col + box->cols;
    struct line line;

    if (tui->mode == MODE_FILTER)
        return footer_draw_input(tui, canvas);
    line_begin(&line, canvas);
    if (tui->mode == MODE_TABLE)
        footer_put_position(&line, tui);
    if (footer_has_message(tui, now)) {
        line_part(&line, 0, " | ", STYLE_FOOTER);
        /* A message that is too long for the whole line is cut. */
        line_put(&line, footer_message_style(tui->message_level), tui->message,
                 end > at ? end - at : 0);
    } else if (tui->mode == MODE_TABLE) {
        footer_put_stuck(&line, tui);
    }
    return at + line_draw(&line, canvas, box->row, at, end > at ? end - at : 0);
}

void draw_footer(struct tui *tui, struct canvas *canvas, struct mono now)
{
    const struct box *box = &tui->layout.footer;
    unsigned at, end = box->col + box->cols, width;
    struct line hints;

    if (!box->rows)
        return;
    canvas_fill(canvas, box->row, box->col, box->cols, ' ', STYLE_FOOTER);
    at = footer_draw_left(tui, canvas, now) + 2;
    if (at >= end)
        return;
    line_begin(&hints, canvas);
    footer_put_hints(&hints, tui->mode);
    width = line_fit(&hints, end - at);
    line_draw(&hints, canvas, box->row, end - width, width);
}
