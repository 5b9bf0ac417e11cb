/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cgroups of VMs. */
#include "collect/vm_group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

/* Where the cgroup's files are below sysfs; v1 hierarchies are mounted under
 * the names of their controllers, in either order. False = not found. */
static bool cgroup_directory(int sys_fd, const struct cgroup_of_task *cgroup, char *path,
                             size_t size)
{
    const char *const mounts[] = {
        cgroup->unified ? "" : cgroup->controllers,
        cgroup->unified ? "unified" : "cpu",
        cgroup->unified ? "" : "cpu,cpuacct",
    };

    for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
        int n = snprintf(path, size, "fs/cgroup/%s%s%s/cpu.stat", mounts[i],
                         mounts[i][0] ? "" : ".", cgroup->path);

        if (n > 0 && (size_t)n < size && faccessat(sys_fd, path, R_OK, 0) == 0) {
            path[n - (int)strlen("/cpu.stat")] = '\0';
            return true;
        }
    }
    return false;
}

/* Whether no process but `pid` is in the group. */
static bool cgroup_is_private(int sys_fd, struct buf *text, const char *directory, pid_t pid)
{
    char path[CGROUP_PATH_MAX + 96];
    struct cursor c, line;
    bool only = false;

    snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
    if (file_read_all(sys_fd, path, text, 64 * 1024) < 0)
        return false;
    c = cursor_of(text->data, text->len);
    while (cursor_line(&c, &line)) {
        uint64_t member;

        if (!cursor_u64(&line, &member) || member != (uint64_t)pid)
            return false;
        only = true;
    }
    return only;
}

size_t vm_group_find(int proc_fd, int sys_fd, struct buf *text, pid_t pid, pid_t tid,
                     struct cgroup_of_task *ret, char *path, size_t size)
{
    char file[64];
    size_t own;

    snprintf(file, sizeof(file), "%d/task/%d/cgroup", (int)pid, (int)tid);
    if (file_read_all(proc_fd, file, text, 64 * 1024) < 0 ||
        parse_task_cgroup(text->data, text->len, ret) < 0 || strcmp(ret->path, "/") == 0 ||
        !cgroup_directory(sys_fd, ret, path, size))
        return 0;
    own = cgroup_vm_prefix(ret->path);
    if (own)
        return strlen(path) - strlen(ret->path) + own;
    return cgroup_is_private(sys_fd, text, path, pid) ? strlen(path) : 0;
}
