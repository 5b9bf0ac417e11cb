/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cgroup is a VM's own: nobody else's figures may pass for those of the VM. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "collect/slot.h"

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
static bool cgroup_is_private(struct collect *collect, const char *directory, pid_t pid)
{
    char path[CGROUP_PATH_MAX + 96];
    struct cursor c, line;
    bool only = false;

    snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
    if (file_read_all(collect->config.sys_fd, path, &collect->long_text, 64 * 1024) < 0)
        return false;
    c = cursor_of(collect->long_text.data, collect->long_text.len);
    while (cursor_line(&c, &line)) {
        uint64_t member;

        if (!cursor_u64(&line, &member) || member != (uint64_t)pid)
            return false;
        only = true;
    }
    return only;
}

size_t vm_group_of_task(struct collect *collect, const struct vm_slot *slot, pid_t tid,
                        struct cgroup_of_task *ret, char *path, size_t size)
{
    char file[64];
    pid_t pid = slot->sample.info->pid;
    size_t own;

    snprintf(file, sizeof(file), "%d/task/%d/cgroup", (int)pid, (int)tid);
    if (file_read_all(collect->config.proc_fd, file, &collect->long_text, 64 * 1024) < 0 ||
        parse_task_cgroup(collect->long_text.data, collect->long_text.len, ret) < 0 ||
        strcmp(ret->path, "/") == 0 || !cgroup_directory(collect->config.sys_fd, ret, path, size))
        return 0;
    own = cgroup_vm_prefix(ret->path);
    if (own)
        return strlen(path) - strlen(ret->path) + own;
    return cgroup_is_private(collect, path, pid) ? strlen(path) : 0;
}
