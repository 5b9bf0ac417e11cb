/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding QEMU processes, and finding them again cheaply. */
#include "connect/qemu_scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/num.h"
#include "kernel/host_stat.h"
#include "kernel/pid_stat.h"

#define SCAN_CMDLINE_MAX (256 * 1024)
#define SCAN_STAT_MAX    (4 * 1024 * 1024)
/* A process younger than this may still be on its way to exec a QEMU. */
#define SCAN_YOUNG_S 10
/* PIDs are handed out in rising order and come round again after pid_max (at
 * least 32768 by default) processes and threads: before that many were made, a
 * PID that is seen again is the same process. Some slack for small namespaces. */
#define SCAN_REUSE_FORKS 8192
/* And a wrapper may sleep long before it does: all are looked at again. */
#define SCAN_FULL_S  60.0
#define SCAN_READ_MS 5000

static const char scan_reading[] = "reading the command line of process";

/* What is known of one PID. */
struct scan_entry {
    pid_t pid;
    unsigned round;            /* the walk that saw it last */
    struct mono settled;       /* when it will be too old to be on its way to exec a QEMU */
    uint64_t forks;            /* of the system when it was looked at */
    pid_t helper_of;           /* kernel thread that works for this PID; 0 = none */
    struct qemu_process *qemu; /* NULL = no QEMU; owned */
};

struct qemu_scan {
    int proc_fd;
    struct connector_guard *guard; /* of the update that goes on */
    uint64_t forks;                /* "processes" of /proc/stat at the walk; 0 = none yet */
    bool young;                    /* the last walk saw processes younger than SCAN_YOUNG_S */
    struct mono full_at;
    unsigned round;
    bool saw_init;              /* the last walk saw PID 1, or anyone else's process */
    struct scan_entry *entries; /* sorted by PID */
    size_t entry_count, entry_capacity;
    struct qemu_process *list; /* shallow copies for the caller, sorted by PID */
    size_t list_count, list_capacity;
    struct buf text;
};

struct qemu_scan *qemu_scan_new(int proc_fd)
{
    struct qemu_scan *scan = xcalloc(1, sizeof(*scan));

    scan->proc_fd = proc_fd;
    return scan;
}

static void scan_entry_done(struct scan_entry *entry)
{
    if (entry->qemu)
        free(entry->qemu->helpers);
    free(entry->qemu);
    entry->qemu = NULL;
}

void qemu_scan_free(struct qemu_scan *scan)
{
    if (!scan)
        return;
    for (size_t i = 0; i < scan->entry_count; i++)
        scan_entry_done(&scan->entries[i]);
    free(scan->entries);
    free(scan->list);
    buf_done(&scan->text);
    free(scan);
}

static int scan_read_forks(struct qemu_scan *scan, uint64_t *ret)
{
    struct host_stat stat;
    int r = file_read_all(scan->proc_fd, "stat", &scan->text, SCAN_STAT_MAX);

    if (r < 0)
        return r;
    r = parse_host_stat(scan->text.data, scan->text.len, &stat);
    if (r < 0)
        return r;
    *ret = stat.forks;
    return 0;
}

/* Whether /proc/PID/exe is an emulator: a wrapper may have given another
 * argv[0]. Needs privilege; without it the answer is no. */
static bool scan_exe_is_emulator(struct qemu_scan *scan, pid_t pid)
{
    char path[64], target[512];
    ssize_t n;

    snprintf(path, sizeof(path), "%d/exe", (int)pid);
    n = readlinkat(scan->proc_fd, path, target, sizeof(target));
    return n > 0 && qemu_is_emulator(target, (size_t)n);
}

static int scan_read_pid_stat(struct qemu_scan *scan, pid_t pid, struct pid_stat *ret)
{
    char path[64];
    int r;

    snprintf(path, sizeof(path), "%d/stat", (int)pid);
    r = file_read_all(scan->proc_fd, path, &scan->text, FILE_RECORD_SIZE);
    return r < 0 ? r : parse_pid_stat(scan->text.data, scan->text.len, ret);
}

/* When a process that started at start_ticks (after boot) has settled. One that a procfs of another
 * time says to start in the future is as young as can be. */
static struct mono scan_settles_at(uint64_t start_ticks, struct mono now)
{
    struct timespec uptime;
    double age;

