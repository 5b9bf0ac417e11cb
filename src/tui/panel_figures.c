/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of the host's panel, resource by resource. What is not known shows as "-". */
#include <math.h>

#include "tui/panel.h"

#define PANEL_NAME_COLUMNS 24
#define GAP                "  "

static double panel_host(const struct panel *panel, enum host_column column)
{
    return panel_cell(panel->frame, SCOPE_HOST, 0, column);
}

static void panel_part(struct panel *panel, unsigned rank, const char *gap)
{
    line_part(&panel->line, rank, gap, STYLE_NORMAL);
}

static void panel_text(struct panel *panel, const char *text)
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

static void panel_number(struct panel *panel, double number, unsigned digits)
{
    panel_put_styled(panel, number, digits, STYLE_NORMAL);
}

/* A figure in the colour of its metric's thresholds. */
static void panel_judged(struct panel *panel, enum scope scope, unsigned column, double number,
                         unsigned digits)
{
    enum severity severity = isnan(number)
                                 ? SEVERITY_NONE
                                 : thresholds_judge(&panel->tui->thresholds, scope, column, number);

    panel_put_styled(panel, number, digits, style_of_severity(severity, STYLE_NORMAL));
}

static void panel_kb(struct panel *panel, double kb)
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
static void panel_device(struct panel *panel, enum scope scope, size_t row, unsigned column)
{
    const struct frame_table *table = &panel->frame->tables[scope];

    if (frame_has_value(table, row, column))
        line_put(&panel->line, STYLE_NORMAL, frame_value(table, row, column).text,
                 PANEL_NAME_COLUMNS);
    else
        panel_text(panel, "-");
}

/* The mean of 10 s; of a minute where only that is read. */
static void panel_pressure(struct panel *panel, enum host_column ten, enum host_column sixty)
{
    double number = panel_host(panel, ten);

    if (isnan(number)) {
        ten = sixty;
        number = panel_host(panel, sixty);
    }
    panel_judged(panel, SCOPE_HOST, ten, number, 1);
}

static void panel_put_pressure(struct panel *panel, const char *word, enum host_column some10,
                               enum host_column some60)
{
    panel_text(panel, word);
    panel_pressure(panel, some10, some60);
}

static void panel_put_pressure_cpu(struct panel *panel)
{
    panel_put_pressure(panel, "PSI cpu ", HOST_PSI_SOME_CPU_AVG10, HOST_PSI_SOME_CPU_AVG60);
}

static void panel_put_pressure_memory(struct panel *panel)
{
    panel_put_pressure(panel, "PSI ", HOST_PSI_SOME_MEM_AVG10, HOST_PSI_SOME_MEM_AVG60);
    panel_text(panel, "/");
    panel_pressure(panel, HOST_PSI_FULL_MEM_AVG10, HOST_PSI_FULL_MEM_AVG60);
}

static void panel_put_pressure_io(struct panel *panel)
{
    panel_put_pressure(panel, "PSI ", HOST_PSI_SOME_IO_AVG10, HOST_PSI_SOME_IO_AVG60);
    panel_text(panel, "/");
    panel_pressure(panel, HOST_PSI_FULL_IO_AVG10, HOST_PSI_FULL_IO_AVG60);
}

/* Whoever is a VM itself cannot know what its own host does. */
static void panel_put_steal(struct panel *panel, unsigned rank)
{
    double steal = panel_host(panel, HOST_CPU_STEAL);

    if (!(steal > 0))
        return;
    panel_part(panel, rank, GAP);
    panel_text(panel, "this host is itself a VM (steal ");
    panel_judged(panel, SCOPE_HOST, HOST_CPU_STEAL, steal, 1);
    panel_text(panel, "%)");
}

static void panel_put_ratio(struct panel *panel, bool sums)
{
    const struct panel_sums *s = &panel->sums;

    panel_text(panel, "vCPU ");
    if (sums) {
        panel_number(panel, s->vcpus, 0);
        panel_text(panel, ":");
        panel_number(panel, s->cores, 0);
        panel_text(panel, " = ");
    }
    panel_number(panel, s->cores > 0 ? s->vcpus / s->cores : NAN, 1);
}

