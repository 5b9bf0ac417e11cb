/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where to serve: ADDRESS:PORT, ADDRESS, PORT, :PORT. */
#ifndef PROXTOP_OUTPUT_SERVE_LISTEN_H
#define PROXTOP_OUTPUT_SERVE_LISTEN_H

#include <stdbool.h>

#include "output/target.h"

struct output_error;

#define SERVE_DEFAULT_HOST "127.0.0.1"
#define SERVE_DEFAULT_PORT "9977"

#define SERVE_NAME_SIZE (sizeof(((struct target *)0)->host) + 16) /* "[host]:port" */

/* Host and port of the target, those above for what it leaves out (NULL = both).
 * The host is not looked at. 0 or -EINVAL with *error filled. */
int serve_listen_parse(const char *text, struct target *ret, struct output_error *error);

/* A socket that listens there, non-blocking; its address for messages goes to
 * name, and *ret_loopback tells whether only this machine can reach it. -errno
 * with *error filled otherwise. */
int serve_listen(const char *text, char name[SERVE_NAME_SIZE], bool *ret_loopback,
                 struct output_error *error);

#endif
