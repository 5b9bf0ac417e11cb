/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The headers that users add to requests, and the token: from options and files. */
#ifndef PROXTOP_OUTPUT_HTTP_HEADERS_H
#define PROXTOP_OUTPUT_HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

struct http_headers;
struct output_error;
struct output_settings;

/* Reads settings->http_headers and the files that they name, and
 * settings->http_token_file. 0, or -errno with *error filled; no message
 * repeats what a file holds. The caller frees. */
int http_headers_new(const struct output_settings *settings, struct http_headers **ret,
                     struct output_error *error);
void http_headers_free(struct http_headers *headers); /* NULL is allowed */

/* Each header in its order, the token's last; false behind the last one. The
 * texts are valid until the token is read again. */
bool http_headers_at(const struct http_headers *headers, size_t place, const char **ret_name,
                     const char **ret_value);
/* Whether one of them has the name, in whatever case. */
bool http_headers_have(const struct http_headers *headers, const char *name);

/* Reads the token's file again; a file that cannot be read, or holds none,
 * changes nothing, which is told. True: the token is another one now. */
bool http_headers_renew(struct http_headers *headers);

#endif