void panel_put_cpu(struct panel *panel)
{
    const struct panel_sums *s = &panel->sums;

    panel_part(panel, 0, "");
    panel_number(panel, s->cores, 0);
    panel_text(panel, s->cores == 1 ? " core" : " cores");
    panel_part(panel, 5, " ");
    panel_number(panel, panel_host(panel, HOST_CPU_CURFREQ), 0);
    panel_text(panel, " MHz");
    panel_part(panel, 1, GAP);
    panel_text(panel, "VMs ");
    panel_number(panel, s->vms, 1);
    panel_text(panel, " + other ");
    panel_number(panel, s->other, 1);
    panel_text(panel, " cores");
    panel_part(panel, 4, GAP);
    panel_put_ratio(panel, true);
    panel_part(panel, 3, GAP);
    panel_put_pressure_cpu(panel);
    panel_put_steal(panel, 2);
}

void panel_put_memory(struct panel *panel)
{
    const struct panel_sums *s = &panel->sums;
    double arc = panel_host(panel, HOST_RAM_ZFSARC);

    panel_part(panel, 0, "");
    panel_kb(panel, s->memory_used);
    panel_text(panel, " of ");
    panel_kb(panel, panel_host(panel, HOST_RAM_TOTAL));
    if (!isnan(arc)) {
        panel_part(panel, 4, GAP);
        panel_text(panel, "ARC ");
        panel_kb(panel, arc);
    }
    panel_part(panel, 1, GAP);
    panel_text(panel, "avail ");
    panel_kb(panel, panel_host(panel, HOST_RAM_AVAILABLE));
    panel_part(panel, 2, GAP);
    panel_text(panel, "swap ");
    panel_kb(panel, panel_host(panel, HOST_RAM_SWAPUSED));
    panel_text(panel, " in ");
    panel_kb(panel, panel_host(panel, HOST_RAM_SWAPIN));
    panel_text(panel, " out ");
    panel_kb(panel, panel_host(panel, HOST_RAM_SWAPOUT));
    panel_part(panel, 5, GAP);
    panel_text(panel, "VMs own ");
    panel_kb(panel, s->memory_claims);
    panel_part(panel, 3, GAP);
    panel_put_pressure_memory(panel);
}

/* r/s, w/s, MB/s and await of a block device; ranks from `rank` on. */
static void panel_put_io(struct panel *panel, size_t row, unsigned rank)
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

void panel_put_disk(struct panel *panel)
{
    panel_part(panel, 0, "");
    if (panel->sums.has_disk) {
        panel_device(panel, SCOPE_BLOCKDEV, panel->sums.disk, BLOCKDEV_DEVICE);
        panel_put_io(panel, panel->sums.disk, 1);
    } else {
        panel_text(panel, "-");
    }
    panel_part(panel, 3, GAP);
    panel_put_pressure_io(panel);
}

static void panel_speed(struct panel *panel, double mbps)
{
    if (isnan(mbps)) {
        panel_text(panel, "-");
    } else if (mbps >= 1000) {
        line_printf(&panel->line, STYLE_NORMAL, "%.3g Gb/s", fmin(mbps, 1e9) / 1000);
    } else {
        panel_number(panel, mbps, 0);
        panel_text(panel, " Mb/s");
    }
}

static void panel_put_traffic(struct panel *panel, enum scope scope, size_t row, unsigned rx,
                              unsigned tx)
{
    panel_text(panel, "rx ");
    panel_traffic(panel, panel_cell(panel->frame, scope, row, rx));
    panel_text(panel, " tx ");
    panel_traffic(panel, panel_cell(panel->frame, scope, row, tx));
    panel_text(panel, " ");
    panel_text(panel, figure_traffic_unit(panel->tui->units));
}

void panel_put_net(struct panel *panel)
{
    panel_part(panel, 0, "");
    panel_put_traffic(panel, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES,
                      HOST_NET_HOST_TRANSMITTEDBYTES);
    panel_part(panel, 1, " ");
    panel_text(panel, "of ");
    panel_speed(panel, panel_host(panel, HOST_NET_HOST_SPEED));
}

static void panel_short_heading(struct panel *panel, unsigned rank, const char *word)
{
    panel_part(panel, rank, GAP);
    line_put(&panel->line, STYLE_HEADING, word, LINE_TEXT_MAX);
    panel_text(panel, " ");
}

