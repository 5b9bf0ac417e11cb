/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Passwords of clients. crypt(3) is slow by design and runs on the event loop:
 * what was right once is remembered (as a keyed hash), and of what was not,
 * little is tried per second, so that guessing delays nothing.
 */
#ifndef PROXTOP_OUTPUT_SERVE_AUTH_H
#define PROXTOP_OUTPUT_SERVE_AUTH_H

#include <stddef.h>

#include "base/clock.h"

struct serve_auth;

enum serve_verdict {
    SERVE_ALLOWED,
    SERVE_DENIED, /* wrong, or no credentials at all */
    SERVE_LATER,  /* not looked at: there were too many before it */
};

/* Reads the file (its path is borrowed). 0, or -errno with one line for people
 * in error[size]. */
int serve_auth_new(const char *path, struct serve_auth **ret, char *error, size_t size);
void serve_auth_free(struct serve_auth *auth); /* NULL is allowed */

/* Reads the file again; one that cannot be used is logged, and the users stay. */
void serve_auth_reload(struct serve_auth *auth);

/* What an Authorization header (NULL = none) is worth. Names that do not exist
 * take as long as those that do. */
enum serve_verdict serve_auth_check(struct serve_auth *auth, const char *authorization,
                                    struct mono now);

/* How often a password was computed. */
unsigned long serve_auth_computed(const struct serve_auth *auth);

#endif
