/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen without a terminal: frames made by hand, keys typed as text, and what
 * is drawn as text. Time stands still but for made_tui_take() and made_tui_pass().
 */
#ifndef PROXTOP_TESTS_UNIT_MADE_TUI_H
#define PROXTOP_TESTS_UNIT_MADE_TUI_H

#include "model/frame.h"
#include "tui/internal.h"

struct made_tui {
    struct frame_pool *pool;
    struct frame *frame; /* that is being made: made_tui_frame() */
    struct tui_settings settings;
    struct tui_config config;
    struct tui *tui;
    struct canvas canvas; /* in UTF-8 */
    struct buf text;
    struct mono now;
};

/* A screen of 120 x 30 with the usual settings; all collectors are on, the interval is
 * 2 s. Its address must not change. The locale becomes C.UTF-8. */
void made_tui_init(struct made_tui *m);
void made_tui_done(struct made_tui *m);
/* Begins anew with m->settings and m->config as they are now. */
void made_tui_restart(struct made_tui *m);

/* Begins a frame of a host of 16 CPUs and 64 GB, without devices and VMs. */
void made_tui_frame(struct made_tui *m);
/* Add to it: a running VM (with a VMID of 100 + row, and figures), what belongs to the
 * last VM, and devices of the host. Each returns its row. */
size_t made_tui_vm(struct made_tui *m, const char *name);
size_t made_tui_vcpu(struct made_tui *m);
size_t made_tui_disk(struct made_tui *m, const char *name);
size_t made_tui_nic(struct made_tui *m, const char *name);
size_t made_tui_blockdev(struct made_tui *m, const char *device, const char *class);
size_t made_tui_netdev(struct made_tui *m, const char *device);
/* `count` VMs "PREFIX-0001", ..., each with so many vCPUs, disks ("scsi0", ...) and
 * NICs ("net0", ...). */
void made_tui_vms(struct made_tui *m, const char *prefix, size_t count, unsigned vcpus,
                  unsigned disks, unsigned nics);
/* Cells of the frame that is being made. */
void made_tui_set(struct made_tui *m, enum scope scope, size_t row, unsigned column, double number);
void made_tui_set_text(struct made_tui *m, enum scope scope, size_t row, unsigned column,
                       const char *text);
/* An interval passes, and the screen takes the frame. */
void made_tui_take(struct made_tui *m);
/* A frame of these VMs, "db-01=3.5 web-01:crashed", each with 2 vCPUs, a disk and a NIC; taken.
 * What stands behind '=' is CORES, behind ':' its state. */
void made_tui_cycle(struct made_tui *m, const char *names);

void made_tui_pass(struct made_tui *m, double seconds);
/* Types: each character is a key; <Up> <Down> <Left> <Right> <PgUp> <PgDn> <Home> <End>
 * <Bs> <Del> <S-Tab> <Tab> <Enter> <Esc> <C-c> <C-l> <F1> <F2> <F3> <F4> <F6> <F10> and <lt>
 * ('<') are one each. */
void made_tui_type(struct made_tui *m, const char *keys);
void made_tui_size(struct made_tui *m, unsigned rows, unsigned cols);

/* What is on the screen now, drawn anew: its lines, each with a newline; one of them
 * (0 = on top). Valid until the next such call. */
const char *made_tui_text(struct made_tui *m);
const char *made_tui_line(struct made_tui *m, unsigned row);
/* The name in the row of the table that the cursor is on, of a VM, disk, NIC, vCPU
 * ("0") or device; "" = none. */
const char *made_tui_selected(struct made_tui *m);
/* The same of any row of the table, 0 = the first. */
const char *made_tui_name(struct made_tui *m, size_t index);
/* How many rows the table has. */
size_t made_tui_rows(struct made_tui *m);

#endif
