/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/PID/cgroup and cpu.stat. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "kernel/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cgroup_of_task cgroup;
    uint64_t ns;
    double cpus = -1;
    char *path = fuzz_text(data, size);
    int r = parse_task_cgroup((const char *)data, size, &cgroup);

    CHECK(r == 0 || r == -EBADMSG || r == -ENODATA);
    if (r == 0) {
        CHECK(cgroup.path[0] == '/');
        CHECK(strnlen(cgroup.path, sizeof(cgroup.path)) < sizeof(cgroup.path));
        CHECK(strnlen(cgroup.controllers, sizeof(cgroup.controllers)) < sizeof(cgroup.controllers));
        CHECK(!strstr(cgroup.path, "/../"));
        CHECK(!cgroup.unified || !cgroup.controllers[0]);
        CHECK(cgroup_vm_prefix(cgroup.path) <= strlen(cgroup.path));
    }
    CHECK(cgroup_vm_prefix(path) <= strlen(path));
    free(path);
    r = parse_cpu_stat_throttled((const char *)data, size, &ns);
    CHECK(r == 0 || r == -ENODATA);
    r = parse_cpu_max((const char *)data, size, &cpus);
    CHECK(r == 0 ? cpus >= 0 : r == -EBADMSG && cpus < 0);
    return 0;
}
