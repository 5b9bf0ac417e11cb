/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How QEMU's arguments and the lists of options in them are written. Pure functions. */
#ifndef PROXTOP_KERNEL_QEMU_OPTIONS_H
#define PROXTOP_KERNEL_QEMU_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/num.h"

/* The next argument of a command line whose arguments are separated by NUL,
 * without its NUL. False at the end. */
bool qemu_argv_next(struct cursor *argv, struct cursor *arg);

/* The value of `key` in a list "a=b,c=d,,e" (a doubled comma stands for one),
 * or of its first element without a key if `implied`. The first one counts;
 * cut to size; false and *ret untouched if there is none. */
bool qemu_option(struct cursor list, const char *key, bool implied, char *ret, size_t size);

/* Whether the list says key=on, or just "key", behind its first element. */
bool qemu_option_flag(struct cursor list, const char *key);

/* As qemu_option() for a list that is a JSON object, which -device and -netdev take as
 * well: {"driver":"virtio-net-pci","id":"net0"}. */
bool qemu_option_json(struct cursor list, const char *key, char *ret, size_t size);

#endif
