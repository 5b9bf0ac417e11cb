/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long CPU limits held a VM back: cpu.stat of the cgroups that its vCPU
 * threads run in, up to the one that libvirt or Proxmox VE made for the VM.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/slot.h"

#define THROTTLE_FIND_S 60.0
/* One group per vCPU and those above them. */
#define THROTTLES_MAX (INVENTORY_VCPUS_MAX + 16)

void throttle_close(struct collect *collect, struct vm_slot *slot)
{
    for (size_t i = 0; i < slot->sample.throttle_count; i++) {
        kept_file_close(&slot->throttle_files[i], &collect->budget);
        free(slot->throttle_paths[i]);
    }
    slot->sample.throttle_count = 0;
}

/* True if the group is new. */
static bool throttle_add(struct vm_slot *slot, const char *path)
{
    struct vm_sample *vm = &slot->sample;
    size_t n = vm->throttle_count, capacity = slot->throttle_capacity;
    size_t same_capacity = capacity;

    for (size_t i = 0; i < n; i++) {
        if (strcmp(slot->throttle_paths[i], path) == 0)
            return false;
    }
    if (n >= THROTTLES_MAX)
        return false;
    vm->throttles =
        array_grow(vm->throttles, &slot->throttle_capacity, n + 1, sizeof(*vm->throttles));
    slot->throttle_files =
        array_grow(slot->throttle_files, &capacity, n + 1, sizeof(*slot->throttle_files));
    slot->throttle_paths =
        array_grow(slot->throttle_paths, &same_capacity, n + 1, sizeof(*slot->throttle_paths));
    vm->throttles[n] = (struct throttle_sample){.id = hash_text(path)};
    slot->throttle_files[n] = KEPT_FILE_INIT;
    slot->throttle_paths[n] = xstrdup(path);
    vm->throttle_count = n + 1;
    return true;
}

/* What the groups found so far allow. */
struct throttle_limits {
    double leaves;  /* host CPUs, summed over the groups that tasks run in */
    bool unlimited; /* one of those has no limit */
    double above;   /* least of the groups above them; 0 = none has one */
};

/* Host CPUs that the group allows; 0 = as many as they like. */
static double cgroup_cpu_limit(struct collect *collect, const char *directory)
{
    static const char *const files[][2] = {{"cpu.max", NULL},
                                           {"cpu.cfs_quota_us", "cpu.cfs_period_us"}};
    char path[CGROUP_PATH_MAX + 96];
    double limit = 0;

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct buf *text = &collect->long_text;

        snprintf(path, sizeof(path), "%s/%s", directory, files[i][0]);
        if (file_read_all(collect->config.sys_fd, path, text, FILE_RECORD_SIZE) < 0)
            continue;
        if (files[i][1]) { /* v1: what v2 has in one line stands in two files */
            struct buf period = {0};

            snprintf(path, sizeof(path), "%s/%s", directory, files[i][1]);
            if (file_read_all(collect->config.sys_fd, path, &period, FILE_RECORD_SIZE) == 0) {
                text->len -= text->len && text->data[text->len - 1] == '\n';
                buf_putc(text, ' ');
                buf_add(text, period.data, period.len);
            }
            buf_done(&period);
        }
        return parse_cpu_max(text->data, text->len, &limit) == 0 ? limit : 0;
    }
    return 0;
}

static void throttle_limit(struct collect *collect, const char *path, bool is_leaf,
                           struct throttle_limits *limits)
{
    double limit = cgroup_cpu_limit(collect, path);

    if (is_leaf) {
        limits->leaves += limit;
        limits->unlimited |= !(limit > 0);
    } else if (limit > 0 && (!(limits->above > 0) || limit < limits->above)) {
        limits->above = limit;
    }
}

/* Adds the group of one task and those above it that are the VM's own. */
static void throttle_add_task(struct collect *collect, struct vm_slot *slot, pid_t tid,
                              struct throttle_limits *limits)
{
    char path[CGROUP_PATH_MAX + 64];
    struct cgroup_of_task cgroup;
    bool is_leaf = true;
    size_t own = vm_group_of_task(collect, slot, tid, &cgroup, path, sizeof(path));
    size_t len = own ? strlen(path) : 0;

    while (own && len >= own) {
        if (throttle_add(slot, path))
            throttle_limit(collect, path, is_leaf, limits);
        is_leaf = false;
        while (len > own && path[len - 1] != '/')
            len--;
        if (len <= own)
            break;
        path[--len] = '\0';
    }
}

void throttle_find(struct collect *collect, struct vm_slot *slot)
{
    struct vm_sample *vm = &slot->sample;
    struct throttle_limits limits = {0};

    throttle_close(collect, slot);
    slot->throttles_at = clock_mono(collect->config.clock);
    slot->sample.throttle_listing = ++collect->listings;
    for (size_t i = 0; i < vm->vcpu_count; i++)
        throttle_add_task(collect, slot, vm->threads[i].tid, &limits);
    if (!vm->vcpu_count)
        throttle_add_task(collect, slot, vm->info->pid, &limits);
    vm->cpu_limit = limits.unlimited ? 0 : limits.leaves;
    if (limits.above > 0 && (!(vm->cpu_limit > 0) || limits.above < vm->cpu_limit))
        vm->cpu_limit = limits.above;
}

void throttle_collect(struct collect *collect, struct vm_slot *slot)
{
    /* A VM can be moved into a group, or its groups be made, after its start. */
    if (mono_seconds_between(slot->throttles_at, collect->sample.at) > THROTTLE_FIND_S)
        throttle_find(collect, slot);
    for (size_t i = 0; i < slot->sample.throttle_count; i++) {
        char path[CGROUP_PATH_MAX + 96], text[FILE_RECORD_SIZE];
        struct throttle_sample *throttle = &slot->sample.throttles[i];
        size_t len;

        throttle->time = (struct raw){0};
        if (slot->throttle_files[i].fd < 0)
            snprintf(path, sizeof(path), "%s/cpu.stat", slot->throttle_paths[i]);
        if (kept_file_read(&slot->throttle_files[i], &collect->budget, collect->config.sys_fd, path,
                           text, sizeof(text), &len) == 0 &&
            parse_cpu_stat_throttled(text, len, &throttle->time.value) == 0)
            throttle->time.at = clock_mono(collect->config.clock);
    }
}
