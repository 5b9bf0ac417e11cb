/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads of a VM: which are vCPUs (by name, or by what the connector
 * knows), which are overhead; and the times of each.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "collect/slot.h"
#include "kernel/pid_stat.h"
#include "kernel/qemu_argv.h"

/* Threads of one process that are believed. */
#define THREADS_MAX 8192

void threads_close(struct collect *collect, struct vm_slot *slot)
{
    for (size_t i = 0; i < slot->sample.thread_count; i++)
        kept_file_close(&slot->thread_files[i], &collect->budget);
    slot->sample.thread_count = 0;
    slot->sample.read_count = 0;
    slot->sample.vcpu_count = 0;
    slot->sample.vcpus_known = false;
}

static bool thread_is_helper(const struct vm_info *info, pid_t tid)
{
    for (size_t i = 0; i < info->helper_count; i++) {
        if (info->helpers[i] == tid)
            return true;
    }
    return false;
}

static void thread_path(const struct vm_info *info, pid_t tid, const char *file, char *path,
                        size_t size)
{
    if (thread_is_helper(info, tid))
        snprintf(path, size, "%d/%s", (int)tid, file);
    else
        snprintf(path, size, "%d/task/%d/%s", (int)info->pid, (int)tid, file);
}

/* What names tell of a thread. */
struct thread_role {
    int vcpu; /* -1 = none */
    enum thread_class class;
};

static enum thread_class thread_class_by_name(const char *comm, size_t len, bool is_main)
{
    static const struct {
        const char *prefix;
        enum thread_class class;
    } names[] = {{"vhost-", THREAD_VHOST}, {"IO ", THREAD_IOTHREAD}};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t n = strlen(names[i].prefix);

        if (len >= n && memcmp(comm, names[i].prefix, n) == 0)
            return names[i].class;
    }
    return is_main ? THREAD_MAIN : THREAD_WORKER;
}

static struct thread_role thread_role_by_name(struct collect *collect, const struct vm_info *info,
                                              pid_t tid)
{
    struct thread_role role = {-1, THREAD_WORKER};
    char path[64], comm[64];
    size_t len = 0;
    unsigned id;
    int fd;

    thread_path(info, tid, "comm", path, sizeof(path));
    fd = file_open_at(collect->config.proc_fd, path);
    if (fd >= 0) {
        if (file_read_record(fd, comm, sizeof(comm), &len) < 0)
            len = 0;
        close(fd);
    }
    role.class = thread_class_by_name(comm, len, tid == info->pid);
    if (parse_vcpu_thread_name(comm, len, &id)) {
        role.class = THREAD_VCPU;
        role.vcpu = (int)id;
    }
    return role;
}

/* Where the connector knows the vCPUs, names that say otherwise do not count. */
static struct thread_role thread_role_of(struct collect *collect, const struct vm_info *info,
                                         pid_t tid)
{
    struct thread_role role;

    for (size_t i = 0; info->vcpus && i < info->vcpu_count; i++) {
        if (info->vcpus[i].tid == tid)
            return (struct thread_role){(int)info->vcpus[i].id, THREAD_VCPU};
    }
    role = thread_role_by_name(collect, info, tid);
    if (info->vcpus && role.vcpu >= 0)
        role = (struct thread_role){-1, THREAD_WORKER};
    return role;
}

/* The place of the thread in the list as it was, or -1. */
static ssize_t thread_known(const struct vm_sample *vm, size_t count, pid_t tid)
{
    for (size_t i = 0; i < count; i++) {
        if (vm->threads[i].tid == tid)
            return (ssize_t)i;
    }
    return -1;
}

/* Both arrays stand side by side and grow together. */
static void thread_append(struct vm_slot *slot, pid_t tid, struct thread_role role)
{
    struct vm_sample *vm = &slot->sample;
    size_t capacity = slot->thread_capacity;

    vm->threads =
        array_grow(vm->threads, &slot->thread_capacity, vm->thread_count + 1, sizeof(*vm->threads));
    slot->thread_files = array_grow(slot->thread_files, &capacity, vm->thread_count + 1,
                                    sizeof(*slot->thread_files));
    vm->threads[vm->thread_count] =
        (struct thread_sample){.tid = tid, .vcpu = role.vcpu, .class = role.class};
    slot->thread_files[vm->thread_count] = KEPT_FILE_INIT;
    vm->thread_count++;
}

/* Takes the TID into the list, if it is needed. Threads that were known keep
 * their open file and their name, unless that may have been read too early. */