    clock_gettime(CLOCK_BOOTTIME, &uptime);
    age = (double)uptime.tv_sec + (double)uptime.tv_nsec / 1e9 -
          (double)start_ticks / (double)sysconf(_SC_CLK_TCK);
    return age > SCAN_YOUNG_S ? now : mono_add_seconds(now, SCAN_YOUNG_S - fmax(age, 0) + 1);
}

/* Reads what the process is now. A QEMU whose stat cannot be read is on its
 * way out: none. */
static struct qemu_process *scan_identify(struct qemu_scan *scan, struct scan_entry *entry,
                                          struct mono now)
{
    struct qemu_process *qemu;
    struct pid_stat stat;
    struct qemu_argv argv;
    bool emulator;
    char path[64];
    unsigned owner;
    int r;

    snprintf(path, sizeof(path), "%d/cmdline", (int)entry->pid);
    r = file_read_all(scan->proc_fd, path, &scan->text, SCAN_CMDLINE_MAX);
    if (r < 0) {
        /* Gone: look again. What is too long or not for us stays so until the full walk. */
        entry->settled = r == -ENOENT || r == -ESRCH ? mono_add_seconds(now, SCAN_YOUNG_S) : now;
        return NULL;
    }
    emulator = scan->text.len && (qemu_argv_is_emulator(scan->text.data, scan->text.len) ||
                                  scan_exe_is_emulator(scan, entry->pid));
    if (emulator && parse_qemu_argv(scan->text.data, scan->text.len, &argv) < 0)
        return NULL;
    /* The stat of what is no QEMU tells its age, once, and a kernel thread's name. */
    if (!emulator && entry->round)
        return NULL;
    if (scan_read_pid_stat(scan, entry->pid, &stat) < 0) {
        entry->settled = mono_add_seconds(now, SCAN_YOUNG_S);
        return NULL;
    }
    entry->settled = scan_settles_at(stat.start_ticks, now);
    entry->helper_of = 0;
    if (!emulator) {
        if (parse_helper_thread_name(stat.comm, strlen(stat.comm), &owner))
            entry->helper_of = (pid_t)owner;
        return NULL;
    }
    qemu = xcalloc(1, sizeof(*qemu));
    qemu->pid = entry->pid;
    qemu->start_ticks = stat.start_ticks;
    qemu->argv = argv;
    return qemu;
}