void panel_put_short_cpu(struct panel *panel, unsigned rank)
{
    const struct panel_sums *s = &panel->sums;

    panel_short_heading(panel, rank, "CPU");
    panel_number(panel, s->used_percent, 1);
    panel_text(panel, "%");
    panel_part(panel, rank + 3, " ");
    panel_text(panel, "of ");
    panel_number(panel, s->cores, 0);
    panel_part(panel, rank + 4, " ");
    panel_put_ratio(panel, false);
    panel_part(panel, rank + 2, " ");
    panel_put_pressure(panel, "PSI ", HOST_PSI_SOME_CPU_AVG10, HOST_PSI_SOME_CPU_AVG60);
}

void panel_put_short_memory(struct panel *panel, unsigned rank)
{
    panel_short_heading(panel, rank, "MEM");
    panel_number(panel, panel->sums.memory_percent, 1);
    panel_text(panel, "%");
    panel_part(panel, rank + 3, " ");
    panel_text(panel, "of ");
    panel_kb(panel, panel_host(panel, HOST_RAM_TOTAL));
    panel_part(panel, rank + 1, " ");
    panel_text(panel, "avail ");
    panel_kb(panel, panel_host(panel, HOST_RAM_AVAILABLE));
    panel_part(panel, rank + 2, " ");
    panel_put_pressure_memory(panel);
}

void panel_put_short_disk(struct panel *panel, unsigned rank)
{
    size_t row = panel->sums.disk;

    panel_short_heading(panel, rank, "DISK");
    panel_judged(panel, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_IOUTIL,
                 panel->sums.has_disk
                     ? panel_cell(panel->frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_IOUTIL)
                     : NAN,
                 1);
    panel_text(panel, "%");
    if (panel->sums.has_disk) {
        panel_part(panel, rank + 1, " ");
        panel_device(panel, SCOPE_BLOCKDEV, row, BLOCKDEV_DEVICE);
        panel_put_io(panel, row, rank + 2);
    }
}

void panel_put_short_net(struct panel *panel, unsigned rank)
{
    panel_short_heading(panel, rank, "NET");
    panel_put_traffic(panel, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES,
                      HOST_NET_HOST_TRANSMITTEDBYTES);
    panel_part(panel, rank + 3, " ");
    panel_text(panel, "of ");
    panel_speed(panel, panel_host(panel, HOST_NET_HOST_SPEED));
}

static void panel_put_share(struct panel *panel, unsigned rank, const char *word, double percent)
{
    panel_part(panel, rank, GAP);
    panel_text(panel, word);
    panel_text(panel, " ");
    panel_number(panel, percent, 1);
    panel_text(panel, "%");
}