static void thread_take(struct collect *collect, struct vm_slot *slot, size_t known_count,
                        pid_t tid, bool names_fresh)
{
    struct vm_sample *vm = &slot->sample;
    ssize_t known = thread_known(vm, known_count, tid);
    struct thread_role role;

    if (known >= 0 && (vm->threads[known].vcpu >= 0 || !names_fresh))
        role = (struct thread_role){vm->threads[known].vcpu, vm->threads[known].class};
    else
        role = thread_role_of(collect, vm->info, tid);
    slot->names_fresh |= known < 0;
    if (known < 0 && vm->thread_count >= THREADS_MAX)
        return;
    if (known < 0) {
        thread_append(slot, tid, role);
    } else {
        vm->threads[known].vcpu = role.vcpu;
        vm->threads[known].class = role.class;
    }
    /* A fresh reading marks the thread as seen by this listing. */
    vm->threads[known >= 0 ? (size_t)known : vm->thread_count - 1].run.at.ns = -1;
}

static int thread_compare(const void *a, const void *b)
{
    const struct thread_sample *x = a, *y = b;
    bool x_vcpu = x->vcpu >= 0, y_vcpu = y->vcpu >= 0;

    if (x_vcpu != y_vcpu)
        return x_vcpu ? -1 : 1;
    if (x_vcpu && x->vcpu != y->vcpu)
        return x->vcpu < y->vcpu ? -1 : 1;
    return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* Drops what the listing did not see and sorts; files move with their threads. */
static void threads_settle(struct collect *collect, struct vm_slot *slot)
{
    struct vm_sample *vm = &slot->sample;
    size_t kept = 0;

    for (size_t i = 0; i < vm->thread_count; i++) {
        if (vm->threads[i].run.at.ns != -1) {
            kept_file_close(&slot->thread_files[i], &collect->budget);
            continue;
        }
        vm->threads[kept] = vm->threads[i];
        /* The descriptor rides in the sample's value while the order changes. */
        vm->threads[kept].run =
            raw_of((uint64_t)(int64_t)slot->thread_files[i].fd, (struct mono){0});
        kept++;
    }
    vm->thread_count = kept;
    if (kept)
        qsort(vm->threads, kept, sizeof(*vm->threads), thread_compare);
    vm->vcpu_count = 0;
    for (size_t i = 0; i < kept; i++) {
        slot->thread_files[i].fd = (int)(int64_t)vm->threads[i].run.value;
        vm->threads[i].run = vm->threads[i].wait = (struct raw){0};
        vm->vcpu_count += vm->threads[i].vcpu >= 0;
    }
    vm->vcpus_known = vm->vcpu_count > 0;
    vm->listing = ++collect->listings;
}

static void threads_list(struct collect *collect, struct vm_slot *slot)
{
    const struct vm_info *info = slot->sample.info;
    size_t known_count = slot->sample.thread_count;
    bool names_fresh = slot->names_fresh;
    struct dirent *item;
    char path[32];
    DIR *dir;
    int fd;

    snprintf(path, sizeof(path), "%d/task", (int)info->pid);
    fd = openat(collect->config.proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return; /* tried again next cycle */
    }
    slot->names_fresh = false;
    while ((item = readdir(dir))) {
        uint64_t tid;

        if (parse_u64(item->d_name, &tid) && tid && tid <= INT32_MAX)
            thread_take(collect, slot, known_count, (pid_t)tid, names_fresh);
    }
    closedir(dir);
    for (size_t i = 0; i < info->helper_count; i++)
        thread_take(collect, slot, known_count, info->helpers[i], names_fresh);
    threads_settle(collect, slot);
    slot->relist = slot->names_fresh;
    if (collect->needs.throttling)
        throttle_find(collect, slot);
}

static void thread_read(struct collect *collect, struct vm_slot *slot, size_t i)
{
    struct thread_sample *thread = &slot->sample.threads[i];
    struct kept_file *file = &slot->thread_files[i];
    char path[64], text[128];
    struct schedstat times;
    struct mono at;
    size_t len;
    int r;

    thread->run = thread->wait = (struct raw){0};
    if (file->fd < 0)
        thread_path(slot->sample.info, thread->tid, "schedstat", path, sizeof(path));
    r = kept_file_read(file, &collect->budget, collect->config.proc_fd, path, text, sizeof(text),
                       &len);
    thread->gone = r == -ENOENT || r == -ESRCH;
    slot->relist |= thread->gone;
    if (r < 0 || parse_schedstat(text, len, &times) < 0)
        return;
    at = clock_mono(collect->config.clock);
    thread->run = raw_of(times.run_ns, at);
    thread->wait = raw_of(times.wait_ns, at);
}

void threads_collect(struct collect *collect, struct vm_slot *slot)
{
    struct vm_sample *vm = &slot->sample;
    size_t count;

    if (slot->relist || !vm->thread_count)
        threads_list(collect, slot);
    count = collect->needs.overhead_threads ? vm->thread_count : vm->vcpu_count;
    for (size_t i = 0; i < count; i++)
        thread_read(collect, slot, i);
    vm->read_count = count;
}
