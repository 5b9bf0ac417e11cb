/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host's panel adds up of a frame. */
#include <math.h>
#include <string.h>

#include "tui/panel.h"

double panel_cell(const struct frame *frame, enum scope scope, size_t row, unsigned column)
{
    const struct frame_table *table;

    if (!frame)
        return NAN;
    table = &frame->tables[scope];
    if (row >= table->rows || !frame_has_value(table, row, column))
        return NAN;
    return frame_value(table, row, column).number;
}

/* Whether its vCPUs compete for host CPUs, now or as soon as an I/O error is dealt with. */
static bool panel_vm_runs(const struct frame *frame, size_t row)
{
    static const enum vm_state idle[] = {VM_STATE_PAUSED,    VM_STATE_CRASHED, VM_STATE_INMIGRATE,
                                         VM_STATE_SUSPENDED, VM_STATE_SAVING,  VM_STATE_SHUTDOWN};
    const struct frame_table *vms = &frame->tables[SCOPE_VM];

    for (size_t i = 0; i < ARRAY_SIZE(idle); i++) {
        if (frame_has_value(vms, row, VM_STATE) &&
            strcmp(frame_value(vms, row, VM_STATE).text, vm_state_word(idle[i])) == 0)
            return false;
    }
    return true;
}

/* What a VM that is shut down has had is nobody's claim. */
static bool panel_vm_claims(const struct frame *frame, size_t row)
{
    const struct frame_table *vms = &frame->tables[SCOPE_VM];

    return !frame_has_value(vms, row, VM_STATE) ||
           strcmp(frame_value(vms, row, VM_STATE).text, vm_state_word(VM_STATE_SHUTDOWN)) != 0;
}

/* A sum is known once one of its members is; that of no member is 0. */
static void panel_add(double *sum, bool *known, double value)
{
    if (isnan(value))
        return;
    *sum += value;
    *known = true;
}

static void panel_add_vms(const struct frame *frame, struct panel_sums *sums)
{
    size_t rows = frame->tables[SCOPE_VM].rows;
    bool used = rows == 0, vcpus = rows == 0, claims = rows == 0;

    sums->vms = sums->vcpus = sums->memory_claims = 0;
    for (size_t row = 0; row < rows; row++) {
        double most = panel_cell(frame, SCOPE_VM, row, VM_RAM_MAX);

        panel_add(&sums->vms, &used, panel_cell(frame, SCOPE_VM, row, VM_CPU_HOST_USED));
        if (panel_vm_runs(frame, row))
            panel_add(&sums->vcpus, &vcpus, panel_cell(frame, SCOPE_VM, row, VM_CPU_CORES));
        if (!panel_vm_claims(frame, row))
            continue;
        panel_add(&sums->memory_claims, &claims,
                  isnan(most) ? panel_cell(frame, SCOPE_VM, row, VM_RAM_TOTAL) : most);
    }
    if (!used)
        sums->vms = NAN;
    if (!vcpus)
        sums->vcpus = NAN;
    if (!claims)
        sums->memory_claims = NAN;
}

static bool panel_is_disk(const struct frame_table *table, size_t row)
{
    return frame_has_value(table, row, BLOCKDEV_CLASS) &&
           strcmp(frame_value(table, row, BLOCKDEV_CLASS).text, "disk") == 0;
}

/* The disk that is busy for the largest share of the time; the first one if nobody knows. */
static void panel_find_disk(const struct frame *frame, struct panel_sums *sums)
{
    const struct frame_table *table = &frame->tables[SCOPE_BLOCKDEV];
    double most = NAN;

    for (size_t row = 0; row < table->rows; row++) {
        double busy = panel_cell(frame, SCOPE_BLOCKDEV, row, BLOCKDEV_DISK_DEVICE_IOUTIL);

        if (!panel_is_disk(table, row))
            continue;
        if (!sums->has_disk || (!isnan(busy) && !(busy <= most))) {
            sums->disk = row;
            most = busy;
        }
        sums->has_disk = true;
    }
}

void panel_add_up(const struct frame *frame, struct panel_sums *ret)
{
    double total = panel_cell(frame, SCOPE_HOST, 0, HOST_RAM_TOTAL), idle;

    *ret = (struct panel_sums){.vms = NAN, .vcpus = NAN, .memory_claims = NAN};
    idle = panel_cell(frame, SCOPE_HOST, 0, HOST_CPU_IDLE) +
           panel_cell(frame, SCOPE_HOST, 0, HOST_CPU_IOWAIT);
    ret->cores = panel_cell(frame, SCOPE_HOST, 0, HOST_CPU_CORES);
    ret->used_percent = isnan(idle) ? NAN : fmin(fmax(100 - idle, 0), 100);
    ret->used = ret->used_percent / 100 * ret->cores;
    ret->memory_used = total - panel_cell(frame, SCOPE_HOST, 0, HOST_RAM_AVAILABLE);
    if (ret->memory_used < 0)
        ret->memory_used = 0;
    ret->memory_percent = total > 0 ? 100 * ret->memory_used / total : NAN;
    if (frame) {
        panel_add_vms(frame, ret);
        panel_find_disk(frame, ret);
    }
    ret->other = ret->used - ret->vms;
    if (ret->other < 0)
        ret->other = 0;
}

size_t panel_disk_count(const struct frame *frame)
{
    const struct frame_table *table = &frame->tables[SCOPE_BLOCKDEV];
    size_t count = 0;

    for (size_t row = 0; row < table->rows; row++)
        count += panel_is_disk(table, row);
    return count;
}

size_t panel_disk_at(const struct frame *frame, size_t number)
{
    const struct frame_table *table = &frame->tables[SCOPE_BLOCKDEV];
    size_t row = 0;

    for (;; row++) {
        if (panel_is_disk(table, row) && number-- == 0)
            return row;
    }
}

size_t panel_nic_count(const struct frame *frame)
{
    return frame->tables[SCOPE_NETDEV].rows;
}

/* Those with link come first: bridges and NICs without a cable have no speed, or none of
 * their own. */
size_t panel_nic_at(const struct frame *frame, size_t number)
{
    size_t rows = frame->tables[SCOPE_NETDEV].rows;

    for (int linked = 1; linked >= 0; linked--) {
        for (size_t row = 0; row < rows; row++) {
            bool has = !isnan(panel_cell(frame, SCOPE_NETDEV, row, NETDEV_NET_HOST_SPEED));

            if (has == (linked == 1) && number-- == 0)
                return row;
        }
    }
    return rows ? rows - 1 : 0;
}
