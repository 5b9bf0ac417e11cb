/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pressure stall information of a VM's own cgroup: cpu.pressure, io.pressure and memory.pressure
 * of cgroup v2 (kernel Documentation/admin-guide/cgroup-v2.rst).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/slot.h"
#include "kernel/pressure.h"

/* A VM can be moved into a group, or its group be made, after its start. */
#define VM_PRESSURE_FIND_S 60.0

static const struct {
    const char *file;
    enum vm_column column;
} vm_pressure_files[COLLECT_PRESSURE_FILES] = {
    {"cpu.pressure", VM_PSI_SOME_CPU_TOTAL},
    {"io.pressure", VM_PSI_SOME_IO_TOTAL},
    {"memory.pressure", VM_PSI_SOME_MEM_TOTAL},
};

_Static_assert(VM_PSI_SOME_IO_TOTAL == VM_PSI_SOME_CPU_TOTAL + 1 &&
                   VM_PSI_SOME_MEM_TOTAL == VM_PSI_SOME_CPU_TOTAL + 2,
               "collect_select() goes by this order");

void vm_pressure_close(struct collect *collect, struct vm_slot *slot)
{
    for (size_t i = 0; i < COLLECT_PRESSURE_FILES; i++)
        kept_file_close(&slot->pressure_files[i], &collect->budget);
    free(slot->pressure_path);
    slot->pressure_path = NULL;
    slot->pressure_at = (struct mono){0};
}

/* The files of a group that stays the same stay open. */
static void vm_pressure_find(struct collect *collect, struct vm_slot *slot)
{
    char path[CGROUP_PATH_MAX + 64];
    struct cgroup_of_task cgroup;
    size_t own =
        vm_group_of_task(collect, slot, slot->sample.info->pid, &cgroup, path, sizeof(path));

    path[own] = '\0';
    if (!own || !cgroup.unified || !text_equal(slot->pressure_path, path))
        vm_pressure_close(collect, slot);
    if (own && cgroup.unified && !slot->pressure_path)
        slot->pressure_path = xstrdup(path);
    memset(slot->pressure_missing, 0, sizeof(slot->pressure_missing));
    slot->pressure_at = clock_mono(collect->config.clock);
}

void vm_pressure_collect(struct collect *collect, struct vm_slot *slot)
{
    if (!slot->pressure_at.ns ||
        mono_seconds_between(slot->pressure_at, collect->sample.at) > VM_PRESSURE_FIND_S)
        vm_pressure_find(collect, slot);
    for (size_t i = 0; i < COLLECT_PRESSURE_FILES && slot->pressure_path; i++) {
        char path[CGROUP_PATH_MAX + 96], text[FILE_RECORD_SIZE];
        enum vm_column column = vm_pressure_files[i].column;
        struct pressure pressure;
        size_t len;
        int r;

        if (!(collect->needs.vm_pressure & 1u << i) || slot->pressure_missing[i])
            continue;
        if (slot->pressure_files[i].fd < 0)
            snprintf(path, sizeof(path), "%s/%s", slot->pressure_path, vm_pressure_files[i].file);
        r = kept_file_read(&slot->pressure_files[i], &collect->budget, collect->config.sys_fd, path,
                           text, sizeof(text), &len);
        /* Compiled out, or off, for all groups (psi=0) or for this one (cgroup.pressure). */
        slot->pressure_missing[i] = r == -ENOENT || r == -EOPNOTSUPP;
        if (r == 0 && parse_pressure(text, len, &pressure) == 0 && pressure.some.valid)
            slot->sample.columns[column] =
                raw_of(pressure.some.total_us, clock_mono(collect->config.clock));
    }
}
