/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Matching QEMU processes with libvirt's domains. */
#include "connect/libvirt_processes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/log.h"
#include "base/util.h"
#include "connect/libvirt_text.h"

struct libvirt_candidate {
    const struct qemu_process *process; /* the scan's */
    bool known;                         /* a domain's */
};

struct libvirt_processes {
    struct qemu_scan *scan;
    const char *run_dir;
    struct libvirt_candidate *candidates; /* sorted by UUID */
    size_t count, capacity;
    struct buf text;
};

struct libvirt_processes *libvirt_processes_new(int proc_fd, const char *run_dir)
{
    struct libvirt_processes *processes = xcalloc(1, sizeof(*processes));

    processes->scan = qemu_scan_new(proc_fd);
    processes->run_dir = run_dir;
    return processes;
}

void libvirt_processes_free(struct libvirt_processes *processes)
{
    if (!processes)
        return;
    qemu_scan_free(processes->scan);
    free(processes->candidates);
    buf_done(&processes->text);
    free(processes);
}

static int libvirt_compare_candidates(const void *a, const void *b)
{
    const struct libvirt_candidate *x = a, *y = b;

    return strcasecmp(x->process->argv.uuid, y->process->argv.uuid);
}

int libvirt_processes_update(struct libvirt_processes *processes, struct connector_guard *guard)
{
    const struct qemu_process *list;
    size_t count;
    int r;

    processes->count = 0;
    r = qemu_scan_update(processes->scan, guard);
    if (r < 0)
        return r;
    list = qemu_scan_list(processes->scan, &count);
    processes->candidates = array_grow(processes->candidates, &processes->capacity, count,
                                       sizeof(*processes->candidates));
    for (size_t i = 0; i < count; i++)
        processes->candidates[i] = (struct libvirt_candidate){.process = &list[i]};
    processes->count = count;
    qsort(processes->candidates, count, sizeof(*processes->candidates), libvirt_compare_candidates);
    return 0;
}

static pid_t libvirt_read_pid_file(struct libvirt_processes *processes, const char *name)
{
    pid_t pid = 0;
    char *path;

    if (!processes->run_dir || strchr(name, '/'))
        return 0;
    path = xasprintf("%s/%s.pid", processes->run_dir, name);
    if (file_read_all(AT_FDCWD, path, &processes->text, FILE_RECORD_SIZE) == 0)
        (void)parse_pid_file(processes->text.data, processes->text.len, &pid);
    free(path);
    return pid;
}

/* The first candidate that has the UUID or would stand behind it. */
static size_t libvirt_find_uuid(const struct libvirt_processes *processes, const char *uuid)
{
    size_t low = 0, high = processes->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcasecmp(processes->candidates[middle].process->argv.uuid, uuid) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct qemu_process *libvirt_processes_find(struct libvirt_processes *processes,
                                                  const char *uuid, const char *name)
{
    struct libvirt_candidate *found = NULL;
    unsigned matches = 0;
    pid_t named = 0;

    for (size_t i = libvirt_find_uuid(processes, uuid); i < processes->count; i++) {
        struct libvirt_candidate *candidate = &processes->candidates[i];

        if (strcasecmp(candidate->process->argv.uuid, uuid) != 0)
            break;
        if (strcmp(candidate->process->argv.name, name) != 0)
            continue;
        if (++matches == 2)
            named = libvirt_read_pid_file(processes, name);
        if (matches == 1 || candidate->process->pid == named)
            found = candidate;
    }
    if (matches > 1 && found->process->pid != named) {
        log_debug("%u processes claim to be domain '%s' (%s)", matches, name, uuid);
        return NULL;
    }
    if (!found)
        return NULL;
    found->known = true;
    return found->process;
}

size_t libvirt_processes_strangers(const struct libvirt_processes *processes)
{
    size_t count = 0;

    for (size_t i = 0; i < processes->count; i++)
        count += !processes->candidates[i].known;
    return count;
}

bool libvirt_processes_are_hidden(const struct libvirt_processes *processes)
{
    return qemu_scan_is_blind(processes->scan);
}
