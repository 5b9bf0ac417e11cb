/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding vCPU threads that carry no names. */
#include "connect/libvirt_vcpus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "connect/libvirt_text.h"
#include "kernel/cgroup.h"
#include "kernel/qemu_argv.h"

#define LIBVIRT_STATUS_MAX  (1024 * 1024) /* bytes of a status file */
#define LIBVIRT_THREADS_MAX 8192          /* of one QEMU that are looked at */
#define LIBVIRT_CGROUP_MAX  65536         /* bytes of a list of threads */
/* A QEMU that is starting has no vCPU threads yet: look again after a pause,
 * which doubles. */
#define LIBVIRT_FIRST_PAUSE_S 1.0
#define LIBVIRT_LAST_PAUSE_S  60.0

/* What is known of one process. */
struct libvirt_vcpus_entry {
    pid_t pid;
    uint64_t start_ticks;
    bool seen;  /* in this round */
    bool named; /* its vCPU threads carry names: nothing to do */
    struct vcpu_thread *threads;
    size_t count;
    struct mono retry_at;
    double pause;
};

struct libvirt_vcpus {
    int proc_fd, sys_fd;
    const char *run_dir;
    struct libvirt_vcpus_entry *entries; /* sorted by PID, then start */
    size_t count, capacity;
    struct buf text;
};

/* A search that goes on: threads found so far of one process. */
struct libvirt_vcpus_search {
    struct libvirt_vcpus *vcpus;
    pid_t pid;
    struct vcpu_thread *threads; /* room for INVENTORY_VCPUS_MAX */
    size_t count;
};

struct libvirt_vcpus *libvirt_vcpus_new(int proc_fd, int sys_fd, const char *run_dir)
{
    struct libvirt_vcpus *vcpus = xcalloc(1, sizeof(*vcpus));

    vcpus->proc_fd = proc_fd;
    vcpus->sys_fd = sys_fd;
    vcpus->run_dir = run_dir;
    return vcpus;
}

void libvirt_vcpus_free(struct libvirt_vcpus *vcpus)
{
    if (!vcpus)
        return;
    for (size_t i = 0; i < vcpus->count; i++)
        free(vcpus->entries[i].threads);
    free(vcpus->entries);
    buf_done(&vcpus->text);
    free(vcpus);
}

static DIR *libvirt_vcpus_open_directory(int dir_fd, const char *path)
{
    int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir && fd >= 0)
        close(fd);
    return dir;
}

static bool libvirt_vcpus_have_names(struct libvirt_vcpus *vcpus, pid_t pid)
{
    char path[64];
    struct dirent *item;
    bool found = false;
    unsigned looked = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%d/task", (int)pid);
    dir = libvirt_vcpus_open_directory(vcpus->proc_fd, path);
    if (!dir)
        return false;
    while (!found && looked++ < LIBVIRT_THREADS_MAX && (item = readdir(dir))) {
        uint64_t tid;
        unsigned id;
        size_t len;

        if (!parse_u64(item->d_name, &tid))
            continue;
        snprintf(path, sizeof(path), "%" PRIu64 "/comm", tid);
        if (file_read_all(dirfd(dir), path, &vcpus->text, FILE_RECORD_SIZE) < 0)
            continue;
        len = vcpus->text.len;
        if (len && vcpus->text.data[len - 1] == '\n')
            len--;
        found = parse_vcpu_thread_name(vcpus->text.data, len, &id);
    }
    closedir(dir);
    return found;
}

/* Whether the process has the thread: a number from elsewhere may be of
 * another PID namespace, or used again. */
static bool libvirt_vcpus_has_thread(const struct libvirt_vcpus_search *search, pid_t tid)
{
    char path[64];

    snprintf(path, sizeof(path), "%d/task/%d", (int)search->pid, (int)tid);
    return faccessat(search->vcpus->proc_fd, path, F_OK, 0) == 0;
}

