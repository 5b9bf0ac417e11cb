/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of the host's panel that every view has, resource by resource: behind a bar,
 * or in a few words. */
#include <math.h>

#include "tui/panel_words.h"

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

/* Whoever is a VM itself cannot know what its own host does. It stays one while nothing is
 * stolen. */
static void panel_put_steal(struct panel *panel, unsigned rank, unsigned figure_rank)
{
    if (!panel->tui->host_is_vm)
        return;
    panel_part(panel, rank, GAP);
    panel_text(panel, "this host is itself a VM");
    panel_part(panel, figure_rank, " ");
    panel_text(panel, "(steal ");
    panel_judged_percent(panel, SCOPE_HOST, HOST_CPU_STEAL, panel_host(panel, HOST_CPU_STEAL));
    panel_text(panel, ")");
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
    panel_put_steal(panel, 2, 6);
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

void panel_put_net(struct panel *panel)
{
    panel_part(panel, 0, "");
    panel_put_traffic(panel, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES,
                      HOST_NET_HOST_TRANSMITTEDBYTES);
    panel_put_speed(panel, 1, panel_host(panel, HOST_NET_HOST_SPEED));
}

/* In few words, what each resource has comes before what more there is to say. */
enum { SHORT_CPU, SHORT_MEMORY, SHORT_DISK, SHORT_NET, SHORT_HEADING, SHORT_MORE };

static void panel_short_heading(struct panel *panel, unsigned rank, const char *word)
{
    panel_part(panel, rank, GAP);
    line_put(&panel->line, STYLE_HEADING, word, LINE_TEXT_MAX);
    panel_text(panel, " ");
}

void panel_put_short_title(struct panel *panel)
{
    panel_part(panel, SHORT_HEADING, "");
    line_put(&panel->line, STYLE_HEADING, "HOST METRICS", LINE_TEXT_MAX);
}

void panel_put_short_cpu(struct panel *panel)
{
    const struct panel_sums *s = &panel->sums;

    panel_short_heading(panel, SHORT_CPU, "CPU");
    panel_percent(panel, s->used_percent);
    panel_part(panel, SHORT_MORE + 2, " ");
    panel_text(panel, "of ");
    panel_number(panel, s->cores, 0);
    panel_part(panel, SHORT_MORE + 3, " ");
    panel_put_ratio(panel, false);
    panel_part(panel, SHORT_MORE + 1, " ");
    panel_put_pressure(panel, "PSI ", HOST_PSI_SOME_CPU_AVG10, HOST_PSI_SOME_CPU_AVG60);
    if (panel_host(panel, HOST_CPU_STEAL) > 0) {
        panel_part(panel, SHORT_MORE, " ");
        panel_text(panel, "steal ");
        panel_judged_percent(panel, SCOPE_HOST, HOST_CPU_STEAL, panel_host(panel, HOST_CPU_STEAL));
    }
}

void panel_put_short_memory(struct panel *panel)
{
    panel_short_heading(panel, SHORT_MEMORY, "MEM");
    panel_percent(panel, panel->sums.memory_percent);
    panel_part(panel, SHORT_MORE + 2, " ");
    panel_text(panel, "of ");
    panel_kb(panel, panel_host(panel, HOST_RAM_TOTAL));
    panel_part(panel, SHORT_MORE + 0, " ");
    panel_text(panel, "avail ");
    panel_kb(panel, panel_host(panel, HOST_RAM_AVAILABLE));
    panel_part(panel, SHORT_MORE + 1, " ");
    panel_put_pressure_memory(panel);
}

void panel_put_short_disk(struct panel *panel)
{
    size_t row = panel->sums.disk;
    double busy = panel->sums.has_disk
                      ? panel_cell(panel->frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_IOUTIL)
                      : NAN;

    panel_short_heading(panel, SHORT_DISK, "DISK");
    panel_judged_percent(panel, SCOPE_BLOCKDEV, BLOCKDEV_DISK_DEVICE_IOUTIL, busy);
    if (panel->sums.has_disk) {
        panel_part(panel, SHORT_MORE, " ");
        panel_device(panel, SCOPE_BLOCKDEV, row, BLOCKDEV_DEVICE);
        panel_put_io(panel, row, SHORT_MORE + 1);
    }
}

void panel_put_short_net(struct panel *panel)
{
    panel_short_heading(panel, SHORT_NET, "NET");
    panel_put_traffic(panel, SCOPE_HOST, 0, HOST_NET_HOST_RECEIVEDBYTES,
                      HOST_NET_HOST_TRANSMITTEDBYTES);
    panel_put_speed(panel, SHORT_MORE + 2, panel_host(panel, HOST_NET_HOST_SPEED));
}
