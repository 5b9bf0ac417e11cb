/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's panel: which lines a view has, and what must be read for them. With less than
 * half a dozen lines everything shares one or two.
 */
#include "tui/panel.h"

#include <math.h>
#include <stdio.h>

#define PANEL_BASE_LINES   5 /* HOST METRICS, CPU, MEM, DISK, NET */
#define PANEL_DEVICE_LINES 8 /* of a view that has one per device, at most */
#define PANEL_LABEL        6 /* columns in front of a bar, and of its panel's own lines */
#define PANEL_BAR_MOST     43
#define PANEL_BAR_USUAL    18 /* at least, */
#define PANEL_BAR_LEAST    16 /* and where the line has that much to say */
#define PANEL_TEXT         94 /* columns that a whole line's figures take, about */
#define PANEL_NOTE         26 /* "this host is itself a VM", with the gap before it */

static size_t panel_more_lines(const struct tui *tui)
{
    const struct frame *frame = tui->shots[0].frame;
    size_t devices = 0;

    switch (tui->view) {
    case VIEW_CPU:
    case VIEW_MEM:
        return 2;
    case VIEW_IO:
        return panel_pressure_count();
    case VIEW_NET:
        devices = frame ? panel_nic_count(frame) : 0;
        break;
    case VIEW_DISK:
        devices = frame ? panel_disk_count(frame) : 0;
        break;
    default:
        break;
    }
    return min_size(devices, PANEL_DEVICE_LINES);
}

unsigned panel_lines(const struct tui *tui)
{
    return PANEL_BASE_LINES + (unsigned)panel_more_lines(tui);
}

static void panel_draw_bar(const struct panel *panel, struct canvas *canvas, unsigned row,
                           unsigned col, double percent, enum style style)
{
    unsigned inner = panel->bar - 2, filled = 0;
    char text[16] = " -";

    if (!isnan(percent)) {
        percent = fmin(fmax(percent, 0), 100);
        filled = (unsigned)(percent / 100 * inner + 0.5);
        snprintf(text, sizeof(text), " %.1f%%", percent);
    }
    canvas_put(canvas, row, col, 1, "[", STYLE_NORMAL);
    canvas_fill(canvas, row, col + 1, filled, '|', style);
    canvas_put_right(canvas, row, col + 1, inner, text, STYLE_NORMAL);
    canvas_put(canvas, row, col + 1 + inner, 1, "]", STYLE_NORMAL);
}

/* "CPU  [|||||     62.4%] 16 cores ...": where a line has such a bar. */
static void panel_draw_resource(struct panel *panel, struct canvas *canvas, unsigned row,
                                const char *label, double percent, enum style style,
                                void (*put)(struct panel *panel))
{
    const struct box *box = &panel->tui->layout.panel;
    unsigned at = box->col + PANEL_LABEL, end = box->col + box->cols;

    canvas_put(canvas, row, box->col + 1, PANEL_LABEL - 1, label, STYLE_HEADING);
    if (at + panel->bar > end)
        return;
    panel_draw_bar(panel, canvas, row, at, percent, style);
    at += panel->bar + 1;
    line_begin(&panel->line, canvas);
    put(panel);
    line_draw(&panel->line, canvas, row, at, end > at ? end - at : 0);
}

/* A line without a bar. */
static void panel_draw_line(struct panel *panel, struct canvas *canvas, unsigned row,
                            unsigned indent)
{
    const struct box *box = &panel->tui->layout.panel;

    line_draw(&panel->line, canvas, row, box->col + indent,
              box->cols > indent ? box->cols - indent : 0);
}

static void panel_draw_disk(struct panel *panel, struct canvas *canvas, unsigned row)
{
    double busy = NAN;
    enum severity severity = SEVERITY_NONE;

    if (panel->sums.has_disk)
        busy =
            panel_cell(panel->frame, SCOPE_BLOCKDEV, panel->sums.disk, BLOCKDEV_DISK_DEVICE_IOUTIL);
    if (!isnan(busy))
        severity = thresholds_judge(&panel->tui->thresholds, SCOPE_BLOCKDEV,
                                    BLOCKDEV_DISK_DEVICE_IOUTIL, busy);
    panel_draw_resource(panel, canvas, row, "DISK", busy, style_of_severity(severity, STYLE_BAR),
                        panel_put_disk);
}

static void panel_draw_net(struct panel *panel, struct canvas *canvas, unsigned row)
{
    const struct box *box = &panel->tui->layout.panel;

    canvas_put(canvas, row, box->col + 1, PANEL_LABEL - 1, "NET", STYLE_HEADING);
    line_begin(&panel->line, canvas);
    panel_put_net(panel);
    panel_draw_line(panel, canvas, row, PANEL_LABEL);
}

