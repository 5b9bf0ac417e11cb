/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures and words that lines of the host's panel are put together from. */
#include <math.h>

#include "tui/panel_words.h"

#define PANEL_NAME_COLUMNS 24

double panel_host(const struct panel *panel, enum host_column column)
{
    return panel_cell(panel->frame, SCOPE_HOST, 0, column);
}

void panel_part(struct panel *panel, unsigned rank, const char *gap)
{
    line_part(&panel->line, rank, gap, STYLE_NORMAL);
}

void panel_text(struct panel *panel, const char *text)
{
    line_put(&panel->line, STYLE_NORMAL, text, LINE_TEXT_MAX);
}

static void panel_put_styled(struct panel *panel, double number, unsigned digits, enum style style)
{
    struct buf *text = &panel->tui->text;

    buf_clear(text);
    if (isfinite(number) && fabs(number) < 1e15)
        buf_put_fixed(text, number, digits);
    else
        buf_putc(text, '-');
    line_put(&panel->line, style, buf_text(text), LINE_TEXT_MAX);
}

void panel_number(struct panel *panel, double number, unsigned digits)
{
    panel_put_styled(panel, number, digits, STYLE_NORMAL);
}

/* A figure in the colour of its metric's thresholds. */
void panel_judged(struct panel *panel, enum scope scope, unsigned column, double number,
                  unsigned digits)
{
    enum severity severity = isnan(number)
                                 ? SEVERITY_NONE
                                 : thresholds_judge(&panel->tui->thresholds, scope, column, number);

    panel_put_styled(panel, number, digits, style_of_severity(severity, STYLE_NORMAL));
}

static void panel_put_sign(struct panel *panel, double percent)
{
    if (!isnan(percent))
        panel_text(panel, "%");
}

void panel_percent(struct panel *panel, double percent)
{
    panel_number(panel, percent, 1);
    panel_put_sign(panel, percent);
}

void panel_judged_percent(struct panel *panel, enum scope scope, unsigned column, double percent)
{
    panel_judged(panel, scope, column, percent, 1);
    panel_put_sign(panel, percent);
}

void panel_kb(struct panel *panel, double kb)
{
    struct buf *text = &panel->tui->text;

    buf_clear(text);
    figure_put_kb(text, kb);
    panel_text(panel, buf_text(text));
}

static void panel_traffic(struct panel *panel, double bytes_per_s)
{
    struct buf *text = &panel->tui->text;

    buf_clear(text);
    figure_put_traffic(text, bytes_per_s, panel->tui->units);
    panel_text(panel, buf_text(text));
}

/* A text of a device, which may be anything. */
void panel_device(struct panel *panel, enum scope scope, size_t row, unsigned column)
{
    const struct frame_table *table = &panel->frame->tables[scope];

    if (frame_has_value(table, row, column))
        line_put(&panel->line, STYLE_NORMAL, frame_value(table, row, column).text,
                 PANEL_NAME_COLUMNS);
    else
        panel_text(panel, "-");
}

/* r/s, w/s, MB/s and await of a block device; ranks from `rank` on. */
void panel_put_io(struct panel *panel, size_t row, unsigned rank)
{
    const struct frame *frame = panel->frame;

    panel_part(panel, rank + 1, GAP);
    panel_number(panel, panel_cell(frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_READS), 0);
    panel_text(panel, " r/s ");
    panel_number(panel, panel_cell(frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_WRITES), 0);
    panel_text(panel, " w/s");
    panel_part(panel, rank + 3, GAP);
    panel_number(panel, panel_cell(frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_MBREAD), 1);
    panel_text(panel, "/");
    panel_number(panel, panel_cell(frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_MBWRITE), 1);
    panel_text(panel, " MB/s");
    panel_part(panel, rank, GAP);
    panel_text(panel, "await ");
    panel_judged(panel, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_AWAIT,
                 panel_cell(frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_AWAIT), 1);
    panel_text(panel, " ms");
}

/* "of 10 Gb/s"; nothing where there is no link, or none that has a speed. */
void panel_put_speed(struct panel *panel, unsigned rank, double mbps)
{
    if (isnan(mbps))
        return;
    panel_part(panel, rank, " ");
    panel_text(panel, "of ");
    if (mbps >= 1000) {
        line_printf(&panel->line, STYLE_NORMAL, "%.3g Gb/s", fmin(mbps, 1e9) / 1000);
    } else {
        panel_number(panel, mbps, 0);
        panel_text(panel, " Mb/s");
    }
}

void panel_put_traffic(struct panel *panel, enum scope scope, size_t row, unsigned rx, unsigned tx)
{
    panel_text(panel, "rx ");
    panel_traffic(panel, panel_cell(panel->frame, scope, row, rx));
    panel_text(panel, " tx ");
    panel_traffic(panel, panel_cell(panel->frame, scope, row, tx));
    panel_text(panel, " ");
    panel_text(panel, figure_traffic_unit(panel->tui->units));
}
