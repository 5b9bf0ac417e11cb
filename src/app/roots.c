/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening procfs and sysfs. */
#include "app/roots.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "collect/blockdevs.h"
#include "collect/netdevs.h"

int roots_open(const struct options *options, struct roots *ret, char *error, size_t size)
{
    const char *procfs = options->procfs ? options->procfs : "/proc";
    const char *sysfs = options->sysfs ? options->sysfs : "/sys";

    *ret = ROOTS_NONE;
    ret->proc_fd = file_open_directory(procfs);
    if (ret->proc_fd < 0) {
        snprintf(error, size, "cannot open procfs '%s': %s", procfs, strerror(-ret->proc_fd));
        return ret->proc_fd;
    }
    if (faccessat(ret->proc_fd, "stat", R_OK, 0) != 0) {
        snprintf(error, size, "'%s' is no procfs: it has no readable file 'stat'; %s", procfs,
                 options->procfs ? "--procfs must name one, as /proc or /host/proc"
                                 : "'mount -t proc proc /proc', or --procfs=DIR names another");
        return -EINVAL;
    }
    ret->sys_fd = file_open_directory(sysfs);
    if (ret->sys_fd < 0 && options->sysfs) {
        snprintf(error, size, "cannot open sysfs '%s': %s", sysfs, strerror(-ret->sys_fd));
        return ret->sys_fd;
    }
    return 0;
}

void roots_close(struct roots *roots)
{
    if (roots->proc_fd >= 0)
        close(roots->proc_fd);
    if (roots->sys_fd >= 0)
        close(roots->sys_fd);
    *roots = ROOTS_NONE;
}

int roots_check_devices(const struct roots *roots, const struct options *options, char *error,
                        size_t size)
{
    char why[400];

    if (options->storedev &&
        blockdevs_check(roots->proc_fd, roots->sys_fd, options->storedev, why, sizeof(why)) < 0) {
        snprintf(error, size, "option --storedev: %s", why);
        return -EINVAL;
    }
    if (options->netdev &&
        netdevs_check(roots->proc_fd, roots->sys_fd, options->netdev, why, sizeof(why)) < 0) {
        snprintf(error, size, "option --netdev: %s", why);
        return -EINVAL;
    }
    return 0;
}
