/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines that a view adds to the host's panel. */
#include <math.h>

#include "tui/panel_words.h"

static void panel_put_share(struct panel *panel, unsigned rank, const char *word, double percent)
{
    panel_part(panel, rank, GAP);
    panel_text(panel, word);
    panel_text(panel, " ");
    panel_percent(panel, percent);
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
    double least = panel_host(panel, HOST_CPU_MINFREQ);
    double most = panel_host(panel, HOST_CPU_MAXFREQ);

    panel_part(panel, 0, "");
    panel_number(panel, panel_host(panel, HOST_CPU_CURFREQ), 0);
    panel_text(panel, " MHz");
    /* A host that is a VM itself has a clock, but nobody tells within which bounds. */
    if (isnan(least) || isnan(most))
        return;
    panel_part(panel, 1, GAP);
    panel_text(panel, "from ");
    panel_number(panel, least, 0);
    panel_text(panel, " to ");
    panel_number(panel, most, 0);
    panel_text(panel, " MHz");
}

/* The means of 10, 60 and 300 s, which stand in the frame as their names say. */
struct panel_pressure_row {
    const char *word;
    enum host_column some[3], full[3];
    bool has_full; /* some task always runs while others wait for a CPU */
};

static const struct panel_pressure_row panel_pressure_rows[] = {
    {"PSI cpu",
     {HOST_PSI_SOME_CPU_AVG10, HOST_PSI_SOME_CPU_AVG60, HOST_PSI_SOME_CPU_AVG300},
     {0},
     false},
    {"PSI mem",
     {HOST_PSI_SOME_MEM_AVG10, HOST_PSI_SOME_MEM_AVG60, HOST_PSI_SOME_MEM_AVG300},
     {HOST_PSI_FULL_MEM_AVG10, HOST_PSI_FULL_MEM_AVG60, HOST_PSI_FULL_MEM_AVG300},
     true},
    {"PSI io",
     {HOST_PSI_SOME_IO_AVG10, HOST_PSI_SOME_IO_AVG60, HOST_PSI_SOME_IO_AVG300},
     {HOST_PSI_FULL_IO_AVG10, HOST_PSI_FULL_IO_AVG60, HOST_PSI_FULL_IO_AVG300},
     true},
};

size_t panel_pressure_count(void)
{
    return ARRAY_SIZE(panel_pressure_rows);
}

static void panel_put_means(struct panel *panel, unsigned rank, const char *word,
                            const enum host_column columns[3])
{
    panel_part(panel, rank, GAP);
    panel_text(panel, word);
    for (size_t i = 0; i < 3; i++) {
        panel_text(panel, i ? "/" : " ");
        panel_judged(panel, SCOPE_HOST, columns[i], panel_host(panel, columns[i]), 1);
    }
}

void panel_put_pressure_row(struct panel *panel, size_t number)
{
    const struct panel_pressure_row *row = &panel_pressure_rows[number];

    panel_part(panel, 0, "");
    line_printf(&panel->line, STYLE_NORMAL, "%-7s", row->word);
    panel_put_means(panel, 1, "some", row->some);
    if (row->has_full)
        panel_put_means(panel, 2, "full", row->full);
    panel_part(panel, 3, GAP);
    panel_text(panel, "% of the last 10/60/300 s");
}

void panel_add_pressure_needs(struct selection *needs)
{
    for (size_t i = 0; i < ARRAY_SIZE(panel_pressure_rows); i++) {
        for (size_t k = 0; k < 3; k++) {
            selection_add(needs, SCOPE_HOST, panel_pressure_rows[i].some[k]);
            if (panel_pressure_rows[i].has_full)
                selection_add(needs, SCOPE_HOST, panel_pressure_rows[i].full[k]);
        }
    }
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
    panel_put_speed(panel, 2, panel_cell(panel->frame, SCOPE_NETDEV, row, NETDEV_NET_HOST_SPEED));
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
    panel_judged_percent(
        panel, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_IOUTIL,
        panel_cell(panel->frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_IOUTIL));
    panel_put_io(panel, row, 2);
    panel_part(panel, 6, GAP);
    panel_text(panel, "queue ");
    panel_number(panel,
                 panel_cell(panel->frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_QUEUELEN), 1);
}