static int libvirt_vcpus_compare(const void *a, const void *b)
{
    const struct vcpu_thread *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

/* Keeps those that are threads of the process, sorted, one of each number. */
static bool libvirt_vcpus_settle(struct libvirt_vcpus_search *search)
{
    struct vcpu_thread *threads = search->threads;
    size_t kept = 0;

    qsort(threads, search->count, sizeof(*threads), libvirt_vcpus_compare);
    for (size_t i = 0; i < search->count; i++) {
        if ((!kept || threads[kept - 1].id != threads[i].id) &&
            libvirt_vcpus_has_thread(search, threads[i].tid))
            threads[kept++] = threads[i];
    }
    search->count = kept;
    return kept > 0;
}

/* The thread of the process in the cgroup DIR/vcpuN. Kernel threads that work
 * for the VM can be in it, too. */
static bool libvirt_vcpus_read_cgroup(struct libvirt_vcpus_search *search, int dir_fd,
                                      const char *vcpu, pid_t *ret_tid)
{
    static const char *const files[] = {"cgroup.threads", "tasks"}; /* v2, v1 */
    struct buf *text = &search->vcpus->text;
    char path[300];
    struct cursor c, line;
    uint64_t tid;
    int r = -ENOENT;

    for (size_t i = 0; r < 0 && i < ARRAY_SIZE(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", vcpu, files[i]);
        r = file_read_all(dir_fd, path, text, LIBVIRT_CGROUP_MAX);
    }
    if (r < 0)
        return false;
    c = cursor_of(text->data, text->len);
    while (cursor_line(&c, &line)) {
        if (cursor_u64(&line, &tid) && tid <= INT32_MAX &&
            libvirt_vcpus_has_thread(search, (pid_t)tid)) {
            *ret_tid = (pid_t)tid;
            return true;
        }
    }
    return false;
}

static void libvirt_vcpus_walk_cgroup(struct libvirt_vcpus_search *search, const char *path)
{
    DIR *dir = libvirt_vcpus_open_directory(search->vcpus->sys_fd, path);
    struct dirent *item;

    if (!dir)
        return;
    while (search->count < INVENTORY_VCPUS_MAX && (item = readdir(dir))) {
        struct cursor c = cursor_of(item->d_name, strlen(item->d_name));
        uint64_t id;
        pid_t tid;

        if (!cursor_word(&c, "vcpu") || !cursor_u64(&c, &id) || c.at != c.end ||
            id >= INVENTORY_VCPUS_MAX ||
            !libvirt_vcpus_read_cgroup(search, dirfd(dir), item->d_name, &tid))
            continue;
        search->threads[search->count++] = (struct vcpu_thread){(unsigned)id, tid};
    }
    closedir(dir);
}

/* libvirt puts the vCPUs beside the "emulator" cgroup, where the main thread is. */
static bool libvirt_vcpus_search_cgroups(struct libvirt_vcpus_search *search)
{
    static const char emulator[] = "/emulator";
    struct buf *text = &search->vcpus->text;
    struct cgroup_of_task cgroup;
    char path[CGROUP_PATH_MAX + 128];
    size_t len;

    snprintf(path, sizeof(path), "%d/cgroup", (int)search->pid);
    if (file_read_all(search->vcpus->proc_fd, path, text, LIBVIRT_CGROUP_MAX) < 0 ||
        parse_task_cgroup(text->data, text->len, &cgroup) < 0)
        return false;
    len = strlen(cgroup.path);
    if (len < strlen(emulator) || strcmp(cgroup.path + len - strlen(emulator), emulator) != 0)
        return false;
    cgroup.path[len - strlen(emulator)] = '\0';
    if (cgroup.unified)
        snprintf(path, sizeof(path), "fs/cgroup%s", cgroup.path);
    else
        snprintf(path, sizeof(path), "fs/cgroup/%s%s", cgroup.controllers, cgroup.path);
    libvirt_vcpus_walk_cgroup(search, path);
    if (!search->count && cgroup.unified) {
        snprintf(path, sizeof(path), "fs/cgroup/unified%s", cgroup.path);
        libvirt_vcpus_walk_cgroup(search, path);
    }
    return libvirt_vcpus_settle(search);
}

static bool libvirt_vcpus_search_status(struct libvirt_vcpus_search *search, const char *name)
{
    struct libvirt_vcpus *vcpus = search->vcpus;
    pid_t pid;
    char *path;
    int r;

    if (!vcpus->run_dir || strchr(name, '/'))
        return false;
    path = xasprintf("%s/%s.xml", vcpus->run_dir, name);
    r = file_read_all(AT_FDCWD, path, &vcpus->text, LIBVIRT_STATUS_MAX);
    free(path);
    if (r < 0)
        return false;
    search->count = 0;
    r = parse_domain_status(vcpus->text.data, vcpus->text.len, &pid, search->threads,
                            INVENTORY_VCPUS_MAX, &search->count);
    return r == 0 && pid == search->pid && libvirt_vcpus_settle(search);
}

/* 1 = found, 0 = not, -ECANCELED. */
static int libvirt_vcpus_search_monitor(struct libvirt_vcpus_search *search,
                                        const struct libvirt_monitor *monitor)
{
    char *text = NULL;
    int r = monitor->ask(monitor->self, &text);

    if (r < 0)
        return r == -ECANCELED ? r : 0;
    search->count = 0;
    r = parse_info_cpus(text, strlen(text), search->threads, INVENTORY_VCPUS_MAX, &search->count);
    free(text);
    return r == 0 && libvirt_vcpus_settle(search);
}

static int libvirt_vcpus_look(struct libvirt_vcpus *vcpus, struct libvirt_vcpus_entry *entry,
                              const char *name, const struct libvirt_monitor *monitor)
{
    struct libvirt_vcpus_search search = {.vcpus = vcpus, .pid = entry->pid};
    int r;

    if (libvirt_vcpus_have_names(vcpus, entry->pid)) {
        entry->named = true;
        return 0;
    }
    search.threads = xcalloc(INVENTORY_VCPUS_MAX, sizeof(*search.threads));
    r = libvirt_vcpus_search_cgroups(&search) || libvirt_vcpus_search_status(&search, name);
    if (!r && monitor)
        r = libvirt_vcpus_search_monitor(&search, monitor);
    if (r > 0) {
        free(entry->threads);
        entry->threads = xreallocarray(search.threads, search.count, sizeof(*search.threads));
        entry->count = search.count;
        return 0;
    }
    free(search.threads);
    return r;
}

/* The entry of the process, a new one if need be. Another process that had the
 * same PID is forgotten at the end of the round. */
static struct libvirt_vcpus_entry *libvirt_vcpus_entry_of(struct libvirt_vcpus *vcpus, pid_t pid,
                                                          uint64_t start_ticks)
{
    struct libvirt_vcpus_entry *entry;
    size_t low = 0, high = vcpus->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        entry = &vcpus->entries[middle];
        if (entry->pid == pid && entry->start_ticks == start_ticks)
            return entry;
        if (entry->pid < pid || (entry->pid == pid && entry->start_ticks < start_ticks))
            low = middle + 1;
        else
            high = middle;
    }
    vcpus->entries =
        array_grow(vcpus->entries, &vcpus->capacity, vcpus->count + 1, sizeof(*vcpus->entries));
    entry = &vcpus->entries[low];
    memmove(entry + 1, entry, (vcpus->count - low) * sizeof(*entry));
    vcpus->count++;
    *entry = (struct libvirt_vcpus_entry){.pid = pid, .start_ticks = start_ticks};
    return entry;
}

/* Looks again with growing pauses until as many threads as vCPUs are known. */
static int libvirt_vcpus_refresh(struct libvirt_vcpus *vcpus, struct libvirt_vcpus_entry *entry,
                                 const struct vm_info *vm, const struct libvirt_monitor *monitor)
{
    struct mono now = clock_mono(&clock_system);
    int r;

    if (entry->count && entry->count == vm->readings[READING_VCPUS].value) {
        entry->pause = 0;
        entry->retry_at.ns = 0;
        return 0;
    }
    if (now.ns < entry->retry_at.ns)
        return 0;
    r = libvirt_vcpus_look(vcpus, entry, vm->name, monitor);
    entry->pause = entry->pause > 0 ? entry->pause * 2 : LIBVIRT_FIRST_PAUSE_S;
    if (entry->pause > LIBVIRT_LAST_PAUSE_S)
        entry->pause = LIBVIRT_LAST_PAUSE_S;
    entry->retry_at = mono_add_seconds(now, entry->pause);
    return r;
}

int libvirt_vcpus_find(struct libvirt_vcpus *vcpus, struct vm_info *vm,
                       const struct libvirt_monitor *monitor)
{
    struct libvirt_vcpus_entry *entry = libvirt_vcpus_entry_of(vcpus, vm->pid, vm->start_ticks);
    int r = 0;

    entry->seen = true;
    if (!entry->named)
        r = libvirt_vcpus_refresh(vcpus, entry, vm, monitor);
    if (r < 0 || entry->named || !entry->count)
        return r;
    vm->vcpus = xcalloc(entry->count, sizeof(*vm->vcpus));
    memcpy(vm->vcpus, entry->threads, entry->count * sizeof(*vm->vcpus));
    vm->vcpu_count = entry->count;
    return 0;
}

void libvirt_vcpus_end_round(struct libvirt_vcpus *vcpus)
{
    size_t kept = 0;

    for (size_t i = 0; i < vcpus->count; i++) {
        struct libvirt_vcpus_entry *entry = &vcpus->entries[i];

        if (entry->seen) {
            entry->seen = false;
            vcpus->entries[kept++] = *entry;
        } else {
            free(entry->threads);
        }
    }
    vcpus->count = kept;
}
