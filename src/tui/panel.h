/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host's panel is made of: its figures, and its lines. */
#ifndef PROXTOP_TUI_PANEL_H
#define PROXTOP_TUI_PANEL_H

#include "tui/internal.h"
#include "tui/line.h"

/* Sums over the newest frame; NAN = not known. */
struct panel_sums {
    double cores; /* host CPUs that are online */
    double used;  /* in use, of those */
    double used_percent;
    double vms, other;  /* what of that VMs use, with overhead, and everything else */
    double vcpus;       /* of the VMs that run */
    double memory_used; /* KB, as those below */
    double memory_percent;
    double memory_claims; /* what the VMs could have */
    bool has_disk;
    size_t disk; /* row of the busiest one */
};

void panel_add_up(const struct frame *frame, struct panel_sums *ret);

/* A cell of the frame; NAN = it has no value. */
double panel_cell(const struct frame *frame, enum scope scope, size_t row, unsigned column);

/* What a line is made with. */
struct panel {
    struct tui *tui;
    const struct frame *frame; /* NULL = there is none yet */
    struct panel_sums sums;
    struct line line;
    unsigned bar; /* columns of a bar */
};

/* Each puts one resource's figures into the line: behind its bar, or in a few words. */
void panel_put_cpu(struct panel *panel);
void panel_put_memory(struct panel *panel);
void panel_put_disk(struct panel *panel);
void panel_put_net(struct panel *panel);
void panel_put_short_title(struct panel *panel);
void panel_put_short_cpu(struct panel *panel);
void panel_put_short_memory(struct panel *panel);
void panel_put_short_disk(struct panel *panel);
void panel_put_short_net(struct panel *panel);
/* The lines of a view's own. */
void panel_put_cpu_states(struct panel *panel);
void panel_put_cpu_clock(struct panel *panel);
void panel_put_memory_kinds(struct panel *panel);
void panel_put_memory_pages(struct panel *panel);
size_t panel_pressure_count(void);
void panel_put_pressure_row(struct panel *panel, size_t number);
void panel_add_pressure_needs(struct selection *needs);
void panel_put_nic(struct panel *panel, size_t row);
void panel_put_disk_row(struct panel *panel, size_t row);

/* How many devices have such a line, and which one is that of the number. */
size_t panel_nic_count(const struct frame *frame);
size_t panel_nic_at(const struct frame *frame, size_t number);
size_t panel_disk_count(const struct frame *frame);
size_t panel_disk_at(const struct frame *frame, size_t number);

#endif