/* The line of that number of the view's own; returns whether there is one. */
static bool panel_put_own(struct panel *panel, size_t number)
{
    if (number >= panel_more_lines(panel->tui))
        return false;
    switch (panel->tui->view) {
    case VIEW_CPU:
        (number ? panel_put_cpu_clock : panel_put_cpu_states)(panel);
        break;
    case VIEW_MEM:
        (number ? panel_put_memory_pages : panel_put_memory_kinds)(panel);
        break;
    case VIEW_IO:
        panel_put_pressure_row(panel, number);
        break;
    case VIEW_NET:
        panel_put_nic(panel, panel_nic_at(panel->frame, number));
        break;
    default:
        panel_put_disk_row(panel, panel_disk_at(panel->frame, number));
        break;
    }
    return true;
}

/* Draws the view's own lines from `row` on, of which `most` fit; returns how many. */
static unsigned panel_draw_own(struct panel *panel, struct canvas *canvas, unsigned row,
                               unsigned most)
{
    unsigned drawn = 0;

    for (; drawn < most; drawn++) {
        line_begin(&panel->line, canvas);
        if (!panel_put_own(panel, drawn))
            break;
        panel_draw_line(panel, canvas, row + drawn, PANEL_LABEL);
    }
    return drawn;
}

/* That the host is a VM itself takes more room than the other lines have to spare. */
static unsigned panel_bar_width(const struct tui *tui, unsigned cols)
{
    unsigned text = PANEL_TEXT + (tui->host_is_vm ? PANEL_NOTE : 0);
    unsigned least = tui->host_is_vm ? PANEL_BAR_LEAST : PANEL_BAR_USUAL;
    unsigned room = cols > text ? cols - text : 0;

    if (room > PANEL_BAR_MOST)
        return PANEL_BAR_MOST;
    return room > least ? room : least;
}

static void panel_draw_all(struct panel *panel, struct canvas *canvas)
{
    const struct box *box = &panel->tui->layout.panel;
    unsigned row = box->row, more = box->rows - PANEL_BASE_LINES;
    enum view view = panel->tui->view;

    panel->bar = panel_bar_width(panel->tui, box->cols);
    canvas_put(canvas, row++, box->col + 1, box->cols - 1, "HOST METRICS", STYLE_HEADING);
    panel_draw_resource(panel, canvas, row++, "CPU", panel->sums.used_percent, STYLE_BAR,
                        panel_put_cpu);
    if (view == VIEW_CPU)
        row += panel_draw_own(panel, canvas, row, more);
    panel_draw_resource(panel, canvas, row++, "MEM", panel->sums.memory_percent, STYLE_BAR,
                        panel_put_memory);
    if (view == VIEW_MEM)
        row += panel_draw_own(panel, canvas, row, more);
    panel_draw_disk(panel, canvas, row++);
    if (view == VIEW_DISK)
        row += panel_draw_own(panel, canvas, row, more);
    panel_draw_net(panel, canvas, row++);
    if (view == VIEW_NET || view == VIEW_IO)
        panel_draw_own(panel, canvas, row, more);
}

/* CPU and MEM on one line, DISK and NET on the other; or all four on one. */
static void panel_draw_short(struct panel *panel, struct canvas *canvas)
{
    const struct box *box = &panel->tui->layout.panel;

    line_begin(&panel->line, canvas);
    panel_put_short_title(panel);
    panel_put_short_cpu(panel);
    panel_put_short_memory(panel);
    if (box->rows > 1) {
        panel_draw_line(panel, canvas, box->row, 1);
        line_begin(&panel->line, canvas);
    }
    panel_put_short_disk(panel);
    panel_put_short_net(panel);
    panel_draw_line(panel, canvas, box->row + (box->rows > 1 ? 1 : 0), 1);
}

void draw_panel(struct tui *tui, struct canvas *canvas)
{
    struct panel panel = {.tui = tui, .frame = tui->shots[0].frame};

    if (!tui->layout.panel.rows)
        return;
    panel_add_up(panel.frame, &panel.sums);
    if (tui->layout.panel.rows >= PANEL_BASE_LINES)
        panel_draw_all(&panel, canvas);
    else
        panel_draw_short(&panel, canvas);
}

static void panel_add_columns(struct selection *needs, enum scope scope, const unsigned *columns,
                              size_t count)
{
    for (size_t i = 0; i < count; i++)
        selection_add(needs, scope, columns[i]);
}

