/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Targets as users write them: host:port, [IPv6]:port, URLs. */
#ifndef PROXTOP_OUTPUT_TARGET_H
#define PROXTOP_OUTPUT_TARGET_H

#include <stdbool.h>

struct output_error;

struct target {
    bool tls;        /* https */
    char host[256];  /* without brackets */
    char port[8];    /* decimal, 1..65535 */
    char path[2048]; /* of a URL, with its query, "/" at least; else "" */
};

/* "host:port", "192.0.2.1:514", "[2001:db8::1]:514". With default_port (not
 * NULL) a target may leave ":port" out. 0, or -EINVAL with *error filled (a
 * usage error that names the target and what is allowed). */
int target_parse_address(const char *text, const char *default_port, struct target *ret,
                         struct output_error *error);

/* "http://host[:port][/path]", "https://...": ports 80 and 443 by default. No
 * user:password@ (it would show in the process list; headers come from files).
 * 0 or -EINVAL as above. */
int target_parse_url(const char *text, struct target *ret, struct output_error *error);

/* A name for the queue of this target in a directory of spools: form, output and
 * what is told of the target (no query, which may hold a secret), and at its end a
 * number that stands for the whole target. */
#define TARGET_SPOOL_NAME_SIZE 160
void target_spool_name(const char *form, const char *output, const struct target *target,
                       char ret[TARGET_SPOOL_NAME_SIZE]);

#endif
