/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The procfs and the sysfs that the options name, and the devices that they name there. */
#ifndef PROXTOP_APP_ROOTS_H
#define PROXTOP_APP_ROOTS_H

#include "app/options.h"

struct roots {
    int proc_fd, sys_fd; /* directories; -1 = not open */
};

#define ROOTS_NONE ((struct roots){-1, -1})

/* Opens both; where no sysfs was named, there may be none. 0, or -errno with a line for people in
 * error[size]. What was opened is roots_close()'s in any case. */
int roots_open(const struct options *options, struct roots *ret, char *error, size_t size);
void roots_close(struct roots *roots);

/* Whether the devices of --storedev and --netdev exist. 0, or -EINVAL likewise. */
int roots_check_devices(const struct roots *roots, const struct options *options, char *error,
                        size_t size);

#endif
