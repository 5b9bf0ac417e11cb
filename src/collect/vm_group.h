/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cgroup is a VM's own: nobody else's figures may pass for those of the VM. */
#ifndef PROXTOP_COLLECT_VM_GROUP_H
#define PROXTOP_COLLECT_VM_GROUP_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "kernel/cgroup.h"

/* The cgroup of the thread `tid` of the VM's process, of v2 or of v1's cpu controller, and where
 * its files are below sysfs: path[size]. Returns how many leading bytes of that path name the VM's
 * own group; 0 = it has none, it shares its group with others. `text` is scratch. */
size_t vm_group_find(int proc_fd, int sys_fd, struct buf *text, pid_t pid, pid_t tid,
                     struct cgroup_of_task *ret, char *path, size_t size);

#endif
