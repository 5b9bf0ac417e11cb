/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may read what is served: the file of --serve-auth-file, with lines
 * USER:HASH (crypt(3)), comments behind '#' at their beginning, empty lines;
 * and what a client says of itself (Basic, RFC 7617).
 */
#ifndef PROXTOP_OUTPUT_SERVE_USERS_H
#define PROXTOP_OUTPUT_SERVE_USERS_H

#include <stddef.h>

/* What crypt(3) takes of a password is 512 bytes. */
#define SERVE_CREDENTIALS_SIZE 768

struct serve_user {
    char *name;
    char *hash;
};

struct serve_users {
    struct serve_user *list;
    size_t count;
    size_t capacity;
};

/* 0, or -EINVAL with the line's number (0 = of none) and what is wrong with it. */
int serve_users_parse(const char *text, size_t len, struct serve_users *ret, size_t *ret_line,
                      const char **ret_why);

/* Reads the file. 0, or -errno with one line for people, which names file and
 * line, in error[size]. Warns of a file that everybody can read or change. */
int serve_users_read(const char *path, struct serve_users *ret, char *error, size_t size);

void serve_users_free(struct serve_users *users);

/* The user's hash, or NULL. */
const char *serve_users_hash(const struct serve_users *users, const char *name);

/* The value of an Authorization header: "Basic " and base64 of "user:password",
 * which go to user[SERVE_CREDENTIALS_SIZE], two texts in a row; *ret_password
 * points to the second one. 0 or -EINVAL; the memory may then hold a part. */
int serve_users_credentials(const char *authorization, char user[SERVE_CREDENTIALS_SIZE],
                            const char **ret_password);

#endif