void panel_put_cpu_states(struct panel *panel)
{
    static const struct {
        const char *word;
        unsigned rank;
        enum host_column column;
    } states[] = {
        {"user", 1, HOST_CPU_USER},   {"system", 2, HOST_CPU_SYSTEM},
        {"nice", 8, HOST_CPU_NICE},   {"iowait", 3, HOST_CPU_IOWAIT},
        {"irq", 7, HOST_CPU_IRQ},     {"softirq", 6, HOST_CPU_SOFTIRQ},
        {"steal", 4, HOST_CPU_STEAL}, {"guest", 5, HOST_CPU_GUEST},
        {"idle", 0, HOST_CPU_IDLE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(states); i++)
        panel_put_share(panel, states[i].rank, states[i].word, panel_host(panel, states[i].column));
}

void panel_put_cpu_clock(struct panel *panel)
{
    panel_part(panel, 0, "");
    panel_number(panel, panel_host(panel, HOST_CPU_CURFREQ), 0);
    panel_text(panel, " MHz");
    panel_part(panel, 1, GAP);
    panel_text(panel, "from ");
    panel_number(panel, panel_host(panel, HOST_CPU_MINFREQ), 0);
    panel_text(panel, " to ");
    panel_number(panel, panel_host(panel, HOST_CPU_MAXFREQ), 0);
    panel_text(panel, " MHz");
}

static void panel_put_amount(struct panel *panel, unsigned rank, const char *word,
                             enum host_column column)
{
    panel_part(panel, rank, GAP);
    panel_text(panel, word);
    panel_text(panel, " ");
    panel_kb(panel, panel_host(panel, column));
}

void panel_put_memory_kinds(struct panel *panel)
{
    panel_put_amount(panel, 0, "free", HOST_RAM_FREE);
    panel_put_amount(panel, 2, "buffers", HOST_RAM_BUFFERS);
    panel_put_amount(panel, 1, "cached", HOST_RAM_CACHED);
    panel_put_amount(panel, 3, "dirty", HOST_RAM_DIRTY);
    panel_put_amount(panel, 4, "writeback", HOST_RAM_WRITEBACK);
    panel_put_amount(panel, 5, "slab", HOST_RAM_SLAB);
    panel_put_amount(panel, 6, "shared", HOST_RAM_SHMEM);
    panel_put_amount(panel, 7, "committed", HOST_RAM_COMMITTEDAS);
}

void panel_put_memory_pages(struct panel *panel)
{
    panel_part(panel, 0, "");
    panel_text(panel, "huge pages ");
    panel_number(panel, panel_host(panel, HOST_RAM_HUGEPAGESFREE), 0);
    panel_text(panel, " free of ");
    panel_number(panel, panel_host(panel, HOST_RAM_HUGEPAGESTOTAL), 0);
    panel_text(panel, " of ");
    panel_kb(panel, panel_host(panel, HOST_RAM_HUGEPAGESIZE));
    panel_put_amount(panel, 2, "transparent", HOST_RAM_ANONHUGEPAGES);
    panel_put_amount(panel, 1, "swap free", HOST_RAM_SWAPFREE);
    panel_part(panel, 1, " ");
    panel_text(panel, "of ");
    panel_kb(panel, panel_host(panel, HOST_RAM_SWAPTOTAL));
}

static void panel_put_each_way(struct panel *panel, unsigned rank, const char *word, size_t row,
                               enum netdev_column rx, enum netdev_column tx)
{
    panel_part(panel, rank, GAP);
    panel_text(panel, word);
    panel_text(panel, " ");
    panel_number(panel, panel_cell(panel->frame, SCOPE_NETDEV, row, rx), 0);
    panel_text(panel, "/");
    panel_number(panel, panel_cell(panel->frame, SCOPE_NETDEV, row, tx), 0);
}

void panel_put_nic(struct panel *panel, size_t row)
{
    panel_part(panel, 0, "");
    panel_device(panel, SCOPE_NETDEV, row, NETDEV_DEVICE);
    panel_part(panel, 1, GAP);
    panel_put_traffic(panel, SCOPE_NETDEV, row, NETDEV_NET_HOST_RECEIVEDBYTES,
                      NETDEV_NET_HOST_TRANSMITTEDBYTES);
    panel_part(panel, 2, " ");
    panel_text(panel, "of ");
    panel_speed(panel, panel_cell(panel->frame, SCOPE_NETDEV, row, NETDEV_NET_HOST_SPEED));
    panel_put_each_way(panel, 5, "packets", row, NETDEV_NET_HOST_RECEIVEDPACKETS,
                       NETDEV_NET_HOST_TRANSMITTEDPACKETS);
    panel_put_each_way(panel, 3, "errors", row, NETDEV_NET_HOST_RECEIVEDERRS,
                       NETDEV_NET_HOST_TRANSMITTEDERRS);
    panel_put_each_way(panel, 4, "drops", row, NETDEV_NET_HOST_RECEIVEDDROP,
                       NETDEV_NET_HOST_TRANSMITTEDDROP);
}

void panel_put_disk_row(struct panel *panel, size_t row)
{
    panel_part(panel, 0, "");
    panel_device(panel, SCOPE_BLOCKDEV, row, BLOCKDEV_DEVICE);
    panel_part(panel, 1, GAP);
    panel_judged(panel, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_IOUTIL,
                 panel_cell(panel->frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_IOUTIL), 1);
    panel_text(panel, "%");
    panel_put_io(panel, row, 2);
    panel_part(panel, 6, GAP);
    panel_text(panel, "queue ");
    panel_number(panel,
                 panel_cell(panel->frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_QUEUELEN), 1);
}