/* What the lines that every view has are made of. */
static void panel_add_base_needs(struct selection *needs)
{
    static const unsigned host[] = {
        HOST_CPU_CORES,
        HOST_CPU_CURFREQ,
        HOST_CPU_IDLE,
        HOST_CPU_IOWAIT,
        HOST_CPU_STEAL,
        HOST_RAM_TOTAL,
        HOST_RAM_AVAILABLE,
        HOST_RAM_ZFSARC,
        HOST_RAM_SWAPUSED,
        HOST_RAM_SWAPIN,
        HOST_RAM_SWAPOUT,
        HOST_PSI_SOME_CPU_AVG10,
        HOST_PSI_SOME_MEM_AVG10,
        HOST_PSI_FULL_MEM_AVG10,
        HOST_PSI_SOME_IO_AVG10,
        HOST_PSI_FULL_IO_AVG10,
        HOST_NET_HOST_SPEED,
        HOST_NET_HOST_RECEIVEDBYTES,
        HOST_NET_HOST_TRANSMITTEDBYTES,
    };
    static const unsigned vm[] = {VM_NAME,      VM_STATE,   VM_STALE,    VM_CPU_HOST_USED,
                                  VM_CPU_CORES, VM_RAM_MAX, VM_RAM_TOTAL};
    static const unsigned disks[] = {
        BLOCKDEV_DEVICE,
        BLOCKDEV_CLASS,
        BLOCKDEV_DISK_DEVICE_READS,
        BLOCKDEV_DISK_DEVICE_WRITES,
        BLOCKDEV_DISK_DEVICE_MBREAD,
        BLOCKDEV_DISK_DEVICE_MBWRITE,
        BLOCKDEV_DISK_DEVICE_IOUTIL,
        BLOCKDEV_DISK_DEVICE_AWAIT,
    };

    panel_add_columns(needs, SCOPE_HOST, host, ARRAY_SIZE(host));
    panel_add_columns(needs, SCOPE_VM, vm, ARRAY_SIZE(vm));
    panel_add_columns(needs, SCOPE_BLOCKDEV, disks, ARRAY_SIZE(disks));
}

void panel_add_needs(const struct tui *tui, struct selection *needs)
{
    static const unsigned cpu[] = {HOST_CPU_USER,    HOST_CPU_SYSTEM,  HOST_CPU_NICE,
                                   HOST_CPU_IRQ,     HOST_CPU_SOFTIRQ, HOST_CPU_GUEST,
                                   HOST_CPU_MINFREQ, HOST_CPU_MAXFREQ};
    static const unsigned memory[] = {
        HOST_RAM_FREE,           HOST_RAM_BUFFERS,      HOST_RAM_CACHED,
        HOST_RAM_DIRTY,          HOST_RAM_WRITEBACK,    HOST_RAM_SLAB,
        HOST_RAM_SHMEM,          HOST_RAM_COMMITTEDAS,  HOST_RAM_HUGEPAGESFREE,
        HOST_RAM_HUGEPAGESTOTAL, HOST_RAM_HUGEPAGESIZE, HOST_RAM_ANONHUGEPAGES,
        HOST_RAM_SWAPFREE,       HOST_RAM_SWAPTOTAL};
    static const unsigned nics[] = {
        NETDEV_DEVICE,
        NETDEV_NET_HOST_SPEED,
        NETDEV_NET_HOST_RECEIVEDBYTES,
        NETDEV_NET_HOST_TRANSMITTEDBYTES,
        NETDEV_NET_HOST_RECEIVEDPACKETS,
        NETDEV_NET_HOST_TRANSMITTEDPACKETS,
        NETDEV_NET_HOST_RECEIVEDERRS,
        NETDEV_NET_HOST_TRANSMITTEDERRS,
        NETDEV_NET_HOST_RECEIVEDDROP,
        NETDEV_NET_HOST_TRANSMITTEDDROP,
    };

    panel_add_base_needs(needs);
    if (tui->view == VIEW_CPU)
        panel_add_columns(needs, SCOPE_HOST, cpu, ARRAY_SIZE(cpu));
    if (tui->view == VIEW_MEM)
        panel_add_columns(needs, SCOPE_HOST, memory, ARRAY_SIZE(memory));
    if (tui->view == VIEW_IO)
        panel_add_pressure_needs(needs);
    if (tui->view == VIEW_NET)
        panel_add_columns(needs, SCOPE_NETDEV, nics, ARRAY_SIZE(nics));
    if (tui->view == VIEW_DISK)
        selection_add(needs, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_QUEUELEN);
}