/* Where the PID stands among the sorted entries, or would. */
static size_t scan_position(const struct qemu_scan *scan, pid_t pid)
{
    size_t low = 0, high = scan->entry_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (scan->entries[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct scan_entry *scan_entry_of(struct qemu_scan *scan, pid_t pid)
{
    size_t at = scan_position(scan, pid);
    struct scan_entry *entry;

    if (at < scan->entry_count && scan->entries[at].pid == pid)
        return &scan->entries[at];
    scan->entries = array_grow(scan->entries, &scan->entry_capacity, scan->entry_count + 1,
                               sizeof(*scan->entries));
    entry = &scan->entries[at];
    memmove(entry + 1, entry, (scan->entry_count - at) * sizeof(*entry));
    scan->entry_count++;
    *entry = (struct scan_entry){.pid = pid};
    return entry;
}

static bool qemu_process_equal(const struct qemu_process *a, const struct qemu_process *b)
{
    if (!a || !b)
        return a == b;
    return a->start_ticks == b->start_ticks && memcmp(&a->argv, &b->argv, sizeof(a->argv)) == 0;
}

/* Looks at one PID of the walk; true if what it is changed. */
static bool scan_visit(struct qemu_scan *scan, pid_t pid, struct mono now, bool full)
{
    struct scan_entry *entry = scan_entry_of(scan, pid);
    pid_t helper_of = entry->helper_of;
    struct qemu_process *qemu;

    /* The PID may be another process by now: all anew. */
    if (full || scan->forks - entry->forks >= SCAN_REUSE_FORKS)
        entry->round = 0;
    if (entry->round && (entry->qemu || now.ns >= entry->settled.ns)) {
        entry->round = scan->round;
        return false;
    }
    if (connector_guard_others_hang(scan->guard, scan_reading, pid)) {
        entry->round = scan->round;
        return false;
    }
    connector_guard_set_for(scan->guard, SCAN_READ_MS, scan_reading, pid);
    qemu = scan_identify(scan, entry, now);
    entry->round = scan->round;
    entry->forks = scan->forks;
    scan->young |= !qemu && now.ns < entry->settled.ns;
    if (qemu_process_equal(entry->qemu, qemu)) {
        free(qemu);
        return helper_of != entry->helper_of;
    }
    scan_entry_done(entry);
    entry->qemu = qemu;
    return true;
}

/* Forgets the PIDs that the walk did not see; true if a QEMU was among them. */
static bool scan_drop_gone(struct qemu_scan *scan)
{
    bool changed = false;
    size_t kept = 0;

    for (size_t i = 0; i < scan->entry_count; i++) {
        struct scan_entry *entry = &scan->entries[i];

        if (entry->round == scan->round) {
            scan->entries[kept++] = *entry;
            continue;
        }
        changed |= entry->qemu || entry->helper_of;
        scan_entry_done(entry);
    }
    scan->entry_count = kept;
    return changed;
}

static int scan_walk(struct qemu_scan *scan, struct mono now, bool full, bool *changed)
{
    int fd = openat(scan->proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *item;

    if (!dir) {
        int r = -errno;

        if (fd >= 0)
            close(fd);
        return r;
    }
    scan->round++;
    scan->young = false;
    scan->saw_init = false;
    while ((item = readdir(dir))) {
        uint64_t pid;

        if (item->d_name[0] < '0' || item->d_name[0] > '9' || !parse_u64(item->d_name, &pid) ||
            !pid || pid > INT32_MAX)
            continue;
        scan->saw_init |= pid == 1;
        *changed |= scan_visit(scan, (pid_t)pid, now, full);
    }
    closedir(dir);
    return 0;
}

/* Hands the kernel threads outside a process to the QEMU they work for. */
static void scan_assign_helpers(struct qemu_scan *scan)
{
    for (size_t i = 0; i < scan->entry_count; i++) {
        /* The analyzer takes entries that moved up for those that were freed. */
        if (scan->entries[i].qemu)
            scan->entries[i].qemu->helper_count = 0; /* NOLINT(clang-analyzer-unix.Malloc) */
    }
    for (size_t i = 0; i < scan->entry_count; i++) {
        pid_t owner = scan->entries[i].helper_of;
        size_t at = owner ? scan_position(scan, owner) : scan->entry_count;
        struct qemu_process *qemu;

        if (at >= scan->entry_count || scan->entries[at].pid != owner || !scan->entries[at].qemu)
            continue;
        qemu = scan->entries[at].qemu;
        qemu->helpers =
            xreallocarray(qemu->helpers, qemu->helper_count + 1, sizeof(*qemu->helpers));
        qemu->helpers[qemu->helper_count++] = scan->entries[i].pid;
    }
}

static void scan_make_list(struct qemu_scan *scan)
{
    scan->list_count = 0;
    for (size_t i = 0; i < scan->entry_count; i++) {
        if (!scan->entries[i].qemu)
            continue;
        scan->list =
            array_grow(scan->list, &scan->list_capacity, scan->list_count + 1, sizeof(*scan->list));
        scan->list[scan->list_count++] = *scan->entries[i].qemu;
    }
}

int qemu_scan_update(struct qemu_scan *scan, struct connector_guard *guard)
{
    struct mono now = clock_mono(&clock_system);
    bool full = !scan->full_at.ns || mono_seconds_between(scan->full_at, now) >= SCAN_FULL_S;
    bool changed = false;
    uint64_t forks = 0;
    int r = scan_read_forks(scan, &forks);

    if (r < 0)
        return r;
    if (!full && !scan->young && forks && forks == scan->forks)
        return 0;
    scan->forks = forks;
    scan->guard = guard;
    r = scan_walk(scan, now, full, &changed);
    if (r < 0) {
        scan->forks = 0; /* walk again */
        return r;
    }
    if (full)
        scan->full_at = now;
    changed |= scan_drop_gone(scan);
    if (!changed)
        return 0;
    scan_assign_helpers(scan);
    scan_make_list(scan);
    return 1;
}

const struct qemu_process *qemu_scan_list(const struct qemu_scan *scan, size_t *ret_count)
{
    *ret_count = scan->list_count;
    return scan->list;
}

bool qemu_scan_is_blind(const struct qemu_scan *scan)
{
    return !scan->saw_init;
}
